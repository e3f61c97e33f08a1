//! Handlers, clients and whole trees that nobody uses yet are no warning in the user's code.
#![deny(warnings, unused, dead_code)]
use beamish::prelude::*;

struct Tick;

#[genserver(name = "stock")]
struct Stock {
    count: u64,
}

#[genserver(client = trait)]
impl Stock {
    #[init]
    fn init(count: u64) -> Self {
        Self { count }
    }

    #[handle_call]
    fn count(&self) -> u64 {
        self.count
    }

    #[handle_call]
    async fn wait(&mut self, _until: u64, reply: ReplyTo<u64>) -> NoReply {
        drop(reply);
        NoReply::ok()
    }

    #[handle_cast]
    async fn put(&mut self, count: u64) {
        self.count += count;
    }

    #[handle_cast]
    fn clear(&mut self) {
        self.count = 0;
    }

    #[handle_info]
    fn tick(&mut self, _tick: Tick) {}

    #[handle_continue]
    async fn load(&mut self, _from: &'static str) {}

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {}
}

#[genserver]
enum Never {}

#[genserver]
impl Never {
    #[init]
    fn init() -> Result<Self, std::io::Error> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

supervisor! {
    Tree(count: u64) {
        name: "tree",
        strategy: one_for_one,
        children: [Stock::start_link(*count), Never::start_link(), dynamic Pool {}],
    }
}

fn main() {}
