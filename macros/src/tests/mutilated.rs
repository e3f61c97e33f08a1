//! Input with a token missing never panics, and what is written for an item is items.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

/// `tokens` without its `nth` tree, counted through all groups; `None` when there are fewer.
fn without(tokens: &TokenStream, nth: &mut usize) -> Option<TokenStream> {
    let mut kept = TokenStream::new();
    let mut is_found = false;
    for token in tokens.clone() {
        if !is_found {
            if *nth == 0 {
                is_found = true;
                continue;
            }
            *nth -= 1;
            if let TokenTree::Group(group) = &token
                && let Some(inner) = without(&group.stream(), nth)
            {
                is_found = true;
                kept.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
                continue;
            }
        }
        kept.extend([token]);
    }
    is_found.then_some(kept)
}

fn mutilated(tokens: &TokenStream) -> impl Iterator<Item = TokenStream> {
    (0..).map_while(|nth| without(tokens, &mut { nth }))
}

#[track_caller]
fn check(tokens: &TokenStream, expand: impl Fn(&TokenStream) -> TokenStream) {
    for broken in mutilated(tokens) {
        let expansion = expand(&broken);
        if syn::parse2::<syn::File>(broken.clone()).is_ok()
            || expansion.to_string().starts_with(":: core")
        {
            assert!(
                syn::parse2::<syn::File>(expansion.clone()).is_ok(),
                "{broken}\nexpands to\n{expansion}"
            );
        }
    }
}

#[test]
fn servers() {
    let block = quote! {
        impl<K: Eq, const N: usize> Cache<K, N> where K: Send {
            #[init]
            async fn init(#[into] name: String, (a, b): (u64, u64)) -> Result<Self, Error> { todo!() }
            #[handle_call(queued)]
            fn get(&self, mut key: K) -> Reply<Option<u64>, Load> { todo!() }
            #[cfg(feature = "wait")]
            #[handle_call]
            pub fn wait(&mut self, key: Self, reply: ReplyTo<u64>) {}
            #[handle_info]
            fn any(&mut self, _: Info) {}
            #[terminate]
            async fn terminate(&mut self, reason: &ExitReason) {}
        }
    };
    check(&block, |item| {
        crate::server::genserver(quote!(crate = "a::b"), item)
    });
    let state = quote!(
        pub struct Cache<K, const N: usize = 4> {
            keys: [K; N],
        }
    );
    check(&state, |item| {
        crate::server::genserver(quote!(name = "cache"), item)
    });
    let options = quote!(
        name = "a",
        restart = transient,
        shutdown = 5s,
        significant,
        trap_exit = true,
        crate = "a::b"
    );
    for options in mutilated(&options) {
        let _ = crate::server::genserver(options, &state);
    }
}

#[test]
fn trees() {
    let tree = quote! {
        /// Docs.
        pub Tree(config: Config, port: u16) {
            name: "tree", strategy: one_for_one, max_restarts: 3, auto_shutdown: never,
            let (a, mut b) = (1, 2);
            children: [
                Stats::start_link(config.window) { id: "stats", restart: transient, shutdown: (config.grace) },
                supervisor Workers { strategy: one_for_all, children: [Worker::start_link(1) { significant: true }] },
                dynamic Connections { max_children: 1_000 },
                ..config.more(),
            ],
        }
    };
    check(&tree, |tree| crate::supervisor::supervisor(tree.clone()));
}

#[test]
fn receives() {
    let arms = quote! {
        Exit { from, reason: ExitReason::Normal } if from == pid => { 1 }
        Message::Ping(mut x) | Message::Pong(mut x): Message => x,
        number @ 1..=5: u8 => number,
        after 500ms => 0,
    };
    for arms in mutilated(&arms) {
        let expansion = crate::receive::receive(arms);
        assert!(
            syn::parse2::<syn::Expr>(expansion.clone()).is_ok(),
            "{expansion}"
        );
    }
}

#[test]
fn applications_and_entries() {
    let application = quote! {
        impl CashMan {
            async fn start(args: StartArgs) -> Result<SupervisorRef, StartError> { todo!() }
        }
    };
    check(&application, |item| {
        crate::application::expand(TokenStream::new(), item)
    });
    let main = quote!(
        async fn main() -> Result<(), AppError> {
            run().await
        }
    );
    check(&main, |item| {
        crate::entry::expand(
            crate::entry::Kind::Main,
            quote!(flavor = "multi_thread"),
            item,
        )
    });
}
