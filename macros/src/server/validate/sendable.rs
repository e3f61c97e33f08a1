//! What travels in messages owns what it is made of.

use quote::quote;
use syn::{Type, parse_quote};

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
        Some(Unsendable::Nameless(tokens)) => {
            diagnostics.at(
                tokens,
                format!(
                    "{what} has one type, and this has no name; write the type, or `Box<dyn …>`"
                ),
            );
            unit()
        }
    }
}
