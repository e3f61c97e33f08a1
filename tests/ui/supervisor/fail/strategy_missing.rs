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
        children: [Worker::start_link()],
    }
}
fn main() {
    drop(Tree::start());
}
