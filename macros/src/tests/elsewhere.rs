//! With another path to the crate nothing names `::beamish`. That such programs run is shown in the facade's `tests/ui`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry::Kind;

#[track_caller]
fn check(expansion: &TokenStream) {
    let text = expansion.to_string();
    assert!(text.contains(":: otp :: beamish :: __private"), "{text}");
    assert!(
        !text.replace(":: otp :: beamish", "").contains("beamish"),
        "{text}"
    );
    assert!(!text.contains("compile_error"), "{text}");
}

fn path() -> TokenStream {
    quote!(crate = "::otp::beamish")
}

#[test]
fn servers() {
    let state = quote!(
        pub struct Counter<T>(T);
    );
    check(&crate::server::genserver(path(), &state));
    let block = quote! {
        impl<T: Send + 'static> Counter<T> {
            #[otp::beamish::init]
            fn init(start: T) -> Init<Self> {
                Init::ok(Self(start))
            }

            #[beamish::handle_call]
            async fn get(&mut self, reply: ReplyTo<u64>) -> NoReply {
                self.get_later(reply).await
            }

            #[handle_cast]
            fn add(&mut self, by: u64) {
                self.0 += by;
            }

            #[::otp::beamish::handle_info]
            fn info(&mut self, _: u64) {}

            #[handle_continue]
            fn later(&mut self, _: u8) {}

            #[terminate]
            async fn terminate(&mut self, _: &ExitReason) {}
        }
    };
    let path = path();
    let options = quote!(#path, client = trait, mailbox = bounded(1, on_full = refuse), message(derive(Debug)));
    check(&crate::server::genserver(options, &block));
}

#[test]
fn trees() {
    let path = path();
    check(&crate::supervisor::supervisor(quote! {
        #path;
        pub Tree(config: Config) {
            name: "tree",
            strategy: one_for_one,
            auto_shutdown: any_significant,
            children: [
                Counter::start_link(1) { restart: transient, shutdown: 10s, significant: true },
                Counter::start_link(2) { id: 2, shutdown: brutal_kill },
                supervisor Inner { strategy: one_for_all, children: [dynamic Pool {}] },
                Counter::child_spec(1),
                ..config.more(),
            ],
        }
    }));
}

#[test]
fn receives() {
    let path = path();
    check(&crate::receive::receive(quote! {
        #path;
        Exit { reason, .. } => reason,
        text: String if text.is_empty() => ExitReason::Normal,
        after 1s => ExitReason::Shutdown,
    }));
    check(&crate::receive::receive(quote!(#path; after 0 => {})));
}

#[test]
fn applications_and_entries() {
    let block = quote!(impl App { async fn start() -> Result<SupervisorRef, StartError> { Tree::start_link().await } });
    check(&crate::application::expand(path(), &block));
    let function = quote!(
        async fn works() -> Result<(), ExitReason> {
            Ok(())
        }
    );
    for kind in [Kind::Main, Kind::Test] {
        check(&crate::entry::expand(kind, path(), &function));
    }
}
