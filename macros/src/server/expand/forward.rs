//! For each `async fn` a function that says that its future is `Send`: one error, at that handler, and none in what
//! awaits it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::cfgs;
use crate::names;
use crate::place::Place;
use crate::server::checked::{Answer, Kind, Method, Server};
use crate::server::types;

/// The name of the function that stands before an `async fn`.
pub(super) fn forwarder_name(method: &Method) -> Ident {
    // `!` cannot be written as the output of a future.
    if is_never(method) {
        return method.name.clone();
    }
    Ident::new(
        &format!("__{}", names::plain(&method.name)),
        Span::call_site(),
    )
}

pub(super) fn is_never(method: &Method) -> bool {
    types::is_never(&method.output)
}

pub(super) fn expand(server: &Server<'_>) -> Option<TokenStream> {
    let block = server.block;
    let (ty, cfg) = (&block.ty, cfgs(block));
    let (impl_generics, _, where_clause) = block.generics.split_for_impl();
    let methods: Vec<_> = methods(server)
        .filter(|(method, ..)| method.is_async && !is_never(method))
        .collect();
    if methods.is_empty() {
        return None;
    }
    let probe = methods
        .iter()
        .any(|(method, ..)| method.shared.is_some())
        .then(probe);
    let functions = methods
        .into_iter()
        .map(|(method, has_state, params)| function(method, has_state, params));
    Some(quote! {
        #cfg
        const _: () = {
            #probe

            #[doc(hidden)]
            #[allow(deprecated, private_interfaces, clippy::too_many_arguments)]
            impl #impl_generics #ty #where_clause {
                #(#functions)*
            }
        };
    })
}

/// A parameter of a function that stands before another.
type Param = (Ident, TokenStream);

/// All methods, with whether they work on the state, and with their parameters.
fn methods<'a>(server: &'a Server<'_>) -> impl Iterator<Item = (&'a Method, bool, Vec<Param>)> {
    let krate = &server.block.krate;
    let hidden = |name: &str| Ident::new(name, Span::call_site());
    let init = server.inits.iter().map(|init| {
        let params = init
            .params
            .iter()
            .map(|param| (param.name.clone(), param.ty.to_token_stream()));
        (&init.method, false, params.collect())
    });
    let handlers = server.handlers.iter().map(move |handler| {
        let fields = handler
            .fields
            .iter()
            .map(|param| (param.name.clone(), param.ty.to_token_stream()));
        let mut params: Vec<_> = fields.collect();
        if let Kind::Call {
            answer: Answer::Deferred,
            reply,
            ..
        } = &handler.kind
        {
            params.push((hidden("__reply_to"), quote!(#krate::ReplyTo<#reply>)));
        }
        (&handler.method, true, params)
    });
    let listeners = server
        .infos
        .iter()
        .chain(&server.continues)
        .map(move |listener| {
            (
                &listener.method,
                true,
                vec![(hidden("__value"), listener.ty.to_token_stream())],
            )
        });
    let terminate = server.terminates.iter().map(move |method| {
        (
            method,
            true,
            vec![(hidden("__reason"), quote!(&'__a #krate::ExitReason))],
        )
    });
    init.chain(handlers).chain(listeners).chain(terminate)
}

fn function(method: &Method, has_state: bool, params: Vec<Param>) -> TokenStream {
    let (cfgs, name, forwarder, output) = (
        &method.cfgs,
        &method.name,
        forwarder_name(method),
        &method.output,
    );
    let place = Place::from(method.name.span());
    let span = place.before();
    let (names, types): (Vec<_>, Vec<_>) = params.into_iter().unzip();
    let this = has_state.then(|| quote!(&'__a mut self,));
    let lifetime = has_state.then(|| quote!(<'__a>));
    let outlives = has_state.then(|| quote!(+ '__a));
    let receiver = has_state.then(|| quote!(self,));
    let future = quote!(Self::#name(#receiver #(#names),*));
    let future = match &method.shared {
        Some(receiver) => {
            let place = Place::from(receiver.span());
            let span = place.before();
            place.end(quote_spanned!(span=> (&__Probe::<Self>(::core::marker::PhantomData)).pass(#future)))
        }
        None => future,
    };
    let promise = place.end(quote_spanned! {span=>
        impl ::core::future::Future<Output = #output> #outlives + ::core::marker::Send
    });
    quote! {
        #(#cfgs)*
        #[inline]
        fn #forwarder #lifetime(#this #(#names: #types),*) -> #promise {
            #future
        }
    }
}

/// The future of `async fn (&self)` is `Send` only if the state is `Sync`, and rustc's words for that are its longest.
///
/// `pass` gives the future back if the state is `Sync`; otherwise it is the method of the trait, whose bound says what
/// to write, and whose result does not fail a second time.
fn probe() -> TokenStream {
    quote! {
        struct __Probe<T>(::core::marker::PhantomData<fn() -> T>);

        impl<T: ::core::marker::Sync> __Probe<T> {
            #[inline]
            fn pass<F: ::core::future::Future>(&self, future: F) -> F {
                future
            }
        }

        #[allow(dead_code)]
        trait __Otherwise<T> {
            fn pass<F: ::core::future::Future>(&self, future: F) -> ::core::future::Pending<F::Output>
            where
                T: __Shared;
        }

        impl<T> __Otherwise<T> for &__Probe<T> {
            fn pass<F: ::core::future::Future>(&self, _: F) -> ::core::future::Pending<F::Output>
            where
                T: __Shared,
            {
                ::core::future::pending()
            }
        }

        #[diagnostic::on_unimplemented(
            message = "`{Self}` is not `Sync`, so an `async fn` handler cannot take `&self`; write `&mut self`",
            label = "write `&mut self`"
        )]
        trait __Shared {}

        #[diagnostic::do_not_recommend]
        impl<T: ::core::marker::Sync> __Shared for T {}
    }
}
