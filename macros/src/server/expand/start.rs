//! `start_link`, `start` and `child_spec`, unless the user has one of his own.

use proc_macro2::TokenStream;
use quote::quote;

use super::cfgs;
use super::client::parameter;
use crate::names::plain;
use crate::server::ast::Param;
use crate::server::checked::{Init, Server};

pub(super) fn expand(server: &Server<'_>) -> TokenStream {
    let block = server.block;
    if server.inits.is_empty() {
        return TokenStream::new();
    }
    let cfg = cfgs(block);
    let (ty, (impl_generics, _, where_clause)) = (&block.ty, block.generics.split_for_impl());
    let functions = server.inits.iter().map(|init| functions(server, init));
    quote! {
        #cfg
        #[allow(dead_code, private_bounds, private_interfaces, unreachable_pub, clippy::must_use_candidate, clippy::too_many_arguments)]
        impl #impl_generics #ty #where_clause {
            #(#functions)*
        }
    }
}

/// Whether the block defines a function of this name, in place of ours.
pub(in crate::server) fn is_overridden(server: &Server<'_>, name: &str) -> bool {
    server
        .block
        .functions
        .iter()
        .any(|function| function == name)
}

fn functions(server: &Server<'_>, init: &Init) -> TokenStream {
    let (name, krate) = (plain(&server.block.name), &server.block.krate);
    let cfgs = &init.method.cfgs;
    let params: Vec<_> = init
        .params
        .iter()
        .map(|param| parameter(param, &param.name))
        .collect();
    let values: Vec<_> = init.params.iter().map(value).collect();
    let linked = quote!(#krate::Start::<Self>::link((#(#values,)*)));
    let unless_own = |function: &str, tokens: TokenStream| {
        if is_overridden(server, function) {
            TokenStream::new()
        } else {
            tokens
        }
    };
    let docs = format!(
        "Starts a [`{name}`](Self) that is linked to the calling process: awaited, it gives the client when `#[init]` has \
         run. The parameters are those of `#[init]`.\n\n\
         # Panics\nWhen awaited by code that is no process; there, use `start`.\n\n\
         # OTP\n`GenServer.start_link/3`."
    );
    let start_link = unless_own(
        "start_link",
        quote! {
            #(#cfgs)*
            #[doc = #docs]
            #[track_caller]
            pub fn start_link(#(#params),*) -> #krate::Start<Self> {
                #linked
            }
        },
    );
    let docs = format!(
        "Starts a [`{name}`](Self) that is linked to nobody: awaited, it gives the client when `#[init]` has run. The \
         parameters are those of `#[init]`.\n\n\
         # OTP\n`GenServer.start/3`."
    );
    let start = unless_own(
        "start",
        quote! {
            #(#cfgs)*
            #[doc = #docs]
            #[track_caller]
            pub fn start(#(#params),*) -> #krate::Start<Self> {
                #krate::Start::<Self>::unlinked((#(#values,)*))
            }
        },
    );
    let docs = format!(
        "A [`{name}`](Self) as a child of a supervisor, with the options of its `#[genserver]`.\n\n\
         The arguments are cloned at each start. For arguments that cannot be cloned, write `{name}::start_link(…).once()`."
    );
    let child_spec = unless_own("child_spec", child_spec(server, init, &docs, &params));
    let server_docs = format!(
        "The start of a [`{name}`](Self), linked: what a `start_link` of one's own builds on."
    );
    let is_own = ["start_link", "start", "child_spec"]
        .iter()
        .any(|function| is_overridden(server, function));
    let builder = (is_own && !is_overridden(server, "server")).then(|| {
        quote! {
            #(#cfgs)*
            #[doc = #server_docs]
            #[track_caller]
            pub fn server(#(#params),*) -> #krate::Start<Self> {
                #linked
            }
        }
    });
    quote!(#start_link #start #child_spec #builder)
}

fn child_spec(server: &Server<'_>, init: &Init, docs: &str, params: &[TokenStream]) -> TokenStream {
    let (krate, cfgs) = (&server.block.krate, &init.method.cfgs);
    let names: Vec<_> = init.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = init.params.iter().map(|param| &param.ty).collect();
    let converted = init.params.iter().filter(|param| param.into).map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        quote!(let #name: #ty = ::core::convert::Into::into(#name);)
    });
    // `for<'__a>` puts the question off to the caller's line: a bound that is plainly false is an error where it stands.
    quote! {
        #(#cfgs)*
        #[doc = #docs]
        pub fn child_spec(#(#params),*) -> #krate::ChildSpec
        where
            #(for<'__a> #types: #krate::Again,)*
        {
            #(#converted)*
            #krate::ChildSpec::new(move || #krate::Start::<Self>::link((#(::core::clone::Clone::clone(&#names),)*)))
        }
    }
}

fn value(param: &Param) -> TokenStream {
    let (name, ty) = (&param.name, &param.ty);
    if param.into {
        quote!(::core::convert::Into::<#ty>::into(#name))
    } else {
        quote!(#name)
    }
}
