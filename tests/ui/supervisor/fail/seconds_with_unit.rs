use beamish::prelude::*;

#[genserver]
struct Worker;
#[genserver]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }
}
supervisor! {
    Tree {
        strategy: one_for_one, max_seconds: 5s, children: [],
    }
}
fn main() {
    drop(Tree::start());
}
