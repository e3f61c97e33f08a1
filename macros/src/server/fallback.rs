//! What is written beside an error: items with the right names and types and no insides, so that nothing else fails.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse_quote;

use super::checked::{Handler, Kind, Server};
use super::expand::client::{attributes, cast_output, parameter};
use super::expand::contract;
use super::expand::start::is_overridden;
use super::expand::{cfgs, client_header, client_type};
use crate::names;

pub(crate) fn expand(server: &Server<'_>) -> TokenStream {
    let block = server.block;
    let (krate, ty, cfg) = (&block.krate, &block.ty, cfgs(block));
    // `for<'__a>` puts off what a struct without its `#[genserver]` lacks: one mistake is enough here.
    let mut with_options = block.generics.clone();
    let options = parse_quote!(for<'__a> #ty: #krate::ServerOptions);
    with_options.make_where_clause().predicates.push(options);
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let (_, _, with_options) = with_options.split_for_impl();
    let header = client_header(block);
    let client = client_type(block);
    let stubs = server.handlers.iter().map(|handler| stub(server, handler));
    let contract = contract::written(server, &TokenStream::new(), |_| quote!(loop {}));
    let starts = starts(server);
    let (message, reply) = (names::message(&block.name), names::reply(&block.name));
    let (message_derives, reply_derives) = (&block.message, &block.reply);
    let continues = server.continues.iter().map(|listener| {
        let (value, cfgs) = (&listener.ty, &listener.method.cfgs);
        quote! {
            #cfg
            #(#cfgs)*
            #[allow(unused_variables)]
            impl #impl_generics #krate::Continue<#value> for #ty #with_options {
                async fn handle_continue(&mut self, value: #value) -> #krate::Next<Self> { loop {} }
            }
        }
    });
    quote! {
        #cfg
        #[allow(dead_code, unused_variables)]
        #header { #(#stubs)* }
        #contract
        #cfg
        #[allow(dead_code, unused_variables)]
        impl #impl_generics #ty #where_clause { #starts }
        #cfg
        #[allow(unused_variables)]
        impl #impl_generics #krate::GenServer for #ty #with_options {
            type Args = ();
            type Message = #message;
            type Reply = #reply;
            type Ref = #client;
            async fn init(args: ()) -> #krate::Init<Self> { loop {} }
        }
        #(#continues)*
        #cfg
        #[allow(dead_code)]
        #message_derives
        pub enum #message {}
        #cfg
        #[allow(dead_code)]
        #reply_derives
        pub enum #reply {}
    }
}

fn stub(server: &Server<'_>, handler: &Handler) -> TokenStream {
    let (krate, ty) = (&server.block.krate, &server.block.ty);
    let (name, vis, attributes) = (&handler.method.name, &handler.vis, attributes(handler));
    if name == "to" || name == "named" {
        return TokenStream::new();
    }
    let params = handler
        .fields
        .iter()
        .map(|field| parameter(field, &field.name));
    let output = match &handler.kind {
        Kind::Cast => cast_output(server.block, TokenStream::new()),
        Kind::Call { reply, .. } => quote!(-> #krate::Call<'_, #ty, #reply>),
    };
    quote! {
        #attributes
        #vis fn #name(&self #(, #params)*) #output
        where
            for<'__a> #ty: #krate::ServerOptions,
        {
            loop {}
        }
    }
}

fn starts(server: &Server<'_>) -> TokenStream {
    let krate = &server.block.krate;
    let params = server
        .inits
        .first()
        .into_iter()
        .flat_map(|init| &init.params);
    let params: Vec<_> = params.map(|param| parameter(param, &param.name)).collect();
    let function = |name: &str, output: TokenStream| {
        if is_overridden(server, name) {
            return TokenStream::new();
        }
        let name = proc_macro2::Ident::new(name, proc_macro2::Span::call_site());
        quote!(pub fn #name(#(#params),*) -> #output { loop {} })
    };
    // Where the struct lacks its `#[genserver]` there is no such client, nor then an error wherever the server is started.
    let client = client_type(server.block);
    let start = quote!(#krate::Start<<#client as #krate::Server>::Of>);
    let mut functions = function("start_link", start.clone());
    functions.extend(function("start", start.clone()));
    functions.extend(function("child_spec", quote!(#krate::ChildSpec)));
    functions.extend(function("server", start));
    functions
}
