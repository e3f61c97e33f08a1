use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_continue]
    fn one(&mut self, _a: u64) {}
    #[handle_continue]
    fn other(&mut self, _a: u64) {}
}
fn main() {
    drop(Counter::start());
}
