use beamish::prelude::*;

struct Tick;

async fn wait() -> u64 {
    receive! {
        Tick => 1,
    }
}

fn main() {
    drop(wait());
}
