use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        ref x: u64 => *x,
    }
}

fn main() {
    drop(wait());
}
