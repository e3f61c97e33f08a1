//! `key: value` entries, separated by commas; a mistake in one does not hide those in the others.

use proc_macro2::{Ident, Span, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use crate::diagnostic::{Diagnostics, here, unknown};

/// The key of an entry, and what may stand there.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Ends the sentence "`word` is not".
    pub(crate) what: &'static str,
    pub(crate) accepted: &'static [&'static str],
    /// The message for a key that has its place elsewhere.
    pub(crate) elsewhere: fn(&str) -> Option<&'static str>,
}

/// Reads entries up to the end of `input`; `read` is given each known key, and reads its value.
pub(crate) fn read(
    input: ParseStream<'_>,
    keys: &Keys,
    diagnostics: &mut Diagnostics,
    mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Diagnostics) -> syn::Result<()>,
) {
    let mut seen = Vec::new();
    while !input.is_empty() {
        read_one(input, keys, &mut seen, diagnostics, &mut read);
    }
}

/// Reads one entry and its comma. Its key goes to `seen`, rightly filled in or not.
pub(crate) fn read_one(
    input: ParseStream<'_>,
    keys: &Keys,
    seen: &mut Vec<Ident>,
    diagnostics: &mut Diagnostics,
    read: impl FnOnce(&Ident, ParseStream<'_>, &mut Diagnostics) -> syn::Result<()>,
) {
    let entry = entry(input, keys, seen, diagnostics).and_then(|key| {
        if let Some(key) = key {
            seen.push(key.clone());
            read(&key, input, diagnostics)?;
            comma(input)?;
        }
        Ok(())
    });
    if diagnostics.absorb(entry).is_none() {
        skip(input);
    }
}

/// One key and its colon; nothing for one that was refused, and skipped.
fn entry(
    input: ParseStream<'_>,
    keys: &Keys,
    seen: &[Ident],
    diagnostics: &mut Diagnostics,
) -> syn::Result<Option<Ident>> {
    if !input.peek(Ident::peek_any) {
        let accepted = crate::diagnostic::list(keys.accepted);
        return Err(here(
            input,
            format!("`key: value` is expected here; accepted: {accepted}"),
        ));
    }
    let key = input.call(Ident::parse_any)?;
    let word = key.to_string();
    let mut refuse = |message: String| {
        diagnostics.push(key.span(), message);
        skip(input);
        Ok(None)
    };
    if seen.contains(&key) {
        return refuse(format!("`{word}` is given twice; remove this one"));
    }
    if !keys.accepted.contains(&word.as_str()) {
        let elsewhere = (keys.elsewhere)(&word).map(str::to_owned);
        return refuse(elsewhere.unwrap_or_else(|| unknown(&word, keys.what, keys.accepted)));
    }
    if !input.peek(Token![:]) {
        return refuse(format!("`{word}` needs a value; write `{word}: …`"));
    }
    input.parse::<Token![:]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return refuse(format!("`{word}` needs a value; write `{word}: …`"));
    }
    Ok(Some(key))
}

/// A comma, or the end.
pub(crate) fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    input.parse::<Token![,]>().map(drop).map_err(|error| {
        syn::Error::new(
            error.span(),
            "a comma is expected here; write `,` before this",
        )
    })
}

/// Goes on after the next comma.
pub(crate) fn skip(input: ParseStream<'_>) {
    while !input.is_empty() {
        if input
            .parse::<Option<Token![,]>>()
            .is_ok_and(|comma| comma.is_some())
        {
            return;
        }
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// One of `words`, after the key `key`.
pub(crate) fn word<T: Copy>(
    key: &Ident,
    input: ParseStream<'_>,
    words: &[(&str, T)],
) -> syn::Result<(Ident, T)> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let refuse = |span: Span, word: &str| {
        Err(syn::Error::new(
            span,
            unknown(word, &format!("a value of `{key}`"), &names),
        ))
    };
    if !input.peek(Ident::peek_any) {
        let token: TokenTree = input.parse()?;
        let written = token.to_string();
        let plain = written.trim_matches('"');
        if names.contains(&plain) {
            let message = format!("{written} is a word, not a string; write `{key}: {plain}`");
            return Err(syn::Error::new(token.span(), message));
        }
        return refuse(token.span(), plain);
    }
    let word = input.call(Ident::parse_any)?;
    match words.iter().find(|(name, _)| word == name) {
        Some((_, value)) => Ok((word, *value)),
        None => refuse(word.span(), &word.to_string()),
    }
}
