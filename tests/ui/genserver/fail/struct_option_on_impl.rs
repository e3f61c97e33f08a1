use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(restart = transient)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
