//! The identifiers that are made from the user's.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

use crate::place::Place;

/// The client type: `Counter` → `CounterRef`.
pub(crate) fn reference(server: &Ident) -> Ident {
    suffixed(server, "Ref")
}

/// The message enum: `Counter` → `CounterMessage`.
pub(crate) fn message(server: &Ident) -> Ident {
    suffixed(server, "Message")
}

/// The client's trait: `Counter` → `CounterClient`.
pub(crate) fn client(server: &Ident) -> Ident {
    suffixed(server, "Client")
}

/// The reply enum: `Counter` → `CounterReply`.
pub(crate) fn reply(server: &Ident) -> Ident {
    suffixed(server, "Reply")
}

/// The empty enum in the hidden variant of one that derives: `CounterMessage` → `__CounterMessageNever`.
pub(crate) fn never(name: &Ident) -> Ident {
    format_ident!("__{name}Never", span = name.span())
}

fn suffixed(server: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", server.unraw()), beside(server))
}

/// The variant of a handler: `store_all` → `StoreAll`.
///
/// It does not have the handler's span, or editors would colour the function as a variant.
pub(crate) fn variant(handler: &Ident) -> Ident {
    let mut name = String::new();
    for word in handler.unraw().to_string().split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            // `get_1` and `get1` must not meet.
            if first.is_ascii_digit() && !name.is_empty() {
                name.push('_');
            }
            name.extend(first.to_uppercase());
            name.extend(letters);
        }
    }
    if name.is_empty() || name == "Self" {
        name.push('_');
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    Ident::new(&name, beside(handler))
}

/// Just before `ident`: where an editor goes for the definition of what is named after it.
fn beside(ident: &Ident) -> Span {
    Span::call_site().located_at(Place::from(ident.span()).before())
}

/// `Worker` → `worker`, for words in messages that quote an example.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

#[cfg(test)]
mod tests {
    use super::{format_ident, variant};

    #[test]
    fn variants_are_in_camel_case_and_never_a_keyword() {
        let cases = [
            ("get", "Get"),
            ("store_all", "StoreAll"),
            ("_hidden", "Hidden"),
            ("get_1", "Get_1"),
            ("get1", "Get1"),
            ("self_", "Self_"),
            ("r#match", "Match"),
        ];
        for (handler, expected) in cases {
            let handler = match handler.strip_prefix("r#") {
                Some(raw) => proc_macro2::Ident::new_raw(raw, proc_macro2::Span::call_site()),
                None => format_ident!("{handler}"),
            };
            assert_eq!(variant(&handler), expected);
        }
    }
}
