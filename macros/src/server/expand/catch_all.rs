//! The handler of `Info` is written last.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;

use super::cfgs;
use crate::any_message;
use crate::names;
use crate::server::checked::Server;
use crate::server::types;

/// Refuses each handler that stands after one of a type named `Info`, if that takes every message.
pub(super) fn expand(server: &Server<'_>) -> Option<TokenStream> {
    let block = server.block;
    let (krate, cfg) = (&block.krate, cfgs(block));
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let mut later = server.infos.iter();
    let all = later.find(|listener| types::is_named(&listener.ty, "Info"))?;
    let message = format!(
        "`{}` takes every message that comes here; write the handler of `Info` last",
        names::plain(&all.method.name)
    );
    let mut checks = later.map(|listener| {
        let cfgs: Vec<_> = all
            .method
            .cfgs
            .iter()
            .chain(&listener.method.cfgs)
            .collect();
        any_message::refused(krate, &all.ty, listener.ty.span(), &cfgs, &message)
    });
    let first = checks.next()?;
    Some(quote! {
        #cfg
        const _: () = {
            #[allow(dead_code, deprecated)]
            fn __check #impl_generics () #where_clause {
                #first
                #(#checks)*
            }
        };
    })
}
