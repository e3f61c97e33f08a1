use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call(queue)]
    fn get(&self) -> u64 {
        1
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
