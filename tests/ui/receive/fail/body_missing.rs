use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        x: u64 =>,
    }
}

fn main() {
    drop(wait());
}
