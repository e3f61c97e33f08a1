//! `#[handle_call]` and `#[handle_cast]`.

use syn::{Attribute, ReturnType, Type, parse_quote};

use super::sendable::{sendable_param, sendable_reply};
use super::{beyond_no_reply, borrows_self, method};
use crate::conditional;
use crate::diagnostic::Diagnostics;
use crate::names;
use crate::server::ast::{Block, Callback, Param, Role};
use crate::server::checked::{Answer, Handler, Kind};
use crate::server::types;

pub(super) fn handler(
    block: &Block,
    mut callback: Callback,
    diagnostics: &mut Diagnostics,
) -> Handler {
    borrows_self(&callback, diagnostics);
    free_name(&callback, diagnostics);
    let reply_to = callback
        .params
        .pop_if(|last| types::is_named(&last.ty, "ReplyTo"));
    reply_to_is_last(&callback, diagnostics);
    let kind = match callback.role {
        Role::Call => call(block, &callback, reply_to.as_ref(), diagnostics),
        _ => cast(&callback, reply_to.as_ref(), diagnostics),
    };
    let method = method(&callback);
    let role = callback.role;
    let fields = callback
        .params
        .into_iter()
        .map(|param| sendable_param(block, param, role, diagnostics))
        .collect();
    let kept = |attr: &Attribute| {
        let path = conditional::path(attr);
        ["doc", "deprecated", "must_use"]
            .iter()
            .any(|name| path.is_ident(name))
    };
    Handler {
        variant: names::variant(&method.name),
        attrs: callback.attrs.into_iter().filter(kept).collect(),
        vis: callback.vis,
        fields,
        kind,
        method,
    }
}

/// The client has constructors of its own.
fn free_name(callback: &Callback, diagnostics: &mut Diagnostics) {
    let name = callback.name();
    if name == "to" || name == "named" {
        diagnostics.push(
            name.span(),
            format!("`{name}` is a constructor of the client; give this handler another name"),
        );
    }
}

fn reply_to_is_last(callback: &Callback, diagnostics: &mut Diagnostics) {
    for param in &callback.params {
        if types::is_named(&param.ty, "ReplyTo") {
            diagnostics.at(
                &param.ty,
                "`ReplyTo<T>` is no part of the message; write it once, as the last parameter",
            );
        }
    }
}

fn cast(callback: &Callback, reply_to: Option<&Param>, diagnostics: &mut Diagnostics) -> Kind {
    if let Some(param) = reply_to {
        diagnostics.at(
            &param.ty,
            "a cast has no reply; remove this parameter or use `#[handle_call]`",
        );
    }
    if let Some(ty) = beyond_no_reply(callback) {
        diagnostics.at(
            ty,
            "`#[handle_cast]` cannot return a reply; remove the return type, write `NoReply`, or use `#[handle_call]`",
        );
    }
    Kind::Cast
}

fn call(
    block: &Block,
    callback: &Callback,
    reply_to: Option<&Param>,
    diagnostics: &mut Diagnostics,
) -> Kind {
    let queued = callback.queued;
    let unit: Type = parse_quote!(());
    if let Some(param) = reply_to {
        if let Some(ty) = beyond_no_reply(callback) {
            diagnostics.at(
                ty,
                "the reply goes through `ReplyTo`; remove the return type (or write `NoReply`), or remove the last parameter",
            );
        }
        let reply = types::first_argument(&param.ty).cloned();
        let reply = sendable_reply(block, &reply.unwrap_or(unit), diagnostics);
        return Kind::Call {
            reply: Box::new(reply),
            answer: Answer::Deferred,
            queued,
        };
    }
    let (reply, answer) = match &callback.signature.output {
        ReturnType::Default => (unit, Answer::Value),
        ReturnType::Type(_, ty) if types::is_named(ty, "NoReply") => {
            diagnostics.at(
                ty,
                "`#[handle_call]` must reply; write the reply's type or `Reply<T>`, take a last `reply: ReplyTo<T>`, or use `#[handle_cast]`",
            );
            (unit, Answer::Value)
        }
        ReturnType::Type(_, ty) if types::is_named(ty, "Reply") => (
            types::first_argument(ty).cloned().unwrap_or(unit),
            Answer::Control,
        ),
        // `!` cannot stand in an enum.
        ReturnType::Type(_, ty) if types::is_never(ty) => {
            (parse_quote!(::core::convert::Infallible), Answer::Value)
        }
        ReturnType::Type(_, ty) => ((**ty).clone(), Answer::Value),
    };
    Kind::Call {
        reply: Box::new(sendable_reply(block, &reply, diagnostics)),
        answer,
        queued,
    }
}

/// Two handlers with one variant cannot be told apart.
pub(super) fn unlike_the_others(
    handlers: &[Handler],
    handler: &Handler,
    diagnostics: &mut Diagnostics,
) -> bool {
    let name = &handler.method.name;
    let mut twins = handlers
        .iter()
        .filter(|earlier| earlier.variant == handler.variant);
    if let Some(twin) = twins.clone().find(|twin| twin.method.name != *name) {
        diagnostics.push(
            name.span(),
            format!(
                "this handler and `{}` both become the message `{}`; rename one",
                twin.method.name, handler.variant
            ),
        );
    }
    // The same name twice is rustc's to report, unless these are the sides of a `#[cfg]`.
    !twins.any(|twin| twin.method.cfgs.is_empty() || handler.method.cfgs.is_empty())
}
