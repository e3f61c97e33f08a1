//! What can be said of tokens without parsing them.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// `Vec<u8>`, where the tokens alone would print `Vec < u8 >`.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    let printed = tokens.to_token_stream().to_string();
    let mut text = String::new();
    for word in printed.split(' ') {
        let is_glued = text.is_empty()
            || word.starts_with([',', '>', ')', ';', ']', '.', '<', ':', '?'])
            || (word.starts_with('(') && !text.ends_with([',', '=', '>', '+']))
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

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::spelled;

    #[test]
    fn tokens_are_spelled_as_a_person_would() {
        assert_eq!(spelled(&quote!(Vec<u8>)), "Vec<u8>");
        assert_eq!(
            spelled(&quote!(HashMap<String, (u8, [u64; 2])>)),
            "HashMap<String, (u8, [u64; 2])>"
        );
        assert_eq!(spelled(&quote!(&'static str)), "&'static str");
        assert_eq!(spelled(&quote!(Message::Ping(x))), "Message::Ping(x)");
        assert_eq!(
            spelled(&quote!(dyn Fn(u8) -> (u8, u8) + Send)),
            "dyn Fn(u8) -> (u8, u8) + Send"
        );
        assert_eq!(
            spelled(&quote!(impl Iterator<Item = (u8, u8)>)),
            "impl Iterator<Item = (u8, u8)>"
        );
        assert_eq!(spelled(&quote!(std::rc::Rc<u64>)), "std::rc::Rc<u64>");
    }
}
