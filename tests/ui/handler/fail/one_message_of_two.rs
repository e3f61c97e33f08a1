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
    fn set_a(&mut self) {}
    #[handle_cast]
    #[allow(non_snake_case)]
    fn setA(&mut self) {}
}
fn main() {
    drop(CounterRef::to("a").set_a());
}
