//! Items that syn cannot parse.
//!
//! An editor asks for the expansion at every key that is pressed, and rustc knows syntax that syn does not. What is
//! wrong with the syntax they say themselves, for the item is written as it stands; here each of its parts counts by
//! itself. A method whose body does not parse is a callback like any other. Of one whose header does not parse
//! nothing can be written.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Block, Expr, ImplItem, ImplItemFn, Item, ItemImpl, Stmt, Token, parse_quote, token,
};

use crate::diagnostic::Diagnostics;

/// The item of `input`, with what it has between its braces left out.
pub(super) fn header(input: &TokenStream) -> Option<Item> {
    let (header, _) = parts(input)?;
    syn::parse2(quote!(#header {})).ok()
}

/// The block of `input`. `ours` tells the attributes of callbacks.
pub(super) fn block(
    input: &TokenStream,
    ours: impl Fn(&Attribute) -> bool,
    diagnostics: &mut Diagnostics,
) -> Option<ItemImpl> {
    let (header, body) = parts(input)?;
    let mut item: ItemImpl = syn::parse2(quote!(#header {})).ok()?;
    let members = |input: ParseStream<'_>| members(input, &ours, diagnostics);
    item.items = members.parse2(body).ok()?;
    Some(item)
}

/// What stands before the braces, and what in them.
fn parts(input: &TokenStream) -> Option<(TokenStream, TokenStream)> {
    let mut tokens: Vec<TokenTree> = input.clone().into_iter().collect();
    match tokens.pop() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            Some((tokens.into_iter().collect(), body.stream()))
        }
        _ => None,
    }
}

fn members(
    input: ParseStream<'_>,
    ours: &impl Fn(&Attribute) -> bool,
    diagnostics: &mut Diagnostics,
) -> syn::Result<Vec<ImplItem>> {
    let mut members = Vec::new();
    while !input.is_empty() {
        let member = match attempt(input, member) {
            Ok(member) => member,
            Err(error) => {
                let attrs = attempt(input, Attribute::parse_outer).unwrap_or_default();
                let (callback, others): (Vec<_>, Vec<_>) = attrs.into_iter().partition(ours);
                if !callback.is_empty() {
                    diagnostics.absorb::<()>(Err(error));
                }
                let rest = broken(input)?;
                ImplItem::Verbatim(quote!(#(#others)* #rest))
            }
        };
        members.push(member);
    }
    Ok(members)
}

/// What `parser` makes of `input`, which stays where it is if that is an error.
fn attempt<T>(
    input: ParseStream<'_>,
    parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let fork = input.fork();
    let parsed = parser(&fork)?;
    input.advance_to(&fork);
    Ok(parsed)
}

fn member(input: ParseStream<'_>) -> syn::Result<ImplItem> {
    match input.fork().parse() {
        // That is a method without a body, too.
        Ok(ImplItem::Verbatim(_)) | Err(_) => method(input).map(ImplItem::Fn),
        Ok(_) => input.parse(),
    }
}

/// A method of which only the header must parse.
fn method(input: ParseStream<'_>) -> syn::Result<ImplItemFn> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let defaultness = input.parse()?;
    let sig = input.parse()?;
    let block = if input.peek(token::Brace) {
        body(input)?
    } else {
        input.parse::<Option<Token![;]>>()?;
        // Of any type.
        parse_quote!({ loop {} })
    };
    Ok(ImplItemFn {
        attrs,
        vis,
        defaultness,
        sig,
        block,
    })
}

/// A block that is written as it stands.
fn body(input: ParseStream<'_>) -> syn::Result<Block> {
    let content;
    let brace_token = syn::braced!(content in input);
    let tokens = content.parse()?;
    Ok(Block {
        brace_token,
        stmts: vec![Stmt::Expr(Expr::Verbatim(tokens), None)],
    })
}

/// The tokens up to where the next member may begin; at least one.
fn broken(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut has_function = false;
    loop {
        has_function |= input.peek(Token![fn]);
        let token: TokenTree = input.parse()?;
        let is_end = match &token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        token.to_tokens(&mut tokens);
        let is_next = input.peek(Token![#])
            || has_function
                && (input.peek(Token![fn]) || input.peek(Token![pub]) || input.peek(Token![async]));
        if is_end || is_next || input.is_empty() {
            return Ok(tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::ImplItem;

    use super::{block, header};
    use crate::diagnostic::Diagnostics;

    #[test]
    fn each_member_stands_for_itself() {
        let input = quote! {
            impl Counter {
                #[handle_call]
                pub fn get(&self) -> u64 { self. }
                #[handle_cast]
                fn half
                #[handle_cast]
                fn without_type(&mut self, by) {}
                const BROKEN: = 1;
                #[handle_cast]
                fn add(&mut self, by: u64) { self.0 += by; }
                #[handle_call]
                fn without_body(&self) -> u64;
            }
        };
        let mut diagnostics = Diagnostics::default();
        let ours = |attr: &syn::Attribute| !attr.path().is_ident("doc");
        let item = block(&input, ours, &mut diagnostics).expect("the header parses");
        let members = item.items.iter().map(|member| match member {
            ImplItem::Fn(method) => format!("{}, {}", method.sig.ident, method.attrs.len()),
            other => other.to_token_stream().to_string(),
        });
        let expected = [
            "get, 1",
            "fn half",
            "fn without_type (& mut self , by) { }",
            "const BROKEN : = 1 ;",
            "add, 1",
            "without_body, 1",
        ];
        assert_eq!(members.collect::<Vec<_>>(), expected);
        let errors = diagnostics.finish().to_string();
        assert_eq!(errors.matches("compile_error").count(), 2, "{errors}");
    }

    #[test]
    fn a_header_that_does_not_parse_gives_nothing() {
        assert!(header(&quote!(struct Counter { count: })).is_some());
        assert!(
            header(&quote!(
                struct Counter(u64);
            ))
            .is_none()
        );
        assert!(header(&quote!(impl {})).is_none());
    }
}
