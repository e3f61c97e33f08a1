//! The path to the facade, which every expansion goes through.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{LitStr, Path, Token};

use crate::diagnostic::here;

/// The crate that expansions name: `::beamish`, or what `crate = "…"` says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Krate(Option<Path>);

impl Krate {
    /// Reads the text of `crate = "…"`.
    pub(crate) fn read(text: &LitStr) -> syn::Result<Self> {
        let path = text.parse_with(Path::parse_mod_style);
        path.map(|path| Self(Some(path))).map_err(|_| {
            syn::Error::new(
                text.span(),
                "this is not a path; write `crate = \"my_beamish\"`",
            )
        })
    }

    /// Parses the line `crate = "…";` at the head of an invocation, if there is one.
    pub(crate) fn parse_line(input: ParseStream<'_>) -> syn::Result<Self> {
        if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
            return Ok(Self::default());
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        if !input.peek(LitStr) {
            return Err(here(
                input,
                "the path to beamish is a string; write `crate = \"my_beamish\";`",
            ));
        }
        let krate = Self::read(&input.parse()?)?;
        if !input.peek(Token![;]) {
            return Err(here(
                input,
                "`;` is expected here; the line is written `crate = \"my_beamish\";`",
            ));
        }
        input.parse::<Token![;]>()?;
        Ok(krate)
    }

    /// The last word of `path`, if what stands before it is nothing, `beamish` or this crate's path.
    pub(crate) fn word<'a>(&self, path: &'a Path) -> Option<&'a Ident> {
        let mut before: Vec<_> = path.segments.iter().map(|segment| &segment.ident).collect();
        let last = before.pop()?;
        let is_ours = match &before[..] {
            [] => true,
            [only] if *only == "beamish" => true,
            before => self.0.as_ref().is_some_and(|krate| {
                let krate = krate.segments.iter().map(|segment| &segment.ident);
                krate.eq(before.iter().copied())
            }),
        };
        is_ours.then_some(last)
    }

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
