use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        text => text.len() as u64,
    }
}

fn main() {
    drop(wait());
}
