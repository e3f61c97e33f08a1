//! `#[genserver]`: on a struct it writes the client type and the options, on an `impl` block all the rest.

mod ast;
mod checked;
mod derives;
mod expand;
mod fallback;
mod mailbox;
mod misplaced;
mod options;
mod state;
mod types;
mod validate;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Item;

use crate::diagnostic::Diagnostics;
pub(crate) use misplaced::misplaced;

/// What the options of each of the two places are, for the message at the wrong one.
const STRUCT_OPTIONS: [&str; 6] = [
    "name",
    "restart",
    "shutdown",
    "significant",
    "trap_exit",
    "crate",
];
const IMPL_OPTIONS: [&str; 5] = ["message", "reply", "mailbox", "client", "crate"];

pub(crate) fn genserver(arguments: TokenStream, input: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let item = match syn::parse2::<Item>(input.clone()) {
        Ok(item) => item,
        Err(error) => {
            diagnostics.absorb::<()>(Err(error));
            let errors = diagnostics.finish();
            return quote!(#input #errors);
        }
    };
    let expansion = match item {
        Item::Struct(item) => state::expand(
            arguments,
            state::State::of_struct(&item),
            &item,
            &mut diagnostics,
        ),
        Item::Enum(item) => state::expand(
            arguments,
            state::State::of_enum(&item),
            &item,
            &mut diagnostics,
        ),
        Item::Impl(item) => block(arguments, item, &mut diagnostics),
        other => {
            diagnostics.push(
                proc_macro2::Span::call_site(),
                "`#[genserver]` is not expected here; write it on the struct that is the server's state, and on its `impl` block",
            );
            other.into_token_stream()
        }
    };
    let errors = diagnostics.finish();
    quote!(#expansion #errors)
}

fn block(
    arguments: TokenStream,
    mut item: syn::ItemImpl,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let options = options::of_block(arguments, diagnostics);
    let callbacks = ast::Callback::take_from(&mut item, &options, diagnostics);
    let Some(block) = ast::Block::parse(&item, options, diagnostics) else {
        return item.into_token_stream();
    };
    let server = validate::validate(&block, callbacks, diagnostics);
    let written = if diagnostics.is_empty() {
        expand::expand(&server)
    } else {
        fallback::expand(&server)
    };
    quote!(#item #written)
}
