//! The dependency under another name, as `otp = { package = "beamish" }` gives it.
#![deny(warnings)]
extern crate beamish as otp;

use otp::prelude::{Application, CallError, Down, Exit, ExitReason, StartError, SupervisorRef};
use otp::{genserver, process, receive, self_pid, send, send_named, spawn, supervisor};

#[genserver(crate = "otp", name = "counter", restart = transient, shutdown = 1s)]
pub struct Counter {
    count: u64,
}

#[genserver(crate = "otp", client = trait, mailbox = bounded(8, on_full = wait))]
impl Counter {
    #[otp::init]
    fn init(start: u64) -> Self {
        Self { count: start }
    }

    #[otp::handle_call]
    async fn get(&self) -> Result<u64, CallError> {
        Ok(self.count)
    }

    #[handle_cast]
    fn add(&mut self, by: u64) {
        self.count += by;
    }

    #[otp::handle_info]
    fn info(&mut self, by: u64) {
        self.count += by;
    }
}

supervisor! {
    crate = "otp";
    /// Keeps the counter.
    pub Tree(start: u64) {
        strategy: one_for_one,
        children: [
            Counter::start_link(*start) { restart: permanent, shutdown: 2s },
            supervisor Inner { strategy: rest_for_one, children: [dynamic Pool {}] },
        ],
    }
}

struct App;

#[otp::application(crate = "otp")]
impl App {
    async fn start(start: u64) -> Result<SupervisorRef, StartError> {
        Tree::start_link(start).await
    }
}

#[otp::test(crate = "otp")]
async fn works() {}

#[otp::main(crate = "otp", flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = App::start(39).await?;
    let counter = CounterRef::named();
    counter.add(2).await;
    send_named("counter", 1_u64)?;
    assert_eq!(counter.get().await?, Ok(42));
    assert_eq!(Pool::named().count_children().await?.active, 0);

    let pid = spawn(async { receive! { crate = "otp"; () : () => {} } });
    let mref = process::monitor(pid);
    send(pid, ());
    send(self_pid(), "a");
    let reason = receive! {
        crate = "otp";
        Exit { reason, .. } => reason,
        Down { mref: m, reason, .. } if m == mref => reason,
        after 5s => ExitReason::Timeout,
    };
    assert!(matches!(reason, ExitReason::Normal));
    receive! { crate = "otp"; after 0 => {} }
    drop(app);
    Ok(())
}
