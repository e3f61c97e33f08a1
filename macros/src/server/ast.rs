//! The callbacks of an `impl` block, as written.

use proc_macro2::{Ident, Span};
use syn::{
    Attribute, FnArg, Generics, ImplItem, ImplItemFn, ItemImpl, Meta, Pat, PathArguments, Receiver,
    Signature, Type, TypePath, Visibility,
};

use crate::attr::Settings;
use crate::conditional;
use crate::diagnostic::{Diagnostics, list, near_miss};
use crate::fragment;
use crate::krate::Krate;
use crate::server::derives::Derives;
use crate::server::mailbox::{Bound, OnFull};
use crate::server::options::BlockOptions;
use crate::spelling::spelled;

/// What a method is to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Init,
    Call,
    Cast,
    Info,
    Continue,
    Terminate,
}

const ROLES: [(&str, Role); 6] = [
    ("init", Role::Init),
    ("handle_call", Role::Call),
    ("handle_cast", Role::Cast),
    ("handle_info", Role::Info),
    ("handle_continue", Role::Continue),
    ("terminate", Role::Terminate),
];

impl Role {
    /// The name of its attribute.
    pub(crate) fn attribute(self) -> &'static str {
        ROLES
            .iter()
            .find(|(_, role)| *role == self)
            .map_or("", |(name, _)| name)
    }
}

/// A method with one of our attributes.
#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) role: Role,
    /// `#[handle_call(queued)]`.
    pub(crate) queued: bool,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) params: Vec<Param>,
}

/// A parameter after `self`.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    /// Its name, or `arg0` where the pattern has none.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// `#[into]`.
    pub(crate) into: bool,
    /// What a derive of the message reads: `#[serde(…)]`.
    pub(crate) attrs: Vec<Attribute>,
}

impl Callback {
    /// Takes our attributes off the methods of `item`, and gives back the methods that had one.
    pub(crate) fn take_from(
        item: &mut ItemImpl,
        options: &BlockOptions,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Self> {
        let mut callbacks = Vec::new();
        let is_ours_alone = item.attrs.iter().all(is_inert);
        for member in &mut item.items {
            match member {
                ImplItem::Fn(method) => {
                    callbacks.extend(Self::take(method, options, is_ours_alone, diagnostics));
                }
                ImplItem::Const(other) => refuse_roles(&mut other.attrs, diagnostics),
                ImplItem::Type(other) => refuse_roles(&mut other.attrs, diagnostics),
                ImplItem::Macro(other) => refuse_roles(&mut other.attrs, diagnostics),
                _ => {}
            }
        }
        callbacks
    }

    fn take(
        method: &mut ImplItemFn,
        of_block: &BlockOptions,
        is_ours_alone: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut found: Option<(Role, bool)> = None;
        let mut kept = Vec::new();
        for attr in std::mem::take(&mut method.attrs) {
            let Some(role) = role_of(&attr, &of_block.krate, diagnostics) else {
                kept.push(attr);
                continue;
            };
            if let Some((first, _)) = found {
                diagnostics.at(
                    attr.path(),
                    format!(
                        "this method has `#[{}]` already; a method is one callback, write another method",
                        first.attribute()
                    ),
                );
                continue;
            }
            found = Some((role, options(&attr, role, diagnostics)));
        }
        method.attrs = kept;
        let (role, queued) = found?;
        let is_message = matches!(role, Role::Call | Role::Cast);
        let derives = is_message && !of_block.message.is_empty();
        // What another macro reads may be its own business.
        if is_message && !derives && is_ours_alone && method.attrs.iter().all(is_inert) {
            without_derive(&mut method.sig, diagnostics);
        }
        if role == Role::Call {
            reply_of_no_type(method, diagnostics);
        }
        let params = params(&mut method.sig, role, derives, diagnostics);
        let attrs = method
            .attrs
            .iter()
            .flat_map(conditional::unfolded)
            .collect();
        // A message is moved to its handler, whatever the handler then does with it.
        method
            .attrs
            .push(syn::parse_quote!(#[allow(clippy::needless_pass_by_value)]));
        Some(Self {
            role,
            queued,
            attrs,
            vis: method.vis.clone(),
            signature: method.sig.clone(),
            params,
        })
    }

    pub(crate) fn name(&self) -> &Ident {
        &self.signature.ident
    }

    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.signature.receiver()
    }

    pub(crate) fn span(&self) -> Span {
        self.signature.ident.span()
    }
}

/// Whether `attr` makes a method a callback.
pub(crate) fn is_callback(attr: &Attribute, krate: &Krate) -> bool {
    krate
        .word(attr.path())
        .is_some_and(|name| ROLES.iter().any(|(word, _)| name == word))
}

/// The role an attribute gives; a near miss of one counts, and is reported.
fn role_of(attr: &Attribute, krate: &Krate, diagnostics: &mut Diagnostics) -> Option<Role> {
    let path = attr.path();
    let name = krate.word(path)?;
    if let Some((_, role)) = ROLES.iter().find(|(word, _)| name == word) {
        return Some(*role);
    }
    let names = ROLES.map(|(word, _)| word);
    let word = name.to_string();
    let meant = match word.as_str() {
        "call" => Some("handle_call"),
        "cast" => Some("handle_cast"),
        "info" => Some("handle_info"),
        // `#[inline]`, `#[allow]` and their like are far enough from ours, but for short words.
        long if long.len() > 6 => near_miss(long, &names),
        _ => None,
    }?;
    diagnostics.at(
        path,
        format!(
            "`{word}` is not a callback; write `#[{meant}]` (accepted: {})",
            list(&names)
        ),
    );
    ROLES
        .iter()
        .find(|(word, _)| *word == meant)
        .map(|(_, role)| *role)
}

/// Reads what stands in the parentheses of a callback attribute: `queued`, for a call.
fn options(attr: &Attribute, role: Role, diagnostics: &mut Diagnostics) -> bool {
    let tokens = match &attr.meta {
        Meta::Path(_) => return false,
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(_) => {
            diagnostics.at(
                &attr.meta,
                format!("`#[{}]` has no value; write it alone", role.attribute()),
            );
            return false;
        }
    };
    let mut settings = Settings::read(tokens, diagnostics);
    let queued = if role == Role::Call {
        settings.take("queued")
    } else {
        None
    };
    let what = format!("an option of `#[{}]`", role.attribute());
    let accepted: &[&str] = if role == Role::Call { &["queued"] } else { &[] };
    let elsewhere = |key: &str| {
        accepted.is_empty().then(|| {
            let queued = if key == "queued" {
                "; only `#[handle_call]` takes `queued`"
            } else {
                ""
            };
            format!(
                "`#[{}]` takes no options; remove `{key}`{queued}",
                role.attribute()
            )
        })
    };
    settings.rest(&what, accepted, elsewhere, diagnostics);
    queued
        .and_then(|queued| queued.flag(diagnostics))
        .unwrap_or(false)
}

/// The parameters after `self`; `#[into]` is taken off them, and what a derive of the message reads.
fn params(
    signature: &mut Signature,
    role: Role,
    derives: bool,
    diagnostics: &mut Diagnostics,
) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    for input in &mut signature.inputs {
        let FnArg::Typed(input) = input else { continue };
        refuse_cfg(&input.attrs, diagnostics);
        let mut found = None;
        input.attrs.retain(|attr| {
            let ours = attr.path().is_ident("into");
            found = found.take().or_else(|| ours.then(|| attr.clone()));
            !ours
        });
        let attrs = if derives {
            input
                .attrs
                .extract_if(.., |attr| !stays_on_a_parameter(attr))
                .collect()
        } else {
            Vec::new()
        };
        let shapes_a_client = matches!(role, Role::Init | Role::Call | Role::Cast);
        let into = found.is_some() && shapes_a_client;
        if let Some(attr) = found.filter(|_| !shapes_a_client) {
            diagnostics.at(
                attr,
                format!(
                    "`#[into]` shapes a client method, and `#[{}]` has none; remove it",
                    role.attribute()
                ),
            );
        }
        let index = params.len();
        let name = bound_name(&input.pat)
            .filter(|name| params.iter().all(|earlier| earlier.name != *name));
        let name = name.unwrap_or_else(|| Ident::new(&format!("arg{index}"), Span::call_site()));
        params.push(Param {
            name,
            ty: (*input.ty).clone(),
            into,
            attrs,
        });
    }
    params
}

/// `ReplyTo` alone would be an error of the method's own too: it is given an argument, and no body that could miss it.
fn reply_of_no_type(method: &mut ImplItemFn, diagnostics: &mut Diagnostics) {
    let Some(FnArg::Typed(last)) = method.sig.inputs.last_mut() else {
        return;
    };
    let Type::Path(TypePath { path, .. }) = &mut *last.ty else {
        return;
    };
    let Some(segment) = path.segments.last_mut() else {
        return;
    };
    if segment.ident == "ReplyTo" && segment.arguments.is_empty() {
        diagnostics.at(
            &segment.ident,
            "`ReplyTo` needs the type of the reply, such as `u64`; write `ReplyTo<u64>`",
        );
        segment.arguments = PathArguments::AngleBracketed(syn::parse_quote!(<()>));
        method.block = syn::parse_quote!({ loop {} });
        method
            .attrs
            .push(syn::parse_quote!(#[allow(unused_variables)]));
    }
}

/// What a derive would read has no use on a parameter without one.
fn without_derive(signature: &mut Signature, diagnostics: &mut Diagnostics) {
    for input in &mut signature.inputs {
        let FnArg::Typed(input) = input else { continue };
        input.attrs.retain(|attr| {
            let is_read = stays_on_a_parameter(attr) || attr.path().is_ident("into");
            if !is_read {
                diagnostics.at(
                    attr.path(),
                    format!(
                        "no derive of the message reads `{}`; write `#[genserver(message(derive(…)))]` on this block",
                        spelled(attr.path())
                    ),
                );
            }
            is_read
        });
    }
}

/// Whether an attribute of a method surely reads none of the attributes inside it.
fn is_inert(attr: &Attribute) -> bool {
    [
        "allow",
        "cfg",
        "cold",
        "deny",
        "deprecated",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "track_caller",
        "warn",
    ]
    .iter()
    .any(|word| attr.path().is_ident(word))
}

/// The handler is called with all of its parameters, and a call has no `#[cfg]` on its arguments.
fn refuse_cfg(attrs: &[Attribute], diagnostics: &mut Diagnostics) {
    for attr in attrs {
        if conditional::unfolded(attr)
            .iter()
            .any(|attr| attr.path().is_ident("cfg"))
        {
            diagnostics.at(
                attr,
                "a parameter cannot have `#[cfg]`; put it on the whole method, or on a field of a struct that this one takes",
            );
        }
    }
}

/// Whether rustc takes an attribute on a parameter; any other is for a derive, or a mistake that rustc finds on the field.
fn stays_on_a_parameter(attr: &Attribute) -> bool {
    [
        "allow", "cfg", "cfg_attr", "deny", "doc", "expect", "forbid", "warn",
    ]
    .iter()
    .any(|word| attr.path().is_ident(word))
}

/// `key` for `key`, `mut key` and `_key`.
fn bound_name(pattern: &Pat) -> Option<Ident> {
    let Pat::Ident(pattern) = pattern else {
        return None;
    };
    let name = pattern.ident.to_string();
    let stripped = name.trim_start_matches('_');
    if stripped.len() == name.len() {
        return Some(pattern.ident.clone());
    }
    syn::parse_str::<Ident>(stripped)
        .ok()
        .map(|bare| Ident::new(&bare.to_string(), pattern.ident.span()))
}

fn refuse_roles(attrs: &mut Vec<Attribute>, diagnostics: &mut Diagnostics) {
    attrs.retain(|attr| {
        let ours = ROLES.iter().find(|(word, _)| attr.path().is_ident(word));
        if let Some((word, _)) = ours {
            diagnostics.at(
                attr.path(),
                format!("`#[{word}]` belongs on a method; remove it here"),
            );
        }
        ours.is_none()
    });
}

/// The header of the `impl` block, and what in it is no callback.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) krate: Krate,
    pub(crate) message: Derives,
    pub(crate) reply: Derives,
    pub(crate) mailbox: Option<Bound>,
    pub(crate) client_is_trait: bool,
    /// Where `debug` stands, if it does.
    pub(crate) debug: Option<Span>,
    pub(crate) cfgs: Vec<Attribute>,
    /// `Counter`, with its arguments.
    pub(crate) ty: TypePath,
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    /// The names of all functions in the block.
    pub(crate) functions: Vec<Ident>,
}

impl Block {
    /// What becomes of a message when the mailbox is full.
    pub(crate) fn on_full(&self) -> Option<OnFull> {
        self.mailbox.as_ref().map(|bound| bound.on_full)
    }

    /// Checks the header; nothing can be written after a broken one.
    pub(crate) fn parse(
        item: &ItemImpl,
        options: BlockOptions,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        if let Some((_, path, _)) = &item.trait_ {
            diagnostics.at(
                path,
                format!("`#[genserver]` belongs on the block of the server's own methods; write `impl {} {{ … }}` without a trait", spelled(&item.self_ty)),
            );
            return None;
        }
        let Type::Path(ty @ TypePath { qself: None, path }) = fragment::ty(&item.self_ty) else {
            diagnostics.at(
                &item.self_ty,
                "a server is a struct with a name; write `impl Counter { … }`",
            );
            return None;
        };
        let last = path.segments.last()?;
        // The struct has the lifetime too, and says what is wrong with it.
        if item.generics.lifetimes().next().is_some() {
            return None;
        }
        let functions = item.items.iter().filter_map(|member| match member {
            ImplItem::Fn(method) => Some(method.sig.ident.clone()),
            _ => None,
        });
        Some(Self {
            krate: options.krate,
            message: options.message,
            reply: options.reply,
            mailbox: options.mailbox,
            client_is_trait: options.client_is_trait,
            debug: options.debug,
            cfgs: item
                .attrs
                .iter()
                .filter(|attr| attr.path().is_ident("cfg"))
                .cloned()
                .collect(),
            ty: ty.clone(),
            name: last.ident.clone(),
            generics: item.generics.clone(),
            functions: functions.collect(),
        })
    }
}
