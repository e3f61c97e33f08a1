//! `#[genserver]`: on a struct it writes the client type and the options, on an `impl` block all the rest.

mod ast;
mod checked;
mod derives;
mod expand;
mod fallback;
mod mailbox;
mod misplaced;
mod options;
mod recover;
mod state;
mod types;
mod validate;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item, ItemImpl};

use crate::diagnostic::Diagnostics;
pub(crate) use misplaced::misplaced;
use options::BlockOptions;

/// What the options of each of the two places are, for the message at the wrong one.
const STRUCT_OPTIONS: [&str; 7] = [
    "name",
    "restart",
    "shutdown",
    "significant",
    "trap_exit",
    "debug",
    "crate",
];
const IMPL_OPTIONS: [&str; 6] = ["message", "reply", "mailbox", "client", "debug", "crate"];

pub(crate) fn genserver(arguments: TokenStream, input: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let parsed = syn::parse2::<Item>(input.clone());
    let is_whole = parsed.is_ok();
    let item = match parsed.or_else(|error| recover::header(input).ok_or(error)) {
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
            input,
            &mut diagnostics,
        ),
        Item::Enum(item) => state::expand(
            arguments,
            state::State::of_enum(&item),
            input,
            &mut diagnostics,
        ),
        Item::Impl(item) if is_whole => block(arguments, item, &mut diagnostics),
        Item::Impl(_) => recovered(arguments, input, &mut diagnostics),
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

fn block(arguments: TokenStream, item: ItemImpl, diagnostics: &mut Diagnostics) -> TokenStream {
    let options = options::of_block(arguments, diagnostics);
    written(options, item, diagnostics)
}

fn recovered(
    arguments: TokenStream,
    input: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let options = options::of_block(arguments, diagnostics);
    let ours = |attr: &Attribute| ast::is_callback(attr, &options.krate);
    match recover::block(input, ours, diagnostics) {
        Some(item) => written(options, item, diagnostics),
        None => input.clone(),
    }
}

fn written(
    options: BlockOptions,
    mut item: ItemImpl,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
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
