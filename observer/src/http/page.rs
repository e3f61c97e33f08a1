//! The files of the page, which are part of the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Asked for again each time: another version may be running by then.
fn file(contents: &'static [u8], kind: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")];
    (headers, contents).into_response()
}

pub(super) async fn index() -> Response {
    let contents = include_bytes!("../../page/index.html");
    file(contents, "text/html; charset=utf-8")
}

pub(super) async fn script() -> Response {
    let contents = include_bytes!("../../page/app.js");
    file(contents, "text/javascript; charset=utf-8")
}

pub(super) async fn style() -> Response {
    let contents = include_bytes!("../../page/app.css");
    file(contents, "text/css; charset=utf-8")
}

pub(super) async fn icon() -> Response {
    file(include_bytes!("../../page/icon.svg"), "image/svg+xml")
}

/// The description of the API.
pub(super) async fn openapi() -> Response {
    file(include_bytes!("../../openapi.json"), "application/json")
}
