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
    fn tick(&mut self, _a: u64) -> u64 {
        1
    }
}
fn main() {
    drop(Counter::start());
}
