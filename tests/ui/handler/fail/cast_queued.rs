use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast(queued)]
    fn set(&mut self) {}
}
fn main() {
    drop(CounterRef::to("a").set());
}
