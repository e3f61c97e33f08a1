//! What is written needs no prelude.
#![no_implicit_prelude]
#![deny(warnings)]

use ::beamish::{application, genserver, receive, supervisor};

struct Tick;

#[genserver(name = "counter", shutdown = 1s)]
struct Counter<T: ::core::marker::Send + 'static>(u64, ::std::vec::Vec<T>);

#[genserver(
    client = trait,
    mailbox = bounded(8, on_full = refuse),
    message(derive(::core::clone::Clone, ::core::fmt::Debug))
)]
impl<T: ::core::clone::Clone + ::core::marker::Send + 'static> Counter<T> {
    #[init]
    async fn init(#[into] start: u64) -> ::core::result::Result<Self, ::std::io::Error> {
        ::core::result::Result::Ok(Self(start, ::std::vec::Vec::new()))
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.0 + self.1.len() as u64
    }

    #[handle_call]
    async fn wait(&mut self, reply: ::beamish::ReplyTo<u64>) {
        reply.reply(self.0);
    }

    #[handle_cast]
    fn add(&mut self, #[into] by: u64) {
        self.0 += by;
    }

    #[handle_info]
    fn tick(&mut self, _tick: Tick) {
        self.0 += 1;
    }

    #[handle_continue]
    fn again(&mut self, _again: ()) {}

    #[terminate]
    fn terminate(&mut self, _reason: &::beamish::ExitReason) {}
}

supervisor! {
    Tree(start: u64) {
        name: "tree",
        strategy: one_for_one,
        children: [Counter::<u8>::start_link(*start), dynamic Pool { max_children: 1 }],
    }
}

struct App;

#[application]
impl App {
    async fn start(start: u64) -> ::core::result::Result<::beamish::SupervisorRef, ::beamish::StartError> {
        Tree::start_link(start).await
    }
}

#[::beamish::main]
async fn main() -> ::core::result::Result<(), ::beamish::ExitReason> {
    let app = <App as ::beamish::Application>::start(40).await?;
    let counter = CounterRef::<u8>::named();
    ::core::result::Result::unwrap(counter.add(1_u8));
    ::beamish::send(::core::option::Option::unwrap(::beamish::Server::pid(&counter)), Tick);
    ::core::assert_eq!(counter.get().await?, 42);
    ::core::assert_eq!(counter.wait().await?, 42);
    ::beamish::send(::beamish::self_pid(), 1_u64);
    let one = receive! {
        Tick {} => 0,
        number: u64 if number > 0 => number,
        after 5s => 0,
    };
    ::core::assert_eq!(one, 1);
    ::core::mem::drop(app);
    ::core::result::Result::Ok(())
}
