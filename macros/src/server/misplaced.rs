//! A callback attribute that is met outside a `#[genserver]` block says where it belongs.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::diagnostic::Diagnostics;

pub(crate) fn misplaced(attribute: &str, item: &TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Span::call_site(),
        format!("`#[{attribute}]` belongs on a method of the server's `impl` block; write `#[genserver]` on that block, and on the struct"),
    );
    let errors = diagnostics.finish();
    // In a block of methods an item is the only thing that may stand here; the error's own item is a macro call, which may.
    quote!(#item #errors)
}
