//! Questions about the types in a handler's signature.

use crate::fragment;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypeImplTrait, TypePath, parse_quote};

/// The last segment of a path type: `Reply` in `beamish::Reply<u64>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(TypePath { qself: None, path }) => path.segments.last(),
        Type::Paren(inner) => last_segment(&inner.elem),
        Type::Group(inner) => last_segment(&inner.elem),
        _ => None,
    }
}

pub(crate) fn is_named(ty: &Type, name: &str) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == name)
}

/// The first generic argument: `u64` in `Reply<u64, C>`.
pub(crate) fn first_argument(ty: &Type) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &last_segment(ty)?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(fragment::ty(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

pub(crate) fn is_never(ty: &Type) -> bool {
    matches!(fragment::ty(ty), Type::Never(_))
}

/// `ty` with `Self` written out, for use outside of the server's own `impl` block.
pub(crate) fn without_self(ty: &Type, server: &TypePath) -> Type {
    syn::parse2(replace_self(ty.to_token_stream(), server)).unwrap_or_else(|_| ty.clone())
}

fn replace_self(tokens: TokenStream, server: &TypePath) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut replaced = TokenStream::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
                replaced.extend(if is_path {
                    quote!(<#server>)
                } else {
                    server.to_token_stream()
                });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), server));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            other => replaced.extend([other]),
        }
    }
    replaced
}

/// Why a type cannot travel in a message.
#[derive(Debug)]
pub(crate) enum Unsendable {
    /// A borrow, with the type to write in place of the whole.
    Borrow(TokenStream, Box<Type>),
    /// A lifetime that is not `'static`.
    Lifetime(TokenStream),
    /// `Rc`, or a raw pointer.
    Shared(TokenStream),
    /// `impl Trait`.
    Nameless(TypeImplTrait),
    /// `_`
    Inferred(TokenStream),
}

/// The first part of `ty` that cannot be sent, if that can be seen from its tokens.
pub(crate) fn unsendable(ty: &Type) -> Option<Unsendable> {
    let mut finder = Finder(None);
    finder.visit_type(ty);
    finder.0
}

struct Finder(Option<Unsendable>);

impl<'ast> Visit<'ast> for Finder {
    fn visit_type(&mut self, ty: &'ast Type) {
        if self.0.is_some() {
            return;
        }
        match ty {
            Type::Reference(reference) if !is_static(reference.lifetime.as_ref()) => {
                let owned = Box::new(owned(&reference.elem));
                self.0 = Some(Unsendable::Borrow(ty.to_token_stream(), owned));
            }
            Type::Ptr(_) => self.0 = Some(Unsendable::Shared(ty.to_token_stream())),
            Type::ImplTrait(bounds) => self.0 = Some(Unsendable::Nameless(bounds.clone())),
            Type::Infer(_) => self.0 = Some(Unsendable::Inferred(ty.to_token_stream())),
            // What a function or a trait object takes is not sent with it.
            Type::BareFn(_) | Type::TraitObject(_) => {}
            _ => visit::visit_type(self, ty),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(last) = path.segments.last()
            && last.ident == "Rc"
            && self.0.is_none()
        {
            self.0 = Some(Unsendable::Shared(last.ident.to_token_stream()));
        }
        visit::visit_path(self, path);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" && self.0.is_none() {
            self.0 = Some(Unsendable::Lifetime(lifetime.to_token_stream()));
        }
    }
}

fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// The type that owns what a reference to `ty` borrows.
pub(crate) fn owned(ty: &Type) -> Type {
    match ty {
        Type::Slice(slice) => {
            let elem = &slice.elem;
            parse_quote!(Vec<#elem>)
        }
        Type::Path(_) => match last_segment(ty)
            .map(|segment| segment.ident.to_string())
            .as_deref()
        {
            Some("str") => parse_quote!(String),
            Some("Path") => parse_quote!(PathBuf),
            Some("OsStr") => parse_quote!(OsString),
            Some("CStr") => parse_quote!(CString),
            _ => ty.clone(),
        },
        Type::TraitObject(_) => parse_quote!(Box<#ty>),
        Type::Reference(inner) => owned(&inner.elem),
        _ => ty.clone(),
    }
}
