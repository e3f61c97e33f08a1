//! Where rustc shows what is wrong with tokens that we write, hidden from editors.
//!
//! An editor takes each token of an expansion that has the range of a word for that word: its hover would show all of
//! them, and "go to definition" would ask which is meant. An empty range is no word's. So what is written for a place
//! begins just before it and ends just behind it, and what rustc underlines is all from the one to the other.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote_spanned;

/// A part of the user's source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(Span);

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self(span)
    }
}

impl Place {
    /// The empty span before it.
    pub(crate) fn before(self) -> Span {
        // Unit tests are no macro; nothing shows their spans.
        if proc_macro::is_available() {
            self.0.unwrap().start().into()
        } else {
            self.0
        }
    }

    /// The empty span behind it.
    pub(crate) fn behind(self) -> Span {
        if proc_macro::is_available() {
            self.0.unwrap().end().into()
        } else {
            self.0
        }
    }

    /// The call of `function` at this place: what its bounds ask is asked here too.
    pub(crate) fn call(self, function: TokenStream, arguments: &TokenStream) -> TokenStream {
        let function = self.end(function);
        self.end(quote_spanned!(self.before()=> #function(#arguments)))
    }

    /// `tokens`, which have the span [`before`](Self::before), with the last one behind the place.
    pub(crate) fn end(self, tokens: TokenStream) -> TokenStream {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
        if let Some(last) = tokens.last_mut() {
            last.set_span(self.behind());
        }
        tokens.into_iter().collect()
    }
}
