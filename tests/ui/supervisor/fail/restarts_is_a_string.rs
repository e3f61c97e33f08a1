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
        strategy: one_for_one, max_restarts: "3", children: [],
    }
}
fn main() {
    drop(Tree::start());
}
