//! The answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use beamish::{Node, Pid};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};

use super::API;
use super::error::ApiError;
use super::extract::{Details, OfPid, Params};
use super::timed::Holding;
use crate::control::{self, Action, ChildAction, Done, WhichChild};
use crate::events::{self, Filter};
use crate::processes::{self, Counted, Order, Query, Shown, ShownRow, Sort};
use crate::sample::{self, Sample};
use crate::shared::App;
use crate::sweep::{finished, over_many};
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

/// Waits until few enough other long answers are being written.
async fn room(app: &App) -> Result<OwnedSemaphorePermit, ApiError> {
    let room = tokio::time::timeout(PATIENCE, Arc::clone(&app.answers).acquire_owned()).await;
    match room {
        Ok(Ok(room)) => Ok(room),
        _ => Err(ApiError::busy("there are too many long answers to write")),
    }
}

/// A long answer, which has its room until it is written.
fn long<T: Serialize>(room: OwnedSemaphorePermit, value: &T) -> Response {
    json_with(StatusCode::OK, value).map(|body| Body::new(Holding::new(body, room)))
}

fn within(limit: Option<usize>, default: usize, max: usize) -> usize {
    limit.unwrap_or(default).min(max)
}

fn lower(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    // Nobody looks for more, and each search costs its length.
    text.trim()
        .chars()
        .take(200)
        .collect::<String>()
        .to_lowercase()
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
) -> Result<Response, ApiError> {
    app.looked();
    let open = params.open.unwrap_or_default();
    let open = open.split(',').filter(|pid| !pid.is_empty());
    let open = open.map(|pid| pid.parse::<Pid>().map_err(|_| ApiError::bad_pid(pid)));
    let query = drawing::Query {
        open: open.collect::<Result<_, _>>()?,
        limit: within(params.limit, 50, 1_000),
        search: lower(params.search),
    };
    let room = room(&app).await?;
    let _turn = turn(&app).await?;
    Ok(long(room, &drawing::draw(&app, query).await))
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
) -> Result<Response, ApiError> {
    app.looked();
    let query = Query {
        sort: params.sort.unwrap_or_default(),
        order: params.order.unwrap_or_default(),
        offset: params.offset.unwrap_or(0),
        limit: within(params.limit, 100, 500),
        filter: lower(params.filter),
    };
    let room = room(&app).await?;
    let _turn = turn(&app).await?;
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let began = Instant::now();
    let counted = Counted::of(&app.kin(), app.watches.times_us());
    let (all, offset) = (Arc::clone(&snapshot), query.offset);
    let select = move || processes::select(&all.rows, &query, &counted);
    let Shown { matched, rows } = over_many(snapshot.rows.len(), select).await;
    let page = Processes {
        at: snapshot.at_ms,
        total: snapshot.rows.len(),
        matched,
        offset,
        took_us: micros(began.elapsed()),
        rows,
    };
    Ok(long(room, &page))
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
) -> Result<Response, ApiError> {
    app.looked();
    let no_kind = |word| ApiError::bad("bad_query", format!("`{word}` is no kind of event"));
    let kinds = events::kinds(params.kinds.as_deref().unwrap_or_default());
    let filter = Filter {
        kinds: kinds.map_err(no_kind)?,
        text: lower(params.filter),
    };
    let limit = within(params.limit, 200, 5_000);
    let room = room(&app).await?;
    let newer = app.log().newer(params.after);
    // Outside of the lock, which servers that are traced take.
    let page = over_many(newer.len(), move || newer.page(&filter, limit)).await;
    Ok(long(room, &page))
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
) -> Result<Response, ApiError> {
    app.looked();
    let room = room(&app).await?;
    let _turn = turn(&app).await?;
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let query = names::Query {
        filter: lower(params.filter),
        offset: params.offset.unwrap_or(0),
        limit: within(params.limit, 100, 500),
    };
    let (all, globals) = (Arc::clone(&snapshot), names::globals());
    let list = move || names::list(&all, globals, &query);
    Ok(long(room, &over_many(snapshot.rows.len(), list).await))
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

/// Runs what acts to its end though its client goes away, so that nothing is done without being noted.
async fn to_its_end<T: Send + 'static>(
    node: &Node,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let node = node.clone();
    finished(tokio::spawn(async move { node.scope(work).await })).await
}

pub(super) async fn act(
    State(app): State<App>,
    _: Control,
    OfPid(pid): OfPid,
    Details(details): Details<control::Details>,
    action: Action,
) -> Answer<Done> {
    let done = to_its_end(&app.node, {
        let app = Arc::clone(&app);
        async move { control::act(&app, pid, action, &details).await }
    });
    done.await.map(Json)
}

pub(super) async fn act_on_child(
    State(app): State<App>,
    _: Control,
    OfPid(pid): OfPid,
    Details(which): Details<WhichChild>,
    action: ChildAction,
) -> Answer<Done> {
    let done = to_its_end(&app.node, {
        let app = Arc::clone(&app);
        async move { control::act_on_child(&app, pid, action, &which).await }
    });
    done.await.map(Json)
}
