//! `receive!`: selective receive in two stages.
//!
//! Stage one is a closure that tries each message against the patterns and moves the bindings out. Stage two runs the
//! body, outside of any closure or loop, so that it may await, use `?`, and break or return.

mod ast;
mod expand;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

use crate::diagnostic::Diagnostics;

pub(crate) fn receive(input: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let parsed = ast::Receive::parse.parse2(input);
    let checked = diagnostics
        .absorb(parsed)
        .and_then(|receive| validate::validate(receive, &mut diagnostics));
    match checked {
        Some(checked) => expand::expand(&checked),
        None => {
            let errors = diagnostics.finish();
            // Of any type, so that what is done with the value is not an error as well.
            quote!({ #errors #[allow(clippy::empty_loop)] loop {} })
        }
    }
}
