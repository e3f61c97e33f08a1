use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init(&self) -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
