use beamish::prelude::*;

#[init]
fn init() -> u64 {
    1
}

fn main() {
    drop(init());
}
