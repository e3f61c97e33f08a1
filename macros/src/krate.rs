//! The path to the facade, which every expansion goes through.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Path;

/// The crate that expansions name: `::beamish`, or what `crate = "…"` says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Krate(Option<Path>);

impl Krate {
    pub(crate) fn new(path: Path) -> Self {
        Self(Some(path))
    }
}

impl Krate {
    /// The path with `span`, where an error in what follows it is to be shown.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let path = self.to_token_stream().into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        path.collect()
    }
}

/// Writes the path of the hidden module that holds all that expansions may name.
impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => quote!(#path::__private).to_tokens(tokens),
            None => quote!(::beamish::__private).to_tokens(tokens),
        }
    }
}
