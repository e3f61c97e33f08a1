//! Whole expansions, pretty-printed, against `snapshots/*.rs`. `BEAMISH_BLESS=1 cargo test -p beamish-macros` rewrites them.

use std::path::PathBuf;

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry::Kind;

#[track_caller]
fn check(name: &str, expansion: TokenStream) {
    let file: syn::File = syn::parse2(expansion).unwrap();
    let printed = prettyplease::unparse(&file);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/tests/snapshots")
        .join(format!("{name}.rs"));
    if std::env::var_os("BEAMISH_BLESS").is_some() {
        std::fs::write(path, printed).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == expected,
        "`{name}` expands to something else; read it, then set BEAMISH_BLESS=1:\n{printed}"
    );
}

fn server(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    crate::server::genserver(arguments, item)
}

#[test]
fn counter() {
    let state = quote! {
        /// Counts. The struct is the state of the server.
        pub struct Counter {
            count: u64,
        }
    };
    let block = quote! {
        impl Counter {
            #[init]
            fn init(start: u64) -> Self {
                Self { count: start }
            }

            /// The present count.
            #[handle_call]
            pub fn get(&self) -> u64 {
                self.count
            }

            /// Adds `by`.
            #[handle_cast]
            pub fn add(&mut self, by: u64) {
                self.count += by;
            }

            #[handle_info]
            fn tick(&mut self, _tick: Tick) {
                self.count += 1;
            }
        }
    };
    let mut expansion = server(
        quote!(
            name = "counter",
            restart = transient,
            shutdown = 250ms,
            trap_exit
        ),
        &state,
    );
    expansion.extend(server(TokenStream::new(), &block));
    check("counter", expansion);
}

#[test]
fn generic_and_awaited() {
    let block = quote! {
        impl<K: Eq + Hash, V> Cache<K, V>
        where
            K: Send + 'static,
            V: Send + 'static,
        {
            #[init]
            async fn init(#[into] name: String, (a, b): (u64, u64)) -> Result<Self, Error> {
                Self::open(name, a + b).await
            }

            #[handle_call]
            async fn fetch(&self, key: K) -> Reply<Option<u64>, Load> {
                self.find(key).await
            }

            #[cfg(feature = "wait")]
            #[handle_call]
            #[deprecated]
            fn wait(&mut self, key: K, reply: ReplyTo<u64>) {
                self.waiting.push((key, reply));
            }

            #[handle_call(queued)]
            fn crash(&self) -> ! {
                panic!()
            }

            #[handle_continue]
            fn load(&mut self, _: Load) -> NoReply {
                NoReply::ok()
            }

            #[terminate]
            async fn terminate(&mut self, reason: &ExitReason) {
                self.close(reason).await;
            }
        }
    };
    check(
        "generic_and_awaited",
        server(quote!(crate = "crate::facade"), &block),
    );
}

/// Only what the bound changes: the methods of the client, and the constant.
#[test]
fn bounded() {
    let block = quote! {
        impl Store {
            #[init]
            fn init() -> Self {
                Self::default()
            }

            #[handle_cast]
            fn put(&mut self, key: String) {
                self.key = key;
            }
        }
    };
    let mut parts = TokenStream::new();
    for policy in ["wait", "refuse", "drop_oldest"] {
        let policy = quote::format_ident!("{policy}");
        let expansion = server(quote!(mailbox = bounded(8, on_full = #policy)), &block);
        let file: syn::File = syn::parse2(expansion).unwrap();
        for item in file.items {
            let syn::Item::Impl(item) = item else {
                continue;
            };
            let text = quote!(#item).to_string();
            if text.contains("MAILBOX") || text.contains("impl StoreRef") {
                parts.extend(quote!(#item));
            }
        }
    }
    check("bounded", parts);
}

#[test]
fn client_trait() {
    let block = quote! {
        impl<V: Clone> Store<V> {
            #[init]
            fn init() -> Self {
                Self::default()
            }

            /// The value of `key`.
            #[handle_call]
            #[deprecated]
            fn fetch(&self, #[into] key: String) -> Option<V> {
                self.find(key)
            }

            #[cfg(feature = "put")]
            #[handle_cast]
            fn put(&mut self, key: String, value: V) {
                self.insert(key, value);
            }
        }
    };
    let expansion = server(quote!(client = trait), &block);
    let file: syn::File = syn::parse2(expansion).unwrap();
    let mut parts = TokenStream::new();
    for item in file.items {
        match item {
            syn::Item::Trait(item) => parts.extend(quote!(#item)),
            syn::Item::Impl(item) if quote!(#item).to_string().contains("StoreClient") => {
                parts.extend(quote!(#item));
            }
            _ => {}
        }
    }
    check("client_trait", parts);
}

#[test]
fn derives() {
    let block = quote! {
        impl<T> Store<T> {
            #[init]
            fn init() -> Self {
                Self::default()
            }

            #[handle_cast]
            fn put(&mut self, #[serde(rename = "k")] #[allow(unused)] #[into] key: String) {
                self.key = key;
            }
        }
    };
    let arguments = quote!(
        message(derive(Clone, serde::Serialize)),
        reply(derive(Debug))
    );
    check("derives", server(arguments, &block));
}

#[test]
fn own_start_link() {
    let block = quote! {
        impl Counter {
            #[init]
            fn init(start: u64) -> Self {
                Self { count: start }
            }

            pub fn start_link() -> Start<Self> {
                Self::server(40).name("counter")
            }
        }
    };
    check("own_start_link", server(TokenStream::new(), &block));
}

#[test]
fn mistake() {
    let block = quote! {
        impl Counter {
            #[init]
            fn init(start: u64) -> Self {
                Self { count: start }
            }

            #[handle_call]
            pub fn name(&self, prefix: &str) -> &str {
                self.name
            }
        }
    };
    check("mistake", server(TokenStream::new(), &block));
}

#[test]
fn tree() {
    let tree = quote! {
        /// Keeps the cache alive.
        pub CashManSupervisor(config: Config) {
            name: "CashMan.Supervisor",
            strategy: one_for_one,
            max_restarts: 3, max_seconds: 5,
            let port = next_port(&config);
            children: [
                Cache::start_link(),
                Stats::start_link(config.window, *port) { id: "stats", restart: transient, shutdown: 10s },
                supervisor Workers {
                    strategy: one_for_all,
                    children: [Worker::start_link(1) { id: 1 }, Worker::start_link(2) { id: 2 }],
                },
                Pool::child_spec(),
                dynamic Connections { max_children: 1_000 },
                ..config.more(),
            ],
        }
    };
    check("tree", crate::supervisor::supervisor(tree));
}

#[test]
fn receive() {
    let arms = quote! {
        Exit { from, reason: ExitReason::Normal } => println!("{from}"),
        Exit { from, mut reason } if from == pid => break reason.take(),
        text: String => return Ok(text.len()),
        after 500ms => 0,
    };
    let expansion = crate::receive::receive(arms);
    check("receive", quote!(async fn wait() { #expansion }));
}

#[test]
fn application() {
    let block = quote! {
        impl CashMan {
            /// Starts the tree.
            async fn start(args: StartArgs) -> Result<SupervisorRef, StartError> {
                CashManSupervisor::start_link(args.config()).await
            }

            fn name() -> &'static str {
                "cash_man"
            }
        }
    };
    check(
        "application",
        crate::application::expand(TokenStream::new(), &block),
    );
}

#[test]
fn entries() {
    let main = quote! {
        async fn main() -> Result<(), AppError> {
            CashMan::run(()).await
        }
    };
    let test = quote! {
        async fn works() {
            assert!(true);
        }
    };
    let mut expansion = crate::entry::expand(Kind::Main, quote!(worker_threads = 2), &main);
    expansion.extend(crate::entry::expand(
        Kind::Test,
        quote!(start_paused),
        &test,
    ));
    check("entries", expansion);
}
