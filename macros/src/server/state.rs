//! `#[genserver]` on the state: the client type, its constructors, and the options as constants.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Generics, Ident, ItemEnum, ItemStruct, Visibility, parse_quote};

use super::options::{self, StructOptions};
use crate::diagnostic::Diagnostics;
use crate::krate::Krate;
use crate::names;
use crate::place::Place;

/// What both forms of a state have.
#[derive(Debug)]
pub(crate) struct State<'a> {
    attrs: &'a [Attribute],
    vis: &'a Visibility,
    ident: &'a Ident,
    generics: Generics,
}

impl<'a> State<'a> {
    pub(crate) fn of_struct(item: &'a ItemStruct) -> Self {
        Self {
            attrs: &item.attrs,
            vis: &item.vis,
            ident: &item.ident,
            generics: item.generics.clone(),
        }
    }

    pub(crate) fn of_enum(item: &'a ItemEnum) -> Self {
        Self {
            attrs: &item.attrs,
            vis: &item.vis,
            ident: &item.ident,
            generics: item.generics.clone(),
        }
    }
}

pub(crate) fn expand(
    arguments: TokenStream,
    mut state: State<'_>,
    item: &impl ToTokens,
    diagnostics: &mut Diagnostics,
) -> TokenStream {
    let options = options::of_struct(arguments, diagnostics);
    if let Some(lifetime) = state.generics.lifetimes().next() {
        diagnostics.at(
            lifetime,
            "a server outlives its starter and cannot borrow from it; remove the lifetime and own the data (`String`, `Vec<T>`, `Arc<T>`)",
        );
        return item.into_token_stream();
    }
    let (ident, krate) = (state.ident, &options.krate);
    let bare = state.generics.clone();
    let (_, arguments, _) = bare.split_for_impl();
    // A bound without parameters is asked for where it stands; `for<'__a>` puts that off to where the client is used, so
    // that a block which is not written yet is not an error in each of these items.
    let is_server = if bare.params.is_empty() {
        parse_quote!(for<'__a> #ident: #krate::GenServer)
    } else {
        parse_quote!(#ident #arguments: #krate::GenServer)
    };
    state
        .generics
        .make_where_clause()
        .predicates
        .push(is_server);
    let client = client(&state, &bare, &options);
    let mut for_consts = bare.clone();
    if bare.type_params().next().is_some() {
        // What makes a generic state sendable is said on the `impl` block.
        let mut ask = |of_state| for_consts.make_where_clause().predicates.push(of_state);
        ask(parse_quote!(Self: ::core::marker::Send + 'static));
        if options.debug.is_some() {
            ask(parse_quote!(Self: ::core::fmt::Debug));
        }
    }
    let consts = consts(&state, &for_consts, &options);
    quote! { #item #client #consts }
}

fn cfgs<'a>(state: &'a State<'_>) -> impl Iterator<Item = &'a Attribute> {
    state
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
}

/// `CounterRef`, its constructors, and its impls: written out, so that they ask nothing of the server's parameters. `bare`
/// are those of the state as written: whoever keeps a client need not say that its server is one.
fn client(state: &State<'_>, bare: &Generics, options: &StructOptions) -> TokenStream {
    let State {
        vis,
        ident,
        generics,
        ..
    } = state;
    let krate = &options.krate;
    let client = names::reference(ident);
    let plain = names::plain(ident);
    let client_name = client.to_string();
    let (impl_generics, arguments, is_server) = generics.split_for_impl();
    let where_clause = &bare.where_clause;
    let cfg: Vec<_> = cfgs(state).collect();
    let cfg = quote!(#(#cfg)*);
    let docs = format!(
        "The client of [`{plain}`]: one method a call or cast.\n\n\
         It is bound to one process, or to a name that is looked up at each use, and then outlives that process. \
         Dropping it does nothing to the server."
    );
    let to = format!("The client of whichever [`{plain}`] holds `name` when it is used.");
    let named = options.name.as_ref().map(|name| {
        let docs = format!(
            "The client of the [`{plain}`] under the name of its `#[genserver]`, `{:?}`.",
            name.value()
        );
        quote! {
            #[doc = #docs]
            #[must_use]
            #vis fn named() -> Self {
                Self::to(#name)
            }
        }
    });
    quote! {
        #cfg
        #[doc = #docs]
        #[allow(unreachable_pub, unnameable_types)]
        #vis struct #client #bare #where_clause {
            server: #krate::ServerRef<#ident #arguments>,
        }

        #cfg
        #[allow(dead_code, unreachable_pub)]
        impl #impl_generics #client #arguments #where_clause {
            #[doc = #to]
            #[must_use]
            #vis fn to(name: impl ::core::convert::Into<#krate::Name>) -> Self {
                Self { server: #krate::ServerRef::to(name) }
            }

            #named
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #client #arguments #where_clause {
            fn clone(&self) -> Self {
                Self { server: ::core::clone::Clone::clone(&self.server) }
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #client #arguments #where_clause {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                __formatter.debug_tuple(#client_name).field(&self.server).finish()
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::cmp::PartialEq for #client #arguments #where_clause {
            fn eq(&self, __other: &Self) -> bool {
                self.server == __other.server
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::cmp::Eq for #client #arguments #where_clause {}

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::hash::Hash for #client #arguments #where_clause {
            fn hash<__H: ::core::hash::Hasher>(&self, __hasher: &mut __H) {
                ::core::hash::Hash::hash(&self.server, __hasher)
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#krate::ServerRef<#ident #arguments>> for #client #arguments #where_clause {
            #[inline]
            fn from(server: #krate::ServerRef<#ident #arguments>) -> Self {
                Self { server }
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics ::core::convert::TryFrom<#krate::Pid> for #client #arguments #is_server {
            type Error = #krate::WrongServer;

            fn try_from(pid: #krate::Pid) -> ::core::result::Result<Self, #krate::WrongServer> {
                ::core::convert::TryFrom::try_from(pid).map(|server| Self { server })
            }
        }

        #cfg
        #[automatically_derived]
        impl #impl_generics #krate::Server for #client #arguments #is_server {
            type Of = #ident #arguments;

            #[inline]
            fn server_ref(&self) -> &#krate::ServerRef<#ident #arguments> {
                &self.server
            }
        }
    }
}

fn consts(state: &State<'_>, generics: &Generics, options: &StructOptions) -> TokenStream {
    let StructOptions {
        krate,
        name,
        restart,
        shutdown,
        significant,
        trap_exit,
        debug,
    } = options;
    let ident = state.ident;
    let (impl_generics, arguments, where_clause) = generics.split_for_impl();
    let cfg: Vec<_> = cfgs(state).collect();
    let constant = |name: &str, ty: TokenStream, value: TokenStream| {
        let name = format_ident!("{name}");
        quote!(const #name: #ty = #value;)
    };
    let name = name.as_ref().map(|name| {
        constant(
            "NAME",
            quote!(::core::option::Option<&'static str>),
            quote!(::core::option::Option::Some(#name)),
        )
    });
    let restart =
        restart.map(|restart| constant("RESTART", quote!(#krate::Restart), restart.expand(krate)));
    let shutdown = shutdown
        .as_ref()
        .map(|shutdown| constant("SHUTDOWN", quote!(#krate::Shutdown), shutdown.expand(krate)));
    let significant =
        significant.map(|value| constant("SIGNIFICANT", quote!(bool), quote!(#value)));
    let trap_exit = trap_exit.map(|value| constant("TRAP_EXIT", quote!(bool), quote!(#value)));
    let debug = debug.map(|place| {
        constant(
            "DEBUG",
            quote!(::core::option::Option<#krate::Show<Self>>),
            show(krate, place),
        )
    });
    quote! {
        #(#cfg)*
        #[automatically_derived]
        impl #impl_generics #krate::ServerOptions for #ident #arguments #where_clause {
            #name
            #restart
            #shutdown
            #significant
            #trap_exit
            #debug
        }
    }
}

/// How a type is written whose `Debug` is asked for at `place`.
pub(super) fn show(krate: &Krate, place: Span) -> TokenStream {
    let place = Place::from(place);
    let span = place.before();
    let at = krate.at(span);
    place.call(quote_spanned!(span=> #at::show), &TokenStream::new())
}
