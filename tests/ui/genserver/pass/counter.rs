//! The first example.
use beamish::ChildSpec;
use beamish::prelude::*;

struct Tick;

/// Counts. The struct is the state of the server.
#[genserver(name = "counter", restart = transient, shutdown = 1.5s, significant = false, trap_exit)]
pub struct Counter {
    count: u64,
}

#[genserver]
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

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {}
}

async fn client() -> Result<u64, Box<dyn std::error::Error>> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    let same: CounterRef = counter.clone();
    assert!(same == counter);
    let _message: CounterMessage = CounterMessage::Add { by: 1 };
    let _reply: CounterReply = CounterReply::Get(1);
    let _child: ChildSpec = Counter::child_spec(1);
    assert_ne!(CounterRef::named(), CounterRef::to("another"));
    Ok(counter.get().await?)
}

fn main() {
    drop(client());
}
