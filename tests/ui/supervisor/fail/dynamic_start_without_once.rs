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
        strategy: one_for_one,
        children: [dynamic Workers {}],
    }
}

#[beamish::main]
async fn main() {
    drop(Workers::start_child(Worker::start_link()).await);
}
