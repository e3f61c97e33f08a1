//! What an observer answers, as far as it is shown here.
//!
//! Read tolerantly: fields that are not known are passed over, absent values may be missing or `null`, and words
//! (kinds, statuses) stay text, so that an observer with more of them is shown too.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The version of the API that this program speaks.
pub const VERSION: u64 = 1;

/// Reads an answer.
///
/// # Errors
/// What is wrong with it.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    let mut value: Value = serde_json::from_slice(json)?;
    drop_nulls(&mut value);
    serde_json::from_value(value)
}

/// With each `null` away, one default serves what is absent in either way.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, value| !value.is_null());
            object.values_mut().for_each(drop_nulls);
        }
        Value::Array(array) => array.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `GET /system`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct System {
    pub api: u64,
    pub version: String,
    pub node: String,
    pub os_pid: u64,
    pub started_at: u64,
    pub now: u64,
    pub control: bool,
    pub interval_ms: u64,
    pub watched_since: Option<u64>,
    pub sample: Sample,
    pub history: Vec<Sample>,
}

/// The numbers of one moment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Sample {
    pub at: u64,
    pub processes: u64,
    pub supervisors: u64,
    pub names: u64,
    pub messages_total: u64,
    pub messages_per_s: Option<f64>,
    pub calls_here_per_s: Option<f64>,
    pub mailbox_total: Option<u64>,
    pub mailbox_max: Option<u64>,
    pub started_total: u64,
    pub exited_total: u64,
    pub crashed_total: u64,
    pub restarts_total: u64,
    pub memory_bytes: Option<u64>,
    pub tokio: Tokio,
    pub sweep_us: Option<u64>,
}

/// The runtime's part of a [`Sample`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Tokio {
    pub workers: u64,
    pub busy: Vec<f64>,
    pub global_queue: u64,
    pub alive_tasks: u64,
}

/// `GET /tree`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Tree {
    pub at: u64,
    pub total: u64,
    pub applications: Vec<Node>,
    pub others: Vec<Node>,
    pub others_total: Option<u64>,
    pub matches: Option<u64>,
}

/// A process in the tree, or a child that does not run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Node {
    pub pid: Option<String>,
    pub name: Option<String>,
    pub label: Option<String>,
    pub id: Option<String>,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub type_full: Option<String>,
    pub kind: String,
    pub status: String,
    pub strategy: Option<String>,
    pub max_restarts: Option<u64>,
    pub max_seconds: Option<u64>,
    pub restarts: u64,
    pub last_restart_at: Option<u64>,
    pub mailbox: u64,
    pub handled: u64,
    pub answers: Option<bool>,
    pub children: Vec<Self>,
    pub children_total: Option<u64>,
    pub folded: bool,
    pub links: Vec<String>,
}

impl Node {
    /// What it is called: its name, else its id, label or type.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&[&self.name, &self.id, &self.label, &self.type_name])
    }
}

/// `GET /processes`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Processes {
    pub at: u64,
    pub total: u64,
    pub matched: u64,
    pub offset: u64,
    pub took_us: u64,
    pub rows: Vec<ProcessRow>,
}

/// A row of [`Processes`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct ProcessRow {
    pub pid: String,
    pub name: Option<String>,
    pub label: Option<String>,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub kind: String,
    pub status: String,
    pub mailbox: u64,
    pub mailbox_bytes: u64,
    pub handled: u64,
    pub restarts: u64,
    pub links: u64,
    pub parent: Option<String>,
    pub time_us: Option<u64>,
}

impl ProcessRow {
    /// What it is called: its name, else its label or type.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&[&self.name, &self.label, &self.type_name])
    }
}

/// Another process, as it is pointed to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Ref {
    pub pid: String,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub alive: Option<bool>,
}

impl Ref {
    /// What it is called: its name, else its type.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&[&self.name, &self.type_name])
    }
}

/// `GET /processes/{pid}`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Process {
    pub pid: String,
    pub name: Option<String>,
    pub label: Option<String>,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub type_full: Option<String>,
    pub kind: String,
    pub status: String,
    pub parent: Option<Parent>,
    pub ancestors: Vec<Ref>,
    pub children: Vec<Ref>,
    pub links: Vec<Ref>,
    pub monitors: Vec<Ref>,
    pub monitored_by: Vec<Ref>,
    pub trap_exit: bool,
    pub supervisor: Option<Ref>,
    pub child_id: Option<String>,
    pub restarts: u64,
    pub mailbox: u64,
    pub mailbox_bytes: u64,
    pub waiting: Vec<Waiting>,
    pub handled: u64,
    pub handled_per_s: Option<f64>,
    pub current: Option<Current>,
    pub timed_since: Option<u64>,
    pub handlers: Vec<Handler>,
    pub state: Option<String>,
    pub state_shown: bool,
    pub answers: Option<bool>,
    pub recent: Vec<Recent>,
    pub tracing_until: Option<u64>,
    pub crashes: Vec<Event>,
}

impl Process {
    /// What it is called: its name, else its label or type.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&[&self.name, &self.label, &self.type_name])
    }
}

/// Who started a process: the contract leaves open whether as a pid or as a [`Ref`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Parent {
    Pid(String),
    Ref(Ref),
}

impl Parent {
    /// As a [`Ref`].
    #[must_use]
    pub fn to_ref(&self) -> Ref {
        match self {
            Self::Pid(pid) => Ref {
                pid: pid.clone(),
                ..Ref::default()
            },
            Self::Ref(reference) => reference.clone(),
        }
    }
}

/// Messages of one name that wait.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Waiting {
    pub message: String,
    pub count: u64,
}

/// What a server does now.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Current {
    pub message: String,
    pub since_us: u64,
}

/// How long the handler of one message took.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Handler {
    pub message: String,
    pub kind: String,
    pub count: u64,
    pub total_us: u64,
    pub max_us: u64,
    pub buckets: Vec<Bucket>,
}

/// A bar of a histogram: up to and with `le_us`, without an end if there is none.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Bucket {
    pub le_us: Option<u64>,
    pub count: u64,
}

/// A message that was handled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Recent {
    pub at: u64,
    pub kind: String,
    pub message: String,
    pub contents: Option<String>,
    pub from: Option<Ref>,
    pub took_us: Option<u64>,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Event {
    pub seq: u64,
    pub at: u64,
    pub kind: String,
    pub pid: Option<String>,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub supervisor: Option<String>,
    pub child: Option<String>,
    pub reason: Option<String>,
    pub backtrace: Option<String>,
    pub message: String,
    pub count: u64,
    pub new_pid: Option<String>,
}

/// `GET /events`, and the `events` of the stream, which have no `next`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Events {
    pub events: Vec<Event>,
    pub next: u64,
    pub missed: u64,
}

/// The first message of the stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Hello {
    pub api: u64,
    pub control: bool,
    pub next: u64,
}

/// What an action has done.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Done {
    pub done: String,
}

/// The body of an answer that tells an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct Refusal {
    pub error: RefusalError,
    pub last: Option<Event>,
    pub replaced_by: Option<Ref>,
}

/// The `error` of a [`Refusal`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct RefusalError {
    pub code: String,
    pub message: String,
}

fn title<'a>(candidates: &[&'a Option<String>]) -> &'a str {
    let mut given = candidates
        .iter()
        .filter_map(|candidate| candidate.as_deref());
    given.find(|text| !text.is_empty()).unwrap_or("process")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_missing_and_unknown_fields_are_taken() {
        let node: Node = read(
            br#"{"pid": null, "type": "Cache<i64>", "restarts": null, "news": [null, {"a": null}],
                "children": [{"pid": "0.7.0", "name": "", "label": "l", "folded": true}]}"#,
        )
        .unwrap();
        assert_eq!((node.pid.as_deref(), node.title()), (None, "Cache<i64>"));
        assert_eq!(
            (node.children[0].title(), node.children[0].folded),
            ("l", true)
        );
        assert_eq!(Node::default().title(), "process");
    }

    #[test]
    fn a_parent_is_a_pid_or_a_reference() {
        for json in [
            r#"{"parent": "0.3.0"}"#,
            r#"{"parent": {"pid": "0.3.0", "type": "S"}}"#,
        ] {
            let process: Process = read(json.as_bytes()).unwrap();
            assert_eq!(process.parent.unwrap().to_ref().pid, "0.3.0");
        }
    }
}
