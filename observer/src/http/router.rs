//! What is answered where.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::error::ApiError;
use super::security::{Policy, guard};
use super::{handlers, page};
use crate::control::{Action, ChildAction};
use crate::shared::App;

/// The pages, and all that is only looked at. `openapi.json` has the same routes.
fn looks() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/", get(page::index)),
        ("/app.js", get(page::script)),
        ("/app.css", get(page::style)),
        ("/icon.svg", get(page::icon)),
        ("/openapi.json", get(page::openapi)),
        ("/metrics", get(handlers::metrics)),
        ("/api/v1/system", get(handlers::system)),
        ("/api/v1/tree", get(handlers::tree)),
        ("/api/v1/processes", get(handlers::processes)),
        ("/api/v1/processes/{pid}", get(handlers::process)),
        ("/api/v1/events", get(handlers::events)),
        ("/api/v1/registry", get(handlers::registry)),
        ("/api/v1/stream", get(handlers::stream)),
    ]
}

/// What acts.
fn actions() -> Vec<(&'static str, MethodRouter<App>)> {
    let terminate = "/api/v1/supervisors/{pid}/children/terminate";
    let restart = "/api/v1/supervisors/{pid}/children/restart";
    vec![
        ("/api/v1/processes/{pid}/suspend", act(Action::Suspend)),
        ("/api/v1/processes/{pid}/resume", act(Action::Resume)),
        ("/api/v1/processes/{pid}/kill", act(Action::Kill)),
        ("/api/v1/processes/{pid}/stop", act(Action::Stop)),
        ("/api/v1/processes/{pid}/exit", act(Action::Exit)),
        ("/api/v1/processes/{pid}/trace", act(Action::Trace)),
        (terminate, act_on_child(ChildAction::Terminate)),
        (restart, act_on_child(ChildAction::Restart)),
    ]
}

fn act(action: Action) -> MethodRouter<App> {
    post(move |app, control, pid, details| handlers::act(app, control, pid, details, action))
}

fn act_on_child(action: ChildAction) -> MethodRouter<App> {
    post(move |app, control, pid, which| handlers::act_on_child(app, control, pid, which, action))
}

async fn nothing_here() -> ApiError {
    ApiError::not_found("there is nothing here")
}

async fn other_method() -> ApiError {
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let message = "this is asked for with another method";
    ApiError::new(status, "method_not_allowed", message)
}

pub(super) fn router(app: &App, policy: Policy) -> Router {
    let mut router = Router::new();
    for (path, method) in looks().into_iter().chain(actions()) {
        router = router.route(path, method);
    }
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(Arc::new(policy), guard))
        .with_state(Arc::clone(app))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_description_of_the_api_has_all_routes_and_no_others() {
        let text = include_str!("../../openapi.json");
        let described: Value = serde_json::from_str(text).unwrap();
        let mut in_file = BTreeSet::new();
        for (path, methods) in described["paths"].as_object().unwrap() {
            let methods = methods.as_object().unwrap().keys();
            for method in methods.filter(|key| *key != "parameters") {
                in_file.insert(format!("{method} {path}"));
            }
        }
        let looks = looks().into_iter().map(|(path, _)| format!("get {path}"));
        let actions = actions()
            .into_iter()
            .map(|(path, _)| format!("post {path}"));
        assert_eq!(in_file, looks.chain(actions).collect());
    }
}
