//! Names of the three kinds (local, global, of a registry), and how a process is addressed: by pid or by name.

use std::any::{Any, type_name};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::node::Node;
use crate::process::control::{ProcessRef, bits};
use crate::process::table;
use crate::{ExitReason, Pid, RegisterError, StartError};

/// A name under which a process is registered on its node.
///
/// # OTP
/// An atom given to `register/2`. The reserved values of Elixir (`nil`, `true`, `false`, `undefined`) are refused (`NAM-1`).
#[derive(Clone)]
pub struct Name(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Name {
    /// A name that is known when the program is compiled; costs no allocation.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(Repr::Static(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Static(name) => name,
            Repr::Shared(name) => name,
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        matches!(self.as_str(), "" | "nil" | "true" | "false" | "undefined")
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self(Repr::Shared(name.into()))
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(Repr::Shared(name.into()))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// How a process was addressed: by its pid, or by a name, which is looked up at each use.
///
/// Compares with a [`Pid`] and with text, which stands for a local name; a name is never equal to a pid, whoever holds it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// This very process, dead or alive.
    Pid(Pid),
    /// Whoever holds the name at the moment.
    Name(Name),
    /// Whoever holds the [global](crate::global) name.
    Global(Name),
    /// Whom a registry finds.
    Via(ViaName),
}

impl Address {
    /// Whoever holds a [global](crate::global) name.
    #[must_use]
    pub fn global(name: impl Into<Name>) -> Self {
        Self::Global(name.into())
    }

    /// Whom `registry` finds under `key`.
    #[must_use]
    pub fn via<R: Via>(registry: &R, key: R::Key) -> Self {
        Self::Via(ViaName::new(registry, key))
    }

    /// The process, if it has not ended; names are those of `node`.
    pub(crate) fn holder(&self, node: &Node) -> Option<ProcessRef> {
        match self {
            Self::Pid(pid) => table::find(*pid),
            Self::Name(name) => node.names().holder(name.as_str()),
            Self::Global(name) => node.globals().holder(name.as_str()),
            Self::Via(via) => via.holder(),
        }
    }
}

impl From<Pid> for Address {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl From<Name> for Address {
    fn from(name: Name) -> Self {
        Self::Name(name)
    }
}

impl From<&str> for Address {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

impl PartialEq<Pid> for Address {
    fn eq(&self, other: &Pid) -> bool {
        matches!(self, Self::Pid(pid) if pid == other)
    }
}

impl PartialEq<&str> for Address {
    fn eq(&self, other: &&str) -> bool {
        matches!(self, Self::Name(name) if name.as_str() == *other)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => pid.fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Global(name) => write!(f, "global {name}"),
            Self::Via(via) => via.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => fmt::Debug::fmt(name, f),
            Self::Pid(_) | Self::Global(_) | Self::Via(_) => fmt::Display::fmt(self, f),
        }
    }
}

/// A registry of one's own, in which servers are registered and found by any key (`NAM-2`).
///
/// A value is a handle: cheap to clone, equal if it is the same registry. None of its methods may wait.
///
/// # OTP
/// The module of a name `{via, Module, Term}`. Differs: there is no `send`; a message goes to whom `whereis_name` finds.
pub trait Via: Clone + Eq + Send + Sync + 'static {
    /// What processes are found by.
    type Key: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static;

    /// Enters a process that is starting.
    ///
    /// # Errors
    /// A living process has the key: this one. A dead one is to be replaced (`NAM-3`).
    fn register_name(&self, key: &Self::Key, pid: Pid) -> Result<(), Pid>;

    /// Takes a process out again, if the key is still its. Called when it ends, before anyone hears of that.
    fn unregister_name(&self, key: &Self::Key, pid: Pid);

    /// Who has the key.
    fn whereis_name(&self, key: &Self::Key) -> Option<Pid>;
}

/// A key in a registry of one's own: `{via, Module, Term}`.
#[derive(Clone)]
pub struct ViaName(Arc<dyn Entry>);

impl ViaName {
    /// The place of `key` in `registry`.
    #[must_use]
    pub fn new<R: Via>(registry: &R, key: R::Key) -> Self {
        let registry = registry.clone();
        Self(Arc::new(Keyed { registry, key }))
    }

    pub(crate) fn register(&self, pid: Pid) -> Result<(), Pid> {
        self.0.register(pid)
    }

    pub(crate) fn unregister(&self, pid: Pid) {
        // The registry is the user's: its panic does not keep a process from ending.
        drop(crate::panics::catch(|| self.0.unregister(pid)));
    }

    /// Who has the key, if that is alive (`NAM-3`).
    pub(crate) fn holder(&self) -> Option<ProcessRef> {
        let holder = self.0.whereis().and_then(table::find)?;
        (!holder.head().has(bits::ENDED)).then_some(holder)
    }
}

/// A registry and a key, whatever their types.
trait Entry: Send + Sync {
    fn register(&self, pid: Pid) -> Result<(), Pid>;
    fn unregister(&self, pid: Pid);
    fn whereis(&self) -> Option<Pid>;
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
    fn hash_key(&self, state: &mut dyn Hasher);
    fn fmt_entry(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn key_text(&self) -> String;
}

struct Keyed<R: Via> {
    registry: R,
    key: R::Key,
}

impl<R: Via> Entry for Keyed<R> {
    fn register(&self, pid: Pid) -> Result<(), Pid> {
        self.registry.register_name(&self.key, pid)
    }

    fn unregister(&self, pid: Pid) {
        self.registry.unregister_name(&self.key, pid);
    }

    fn whereis(&self) -> Option<Pid> {
        self.registry.whereis_name(&self.key)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| self.registry == other.registry && self.key == other.key)
    }

    fn hash_key(&self, mut state: &mut dyn Hasher) {
        self.key.hash(&mut state);
    }

    fn key_text(&self) -> String {
        format!("{:?}", self.key)
    }

    fn fmt_entry(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "via {} {:?}", type_name::<R>(), self.key)
    }
}

impl PartialEq for ViaName {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl Eq for ViaName {}

impl Hash for ViaName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_key(state);
    }
}

impl fmt::Display for ViaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_entry(f)
    }
}

impl fmt::Debug for ViaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_entry(f)
    }
}

/// A name that a server is started under: local, global, or of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerName {
    Local(Name),
    Global(Name),
    Via(ViaName),
}

impl ServerName {
    pub(crate) fn via<R: Via>(registry: &R, key: R::Key) -> Self {
        Self::Via(ViaName::new(registry, key))
    }

    /// Gives the name to a process that is starting.
    pub(crate) fn register(&self, process: &ProcessRef) -> Result<(), StartError> {
        let head = process.head();
        let registered = match self {
            Self::Local(name) => head.node.register(name.clone(), process),
            Self::Global(name) => head.node.register_global(name.clone(), process),
            Self::Via(via) => return register_via(via, process),
        };
        registered.map_err(|error| match error {
            RegisterError::Taken(_, pid) => StartError::AlreadyStarted(pid),
            RegisterError::Reserved(name) | RegisterError::HasName(name) => {
                StartError::BadName(name)
            }
            RegisterError::NoProc(_) => StartError::Exit(ExitReason::Killed),
        })
    }

    /// The text of it, for the id of a child.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Local(name) | Self::Global(name) => name.to_string(),
            Self::Via(via) => via.0.key_text(),
        }
    }
}

fn register_via(via: &ViaName, process: &ProcessRef) -> Result<(), StartError> {
    let head = process.head();
    via.register(head.pid).map_err(StartError::AlreadyStarted)?;
    let mut signals = head.signals.lock();
    let has_ended = signals.ended;
    if !has_ended {
        signals.relations().rare().via_names.push(via.clone());
    }
    drop(signals);
    if has_ended {
        via.unregister(head.pid);
    }
    Ok(())
}
