use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[init]
    fn again() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
