//! From callbacks as written to a server that can be expanded: one function a rule.

mod handler;
mod lifecycle;
mod listener;
mod sendable;

use syn::spanned::Spanned;
use syn::{Attribute, ConstParam, GenericParam, ReturnType, Type, TypeParam, parse_quote};

use super::ast::{Block, Callback, Role};
use super::checked::{Method, Server};
use super::types;
use crate::diagnostic::Diagnostics;

/// Checks `callbacks`. What is wrong is reported, and mended as well as can be.
pub(crate) fn validate<'a>(
    block: &'a Block,
    callbacks: Vec<Callback>,
    diagnostics: &mut Diagnostics,
) -> Server<'a> {
    let mut server = Server {
        block,
        inits: Vec::new(),
        handlers: Vec::new(),
        infos: Vec::new(),
        continues: Vec::new(),
        terminates: Vec::new(),
    };
    for callback in callbacks {
        header(block, &callback, diagnostics);
        match callback.role {
            Role::Init => {
                let earlier = server.inits.iter().map(|init| &init.method);
                if only_one(earlier, &callback, diagnostics) {
                    let init = lifecycle::init(block, callback, diagnostics);
                    server.inits.push(init);
                }
            }
            Role::Terminate => {
                if only_one(server.terminates.iter(), &callback, diagnostics) {
                    let terminate = lifecycle::terminate(&callback, diagnostics);
                    server.terminates.push(terminate);
                }
            }
            Role::Call | Role::Cast => {
                let handler = handler::handler(block, callback, diagnostics);
                if handler::unlike_the_others(&server.handlers, &handler, diagnostics) {
                    server.handlers.push(handler);
                }
            }
            Role::Info => {
                let listener = listener::listener(block, &callback, &server.infos, diagnostics);
                server.infos.extend(listener);
            }
            Role::Continue => {
                let listener = listener::listener(block, &callback, &server.continues, diagnostics);
                server.continues.extend(listener);
            }
        }
    }
    if server.inits.is_empty() {
        let name = &block.name;
        diagnostics.push(
            name.span(),
            format!(
                "`{name}` has no `#[init]`; write `#[init] fn init() -> Self {{ … }}` in this block"
            ),
        );
    }
    server
}

/// What no callback may be: generic (a message has one type), `unsafe`, `extern`, variadic.
fn header(block: &Block, callback: &Callback, diagnostics: &mut Diagnostics) {
    let signature = &callback.signature;
    if let Some(param) = signature.generics.params.first() {
        let server = &block.name;
        let instead = match param {
            GenericParam::Lifetime(param) => {
                format!("own the data and remove `{}`", param.lifetime)
            }
            GenericParam::Type(TypeParam { ident, .. }) => {
                format!(
                    "write a type in place of `{ident}`, or put it on the server: `{server}<{ident}>`"
                )
            }
            GenericParam::Const(ConstParam { ident, .. }) => {
                format!(
                    "write a value in place of `{ident}`, or put it on the server: `{server}<{ident}>`"
                )
            }
        };
        diagnostics.at(
            param,
            format!(
                "`#[{}]` cannot be generic, since a message has one type; {instead}",
                callback.role.attribute()
            ),
        );
    }
    if let Some(token) = &signature.unsafety {
        diagnostics.at(
            token,
            "a callback is called by the server and cannot be `unsafe`; remove `unsafe`",
        );
    }
    if let Some(abi) = &signature.abi {
        diagnostics.at(
            abi,
            "a callback is called by the server and has Rust's own ABI; remove `extern`",
        );
    }
}

/// `#[init]` and `#[terminate]` stand once, unless these are the sides of a `#[cfg]`.
fn only_one<'a>(
    mut earlier: impl Iterator<Item = &'a Method>,
    callback: &Callback,
    diagnostics: &mut Diagnostics,
) -> bool {
    let is_always = cfgs(callback).next().is_none();
    let is_taken = earlier.any(|earlier| is_always || earlier.cfgs.is_empty());
    if is_taken {
        diagnostics.push(
            callback.span(),
            format!(
                "this block has a `#[{0}]` already; a server has one, merge the two",
                callback.role.attribute()
            ),
        );
    }
    !is_taken
}

fn cfgs(callback: &Callback) -> impl Iterator<Item = &Attribute> {
    let attrs = callback.attrs.iter();
    attrs.filter(|attr| attr.path().is_ident("cfg"))
}

fn method(callback: &Callback) -> Method {
    let (output, place) = match &callback.signature.output {
        ReturnType::Default => (parse_quote!(()), callback.span()),
        ReturnType::Type(_, ty) => ((**ty).clone(), ty.span()),
    };
    Method {
        name: callback.name().clone(),
        cfgs: cfgs(callback).cloned().collect(),
        is_async: callback.signature.asyncness.is_some(),
        output,
        place: place.into(),
        shared: callback
            .receiver()
            .filter(|receiver| receiver.mutability.is_none())
            .cloned(),
    }
}

/// A handler works on the state where it is.
fn borrows_self(callback: &Callback, diagnostics: &mut Diagnostics) {
    let attribute = callback.role.attribute();
    match callback.receiver() {
        None => diagnostics.push(
            callback.span(),
            format!("`#[{attribute}]` works on the state; write `&self` or `&mut self` as its first parameter"),
        ),
        Some(receiver) if receiver.reference.is_none() && !matches!(*receiver.ty, Type::Reference(_)) => {
            diagnostics.at(
                receiver,
                format!("`#[{attribute}]` cannot take the state away from the server; write `&self` or `&mut self`"),
            );
        }
        Some(_) => {}
    }
}

/// The return type, if it is more than a handler without a reply may have.
fn beyond_no_reply(callback: &Callback) -> Option<&Type> {
    let ReturnType::Type(_, ty) = &callback.signature.output else {
        return None;
    };
    let is_next = |ty: &Type| types::is_unit(ty) || types::is_named(ty, "NoReply");
    // `io::Result` and the like are rustc's to look at.
    let fails = types::is_named(ty, "Result") && types::first_argument(ty).is_none_or(is_next);
    let allowed = is_next(ty) || fails || types::is_never(ty);
    (!allowed).then_some(ty)
}
