//! What can be said of tokens without parsing them.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// `Vec<u8>`, where the tokens alone would print `Vec < u8 >`.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    let printed = tokens.to_token_stream().to_string();
    let mut text = String::new();
    for word in printed.split(' ') {
        let is_glued = text.is_empty()
            || word.starts_with([',', '>', ')', ';', ']', '.', '<', ':', '(', '?'])
            || text.ends_with(['<', '(', '[', '&', '.'])
            || text.ends_with("::");
        if !is_glued {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Whether `ident` occurs in `tokens`.
pub(crate) fn mentions(tokens: &TokenStream, ident: &Ident) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(found) => found == *ident,
        TokenTree::Group(group) => mentions(&group.stream(), ident),
        _ => false,
    })
}
