use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[handle_call]
    fn get(&self) -> u64 {
        1
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
