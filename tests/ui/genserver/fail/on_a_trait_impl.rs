use beamish::prelude::*;

struct Counter;

#[genserver]
impl Default for Counter {
    fn default() -> Self {
        Self
    }
}

fn main() {
    drop(Counter::default());
}
