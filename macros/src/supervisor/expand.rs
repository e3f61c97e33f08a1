//! The type of the tree, and its builder.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, Stmt};

use super::ast::{AutoShutdown, ChildOptions, Dynamic, Limits, Strategy, Tree};
use super::validate::{Checked, CheckedChild, CheckedKind, Supervisor};
use crate::duration::Duration;
use crate::fragment;
use crate::krate::Krate;
use crate::names::plain;
use crate::place::Place;
use crate::vocabulary::Shutdown;

pub(crate) fn expand(checked: &Checked<'_>) -> TokenStream {
    let Checked { tree, root, lent } = checked;
    let Tree {
        krate,
        attrs,
        vis,
        name,
        args,
        body,
    } = *tree;
    let lets = &body.lets;
    let env = (!lent.is_empty()).then(|| quote!(let __env = ::std::sync::Arc::new((#(#lent,)*));));
    let builder = builder(krate, root);
    let children = children(krate, root, lent);
    let params = args.iter().map(|arg| {
        let (name, ty) = (&arg.name, &arg.ty);
        quote!(#name: #ty)
    });
    let params: Vec<_> = params.collect();
    let muts = args.iter().map(|arg| arg.mutability);
    let arg_names: Vec<_> = args.iter().map(|arg| &arg.name).collect();
    let types: Vec<_> = args.iter().map(|arg| &arg.ty).collect();
    let cfgs = tree.cfgs();
    let id = plain(name);
    let suffix = format!("::{id}");
    let tree_name = quote!(::core::concat!(::core::module_path!(), #suffix));
    let named = body.limits.name.as_ref().map(|registered| {
        quote! {
            /// The supervisor under its name, whichever process holds it when it is used.
            #[must_use]
            #vis fn named() -> #krate::SupervisorRef {
                #krate::SupervisorRef::to(#registered)
            }
        }
    });
    let docs = (!attrs.iter().any(|attr| attr.path().is_ident("doc"))).then(|| {
        let docs = format!("The supervision tree `{id}`.");
        quote!(#[doc = #docs])
    });
    let dynamics = dynamics(root)
        .into_iter()
        .map(|(name, dynamic)| dynamic_type(tree, name, dynamic));
    quote! {
        #docs
        #(#attrs)*
        #[derive(::core::fmt::Debug)]
        #[allow(unreachable_pub)]
        #vis struct #name;

        #(#cfgs)*
        #[allow(dead_code, deprecated, private_interfaces, unreachable_pub, clippy::too_many_arguments)]
        impl #name {
            /// The tree as a builder, to be changed before it is started.
            #[must_use]
            #vis fn supervisor(#(#muts #params),*) -> #krate::Supervisor {
                let __supervisor = #builder.tree(#tree_name);
                #(#lets)*
                #env
                #children
                __supervisor
            }

            /// Starts the tree, linked to the calling process: awaited, it gives the supervisor when all children run.
            #[track_caller]
            #vis fn start_link(#(#params),*) -> #krate::Start<#krate::SupervisorServer> {
                #krate::Supervisor::start_link(Self::supervisor(#(#arg_names),*))
            }

            /// Starts the tree, linked to nobody.
            #[track_caller]
            #vis fn start(#(#params),*) -> #krate::Start<#krate::SupervisorServer> {
                #krate::Supervisor::start(Self::supervisor(#(#arg_names),*))
            }

            /// The tree as a child of another; the arguments are cloned at each start.
            #vis fn child_spec(#(#params),*) -> #krate::ChildSpec
            where
                #(for<'__a> #types: #krate::Again,)*
            {
                let __spec = #krate::ChildSpec::new(move || {
                    #krate::Supervisor::start_link(Self::supervisor(#(::core::clone::Clone::clone(&#arg_names)),*))
                });
                __spec.id(#id)
            }

            #named
        }

        #(#dynamics)*
    }
}

/// `Supervisor::new(…)` with its options.
fn builder(krate: &Krate, supervisor: &Supervisor<'_>) -> TokenStream {
    let strategy = match supervisor.strategy {
        Strategy::OneForOne => quote!(OneForOne),
        Strategy::OneForAll => quote!(OneForAll),
        Strategy::RestForOne => quote!(RestForOne),
    };
    let limits = limits(
        supervisor.limits,
        supervisor
            .limits
            .name
            .as_ref()
            .map(ToTokens::to_token_stream),
    );
    let auto_shutdown = supervisor.auto_shutdown.map(|auto_shutdown| {
        let value = match auto_shutdown {
            AutoShutdown::Never => quote!(Never),
            AutoShutdown::AnySignificant => quote!(AnySignificant),
            AutoShutdown::AllSignificant => quote!(AllSignificant),
        };
        quote!(.auto_shutdown(#krate::AutoShutdown::#value))
    });
    quote!(#krate::Supervisor::new(#krate::Strategy::#strategy) #limits #auto_shutdown)
}

fn limits(limits: &Limits, name: Option<TokenStream>) -> TokenStream {
    let name = name.map(|name| quote!(.name(#name)));
    let max_restarts = limits
        .max_restarts
        .as_ref()
        .map(|value| quote!(.max_restarts(#value)));
    let max_seconds = limits
        .max_seconds
        .as_ref()
        .map(|value| quote!(.max_seconds(#value)));
    quote!(#name #max_restarts #max_seconds)
}

/// One statement a child, so that each can have its `#[cfg]`.
fn children(krate: &Krate, supervisor: &Supervisor<'_>, lent: &[Ident]) -> TokenStream {
    supervisor
        .children
        .iter()
        .map(|child| added(krate, child, lent))
        .collect()
}

fn added(krate: &Krate, child: &CheckedChild<'_>, lent: &[Ident]) -> TokenStream {
    let cfgs = child.cfgs;
    let borrow = borrow(lent);
    let (span, start) = match &child.kind {
        CheckedKind::Spread(specs) => {
            return quote! {
                #(#cfgs)*
                let __supervisor = __supervisor.children({ #borrow #specs });
            };
        }
        CheckedKind::Start(expr) => (expr.span(), expr.to_token_stream()),
        CheckedKind::Spec(expr) => (expr.span(), specification(krate, expr).to_token_stream()),
        CheckedKind::Nested(nested) => {
            let builder = builder(krate, nested);
            let children = children(krate, nested, lent);
            let start = quote! {
                {
                    let __supervisor = #builder;
                    #children
                    #krate::Supervisor::start_link(__supervisor)
                }
            };
            (Span::call_site(), start)
        }
        CheckedKind::Dynamic(name, dynamic) => {
            let limits = limits(&dynamic.limits, Some(dynamic_name(name, dynamic)));
            let max_children = dynamic
                .max_children
                .as_ref()
                .map(|value| quote!(.max_children(#value)));
            let start =
                quote!(#krate::DynamicSupervisor::new() #limits #max_children .start_link());
            (Span::call_site(), start)
        }
    };
    let body = if borrow.is_some() {
        quote!({ #borrow #start })
    } else {
        start
    };
    let spec = if matches!(child.kind, CheckedKind::Spec(_)) {
        body
    } else {
        let place = Place::from(span);
        let span = place.before();
        let at = krate.at(span);
        let closure = closure(&body, lent, span);
        place.end(quote_spanned!(span=> #at::ChildSpec::new(#closure)))
    };
    let options = options(krate, child);
    let added = quote!(__supervisor.child(#spec #options));
    let added = match borrow.filter(|_| is_computed(child.options)) {
        Some(borrow) => quote!({ #borrow #added }),
        None => added,
    };
    quote! {
        #(#cfgs)*
        let __supervisor = #added;
    }
}

/// `expr` with a `ChildSpec` of whatever form of specification each of its branches gives.
fn specification(krate: &Krate, expr: &Expr) -> Expr {
    let in_block = |block: &Block| {
        let mut block = block.clone();
        if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
            *tail = specification(krate, tail);
        }
        block
    };
    let mut expr = fragment::expr(expr).clone();
    match &mut expr {
        Expr::Paren(inner) => *inner.expr = specification(krate, &inner.expr),
        Expr::Block(inner) => inner.block = in_block(&inner.block),
        Expr::If(inner) => {
            inner.then_branch = in_block(&inner.then_branch);
            if let Some((_, otherwise)) = &mut inner.else_branch {
                **otherwise = specification(krate, otherwise);
            }
        }
        Expr::Match(inner) => {
            for arm in &mut inner.arms {
                *arm.body = specification(krate, &arm.body);
            }
        }
        _ => {
            let place = Place::from(expr.span());
            let span = place.before();
            let at = krate.at(span);
            let spec = quote_spanned!(span=> #at::ChildSpec::from(#expr));
            return Expr::Verbatim(place.end(spec));
        }
    }
    expr
}

/// The closure that starts a child, again and again; what is lent is behind one `Arc`.
fn closure(body: &TokenStream, lent: &[Ident], span: Span) -> TokenStream {
    if lent.is_empty() {
        return quote_spanned!(span=> || #body);
    }
    let closure = quote_spanned!(span=> move || #body);
    quote! {
        {
            let __env = ::core::clone::Clone::clone(&__env);
            #closure
        }
    }
}

/// `let (config,) = &*__env;`
fn borrow(lent: &[Ident]) -> Option<TokenStream> {
    (!lent.is_empty()).then(|| quote!(#[allow(unused_variables)] let (#(#lent,)*) = &*__env;))
}

/// Whether an option is an expression, which may use what is lent.
fn is_computed(options: &ChildOptions) -> bool {
    let is_id = options
        .id
        .as_ref()
        .is_some_and(|id| !matches!(id, Expr::Lit(_)));
    is_id || matches!(options.shutdown, Some(Shutdown::After(Duration::Expr(..))))
}

fn options(krate: &Krate, child: &CheckedChild<'_>) -> TokenStream {
    let ChildOptions {
        id,
        restart,
        shutdown,
        significant,
        place: _,
    } = child.options;
    let id = id.as_ref().map(ToTokens::to_token_stream);
    let id = id
        .or_else(|| child.default_id.as_ref().map(ToTokens::to_token_stream))
        .map(|id| quote!(.id(#id)));
    let restart = restart.as_ref().map(|(_, restart)| {
        let restart = restart.expand(krate);
        quote!(.restart(#restart))
    });
    let shutdown = shutdown.as_ref().map(|shutdown| {
        let shutdown = shutdown.expand(krate);
        quote!(.shutdown(#shutdown))
    });
    let significant = significant.map(|(_, value)| quote!(.significant(#value)));
    quote!(#id #restart #shutdown #significant)
}

/// All `dynamic` children, at any depth.
fn dynamics<'a>(supervisor: &Supervisor<'a>) -> Vec<(&'a Ident, &'a Dynamic)> {
    let mut found = Vec::new();
    for child in &supervisor.children {
        match &child.kind {
            CheckedKind::Dynamic(name, dynamic) => found.push((*name, *dynamic)),
            CheckedKind::Nested(nested) => found.extend(dynamics(nested)),
            CheckedKind::Start(_) | CheckedKind::Spec(_) | CheckedKind::Spread(_) => {}
        }
    }
    found
}

fn dynamic_name(name: &Ident, dynamic: &Dynamic) -> TokenStream {
    match &dynamic.limits.name {
        Some(name) => name.to_token_stream(),
        None => {
            let suffix = format!("::{}", plain(name));
            quote!(::core::concat!(::core::module_path!(), #suffix))
        }
    }
}

/// The type of a `dynamic` child: where children are started under it.
fn dynamic_type(tree: &Tree, name: &Ident, dynamic: &Dynamic) -> TokenStream {
    let Tree { krate, vis, .. } = tree;
    let cfgs = tree.cfgs();
    let docs = format!(
        "The dynamic supervisor `{}` of [`{}`].",
        plain(name),
        tree.name
    );
    let registered = dynamic_name(name, dynamic);
    quote! {
        #[doc = #docs]
        #[derive(::core::fmt::Debug)]
        #[allow(dead_code, unreachable_pub)]
        #(#cfgs)*
        #vis struct #name;

        #(#cfgs)*
        #[allow(dead_code, unreachable_pub)]
        impl #name {
            /// The supervisor under its name, whichever process holds it when it is used.
            #[must_use]
            #vis fn named() -> #krate::DynamicSupervisorRef {
                #krate::DynamicSupervisorRef::to(#registered)
            }

            /// Starts `child` under this supervisor, and gives its client.
            ///
            /// # Errors
            /// The child did not start, the supervisor is full, or it does not run.
            #vis fn start_child<__C: #krate::DynamicChild>(
                child: __C,
            ) -> #krate::StartChild<<__C as #krate::StartedChild>::Ref> {
                #krate::DynamicSupervisorRef::start_child(&Self::named(), child)
            }
        }
    }
}
