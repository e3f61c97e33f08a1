//! `#[init]` and `#[terminate]`: the beginning and the end.

use syn::{ReturnType, Type};

use super::sendable::sendable_param;
use super::{borrows_self, method};
use crate::diagnostic::Diagnostics;
use crate::server::ast::{Block, Callback, Role};
use crate::server::checked::{Init, Method};
use crate::server::types;

/// `#[init]` makes the state: it has none to borrow, and returns one.
pub(super) fn init(block: &Block, callback: Callback, diagnostics: &mut Diagnostics) -> Init {
    if let Some(receiver) = callback.receiver() {
        diagnostics.at(
            receiver,
            "`#[init]` makes the state and has none yet; remove this parameter and return `Self`",
        );
    }
    let accepted = "`Self`, `Result<Self, E>` or `Init<Self>`";
    match &callback.signature.output {
        ReturnType::Default => {
            diagnostics.push(
                callback.span(),
                format!("`#[init]` returns the state; write `-> Self` (accepted: {accepted})"),
            );
        }
        ReturnType::Type(_, ty) => {
            let last = types::last_segment(ty).map(|segment| &segment.ident);
            let known = last.is_some_and(|last| {
                *last == block.name || last == "Self" || last == "Result" || last == "Init"
            });
            if !known && !types::is_never(ty) {
                diagnostics.at(ty, format!("`#[init]` returns the state; write {accepted}"));
            }
        }
    }
    let method = method(&callback);
    let params = callback
        .params
        .into_iter()
        .map(|param| sendable_param(block, param, Role::Init, diagnostics))
        .collect();
    Init { method, params }
}

pub(super) fn terminate(callback: &Callback, diagnostics: &mut Diagnostics) -> Method {
    let expected = "write `fn terminate(&mut self, reason: &ExitReason)`";
    borrows_self(callback, diagnostics);
    match callback.params.as_slice() {
        [reason] => {
            if !matches!(&reason.ty, Type::Reference(reference) if types::is_named(&reference.elem, "ExitReason"))
            {
                diagnostics.at(
                    &reason.ty,
                    format!("`#[terminate]` is lent the reason; {expected}"),
                );
            }
        }
        [] => diagnostics.push(
            callback.span(),
            format!("`#[terminate]` is lent the reason; {expected}"),
        ),
        [_, rest, ..] => {
            diagnostics.push(
                rest.name.span(),
                format!("`#[terminate]` is lent only the reason; {expected}"),
            );
        }
    }
    let method = method(callback);
    if !types::is_unit(&method.output) && !types::is_never(&method.output) {
        diagnostics.at(
            &method.output,
            "`#[terminate]` returns nothing, since the server ends; remove the return type",
        );
    }
    method
}
