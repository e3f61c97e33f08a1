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
        strategy: one_for_one, auto_shutdown: any_significant,
        children: [Worker::start_link() { restart: permanent, significant: true }],
    }
}
fn main() {
    drop(Tree::start());
}
