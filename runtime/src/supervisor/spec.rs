//! The vocabulary of supervision: what a child is, when it is restarted, how it is ended.

use std::any::{Any, TypeId, type_name};
use std::borrow::Cow;
use std::fmt;
use std::future::{Future, poll_fn, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::process::control::Process;
use crate::sync::Mutex;
use crate::{BadChildren, GenServer, Outcome, Pid, ServerRef, Start, StartError};

/// When a child is restarted (`RST-1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// Always. You most likely want this.
    Permanent,
    /// Only after an abnormal end: any reason but `Normal`, `Shutdown` and `ShutdownWith`.
    Transient,
    /// Never; its specification goes with it.
    Temporary,
}

/// How a supervisor ends a child (`SUP-4`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// By killing it.
    BrutalKill,
    /// By an exit signal `Shutdown`, and by killing it if it has not ended after this time.
    Timeout(Duration),
    /// By an exit signal `Shutdown`, waited for without limit: for supervisors.
    Infinity,
}

impl From<Duration> for Shutdown {
    fn from(timeout: Duration) -> Self {
        Self::Timeout(timeout)
    }
}

/// What happens to the other children when one is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Nothing (`RST-3`).
    OneForOne,
    /// All are ended and started again (`RST-4`).
    OneForAll,
    /// Those started after it are ended and started again (`RST-4`).
    RestForOne,
}

/// Whether the end of significant children ends their supervisor (`SIG-C1`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AutoShutdown {
    /// No.
    #[default]
    Never,
    /// The final end of any significant child does.
    AnySignificant,
    /// The final end of the last living significant child does.
    AllSignificant,
}

/// What a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildKind {
    /// Any process that is no supervisor.
    Worker,
    /// A supervisor.
    Supervisor,
}

impl fmt::Display for ChildKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Worker => "worker",
            Self::Supervisor => "supervisor",
        })
    }
}

/// Names a child among those of its supervisor: text or a number.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChildId(IdRepr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum IdRepr {
    Text(Cow<'static, str>),
    Number(i64),
}

impl ChildId {
    /// Without a copy of the text.
    pub(crate) const fn from_static(id: &'static str) -> Self {
        Self(IdRepr::Text(Cow::Borrowed(id)))
    }
}

impl From<&str> for ChildId {
    fn from(id: &str) -> Self {
        Self(IdRepr::Text(Cow::Owned(id.to_owned())))
    }
}

impl From<String> for ChildId {
    fn from(id: String) -> Self {
        Self(IdRepr::Text(Cow::Owned(id)))
    }
}

impl From<i64> for ChildId {
    fn from(id: i64) -> Self {
        Self(IdRepr::Number(id))
    }
}

impl From<i32> for ChildId {
    fn from(id: i32) -> Self {
        Self(IdRepr::Number(id.into()))
    }
}

impl From<u32> for ChildId {
    fn from(id: u32) -> Self {
        Self(IdRepr::Number(id.into()))
    }
}

impl From<u64> for ChildId {
    fn from(id: u64) -> Self {
        // What is no `i64` is no other number either.
        Self(
            i64::try_from(id)
                .map_or_else(|_| IdRepr::Text(Cow::Owned(id.to_string())), IdRepr::Number),
        )
    }
}

impl From<usize> for ChildId {
    fn from(id: usize) -> Self {
        Self::from(id as u64)
    }
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            IdRepr::Text(text) => f.write_str(text),
            IdRepr::Number(number) => number.fmt(f),
        }
    }
}

impl fmt::Debug for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            IdRepr::Text(text) => fmt::Debug::fmt(text, f),
            IdRepr::Number(number) => fmt::Debug::fmt(number, f),
        }
    }
}

/// What is known of a kind of child before one is started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildDefaults {
    /// The last part of the type's name.
    pub id: ChildId,
    /// When it is restarted.
    pub restart: Restart,
    /// How it is ended.
    pub shutdown: Shutdown,
    /// Whether its end may end its supervisor.
    pub significant: bool,
    /// What it is.
    pub kind: ChildKind,
    /// The type of the server.
    pub type_name: &'static str,
}

/// Something that a supervisor can start: a [`Start`], as a server's `start_link` returns it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a child of a supervisor",
    label = "not a start of a process",
    note = "a child is what `start_link(…)` of a server or supervisor returns, without `.await`"
)]
pub trait Child: Send + 'static {
    /// The client that it is reached by.
    type Ref: Send + 'static;

    /// The options of its type.
    fn defaults() -> ChildDefaults;

    /// Starts it, linked to the calling supervisor.
    fn start_child(self) -> impl Future<Output = Result<Pid, StartError>> + Send;
}

impl<S: GenServer> Child for Start<S> {
    type Ref = S::Ref;

    fn defaults() -> ChildDefaults {
        let kind = if S::IS_SUPERVISOR {
            ChildKind::Supervisor
        } else {
            ChildKind::Worker
        };
        ChildDefaults {
            id: ChildId::from_static(short_name(type_name::<S>())),
            restart: S::RESTART,
            shutdown: S::SHUTDOWN,
            significant: S::SIGNIFICANT,
            kind,
            type_name: type_name::<S>(),
        }
    }

    fn start_child(self) -> impl Future<Output = Result<Pid, StartError>> + Send {
        StartedByParent(self)
    }
}

/// A start of which the pid is all that is wanted.
struct StartedByParent<S: GenServer>(Start<S>);

impl<S: GenServer> Future for StartedByParent<S> {
    type Output = Result<Pid, StartError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_child(cx).map_ok(|process| process.head().pid)
    }
}

/// `a::b::Cache<c::D>` → `Cache`.
fn short_name(name: &'static str) -> &'static str {
    // By single characters, which is much faster than by text: it is asked for each child.
    let name = name.split_once('<').map_or(name, |(name, _)| name);
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

/// What the arguments of a child that may be started again must be: `Clone + Send + Sync`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be given to a child again at each start",
    label = "not `Clone + Send + Sync`",
    note = "derive or implement `Clone`; or start the child once: `start_link(…).once()`"
)]
pub trait Again: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Again for T {}

/// A start of a child.
pub(crate) type StartFuture = Pin<Box<dyn Future<Output = Result<Pid, StartError>> + Send>>;

/// What a dynamic supervisor gives to each of its children.
pub(crate) type Extra = Arc<dyn Any + Send + Sync>;

/// Starts a child, again and again.
pub(crate) trait Starter: Send + Sync {
    fn start(&self, extra: Option<&Extra>) -> StartFuture;

    /// The type of the value that the child is started with.
    fn needs(&self) -> Option<Needs>;
}

impl<F: Fn() -> StartFuture + Send + Sync> Starter for F {
    fn start(&self, _extra: Option<&Extra>) -> StartFuture {
        self()
    }

    fn needs(&self) -> Option<Needs> {
        None
    }
}

struct WithExtra<E, F>(F, PhantomData<fn(&E)>);

impl<E, F> Starter for WithExtra<E, F>
where
    E: Send + Sync + 'static,
    F: Fn(&E) -> StartFuture + Send + Sync,
{
    fn start(&self, extra: Option<&Extra>) -> StartFuture {
        match extra.and_then(|extra| extra.downcast_ref::<E>()) {
            Some(extra) => (self.0)(extra),
            None => Box::pin(ready(Err(StartError::Exit(crate::ExitReason::other(
                "the supervisor has no such extra value",
            ))))),
        }
    }

    fn needs(&self) -> Option<Needs> {
        Some(Needs {
            id: TypeId::of::<E>(),
            name: type_name::<E>(),
        })
    }
}

/// The type of the value that a child is started with.
pub(crate) struct Needs {
    id: TypeId,
    name: &'static str,
}

/// How a supervisor starts, restarts and ends one child.
///
/// # OTP
/// `child_spec()`.
#[derive(Clone)]
#[must_use]
pub struct ChildSpec {
    pub(crate) id: ChildId,
    /// `None` once a temporary child was started: it gave up what it was started with.
    pub(crate) start: Option<Arc<dyn Starter>>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) significant: bool,
    pub(crate) kind: ChildKind,
    /// Gives the type of the server: half as big as that.
    pub(crate) type_name: fn() -> &'static str,
}

impl ChildSpec {
    /// A child that `start` makes, at each start and restart anew (`RST-9`), with the options of its type. Its id is the
    /// last part of the name of the type, unless [`id`](Self::id) says otherwise.
    pub fn new<F, C>(start: F) -> Self
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Child,
    {
        let start = move || -> StartFuture { Box::pin(start().start_child()) };
        of_child::<C>(Arc::new(start))
    }

    /// As [`new`](Self::new), for a dynamic supervisor that gives a value to each of its children
    /// ([`DynamicSupervisor::extra`](crate::DynamicSupervisor::extra)): `start` gets it at each start and restart.
    ///
    /// Under any other supervisor it is a [`BadChildren::Extra`].
    ///
    /// # OTP
    /// `extra_arguments` of Elixir's `DynamicSupervisor`, which stand before the child's own.
    pub fn with_extra<E, F, C>(start: F) -> Self
    where
        E: Send + Sync + 'static,
        F: Fn(&E) -> C + Send + Sync + 'static,
        C: Child,
    {
        let start = move |extra: &E| -> StartFuture { Box::pin(start(extra).start_child()) };
        of_child::<C>(Arc::new(WithExtra(start, PhantomData)))
    }

    /// Whether a supervisor can start it that has this value.
    pub(crate) fn check_extra(&self, extra: Option<&Extra>) -> Result<(), BadChildren> {
        match self.start.as_ref().and_then(|start| start.needs()) {
            Some(Needs { id, name }) if extra.map(|extra| (**extra).type_id()) != Some(id) => {
                Err(BadChildren::Extra {
                    id: self.id.clone(),
                    expected: name,
                })
            }
            _ => Ok(()),
        }
    }

    /// Its name among its siblings.
    pub fn id(mut self, id: impl Into<ChildId>) -> Self {
        self.id = id.into();
        self
    }

    /// When it is restarted.
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How it is ended.
    pub fn shutdown(mut self, shutdown: impl Into<Shutdown>) -> Self {
        self.shutdown = shutdown.into();
        self
    }

    /// Whether its end may end its supervisor (`SIG-C1`).
    pub const fn significant(mut self, significant: bool) -> Self {
        self.significant = significant;
        self
    }

    /// Its name among its siblings.
    #[must_use]
    pub const fn get_id(&self) -> &ChildId {
        &self.id
    }

    /// When it is restarted.
    #[must_use]
    pub const fn get_restart(&self) -> Restart {
        self.restart
    }

    /// How it is ended.
    #[must_use]
    pub const fn get_shutdown(&self) -> Shutdown {
        self.shutdown
    }

    /// Whether its end may end its supervisor.
    #[must_use]
    pub const fn get_significant(&self) -> bool {
        self.significant
    }

    /// What it is.
    #[must_use]
    pub const fn get_kind(&self) -> ChildKind {
        self.kind
    }
}

/// A plain process as a child: `make` gives the future that it runs, at each start anew. It is permanent, its id is
/// `process`, and it has 5 s to end, unless the specification says otherwise.
///
/// ```
/// # use beamish_runtime::{ChildSpec, process};
/// # async fn watch_the_disk() {}
/// let child: ChildSpec = process::child(|| async { watch_the_disk().await }).id("disk");
/// ```
///
/// # OTP
/// A child whose start function spawns a process with `proc_lib:start_link`.
pub fn child<F, R>(make: F) -> ChildSpec
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future + Send + 'static,
    R::Output: Outcome,
{
    plain_child("process", Restart::Permanent, make)
}

/// See [`child`] and `Task::child`.
pub(crate) fn plain_child<F, R>(id: &'static str, restart: Restart, make: F) -> ChildSpec
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future + Send + 'static,
    R::Output: Outcome,
{
    let start = move || -> StartFuture {
        let future = make();
        Box::pin(async move { Ok(crate::spawn_link(future)) })
    };
    ChildSpec {
        id: ChildId::from_static(id),
        start: Some(Arc::new(start)),
        restart,
        shutdown: Shutdown::Timeout(Duration::from_secs(5)),
        significant: false,
        kind: ChildKind::Worker,
        type_name: type_name::<R>,
    }
}

fn of_child<C: Child>(start: Arc<dyn Starter>) -> ChildSpec {
    let ChildDefaults {
        id,
        restart,
        shutdown,
        significant,
        kind,
        ..
    } = C::defaults();
    ChildSpec {
        id,
        start: Some(start),
        restart,
        shutdown,
        significant,
        kind,
        type_name: || C::defaults().type_name,
    }
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("id", &self.id)
            .field("restart", &self.restart)
            .field("shutdown", &self.shutdown)
            .field("significant", &self.significant)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A child that can be started only once, since it owns what it starts with (a socket, say): temporary. Made by
/// [`Start::once`].
#[must_use]
pub struct Once<S: GenServer>(Start<S>);

impl<S: GenServer> Start<S> {
    /// Makes a temporary child of this start, for a supervisor's `start_child`: it gives its arguments up and is never
    /// restarted, so they need not be `Clone`.
    pub const fn once(self) -> Once<S> {
        Once(self)
    }
}

impl<S: GenServer> Once<S> {
    /// Its specification, and the place where its server is found once it was started.
    pub(crate) fn into_spec_and_server(self) -> (ChildSpec, Arc<OnceLock<ServerRef<S>>>) {
        let started = Arc::<OnceLock<ServerRef<S>>>::default();
        let place = Arc::clone(&started);
        let start = Mutex::new(Some(self.0));
        let start = move || -> StartFuture {
            let (start, place) = (start.lock().take(), Arc::clone(&place));
            Box::pin(async move {
                let Some(mut start) = start else {
                    return Err(StartError::Exit(crate::ExitReason::other(
                        "a `once` child cannot be started again",
                    )));
                };
                let process = poll_fn(|cx| start.poll_child(cx)).await?;
                let pid = process.head().pid;
                // Nobody else has a place to put one: it is started once.
                drop(place.set(ServerRef::bound(process)));
                Ok(pid)
            })
        };
        let spec = of_child::<Start<S>>(Arc::new(start)).restart(Restart::Temporary);
        (spec, started)
    }
}

impl<S: GenServer> From<Once<S>> for ChildSpec {
    fn from(once: Once<S>) -> Self {
        once.into_spec_and_server().0
    }
}

impl<S: GenServer> fmt::Debug for Once<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Once").field(&self.0).finish()
    }
}

/// Where a child stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildStatus {
    /// It lives, under this pid.
    Running(Pid),
    /// Its restart failed and is tried again.
    Restarting,
    /// It is not running and will not be restarted: OTP's `undefined`.
    Stopped,
}

impl ChildStatus {
    /// Its pid, if it runs.
    #[must_use]
    pub const fn pid(self) -> Option<Pid> {
        match self {
            Self::Running(pid) => Some(pid),
            Self::Restarting | Self::Stopped => None,
        }
    }
}

/// One row of `which_children`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its name among its siblings; of a dynamic child `None`.
    pub id: Option<ChildId>,
    /// Where it stands.
    pub status: ChildStatus,
    /// What it is.
    pub kind: ChildKind,
    /// The type of the server.
    pub type_name: &'static str,
    /// How often it was restarted so far.
    pub restarts: u64,
}

/// What `count_children` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildCounts {
    /// Specifications.
    pub specs: usize,
    /// Living children.
    pub active: usize,
    /// Specifications of workers, living or not.
    pub workers: usize,
    /// Specifications of supervisors, living or not.
    pub supervisors: usize,
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn the_default_id_is_the_last_part_of_the_type() {
        assert_eq!(short_name("cash_man::cache::Cache<i64>"), "Cache");
        assert_eq!(short_name("Cache"), "Cache");
    }
}
