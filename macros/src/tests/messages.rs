//! Independent mistakes are told in one compile, in order, and a broken header ends the list.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::LitStr;

/// The texts of the `compile_error!`s in `expansion`.
fn messages(expansion: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_error = false;
    for token in expansion {
        match token {
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            TokenTree::Group(group) if is_error => {
                found.push(syn::parse2::<LitStr>(group.stream()).unwrap().value());
                is_error = false;
            }
            TokenTree::Group(group) => found.extend(messages(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

fn of_server(arguments: TokenStream, item: &TokenStream) -> Vec<String> {
    messages(crate::server::genserver(arguments, item))
}

#[test]
fn several_mistakes_in_options() {
    let found = of_server(
        quote!(nme = "a", restart = forever, trap_exit = 3, shutdown = -5s),
        &quote!(
            struct Counter;
        ),
    );
    assert_eq!(
        found,
        [
            "`forever` is not a value of `restart`; accepted: `permanent`, `transient`, `temporary`",
            "a duration is not negative; write `5s`, `250ms`, `2min` or `(an expression of type Duration)`",
            "this is no value of `trap_exit`; write `trap_exit = true`",
            "`nme` is not an option of `#[genserver]` on a struct; write `name` (accepted: `name`, `restart`, `shutdown`, `significant`, `trap_exit`, `debug`, `crate`)",
        ]
    );
}

#[test]
fn several_mistakes_in_a_block() {
    let found = of_server(
        TokenStream::new(),
        &quote! {
            impl Counter {
                #[handle_cast]
                fn add(self, by: &[u8]) -> u64 {}

                #[handle_info]
                fn tick() {}
            }
        },
    );
    assert_eq!(
        found,
        [
            "`#[handle_cast]` cannot take the state away from the server; write `&self` or `&mut self`",
            "`#[handle_cast]` cannot return a reply; remove the return type, write `NoReply`, or use `#[handle_call]`",
            "a message moves to another process and cannot borrow; write `Vec<u8>`",
            "`#[handle_info]` works on the state; write `&self` or `&mut self` as its first parameter",
            "`#[handle_info]` takes one value; write `fn tick(&mut self, value: SomeType)`",
            "`Counter` has no `#[init]`; write `#[init] fn init() -> Self { … }` in this block",
        ]
    );
}

#[test]
fn a_lifetime_in_a_path_is_a_borrow() {
    let found = of_server(
        TokenStream::new(),
        &quote! {
            impl Counter {
                #[init]
                fn init(name: Cow<'_, str>, fine: Cow<'static, str>, also: Box<dyn Fn(&str) + Send>) -> Self {}
            }
        },
    );
    assert_eq!(
        found,
        [
            "a start argument moves to another process and cannot borrow; write `'static`, or a type that owns its data"
        ]
    );
}

#[test]
fn what_has_no_name_is_told_with_what_has_one() {
    let found = of_server(
        TokenStream::new(),
        &quote! {
            impl Counter {
                #[init]
                fn init(name: impl Into<String>, told: impl FnMut(u8) -> (u8, u8) + 'static) -> Self {}

                #[handle_call]
                fn all(&self, of: impl IntoIterator<Item = u8>) -> impl Iterator<Item = u8> + Send {}

                #[handle_info]
                fn tick(&mut self, tick: impl Into<Tick>) {}

                #[handle_cast]
                fn set(&mut self, value: Vec<_>) {}
            }
        },
    );
    assert_eq!(
        found,
        [
            "a start argument has one type, which `impl Into<String>` does not name; write `#[into]` before the parameter, and `String` as its type",
            "a start argument has one type, which `impl FnMut(u8) -> (u8, u8) + 'static` does not name; write `Box<dyn FnMut(u8) -> (u8, u8) + Send>`, or a type of your own",
            "a reply has one type, which `impl Iterator<Item = u8> + Send` does not name; write `Box<dyn Iterator<Item = u8> + Send>`, or a type of your own",
            "a message has one type, which `impl IntoIterator<Item = u8>` does not name; write the type",
            "a message has one type, which `impl Into<Tick>` does not name; write `Tick`",
            "a message has one type, which `_` does not name; write the type",
        ]
    );
}

#[test]
fn what_a_derive_reads_is_refused_where_none_can() {
    let block = |attribute: TokenStream| {
        quote! {
            impl Counter {
                #[init]
                fn init() -> Self {}

                #attribute
                #[handle_cast]
                fn set(&mut self, #[serde(default)] #[allow(unused)] value: u64) {}
            }
        }
    };
    let refused = "no derive of the message reads `serde`; write `#[genserver(message(derive(…)))]` on this block";
    assert_eq!(
        of_server(TokenStream::new(), &block(quote!(#[inline]))),
        [refused]
    );
    // Another macro may read it.
    assert!(of_server(TokenStream::new(), &block(quote!(#[other]))).is_empty());
    assert!(
        of_server(
            quote!(message(derive(Deserialize))),
            &block(quote!(#[inline]))
        )
        .is_empty()
    );
}

#[test]
fn what_stands_in_a_mailbox() {
    let told = |mailbox: TokenStream| {
        let block = quote!(impl Counter { #[init] fn init() -> Self {} });
        of_server(quote!(mailbox = #mailbox), &block)
    };
    assert_eq!(
        told(quote!(64)),
        [
            "this is no value of `mailbox`; write `mailbox = bounded(64, on_full = refuse)` (accepted: `bounded`, `unbounded`)"
        ]
    );
    assert_eq!(
        told(quote!(bounded(LIMIT))),
        [
            "what becomes of a message when the mailbox is full is missing; write `bounded(LIMIT, on_full = refuse)` (accepted: `wait`, `refuse`, `drop_oldest`, `drop_newest`)"
        ]
    );
    assert_eq!(
        told(quote!(bounded("64", on_full = wait))),
        ["the number of messages is no string; write `64`"]
    );
    assert_eq!(
        told(quote!(bounded("many", on_full = wait))),
        ["this is no number of messages; write `1024`"]
    );
    assert_eq!(
        told(quote!(bounded(64, on_full = 1))),
        [
            "this is no value of `on_full`; write `on_full = refuse` (accepted: `wait`, `refuse`, `drop_oldest`, `drop_newest`)"
        ]
    );
}

#[test]
fn what_is_missing_in_an_arm() {
    let told = |arms: TokenStream| messages(crate::receive::receive(arms));
    let arm = "an arm is `pattern: Type => body`; write";
    assert_eq!(
        told(quote!(x: u64 -> x)),
        [format!("{arm} `=>` in place of `->`")]
    );
    assert_eq!(
        told(quote!(x: u64 x)),
        [format!("{arm} `=> body` here, or a guard `if …` before it")]
    );
    assert_eq!(
        told(quote!(x -> x)),
        [format!("{arm} `: Type => body` here")]
    );
    assert_eq!(
        told(quote!(after 5s => 1, after 6s => 2)),
        ["this `receive!` has an `after` already; remove one of the two"]
    );
}

#[test]
fn several_mistakes_in_a_tree() {
    let found = messages(crate::supervisor::supervisor(quote! {
        Tree {
            stratgy: one_for_one,
            max_seconds: 5s,
            children: [Cache, Worker::start_link() { restart: never, shutdown: 5 }, supervisor Inner { children: [] }],
        }
    }));
    assert_eq!(
        found,
        [
            "`stratgy` is not an option of a supervisor; write `strategy` (accepted: `name`, `strategy`, `max_restarts`, `max_seconds`, `auto_shutdown`, `children`)",
            "`max_seconds` counts whole seconds; write `max_seconds: 5`",
            "a child is an expression that starts it; write `Cache::start_link()`",
            "`never` is not a value of `restart`; accepted: `permanent`, `transient`, `temporary`",
            "this duration has no unit; write `5ms` or `5s`",
            "`Tree` has no strategy; write `strategy: one_for_one` (or `one_for_all`, `rest_for_one`)",
            "`Inner` has no strategy; write `strategy: one_for_one` (or `one_for_all`, `rest_for_one`)",
        ]
    );
}

#[test]
fn several_mistakes_in_receive() {
    let found = messages(crate::receive::receive(quote! {
        Message::Ping(x) => x,
        ref y: u64 => y,
        z: String => z,
        "a": String => 1,
    }));
    assert_eq!(
        found,
        [
            "an arm says which type it receives; write `Message::Ping(x): Message`",
            "the message is moved out of the mailbox; remove `ref`",
            "`z: String` takes every message that this arm would; move this one before it",
        ]
    );
}

#[test]
fn nothing_follows_a_broken_header() {
    assert_eq!(
        messages(crate::supervisor::supervisor(quote!(Tree [ stratgy: 1 ]))).len(),
        1
    );
    assert_eq!(
        of_server(
            TokenStream::new(),
            &quote!(impl Default for Counter { #[handle_call] fn a() {} })
        )
        .len(),
        1
    );
    assert_eq!(
        of_server(
            TokenStream::new(),
            &quote!(
                fn counter() {}
            )
        )
        .len(),
        1
    );
}

#[test]
fn mistakes_in_the_path_to_the_crate() {
    let of_receive = |arms: TokenStream| messages(crate::receive::receive(arms));
    let of_tree = |tree: TokenStream| messages(crate::supervisor::supervisor(tree));
    let found = [
        of_receive(quote!(crate = otp; () : () => {})),
        of_receive(quote!(crate = "otp", () : () => {})),
        of_receive(quote!(crate = "otp";)),
        of_tree(quote!(crate = "an otp"; Tree { strategy: one_for_one })),
        of_tree(quote!(Tree { crate: "otp", strategy: one_for_one })),
    ];
    assert_eq!(
        found.concat(),
        [
            "the path to beamish is a string; write `crate = \"my_beamish\";`",
            "`;` is expected here; the line is written `crate = \"my_beamish\";`",
            "`receive!` needs an arm; write `pattern: Type => body` or `after 500ms => body`",
            "this is not a path; write `crate = \"my_beamish\"`",
            "the path to beamish stands before the tree; write `crate = \"my_beamish\";` as the first line",
        ]
    );
}
