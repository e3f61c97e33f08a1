//! Names, and the two ways of addressing a process: by pid or by name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::Pid;

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
/// Compares with a [`Pid`] and with text; a name is never equal to a pid, whoever holds it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// This very process, dead or alive.
    Pid(Pid),
    /// Whoever holds the name at the moment.
    Name(Name),
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
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pid(pid) => fmt::Debug::fmt(pid, f),
            Self::Name(name) => fmt::Debug::fmt(name, f),
        }
    }
}
