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
    Tree(is_spec: bool) {
        strategy: one_for_one,
        children: [
            if *is_spec { Worker::child_spec() } else { Worker::start_link() },
        ],
    }
}
fn main() {
    drop(Tree::start(true));
}
