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
    fn add(&mut self, by: u64) -> Result<(), u64> {
        Err(by)
    }
}
fn main() {
    drop(Counter::start());
}
