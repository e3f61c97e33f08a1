//! The message and reply enums: pure data.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident};

use super::cfgs;
use crate::conditional;
use crate::names;
use crate::place::Place;
use crate::server::checked::{Handler, Kind, Server};
use crate::server::derives::Derives;
use crate::spelling::mentions;

/// The generic parameters that no variant uses, which a hidden variant must.
pub(super) fn unused<'a>(server: &'a Server<'_>, variants: &TokenStream) -> Vec<&'a Ident> {
    let params = server
        .block
        .generics
        .type_params()
        .map(|param| &param.ident);
    params.filter(|param| !mentions(variants, param)).collect()
}

pub(super) fn expand(server: &Server<'_>) -> TokenStream {
    let block = server.block;
    let message_docs = format!(
        "A message of `{}`: its calls and casts, as data.",
        block.name
    );
    let reply_docs = format!(
        "A reply of `{}`: one variant a call.",
        names::plain(&block.name)
    );
    let messages: TokenStream = server.handlers.iter().map(message).collect();
    let replies: TokenStream = server.handlers.iter().filter_map(reply).collect();
    let debug = (block.debug.is_some() && !block.message.has_debug())
        .then(|| quote!(#[derive(::core::fmt::Debug)]));
    let message = definition(
        server,
        &names::message(&block.name),
        &message_docs,
        &block.message,
        debug.as_ref(),
        &messages,
        &used(server, fields),
    );
    let reply = definition(
        server,
        &names::reply(&block.name),
        &reply_docs,
        &block.reply,
        None,
        &replies,
        &used(server, reply_type),
    );
    let assertions = assertions(server);
    quote!(#message #reply #assertions)
}

/// Asks of each type in a message, where it is written, what the enums ask of all.
fn assertions(server: &Server<'_>) -> Option<TokenStream> {
    let cfg = cfgs(server.block);
    let (impl_generics, _, where_clause) = server.block.generics.split_for_impl();
    let mut checks = server.handlers.iter().flat_map(|handler| {
        let cfgs = &handler.method.cfgs;
        let reply = match &handler.kind {
            Kind::Call { reply, .. } => Some(&**reply),
            Kind::Cast => None,
        };
        let types = handler.fields.iter().map(|field| &field.ty).chain(reply);
        types.map(move |ty| {
            let place = Place::from(ty.span());
            let span = place.before();
            place.end(quote_spanned!(span=> #(#cfgs)* __travels::<#ty>();))
        })
    });
    let first = checks.next()?;
    Some(quote! {
        #cfg
        const _: () = {
            #[allow(dead_code)]
            fn __travels<T: ::core::marker::Send + 'static>() {}

            #[allow(dead_code, deprecated, private_bounds, private_interfaces)]
            fn __check #impl_generics () #where_clause {
                #first
                #(#checks)*
            }
        };
    })
}

/// Whether the hidden variants exist: of the message enum, of the reply enum.
pub(super) fn has_phantom(server: &Server<'_>) -> bool {
    !unused(server, &used(server, fields)).is_empty()
}

fn definition(
    server: &Server<'_>,
    name: &Ident,
    docs: &str,
    derives: &Derives,
    debug: Option<&TokenStream>,
    variants: &TokenStream,
    used: &TokenStream,
) -> TokenStream {
    let cfg = cfgs(server.block);
    let generics = &server.block.generics;
    let where_clause = &generics.where_clause;
    let unused = unused(server, used);
    // What is derived for the enum must be there for its hidden variant too.
    let never = names::never(name);
    let no_value = if derives.is_empty() {
        quote!(::core::convert::Infallible)
    } else {
        quote!(#never)
    };
    let phantom = (!unused.is_empty()).then(|| {
        quote! {
            #[doc(hidden)]
            __Phantom(::core::marker::PhantomData<fn() -> (#(#unused,)*)>, #no_value),
        }
    });
    let never = (phantom.is_some() && !derives.is_empty()).then(|| {
        quote! {
            #cfg
            #[doc(hidden)]
            #[allow(missing_debug_implementations, unnameable_types, unreachable_pub)]
            #derives
            pub enum #never {}
        }
    });
    quote! {
        #never

        #cfg
        #[doc = #docs]
        #[allow(
            dead_code,
            missing_debug_implementations,
            private_bounds,
            private_interfaces,
            unnameable_types,
            unreachable_pub,
            clippy::large_enum_variant,
        )]
        #derives
        #debug
        pub enum #name #generics #where_clause {
            #variants
            #phantom
        }
    }
}

fn message(handler: &Handler) -> TokenStream {
    let variant = &handler.variant;
    let cfgs = &handler.method.cfgs;
    let docs = docs(handler);
    // Of what the stub takes over, what a variant can have.
    let others = others(handler).filter(|attr| !conditional::path(attr).is_ident("must_use"));
    let fields = handler.fields.iter().map(|field| {
        let (name, ty) = (&field.name, &field.ty);
        let docs = format!("The handler's `{}`.", names::plain(name));
        let attrs = &field.attrs;
        quote!(#[doc = #docs] #(#attrs)* #name: #ty)
    });
    let fields = (!handler.fields.is_empty()).then(|| quote!({ #(#fields),* }));
    quote!(#(#cfgs)* #docs #(#others)* #variant #fields,)
}

fn reply(handler: &Handler) -> Option<TokenStream> {
    let Kind::Call { reply, .. } = &handler.kind else {
        return None;
    };
    let variant = &handler.variant;
    let cfgs = &handler.method.cfgs;
    let docs = format!("The reply to `{}`.", names::plain(&handler.method.name));
    Some(quote!(#(#cfgs)* #[doc = #docs] #variant(#reply),))
}

/// The types of the variants that are there in any configuration.
fn used(server: &Server<'_>, types: impl Fn(&Handler) -> TokenStream) -> TokenStream {
    server
        .handlers
        .iter()
        .filter(|handler| handler.method.cfgs.is_empty())
        .map(types)
        .collect()
}

fn fields(handler: &Handler) -> TokenStream {
    handler
        .fields
        .iter()
        .map(|field| field.ty.to_token_stream())
        .collect()
}

fn reply_type(handler: &Handler) -> TokenStream {
    match &handler.kind {
        Kind::Call { reply, .. } => reply.to_token_stream(),
        Kind::Cast => TokenStream::new(),
    }
}

/// What the handler has beside its docs: `#[deprecated]`, `#[must_use]`, and what has a condition.
pub(super) fn others(handler: &Handler) -> impl Iterator<Item = &Attribute> {
    let attrs = handler.attrs.iter();
    attrs.filter(|attr| !attr.path().is_ident("doc"))
}

/// The handler's docs, or a line in their place.
pub(super) fn docs(handler: &Handler) -> TokenStream {
    let docs: Vec<&Attribute> = handler
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .collect();
    if docs.is_empty() {
        let name = names::plain(&handler.method.name);
        let line = match handler.kind {
            Kind::Call { .. } => format!("Calls `{name}` and waits for its reply."),
            Kind::Cast => format!("Casts `{name}`: sends it, and expects no reply."),
        };
        return quote!(#[doc = #line]);
    }
    quote!(#(#docs)*)
}
