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
    unsafe fn set(&mut self) {}
}
fn main() {
    drop(CounterRef::to("a").set());
}
