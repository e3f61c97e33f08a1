//! Rules that look at more than one entry.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::{Attribute, Expr, Lit, Pat};

use super::ast::{
    AutoShutdown, Body, Child, ChildKind, ChildOptions, Dynamic, Limits, Strategy, Tree,
};
use crate::bindings;
use crate::diagnostic::Diagnostics;
use crate::spelling::spelled;
use crate::vocabulary::Restart;

/// A tree that can be expanded.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) root: Supervisor<'a>,
    /// What is lent to the children: the arguments, and the names of the `let` lines.
    pub(crate) lent: Vec<Ident>,
}

/// A supervisor with a strategy.
#[derive(Debug)]
pub(crate) struct Supervisor<'a> {
    pub(crate) strategy: Strategy,
    pub(crate) limits: &'a Limits,
    pub(crate) auto_shutdown: Option<AutoShutdown>,
    pub(crate) children: Vec<CheckedChild<'a>>,
}

#[derive(Debug)]
pub(crate) struct CheckedChild<'a> {
    pub(crate) cfgs: &'a [Attribute],
    pub(crate) kind: CheckedKind<'a>,
    pub(crate) options: &'a ChildOptions,
}

#[derive(Debug)]
pub(crate) enum CheckedKind<'a> {
    Start(&'a Expr),
    Nested(&'a Ident, Supervisor<'a>),
    Dynamic(&'a Ident, &'a Dynamic),
    Spread(&'a Expr),
}

pub(crate) fn validate<'a>(tree: &'a Tree, diagnostics: &mut Diagnostics) -> Option<Checked<'a>> {
    let root = supervisor(tree, &tree.name, &tree.body, diagnostics)?;
    Some(Checked {
        tree,
        root,
        lent: lent(tree, diagnostics),
    })
}

fn supervisor<'a>(
    tree: &'a Tree,
    name: &Ident,
    body: &'a Body,
    diagnostics: &mut Diagnostics,
) -> Option<Supervisor<'a>> {
    if !body.keys.iter().any(|key| key == "strategy") {
        diagnostics.push(
            name.span(),
            format!("`{name}` has no strategy; write `strategy: one_for_one` (or `one_for_all`, `rest_for_one`)"),
        );
    }
    different_ids(&body.children, diagnostics);
    let mut children = Vec::new();
    for child in &body.children {
        significant_where_it_matters(body, child, diagnostics);
        not_itself(tree, child, diagnostics);
        let kind = match &child.kind {
            ChildKind::Start(expr) => CheckedKind::Start(expr),
            ChildKind::Dynamic(name, dynamic) => CheckedKind::Dynamic(name, dynamic),
            ChildKind::Spread(expr) => {
                no_options(child, diagnostics);
                CheckedKind::Spread(expr)
            }
            ChildKind::Nested(name, body) => match supervisor(tree, name, body, diagnostics) {
                Some(nested) => CheckedKind::Nested(name, nested),
                None => continue,
            },
        };
        children.push(CheckedChild {
            cfgs: &child.cfgs,
            kind,
            options: &child.options,
        });
    }
    Some(Supervisor {
        strategy: body.strategy?,
        limits: &body.limits,
        auto_shutdown: body.auto_shutdown.as_ref().map(|(_, value)| *value),
        children,
    })
}

/// What makes the ids of two children the same, as far as that can be seen here.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Id {
    Text(String),
    Number(String),
    /// The server's type, by its path: the id of a child that is given none.
    Server(String),
}

impl Id {
    fn of(child: &Child) -> Option<Self> {
        if let Some(id) = &child.options.id {
            return match id {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(Self::Text(text.value())),
                    Lit::Int(number) => Some(Self::Number(number.base10_digits().to_owned())),
                    _ => None,
                },
                _ => None,
            };
        }
        match &child.kind {
            ChildKind::Nested(name, _) | ChildKind::Dynamic(name, _) => {
                Some(Self::Text(name.to_string()))
            }
            ChildKind::Start(expr) => server_of(expr).map(Self::Server),
            ChildKind::Spread(_) => None,
        }
    }

    fn spelled(&self) -> String {
        match self {
            Self::Text(text) => format!("\"{text}\""),
            Self::Number(number) => number.clone(),
            Self::Server(path) => path.clone(),
        }
    }
}

/// `Worker` in `Worker::start_link(1)`, for the starts that keep the default id.
fn server_of(expr: &Expr) -> Option<String> {
    let Expr::Call(call) = expr else { return None };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let mut path = function.path.clone();
    let last = path.segments.pop()?.into_value();
    if path.segments.is_empty()
        || !["start_link", "start", "child_spec"]
            .iter()
            .any(|name| last.ident == name)
    {
        return None;
    }
    path.segments.pop_punct();
    Some(spelled(&path))
}

/// A supervisor tells its children apart by their ids.
fn different_ids(children: &[Child], diagnostics: &mut Diagnostics) {
    let mut seen: HashSet<Id> = HashSet::new();
    for child in children.iter().filter(|child| child.cfgs.is_empty()) {
        let Some(id) = Id::of(child) else { continue };
        if seen.contains(&id) {
            let instead = match id {
                Id::Server(_) => "write another after it: `{ id: \"…\" }`",
                Id::Text(_) | Id::Number(_) => "write another `id`",
            };
            let message = format!(
                "an earlier child has the id `{}` already; {instead}",
                id.spelled()
            );
            match (&child.options.id, &child.kind) {
                (Some(expr), _) => diagnostics.at(expr, message),
                (None, ChildKind::Nested(name, _) | ChildKind::Dynamic(name, _)) => {
                    diagnostics.at(name, message)
                }
                (None, ChildKind::Start(expr) | ChildKind::Spread(expr)) => {
                    diagnostics.at(expr, message)
                }
            }
        }
        seen.insert(id);
    }
}

/// OTP refuses a significant child where nothing looks at it, and one that is always started again.
fn significant_where_it_matters(body: &Body, child: &Child, diagnostics: &mut Diagnostics) {
    let Some((span, true)) = child.options.significant else {
        return;
    };
    let is_automatic = body
        .auto_shutdown
        .as_ref()
        .is_some_and(|(_, value)| *value != AutoShutdown::Never);
    // A value of `auto_shutdown` that could not be read is reported already.
    let is_given =
        body.auto_shutdown.is_none() && body.keys.iter().any(|key| key == "auto_shutdown");
    if !is_automatic && !is_given {
        diagnostics.push(
            span,
            "a `significant` child means nothing here; write `auto_shutdown: any_significant` (or `all_significant`) for the supervisor, or remove this",
        );
    } else if matches!(child.options.restart, Some((_, Restart::Permanent))) {
        diagnostics.push(
            span,
            "a `permanent` child cannot be `significant`, since it never ends for good; write `restart: transient` or `restart: temporary`",
        );
    }
}

/// A tree that starts itself never ends starting.
fn not_itself(tree: &Tree, child: &Child, diagnostics: &mut Diagnostics) {
    let ChildKind::Start(expr) = &child.kind else {
        return;
    };
    let itself = [tree.name.to_string(), "Self".to_owned()];
    if server_of(expr).is_some_and(|server| itself.contains(&server)) {
        diagnostics.at(
            expr,
            format!("`{}` cannot be its own child; remove this", tree.name),
        );
    }
}

fn no_options(child: &Child, diagnostics: &mut Diagnostics) {
    let ChildOptions {
        id,
        restart,
        shutdown,
        significant,
    } = &child.options;
    if id.is_some() || restart.is_some() || shutdown.is_some() || significant.is_some() {
        if let ChildKind::Spread(expr) = &child.kind {
            diagnostics.at(
                expr,
                "`..` adds specifications that have their own options; remove the braces after it",
            );
        }
    }
}

fn lent(tree: &Tree, diagnostics: &mut Diagnostics) -> Vec<Ident> {
    let mut lent: Vec<Ident> = tree.args.iter().map(|arg| arg.name.clone()).collect();
    for line in &tree.body.lets {
        let mut pattern: Pat = line.pat.clone();
        let why = "what is lent to the children is owned by the tree; remove `ref`";
        for binding in bindings::take(&mut pattern, why, diagnostics) {
            lent.retain(|earlier| *earlier != binding.name);
            lent.push(binding.name);
        }
    }
    lent
}
