//! The collector of messages: every independent mistake of one expansion is reported in one compile.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::ParseStream;

/// The mistakes found so far.
#[derive(Debug, Default)]
#[must_use = "a mistake that is not reported is lost"]
pub(crate) struct Diagnostics {
    error: Option<syn::Error>,
}

impl Diagnostics {
    /// Reports `message` at `span`.
    pub(crate) fn push(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Reports `message` under all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Reports an error of the parser, if that is what `result` is.
    pub(crate) fn absorb<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(error);
                None
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.error.is_none()
    }

    /// The mistakes as `compile_error!` items; nothing if there were none.
    pub(crate) fn finish(self) -> TokenStream {
        self.error
            .map(|error| error.to_compile_error())
            .unwrap_or_default()
    }

    fn add(&mut self, error: syn::Error) {
        match &mut self.error {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }
}

/// `message` where `input` stands; at its end, where it is closed.
pub(crate) fn here(input: ParseStream<'_>, message: impl Display) -> syn::Error {
    syn::Error::new(input.span(), message)
}

/// "… ; write `near` (accepted: …)" for a word that is not among `accepted`.
///
/// `what` ends the sentence "`word` is not", as in "an option of `#[genserver]`".
pub(crate) fn unknown(word: &str, what: &str, accepted: &[&str]) -> String {
    unknown_beside(word, what, accepted, "")
}

/// [`unknown`] where more than words is accepted: `more` ends the list.
pub(crate) fn unknown_beside(word: &str, what: &str, accepted: &[&str], more: &str) -> String {
    let list = list(accepted) + more;
    match near_miss(word, accepted) {
        Some(near) => format!("`{word}` is not {what}; write `{near}` (accepted: {list})"),
        None => format!("`{word}` is not {what}; accepted: {list}"),
    }
}

/// The words in backticks, separated by commas.
pub(crate) fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The word that was probably meant: at most two edits away, or else the only one that `word` is the start or a part of.
pub(crate) fn near_miss<'a>(word: &str, accepted: &[&'a str]) -> Option<&'a str> {
    let budget = match word.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        _ => 2,
    };
    accepted
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= budget)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
        .or_else(|| longer(word, accepted))
}

/// The only one that begins with `word` or has it as one of its parts: `worker_threads` for `workers` or `threads`.
fn longer<'a>(word: &str, accepted: &[&'a str]) -> Option<&'a str> {
    if word.chars().count() < 4 {
        return None;
    }
    let has_it = |candidate: &str| {
        let mut parts = candidate.split('_');
        candidate.contains('_')
            && (candidate.starts_with(word) || parts.any(|part| distance(part, word) <= 1))
    };
    let mut found = accepted.iter().filter(|candidate| has_it(candidate));
    match (found.next(), found.next()) {
        (Some(candidate), None) => Some(candidate),
        _ => None,
    }
}

/// Levenshtein's distance.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut next = vec![above + 1];
        let mut last = above + 1;
        for (to, pair) in right.iter().zip(row.windows(2)) {
            let [diagonal, up] = pair else { continue };
            last = (diagonal + usize::from(from != *to))
                .min(up + 1)
                .min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{near_miss, unknown};

    #[test]
    fn a_near_miss_is_offered_and_nothing_far() {
        let words = ["permanent", "transient", "temporary"];
        assert_eq!(near_miss("transent", &words), Some("transient"));
        assert_eq!(near_miss("temprary", &words), Some("temporary"));
        assert_eq!(near_miss("never", &words), None);
        assert_eq!(near_miss("ab", &["ac"]), None);
        assert_eq!(near_miss("idd", &["id", "restart"]), Some("id"));
    }

    #[test]
    fn a_part_of_one_word_only_is_a_near_miss() {
        let words = ["flavor", "worker_threads", "crate"];
        assert_eq!(near_miss("workers", &words), Some("worker_threads"));
        assert_eq!(near_miss("threads", &words), Some("worker_threads"));
        let words = ["wait", "drop_oldest", "drop_newest"];
        assert_eq!(near_miss("drop_old", &words), Some("drop_oldest"));
        assert_eq!(near_miss("drop", &words), None);
    }

    #[test]
    fn the_accepted_words_are_listed() {
        assert_eq!(
            unknown("x", "a word", &["one", "two"]),
            "`x` is not a word; accepted: `one`, `two`"
        );
        assert_eq!(
            unknown("twoo", "a word", &["one", "two"]),
            "`twoo` is not a word; write `two` (accepted: `one`, `two`)"
        );
    }
}
