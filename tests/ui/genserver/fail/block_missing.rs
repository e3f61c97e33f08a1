use beamish::prelude::*;

#[genserver(name = "counter")]
struct Counter(u64);

#[derive(Debug, Clone)]
struct Holder {
    counter: CounterRef,
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link(1).await?;
    counter.set(2);
    let holder = Holder { counter };
    println!("{:?}", holder.clone());
    beamish::sys::suspend(&counter).await?;
    Ok(())
}
