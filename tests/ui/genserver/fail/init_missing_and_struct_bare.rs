use beamish::prelude::*;

struct Counter;
#[genserver]
impl Counter {
    #[handle_call]
    fn get(&self) -> u64 {
        1
    }
    #[handle_continue]
    fn go_on(&mut self, _by: u64) {}
}

struct Holder {
    counter: CounterRef,
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link().await?;
    let holder = Holder { counter };
    println!("{}", holder.counter.get().await?);
    CounterRef::to("counter").get().await?;
    Ok(())
}
