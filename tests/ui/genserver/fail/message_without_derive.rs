use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(message(Clone, Debug))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
