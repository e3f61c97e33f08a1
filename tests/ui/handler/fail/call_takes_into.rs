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
    fn get(&self, _key: impl Into<String>) -> u64 {
        1
    }
}
fn main() {
    drop(CounterRef::to("a").get("a"));
}
