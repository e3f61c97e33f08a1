//! `#[cfg_attr]`, as the attributes that it stands for.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token, parse_quote};

/// The attributes of `attr`, each by itself: a `#[cfg]` without a condition, any other under the condition that it has.
pub(crate) fn unfolded(attr: &Attribute) -> Vec<Attribute> {
    let Some((condition, attrs)) = parts(attr) else {
        return vec![attr.clone()];
    };
    let inner = attrs.iter().flat_map(unfolded);
    let inner = inner.map(|attr| match &attr.meta {
        // It only counts where the condition holds.
        Meta::List(list) if attr.path().is_ident("cfg") => {
            let predicate = &list.tokens;
            parse_quote!(#[cfg(any(not(#condition), #predicate))])
        }
        meta => parse_quote!(#[cfg_attr(#condition, #meta)]),
    });
    inner.collect()
}

/// What an unfolded attribute is, whatever its condition.
pub(crate) fn path(attr: &Attribute) -> Path {
    match parts(attr).and_then(|(_, attrs)| attrs.into_iter().next()) {
        Some(inner) => path(&inner),
        None => attr.path().clone(),
    }
}

/// The condition of a `#[cfg_attr]`, and its attributes; a malformed one is rustc's to report.
fn parts(attr: &Attribute) -> Option<(Meta, Vec<Attribute>)> {
    let Meta::List(list) = &attr.meta else {
        return None;
    };
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone());
    let mut metas = metas.ok()?.into_iter();
    let condition = metas.next()?;
    Some((
        condition,
        metas.map(|meta| parse_quote!(#[#meta])).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};
    use syn::parse_quote;

    use super::{path, unfolded};

    #[test]
    fn a_cfg_under_a_condition_is_a_cfg() {
        let attr = parse_quote!(#[cfg_attr(a, doc = "x", cfg_attr(b, must_use, cfg(c)))]);
        let unfolded = unfolded(&attr);
        let written: Vec<_> = unfolded
            .iter()
            .map(|attr| attr.to_token_stream().to_string())
            .collect();
        let expected = [
            quote!(#[cfg_attr(a, doc = "x")]),
            quote!(#[cfg_attr(a, cfg_attr(b, must_use))]),
            quote!(#[cfg(any(not(a), any(not(b), c)))]),
        ];
        assert_eq!(written, expected.map(|attr| attr.to_string()));
        assert!(path(&unfolded[1]).is_ident("must_use"));
    }
}
