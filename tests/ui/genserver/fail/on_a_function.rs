use beamish::prelude::*;

#[genserver]
fn counter() {}

fn main() {
    counter();
}
