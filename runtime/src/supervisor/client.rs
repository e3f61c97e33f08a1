//! The client side of a supervisor.

use std::future::Future;

use crate::supervisor::server::{SupervisorMessage, SupervisorReply, SupervisorServer};
use crate::{
    Call, ChildCounts, ChildError, ChildId, ChildInfo, ChildSpec, GenServer, Handler, Name, Pid,
    Server, ServerRef, StartChildError, WrongServer,
};

/// The client of a supervisor. Its requests wait for their answer without limit, as in OTP: a supervisor that starts or
/// ends a child answers when that is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SupervisorRef(ServerRef<SupervisorServer>);

impl SupervisorRef {
    /// The supervisor that holds `name`, looked up at each use.
    #[must_use]
    pub fn to(name: impl Into<Name>) -> Self {
        Self(ServerRef::to(name))
    }

    /// Adds a child and starts it. `None`: its `init` ignored; its specification is kept unless it is temporary.
    ///
    /// # Errors
    /// The id is taken by a running child ([`StartChildError::AlreadyStarted`]) or by one that does not run
    /// ([`StartChildError::AlreadyPresent`]); the start failed, and nothing is kept; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is started nevertheless.
    ///
    /// # OTP
    /// `supervisor:start_child/2`.
    pub fn start_child<C: Into<ChildSpec>>(
        &self,
        child: C,
    ) -> impl Future<Output = Result<Option<Pid>, StartChildError>> + Send + use<C> {
        static HANDLER: Handler = Handler::queued("start_child");
        let (server, spec) = (self.0.clone(), child.into());
        async move {
            ask(
                &server,
                &HANDLER,
                SupervisorMessage::StartChild(spec),
                |reply| match reply {
                    SupervisorReply::Started(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// Ends a child and waits until it is dead; its specification is kept unless it is temporary. `Ok` also if it did not
    /// run.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is ended nevertheless.
    ///
    /// # OTP
    /// `supervisor:terminate_child/2`.
    pub fn terminate_child<I: Into<ChildId>>(
        &self,
        id: I,
    ) -> impl Future<Output = Result<(), ChildError>> + Send + use<I> {
        static HANDLER: Handler = Handler::queued("terminate_child");
        let (server, id) = (self.0.clone(), id.into());
        async move {
            ask(
                &server,
                &HANDLER,
                SupervisorMessage::TerminateChild(id),
                done,
            )
            .await?
        }
    }

    /// Starts a child again that does not run.
    ///
    /// # Errors
    /// [`ChildError`]: no such child, it runs or is being restarted, its start failed (the specification stays), the
    /// supervisor did not answer.
    ///
    /// # Cancel safety
    /// The child is started nevertheless.
    ///
    /// # OTP
    /// `supervisor:restart_child/2`.
    pub fn restart_child<I: Into<ChildId>>(
        &self,
        id: I,
    ) -> impl Future<Output = Result<Option<Pid>, ChildError>> + Send + use<I> {
        static HANDLER: Handler = Handler::queued("restart_child");
        let (server, id) = (self.0.clone(), id.into());
        async move {
            ask(
                &server,
                &HANDLER,
                SupervisorMessage::RestartChild(id),
                |reply| match reply {
                    SupervisorReply::Restarted(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// Removes the specification of a child that does not run.
    ///
    /// # Errors
    /// [`ChildError`]: no such child, it runs or is being restarted, the supervisor did not answer.
    ///
    /// # Cancel safety
    /// The specification is removed nevertheless.
    ///
    /// # OTP
    /// `supervisor:delete_child/2`.
    pub fn delete_child<I: Into<ChildId>>(
        &self,
        id: I,
    ) -> impl Future<Output = Result<(), ChildError>> + Send + use<I> {
        static HANDLER: Handler = Handler::queued("delete_child");
        let (server, id) = (self.0.clone(), id.into());
        async move { ask(&server, &HANDLER, SupervisorMessage::DeleteChild(id), done).await? }
    }

    /// Where one child stands.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `supervisor:which_child/2`.
    pub fn which_child<I: Into<ChildId>>(
        &self,
        id: I,
    ) -> impl Future<Output = Result<ChildInfo, ChildError>> + Send + use<I> {
        static HANDLER: Handler = Handler::new("which_child");
        let (server, id) = (self.0.clone(), id.into());
        async move {
            ask(
                &server,
                &HANDLER,
                SupervisorMessage::WhichChild(id),
                |reply| match reply {
                    SupervisorReply::Child(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// The specification of a child. That of a temporary child cannot be started any more.
    ///
    /// # Errors
    /// [`ChildError::NotFound`]; the supervisor did not answer.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `supervisor:get_childspec/2`.
    pub fn get_childspec<I: Into<ChildId>>(
        &self,
        id: I,
    ) -> impl Future<Output = Result<ChildSpec, ChildError>> + Send + use<I> {
        static HANDLER: Handler = Handler::new("get_childspec");
        let (server, id) = (self.0.clone(), id.into());
        async move {
            ask(
                &server,
                &HANDLER,
                SupervisorMessage::GetChildspec(id),
                |reply| match reply {
                    SupervisorReply::Childspec(result) => Some(result),
                    _ => None,
                },
            )
            .await?
        }
    }

    /// The children, newest first.
    ///
    /// # OTP
    /// `supervisor:which_children/1`.
    pub fn which_children(&self) -> Call<'_, SupervisorServer, Vec<ChildInfo>> {
        static HANDLER: Handler = Handler::new("which_children");
        ask(
            &self.0,
            &HANDLER,
            SupervisorMessage::WhichChildren,
            |reply| match reply {
                SupervisorReply::Children(children) => Some(children),
                _ => None,
            },
        )
    }

    /// How many children there are.
    ///
    /// # OTP
    /// `supervisor:count_children/1`.
    pub fn count_children(&self) -> Call<'_, SupervisorServer, ChildCounts> {
        static HANDLER: Handler = Handler::new("count_children");
        ask(
            &self.0,
            &HANDLER,
            SupervisorMessage::CountChildren,
            |reply| match reply {
                SupervisorReply::Counts(counts) => Some(counts),
                _ => None,
            },
        )
    }
}

fn done(reply: SupervisorReply) -> Option<Result<(), ChildError>> {
    match reply {
        SupervisorReply::Done(result) => Some(result),
        _ => None,
    }
}

/// A request to a supervisor of either kind: it has no timeout.
pub(super) fn ask<'a, S: GenServer, T>(
    server: &'a ServerRef<S>,
    handler: &'static Handler,
    message: S::Message,
    unwrap: fn(S::Reply) -> Option<T>,
) -> Call<'a, S, T> {
    Call::new(server, handler, message, unwrap).infinity()
}

impl From<ServerRef<SupervisorServer>> for SupervisorRef {
    fn from(server: ServerRef<SupervisorServer>) -> Self {
        Self(server)
    }
}

impl TryFrom<Pid> for SupervisorRef {
    type Error = WrongServer;

    fn try_from(pid: Pid) -> Result<Self, WrongServer> {
        ServerRef::try_from(pid).map(Self)
    }
}

impl Server for SupervisorRef {
    type Of = SupervisorServer;

    fn server_ref(&self) -> &ServerRef<SupervisorServer> {
        &self.0
    }
}
