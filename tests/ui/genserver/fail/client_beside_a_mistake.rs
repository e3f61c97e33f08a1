use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(client = trait)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call]
    fn get(&self) -> &str {
        ""
    }
}
fn any(counter: &dyn CounterClient) {
    drop(counter.get());
}
fn main() {
    any(&CounterRef::to("x"));
}
