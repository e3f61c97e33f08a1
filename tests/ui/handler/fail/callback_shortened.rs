use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[call]
    fn get(&self) -> u64 {
        1
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
