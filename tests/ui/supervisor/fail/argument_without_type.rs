use beamish::prelude::*;

supervisor! {
    Tree(config) {
        strategy: one_for_one, children: [],
    }
}
fn main() {}
