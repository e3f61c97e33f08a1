//! The client side of a server: [`ServerRef`], and what every client type can do ([`Server`]).

use std::any::{TypeId, type_name};
use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::gen_server::bounded::{Full, Queueing, Unqueued};
use crate::gen_server::process::{Content, Envelope, Served, ServerProcess};
use crate::gen_server::stop::Stop;
use crate::node::Node;
use crate::panics::drop_quietly;
use crate::process::control::{Process, ProcessRef};
use crate::process::{context, death, table};
use crate::{Address, GenServer, MonitorRef, Name, NoProc, Pid, Via, WrongServer, report};

/// How to reach a server of type `S`: bound to one process, or to a name that is looked up at every use.
///
/// A bound one, which a start returns, is the process for ever: once that has ended, calls give
/// [`CallError::NoProc`](crate::CallError::NoProc). One made with [`to`](Self::to), [`global`](Server::global) or
/// [`via`](Server::via) reaches whoever holds the name then, so it goes on working after a restart.
///
/// Cloning is cheap. Dropping the last one does nothing: a server ends by its reason, never by being forgotten.
/// Two are equal if they are the same process or the same name in the same node; a name is never equal to a process.
///
/// # OTP
/// `server_ref()`, Elixir's `GenServer.server()`. It is no Erlang *reference*; those are
/// [`MonitorRef`] and [`TimerRef`](crate::TimerRef).
pub struct ServerRef<S>(Repr<S>);

enum Repr<S> {
    Process(Arc<dyn Served<S>>),
    /// Not by its pid.
    Name(Node, Address),
}

impl<S> ServerRef<S> {
    /// Whoever holds `name` in the calling code's node, at each use anew.
    #[must_use]
    pub fn to(name: impl Into<Name>) -> Self {
        Self::named(Address::Name(name.into()))
    }

    fn named(name: Address) -> Self {
        Self(Repr::Name(context::node(), name))
    }

    /// The process or the name.
    #[must_use]
    pub fn address(&self) -> Address {
        match &self.0 {
            Repr::Process(process) => Address::Pid(process.head().pid),
            Repr::Name(_, name) => name.clone(),
        }
    }

    /// The process at this moment, of whatever type.
    pub(crate) fn process(&self) -> Option<ProcessRef> {
        match &self.0 {
            Repr::Process(process) => Some(Arc::<dyn Served<S>>::clone(process)),
            Repr::Name(node, name) => name.holder(node),
        }
    }
}

/// How to reach a server, whatever its type.
pub(crate) enum Whole {
    Process(ProcessRef),
    /// And whether it is of the right type.
    Name(Node, Address, fn(&dyn Process) -> bool),
}

impl Whole {
    /// The server at this moment.
    ///
    /// # Errors
    /// Its address, if it is not there, or is another server.
    pub(crate) fn resolve(&self) -> Result<ProcessRef, Address> {
        match self {
            Self::Process(process) => Ok(Arc::clone(process)),
            Self::Name(node, name, is_right) => (name.holder(node))
                .filter(|process| is_right(&**process))
                .ok_or_else(|| name.clone()),
        }
    }
}

impl<S: GenServer> ServerRef<S> {
    pub(crate) fn whole(&self) -> Whole {
        match &self.0 {
            Repr::Process(process) => Whole::Process(Arc::<dyn Served<S>>::clone(process)),
            Repr::Name(node, name) => Whole::Name(node.clone(), name.clone(), |process| {
                process.is_of(TypeId::of::<ServerProcess<S>>())
            }),
        }
    }

    pub(crate) fn bound(process: Arc<ServerProcess<S>>) -> Self {
        Self(Repr::Process(process))
    }

    /// Sends a cast: it is handled in its turn. Returns at once and never fails; to a dead process or an unheld name
    /// nothing is sent (`SRV-5`). One to a server of another type is logged and dropped.
    ///
    /// If the server's mailbox is bounded and full, the oldest message gives way where [`OnFull::DropOldest`] says so; in
    /// all other cases this one is dropped. [`try_cast`](Self::try_cast) and [`Cast`](crate::Cast) do more.
    ///
    /// [`OnFull::DropOldest`]: crate::OnFull::DropOldest
    pub fn cast(&self, message: S::Message) {
        if context::has_ended() {
            return drop_quietly(message);
        }
        match self.resolve() {
            Ok(process) => {
                if let Err(Unqueued::Ended(envelope) | Unqueued::Full(envelope)) =
                    process.queue_counted(Envelope::cast(message))
                {
                    drop_quietly(envelope);
                }
            }
            Err(unresolved) => self.drop_cast(message, &unresolved),
        }
    }

    /// As [`cast`](Self::cast), but gives the message back if the server's mailbox is full.
    ///
    /// # Errors
    /// [`Full`]: the message was not sent. Never where the oldest gives way, or where the mailbox has no bound.
    pub fn try_cast(&self, message: S::Message) -> Result<(), Full<S::Message>> {
        if context::has_ended() {
            drop_quietly(message);
            return Ok(());
        }
        match self.resolve() {
            Ok(process) => match process.queue_counted(Envelope::cast(message)) {
                Err(Unqueued::Full(envelope)) => match envelope.content {
                    Content::Message(message) => return Err(Full(message)),
                    _ => unreachable!("what was to be queued comes back"),
                },
                Err(Unqueued::Ended(envelope)) => drop_quietly(envelope),
                Ok(()) => {}
            },
            Err(unresolved) => self.drop_cast(message, &unresolved),
        }
        Ok(())
    }

    /// As [`cast`](Self::cast), but gives the wait for room if the server's mailbox is full.
    pub(crate) fn cast_or_wait(&self, message: S::Message) -> Option<Queueing> {
        if context::has_ended() {
            drop_quietly(message);
            return None;
        }
        match self.resolve() {
            Ok(process) => match process.queue_counted(Envelope::cast(message)) {
                Err(Unqueued::Full(envelope)) => {
                    return Some(ServerProcess::queue_when_room(process.held(), envelope));
                }
                Err(Unqueued::Ended(envelope)) => drop_quietly(envelope),
                Ok(()) => {}
            },
            Err(unresolved) => self.drop_cast(message, &unresolved),
        }
        None
    }

    #[cold]
    fn drop_cast(&self, message: S::Message, unresolved: &Unresolved) {
        if let Unresolved::Wrong { found } = unresolved {
            report::wrong_server(&self.address(), type_name::<S>(), found);
        }
        drop_quietly(message);
    }

    #[inline]
    pub(crate) fn resolve(&self) -> Result<Resolved<'_, S>, Unresolved> {
        match &self.0 {
            Repr::Process(process) => Ok(Resolved::Lent(process.typed(), process)),
            Repr::Name(node, name) => {
                let holder = name.holder(node).ok_or(Unresolved::NoProc)?;
                downcast(holder).map(Resolved::Found)
            }
        }
    }
}

/// The block of a server, lent by its bound ref or found by name.
pub(crate) enum Resolved<'a, S: GenServer> {
    Lent(&'a ServerProcess<S>, &'a Arc<dyn Served<S>>),
    Found(Arc<ServerProcess<S>>),
}

impl<S: GenServer> Resolved<'_, S> {
    /// The block, held.
    pub(crate) fn held(&self) -> Arc<ServerProcess<S>> {
        match self {
            Self::Lent(_, process) => Arc::clone(process).into_typed(),
            Self::Found(process) => Arc::clone(process),
        }
    }
}

impl<S: GenServer> Deref for Resolved<'_, S> {
    type Target = ServerProcess<S>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Lent(process, _) => process,
            Self::Found(process) => process,
        }
    }
}

pub(crate) enum Unresolved {
    NoProc,
    Wrong { found: &'static str },
}

fn downcast<S: GenServer>(process: ProcessRef) -> Result<Arc<ServerProcess<S>>, Unresolved> {
    let found = process.type_name();
    process
        .into_any()
        .downcast()
        .map_err(|_| Unresolved::Wrong { found })
}

impl<S: GenServer> TryFrom<Pid> for ServerRef<S> {
    type Error = WrongServer;

    fn try_from(pid: Pid) -> Result<Self, WrongServer> {
        let process = table::find(pid).ok_or(WrongServer::NoProc(pid))?;
        match downcast(process) {
            Ok(process) => Ok(Self::bound(process)),
            Err(Unresolved::NoProc) => Err(WrongServer::NoProc(pid)),
            Err(Unresolved::Wrong { found }) => Err(WrongServer::Type {
                pid,
                expected: type_name::<S>(),
                found,
            }),
        }
    }
}

impl<S> Clone for ServerRef<S> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Repr::Process(process) => Repr::Process(Arc::clone(process)),
            Repr::Name(node, name) => Repr::Name(node.clone(), name.clone()),
        })
    }
}

impl<S> PartialEq for ServerRef<S> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Process(a), Repr::Process(b)) => a.head().pid == b.head().pid,
            (Repr::Name(node_a, a), Repr::Name(node_b, b)) => node_a == node_b && a == b,
            _ => false,
        }
    }
}

impl<S> Eq for ServerRef<S> {}

impl<S> Hash for ServerRef<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl<S> fmt::Debug for ServerRef<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerRef").field(&self.address()).finish()
    }
}

/// A client of any kind is taken wherever an address is asked for.
impl<C: Server> From<&C> for Address {
    fn from(client: &C) -> Self {
        client.server_ref().address()
    }
}

/// A future in a box: what the methods of the trait of `#[genserver(client = trait)]` return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// No server's: the bound of [`Server::named`].
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no name",
    label = "no name is written for `{Self}`",
    note = "write `#[genserver(name = \"…\")]` on the struct; or `.name(\"…\")` after `{Self}::start_link(…)`, and `{Self}Ref::to(\"…\")` here"
)]
pub trait Named {
    #[doc(hidden)]
    fn client<C>() -> C;
}

/// What every client of a server can do. `ServerRef` and the clients that `#[genserver]` writes are `Server`s.
///
/// A handler of the same name wins over a method of this trait; `Server::stop(&counter)` still reaches it.
pub trait Server: Sync {
    /// The server's type.
    type Of: GenServer;

    /// The client of whoever holds the [global](crate::global) `name`, at each use anew.
    #[must_use]
    fn global(name: impl Into<Name>) -> Self
    where
        Self: Sized + From<ServerRef<Self::Of>>,
    {
        ServerRef::named(Address::global(name)).into()
    }

    /// Says what to write where a server has no name of its own; with one, the client that `#[genserver]` writes has a
    /// `named` that precedes this.
    #[doc(hidden)]
    #[must_use]
    fn named() -> Self
    where
        Self: Sized,
        Self::Of: Named,
    {
        <Self::Of as Named>::client()
    }

    /// The client of whom `registry` finds under `key`, at each use anew.
    ///
    /// # OTP
    /// `{via, Module, Term}`.
    #[must_use]
    fn via<R: Via>(registry: &R, key: R::Key) -> Self
    where
        Self: Sized + From<ServerRef<Self::Of>>,
    {
        ServerRef::named(Address::via(registry, key)).into()
    }

    /// The client of the running process, which is a server of this type: what a server gives to others, so that they
    /// can reach it. It is bound to the process.
    ///
    /// # Panics
    /// If the calling code is no process, or another kind of process.
    ///
    /// # OTP
    /// `self()`.
    #[doc(alias = "self")]
    #[must_use]
    #[track_caller]
    fn this() -> Self
    where
        Self: Sized + From<ServerRef<Self::Of>>,
    {
        let process = crate::process::this("this()");
        match downcast(process) {
            Ok(process) => ServerRef::bound(process).into(),
            Err(Unresolved::Wrong { found }) => panic!(
                "`this()` was called for a `{}`, and the running process is a `{found}`",
                type_name::<Self::Of>()
            ),
            Err(Unresolved::NoProc) => unreachable!("there is a process"),
        }
    }

    /// The way to reach it.
    fn server_ref(&self) -> &ServerRef<Self::Of>;

    /// The process, or who holds the name at this moment: `None` if nobody does. The pid of a bound client is always
    /// known, also when the process is dead.
    ///
    /// # OTP
    /// Elixir's `GenServer.whereis/1`.
    #[doc(alias = "whereis")]
    fn pid(&self) -> Option<Pid> {
        self.server_ref()
            .process()
            .map(|process| process.head().pid)
    }

    /// Whether it is alive: no exit is pending and it has not ended.
    fn is_alive(&self) -> bool {
        self.server_ref()
            .process()
            .is_some_and(|process| process.head().is_alive())
    }

    /// Links the running process with it: see [`process::link`](crate::process::link). If nobody holds the name, the caller
    /// gets an exit signal with [`ExitReason::NoProc`](crate::ExitReason::NoProc) from its own pid.
    ///
    /// # Panics
    /// If the calling code is no process.
    #[track_caller]
    fn link(&self) {
        crate::process::link_holder(self.pid());
    }

    /// Removes the link between the running process and it: see [`process::unlink`](crate::process::unlink). Of a name, it is
    /// that with who holds the name now; if nobody does, nothing is done.
    ///
    /// # Panics
    /// If the calling code is no process.
    #[track_caller]
    fn unlink(&self) {
        let own = crate::process::this("unlink");
        if let Some(pid) = self.pid() {
            crate::process::unlink_from(&own, pid);
        }
    }

    /// Monitors it: see [`process::monitor`](crate::process::monitor).
    ///
    /// # Panics
    /// If the calling code is no process.
    #[track_caller]
    fn monitor(&self) -> MonitorRef {
        crate::process::monitor(self.server_ref().address())
    }

    /// Asks it to stop and waits for its end (`SRV-10`): see [`Stop`].
    fn stop(&self) -> Stop {
        Stop::new(self.server_ref())
    }

    /// Waits at most `patience` until a living process holds the name, one that is not about to end; a name is unheld for a
    /// moment during a restart.
    ///
    /// # Errors
    /// [`NoProc`] if that time is over; at once for a bound client whose process is dead.
    ///
    /// # Cancel safety
    /// Cancel safe.
    fn when_up(&self, patience: Duration) -> impl Future<Output = Result<Pid, NoProc>> + Send {
        let server = self.server_ref().clone();
        async move { when_up(&server, patience).await }
    }
}

async fn when_up<S>(server: &ServerRef<S>, patience: Duration) -> Result<Pid, NoProc> {
    let deadline = crate::process::receive::far(patience);
    loop {
        // Asked for before looking, so that a registration in between is not missed.
        let registered = match &server.0 {
            Repr::Name(_, Address::Via(_)) => Some(look_again()),
            Repr::Name(node, _) => Some(node.registration()),
            Repr::Process(_) => None,
        };
        let holder = server.process();
        if let Some(process) = &holder
            && process.head().is_alive()
        {
            return Ok(process.head().pid);
        }
        let no_proc = || NoProc::new(server.address());
        let registered = registered.ok_or_else(no_proc)?;
        let changed = async {
            match holder {
                // It is about to end: nobody else can take the name before.
                Some(process) => drop(death::watch(&*process).await),
                None => registered.await,
            }
        };
        let changed = crate::deadline::until(deadline, None, changed).await;
        changed.ok_or_else(no_proc)?;
    }
}

/// A registry of the user's does not say when someone registers.
fn look_again<'a>() -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    const PAUSE: Duration = Duration::from_millis(5);
    Box::pin(tokio::time::sleep(PAUSE))
}

impl<S: GenServer> Server for ServerRef<S> {
    type Of = S;

    fn server_ref(&self) -> &Self {
        self
    }
}
