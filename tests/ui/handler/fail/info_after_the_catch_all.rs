use beamish::Info;
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
    fn any(&mut self, _a: Info) {}
    #[handle_info]
    fn tick(&mut self, _a: u64) {}
}
fn main() {
    drop(Counter::start());
}
