//! Rules that look at more than one entry.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::{Attribute, Block, Expr, Lit, Pat, Stmt};

use super::ast::{
    AutoShutdown, Body, Child, ChildKind, ChildOptions, Dynamic, Limits, Strategy, Tree,
};
use crate::bindings;
use crate::diagnostic::Diagnostics;
use crate::fragment;
use crate::names::plain;
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
    pub(crate) default_id: Option<String>,
}

#[derive(Debug)]
pub(crate) enum CheckedKind<'a> {
    /// Evaluated at each start.
    Start(&'a Expr),
    /// Evaluated once: it says itself how it is started.
    Spec(&'a Expr),
    Nested(Supervisor<'a>),
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
            ChildKind::Start(expr) if is_spec(expr) => CheckedKind::Spec(expr),
            ChildKind::Start(expr) => {
                one_kind(expr, diagnostics);
                CheckedKind::Start(expr)
            }
            ChildKind::Dynamic(name, dynamic) => CheckedKind::Dynamic(name, dynamic),
            ChildKind::Spread(expr) => {
                no_options(&child.options, diagnostics);
                CheckedKind::Spread(expr)
            }
            ChildKind::Nested(name, body) => match supervisor(tree, name, body, diagnostics) {
                Some(nested) => CheckedKind::Nested(nested),
                None => continue,
            },
        };
        children.push(CheckedChild {
            cfgs: &child.cfgs,
            kind,
            options: &child.options,
            default_id: default_id(&child.kind),
        });
    }
    Some(Supervisor {
        strategy: body.strategy?,
        limits: &body.limits,
        auto_shutdown: body.auto_shutdown.as_ref().map(|(_, value)| *value),
        children,
    })
}

/// An id that can be seen here; numbers and strings never meet.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Id {
    Text(String),
    Number(String),
}

impl Id {
    fn of(child: &Child) -> Option<Self> {
        let Some(id) = &child.options.id else {
            return default_id(&child.kind).map(Self::Text);
        };
        let Expr::Lit(literal) = fragment::expr(id) else {
            return None;
        };
        match &literal.lit {
            Lit::Str(text) => Some(Self::Text(text.value())),
            Lit::Int(number) => Some(Self::Number(number.base10_digits().to_owned())),
            _ => None,
        }
    }

    fn spelled(&self) -> String {
        match self {
            Self::Text(text) => format!("\"{text}\""),
            Self::Number(number) => number.clone(),
        }
    }
}

/// The id of a child that is given none: the name of its type, or of its tree.
fn default_id(kind: &ChildKind) -> Option<String> {
    match kind {
        ChildKind::Nested(name, _) | ChildKind::Dynamic(name, _) => Some(plain(name)),
        ChildKind::Start(expr) => started(expr).map(plain),
        ChildKind::Spread(_) => None,
    }
}

/// `Worker` in `Worker::start_link(1)` and in `pool::Worker::start_link(1).name("one")`.
fn started(expr: &Expr) -> Option<&Ident> {
    start_path(expr)?.last().copied()
}

/// `pool`, `Worker` in `pool::Worker::start_link(1).name("one")`.
fn start_path(expr: &Expr) -> Option<Vec<&Ident>> {
    match fragment::expr(expr) {
        Expr::MethodCall(call) => start_path(&call.receiver),
        Expr::Call(call) => {
            let Expr::Path(function) = fragment::expr(&call.func) else {
                return None;
            };
            let segments = function.path.segments.iter();
            let mut segments: Vec<_> = segments.map(|segment| &segment.ident).collect();
            let last = segments.pop()?;
            (last == "start_link" || last == "start").then_some(segments)
        }
        _ => None,
    }
}

/// Whether `expr` ends in `child_spec(…)`, `child(…)` or `.once()`, which give specifications, whatever is then called on
/// them; in all branches, if it has some.
fn is_spec(expr: &Expr) -> bool {
    let mut is_spec = true;
    let is_whole = branches(expr, &mut |tail| is_spec &= is_one_spec(tail));
    is_whole && is_spec
}

/// [`is_spec`] of an expression without branches.
fn is_one_spec(expr: &Expr) -> bool {
    let name = match fragment::expr(expr) {
        Expr::MethodCall(call) if is_spec(&call.receiver) => return true,
        Expr::MethodCall(call) => Some(&call.method),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => function.path.segments.last().map(|last| &last.ident),
            _ => None,
        },
        _ => None,
    };
    name.is_some_and(|name| {
        ["child_spec", "child", "once"]
            .iter()
            .any(|spec| name == spec)
    })
}

/// Gives the expressions in which `expr` may end to `look`: its own, or those of its blocks and branches. Whether it
/// ends in one of them whatever happens.
fn branches<'a>(expr: &'a Expr, look: &mut impl FnMut(&'a Expr)) -> bool {
    let tail = |block: &'a Block, look: &mut _| match block.stmts.last() {
        Some(Stmt::Expr(tail, None)) => branches(tail, look),
        _ => false,
    };
    match fragment::expr(expr) {
        Expr::Paren(expr) => branches(&expr.expr, look),
        Expr::Block(expr) => tail(&expr.block, look),
        Expr::If(expr) => {
            let then = tail(&expr.then_branch, look);
            let otherwise = expr.else_branch.as_ref();
            otherwise.is_some_and(|(_, other)| branches(other, look)) && then
        }
        Expr::Match(expr) => {
            let mut is_whole = true;
            for arm in &expr.arms {
                is_whole &= branches(&arm.body, look);
            }
            is_whole
        }
        _ => {
            look(expr);
            true
        }
    }
}

/// A child is evaluated once or at each start, whichever branch it takes.
fn one_kind(expr: &Expr, diagnostics: &mut Diagnostics) {
    let (mut starts, mut has_spec) = (Vec::new(), false);
    branches(expr, &mut |tail| {
        if is_one_spec(tail) {
            has_spec = true;
        } else if start_path(tail).is_some() {
            starts.push(tail);
        }
    });
    if let Some(start) = starts.first().filter(|_| has_spec) {
        diagnostics.at(
            start,
            "another branch gives a specification, and so must this one; write `child_spec(…)`, or `.once()` after it",
        );
    }
}

/// A supervisor tells its children apart by their ids.
fn different_ids(children: &[Child], diagnostics: &mut Diagnostics) {
    let mut seen: HashSet<Id> = HashSet::new();
    for child in children.iter().filter(|child| child.cfgs.is_empty()) {
        let Some(id) = Id::of(child) else { continue };
        if seen.contains(&id) {
            let instead = if child.options.id.is_some() {
                "write another"
            } else {
                "write another after it: `{ id: … }`"
            };
            let message = format!(
                "an earlier child has the id `{}` already; {instead}",
                id.spelled()
            );
            match (&child.options.id, &child.kind) {
                (Some(expr), _) => diagnostics.at(expr, message),
                (None, ChildKind::Nested(name, _) | ChildKind::Dynamic(name, _)) => {
                    diagnostics.at(name, message);
                }
                (None, ChildKind::Start(expr) | ChildKind::Spread(expr)) => {
                    diagnostics.at(expr, message);
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
    // A tree of the same name in another module is another tree.
    let is_itself = match start_path(expr).as_deref() {
        Some([server]) => **server == tree.name || *server == "Self",
        Some([module, server]) => *module == "self" && **server == tree.name,
        _ => false,
    };
    if is_itself {
        diagnostics.at(
            expr,
            format!("`{}` cannot be its own child; remove this", tree.name),
        );
    }
}

fn no_options(options: &ChildOptions, diagnostics: &mut Diagnostics) {
    let ChildOptions {
        place,
        id,
        restart,
        shutdown,
        significant,
    } = options;
    let is_given = id.is_some() || restart.is_some() || shutdown.is_some() || significant.is_some();
    if let Some(place) = place.filter(|_| is_given) {
        diagnostics.push(
            place,
            "`..` adds specifications that have their own options; remove these",
        );
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
