use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        x: u64 => x,
        1: u64 => 2,
    }
}

fn main() {
    drop(wait());
}
