use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast]
    fn to(&mut self) {}
}
fn main() {
    drop(CounterRef::to("a"));
}
