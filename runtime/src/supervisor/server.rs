//! The process of a supervisor: carries out what `plan.rs` decides.

use std::any::type_name;
use std::collections::HashSet;

use tokio::time::Instant;

use crate::observe::SupervisorInfo;
use crate::process::{label, self_pid, send, set_label, table};
use crate::supervisor::children::{self, Child, Children, Entry};
use crate::supervisor::intensity::Intensity;
use crate::supervisor::plan::{self, Fate};
use crate::{
    AutoShutdown, BadChildren, Caller, ChildCounts, ChildError, ChildId, ChildInfo, ChildSpec,
    ChildStatus, Exit, ExitReason, FailedToStartChild, GenServer, Info, Init, Next, Pid, Restart,
    ServerOptions, Shutdown, StartChildError, StartError, Strategy, Supervisor, SupervisorRef,
    report, unexpected_info,
};

/// The state of a running supervisor; made by [`Supervisor`].
#[derive(Debug)]
pub struct SupervisorServer {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    intensity: Intensity,
    began: Instant,
    children: Children,
}

impl std::fmt::Debug for Children {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(
                self.iter()
                    .map(|Entry { child, status, .. }| (&child.spec.id, status)),
            )
            .finish()
    }
}

/// What a supervisor is asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum SupervisorMessage {
    /// See [`SupervisorRef::start_child`].
    StartChild(ChildSpec),
    /// See [`SupervisorRef::terminate_child`].
    TerminateChild(ChildId),
    /// See [`SupervisorRef::restart_child`].
    RestartChild(ChildId),
    /// See [`SupervisorRef::delete_child`].
    DeleteChild(ChildId),
    /// See [`SupervisorRef::which_child`].
    WhichChild(ChildId),
    /// See [`SupervisorRef::get_childspec`].
    GetChildspec(ChildId),
    /// See [`SupervisorRef::which_children`].
    WhichChildren,
    /// See [`SupervisorRef::count_children`].
    CountChildren,
}

/// What a supervisor answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum SupervisorReply {
    /// To [`SupervisorMessage::StartChild`].
    Started(Result<Option<Pid>, StartChildError>),
    /// To [`SupervisorMessage::RestartChild`].
    Restarted(Result<Option<Pid>, ChildError>),
    /// To [`SupervisorMessage::TerminateChild`] and [`SupervisorMessage::DeleteChild`].
    Done(Result<(), ChildError>),
    /// To [`SupervisorMessage::WhichChild`].
    Child(Result<ChildInfo, ChildError>),
    /// To [`SupervisorMessage::GetChildspec`].
    Childspec(Result<ChildSpec, ChildError>),
    /// To [`SupervisorMessage::WhichChildren`].
    Children(Vec<ChildInfo>),
    /// To [`SupervisorMessage::CountChildren`].
    Counts(ChildCounts),
}

/// A restart that failed is tried again, after what is in the mailbox (`RST-6`).
struct Retry(ChildId);

impl ServerOptions for SupervisorServer {
    const SHUTDOWN: Shutdown = Shutdown::Infinity;
    const TRAP_EXIT: bool = true;
    const IS_SUPERVISOR: bool = true;
}

impl GenServer for SupervisorServer {
    type Args = Supervisor;
    type Message = SupervisorMessage;
    type Reply = SupervisorReply;
    type Ref = SupervisorRef;

    fn message_name(message: &SupervisorMessage) -> &'static str {
        match message {
            SupervisorMessage::StartChild(_) => "start_child",
            SupervisorMessage::TerminateChild(_) => "terminate_child",
            SupervisorMessage::RestartChild(_) => "restart_child",
            SupervisorMessage::DeleteChild(_) => "delete_child",
            SupervisorMessage::WhichChild(_) => "which_child",
            SupervisorMessage::GetChildspec(_) => "get_childspec",
            SupervisorMessage::WhichChildren => "which_children",
            SupervisorMessage::CountChildren => "count_children",
        }
    }

    async fn init(supervisor: Supervisor) -> Init<Self> {
        if let Err(error) = check(&supervisor) {
            return Init::error(error);
        }
        if let Some(tree) = supervisor.tree {
            if let Err(cycle) = check_path(tree) {
                return Init::error(cycle);
            }
            set_label(tree);
        }
        let mut server = Self {
            strategy: supervisor.strategy,
            auto_shutdown: supervisor.auto_shutdown,
            intensity: Intensity::new(supervisor.max_restarts, supervisor.max_seconds),
            began: Instant::now(),
            children: Children::default(),
        };
        for spec in supervisor.children {
            let mut child = Child::new(spec);
            let started = child.start(None).await;
            match child.started_or_report(started) {
                Ok(None) if child.spec.restart == Restart::Temporary => {}
                Ok(started) => server.children.push(child, children::status(started)),
                Err(error) => {
                    server.end_all().await;
                    return Init::stop(ExitReason::shutdown_with(FailedToStartChild {
                        id: child.spec.id,
                        error,
                    }));
                }
            }
        }
        Init::ok(server)
    }

    fn handle_now(&mut self, message: SupervisorMessage) -> Result<Next<Self>, SupervisorMessage> {
        let reply = match message {
            SupervisorMessage::WhichChildren => SupervisorReply::Children(self.children.which()),
            SupervisorMessage::CountChildren => SupervisorReply::Counts(self.children.count()),
            SupervisorMessage::WhichChild(id) => {
                SupervisorReply::Child(self.find(&id).map(Entry::info))
            }
            SupervisorMessage::GetChildspec(id) => {
                SupervisorReply::Childspec(self.find(&id).map(|entry| entry.child.spec.clone()))
            }
            other => return Err(other),
        };
        Ok(Next::reply(reply))
    }

    async fn handle(
        &mut self,
        message: SupervisorMessage,
        _caller: &mut Caller<Self>,
    ) -> Next<Self> {
        let reply = match message {
            SupervisorMessage::StartChild(spec) => {
                SupervisorReply::Started(self.start_child(spec).await)
            }
            SupervisorMessage::TerminateChild(id) => {
                SupervisorReply::Done(self.terminate_child(&id).await)
            }
            SupervisorMessage::RestartChild(id) => {
                SupervisorReply::Restarted(self.restart_child(&id).await)
            }
            SupervisorMessage::DeleteChild(id) => SupervisorReply::Done(self.delete_child(&id)),
            other => return self.handle_now(other).unwrap_or_else(|_| Next::no_reply()),
        };
        Next::reply(reply)
    }

    async fn handle_info(&mut self, info: Info) -> Next<Self> {
        let info = match info.downcast::<Exit>() {
            Ok(exit) => return self.child_ended(exit).await,
            Err(info) => info,
        };
        match info.downcast::<Retry>() {
            Ok(Retry(id)) => match self.children.position(&id) {
                // RST-8: a terminate_child in between has cancelled it.
                Some(at) if self.children[at].status == ChildStatus::Restarting => {
                    self.restart(at).await
                }
                _ => Next::no_reply(),
            },
            Err(info) => {
                unexpected_info::<Self>(&info);
                Next::no_reply()
            }
        }
    }

    async fn terminate(&mut self, _reason: &ExitReason) {
        self.end_all().await;
    }
}

/// Whether this tree is none of those that it is started in.
fn check_path(tree: &'static str) -> Result<(), BadChildren> {
    let mut path = vec![tree.to_owned()];
    let mut parent = table::find(self_pid()).and_then(|process| process.head().parent);
    while let Some(process) = parent.and_then(table::find) {
        let head = process.head();
        if process.type_name() == type_name::<SupervisorServer>()
            && let Some(above) = label(head.pid)
        {
            let is_it = above == tree;
            path.push(above);
            if is_it {
                path.reverse();
                return Err(BadChildren::Cycle(path));
            }
        }
        parent = head.parent;
    }
    Ok(())
}

fn check(supervisor: &Supervisor) -> Result<(), BadChildren> {
    if supervisor.max_seconds == 0 {
        return Err(BadChildren::ZeroPeriod);
    }
    let mut ids = HashSet::new();
    for child in &supervisor.children {
        check_child(child, supervisor.auto_shutdown)?;
        if !ids.insert(&child.id) {
            return Err(BadChildren::DuplicateId(child.id.clone()));
        }
    }
    Ok(())
}

fn check_child(child: &ChildSpec, auto_shutdown: AutoShutdown) -> Result<(), BadChildren> {
    if child.significant && child.restart == Restart::Permanent {
        return Err(BadChildren::SignificantPermanent(child.id.clone()));
    }
    if child.significant && auto_shutdown == AutoShutdown::Never {
        return Err(BadChildren::SignificantWithoutAutoShutdown(
            child.id.clone(),
        ));
    }
    child.check_extra(None)
}

impl SupervisorServer {
    /// As [`observe::supervisor`](crate::observe::supervisor) shows it.
    pub(crate) fn seen(&self, limit: usize) -> SupervisorInfo {
        let (max_restarts, max_seconds) = self.intensity.limits();
        SupervisorInfo {
            strategy: Some(self.strategy),
            max_restarts,
            max_seconds,
            auto_shutdown: self.auto_shutdown,
            counts: self.children.count(),
            children: self.children.iter().take(limit).map(Entry::info).collect(),
        }
    }

    pub(crate) fn child(&self, pid: Pid) -> Option<ChildInfo> {
        let at = self.children.position_of(pid)?;
        Some(self.children[at].info())
    }

    fn find(&self, id: &ChildId) -> Result<&Entry, ChildError> {
        let at = self.children.position(id).ok_or(ChildError::NotFound)?;
        Ok(&self.children[at])
    }

    async fn end_all(&mut self) {
        self.children.end_group(0..self.children.len()).await;
    }

    async fn child_ended(&mut self, Exit { from, reason }: Exit) -> Next<Self> {
        // SUP-7: others than children are ignored.
        let Some(at) = self.children.position_of(from) else {
            return Next::no_reply();
        };
        let child = &self.children[at].child;
        if plan::is_reported(child.spec.restart, &reason) {
            report::supervisor("child_terminated", &child.spec.id, Some(from), &reason);
        }
        let significant = child.spec.significant;
        match plan::fate(child.spec.restart, &reason) {
            Fate::Restart => return self.restart(at).await,
            Fate::Keep => self.children.set_status(at, ChildStatus::Stopped),
            Fate::Remove => self.children.remove(at),
        }
        if significant
            && plan::ends_supervisor(self.auto_shutdown, self.children.significant_alive())
        {
            return Next::no_reply().stop(ExitReason::Shutdown);
        }
        Next::no_reply()
    }

    async fn restart(&mut self, failed: usize) -> Next<Self> {
        let now = self.began.elapsed().as_secs();
        if !self.intensity.allow(now) {
            let (max_restarts, max_seconds) = self.intensity.limits();
            report::gave_up(
                &self.children[failed].child.spec.id,
                max_restarts,
                max_seconds,
            );
            self.children.set_status(failed, ChildStatus::Stopped);
            return Next::no_reply().stop(ExitReason::Shutdown);
        }
        // Its own end is over; so it is ended with the others, without effect.
        self.children.set_status(failed, ChildStatus::Stopped);
        let group = plan::group(self.strategy, failed, self.children.len());
        let first = group.start;
        let keeps_others = self.strategy == Strategy::OneForOne;
        if !keeps_others {
            self.children.end_group(group).await;
        }
        let last = if keeps_others {
            first + 1
        } else {
            self.children.len()
        };
        let mut at = first;
        while at < last.min(self.children.len()) {
            if self.children.start(at).await.is_err() {
                self.children.set_status(at, ChildStatus::Restarting);
                send(self_pid(), Retry(self.children[at].child.spec.id.clone()));
                break;
            }
            self.children.count_restart(at);
            at += 1;
        }
        Next::no_reply()
    }

    async fn start_child(&mut self, spec: ChildSpec) -> Result<Option<Pid>, StartChildError> {
        check_child(&spec, self.auto_shutdown).map_err(StartChildError::BadChild)?;
        if let Some(at) = self.children.position(&spec.id) {
            return Err(match self.children[at].status {
                ChildStatus::Running(pid) => StartChildError::AlreadyStarted(pid),
                ChildStatus::Restarting | ChildStatus::Stopped => StartChildError::AlreadyPresent,
            });
        }
        let mut child = Child::new(spec);
        let started = child.start(None).await;
        let started = child.started_or_report(started);
        let pid = started.map_err(|error| match error {
            StartError::AlreadyStarted(pid) => StartChildError::AlreadyStarted(pid),
            error => StartChildError::Start(error),
        })?;
        if pid.is_some() || child.spec.restart != Restart::Temporary {
            self.children.push(child, children::status(pid));
        }
        Ok(pid)
    }

    async fn terminate_child(&mut self, id: &ChildId) -> Result<(), ChildError> {
        let at = self.children.position(id).ok_or(ChildError::NotFound)?;
        self.children.end_group(at..at + 1).await;
        Ok(())
    }

    async fn restart_child(&mut self, id: &ChildId) -> Result<Option<Pid>, ChildError> {
        let at = self.children.position(id).ok_or(ChildError::NotFound)?;
        match self.children[at].status {
            ChildStatus::Running(_) => return Err(ChildError::Running),
            ChildStatus::Restarting => return Err(ChildError::Restarting),
            ChildStatus::Stopped => {}
        }
        self.children.start(at).await.map_err(ChildError::Start)?;
        Ok(self.children[at].status.pid())
    }

    fn delete_child(&mut self, id: &ChildId) -> Result<(), ChildError> {
        let at = self.children.position(id).ok_or(ChildError::NotFound)?;
        match self.children[at].status {
            ChildStatus::Running(_) => Err(ChildError::Running),
            ChildStatus::Restarting => Err(ChildError::Restarting),
            ChildStatus::Stopped => {
                self.children.remove(at);
                Ok(())
            }
        }
    }
}
