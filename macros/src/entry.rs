//! `#[beamish::main]` and `#[beamish::test]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ItemFn, LitInt, LitStr, ReturnType};

use crate::attr::Settings;
use crate::diagnostic::{Diagnostics, unknown};
use crate::krate::Krate;
use crate::place::Place;

/// Which of the two is expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Main,
    Test,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Main => &["flavor", "worker_threads", "crate"],
            Self::Test => &["flavor", "worker_threads", "start_paused", "crate"],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavor {
    CurrentThread,
    MultiThread,
}

/// The tokio runtime that is asked for.
#[derive(Debug)]
struct Options {
    krate: Krate,
    flavor: Flavor,
    workers: Option<LitInt>,
    paused: bool,
}

pub(crate) fn expand(kind: Kind, arguments: TokenStream, input: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let Ok(mut function) = syn::parse2::<ItemFn>(input.clone()) else {
        diagnostics.push(
            Span::call_site(),
            format!(
                "`#[beamish::{0}]` belongs on a function; write `async fn {0}() {{ … }}`",
                kind.name()
            ),
        );
        let errors = diagnostics.finish();
        return quote!(#input #errors);
    };
    let options = options(kind, arguments, &mut diagnostics);
    header(kind, &function, &mut diagnostics);
    let is_sound = diagnostics.is_empty();
    let errors = diagnostics.finish();
    if !is_sound {
        // The body is not to be checked without its `async`.
        function.sig.asyncness = None;
        function.sig.inputs.clear();
        function.sig.generics = syn::Generics::default();
        function.sig.output = ReturnType::Default;
        *function.block = syn::parse_quote!({});
        return quote!(#[allow(dead_code)] #function #errors);
    }
    written(kind, &options, &function)
}

/// The runtime calls the function: it waits, and is given nothing.
fn header(kind: Kind, function: &ItemFn, diagnostics: &mut Diagnostics) {
    let name = &function.sig.ident;
    if function.sig.asyncness.is_none() {
        diagnostics.at(
            function.sig.fn_token,
            format!("the body is run as a process, which awaits; write `async fn {name}`"),
        );
    }
    if let Some(input) = function.sig.inputs.first() {
        diagnostics.at(
            input,
            format!("nobody gives this function an argument; write `async fn {name}()`"),
        );
    }
    if let Some(param) = function.sig.generics.params.first() {
        diagnostics.at(
            param,
            format!(
                "`#[beamish::{}]` cannot be generic; remove the parameter",
                kind.name()
            ),
        );
    }
}

fn options(kind: Kind, arguments: TokenStream, diagnostics: &mut Diagnostics) -> Options {
    let mut settings = Settings::read(arguments, diagnostics);
    let flavor = settings
        .take("flavor")
        .and_then(|setting| setting.string(diagnostics));
    let flavor = flavor.and_then(|text| flavor_of(&text, diagnostics));
    let workers = settings.take("worker_threads").and_then(|setting| {
        let workers = setting.integer(diagnostics)?;
        if workers.base10_parse::<usize>().ok().is_none_or(|count| count == 0) {
            diagnostics.at(&workers, "a runtime needs a worker; write `worker_threads = 1` or more");
        }
        if flavor != Some(Flavor::MultiThread) && (kind == Kind::Test || flavor == Some(Flavor::CurrentThread)) {
            let place = match flavor {
                Some(_) => "in place of `\"current_thread\"`",
                None => "beside it",
            };
            let message = format!("`worker_threads` is for the multi-thread runtime; write `flavor = \"multi_thread\"` {place}, or remove this");
            diagnostics.push(setting.span(), message);
        }
        Some(workers)
    });
    let paused = if kind == Kind::Test {
        settings.take("start_paused")
    } else {
        None
    };
    let paused = paused.and_then(|setting| {
        let paused = setting.flag(diagnostics)?;
        if paused && flavor == Some(Flavor::MultiThread) {
            diagnostics.push(
                setting.span(),
                "time is paused only on the current-thread runtime; remove `flavor` or this",
            );
        }
        Some(paused)
    });
    let krate = settings.krate(diagnostics);
    let elsewhere = |key: &str| {
        (key == "start_paused")
            .then(|| "only `#[beamish::test]` can pause the time; remove `start_paused`".to_owned())
    };
    settings.rest(
        &format!("an option of `#[beamish::{}]`", kind.name()),
        kind.options(),
        elsewhere,
        diagnostics,
    );
    let default = if kind == Kind::Main {
        Flavor::MultiThread
    } else {
        Flavor::CurrentThread
    };
    Options {
        krate,
        flavor: flavor.unwrap_or(default),
        workers,
        paused: paused.unwrap_or(false),
    }
}

fn flavor_of(text: &LitStr, diagnostics: &mut Diagnostics) -> Option<Flavor> {
    match text.value().as_str() {
        "current_thread" => Some(Flavor::CurrentThread),
        "multi_thread" => Some(Flavor::MultiThread),
        other => {
            diagnostics.at(
                text,
                unknown(other, "a flavor", &["current_thread", "multi_thread"]),
            );
            None
        }
    }
}

fn written(kind: Kind, options: &Options, function: &ItemFn) -> TokenStream {
    let Options {
        krate,
        flavor,
        workers,
        paused,
    } = options;
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    let flavor = match (flavor, workers) {
        (Flavor::CurrentThread, _) => quote!(.current_thread()),
        (Flavor::MultiThread, None) => quote!(.multi_thread(::core::option::Option::None)),
        (Flavor::MultiThread, Some(workers)) => {
            quote!(.multi_thread(::core::option::Option::Some(#workers)))
        }
    };
    let paused = paused.then(|| quote!(.start_paused(true)));
    let test = (kind == Kind::Test).then(|| quote!(#[::core::prelude::v1::test]));
    let run = if kind == Kind::Main {
        quote!(run_main)
    } else {
        quote!(run_test)
    };
    // The user's function as it is, inside of one of the same name: what is wrong in it is told as ever.
    let name = &sig.ident;
    let here = Place::from(name.span());
    let span = here.before();
    let mut inner = name.clone();
    inner.set_span(span.resolved_at(name.span()));
    let (output, body) = match &sig.output {
        ReturnType::Default => (None, here.end(quote_spanned!(span=> #inner()))),
        // The value is reported in the process, as Rust does after `main`: a `Box<dyn Error>` could not leave it.
        ReturnType::Type(_, ty) => {
            let place = Place::from(ty.span());
            let at_type = krate.at(place.before());
            let mut called = name.clone();
            called.set_span(place.before().resolved_at(name.span()));
            let called = place.end(quote_spanned!(place.before()=> #called().await));
            let report = place.call(
                quote_spanned!(place.before()=> #at_type::Finish::report),
                &called,
            );
            (
                Some(quote!(-> ::std::process::ExitCode)),
                here.end(quote_spanned!(span=> async { #report })),
            )
        }
    };
    let at = krate.at(span);
    let entry = quote!(#krate::Entry::new() #flavor #paused);
    let call = here.end(quote_spanned!(span=> #at::Entry::#run(#entry, #body)));
    quote! {
        #test
        #(#attrs)*
        #vis fn #name() #output {
            #sig #block
            #call
        }
    }
}
