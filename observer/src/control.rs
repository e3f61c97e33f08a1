//! What a client may do to processes, if control is on. Each thing that was done is an event, and logged.

use std::time::Duration;

use beamish::{
    ChildError, ChildId, ChildInfo, ChildStatus, DynamicSupervisorRef, ExitReason, Pid,
    SupervisorRef, process, sys,
};
use serde::{Deserialize, Serialize};

use crate::events::{Event, Kind};
use crate::http::ApiError;
use crate::process::trace;
use crate::report;
use crate::shared::App;
use crate::source::{self, Row};
use crate::text::{Id, now_ms, short_line, short_type};

/// How long a client waits for what it asked for. It may still be done later.
const PATIENCE: Duration = Duration::from_secs(5);

/// For how long messages are traced at most.
const MAX_TRACE: Duration = Duration::from_secs(600);

/// What is done to one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Suspend,
    Resume,
    Kill,
    Stop,
    Exit,
    Trace,
}

/// What is done to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChildAction {
    Terminate,
    Restart,
}

/// What a client says of an action.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Details {
    reason: Option<String>,
    seconds: Option<u64>,
}

/// Which child.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct WhichChild {
    id: Option<IdText>,
    pid: Option<String>,
}

/// An id is text or a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum IdText {
    Text(String),
    Number(i64),
}

impl IdText {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    done: String,
}

/// The reason that a client writes: OTP's words are those reasons, all else is text.
fn reason(text: &str) -> ExitReason {
    match text {
        "normal" => ExitReason::Normal,
        "shutdown" => ExitReason::Shutdown,
        "kill" => ExitReason::Kill,
        other => ExitReason::other(other.to_owned()),
    }
}

/// What a process is called in an answer.
fn called(row: &Row) -> String {
    match &row.name {
        Some(name) => short_line(&format!("{name} {}", row.pid)),
        None => row.pid.to_string(),
    }
}

/// Does something to a process.
pub(crate) async fn act(
    app: &App,
    pid: Pid,
    action: Action,
    details: &Details,
) -> Result<Done, ApiError> {
    let row = own(app, pid)?;
    let who = called(&row);
    let done = match action {
        Action::Suspend => {
            ask(app, &row, sys::suspend(pid), "suspend").await?;
            format!("suspended {who}")
        }
        Action::Resume => {
            ask(app, &row, sys::resume(pid), "resume").await?;
            format!("resumed {who}")
        }
        Action::Kill => {
            process::kill(pid);
            format!("killed {who}")
        }
        Action::Stop => {
            let why = details.reason.as_deref().unwrap_or("shutdown");
            ask(app, &row, sys::terminate(pid, reason(why)), "stop").await?;
            format!("stopped {who}: {why}")
        }
        Action::Exit => {
            let Some(why) = details.reason.as_deref() else {
                return Err(ApiError::bad("no_reason", "an exit needs a `reason`"));
            };
            process::exit(pid, reason(why));
            format!("sent an exit signal to {who}: {why}")
        }
        Action::Trace => {
            let time = Duration::from_secs(details.seconds.unwrap_or(30)).min(MAX_TRACE);
            if !app.watches.watch(pid, || trace(app)).await {
                return Err(no_server(pid));
            }
            app.watches.trace(pid, time);
            format!("traces {who} for {} s", time.as_secs())
        }
    };
    Ok(note(app, &row, done))
}

/// A process of the observer's node.
fn own(app: &App, pid: Pid) -> Result<Row, ApiError> {
    source::see(pid).ok_or_else(|| ApiError::gone(app, pid))
}

async fn ask(app: &App, row: &Row, request: sys::Request<()>, what: &str) -> Result<(), ApiError> {
    let answered = request.timeout(PATIENCE).await;
    answered.map_err(|error| match error {
        sys::SysError::NotAServer(_) => no_server(row.pid),
        sys::SysError::Timeout(_) => {
            note_unanswered(app, row, what);
            too_late()
        }
        error => ApiError::conflict("refused", &error),
    })
}

/// What was asked for stands in the mailbox.
fn note_unanswered(app: &App, row: &Row, what: &str) {
    let message = format!("asked {} to {what}; it has not answered yet", called(row));
    drop(note(app, row, message));
}

fn no_server(pid: Pid) -> ApiError {
    ApiError::conflict(
        "no_server",
        &format!("{pid} is no server, or too many are watched"),
    )
}

fn too_late() -> ApiError {
    ApiError::timeout(&format!(
        "no answer came in {PATIENCE:?}; it may still be done"
    ))
}

/// Notes what was done.
fn note(app: &App, row: &Row, done: String) -> Done {
    report::acted(&done);
    let event = Event {
        pid: Some(Id(row.pid)),
        name: row.name.as_ref().map(short_line),
        type_name: Some(short_type(row.type_name)),
        ..Event::new(now_ms(), Kind::Control, short_line(&done))
    };
    app.log().note(event, tokio::time::Instant::now());
    app.hub.ask_for_flush();
    Done { done }
}

/// Does something to a child of a supervisor.
pub(crate) async fn act_on_child(
    app: &App,
    supervisor: Pid,
    action: ChildAction,
    which: &WhichChild,
) -> Result<Done, ApiError> {
    let row = own(app, supervisor)?;
    let asked = async {
        if let Ok(supervisor) = SupervisorRef::try_from(supervisor) {
            of_supervisor(&supervisor, action, which).await
        } else if let Ok(supervisor) = DynamicSupervisorRef::try_from(supervisor) {
            of_dynamic(&supervisor, action, which).await
        } else {
            let message = format!("{supervisor} is no supervisor");
            Err(ApiError::conflict("no_supervisor", &message))
        }
    };
    let (verb, ask) = match action {
        ChildAction::Terminate => ("terminated", "terminate a child"),
        ChildAction::Restart => ("restarted", "restart a child"),
    };
    let Ok(child) = tokio::time::timeout(PATIENCE, asked).await else {
        note_unanswered(app, &row, ask);
        return Err(too_late());
    };
    let child = child?;
    Ok(note(
        app,
        &row,
        format!("{verb} child {child} of {}", called(&row)),
    ))
}

async fn of_supervisor(
    supervisor: &SupervisorRef,
    action: ChildAction,
    which: &WhichChild,
) -> Result<String, ApiError> {
    let children = supervisor
        .which_children()
        .await
        .map_err(ChildError::Call)
        .map_err(failed)?;
    let id = find(&children, which)?;
    let name = id.to_string();
    match action {
        ChildAction::Terminate => supervisor.terminate_child(id).await.map_err(failed)?,
        ChildAction::Restart => {
            supervisor.restart_child(id).await.map_err(failed)?;
        }
    }
    Ok(name)
}

async fn of_dynamic(
    supervisor: &DynamicSupervisorRef,
    action: ChildAction,
    which: &WhichChild,
) -> Result<String, ApiError> {
    if action == ChildAction::Restart {
        let message = "a dynamic supervisor has no children that do not run";
        return Err(ApiError::conflict("not_restartable", &message));
    }
    let pid = which.pid.as_deref().ok_or_else(no_child_named)?;
    let pid: Pid = pid.parse().map_err(|_| ApiError::bad_pid(pid))?;
    supervisor.terminate_child(pid).await.map_err(failed)?;
    Ok(pid.to_string())
}

fn no_child_named() -> ApiError {
    ApiError::bad(
        "no_child",
        "say which child: its `id`, or its `pid` for a dynamic supervisor",
    )
}

/// The id of the child that is meant.
fn find(children: &[ChildInfo], which: &WhichChild) -> Result<ChildId, ApiError> {
    let is_meant: Box<dyn Fn(&ChildInfo) -> bool> = match (&which.id, &which.pid) {
        (Some(id), _) => {
            let text = id.text();
            Box::new(move |child| child.id.as_ref().is_some_and(|id| id.to_string() == text))
        }
        (None, Some(pid)) => {
            let pid: Pid = pid.parse().map_err(|_| ApiError::bad_pid(pid))?;
            Box::new(move |child| child.status == ChildStatus::Running(pid))
        }
        (None, None) => return Err(no_child_named()),
    };
    let child = children.iter().find(|child| is_meant(child));
    child
        .and_then(|child| child.id.clone())
        .ok_or_else(|| failed(ChildError::NotFound))
}

fn failed(error: ChildError) -> ApiError {
    match error {
        ChildError::NotFound => ApiError::not_found("there is no such child"),
        ChildError::Running => ApiError::conflict("running", &error),
        ChildError::Restarting => ApiError::conflict("restarting", &error),
        error => ApiError::conflict("failed", &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_otp_are_reasons_and_other_words_are_text() {
        assert_eq!(reason("normal"), ExitReason::Normal);
        assert_eq!(reason("shutdown"), ExitReason::Shutdown);
        assert_eq!(reason("kill"), ExitReason::Kill);
        assert_eq!(reason("tired").to_string(), "\"tired\"");
    }

    #[test]
    fn an_id_is_text_or_a_number() {
        let which: WhichChild = serde_json::from_str(r#"{"id": 7}"#).unwrap();
        assert_eq!(which.id.unwrap().text(), "7");
        let which: WhichChild = serde_json::from_str(r#"{"id": "Cache", "more": 1}"#).unwrap();
        assert_eq!(which.id.unwrap().text(), "Cache");
    }
}
