use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        after 5s => 1,
        x: u64 => x,
    }
}

fn main() {
    drop(wait());
}
