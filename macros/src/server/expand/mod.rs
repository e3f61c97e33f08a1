//! From a checked server to its items: one file each. Nothing here can fail.

mod catch_all;
pub(super) mod client;
pub(super) mod contract;
mod dispatch;
mod forward;
mod message;
pub(super) mod start;

use forward::forwarder_name;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;

use super::ast::Block;
use super::checked::{Method, Server};
use super::types;
use crate::names;

pub(crate) fn expand(server: &Server<'_>) -> TokenStream {
    let mut tokens = message::expand(server);
    tokens.extend(start::expand(server));
    tokens.extend(client::expand(server));
    tokens.extend(contract::expand(server));
    tokens.extend(dispatch::expand(server));
    tokens.extend(catch_all::expand(server));
    tokens
}

/// The header of an inherent `impl` of the client.
pub(super) fn client_header(block: &Block) -> TokenStream {
    let client = client_type(block);
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    quote!(impl #impl_generics #client #where_clause)
}

/// `CounterRef<…>`, where the server's type is.
pub(super) fn client_type(block: &Block) -> TokenStream {
    let mut client = block.ty.clone();
    if let Some(last) = client.path.segments.last_mut() {
        last.ident = names::reference(&block.name);
    }
    client.into_token_stream()
}

pub(super) fn cfgs(block: &Block) -> TokenStream {
    let cfgs = &block.cfgs;
    quote!(#(#cfgs)*)
}

/// Calls one of the user's methods, at the place of the type it returns.
fn invoke(method: &Method, arguments: &[&Ident]) -> TokenStream {
    let span = method.place.before();
    let mut name = method.name.clone();
    name.set_span(span.resolved_at(name.span()));
    let this = Ident::new("self", Span::call_site());
    let call = if method.is_async {
        let forwarder = forwarder_name(method);
        quote_spanned!(span=> Self::#forwarder(#this #(, #arguments)*).await)
    } else {
        quote_spanned!(span=> Self::#name(#this #(, #arguments)*))
    };
    method.place.end(call)
}

/// The call of a method that does not reply, as a `Next`.
fn next(server: &Server<'_>, method: &Method, arguments: &[&Ident]) -> TokenStream {
    let span = method.place.before();
    let krate = server.block.krate.at(span);
    let call = invoke(method, arguments);
    if types::is_never(&method.output) {
        return call;
    }
    method
        .place
        .call(quote_spanned!(span=> #krate::IntoNext::into_next), &call)
}
