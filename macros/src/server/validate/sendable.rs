//! What travels in messages owns what it is made of.

use quote::quote;
use syn::{
    GenericArgument, PathArguments, TraitBound, Type, TypeImplTrait, TypeParamBound, parse_quote,
};

use crate::diagnostic::Diagnostics;
use crate::server::ast::{Block, Param, Role};
use crate::server::types::{self, Unsendable};
use crate::spelling::spelled;

/// A parameter travels in a message.
pub(super) fn sendable_param(
    block: &Block,
    param: Param,
    role: Role,
    diagnostics: &mut Diagnostics,
) -> Param {
    let what = if role == Role::Init {
        "a start argument"
    } else {
        "a message"
    };
    if let Type::ImplTrait(bounds) = &param.ty
        && let Some(target) = converted(bounds)
    {
        let message = format!(
            "{what} has one type, which `{}` does not name; write `#[into]` before the parameter, and `{}` as its type",
            spelled(bounds),
            spelled(target)
        );
        diagnostics.at(bounds, message);
        let ty = types::without_self(&param.ty, &block.ty);
        return Param { ty, ..param };
    }
    let ty = match sendable(block, &param.ty, what, diagnostics) {
        Sendable::Yes(ty) | Sendable::NearlyAs(ty) => ty,
        // It says what a closure is given.
        Sendable::As(_) if matches!(param.ty, Type::ImplTrait(_)) => {
            types::without_self(&param.ty, &block.ty)
        }
        // The stubs take whatever the client gives.
        Sendable::As(_) => Type::Verbatim(quote!(impl ::core::marker::Sized)),
    };
    Param { ty, ..param }
}

pub(super) fn sendable_reply(block: &Block, ty: &Type, diagnostics: &mut Diagnostics) -> Type {
    sendable(block, ty, "a reply", diagnostics).into_type()
}

/// The type that `impl Into<…>` becomes.
fn converted(ty: &TypeImplTrait) -> Option<&GenericArgument> {
    let into = ty.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            let last = bound.path.segments.last();
            last.filter(|last| last.ident == "Into")
        }
        _ => None,
    })?;
    match &into.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    }
}

/// Traits of the standard library that have no objects.
const WITHOUT_OBJECTS: [&str; 12] = [
    "Clone",
    "Copy",
    "Default",
    "Eq",
    "From",
    "FromStr",
    "Hash",
    "IntoIterator",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "TryInto",
];

/// What to write in place of `impl Trait`: the type that it becomes, or an object of the trait.
fn named(ty: &TypeImplTrait) -> String {
    if let Some(target) = converted(ty) {
        return format!("`{}`", spelled(target));
    }
    let traits = || {
        ty.bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(bound),
            _ => None,
        })
    };
    let is = |bound: &TraitBound, names: &[&str]| {
        let last = bound.path.segments.last();
        last.is_some_and(|last| names.iter().any(|name| last.ident == name))
    };
    if traits().any(|bound| is(bound, &WITHOUT_OBJECTS)) {
        return "the type".to_owned();
    }
    let mut bounds: Vec<String> = traits().map(spelled).collect();
    if !traits().any(|bound| is(bound, &["Send"])) {
        bounds.push("Send".to_owned());
    }
    format!("`Box<dyn {}>`, or a type of your own", bounds.join(" + "))
}

/// What became of a type.
#[derive(Debug)]
pub(super) enum Sendable {
    Yes(Type),
    /// It was refused, and serves in the stubs.
    NearlyAs(Type),
    /// It was refused, and this serves in its place.
    As(Type),
}

impl Sendable {
    pub(super) fn into_type(self) -> Type {
        match self {
            Self::Yes(ty) | Self::NearlyAs(ty) | Self::As(ty) => ty,
        }
    }
}

/// `ty` without `Self`, if all of it can be sent.
pub(super) fn sendable(
    block: &Block,
    ty: &Type,
    what: &str,
    diagnostics: &mut Diagnostics,
) -> Sendable {
    let ty = types::without_self(ty, &block.ty);
    let unit = || Sendable::As(parse_quote!(()));
    match types::unsendable(&ty) {
        None => Sendable::Yes(ty),
        Some(Unsendable::Borrow(tokens, owned)) => {
            let instead = spelled(&owned);
            let is_whole = spelled(&tokens) == spelled(&ty);
            diagnostics.at(
                tokens,
                format!("{what} moves to another process and cannot borrow; write `{instead}`"),
            );
            if is_whole {
                Sendable::As(*owned)
            } else {
                unit()
            }
        }
        Some(Unsendable::Lifetime(tokens)) => {
            let message = format!(
                "{what} moves to another process and cannot borrow; write `'static`, or a type that owns its data"
            );
            diagnostics.at(tokens, message);
            unit()
        }
        Some(Unsendable::Shared(tokens)) => {
            let found = spelled(&tokens);
            let instead = if found == "Rc" {
                "`Arc`"
            } else {
                "an owned value"
            };
            diagnostics.at(
                tokens,
                format!("{what} moves to another process, and `{found}` cannot; write {instead}"),
            );
            Sendable::NearlyAs(ty)
        }
        Some(Unsendable::Nameless(bounds)) => {
            let message = format!(
                "{what} has one type, which `{}` does not name; write {}",
                spelled(&bounds),
                named(&bounds)
            );
            diagnostics.at(bounds, message);
            unit()
        }
        Some(Unsendable::Inferred(tokens)) => {
            diagnostics.at(
                tokens,
                format!("{what} has one type, which `_` does not name; write the type"),
            );
            unit()
        }
    }
}
