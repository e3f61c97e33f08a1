use beamish::prelude::*;

#[genserver(trap_exit, debug)]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
