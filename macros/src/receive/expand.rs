//! The two stages.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Expr, parse_quote};

use super::validate::{Checked, TypedArm};
use crate::any_message;
use crate::fragment;
use crate::krate::Krate;
use crate::spelling::mentions;

pub(crate) fn expand(receive: &Checked) -> TokenStream {
    let krate = &receive.krate;
    let parameters: Vec<Ident> = (0..receive.arms.len())
        .map(|index| format_ident!("__A{index}"))
        .collect();
    let names: Vec<Ident> = (0..receive.arms.len()).map(variant).collect();
    let cfgs = receive.arms.iter().map(|arm| {
        let cfgs = &arm.cfgs;
        quote!(#(#cfgs)*)
    });
    let cfgs: Vec<_> = cfgs.collect();
    let arms: Vec<(Ident, &TypedArm)> = names.iter().cloned().zip(&receive.arms).collect();
    let attempts = arms
        .chunk_by(|(_, one), (_, other)| same_type(one, other))
        .map(|arms| attempt(krate, arms));
    let bodies = arms.iter().map(|(name, arm)| selected(name, arm));
    let refused = receive.arms.iter().filter_map(|arm| refused(krate, arm));
    let (duration, after) = match &receive.after {
        None => (
            quote!(::core::option::Option::None),
            quote!(::core::unreachable!()),
        ),
        Some(after) => {
            let duration = after.duration.as_ref().map_or_else(
                || quote!(::core::option::Option::None),
                |duration| quote!(::core::option::Option::Some(#duration)),
            );
            (duration, after.body.to_token_stream())
        }
    };
    // With no arm nothing says what the closure would give.
    let output = receive
        .arms
        .is_empty()
        .then(|| quote!(-> ::core::result::Result<__Selected, #krate::Info>));
    let open = output
        .is_some()
        .then(|| quote!(::core::option::Option::Some(__never) => match __never {},));
    // The parameters stand for tuples of bindings, whose types only inference knows.
    quote! {{
        #[allow(clippy::items_after_statements)]
        enum __Selected<#(#cfgs #parameters),*> {
            #(#cfgs #names(#parameters),)*
        }
        #(#refused)*
        let __selected = #krate::receive(
            #duration,
            |__info: #krate::Info| #output {
                #(#attempts)*
                ::core::result::Result::Err(__info)
            },
        )
        .await;
        match __selected {
            #(#bodies)*
            #open
            ::core::option::Option::None => #after,
        }
    }}
}

/// An arm after one of `Info` never runs.
fn refused(krate: &Krate, arm: &TypedArm) -> Option<TokenStream> {
    let all = arm.unless_any.as_ref()?;
    let cfgs: Vec<_> = all.cfgs.iter().chain(&arm.cfgs).collect();
    let place = arm.pattern.span();
    Some(any_message::refused(
        krate,
        &all.ty,
        place,
        &cfgs,
        &all.message,
    ))
}

fn variant(index: usize) -> Ident {
    Ident::new(&format!("Arm{index}"), Span::call_site())
}

fn same_type(one: &TypedArm, other: &TypedArm) -> bool {
    one.cfgs.is_empty()
        && other.cfgs.is_empty()
        && one.ty.to_token_stream().to_string() == other.ty.to_token_stream().to_string()
}

/// Tries a message against arms of one type; what none of them takes is put back.
fn attempt(krate: &Krate, arms: &[(Ident, &TypedArm)]) -> TokenStream {
    let Some((_, first)) = arms.first() else {
        return TokenStream::new();
    };
    let (ty, cfgs) = (&first.ty, &first.cfgs);
    let tries = arms.iter().map(|(name, arm)| {
        let TypedArm {
            pattern,
            guard,
            bindings,
            ..
        } = arm;
        let guard = guard.as_ref().map(|guard| quote!(if #guard));
        let values = bindings.iter().map(|binding| &binding.name);
        quote! {
            #pattern #guard => return ::core::result::Result::Ok(__Selected::#name((#(#values,)*))),
        }
    });
    quote! {
        #(#cfgs)*
        let __info = match #krate::Info::downcast::<#ty>(__info) {
            #[allow(unreachable_patterns)]
            ::core::result::Result::Ok(__value) => match __value {
                #(#tries)*
                __value => #krate::Info::new(__value),
            },
            ::core::result::Result::Err(__info) => __info,
        };
    }
}

fn selected(name: &Ident, arm: &TypedArm) -> TokenStream {
    let TypedArm {
        cfgs,
        bindings,
        body,
        guard,
        ..
    } = arm;
    // What only the guard used is used, though stage one had the guard.
    let guard = guard.to_token_stream();
    let guarded: Vec<_> = bindings
        .iter()
        .map(|binding| &binding.name)
        .filter(|name| mentions(&guard, name))
        .collect();
    let body = match fragment::expr(body) {
        _ if guarded.is_empty() => quote!(#body),
        // Into the block: around it, the braces of a block with one expression would be said to be unused.
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            let mut block = block.clone();
            let used = guarded.iter().map(|name| parse_quote!(let _ = &#name;));
            block.block.stmts.splice(0..0, used);
            quote!(#block)
        }
        body => quote!({ #(let _ = &#guarded;)* #body }),
    };
    let bindings = bindings.iter().map(|binding| {
        let (name, mutability) = (&binding.name, binding.is_mut.then(|| quote!(mut)));
        quote!(#mutability #name)
    });
    quote! {
        #(#cfgs)*
        ::core::option::Option::Some(__Selected::#name((#(#bindings,)*))) => #body,
    }
}
