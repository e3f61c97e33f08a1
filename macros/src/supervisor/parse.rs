//! From tokens to the tree. A broken header ends the reading; in the body each entry and each child stands for itself.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{
    Attribute, Expr, Lit, LitBool, Pat, Stmt, Token, braced, bracketed, parenthesized, token,
};

use super::ast::{
    Arg, AutoShutdown, Body, Child, ChildKind, ChildOptions, Dynamic, Limits, Strategy, Tree,
    is_ident,
};
use super::entries::{self, Keys};
use crate::diagnostic::{Diagnostics, here};
use crate::krate::Krate;
use crate::vocabulary::{RESTARTS, Shutdown};

mod keyword {
    syn::custom_keyword!(supervisor);
    syn::custom_keyword!(dynamic);
}

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
const TREE_KEYS: Keys = Keys {
    what: "an option of a supervisor",
    accepted: &[
        "name",
        "strategy",
        "max_restarts",
        "max_seconds",
        "auto_shutdown",
        "children",
    ],
    elsewhere: |key| match key {
        "id" | "restart" | "shutdown" | "significant" => Some(
            "not expected here; the options of a child stand in braces after it: `Cache::start_link() { id: \"cache\" }`",
        ),
        "intensity" => Some("`intensity` is called `max_restarts` here; write `max_restarts: 3`"),
        "period" => Some("`period` is called `max_seconds` here; write `max_seconds: 5`"),
        _ => None,
    },
};
const DYNAMIC_KEYS: Keys = Keys {
    what: "an option of a dynamic supervisor",
    accepted: &["name", "max_children", "max_restarts", "max_seconds"],
    elsewhere: |key| match key {
        "strategy" => Some("a dynamic supervisor is always `one_for_one`; remove `strategy`"),
        "children" => Some(
            "a dynamic supervisor starts without children; remove `children`, and start each with `start_child`",
        ),
        _ => None,
    },
};
const CHILD_KEYS: Keys = Keys {
    what: "an option of a child",
    accepted: &["id", "restart", "shutdown", "significant"],
    elsewhere: |key| match key {
        "strategy" | "max_restarts" | "max_seconds" | "children" => Some(
            "not expected here; this is an option of a supervisor, and a child takes `id`, `restart`, `shutdown`, `significant`",
        ),
        "name" => Some(
            "a child has no `name` here; write `id: …`, or give the name at its start: `Cache::start_link().name(…)`",
        ),
        _ => None,
    },
};

impl Tree {
    pub(crate) fn parse(
        input: ParseStream<'_>,
        diagnostics: &mut Diagnostics,
    ) -> syn::Result<Self> {
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
            krate: Krate::default(),
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
        entries::comma(&content)?;
        match is_ident(&pattern) {
            Some(name) => args.push(Arg {
                name: name.clone(),
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
                        body.auto_shutdown = Some(entries::word(key, input, &AUTO_SHUTDOWNS)?)
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
            if !matches!(&value, Expr::Lit(lit) if matches!(lit.lit, Lit::Str(_)))
                && !matches!(value, Expr::Path(_))
            {
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
    match &value {
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

fn children(input: ParseStream<'_>, diagnostics: &mut Diagnostics) -> syn::Result<Vec<Child>> {
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
        ChildKind::Dynamic(name, dynamic(&content, diagnostics))
    } else {
        ChildKind::Start(start(input)?)
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
fn start(input: ParseStream<'_>) -> syn::Result<Expr> {
    let expr = Expr::parse_without_eager_brace(input)?;
    match &expr {
        Expr::Path(path) => {
            let spelled = crate::spelling::spelled(path);
            Err(syn::Error::new_spanned(
                path,
                format!("a child is an expression that starts it; write `{spelled}::start_link()`"),
            ))
        }
        Expr::Lit(_) | Expr::Tuple(_) => Err(syn::Error::new_spanned(
            expr,
            "a child is an expression that starts it; write `Cache::start_link()`",
        )),
        Expr::Await(expr) => Err(syn::Error::new_spanned(
            &expr.await_token,
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
    braced!(content in input);
    let mut options = ChildOptions::default();
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
