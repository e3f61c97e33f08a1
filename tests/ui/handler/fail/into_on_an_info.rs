use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_info]
    fn tick(&mut self, #[into] _a: String) {}
}
fn main() {
    drop(Counter::start());
}
