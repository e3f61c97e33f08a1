//! Each way to reply.
use beamish::prelude::*;

#[derive(Debug)]
struct Refused;

#[genserver]
#[derive(Default)]
struct Pool {
    waiting: Vec<ReplyTo<u64>>,
}

#[genserver]
impl Pool {
    #[init]
    fn init() -> Result<Self, std::io::Error> {
        Ok(Self::default())
    }

    #[handle_call]
    fn value(&self) -> u64 {
        1
    }

    #[handle_call]
    fn nothing(&mut self) {}

    #[handle_call(queued)]
    fn result(&self, key: u64) -> Result<u64, Refused> {
        if key == 0 { Err(Refused) } else { Ok(key) }
    }

    #[handle_call]
    fn control(&mut self) -> Reply<u64> {
        Reply::ok(1)
    }

    #[handle_call]
    fn deferred(&mut self, _key: u64, reply: ReplyTo<u64>) {
        self.waiting.push(reply);
    }

    #[handle_call]
    async fn deferred_and_awaited(&mut self, reply: ReplyTo<u64>) -> NoReply {
        self.waiting.push(reply);
        NoReply::ok()
    }

    #[handle_call]
    fn never(&self) -> ! {
        panic!("on purpose")
    }

    #[handle_cast]
    async fn never_awaited(&self) -> ! {
        panic!("on purpose")
    }

    #[handle_call]
    #[must_use]
    async fn awaited(&self, #[into] name: String) -> usize {
        name.len()
    }
}

async fn client(pool: PoolRef) -> Result<(), CallError> {
    let _: u64 = pool.value().await?;
    let () = pool.nothing().await?;
    let _: Result<u64, Refused> = pool.result(1).await?;
    let _: u64 = pool.control().await?;
    let _: u64 = pool.deferred(1).await?;
    let _: u64 = pool.deferred_and_awaited().await?;
    pool.never_awaited();
    let _: usize = pool.awaited("a").await?;
    match pool.never().await? {}
}

fn main() {
    drop(client(PoolRef::to("a")));
}
