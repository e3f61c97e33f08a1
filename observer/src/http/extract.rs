//! What requests ask, read and checked.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use beamish::Pid;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// What a body may have at most, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(5);

/// The query of a URL.
#[derive(Debug)]
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(ApiError::bad("bad_query", error.body_text())),
        }
    }
}

/// The pid in a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfPid(pub(super) Pid);

impl<S: Send + Sync> FromRequestParts<S> for OfPid {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => text.parse().map(Self).map_err(|_| ApiError::bad_pid(&text)),
            Err(error) => Err(ApiError::bad("bad_pid", error.body_text())),
        }
    }
}

/// The body of an action: JSON, which a page of another site cannot send without being asked by the browser first. Nothing
/// is as good as `{}`.
#[derive(Debug)]
pub(super) struct Details<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Details<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(is_json) {
            let message = "an action needs `Content-Type: application/json`";
            return Err(ApiError::bad("bad_content_type", message));
        }
        let bytes = read(request.into_body()).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let read = serde_json::from_slice(&bytes);
        read.map(Self)
            .map_err(|error| ApiError::bad("bad_body", error.to_string()))
    }
}

fn is_json(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

async fn read(body: Body) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            let message = format!("a body has at most {MAX_BODY} bytes");
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            Err(ApiError::new(status, "body_too_large", message))
        }
        Err(_) => Err(ApiError::bad("no_body", "the body did not come in time")),
    }
}
