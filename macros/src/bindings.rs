//! The names that a pattern binds.

use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Pat, PatIdent};

use crate::diagnostic::Diagnostics;

/// A name that a pattern binds.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) name: Ident,
    pub(crate) is_mut: bool,
}

/// Takes the `mut`s off `pattern`, and gives its bindings, each once. `why` says why a `ref` cannot be.
pub(crate) fn take(pattern: &mut Pat, why: &str, diagnostics: &mut Diagnostics) -> Vec<Binding> {
    let mut taker = Taker {
        bindings: Vec::new(),
        why,
        diagnostics,
    };
    taker.visit_pat_mut(pattern);
    taker.bindings
}

struct Taker<'a> {
    bindings: Vec<Binding>,
    why: &'a str,
    diagnostics: &'a mut Diagnostics,
}

impl VisitMut for Taker<'_> {
    fn visit_pat_ident_mut(&mut self, pattern: &mut PatIdent) {
        if let Some(token) = &pattern.by_ref {
            self.diagnostics.at(token, self.why);
        }
        if is_binding(pattern) {
            let is_mut = pattern.mutability.take().is_some();
            match self
                .bindings
                .iter_mut()
                .find(|earlier| earlier.name == pattern.ident)
            {
                Some(earlier) => earlier.is_mut |= is_mut,
                None => self.bindings.push(Binding {
                    name: pattern.ident.clone(),
                    is_mut,
                }),
            }
        }
        visit_mut::visit_pat_ident_mut(self, pattern);
    }

    // A constant in a pattern has no bindings, whatever its expression has.
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}

/// A name that begins with a capital is a constant or a unit struct, unless something shows that it is bound.
fn is_binding(pattern: &PatIdent) -> bool {
    let is_capital = pattern.ident.to_string().starts_with(char::is_uppercase);
    !is_capital
        || pattern.by_ref.is_some()
        || pattern.mutability.is_some()
        || pattern.subpat.is_some()
}
