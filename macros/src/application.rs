//! `#[application]`: the `start` of an `impl` block becomes the start of the program's tree.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, ImplItem, ImplItemFn, ItemImpl, ReturnType, Type, parse_quote};

use crate::attr::Settings;
use crate::diagnostic::Diagnostics;
use crate::krate::Krate;
use crate::spelling::spelled;

const EXPECTED: &str = "write `async fn start(args: Args) -> Result<SupervisorRef, StartError>`";

pub(crate) fn expand(arguments: TokenStream, input: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let mut settings = Settings::read(arguments, &mut diagnostics);
    let krate = settings.krate(&mut diagnostics);
    settings.rest(
        "an option of `#[application]`",
        &["crate"],
        |_| None,
        &mut diagnostics,
    );
    let Ok(mut item) = syn::parse2::<ItemImpl>(input.clone()) else {
        diagnostics.push(
            Span::call_site(),
            format!("`#[application]` belongs on an `impl` block; write `struct App;` and, in `impl App {{ … }}`, {}", EXPECTED.trim_start_matches("write ")),
        );
        let errors = diagnostics.finish();
        return quote!(#input #errors);
    };
    if let Some((_, path, _)) = &item.trait_ {
        diagnostics.at(
            path,
            format!(
                "`#[application]` writes the trait itself; write `impl {} {{ … }}` without a trait",
                spelled(&item.self_ty)
            ),
        );
        let errors = diagnostics.finish();
        return quote!(#input #errors);
    }
    let start = take_start(&mut item, &mut diagnostics);
    let is_sound = diagnostics.is_empty();
    let errors = diagnostics.finish();
    let (ty, (impl_generics, _, where_clause)) = (&item.self_ty, item.generics.split_for_impl());
    let cfgs = item.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let (args, function) = match start {
        Some(start) if is_sound => written(start),
        start => fallback(start.as_ref(), &krate),
    };
    let rest = (!item.items.is_empty()).then(|| item.to_token_stream());
    quote! {
        #rest
        #(#cfgs)*
        impl #impl_generics #krate::Application for #ty #where_clause {
            type Args = #args;
            #function
        }
        #errors
    }
}

/// Takes the function `start` out of the block.
fn take_start(item: &mut ItemImpl, diagnostics: &mut Diagnostics) -> Option<ImplItemFn> {
    let mut start = None;
    item.items.retain(|member| match member {
        ImplItem::Fn(function) if function.sig.ident == "start" && start.is_none() => {
            start = Some(function.clone());
            false
        }
        _ => true,
    });
    match &start {
        Some(start) => check(start, diagnostics),
        None => diagnostics.at(
            &item.self_ty,
            format!("an application starts its tree; {EXPECTED}"),
        ),
    }
    start
}

fn check(start: &ImplItemFn, diagnostics: &mut Diagnostics) {
    let signature = &start.sig;
    if signature.asyncness.is_none() {
        diagnostics.at(
            signature.fn_token,
            format!("the start waits for the tree; {EXPECTED}"),
        );
    }
    if let Some(receiver) = signature.receiver() {
        diagnostics.at(
            receiver,
            "an application has no state; remove this parameter",
        );
    }
    let mut values = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(input),
        FnArg::Receiver(_) => None,
    });
    if let (Some(first), Some(second)) = (values.next(), values.next()) {
        let pair = format!("`({}, {})`", spelled(&first.ty), spelled(&second.ty));
        diagnostics.at(
            second,
            format!(
                "an application is started with one value; take a struct or a tuple such as {pair}"
            ),
        );
    }
    if let Some(param) = signature.generics.params.first() {
        diagnostics.at(
            param,
            "the start of an application is not generic; remove the parameter",
        );
    }
    if matches!(signature.output, ReturnType::Default) {
        diagnostics.push(
            signature.ident.span(),
            format!("the start gives the top supervisor; {EXPECTED}"),
        );
    }
}

fn argument(start: &ImplItemFn) -> Option<Type> {
    start.sig.inputs.iter().find_map(|input| match input {
        FnArg::Typed(input) => Some((*input.ty).clone()),
        FnArg::Receiver(_) => None,
    })
}

fn written(start: ImplItemFn) -> (Type, TokenStream) {
    let ty = argument(&start);
    let ImplItemFn {
        attrs,
        mut sig,
        block,
        ..
    } = start;
    if ty.is_none() {
        sig.inputs.push(parse_quote!((): ()));
    }
    sig.ident = Ident::new("start_tree", Span::call_site().located_at(sig.ident.span()));
    (
        ty.unwrap_or_else(|| parse_quote!(())),
        quote!(#(#attrs)* #sig #block),
    )
}

/// A start of the same argument without a body.
fn fallback(start: Option<&ImplItemFn>, krate: &Krate) -> (Type, TokenStream) {
    let ty = start.and_then(argument).unwrap_or_else(|| parse_quote!(()));
    let function = quote! {
        #[allow(unused_variables)]
        async fn start_tree(args: #ty) -> ::core::result::Result<#krate::SupervisorRef, #krate::StartError> { loop {} }
    };
    (ty, function)
}
