//! `client = trait`: the methods of the client as a trait, for stand-ins in the tests of its callers.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::client::{attributes, cast_output};
use super::{cfgs, client_type};
use crate::names;
use crate::server::checked::{Handler, Kind, Server};
use crate::server::mailbox::OnFull;

/// The trait, and its implementation by the client.
pub(super) fn expand(server: &Server<'_>) -> Option<TokenStream> {
    let (_, arguments, _) = server.block.generics.split_for_impl();
    written(server, &arguments, |handler| {
        let name = &handler.method.name;
        let values = handler.fields.iter().map(|field| &field.name);
        // The method of the client's own, which precedes that of the trait.
        let call = quote!(Self::#name(self #(, #values)*));
        if is_future(server, handler) {
            quote!(::std::boxed::Box::pin(#call))
        } else {
            call
        }
    })
}

/// As [`expand`], with `body` in each method; `arguments` are those of the message enum.
pub(in crate::server) fn written(
    server: &Server<'_>,
    arguments: &impl ToTokens,
    body: impl Fn(&Handler) -> TokenStream,
) -> Option<TokenStream> {
    let block = server.block;
    if !block.client_is_trait {
        return None;
    }
    let (cfg, client) = (cfgs(block), client_type(block));
    let contract = names::client(&block.name);
    let plain = names::plain(&block.name);
    let generics = &block.generics;
    let (impl_generics, type_arguments, where_clause) = generics.split_for_impl();
    let declared = server.handlers.iter().map(|handler| {
        let (attributes, signature) = (attributes(handler), signature(server, handler, arguments));
        quote!(#attributes #signature;)
    });
    let implemented = server.handlers.iter().map(|handler| {
        let (cfgs, signature, body) = (
            &handler.method.cfgs,
            signature(server, handler, arguments),
            body(handler),
        );
        quote!(#(#cfgs)* #[inline] #signature { #body })
    });
    let docs = format!(
        "What the client of [`{plain}`] can do: its calls and casts. `{plain}Ref` does it; in a test of its callers, something \
         else may."
    );
    Some(quote! {
        #cfg
        #[doc = #docs]
        #[allow(
            dead_code,
            private_bounds,
            private_interfaces,
            unnameable_types,
            unreachable_pub,
            clippy::too_many_arguments,
        )]
        pub trait #contract #generics: ::core::marker::Send + ::core::marker::Sync #where_clause {
            #(#declared)*
        }

        #cfg
        #[automatically_derived]
        #[allow(deprecated, unreachable_code, unused_variables, clippy::too_many_arguments)]
        impl #impl_generics #contract #type_arguments for #client #where_clause {
            #(#implemented)*
        }
    })
}

fn is_future(server: &Server<'_>, handler: &Handler) -> bool {
    match handler.kind {
        Kind::Call { .. } => true,
        Kind::Cast => server.block.on_full() == Some(OnFull::Wait),
    }
}

/// The method of a handler. All parameters keep their types, so that the trait can be a trait object.
fn signature(server: &Server<'_>, handler: &Handler, arguments: &impl ToTokens) -> TokenStream {
    let krate = &server.block.krate;
    let name = &handler.method.name;
    let params = handler.fields.iter().map(|field| {
        let (name, ty) = (&field.name, &field.ty);
        quote!(#name: #ty)
    });
    let output = match &handler.kind {
        Kind::Call { reply, .. } => {
            quote!(-> #krate::BoxFuture<'_, ::core::result::Result<#reply, #krate::CallError>>)
        }
        Kind::Cast if is_future(server, handler) => quote!(-> #krate::BoxFuture<'_, ()>),
        Kind::Cast => cast_output(server.block, arguments),
    };
    quote!(fn #name(&self #(, #params)*) #output)
}
