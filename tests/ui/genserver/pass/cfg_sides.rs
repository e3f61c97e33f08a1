//! Of callbacks with one name, or for one type, that `#[cfg]`s choose between, those that are there count; more than
//! two sides too.
#![deny(warnings)]
use beamish::prelude::*;

#[derive(Debug, PartialEq)]
struct Tick(u64);

struct Refill(u64);

#[genserver]
struct Counter {
    count: u64,
    witness: Option<Pid>,
}

#[genserver(client = trait, message(derive(Debug, PartialEq)))]
impl Counter {
    #[cfg(any())]
    #[init]
    async fn init(absent: Absent) -> Result<Self, Absent> {
        Err(absent)
    }

    #[cfg(all())]
    #[init]
    fn init(count: u64) -> Init<Self> {
        Init::ok(Self { count, witness: None }).continue_with(Refill(1))
    }

    /// Of three, the second.
    #[cfg(any())]
    #[handle_call]
    pub async fn get(&self, absent: Absent) -> Absent {
        absent
    }

    #[cfg(all())]
    #[handle_call]
    pub fn get(&self) -> u64 {
        self.count
    }

    #[cfg(all(any()))]
    #[handle_call]
    pub fn get(&mut self, reply: ReplyTo<Absent>) {
        self.absent(reply);
    }

    #[cfg(all())]
    #[handle_call]
    async fn take(&mut self, by: u64) -> Reply<u64> {
        self.count -= by;
        Reply::ok(self.count)
    }

    #[cfg(any())]
    #[handle_call]
    fn take(&mut self) -> u64 {
        self.absent
    }

    // A call on one side, a cast on the other.
    #[cfg(any())]
    #[handle_call]
    fn watch(&mut self, absent: Absent) -> Absent {
        absent
    }

    #[cfg(not(any()))]
    #[handle_cast]
    fn watch(&mut self, witness: Pid) {
        self.witness = Some(witness);
    }

    #[cfg(any())]
    #[handle_info]
    async fn tick(&mut self, tick: Tick) {
        self.absent(tick);
    }

    #[cfg(all())]
    #[handle_info]
    fn tick(&mut self, Tick(by): Tick) {
        self.count += by;
    }

    #[cfg(any())]
    #[handle_info]
    fn other(&mut self, _info: beamish::Info) {
        self.absent();
    }

    #[cfg(all())]
    #[handle_info]
    fn other(&mut self, number: u64) {
        self.count += 10 * number;
    }

    #[cfg(all())]
    #[handle_continue]
    async fn refill(&mut self, Refill(by): Refill) {
        self.count += by;
    }

    #[cfg(any())]
    #[handle_continue]
    fn refill(&mut self, refill: Refill) {
        self.absent(refill);
    }

    #[cfg(any())]
    #[terminate]
    async fn terminate(&mut self, _reason: &ExitReason) {
        self.absent();
    }

    #[cfg(all())]
    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        if let Some(witness) = self.witness {
            send(witness, Tick(self.count));
        }
    }
}

async fn taken(counter: &dyn CounterClient) -> Result<u64, CallError> {
    counter.watch(self_pid());
    counter.take(1).await
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link(40).await?;
    assert_eq!(counter.get().await?, 41);
    let pid = counter.pid().ok_or("no pid")?;
    send(pid, Tick(2));
    send(pid, 3_u64);
    assert_eq!(taken(&counter).await?, 72);
    assert_eq!(CounterMessage::Take { by: 1 }, CounterMessage::Take { by: 1 });
    assert_ne!(CounterMessage::Get, CounterMessage::Watch { witness: pid });
    counter.stop().await?;
    assert_eq!(receive! { tick: Tick => tick }, Tick(72));
    Ok(())
}
