//! From arms as written to arms with a type and their bindings.

use quote::ToTokens;
use syn::{Attribute, Expr, Pat, Type, TypePath};

use super::ast::{After, Arm, Receive};
use crate::bindings::{self, Binding};
use crate::diagnostic::Diagnostics;
use crate::krate::Krate;
use crate::spelling::spelled;

/// Arms that can be expanded.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) krate: Krate,
    pub(crate) arms: Vec<TypedArm>,
    pub(crate) after: Option<After>,
}

#[derive(Debug)]
pub(crate) struct TypedArm {
    pub(crate) cfgs: Vec<Attribute>,
    /// Without its `mut`s, which stage two has.
    pub(crate) pattern: Pat,
    pub(crate) ty: Type,
    pub(crate) guard: Option<Expr>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) body: Expr,
    /// An earlier arm that takes every message, if its type is Beamish's `Info`.
    pub(crate) unless_any: Option<AnyMessage>,
}

/// The type of an arm which is named `Info`, and what to say of the arms after it.
#[derive(Debug, Clone)]
pub(crate) struct AnyMessage {
    pub(crate) ty: Type,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) message: String,
}

pub(crate) fn validate(receive: Receive, diagnostics: &mut Diagnostics) -> Option<Checked> {
    let mut arms: Vec<TypedArm> = Vec::new();
    for arm in receive.arms {
        let Some(mut arm) = typed(arm, diagnostics) else {
            continue;
        };
        reachable(&arms, &mut arm, diagnostics);
        arms.push(arm);
    }
    diagnostics.is_empty().then_some(Checked {
        krate: receive.krate,
        arms,
        after: receive.after,
    })
}

fn typed(arm: Arm, diagnostics: &mut Diagnostics) -> Option<TypedArm> {
    let Arm {
        cfgs,
        mut pattern,
        ty,
        guard,
        body,
    } = arm;
    for attr in cfgs.iter().filter(|attr| !attr.path().is_ident("cfg")) {
        diagnostics.at(
            attr,
            "an arm takes no attribute but `#[cfg]`; remove this one",
        );
    }
    let ty = match ty {
        Some(ty) => ty,
        None => type_of(&pattern, diagnostics)?,
    };
    let why = "the message is moved out of the mailbox; remove `ref`";
    let bindings = bindings::take(&mut pattern, why, diagnostics);
    Some(TypedArm {
        cfgs,
        pattern,
        ty,
        guard,
        bindings,
        body,
        unless_any: None,
    })
}

/// The type that a pattern says by itself: the path of a struct pattern.
fn type_of(pattern: &Pat, diagnostics: &mut Diagnostics) -> Option<Type> {
    match pattern {
        Pat::Struct(pattern) => Some(Type::Path(TypePath {
            qself: pattern.qself.clone(),
            path: pattern.path.clone(),
        })),
        Pat::Paren(pattern) => type_of(&pattern.pat, diagnostics),
        other => {
            diagnostics.at(other, untyped(other));
            None
        }
    }
}

fn untyped(pattern: &Pat) -> String {
    let written = spelled(pattern);
    let path = match pattern {
        Pat::TupleStruct(pattern) => Some(&pattern.path),
        Pat::Path(pattern) => Some(&pattern.path),
        _ => None,
    };
    let ty = match (pattern, path) {
        (_, Some(path)) => {
            let count = path.segments.len();
            // `Msg::Ping` is a variant of `Msg`; `Ping` is a type.
            let taken = path.segments.iter().take(count.saturating_sub(1).max(1));
            taken
                .map(|segment| segment.ident.to_string())
                .collect::<Vec<_>>()
                .join("::")
        }
        (Pat::Ident(pattern), None)
            if pattern.ident.to_string().starts_with(char::is_uppercase) =>
        {
            pattern.ident.to_string()
        }
        (Pat::Lit(literal), None) => match &literal.lit {
            syn::Lit::Str(_) => "&'static str".to_owned(),
            _ => "u64".to_owned(),
        },
        _ => "Type".to_owned(),
    };
    format!("an arm says which type it receives; write `{written}: {ty}`")
}

/// An arm after one that takes every message of its type would never run.
fn reachable(earlier: &[TypedArm], arm: &mut TypedArm, diagnostics: &mut Diagnostics) {
    let ty = arm.ty.to_token_stream().to_string();
    let is_same = |earlier: &TypedArm| earlier.ty.to_token_stream().to_string() == ty;
    let mut takers = earlier
        .iter()
        .filter(|earlier| earlier.guard.is_none() && is_irrefutable(&earlier.pattern));
    let all = takers.find(|all| is_info(&all.ty) || is_same(all) && all.cfgs.is_empty());
    let Some(all) = all else { return };
    let message = format!(
        "`{}: {}` takes every message that this arm would; move this one before it",
        spelled(&all.pattern),
        spelled(&all.ty)
    );
    if is_same(all) && all.cfgs.is_empty() {
        diagnostics.at(&arm.pattern, message);
    } else {
        arm.unless_any = Some(AnyMessage {
            ty: all.ty.clone(),
            cfgs: all.cfgs.clone(),
            message,
        });
    }
}

fn is_irrefutable(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(pattern) => {
            pattern.subpat.is_none() && pattern.ident.to_string().starts_with(char::is_lowercase)
        }
        _ => false,
    }
}

/// `Info` is any message.
fn is_info(ty: &Type) -> bool {
    matches!(ty, Type::Path(TypePath { qself: None, path }) if path.segments.last().is_some_and(|last| last.ident == "Info"))
}
