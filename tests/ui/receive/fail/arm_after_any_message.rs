use beamish::Info;
use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        _: Info => 1,
        x: u64 if x > 1 => x,
    }
}

fn main() {
    drop(wait());
}
