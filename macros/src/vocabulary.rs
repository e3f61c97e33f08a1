//! The words of OTP that several macros read: restart, shutdown, strategy.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Token;
use syn::parse::ParseStream;

use crate::diagnostic::{here, unknown_beside};
use crate::duration::{Duration, EXAMPLES};
use crate::krate::Krate;

/// Whether a child that has ended is started again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

pub(crate) const RESTARTS: [(&str, Restart); 3] = [
    ("permanent", Restart::Permanent),
    ("transient", Restart::Transient),
    ("temporary", Restart::Temporary),
];

impl Restart {
    pub(crate) fn expand(self, krate: &Krate) -> TokenStream {
        match self {
            Self::Permanent => quote!(#krate::Restart::Permanent),
            Self::Transient => quote!(#krate::Restart::Transient),
            Self::Temporary => quote!(#krate::Restart::Temporary),
        }
    }
}

/// How long a child may take to end.
#[derive(Debug, Clone)]
pub(crate) enum Shutdown {
    BrutalKill,
    Infinity,
    After(Duration),
}

impl Shutdown {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if Duration::peek(input) {
            return input.parse().map(Self::After);
        }
        match word(input)? {
            word if word == "brutal_kill" => Ok(Self::BrutalKill),
            word if word == "infinity" => Ok(Self::Infinity),
            word => Err(syn::Error::new(
                word.span(),
                unknown_beside(
                    &word.to_string(),
                    "a shutdown",
                    &["brutal_kill", "infinity"],
                    &format!(", {EXAMPLES}"),
                ),
            )),
        }
    }

    pub(crate) fn expand(&self, krate: &Krate) -> TokenStream {
        match self {
            Self::BrutalKill => quote!(#krate::Shutdown::BrutalKill),
            Self::Infinity => quote!(#krate::Shutdown::Infinity),
            Self::After(duration) => quote!(#krate::Shutdown::Timeout(#duration)),
        }
    }
}

/// One word, with a message that fits where a value is expected.
pub(crate) fn word(input: ParseStream<'_>) -> syn::Result<Ident> {
    if input.peek(Token![,]) || input.is_empty() {
        return Err(here(input, "a value is expected here"));
    }
    input.call(syn::ext::IdentExt::parse_any).map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("a word is expected here, or {EXAMPLES}"),
        )
    })
}
