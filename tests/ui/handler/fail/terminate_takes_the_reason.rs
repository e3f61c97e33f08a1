use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[terminate]
    fn terminate(&mut self, _reason: ExitReason) {}
}
fn main() {
    drop(Counter::start());
}
