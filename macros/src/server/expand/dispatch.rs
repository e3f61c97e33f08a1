//! `impl GenServer`: each message to its handler.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse_quote;
use syn::spanned::Spanned;

use super::forward::{self, forwarder_name, is_never};
use super::message::has_phantom;
use super::{cfgs, client_type, invoke, next};
use crate::names;
use crate::place::Place;
use crate::server::checked::{Answer, Handler, Init, Kind, Listener, Method, Server};
use crate::server::state::show;

pub(super) fn expand(server: &Server<'_>) -> TokenStream {
    let block = server.block;
    let (krate, ty, cfg) = (&block.krate, &block.ty, cfgs(block));
    let (impl_generics, arguments, where_clause) = block.generics.split_for_impl();
    let (message, reply, client) = (
        names::message(&block.name),
        names::reply(&block.name),
        client_type(block),
    );
    let inits = server.inits.iter().map(|init| init_function(server, init));
    let (args, inits): (TokenStream, TokenStream) = inits.unzip();
    let mailbox = block.mailbox.as_ref().map(|bound| bound.expand(krate));
    let debug = block.debug.map(|place| {
        let show = show(krate, place);
        quote!(const DEBUG_MESSAGE: ::core::option::Option<#krate::Show<#message #arguments>> = #show;)
    });
    let message_name = message_name(server);
    let handle_now = handle_now(server);
    let handle = handle(server);
    let handle_info = handle_info(server);
    let terminates = server
        .terminates
        .iter()
        .map(|method| terminate(server, method));
    let continues = server
        .continues
        .iter()
        .map(|listener| handle_continue(server, listener));
    let ends_at_once = server.terminates.is_empty().then(|| {
        quote!(
            const TERMINATES: bool = false;
        )
    });
    let forwarders = forward::expand(server);
    quote! {
        #forwarders

        #cfg
        #[automatically_derived]
        #[allow(deprecated, unreachable_code, unreachable_patterns, unused_variables, clippy::diverging_sub_expression, clippy::unit_arg)]
        impl #impl_generics #krate::GenServer for #ty #where_clause {
            #args
            type Message = #message #arguments;
            type Reply = #reply #arguments;
            type Ref = #client;
            #mailbox
            #debug
            #ends_at_once

            #message_name
            fn init_handler() -> ::core::option::Option<&'static #krate::Handler> {
                static __INIT: #krate::Handler = #krate::Handler::new("init");
                ::core::option::Option::Some(&__INIT)
            }
            #inits
            #handle_now
            #handle
            #handle_info
            #(#terminates)*
        }

        #(#continues)*
    }
}

fn init_function(server: &Server<'_>, init: &Init) -> (TokenStream, TokenStream) {
    let krate = &server.block.krate;
    let names: Vec<_> = init.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = init.params.iter().map(|param| &param.ty).collect();
    let mut name = forwarder_or_own(&init.method);
    let place = init.method.place;
    let span = place.before();
    name.set_span(span.resolved_at(name.span()));
    let dot_await = init.method.is_async.then(|| quote!(.await));
    let at = krate.at(span);
    let call = place.end(quote_spanned!(span=> Self::#name(#(#names),*) #dot_await));
    let body = if is_never(&init.method) {
        call
    } else {
        place.call(quote_spanned!(span=> #at::IntoInit::into_init), &call)
    };
    let cfgs = &init.method.cfgs;
    let function = quote! {
        #(#cfgs)*
        async fn init((#(#names,)*): (#(#types,)*)) -> #krate::Init<Self> {
            #body
        }
    };
    // A type that is less visible than the server is refused here, and rustc shows all of the line.
    let place = Place::from(match init.params.as_slice() {
        [only] => only.ty.span(),
        _ => init.method.name.span(),
    });
    let span = place.before();
    let args = place.end(quote_spanned!(span=> #(#cfgs)* type Args));
    let span = place.behind();
    let args = quote_spanned!(span=> #args = (#(#types,)*););
    (args, function)
}

/// The names of the handlers, by message.
fn message_name(server: &Server<'_>) -> TokenStream {
    let message = names::message(&server.block.name);
    let (_, arguments, _) = server.block.generics.split_for_impl();
    let arms = server.handlers.iter().map(|handler| {
        let (variant, cfgs) = (&handler.variant, &handler.method.cfgs);
        let name = names::plain(&handler.method.name);
        quote!(#(#cfgs)* #message::#variant { .. } => #name,)
    });
    let phantom =
        has_phantom(server).then(|| quote!(#message::__Phantom(_, __never) => match *__never {},));
    let empty = server
        .handlers
        .is_empty()
        .then(|| quote!(__message => match *__message {},));
    let empty = if phantom.is_some() { None } else { empty };
    quote! {
        fn message_name(__message: &#message #arguments) -> &'static str {
            match __message {
                #(#arms)*
                #phantom
                #empty
            }
        }
    }
}

fn handle_now(server: &Server<'_>) -> TokenStream {
    let block = server.block;
    let krate = &block.krate;
    let message = names::message(&block.name);
    let (_, arguments, _) = block.generics.split_for_impl();
    let arms = server
        .handlers
        .iter()
        .filter(|handler| !handler.is_awaited())
        .map(|handler| {
            let (pattern, fields) = pattern(server, handler);
            let next = handled(server, handler, &fields);
            quote!(#pattern => ::core::result::Result::Ok(#next),)
        });
    let phantom =
        has_phantom(server).then(|| quote!(#message::__Phantom(_, __never) => match __never {},));
    let others = server.handlers.iter().any(Handler::is_awaited);
    let others = others.then(|| quote!(__message => ::core::result::Result::Err(__message),));
    quote! {
        #[inline]
        fn handle_now(
            &mut self,
            __message: #message #arguments,
        ) -> ::core::result::Result<#krate::Next<Self>, #message #arguments> {
            match __message {
                #(#arms)*
                #phantom
                #others
            }
        }
    }
}

fn handle(server: &Server<'_>) -> Option<TokenStream> {
    let krate = &server.block.krate;
    let message = names::message(&server.block.name);
    let (_, arguments, _) = server.block.generics.split_for_impl();
    let mut arms = server
        .handlers
        .iter()
        .filter(|handler| handler.is_awaited())
        .map(|handler| {
            let (pattern, fields) = pattern(server, handler);
            let next = handled(server, handler, &fields);
            quote!(#pattern => #next,)
        });
    let first = arms.next()?;
    Some(quote! {
        async fn handle(&mut self, __message: #message #arguments, __caller: &mut #krate::Caller<Self>) -> #krate::Next<Self> {
            match __message {
                #first
                #(#arms)*
                __message => #krate::handled_now(self, __message),
            }
        }
    })
}

/// `CounterMessage::Add { by }`, with its `#[cfg]`.
fn pattern<'a>(server: &Server<'_>, handler: &'a Handler) -> (TokenStream, Vec<&'a Ident>) {
    let message = names::message(&server.block.name);
    let (variant, cfgs) = (&handler.variant, &handler.method.cfgs);
    let fields: Vec<_> = handler.fields.iter().map(|field| &field.name).collect();
    let bindings = (!fields.is_empty()).then(|| quote!({ #(#fields),* }));
    (quote!(#(#cfgs)* #message::#variant #bindings), fields)
}

/// The handler's call, as a `Next`.
fn handled(server: &Server<'_>, handler: &Handler, fields: &[&Ident]) -> TokenStream {
    let krate = &server.block.krate;
    let Kind::Call { answer, .. } = &handler.kind else {
        return next(server, &handler.method, fields);
    };
    let (reply, variant) = (names::reply(&server.block.name), &handler.variant);
    match answer {
        Answer::Value => {
            let call = invoke(&handler.method, fields);
            quote!(#krate::Next::reply(#reply::#variant(#call)))
        }
        Answer::Control => {
            let call = invoke(&handler.method, fields);
            let place = handler.method.place;
            let span = place.before();
            let at = krate.at(span);
            place.call(
                quote_spanned!(span=> #at::Reply::into_next),
                &quote!(#call, #reply::#variant),
            )
        }
        Answer::Deferred => {
            let reply_to = Ident::new("__reply_to", Span::call_site());
            let mut arguments = fields.to_vec();
            arguments.push(&reply_to);
            let next = next(server, &handler.method, &arguments);
            quote! {
                {
                    let #reply_to = #krate::Caller::later(__caller, #reply::#variant);
                    #next
                }
            }
        }
    }
}

fn handle_info(server: &Server<'_>) -> Option<TokenStream> {
    let krate = &server.block.krate;
    if server.infos.is_empty() {
        return None;
    }
    let attempts = server.infos.iter().map(|listener| {
        let (ty, cfgs) = (&listener.ty, &listener.method.cfgs);
        let next = next(
            server,
            &listener.method,
            &[&Ident::new("__value", Span::call_site())],
        );
        quote! {
            #(#cfgs)*
            let __info = match #krate::Info::downcast::<#ty>(__info) {
                ::core::result::Result::Ok(__value) => return #next,
                ::core::result::Result::Err(__info) => __info,
            };
        }
    });
    Some(quote! {
        async fn handle_info(&mut self, __info: #krate::Info) -> #krate::Next<Self> {
            #(#attempts)*
            #krate::unexpected_info::<Self>(&__info);
            #krate::Next::no_reply()
        }
    })
}

fn handle_continue(server: &Server<'_>, listener: &Listener) -> TokenStream {
    let block = server.block;
    let (krate, ty, cfg) = (&block.krate, &block.ty, cfgs(block));
    let mut generics = block.generics.clone();
    // Of a struct without its `#[genserver]` the `impl` of `GenServer` says so, once.
    let is_server = parse_quote!(for<'__a> #ty: #krate::GenServer);
    generics.make_where_clause().predicates.push(is_server);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (value, cfgs) = (&listener.ty, &listener.method.cfgs);
    let argument = Ident::new("__value", Span::call_site());
    let next = next(server, &listener.method, &[&argument]);
    quote! {
        #cfg
        #(#cfgs)*
        #[automatically_derived]
        #[allow(clippy::unit_arg)]
        impl #impl_generics #krate::Continue<#value> for #ty #where_clause {
            async fn handle_continue(&mut self, __value: #value) -> #krate::Next<Self> {
                #next
            }
        }
    }
}

fn terminate(server: &Server<'_>, method: &Method) -> TokenStream {
    let krate = &server.block.krate;
    let cfgs = &method.cfgs;
    let reason = Ident::new("__reason", Span::call_site());
    let call = invoke(method, &[&reason]);
    quote! {
        #(#cfgs)*
        async fn terminate(&mut self, __reason: &#krate::ExitReason) {
            #call;
        }
    }
}

fn forwarder_or_own(method: &Method) -> Ident {
    if method.is_async {
        forwarder_name(method)
    } else {
        method.name.clone()
    }
}
