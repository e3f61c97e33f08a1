//! What is written does what it says.
#![deny(warnings)]
use beamish::Info;
use beamish::prelude::*;

struct Tick;
struct Load;

#[genserver(name = "counter")]
struct Counter {
    count: u64,
    waiting: Vec<ReplyTo<u64>>,
}

#[genserver]
impl Counter {
    #[init]
    async fn init(start: u64, #[into] _label: String) -> Result<Self, std::io::Error> {
        Ok(Self {
            count: start,
            waiting: Vec::new(),
        })
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.count
    }

    #[handle_call]
    async fn slow(&mut self, by: u64) -> Result<u64, String> {
        process::sleep(std::time::Duration::from_millis(1)).await;
        self.count
            .checked_sub(by)
            .ok_or_else(|| "too much".to_owned())
    }

    #[handle_call]
    fn wait(&mut self, reply: ReplyTo<u64>) {
        self.waiting.push(reply);
    }

    #[handle_cast]
    fn add(&mut self, by: u64) {
        self.count += by;
        for reply in self.waiting.drain(..) {
            reply.reply(self.count);
        }
    }

    #[handle_cast]
    fn load(&mut self) -> NoReply<Load> {
        NoReply::ok().continue_with(Load)
    }

    #[handle_continue]
    fn loaded(&mut self, _load: Load) {
        self.count += 1000;
    }

    #[handle_info]
    fn tick(&mut self, _tick: Tick) {
        self.count += 1;
    }

    #[handle_info]
    async fn any(&mut self, _info: Info) {
        self.count += 100;
    }

    #[handle_call]
    fn finish(&mut self) -> Reply<&'static str> {
        Reply::stop(ExitReason::Normal, "bye")
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link(40, "a").await?;
    counter.add(2);
    assert_eq!(counter.get().await?, 42);
    assert_eq!(CounterRef::named().get().await?, 42);
    assert_eq!(counter.slow(50).await?, Err("too much".to_owned()));
    assert_eq!(counter.slow(2).await?, Ok(40));
    send(counter.pid().ok_or("no pid")?, Tick);
    send(counter.pid().ok_or("no pid")?, "anything");
    assert_eq!(counter.get().await?, 143);
    counter.load();
    assert_eq!(counter.get().await?, 1143);
    let client = counter.clone();
    let waiter = Task::spawn(async move { client.wait().await });
    counter.slow(0).await?.map(drop)?;
    while counter.get().await? == 1143 {
        counter.add(1);
    }
    assert!(waiter.await?.is_ok());
    assert_eq!(counter.finish().await?, "bye");
    assert!(matches!(counter.get().await, Err(CallError::NoProc(_))));
    Ok(())
}
