//! All that a tree may hold.
use beamish::prelude::*;

#[genserver]
pub struct Worker;

#[genserver]
impl Worker {
    #[init]
    fn init(_number: u64) -> Self {
        Self
    }
}

#[derive(Clone)]
pub struct Config {
    window: u64,
    grace: std::time::Duration,
    more: Vec<u64>,
}

const TREE: &str = "Tree";

supervisor! {
    /// The tree.
    pub Tree(config: Config, _unused: u64) {
        name: TREE,
        strategy: rest_for_one,
        max_restarts: 3, max_seconds: config.window,
        auto_shutdown: any_significant,
        let next = config.window + 1;
        let (a, mut b) = (next, 2);
        let _ = { b += 1; b };
        children: [
            Worker::start_link(config.window),
            Worker::start_link(*next) { id: "stats", restart: transient, shutdown: 10s, significant: true },
            Worker::start_link(1) { id: format!("worker {}", config.window), shutdown: (config.grace) },
            { let a = *a; Worker::start_link(a + *b) } { id: "block", shutdown: brutal_kill },
            supervisor Workers {
                strategy: one_for_all,
                children: [
                    Worker::start_link(*a) { id: 1 },
                    Worker::start_link(2) { id: 2, shutdown: infinity },
                    dynamic Deep { max_children: 3 },
                ],
            } { restart: temporary },
            Other::start_link(),
            dynamic Connections { max_children: 1_000, name: "connections", max_restarts: 10, max_seconds: 1 },
            Worker::child_spec(3) { id: "spec" },
            ..config.more.iter().map(|number| Worker::child_spec(*number)),
            #[cfg(any())]
            Absent::start_link(),
        ]
    }
}

supervisor! {
    Other { strategy: one_for_one, children: [] }
}

async fn client(config: Config) {
    drop(Tree::start(config.clone(), 1));
    drop(Tree::start_link(config.clone(), 1));
    drop(Tree::child_spec(config.clone(), 1));
    drop(Tree::supervisor(config, 1).max_restarts(5));
    let _: SupervisorRef = Tree::named();
    let _ = Connections::start_child(Worker::start_link(1).once()).await;
    let _ = Deep::named();
}

fn main() {
    drop(client(Config {
        window: 1,
        grace: std::time::Duration::ZERO,
        more: Vec::new(),
    }));
}
