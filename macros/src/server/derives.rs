//! What the message and reply enums derive: `message(derive(Clone, Serialize))`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::token::Paren;
use syn::{Ident, Path, Token};

use crate::attr::Settings;
use crate::diagnostic::{Diagnostics, here, near_miss};
use crate::spelling::spelled;

/// The derives of one enum; writes their attribute.
#[derive(Debug, Default)]
pub(crate) struct Derives(Vec<Path>);

impl Derives {
    /// Takes the option `key`, which is `message` or `reply`.
    pub(crate) fn take(settings: &mut Settings, key: &str, diagnostics: &mut Diagnostics) -> Self {
        let list = settings
            .take(key)
            .and_then(|setting| setting.list("derive(…)", diagnostics));
        let Some(list) = list else {
            return Self::default();
        };
        if list.stream().is_empty() {
            diagnostics.at(
                list,
                format!("nothing is asked of the enum; write `{key}(derive(Clone))`"),
            );
            return Self::default();
        }
        let read = (|input: ParseStream<'_>| read(input, key)).parse2(list.stream());
        diagnostics.absorb(read).map(Self).unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `Debug` is among them.
    pub(crate) fn has_debug(&self) -> bool {
        let mut last = self.0.iter().filter_map(|path| path.segments.last());
        last.any(|last| last.ident == "Debug")
    }
}

/// `derive(A, B)`, once or several times.
fn read(input: ParseStream<'_>, key: &str) -> syn::Result<Vec<Path>> {
    let mut derives = Vec::new();
    while !input.is_empty() {
        let word: Path = input
            .call(Path::parse_mod_style)
            .map_err(|error| not_derive(error.span(), key))?;
        if !word.is_ident("derive") {
            return Err(unknown(&word, key));
        }
        if !input.peek(Paren) {
            return Err(syn::Error::new_spanned(
                word,
                format!("`derive` is a list; write `{key}(derive(Clone))`"),
            ));
        }
        let list;
        syn::parenthesized!(list in input);
        while !list.is_empty() {
            derives.push(list.call(Path::parse_mod_style).map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "a derive is named by its path; write `derive(Clone, serde::Serialize)`",
                )
            })?);
            if !list.is_empty() && list.parse::<Option<Token![,]>>()?.is_none() {
                return Err(here(
                    &list,
                    "derives are separated by commas; write `derive(Clone, Debug)`",
                ));
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(derives)
}

fn not_derive(span: proc_macro2::Span, key: &str) -> syn::Error {
    syn::Error::new(
        span,
        format!("not an option of `{key}`; write `{key}(derive(Clone))`"),
    )
}

/// A word that is not `derive`: it is taken for the name of a derive, unless it is nearly the word.
fn unknown(word: &Path, key: &str) -> syn::Error {
    let text = spelled(word);
    let is_word = |word: &Ident| near_miss(&word.to_string(), &["derive"]).is_some();
    let meant = if word.get_ident().is_some_and(is_word) {
        "derive(…)".to_owned()
    } else {
        format!("derive({text})")
    };
    syn::Error::new_spanned(
        word,
        format!(
            "`{text}` is not an option of `{key}`; write `{key}({meant})` (accepted: `derive`)"
        ),
    )
}

impl ToTokens for Derives {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let paths = &self.0;
        if !paths.is_empty() {
            tokens.extend(quote!(#[derive(#(#paths),*)]));
        }
    }
}
