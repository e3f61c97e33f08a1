//! What `main` asks of supervisors of both kinds, and their answers in words.

use beamish::{
    CallError, ChildCounts, ChildError, ChildInfo, ChildSpec, ChildStatus, DynamicSupervisorRef,
    Pid, Server, ServerRef, StartChildError, Stop, SupervisorRef,
};

use crate::reason::{call_error, child_error, start_child_error};
use crate::world::World;

pub(crate) enum AnySupervisor {
    Static(SupervisorRef),
    Dynamic(DynamicSupervisorRef),
}

impl AnySupervisor {
    /// The error says what a call of it would.
    pub(crate) fn find(pid: Pid) -> Result<Self, String> {
        if let Ok(server) = ServerRef::try_from(pid) {
            return Ok(Self::Static(SupervisorRef::from(server)));
        }
        ServerRef::try_from(pid)
            .map(|server| Self::Dynamic(DynamicSupervisorRef::from(server)))
            .map_err(|_| "exit noproc".to_owned())
    }

    pub(crate) async fn start(&self, world: &World, spec: ChildSpec) -> String {
        let started: Result<Option<Pid>, StartChildError> = match self {
            Self::Static(supervisor) => supervisor.start_child(spec).await,
            Self::Dynamic(supervisor) => supervisor.start_child(spec).await.map(Some),
        };
        world.heard().await;
        match started {
            Ok(pid) => format!("ok {}", name(world, pid)),
            Err(error) => start_child_error(&error),
        }
    }

    /// Ends a child: known by its id, or by its last pid under a dynamic supervisor.
    pub(crate) async fn terminate(&self, id: &str, pid: Option<Pid>) -> String {
        match (self, pid) {
            (Self::Static(supervisor), _) => finished(supervisor.terminate_child(id).await),
            (Self::Dynamic(supervisor), Some(pid)) => {
                finished(supervisor.terminate_child(pid).await)
            }
            (Self::Dynamic(_), None) => "absent".to_owned(),
        }
    }

    pub(crate) async fn restart(&self, world: &World, id: &str) -> Result<String, String> {
        let restarted = self.known_by_id()?.restart_child(id).await;
        world.heard().await;
        Ok(match restarted {
            Ok(pid) => format!("ok {}", name(world, pid)),
            Err(error) => child_error(&error),
        })
    }

    pub(crate) async fn delete(&self, id: &str) -> Result<String, String> {
        Ok(finished(self.known_by_id()?.delete_child(id).await))
    }

    fn known_by_id(&self) -> Result<&SupervisorRef, String> {
        match self {
            Self::Static(supervisor) => Ok(supervisor),
            Self::Dynamic(_) => Err("absent".to_owned()),
        }
    }

    pub(crate) async fn which(&self, world: &World) -> String {
        let children = match self {
            Self::Static(supervisor) => supervisor.which_children().await,
            Self::Dynamic(supervisor) => supervisor.which_children().await,
        };
        let row = |child: &ChildInfo| match (&child.id, child.status) {
            (Some(id), status) => format!("{id}={}", status_word(world, status)),
            (None, status) => status_word(world, status),
        };
        let told = |children: Vec<ChildInfo>| {
            let mut rows: Vec<_> = children.iter().map(row).collect();
            if matches!(self, Self::Dynamic(_)) {
                rows.sort();
            }
            rows.join(",")
        };
        answer(children, told)
    }

    pub(crate) async fn count(&self) -> String {
        let counts = match self {
            Self::Static(supervisor) => supervisor.count_children().await,
            Self::Dynamic(supervisor) => supervisor.count_children().await,
        };
        let told = |counts: ChildCounts| {
            let ChildCounts {
                specs,
                active,
                workers,
                supervisors,
                ..
            } = counts;
            format!("{specs}/{active}/{workers}/{supervisors}")
        };
        answer(counts, told)
    }

    pub(crate) fn stop(&self) -> Stop {
        match self {
            Self::Static(supervisor) => supervisor.stop(),
            Self::Dynamic(supervisor) => supervisor.stop(),
        }
    }
}

fn status_word(world: &World, status: ChildStatus) -> String {
    match status {
        ChildStatus::Running(pid) => world.who(pid),
        ChildStatus::Restarting => "restarting".to_owned(),
        ChildStatus::Stopped => "undefined".to_owned(),
    }
}

fn name(world: &World, pid: Option<Pid>) -> String {
    pid.map_or_else(|| "undefined".to_owned(), |pid| world.who(pid))
}

fn finished(result: Result<(), ChildError>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => child_error(&error),
    }
}

fn answer<T>(result: Result<T, CallError>, told: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => told(value),
        Err(error) => call_error(&error),
    }
}
