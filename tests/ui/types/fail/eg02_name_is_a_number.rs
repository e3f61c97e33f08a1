use beamish::prelude::*;

#[genserver]
struct Counter;

#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {
    let _ = Counter::start().name(7);
}
