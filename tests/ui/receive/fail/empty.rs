use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {}
}

fn main() {
    drop(wait());
}
