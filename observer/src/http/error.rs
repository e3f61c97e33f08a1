//! What is answered when something is wrong.

use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use beamish::Pid;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::handlers::json_with;
use crate::shared::App;

/// A status and a body that says what is wrong.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    more: Map<String, Value>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            more: Map::new(),
        }
    }

    /// With what else is known.
    pub(crate) fn with(mut self, more: &impl Serialize) -> Self {
        if let Ok(Value::Object(more)) = serde_json::to_value(more) {
            self.more.extend(more);
        }
        self
    }

    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn bad_pid(text: &str) -> Self {
        let text: String = text.chars().take(40).collect();
        Self::bad(
            "bad_pid",
            format!("`{text}` is no pid; one is written `0.4.0`"),
        )
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A process has ended, or never was.
    pub(crate) fn gone(app: &App, pid: Pid) -> Self {
        let message = if app.log().last_of(pid).is_some() {
            format!("no process {pid}: it has ended")
        } else {
            format!("no process {pid}")
        };
        Self::not_found(message)
    }

    pub(crate) fn conflict(code: &'static str, message: &impl Display) -> Self {
        Self::new(StatusCode::CONFLICT, code, message.to_string())
    }

    pub(crate) fn timeout(message: &str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    pub(crate) fn busy(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    #[cfg(test)]
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = self.more;
        let error = json!({ "code": self.code, "message": self.message });
        body.insert("error".to_owned(), error);
        json_with(self.status, &body)
    }
}
