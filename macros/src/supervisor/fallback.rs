//! What is written beside an error: the types of the tree, with nothing in their functions.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Expr;

use super::ast::{Body, ChildKind, Tree, is_type};

pub(crate) fn expand(tree: &Tree) -> TokenStream {
    let Tree {
        krate,
        attrs,
        vis,
        name,
        args,
        body,
    } = tree;
    let cfgs = tree.cfgs();
    let params: Vec<_> = args
        .iter()
        .map(|arg| (&arg.name, &arg.ty))
        .map(|(name, ty)| quote!(#name: #ty))
        .collect();
    let named = named(body);
    let dynamics = dynamics(body).into_iter().map(|name| {
        quote! {
            #(#cfgs)*
            #vis struct #name;
            #(#cfgs)*
            #[allow(dead_code, unused_variables)]
            impl #name {
                #vis fn named() -> #krate::DynamicSupervisorRef { loop {} }
                #vis fn start_child<__C: #krate::DynamicChild>(
                    child: __C,
                ) -> #krate::StartChild<<__C as #krate::StartedChild>::Ref> { loop {} }
            }
        }
    });
    quote! {
        #(#attrs)*
        #vis struct #name;
        #(#cfgs)*
        #[allow(dead_code, unexpected_cfgs, unused_variables)]
        impl #name {
            #vis fn supervisor(#(#params),*) -> #krate::Supervisor {
                #(#named)*
                loop {}
            }
            #vis fn start_link(#(#params),*) -> #krate::Start<#krate::SupervisorServer> { loop {} }
            #vis fn start(#(#params),*) -> #krate::Start<#krate::SupervisorServer> { loop {} }
            #vis fn child_spec(#(#params),*) -> #krate::ChildSpec { loop {} }
            #vis fn named() -> #krate::SupervisorRef { loop {} }
        }
        #(#dynamics)*
    }
}

fn dynamics(body: &Body) -> Vec<&Ident> {
    let mut found = Vec::new();
    for child in &body.children {
        match &child.kind {
            ChildKind::Dynamic(name, _) => found.push(name),
            ChildKind::Nested(_, nested) => found.extend(dynamics(nested)),
            ChildKind::Start(_) | ChildKind::Spread(_) => {}
        }
    }
    found
}

/// The children of which only a path stands there, for editors to complete. rustc, which would ask a type for its
/// parameters, has heard what is wrong.
fn named(body: &Body) -> Vec<TokenStream> {
    let children = body.children.iter().flat_map(|child| match &child.kind {
        ChildKind::Start(Expr::Path(path)) if is_type(&path.path) => {
            vec![quote!(#[cfg(rust_analyzer)] let _: #path;)]
        }
        ChildKind::Start(Expr::Path(path)) => {
            vec![quote!(#[cfg(rust_analyzer)] let _ = #path;)]
        }
        ChildKind::Nested(_, nested) => named(nested),
        _ => Vec::new(),
    });
    children.collect()
}
