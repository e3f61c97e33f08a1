//! What is written beside an error: the types of the tree, with nothing in their functions.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ast::{Body, ChildKind, Tree};

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
        #[allow(dead_code, unused_variables)]
        impl #name {
            #vis fn supervisor(#(#params),*) -> #krate::Supervisor { loop {} }
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
