//! From tokens to the tree. A broken header ends the reading; in the body each entry and each child stands for itself.

mod child;
mod keys;

use child::children;
use keys::TREE_KEYS;
use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, Lit, Pat, Stmt, Token, Type, braced, parenthesized, token};

use super::ast::{Arg, AutoShutdown, Body, Limits, Strategy, Tree, is_ident};
use super::entries;
use crate::diagnostic::{Diagnostics, here};
use crate::fragment;
use crate::krate::Krate;

const STRATEGIES: [(&str, Strategy); 3] = [
    ("one_for_one", Strategy::OneForOne),
    ("one_for_all", Strategy::OneForAll),
    ("rest_for_one", Strategy::RestForOne),
];
const AUTO_SHUTDOWNS: [(&str, AutoShutdown); 3] = [
    ("never", AutoShutdown::Never),
    ("any_significant", AutoShutdown::AnySignificant),
    ("all_significant", AutoShutdown::AllSignificant),
];

impl Tree {
    pub(crate) fn parse(
        input: ParseStream<'_>,
        diagnostics: &mut Diagnostics,
    ) -> syn::Result<Self> {
        let krate = Krate::parse_line(input)?;
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !input.peek(syn::Ident) {
            return Err(here(
                input,
                "the name of the tree is expected here; write `supervisor! { pub Name { … } }`",
            ));
        }
        let name: Ident = input.parse()?;
        if input.peek(Token![<]) {
            return Err(here(input, "a tree is not generic; remove the parameters"));
        }
        let args = if input.peek(token::Paren) {
            args(input, diagnostics)?
        } else {
            Vec::new()
        };
        if !input.peek(token::Brace) {
            return Err(here(
                input,
                format!(
                    "`{{` is expected here; write `{name} {{ strategy: one_for_one, children: [ … ] }}`"
                ),
            ));
        }
        let content;
        braced!(content in input);
        let body = body(&content, true, diagnostics);
        if !input.is_empty() {
            diagnostics.absorb::<()>(Err(here(
                input,
                "one `supervisor!` is one tree; write another `supervisor!` for this",
            )));
            input.parse::<proc_macro2::TokenStream>()?;
        }
        Ok(Self {
            krate,
            attrs,
            vis,
            name,
            args,
            body,
        })
    }
}

fn args(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Vec<Arg>> {
    let content;
    parenthesized!(content in input);
    let mut args = Vec::new();
    while !content.is_empty() {
        let pattern = content.call(Pat::parse_single)?;
        if !content.peek(Token![:]) {
            return Err(syn::Error::new_spanned(
                pattern,
                "an argument needs a type; write `config: Config`",
            ));
        }
        content.parse::<Token![:]>()?;
        let ty = content.parse()?;
        if let Type::ImplTrait(_) = fragment::ty(&ty) {
            diagnostics.at(
                &ty,
                "an argument of a tree has one type, and this has no name; write the type, or `Box<dyn …>`",
            );
        }
        entries::comma(&content)?;
        match is_ident(&pattern) {
            Some(pattern) => args.push(Arg {
                mutability: pattern.mutability,
                name: pattern.ident.clone(),
                ty,
            }),
            None => diagnostics.at(
                &pattern,
                "an argument is lent to the children by its name; write `name: Type`",
            ),
        }
    }
    Ok(args)
}

/// The body of a tree; only an outermost one has `let` lines.
fn body(input: ParseStream<'_>, is_outermost: bool, diagnostics: &mut Diagnostics) -> Body {
    let mut body = Body::default();
    let mut seen = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![let]) {
            lets(input, is_outermost, &seen, &mut body, diagnostics);
            continue;
        }
        entries::read_one(
            input,
            &TREE_KEYS,
            &mut seen,
            diagnostics,
            |key, input, diagnostics| {
                match key.to_string().as_str() {
                    "strategy" => body.strategy = Some(entries::word(key, input, &STRATEGIES)?.1),
                    "auto_shutdown" => {
                        body.auto_shutdown = Some(entries::word(key, input, &AUTO_SHUTDOWNS)?);
                    }
                    "children" => body.children = children(input, diagnostics)?,
                    _ => limit(&mut body.limits, key, input)?,
                }
                Ok(())
            },
        );
    }
    body.keys = seen;
    body
}

fn lets(
    input: ParseStream<'_>,
    is_outermost: bool,
    seen: &[Ident],
    body: &mut Body,
    diagnostics: &mut Diagnostics,
) {
    let Some(statement) = diagnostics.absorb(input.parse::<Stmt>()) else {
        entries::skip(input);
        return;
    };
    let Stmt::Local(line) = statement else { return };
    if !is_outermost {
        diagnostics.at(
            line.let_token,
            "a nested tree has no `let` lines; move this one to the top of the tree",
        );
    } else if seen.iter().any(|key| key == "children") {
        diagnostics.at(
            line.let_token,
            "`let` lines stand before `children`; move this one up",
        );
    } else {
        body.lets.push(line);
    }
}

/// `name`, `max_restarts`, `max_seconds`.
fn limit(limits: &mut Limits, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    let value = value(key, input)?;
    let slot = match key.to_string().as_str() {
        "max_restarts" => &mut limits.max_restarts,
        "max_seconds" => &mut limits.max_seconds,
        _ => {
            let is_name = match fragment::expr(&value) {
                Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)),
                other => matches!(other, Expr::Path(_)),
            };
            if !is_name {
                return Err(syn::Error::new_spanned(
                    value,
                    "a name is a string or a constant; write `name: \"…\"`",
                ));
            }
            &mut limits.name
        }
    };
    *slot = Some(value);
    Ok(())
}

/// An expression; a literal is checked here, where the message can say more than the compiler's.
fn value(key: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    let value: Expr = input.parse()?;
    let is_count = key != "name" && key != "id";
    match fragment::expr(&value) {
        Expr::Lit(literal) if is_count => match &literal.lit {
            Lit::Int(number)
                if matches!(number.suffix(), "s" | "ms" | "min" | "h" | "us" | "ns") =>
            {
                let message = if key == "max_seconds" {
                    format!(
                        "`max_seconds` counts whole seconds; write `{key}: {}`",
                        number.base10_digits()
                    )
                } else {
                    format!(
                        "`{key}` is a count and has no unit; write `{key}: {}`",
                        number.base10_digits()
                    )
                };
                Err(syn::Error::new_spanned(literal, message))
            }
            Lit::Int(_) => Ok(value),
            other => Err(syn::Error::new_spanned(
                other,
                format!("`{key}` is a whole number; write `{key}: 3`"),
            )),
        },
        Expr::Unary(unary) if is_count && matches!(unary.op, syn::UnOp::Neg(_)) => Err(
            syn::Error::new_spanned(unary, format!("`{key}` is not negative; write `{key}: 3`")),
        ),
        _ => Ok(value),
    }
}
