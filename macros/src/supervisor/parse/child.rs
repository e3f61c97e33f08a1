//! The children of a tree.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Expr, LitBool, Token, braced, bracketed, token};

use super::keys::{CHILD_KEYS, DYNAMIC_KEYS};
use super::{body, limit, value};
use crate::diagnostic::{Diagnostics, here};
use crate::supervisor::ast::{Child, ChildKind, ChildOptions, Dynamic, is_type};
use crate::supervisor::entries;
use crate::vocabulary::{RESTARTS, Shutdown};

mod keyword {
    syn::custom_keyword!(supervisor);
    syn::custom_keyword!(dynamic);
}

pub(super) fn children(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Vec<Child>> {
    if !input.peek(token::Bracket) {
        return Err(here(
            input,
            "children stand in brackets; write `children: [ … ]`",
        ));
    }
    let content;
    bracketed!(content in input);
    let mut children = Vec::new();
    while !content.is_empty() {
        let child = child(&content, diagnostics).and_then(|child| {
            comma_after_child(&content)?;
            Ok(child)
        });
        match diagnostics.absorb(child) {
            Some(child) => children.push(child),
            None => entries::skip(&content),
        }
    }
    Ok(children)
}

fn comma_after_child(content: ParseStream<'_>) -> syn::Result<()> {
    if content.is_empty() {
        return Ok(());
    }
    content.parse::<Token![,]>().map(drop).map_err(|error| {
        syn::Error::new(
            error.span(),
            "children are separated by commas; write `,` before this one",
        )
    })
}

fn child(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Child> {
    let cfgs = input.call(Attribute::parse_outer)?;
    for attr in cfgs.iter().filter(|attr| !attr.path().is_ident("cfg")) {
        diagnostics.at(
            attr,
            "a child takes no attribute but `#[cfg]`; remove this one",
        );
    }
    let kind = if input.peek(Token![..]) {
        input.parse::<Token![..]>()?;
        ChildKind::Spread(input.parse()?)
    } else if input.peek(keyword::supervisor) && input.peek2(Ident::peek_any) {
        input.parse::<keyword::supervisor>()?;
        let name = input.parse()?;
        let content = braces(input, "supervisor", &name)?;
        ChildKind::Nested(name, Box::new(body(&content, false, diagnostics)))
    } else if input.peek(keyword::dynamic) && input.peek2(Ident::peek_any) {
        input.parse::<keyword::dynamic>()?;
        let name = input.parse()?;
        let content = braces(input, "dynamic", &name)?;
        ChildKind::Dynamic(name, Box::new(dynamic(&content, diagnostics)))
    } else {
        ChildKind::Start(start(input, diagnostics)?)
    };
    let options = if input.peek(token::Brace) {
        child_options(input, diagnostics)?
    } else {
        ChildOptions::default()
    };
    Ok(Child {
        cfgs,
        kind,
        options,
    })
}

/// The expression of a child. `Cache { … }` would be a struct literal, and here are its options.
fn start(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Expr> {
    let expr = Expr::parse_without_eager_brace(input)?;
    match &expr {
        Expr::Path(path) => {
            let spelled = crate::spelling::spelled(path);
            let call = if is_type(&path.path) {
                "::start_link()"
            } else {
                "()"
            };
            diagnostics.at(
                path,
                format!("a child is an expression that starts it; write `{spelled}{call}`"),
            );
            // An editor completes it.
            Ok(expr)
        }
        Expr::Lit(_) | Expr::Tuple(_) => Err(syn::Error::new_spanned(
            expr,
            "a child is an expression that starts it; write `Cache::start_link()`",
        )),
        Expr::Await(expr) => Err(syn::Error::new_spanned(
            expr.await_token,
            "the supervisor awaits the start of its child; remove `.await`",
        )),
        _ => Ok(expr),
    }
}

fn braces<'a>(
    input: ParseStream<'a>,
    word: &str,
    name: &Ident,
) -> syn::Result<syn::parse::ParseBuffer<'a>> {
    if !input.peek(token::Brace) {
        return Err(here(
            input,
            format!("`{{` is expected here; write `{word} {name} {{ … }}`"),
        ));
    }
    let content;
    braced!(content in input);
    Ok(content)
}

fn dynamic(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> Dynamic {
    let mut dynamic = Dynamic::default();
    entries::read(input, &DYNAMIC_KEYS, diagnostics, |key, input, _| {
        if key == "max_children" {
            dynamic.max_children = Some(value(key, input)?);
            return Ok(());
        }
        limit(&mut dynamic.limits, key, input)
    });
    dynamic
}

fn child_options(
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<ChildOptions> {
    let content;
    let braces = braced!(content in input);
    let mut options = ChildOptions {
        place: Some(braces.span.join()),
        ..ChildOptions::default()
    };
    entries::read(&content, &CHILD_KEYS, diagnostics, |key, input, _| {
        match key.to_string().as_str() {
            "id" => options.id = Some(value(key, input)?),
            "restart" => options.restart = Some(entries::word(key, input, &RESTARTS)?),
            "shutdown" => options.shutdown = Some(Shutdown::parse(input)?),
            _ => {
                let value: LitBool = input.parse().map_err(|error| {
                    syn::Error::new(
                        error.span(),
                        format!("`{key}` is `true` or `false`; write `{key}: true`"),
                    )
                })?;
                options.significant = Some((key.span(), value.value));
            }
        }
        Ok(())
    });
    Ok(options)
}
