use beamish::prelude::*;

async fn wait() -> u64 {
    receive! {
        x: u64 => x
        y: String => y.len() as u64,
    }
}

fn main() {
    drop(wait());
}
