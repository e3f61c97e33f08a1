//! `Info` is any message, and what comes after it never runs. Whether a type of that name is Beamish's, only rustc
//! knows.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Type};

use crate::krate::Krate;
use crate::place::Place;

/// A block with an error at `place`, which says `message`, if `ty` is Beamish's `Info`.
///
/// The method is the inherent one if it is, and gives what does not meet the bound; otherwise it is the trait's.
pub(crate) fn refused(
    krate: &Krate,
    ty: &Type,
    place: Span,
    cfgs: &[&Attribute],
    message: &str,
) -> TokenStream {
    let place = Place::from(place);
    let span = place.before();
    let taken = quote_spanned!(span=> (&__Probe::<#ty>(::core::marker::PhantomData)).taken());
    let check = place.call(quote_spanned!(span=> __leaves_some), &place.end(taken));
    quote! {
        #(#cfgs)*
        {
            struct __Probe<T>(::core::marker::PhantomData<fn() -> T>);

            #[allow(dead_code)]
            struct __All;
            #[allow(dead_code)]
            struct __OfOneType;

            #[allow(dead_code)]
            impl __Probe<#krate::Info> {
                fn taken(&self) -> __All {
                    __All
                }
            }

            #[allow(dead_code)]
            trait __Otherwise {
                fn taken(&self) -> __OfOneType {
                    __OfOneType
                }
            }

            impl<T> __Otherwise for &__Probe<T> {}

            #[diagnostic::on_unimplemented(message = #message, label = "never gets a message")]
            trait __LeavesSome {}

            #[diagnostic::do_not_recommend]
            impl __LeavesSome for __OfOneType {}

            fn __leaves_some(_: impl __LeavesSome) {}

            #check;
        }
    }
}
