//! `supervisor!`: a tree as a type, with the children as expressions.

mod ast;
mod entries;
mod expand;
mod fallback;
mod parse;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{ParseStream, Parser};

use crate::diagnostic::Diagnostics;

pub(crate) fn supervisor(input: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let parsed = (|input: ParseStream<'_>| ast::Tree::parse(input, &mut diagnostics)).parse2(input);
    let Some(tree) = diagnostics.absorb(parsed) else {
        return diagnostics.finish();
    };
    let checked = validate::validate(&tree, &mut diagnostics);
    let errors = diagnostics.finish();
    let written = match checked {
        Some(checked) if errors.is_empty() => expand::expand(&checked),
        _ => fallback::expand(&tree),
    };
    quote!(#written #errors)
}
