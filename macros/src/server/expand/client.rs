//! The methods of the client: one a call or cast.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use super::message::{docs, others};
use super::{cfgs, client_header};
use crate::names;
use crate::server::ast::{Block, Param};
use crate::server::checked::{Handler, Kind, Server};
use crate::server::mailbox::OnFull;

pub(super) fn expand(server: &Server<'_>) -> TokenStream {
    let cfg = cfgs(server.block);
    let header = client_header(server.block);
    let stubs = server.handlers.iter().map(|handler| stub(server, handler));
    quote! {
        #cfg
        #[allow(dead_code, deprecated, private_interfaces, unreachable_patterns, unreachable_pub, clippy::too_many_arguments)]
        #header {
            #(#stubs)*
        }
    }
}

fn stub(server: &Server<'_>, handler: &Handler) -> TokenStream {
    let block = server.block;
    let (krate, ty) = (&block.krate, &block.ty);
    let (message, reply_enum) = (names::message(&block.name), names::reply(&block.name));
    let Handler {
        method,
        variant,
        vis,
        fields,
        kind,
        ..
    } = handler;
    let (name, attributes) = (&method.name, attributes(handler));
    let params = fields.iter().map(|field| parameter(field, &field.name));
    let values = fields.iter().map(value);
    let message = if fields.is_empty() {
        quote!(#message::#variant)
    } else {
        quote!(#message::#variant { #(#values),* })
    };
    match kind {
        Kind::Cast => {
            let server = quote!(#krate::Server::server_ref(self));
            let (_, arguments, _) = block.generics.split_for_impl();
            let output = cast_output(block, &arguments);
            let body = match block.on_full() {
                Some(OnFull::Wait) => quote!(#krate::Cast::new(#server, #message)),
                Some(OnFull::Refuse) => quote!(#krate::ServerRef::try_cast(#server, #message)),
                _ => quote!(#krate::ServerRef::cast(#server, #message);),
            };
            quote! {
                #attributes
                #[inline]
                #vis fn #name(&self #(, #params)*) #output {
                    #body
                }
            }
        }
        Kind::Call { reply, queued, .. } => {
            let constructor = if *queued {
                quote!(queued)
            } else if handler.is_awaited() {
                quote!(awaits)
            } else {
                quote!(new)
            };
            let handler_name = names::plain(name);
            quote! {
                #attributes
                #[inline]
                #vis fn #name(&self #(, #params)*) -> #krate::Call<'_, #ty, #reply> {
                    static __HANDLER: #krate::Handler = #krate::Handler::#constructor(#handler_name);
                    #krate::Call::new(#krate::Server::server_ref(self), &__HANDLER, #message, |__reply| match __reply {
                        #reply_enum::#variant(__value) => ::core::option::Option::Some(__value),
                        _ => ::core::option::Option::None,
                    })
                }
            }
        }
    }
}

/// What the method of a cast returns (decision A9).
pub(in crate::server) fn cast_output(block: &Block, arguments: impl ToTokens) -> TokenStream {
    let (krate, ty) = (&block.krate, &block.ty);
    match block.on_full() {
        Some(OnFull::Wait) => quote!(-> #krate::Cast<'_, #ty>),
        Some(OnFull::Refuse) => {
            let message = names::message(&block.name);
            quote!(-> ::core::result::Result<(), #krate::Full<#message #arguments>>)
        }
        _ => TokenStream::new(),
    }
}

/// `#[cfg]`, docs and what else a stub takes over.
pub(in crate::server) fn attributes(handler: &Handler) -> TokenStream {
    let cfgs = &handler.method.cfgs;
    let docs = docs(handler);
    let others = others(handler);
    quote!(#(#cfgs)* #docs #(#others)*)
}

/// `key: K`, or `key: impl Into<K>`.
pub(in crate::server) fn parameter(param: &Param, name: &Ident) -> TokenStream {
    let ty = &param.ty;
    if param.into {
        quote!(#name: impl ::core::convert::Into<#ty>)
    } else {
        quote!(#name: #ty)
    }
}

fn value(param: &Param) -> TokenStream {
    let (name, ty) = (&param.name, &param.ty);
    if param.into {
        quote!(#name: ::core::convert::Into::<#ty>::into(#name))
    } else {
        quote!(#name)
    }
}
