//! Durations as all macros read them: `5s`, `250ms`, `1.5min`, `0`, or `(an expression)`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Lit, Token, parenthesized, token};

use crate::diagnostic::{here, near_miss};
use crate::place::Place;

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", NANOS_PER_SEC),
    ("min", 60 * NANOS_PER_SEC),
    ("h", 3_600 * NANOS_PER_SEC),
];
const NAMES: [&str; 6] = ["ns", "us", "ms", "s", "min", "h"];
const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A length of time as written.
#[derive(Debug, Clone)]
pub(crate) enum Duration {
    Literal(core::time::Duration),
    Expr(Box<Expr>, Span),
}

/// What a value that may be endless accepts, for messages.
pub(crate) const EXAMPLES: &str = "`5s`, `250ms`, `2min` or `(an expression of type Duration)`";

impl Duration {
    /// Whether a duration can begin here, as opposed to a word.
    pub(crate) fn peek(input: ParseStream<'_>) -> bool {
        input.peek(Lit) || input.peek(token::Paren) || input.peek(Token![-])
    }
}

impl Parse for Duration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(token::Paren) {
            let content;
            let paren = parenthesized!(content in input);
            let expr: Expr = content.parse()?;
            if !content.is_empty() {
                return Err(here(
                    &content,
                    "only one expression is expected here; remove the rest",
                ));
            }
            return Ok(Self::Expr(Box::new(expr), paren.span.open()));
        }
        if input.peek(Token![-]) {
            return Err(here(
                input,
                format!("a duration is not negative; write {EXAMPLES}"),
            ));
        }
        if !input.peek(Lit) {
            return Err(here(
                input,
                format!("a duration is expected here; write {EXAMPLES}"),
            ));
        }
        match input.parse()? {
            Lit::Int(lit) => literal(lit.base10_digits(), lit.suffix(), lit.span()),
            Lit::Float(lit) => literal(lit.base10_digits(), lit.suffix(), lit.span()),
            other => Err(syn::Error::new_spanned(
                other,
                format!("this is not a duration; write {EXAMPLES}"),
            )),
        }
    }
}

fn literal(digits: &str, suffix: &str, span: Span) -> syn::Result<Duration> {
    let fail = |message: String| Err(syn::Error::new(span, message));
    if suffix.is_empty() {
        if digits == "0" {
            return Ok(Duration::Literal(core::time::Duration::ZERO));
        }
        return fail(format!(
            "this duration has no unit; write `{digits}ms` or `{digits}s`"
        ));
    }
    let Some((_, nanos)) = UNITS.iter().find(|(name, _)| *name == suffix) else {
        let meant = match suffix {
            "m" | "mins" | "minute" | "minutes" => Some("min"),
            "sec" | "secs" | "second" | "seconds" => Some("s"),
            "hr" | "hour" | "hours" => Some("h"),
            "msec" | "millis" => Some("ms"),
            other => near_miss(other, &NAMES),
        };
        let accepted = crate::diagnostic::list(&NAMES);
        return fail(match meant {
            Some(unit) => format!(
                "`{suffix}` is not a unit of time; write `{digits}{unit}` (accepted: {accepted})"
            ),
            None => format!("`{suffix}` is not a unit of time; accepted: {accepted}"),
        });
    };
    match scaled(digits, *nanos) {
        Some(duration) => Ok(Duration::Literal(duration)),
        None => {
            fail("this duration is too long; write `infinity` where no end is meant".to_owned())
        }
    }
}

fn scaled(digits: &str, unit: u64) -> Option<core::time::Duration> {
    let whole = |nanos: u128| {
        let seconds = u64::try_from(nanos / u128::from(NANOS_PER_SEC)).ok()?;
        let rest = u32::try_from(nanos % u128::from(NANOS_PER_SEC)).ok()?;
        Some(core::time::Duration::new(seconds, rest))
    };
    match digits.parse::<u128>() {
        Ok(count) => whole(count.checked_mul(u128::from(unit))?),
        Err(_) => {
            let seconds =
                digits.parse::<f64>().ok()? * core::time::Duration::from_nanos(unit).as_secs_f64();
            core::time::Duration::try_from_secs_f64(seconds).ok()
        }
    }
}

impl ToTokens for Duration {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let written = match self {
            Self::Literal(duration) => {
                let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
                let millis = u64::try_from(duration.as_millis());
                match (nanos, millis) {
                    (0, _) => quote!(::core::time::Duration::from_secs(#seconds)),
                    (_, Ok(millis)) if nanos % 1_000_000 == 0 => {
                        quote!(::core::time::Duration::from_millis(#millis))
                    }
                    _ => quote!(::core::time::Duration::new(#seconds, #nanos)),
                }
            }
            Self::Expr(expr, span) => {
                quote_spanned!(Place::from(*span).before()=> { let __duration: ::core::time::Duration = #expr; __duration })
            }
        };
        written.to_tokens(tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    fn nanos(text: &str) -> Option<u128> {
        match syn::parse_str(text) {
            Ok(Duration::Literal(duration)) => Some(duration.as_nanos()),
            _ => None,
        }
    }

    fn message(text: &str) -> String {
        match syn::parse_str::<Duration>(text) {
            Ok(duration) => panic!("`{text}` is read as {duration:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn literals_are_read_with_each_unit() {
        let cases = [
            ("0", 0),
            ("7ns", 7),
            ("7us", 7_000),
            ("250ms", 250_000_000),
            ("1_000ms", 1_000_000_000),
            ("5s", 5_000_000_000),
            ("2min", 120_000_000_000),
            ("1h", 3_600_000_000_000),
            ("0s", 0),
            ("1.5s", 1_500_000_000),
            ("0.5min", 30_000_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_expression_stands_in_parentheses() {
        assert!(matches!(
            syn::parse_str("(config.timeout)"),
            Ok(Duration::Expr(..))
        ));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            message("500"),
            "this duration has no unit; write `500ms` or `500s`"
        );
        let accepted = "(accepted: `ns`, `us`, `ms`, `s`, `min`, `h`)";
        assert_eq!(
            message("5m"),
            format!("`m` is not a unit of time; write `5min` {accepted}")
        );
        assert_eq!(
            message("5secs"),
            format!("`secs` is not a unit of time; write `5s` {accepted}")
        );
        assert_eq!(
            message("5parsec"),
            "`parsec` is not a unit of time; accepted: `ns`, `us`, `ms`, `s`, `min`, `h`"
        );
        assert_eq!(
            message("999999999999999999999h"),
            "this duration is too long; write `infinity` where no end is meant"
        );
        let examples = super::EXAMPLES;
        assert_eq!(
            message("-5s"),
            format!("a duration is not negative; write {examples}")
        );
        assert_eq!(
            message("\"5s\""),
            format!("this is not a duration; write {examples}")
        );
        assert_eq!(
            message("soon"),
            format!("a duration is expected here; write {examples}")
        );
        assert_eq!(
            message("(5s 6s)"),
            "only one expression is expected here; remove the rest"
        );
    }
}
