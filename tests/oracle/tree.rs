//! Builds the tree of a scenario on Beamish.

use std::sync::Arc;

use beamish::{
    Child, ChildDefaults, ChildSpec, DynamicSupervisor, GenServer, Init, Pid, Restart,
    ServerOptions, ServerRef, Start, StartError, Supervisor,
};
use tokio::sync::Notify;

use crate::scenario::{Intensity, Kind, Name, Node};
use crate::worker::Worker;
use crate::world::World;

/// Starts a supervisor, linked to the running process.
pub(crate) async fn start(world: &World, node: &Node) -> Result<Pid, StartError> {
    match &node.kind {
        Kind::Worker(_) => panic!("{} is no supervisor", node.name),
        Kind::Supervisor { .. } => supervisor(world, node).start_child().await,
        Kind::Dynamic { .. } => dynamic(world, node).start_child().await,
    }
}

pub(crate) fn spec(world: &World, node: &Node) -> ChildSpec {
    let (world, own) = (world.clone(), node.clone());
    let spec = match &node.kind {
        Kind::Worker(plan) => {
            let plan = Arc::new(plan.clone());
            ChildSpec::new(move || {
                Start::<Worker>::link((world.clone(), own.name.clone(), Arc::clone(&plan)))
            })
        }
        Kind::Supervisor { .. } => ChildSpec::new(move || supervisor(&world, &own)),
        Kind::Dynamic { .. } => ChildSpec::new(move || dynamic(&world, &own)),
    };
    spec.id(node.name.as_str())
        .restart(node.restart)
        .shutdown(node.shutdown)
        .significant(node.significant)
}

fn supervisor(world: &World, node: &Node) -> Reported<beamish::SupervisorServer> {
    let Kind::Supervisor {
        strategy,
        auto,
        intensity: Intensity { restarts, seconds },
    } = node.kind
    else {
        panic!("{} is no supervisor", node.name);
    };
    let children = world.scenario.children(&node.name);
    let start = Supervisor::new(strategy)
        .auto_shutdown(auto)
        .max_restarts(restarts)
        .max_seconds(seconds)
        .children(children.map(|child| spec(world, child)))
        .start_link();
    Reported::new(world, node, start)
}

fn dynamic(world: &World, node: &Node) -> Reported<beamish::DynamicSupervisorServer> {
    let Kind::Dynamic {
        max_children,
        intensity: Intensity { restarts, seconds },
    } = node.kind
    else {
        panic!("{} is no dynamic supervisor", node.name);
    };
    let start = DynamicSupervisor::new()
        .max_children(max_children.unwrap_or(usize::MAX))
        .max_restarts(restarts)
        .max_seconds(seconds)
        .start_link();
    Reported::new(world, node, start)
}

/// The start of a supervisor that is reported when it has succeeded.
struct Reported<S: GenServer> {
    world: World,
    name: Name,
    start: Start<S>,
}

impl<S: GenServer> Reported<S> {
    fn new(world: &World, node: &Node, start: Start<S>) -> Self {
        Self {
            world: world.clone(),
            name: node.name.clone(),
            start,
        }
    }
}

impl<S: GenServer> Child for Reported<S> {
    type Ref = S::Ref;

    fn defaults() -> ChildDefaults {
        Start::<S>::defaults()
    }

    async fn start_child(self) -> Result<Pid, StartError> {
        let pid = self.start.start_child().await?;
        self.world.up(&self.name, pid).await;
        Ok(pid)
    }
}

/// A child that does not start before it is told to, and ignores then: its supervisor waits, and keeps nothing of it.
pub(crate) fn gate(open: &Arc<Notify>) -> ChildSpec {
    let open = Arc::clone(open);
    ChildSpec::new(move || Start::<Gate>::link(Arc::clone(&open)))
        .id("gate")
        .restart(Restart::Temporary)
}

struct Gate;

impl ServerOptions for Gate {}

impl GenServer for Gate {
    type Args = Arc<Notify>;
    type Message = ();
    type Reply = ();
    type Ref = ServerRef<Self>;

    async fn init(open: Arc<Notify>) -> Init<Self> {
        open.notified().await;
        Init::ignore()
    }
}
