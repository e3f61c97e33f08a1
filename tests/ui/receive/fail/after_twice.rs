use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        x: u64 => x,
        after 5s => 1,
        after 6s => 2,
    }
}

fn main() {
    drop(wait());
}
