use beamish::prelude::*;

struct Counter(u64);

#[genserver]
impl Counter {
    #[init]
    fn init(start: u64) -> Self {
        Self(start)
    }
    #[handle_call]
    fn get(&self) -> Reply<u64, Grow> {
        Reply::ok(self.0).continue_with(Grow)
    }
    #[handle_call(queued)]
    async fn late(&mut self, reply: ReplyTo<u64>) {
        drop(reply);
    }
    #[handle_cast]
    fn set(&mut self, count: u64) {
        self.0 = count;
    }
    #[handle_continue]
    fn grow(&mut self, _: Grow) {
        self.0 += 1;
    }
    #[handle_info]
    fn message(&mut self, _: &'static str) {}
    #[terminate]
    async fn terminate(&mut self, _reason: &ExitReason) {}
}

struct Grow;

supervisor! {
    Tree(start: u64) {
        strategy: one_for_one,
        children: [Counter::start_link(*start)],
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link(1).await?;
    counter.set(2);
    println!("{}", counter.clone().get().await?);
    Tree::start(1).await?;
    Ok(())
}
