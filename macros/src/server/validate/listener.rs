//! `#[handle_info]` and `#[handle_continue]`.

use super::sendable::sendable;
use super::{beyond_no_reply, borrows_self, method};
use crate::diagnostic::Diagnostics;
use crate::server::ast::{Block, Callback};
use crate::server::checked::Listener;
use crate::spelling::spelled;

/// `#[handle_info]` and `#[handle_continue]`: one parameter, told apart by its type.
pub(super) fn listener(
    block: &Block,
    callback: &Callback,
    earlier: &[Listener],
    diagnostics: &mut Diagnostics,
) -> Option<Listener> {
    let attribute = callback.role.attribute();
    borrows_self(callback, diagnostics);
    if let Some(ty) = beyond_no_reply(callback) {
        diagnostics.at(
            ty,
            format!(
                "`#[{attribute}]` has nobody to reply to; remove the return type or write `NoReply`"
            ),
        );
    }
    let param = match callback.params.as_slice() {
        [param] => param,
        [] => {
            diagnostics.push(
                callback.span(),
                format!(
                    "`#[{attribute}]` takes one value; write `fn {}(&mut self, value: SomeType)`",
                    callback.name()
                ),
            );
            return None;
        }
        [first, second, ..] => {
            let pair = format!("`({}, {})`", spelled(&first.ty), spelled(&second.ty));
            diagnostics.at(
                &second.ty,
                format!(
                    "`#[{attribute}]` takes one value; take a struct or a tuple such as {pair}"
                ),
            );
            return None;
        }
    };
    let ty = sendable(block, &param.ty, "a message", diagnostics).into_type();
    let method = method(callback);
    let text = spelled(&ty);
    let twin = earlier.iter().find(|other| spelled(&other.ty) == text);
    if let Some(twin) = twin.filter(|twin| twin.method.cfgs.is_empty() && method.cfgs.is_empty()) {
        diagnostics.at(
            &param.ty,
            format!(
                "`{}` takes `{text}` already; merge the two or wrap one in a type of its own",
                twin.method.name
            ),
        );
        return None;
    }
    Some(Listener { method, ty })
}
