//! The option `mailbox = bounded(1024, on_full = refuse)`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Expr, ExprLit, Lit, Token};

use crate::diagnostic::{here, list, unknown};
use crate::krate::Krate;

pub(super) const EXAMPLE: &str = "bounded(1024, on_full = refuse)";

/// What becomes of a message when the mailbox is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFull {
    Wait,
    Refuse,
    DropOldest,
    DropNewest,
}

const POLICIES: [(&str, OnFull); 4] = [
    ("wait", OnFull::Wait),
    ("refuse", OnFull::Refuse),
    ("drop_oldest", OnFull::DropOldest),
    ("drop_newest", OnFull::DropNewest),
];

/// A mailbox with a bound.
#[derive(Debug)]
pub(crate) struct Bound {
    capacity: Expr,
    pub(crate) on_full: OnFull,
}

impl Bound {
    /// Reads `bounded(…)`, or `unbounded`, which is no bound.
    pub(super) fn parse(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        let word: Ident = input.parse().map_err(|error| {
            let message = format!("this is no value of `mailbox`; write `mailbox = {EXAMPLE}`");
            syn::Error::new(error.span(), message)
        })?;
        if word == "unbounded" {
            return Ok(None);
        }
        if word != "bounded" {
            let message = unknown(
                &word.to_string(),
                "a value of `mailbox`",
                &["bounded", "unbounded"],
            );
            return Err(syn::Error::new(word.span(), message));
        }
        if !input.peek(Paren) {
            let message = format!(
                "`bounded` says how many messages and what to do with more; write `{EXAMPLE}`"
            );
            return Err(syn::Error::new(word.span(), message));
        }
        let inside;
        syn::parenthesized!(inside in input);
        if inside.is_empty() || inside.peek(syn::Ident) && inside.peek2(Token![=]) {
            return Err(here(
                &inside,
                format!("how many messages it holds comes first; write `{EXAMPLE}`"),
            ));
        }
        let capacity = inside.parse()?;
        if let Expr::Lit(ExprLit { lit, .. }) = &capacity
            && !matches!(lit, Lit::Int(_))
        {
            let message = format!("this is no number of messages; write `{EXAMPLE}`");
            return Err(syn::Error::new(lit.span(), message));
        }
        if is_zero(&capacity) {
            return Err(syn::Error::new_spanned(
                capacity,
                "a mailbox that holds nothing takes nothing; write at least `1`",
            ));
        }
        let on_full = on_full(&inside, &word)?;
        Ok(Some(Self { capacity, on_full }))
    }

    pub(super) fn expand(&self, krate: &Krate) -> TokenStream {
        let capacity = &self.capacity;
        let on_full = match self.on_full {
            OnFull::Wait => quote!(Wait),
            OnFull::Refuse => quote!(Refuse),
            OnFull::DropOldest => quote!(DropOldest),
            OnFull::DropNewest => quote!(DropNewest),
        };
        quote! {
            const MAILBOX: ::core::option::Option<#krate::Bound> =
                ::core::option::Option::Some(#krate::Bound::new(#capacity, #krate::OnFull::#on_full));
        }
    }
}

fn is_zero(capacity: &Expr) -> bool {
    matches!(capacity, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_digits() == "0")
}

/// `, on_full = word`.
fn on_full(input: ParseStream<'_>, bounded: &Ident) -> syn::Result<OnFull> {
    let words = POLICIES.map(|(word, _)| word);
    let missing = |span| {
        let list = list(&words);
        syn::Error::new(
            span,
            format!(
                "what becomes of a message when the mailbox is full is missing; write `{EXAMPLE}` (accepted: {list})"
            ),
        )
    };
    if input.is_empty() {
        return Err(missing(bounded.span()));
    }
    input.parse::<Token![,]>().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("a comma is expected here; write `{EXAMPLE}`"),
        )
    })?;
    let key: Ident = input.parse().map_err(|_| missing(input.span()))?;
    if key != "on_full" {
        let key_text = key.to_string();
        let message = if words.contains(&key_text.as_str()) {
            format!("what becomes of more messages is an option; write `on_full = {key_text}`")
        } else {
            unknown(&key_text, "an option of `bounded`", &["on_full"])
        };
        return Err(syn::Error::new(key.span(), message));
    }
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() {
        return Err(missing(key.span()));
    }
    let word: Ident = input.parse().map_err(|_| {
        here(
            input,
            format!("`on_full` is one of {}, without quotes", list(&words)),
        )
    })?;
    let found = POLICIES.iter().find(|(name, _)| word == name);
    let Some((_, policy)) = found else {
        let message = unknown(&word.to_string(), "a value of `on_full`", &words);
        return Err(syn::Error::new(word.span(), message));
    };
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(here(input, "nothing more is expected here; remove this"));
    }
    Ok(*policy)
}
