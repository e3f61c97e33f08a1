use beamish::prelude::*;

#[application]
fn start() {}

fn main() {
    start();
}
