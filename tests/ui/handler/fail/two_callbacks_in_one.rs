use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call]
    #[handle_cast]
    fn get(&mut self) -> u64 {
        1
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
