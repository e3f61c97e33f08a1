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
        strategy: one_for_one, children: [dynamic Pool { strategy: one_for_one }],
    }
}
fn main() {
    drop((Tree::start(), Pool::named()));
}
