use beamish::prelude::*;

struct Counter;

impl Counter {
    #[handle_call]
    fn get(&self) -> u64 {
        1
    }
}

fn main() {
    drop(Counter.get());
}
