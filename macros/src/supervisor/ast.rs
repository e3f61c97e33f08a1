//! The tree as written.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, Local, Pat, PatIdent, Path, Token, Type, Visibility};

use crate::conditional;
use crate::krate::Krate;
use crate::vocabulary::{Restart, Shutdown};

/// `pub Name(config: Config) { … }`.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) krate: Krate,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) args: Vec<Arg>,
    pub(crate) body: Body,
}

impl Tree {
    /// The `#[cfg]`s on the tree, which all that is written for it has.
    pub(crate) fn cfgs(&self) -> Vec<Attribute> {
        let attrs = self.attrs.iter().flat_map(conditional::unfolded);
        attrs.filter(|attr| attr.path().is_ident("cfg")).collect()
    }
}

/// An init argument.
#[derive(Debug)]
pub(crate) struct Arg {
    /// `mut`, for the `let` lines.
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// What stands in the braces of a tree, or of a nested one.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) limits: Limits,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) auto_shutdown: Option<(Ident, AutoShutdown)>,
    pub(crate) lets: Vec<Local>,
    pub(crate) children: Vec<Child>,
    /// The keys that were there, rightly filled in or not.
    pub(crate) keys: Vec<Ident>,
}

/// What every kind of supervisor has.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub(crate) name: Option<Expr>,
    pub(crate) max_restarts: Option<Expr>,
    pub(crate) max_seconds: Option<Expr>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) kind: ChildKind,
    pub(crate) options: ChildOptions,
}

#[derive(Debug)]
pub(crate) enum ChildKind {
    /// `Cache::start_link()`
    Start(Expr),
    /// `supervisor Workers { … }`
    Nested(Ident, Box<Body>),
    /// `dynamic Connections { … }`
    Dynamic(Ident, Box<Dynamic>),
    /// `..specs`
    Spread(Expr),
}

#[derive(Debug, Default)]
pub(crate) struct Dynamic {
    pub(crate) limits: Limits,
    pub(crate) max_children: Option<Expr>,
}

/// `{ id: …, restart: …, shutdown: …, significant: … }` after a child.
#[derive(Debug, Default)]
pub(crate) struct ChildOptions {
    /// All of it, braces and what is in them.
    pub(crate) place: Option<Span>,
    pub(crate) id: Option<Expr>,
    pub(crate) restart: Option<(Ident, Restart)>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) significant: Option<(Span, bool)>,
}

/// The pattern that only binds a name.
pub(crate) fn is_ident(pattern: &Pat) -> Option<&PatIdent> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(pattern)
        }
        _ => None,
    }
}

/// Whether `path` looks like that of a type.
pub(crate) fn is_type(path: &Path) -> bool {
    let last = path.segments.last();
    last.is_some_and(|last| {
        last.ident
            .to_string()
            .starts_with(|first: char| first.is_uppercase())
    })
}
