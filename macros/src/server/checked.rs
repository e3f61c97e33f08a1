//! A server that can be expanded.

use proc_macro2::Ident;
use syn::{Attribute, Receiver, Type, Visibility};

use super::ast::{Block, Param};
use crate::place::Place;

/// A checked server. If there was a mistake, it is complete enough for the stubs.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    pub(crate) block: &'a Block,
    /// One, or several of which each has its `#[cfg]`.
    pub(crate) inits: Vec<Init>,
    /// Calls and casts.
    pub(crate) handlers: Vec<Handler>,
    pub(crate) infos: Vec<Listener>,
    pub(crate) continues: Vec<Listener>,
    /// At most one, or several of which each has its `#[cfg]`.
    pub(crate) terminates: Vec<Method>,
}

/// How one of the user's methods is called.
#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) name: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) is_async: bool,
    /// What it returns, as written; `()` if nothing is.
    pub(crate) output: Type,
    /// Where a wrong return type is to be shown.
    pub(crate) place: Place,
    /// `&self`, whose place a message may need.
    pub(crate) shared: Option<Receiver>,
}

#[derive(Debug)]
pub(crate) struct Init {
    pub(crate) method: Method,
    pub(crate) params: Vec<Param>,
}

/// A call or a cast.
#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) method: Method,
    /// Docs, `#[deprecated]`, `#[must_use]`: what the stub takes over.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) variant: Ident,
    pub(crate) fields: Vec<Param>,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Cast,
    Call {
        reply: Box<Type>,
        answer: Answer,
        queued: bool,
    },
}

/// How the reply of a call comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The handler returns it.
    Value,
    /// The handler returns `Reply<T>`.
    Control,
    /// A last parameter `ReplyTo<T>` gives it, now or later.
    Deferred,
}

impl Handler {
    /// Whether the handler is left to the server's own task, and awaited there.
    pub(crate) fn is_awaited(&self) -> bool {
        self.method.is_async
            || matches!(
                self.kind,
                Kind::Call {
                    answer: Answer::Deferred,
                    ..
                }
            )
    }
}

/// A handler of one type of message or of one continuation.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) method: Method,
    pub(crate) ty: Type,
}
