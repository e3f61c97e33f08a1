//! The arms as written.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Pat, Token, Type};

use crate::diagnostic::here;
use crate::duration::{Duration, EXAMPLES};
use crate::fragment;
use crate::krate::Krate;

mod keyword {
    syn::custom_keyword!(after);
    syn::custom_keyword!(infinity);
}

#[derive(Debug)]
pub(crate) struct Receive {
    pub(crate) krate: Krate,
    pub(crate) arms: Vec<Arm>,
    pub(crate) after: Option<After>,
}

/// `pattern: Type if guard => body`.
#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) pattern: Pat,
    pub(crate) ty: Option<Type>,
    pub(crate) guard: Option<Expr>,
    pub(crate) body: Expr,
}

/// `after 500ms => body`; no duration is `infinity`.
#[derive(Debug)]
pub(crate) struct After {
    pub(crate) duration: Option<Duration>,
    pub(crate) body: Expr,
}

impl Receive {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = Krate::parse_line(input)?;
        if input.is_empty() {
            return Err(syn::Error::new(
                Span::call_site(),
                "`receive!` needs an arm; write `pattern: Type => body` or `after 500ms => body`",
            ));
        }
        let mut receive = Self {
            krate,
            arms: Vec::new(),
            after: None,
        };
        while !input.is_empty() {
            let is_after = input.peek(keyword::after) && !input.peek2(Token![:]);
            if receive.after.is_some() {
                let message = if is_after {
                    "this `receive!` has an `after` already; remove one of the two"
                } else {
                    "`after` is the last arm; move this one before it"
                };
                return Err(here(input, message));
            }
            if is_after {
                receive.after = Some(After::parse(input)?);
            } else {
                receive.arms.push(Arm::parse(input)?);
            }
        }
        Ok(receive)
    }
}

impl Arm {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let cfgs = input.call(Attribute::parse_outer)?;
        let pattern = input.call(Pat::parse_multi_with_leading_vert)?;
        let ty = if input.parse::<Option<Token![:]>>()?.is_some() {
            Some(input.parse()?)
        } else {
            None
        };
        let guard = if input.parse::<Option<Token![if]>>()?.is_some() {
            Some(input.parse()?)
        } else {
            None
        };
        if !input.peek(Token![=>]) {
            return Err(no_arrow(input, ty.is_some()));
        }
        let body = body(input)?;
        Ok(Self {
            cfgs,
            pattern,
            ty,
            guard,
            body,
        })
    }
}

/// Where `=>` is missing.
fn no_arrow(input: ParseStream<'_>, has_type: bool) -> syn::Error {
    let arrow = input.fork().parse::<Token![->]>();
    if let (Ok(arrow), true) = (arrow, has_type) {
        return syn::Error::new_spanned(
            arrow,
            "an arm is `pattern: Type => body`; write `=>` in place of `->`",
        );
    }
    let expected = if has_type {
        "`=> body` here, or a guard `if …` before it"
    } else {
        "`: Type => body` here"
    };
    here(
        input,
        format!("an arm is `pattern: Type => body`; write {expected}"),
    )
}

impl After {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse::<keyword::after>()?;
        let duration = if input.parse::<Option<keyword::infinity>>()?.is_some() {
            None
        } else if Duration::peek(input) {
            Some(input.parse()?)
        } else {
            return Err(here(
                input,
                format!("a duration is expected here; write {EXAMPLES}"),
            ));
        };
        if !input.peek(Token![=>]) {
            return Err(here(
                input,
                "`after` is written `after 500ms => body`; write `=> body` here",
            ));
        }
        Ok(Self {
            duration,
            body: body(input)?,
        })
    }
}

/// `=> body,`; as in a `match`, a block needs no comma.
fn body(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=>]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(here(
            input,
            "the body of this arm is missing; write `=> body`",
        ));
    }
    let body = Expr::parse_with_earlier_boundary_rule(input)?;
    let comma = input.parse::<Option<Token![,]>>()?;
    let is_block = matches!(
        fragment::expr(&body),
        Expr::Block(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Loop(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Unsafe(_)
    );
    if comma.is_none() && !is_block && !input.is_empty() {
        return Err(syn::Error::new(
            body.span(),
            "arms are separated by commas; write `,` after this one",
        ));
    }
    Ok(body)
}
