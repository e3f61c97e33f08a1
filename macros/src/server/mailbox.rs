//! The option `mailbox = bounded(1024, on_full = refuse)`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::token::Paren;
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Token};

use crate::diagnostic::{here, list, unknown};
use crate::krate::Krate;
use crate::spelling::spelled;

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
            let capacity = input.parse::<LitInt>().map_or_else(|_| "1024".to_owned(), |size| size.to_string());
            let message = format!(
                "this is no value of `mailbox`; write `mailbox = {}` (accepted: `bounded`, `unbounded`)",
                example(&capacity)
            );
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
            let rest: TokenStream = inside.fork().parse()?;
            let example = if rest.is_empty() {
                EXAMPLE.to_owned()
            } else {
                format!("bounded(1024, {})", spelled(&rest))
            };
            return Err(here(
                &inside,
                format!("how many messages it holds comes first; write `{example}`"),
            ));
        }
        let capacity = inside.parse()?;
        if let Expr::Lit(ExprLit { lit, .. }) = &capacity
            && !matches!(lit, Lit::Int(_))
        {
            return Err(no_number(lit));
        }
        if is_zero(&capacity) {
            return Err(syn::Error::new_spanned(
                capacity,
                "a mailbox that holds nothing takes nothing; write at least `1`",
            ));
        }
        let on_full = on_full(&inside, &word, &capacity)?;
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
fn on_full(input: ParseStream<'_>, bounded: &Ident, capacity: &Expr) -> syn::Result<OnFull> {
    let words = POLICIES.map(|(word, _)| word);
    let example = example(&spelled(capacity));
    let missing = |span| {
        let list = list(&words);
        syn::Error::new(
            span,
            format!(
                "what becomes of a message when the mailbox is full is missing; write `{example}` (accepted: {list})"
            ),
        )
    };
    if input.is_empty() {
        return Err(missing(bounded.span()));
    }
    input.parse::<Token![,]>().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("a comma is expected here; write `{example}`"),
        )
    })?;
    let key: Ident = input.parse().map_err(|_| missing(input.span()))?;
    if key != "on_full" {
        let key_text = key.to_string();
        let message = if words.contains(&key_text.as_str()) {
            format!("`{key_text}` is a value of `on_full`; write `on_full = {key_text}`")
        } else {
            unknown(&key_text, "an option of `bounded`", &["on_full"])
        };
        return Err(syn::Error::new(key.span(), message));
    }
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() {
        return Err(missing(key.span()));
    }
    let word: Ident = input.parse().map_err(|_| no_word(input, &words))?;
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

/// A literal where the number of messages is expected; what its quotes hold may be one.
fn no_number(lit: &Lit) -> syn::Error {
    let quoted = match lit {
        Lit::Str(text) => text.value().parse::<usize>().ok(),
        _ => None,
    };
    let message = quoted.map_or_else(
        || "this is no number of messages; write `1024`".to_owned(),
        |number| format!("the number of messages is no string; write `{number}`"),
    );
    syn::Error::new(lit.span(), message)
}

/// Something else where one of `words` is expected; what its quotes hold may be one.
fn no_word(input: ParseStream<'_>, words: &[&str]) -> syn::Error {
    let quoted = input.fork().parse::<LitStr>().map(|text| text.value());
    let message = match quoted {
        Ok(word) if words.contains(&word.as_str()) => {
            format!("\"{word}\" is a word, not a string; write `on_full = {word}`")
        }
        _ => format!(
            "this is no value of `on_full`; write `on_full = refuse` (accepted: {})",
            list(words)
        ),
    };
    here(input, message)
}

fn example(capacity: &str) -> String {
    format!("bounded({capacity}, on_full = refuse)")
}
