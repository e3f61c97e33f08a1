//! What the tests look at.

use std::collections::BTreeMap;

use beamish::DynamicSupervisorRef;
use beamish::prelude::*;
use beamish_observer::{Observer, Options};
use serde_json::Value;

use crate::client::Client;

/// Keeps values, and shows its state.
#[genserver(name = "Cache", debug)]
#[derive(Debug)]
pub struct Cache {
    values: BTreeMap<String, u64>,
}

#[genserver(debug)]
impl Cache {
    #[init]
    fn init() -> Self {
        let values = BTreeMap::new();
        Self { values }
    }

    #[handle_cast]
    pub fn store(&mut self, #[into] key: String, value: u64) {
        self.values.insert(key, value);
    }

    #[handle_call]
    pub fn fetch(&self, #[into] key: String) -> Option<u64> {
        self.values.get(&key).copied()
    }

    #[handle_cast]
    pub fn crash(&mut self) {
        panic!("I have failed you.\nAgain.");
    }
}

/// Does nothing, or waits for ever.
#[genserver]
pub struct Worker;

#[genserver]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    pub fn ping(&self) -> u64 {
        1
    }

    #[handle_cast]
    pub async fn hang(&mut self) {
        std::future::pending::<()>().await;
    }

    #[handle_cast]
    pub fn nudge(&mut self) {}
}

/// A stubborn server is asked to end.
pub struct Terminating;

/// Does not end, unless it is killed.
#[genserver(trap_exit)]
pub struct Stubborn {
    starter: Pid,
}

#[genserver]
impl Stubborn {
    #[init]
    fn init(starter: Pid) -> Self {
        Self { starter }
    }

    #[terminate]
    async fn terminate(&mut self, _reason: &ExitReason) {
        send(self.starter, Terminating);
        std::future::pending::<()>().await;
    }
}

supervisor! {
    /// A cache, a worker and children that come and go.
    pub Tree(observer: Options) {
        name: "Tree",
        strategy: one_for_one,
        max_restarts: 1_000, max_seconds: 5,
        children: [
            Cache::start_link(),
            Worker::start_link() { id: "worker" },
            dynamic Many { name: "Many" },
            observer.clone().start_link(),
        ],
    }
}

/// Starts an observer of this test's processes.
pub(crate) async fn observer(options: Options) -> Client {
    let observer = options.start_link().await.unwrap();
    Client::of(observer.address().await.unwrap())
}

/// Starts the tree, with an observer at a port that is free.
pub(crate) async fn tree() -> Client {
    Tree::start_link(Observer::new().port(0).control(true))
        .await
        .unwrap();
    let observer = beamish_observer::ObserverRef::named();
    Client::of(observer.address().await.unwrap())
}

/// Starts so many workers under the tree's dynamic supervisor.
pub(crate) async fn fill(count: usize) {
    let many = DynamicSupervisorRef::to("Many");
    for _ in 0..count {
        many.start_child(Worker::start_link().once()).await.unwrap();
    }
}

/// A pid as the API writes it.
pub(crate) fn written(pid: Pid) -> String {
    let shown = pid.to_string();
    shown
        .trim_start_matches("#PID<")
        .trim_end_matches('>')
        .to_owned()
}

/// The node of the tree that is wanted, wherever it stands.
pub(crate) fn find(tree: &Value, wanted: &dyn Fn(&Value) -> bool) -> Option<Value> {
    let lists = ["applications", "others", "children"];
    let nodes = lists
        .iter()
        .filter_map(|list| tree[list].as_array())
        .flatten();
    for node in nodes {
        if wanted(node) {
            return Some(node.clone());
        }
        if let Some(found) = find(node, wanted) {
            return Some(found);
        }
    }
    None
}

/// The node of this name.
pub(crate) fn named(tree: &Value, name: &str) -> Value {
    find(tree, &|node| node["name"] == name).unwrap_or_else(|| panic!("no {name} in {tree:#}"))
}
