//! `Info` is any message, and what comes after it never runs. Whether a type of that name is Beamish's, only rustc
//! knows.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Type};

use crate::krate::Krate;

/// A block with an error at `place`, which says `message`, if `ty` is Beamish's `Info`.
///
/// The method is the inherent one if it is, and that has a bound which says what to write; otherwise it is the trait's.
pub(crate) fn refused(
    krate: &Krate,
    ty: &Type,
    place: Span,
    cfgs: &[&Attribute],
    message: &str,
) -> TokenStream {
    let check = quote_spanned!(place=> (&__Probe::<#ty>(::core::marker::PhantomData)).may_stand_before_others());
    quote! {
        #(#cfgs)*
        {
            struct __Probe<T>(::core::marker::PhantomData<fn() -> T>);

            impl __Probe<#krate::Info> {
                fn may_stand_before_others(&self)
                where
                    for<'__a> #krate::Info: __MayStandBeforeOthers,
                {
                }
            }

            #[allow(dead_code)]
            trait __Otherwise {
                fn may_stand_before_others(&self) {}
            }

            impl<T> __Otherwise for &__Probe<T> {}

            #[diagnostic::on_unimplemented(message = #message, label = "never gets a message")]
            trait __MayStandBeforeOthers {}

            #check;
        }
    }
}
