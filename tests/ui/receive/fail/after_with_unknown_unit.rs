use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        x: u64 => x,
        after 5m => 1,
    }
}

fn main() {
    drop(wait());
}
