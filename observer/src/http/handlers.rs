//! The answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use beamish::Pid;
use serde::{Deserialize, Serialize};
use tokio::sync::SemaphorePermit;

use super::API;
use super::error::ApiError;
use super::extract::{Details, OfPid, Params};
use crate::control::{self, Action, ChildAction, Done, WhichChild};
use crate::events::{self, Filter};
use crate::processes::{self, Counted, Order, Query, Shown, ShownRow, Sort};
use crate::sample::{self, Sample};
use crate::shared::App;
use crate::sweep::over_many;
use crate::text::{micros, now_ms, unix_ms};
use crate::{metrics as prometheus, os, process as close, registry as names, tree as drawing};

/// How long a request waits for others that go over all processes.
const PATIENCE: Duration = Duration::from_secs(5);

type Answer<T> = Result<Json<T>, ApiError>;

/// JSON, written by the observer: nothing that processes say is markup in it.
#[derive(Debug)]
pub(super) struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json_with(StatusCode::OK, &self.0)
    }
}

pub(super) fn json_with<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    match serde_json::to_vec(value) {
        Ok(body) => (status, headers, body).into_response(),
        // What the observer writes has no values that JSON does not know.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Waits until few enough others go over all processes.
async fn turn(app: &App) -> Result<SemaphorePermit<'_>, ApiError> {
    let turn = tokio::time::timeout(PATIENCE, app.heavy.acquire()).await;
    match turn {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(ApiError::busy(
            "there are too many requests that look at all processes",
        )),
    }
}

fn within(limit: Option<usize>, default: usize, max: usize) -> usize {
    limit.unwrap_or(default).min(max)
}

fn lower(text: Option<String>) -> String {
    text.unwrap_or_default().trim().to_lowercase()
}

#[derive(Debug, Serialize)]
pub(super) struct System {
    api: u32,
    version: &'static str,
    node: &'static str,
    os_pid: u32,
    started_at: u64,
    now: u64,
    control: bool,
    interval_ms: u64,
    watched_since: Option<u64>,
    sample: Sample,
    history: Vec<Sample>,
}

pub(super) async fn system(State(app): State<App>) -> Json<System> {
    app.looked();
    let (latest, history) = {
        let history = app.history();
        (history.latest(), history.samples())
    };
    Json(System {
        api: API,
        version: env!("CARGO_PKG_VERSION"),
        node: "default",
        os_pid: std::process::id(),
        started_at: unix_ms(os::started_at()),
        now: now_ms(),
        control: app.options.control,
        interval_ms: micros(app.options.interval) / 1_000,
        watched_since: app.watched_since(),
        sample: latest.unwrap_or_else(sample::first),
        history,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeParams {
    open: Option<String>,
    limit: Option<usize>,
    search: Option<String>,
}

pub(super) async fn tree(
    State(app): State<App>,
    Params(params): Params<TreeParams>,
) -> Answer<drawing::Tree> {
    app.looked();
    let open = params.open.unwrap_or_default();
    let open = open.split(',').filter(|pid| !pid.is_empty());
    let open = open.map(|pid| pid.parse::<Pid>().map_err(|_| ApiError::bad_pid(pid)));
    let query = drawing::Query {
        open: open.collect::<Result<_, _>>()?,
        limit: within(params.limit, 50, 1_000),
        search: lower(params.search),
    };
    let _turn = turn(&app).await?;
    Ok(Json(drawing::draw(&app, query).await))
}

#[derive(Debug, Deserialize)]
pub(super) struct ProcessesParams {
    sort: Option<Sort>,
    order: Option<Order>,
    offset: Option<usize>,
    limit: Option<usize>,
    filter: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Processes {
    at: u64,
    total: usize,
    matched: usize,
    offset: usize,
    took_us: u64,
    rows: Vec<ShownRow>,
}

pub(super) async fn processes(
    State(app): State<App>,
    Params(params): Params<ProcessesParams>,
) -> Answer<Processes> {
    app.looked();
    let query = Query {
        sort: params.sort.unwrap_or_default(),
        order: params.order.unwrap_or_default(),
        offset: params.offset.unwrap_or(0),
        limit: within(params.limit, 100, 500),
        filter: lower(params.filter),
    };
    let _turn = turn(&app).await?;
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let began = Instant::now();
    let counted = Counted::of(&app.kin(), app.watches.times_us());
    let (all, offset) = (Arc::clone(&snapshot), query.offset);
    let select = move || processes::select(&all.rows, &query, &counted);
    let Shown { matched, rows } = over_many(snapshot.rows.len(), select).await;
    Ok(Json(Processes {
        at: snapshot.at_ms,
        total: snapshot.rows.len(),
        matched,
        offset,
        took_us: micros(began.elapsed()),
        rows,
    }))
}

#[derive(Debug, Deserialize)]
pub(super) struct ProcessParams {
    watch: Option<bool>,
}

pub(super) async fn process(
    State(app): State<App>,
    OfPid(pid): OfPid,
    Params(params): Params<ProcessParams>,
) -> Answer<close::Process> {
    app.looked();
    let looked = close::look(&app, pid, params.watch.unwrap_or(false)).await;
    looked
        .map(Json)
        .map_err(|gone| ApiError::gone(&app, pid).with(&gone))
}

#[derive(Debug, Deserialize)]
pub(super) struct EventsParams {
    after: Option<u64>,
    kinds: Option<String>,
    filter: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn events(
    State(app): State<App>,
    Params(params): Params<EventsParams>,
) -> Answer<events::Page> {
    app.looked();
    let no_kind = |word| ApiError::bad("bad_query", format!("`{word}` is no kind of event"));
    let kinds = events::kinds(params.kinds.as_deref().unwrap_or_default());
    let filter = Filter {
        kinds: kinds.map_err(no_kind)?,
        text: lower(params.filter),
    };
    let limit = within(params.limit, 200, 5_000);
    Ok(Json(app.log().page(params.after, &filter, limit)))
}

#[derive(Debug, Deserialize)]
pub(super) struct RegistryParams {
    filter: Option<String>,
    offset: Option<usize>,
    limit: Option<usize>,
}

pub(super) async fn registry(
    State(app): State<App>,
    Params(params): Params<RegistryParams>,
) -> Answer<names::Registry> {
    app.looked();
    let _turn = turn(&app).await?;
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let query = names::Query {
        filter: lower(params.filter),
        offset: params.offset.unwrap_or(0),
        limit: within(params.limit, 100, 500),
    };
    let (all, globals) = (Arc::clone(&snapshot), names::globals());
    let list = move || names::list(&all, globals, &query);
    Ok(Json(over_many(snapshot.rows.len(), list).await))
}

#[derive(Debug, Deserialize)]
pub(super) struct StreamParams {
    events: Option<bool>,
}

pub(super) async fn stream(
    State(app): State<App>,
    Params(params): Params<StreamParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    app.looked();
    let Ok(place) = Arc::clone(&app.streams).try_acquire_owned() else {
        return Err(ApiError::busy("there are too many streams"));
    };
    let last = headers.get("last-event-id");
    let last = last.and_then(|id| id.to_str().ok()?.parse().ok());
    let wants_events = params.events.unwrap_or(false);
    let messages = app.hub.join(&app, wants_events, last, place);
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        // A client that is dropped sees the end of the connection, and comes back on another.
        (CONNECTION, "close"),
        // For proxies that would wait for more.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(messages)).into_response())
}

pub(super) async fn metrics(State(app): State<App>) -> Response {
    let text = prometheus::text(&app).await;
    ([(CONTENT_TYPE, prometheus::CONTENT_TYPE)], text).into_response()
}

/// Shown by a request that may act.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control;

impl FromRequestParts<App> for Control {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if app.options.control {
            return Ok(Self);
        }
        let status = StatusCode::FORBIDDEN;
        let message = "this observer only looks; `Observer::new().control(true)` lets it act";
        Err(ApiError::new(status, "control_off", message))
    }
}

pub(super) async fn act(
    State(app): State<App>,
    _: Control,
    OfPid(pid): OfPid,
    Details(details): Details<control::Details>,
    action: Action,
) -> Answer<Done> {
    control::act(&app, pid, action, &details).await.map(Json)
}

pub(super) async fn act_on_child(
    State(app): State<App>,
    _: Control,
    OfPid(pid): OfPid,
    Details(which): Details<WhichChild>,
    action: ChildAction,
) -> Answer<Done> {
    control::act_on_child(&app, pid, action, &which)
        .await
        .map(Json)
}
