//! The options of an attribute: `key`, `key = value`, `key(list)`, separated by commas.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::token::Paren;
use syn::{LitBool, LitInt, LitStr, Token};

use crate::diagnostic::{Diagnostics, here, list, near_miss, unknown};
use crate::krate::Krate;

/// One option as written; it keeps the spans of its key and of its value.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) key: Ident,
    value: Option<TokenStream>,
    list: Option<Group>,
}

/// The options of one attribute, each key at most once.
#[derive(Debug, Default)]
pub(crate) struct Settings(Vec<Setting>);

impl Settings {
    /// Reads `tokens`; a mistake in their form ends the reading, the options before it count.
    pub(crate) fn read(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        Self::read_with_lists(tokens, &[], diagnostics)
    }

    /// As [`read`](Self::read); the options named by `lists` are written `key(…)`.
    pub(crate) fn read_with_lists(
        tokens: TokenStream,
        lists: &[&str],
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut settings: Vec<Setting> = Vec::new();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                let setting = Setting::parse(input, lists)?;
                if settings.iter().any(|earlier| earlier.key == setting.key) {
                    diagnostics.push(
                        setting.key.span(),
                        format!("`{}` is given twice; remove this one", setting.key),
                    );
                } else {
                    settings.push(setting);
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })
        .parse2(tokens);
        diagnostics.absorb(parsed);
        Self(settings)
    }

    /// Takes the option `key` out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Setting> {
        let index = self.0.iter().position(|setting| setting.key == key)?;
        Some(self.0.remove(index))
    }

    /// Takes `crate = "path"` out.
    pub(crate) fn krate(&mut self, diagnostics: &mut Diagnostics) -> Krate {
        let Some(setting) = self.take("crate") else {
            return Krate::default();
        };
        let text = setting.string(diagnostics);
        text.and_then(|text| diagnostics.absorb(Krate::read(&text)))
            .unwrap_or_default()
    }

    /// Reports what was not taken: `elsewhere` gives the message for a key that has its place in another attribute.
    pub(crate) fn rest(
        self,
        what: &str,
        accepted: &[&str],
        elsewhere: impl Fn(&str) -> Option<String>,
        diagnostics: &mut Diagnostics,
    ) {
        for setting in self.0 {
            let key = setting.key.unraw().to_string();
            let message = elsewhere(&key).unwrap_or_else(|| unknown(&key, what, accepted));
            diagnostics.push(setting.key.span(), message);
        }
    }
}

impl Setting {
    fn parse(input: ParseStream<'_>, lists: &[&str]) -> syn::Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(here(
                input,
                "an option is expected here; write `key` or `key = value`",
            ));
        }
        let key = input.call(Ident::parse_any)?;
        // Also of a near miss, whose key is then told to be wrong.
        if input.peek(Paren) && near_miss(&key.to_string(), lists).is_some() {
            return Ok(Self {
                key,
                value: None,
                list: Some(input.parse()?),
            });
        }
        if input.parse::<Option<Token![=]>>()?.is_none() {
            if input.is_empty() || input.peek(Token![,]) {
                return Ok(Self {
                    key,
                    value: None,
                    list: None,
                });
            }
            return Err(here(
                input,
                format!("an option is written `{key}` or `{key} = value`"),
            ));
        }
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<TokenTree>()?]);
        }
        if value.is_empty() {
            return Err(syn::Error::new(
                key.span(),
                format!("`{key}` has no value; write `{key} = value`"),
            ));
        }
        Ok(Self {
            key,
            value: Some(value),
            list: None,
        })
    }

    /// What stands in the parentheses of `key(…)`; `example` says what to write.
    pub(crate) fn list(&self, example: &str, diagnostics: &mut Diagnostics) -> Option<Group> {
        if self.list.is_none() {
            let message = format!("`{0}` is a list; write `{0}({example})`", self.key);
            match &self.value {
                Some(value) => diagnostics.at(value, message),
                None => diagnostics.push(self.span(), message),
            }
        }
        self.list.clone()
    }
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// The value, read as a `T`; `expected` says what to write.
    fn value<T: Parse>(&self, expected: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        let Some(value) = self.value.clone() else {
            diagnostics.push(
                self.span(),
                format!(
                    "`{}` needs a value; write `{} = {expected}`",
                    self.key, self.key
                ),
            );
            return None;
        };
        match syn::parse2(value.clone()) {
            Ok(value) => Some(value),
            Err(_) => {
                diagnostics.at(
                    value,
                    format!(
                        "this is no value of `{}`; write `{} = {expected}`",
                        self.key, self.key
                    ),
                );
                None
            }
        }
    }

    pub(crate) fn string(&self, diagnostics: &mut Diagnostics) -> Option<LitStr> {
        let word = self
            .value
            .clone()
            .and_then(|value| syn::parse2::<Ident>(value).ok());
        let expected = word.map_or_else(|| "\"…\"".to_owned(), |word| format!("\"{word}\""));
        self.value(&expected, diagnostics)
    }

    pub(crate) fn integer(&self, diagnostics: &mut Diagnostics) -> Option<LitInt> {
        self.value("4", diagnostics)
    }

    /// `key`, `key = true` or `key = false`.
    pub(crate) fn flag(&self, diagnostics: &mut Diagnostics) -> Option<bool> {
        if self.value.is_none() {
            return Some(true);
        }
        self.value::<LitBool>("true", diagnostics)
            .map(|value| value.value)
    }

    /// One of `words`.
    pub(crate) fn word<T: Copy>(
        &self,
        words: &[(&str, T)],
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let Some(value) = self.value.clone() else {
            let first = names.first().copied().unwrap_or_default();
            diagnostics.push(
                self.span(),
                format!(
                    "`{0}` needs a value; write `{0} = {first}` (accepted: {1})",
                    self.key,
                    list(&names)
                ),
            );
            return None;
        };
        let written = value.to_string();
        let plain = written.trim_matches('"');
        let found = words
            .iter()
            .find(|(name, _)| *name == written)
            .map(|(_, value)| *value);
        if found.is_none() {
            let what = format!("a value of `{}`", self.key);
            let message = if names.contains(&plain) {
                format!(
                    "{written} is a word, not a string; write `{} = {plain}`",
                    self.key
                )
            } else {
                unknown(plain, &what, &names)
            };
            diagnostics.at(value, message);
        }
        found
    }

    /// The value read by a parser of the caller's, whose errors are good enough to be shown.
    pub(crate) fn parse_with<T>(
        &self,
        expected: &str,
        parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
        diagnostics: &mut Diagnostics,
    ) -> Option<T> {
        let Some(value) = self.value.clone() else {
            diagnostics.push(
                self.span(),
                format!("`{0}` needs a value; write `{0} = {expected}`", self.key),
            );
            return None;
        };
        diagnostics.absorb(parser.parse2(value))
    }
}
