//! An application with an argument, and one without.
#![deny(warnings)]
use beamish::prelude::*;

struct CashMan;

supervisor! {
    Tree(window: u64) { strategy: one_for_one, children: [] }
}

#[application]
impl CashMan {
    /// Starts the tree.
    async fn start((window, _): (u64, u64)) -> Result<SupervisorRef, StartError> {
        Tree::start_link(Self::double(window)).await
    }

    fn double(window: u64) -> u64 {
        window * 2
    }
}

struct Plain;

#[application]
impl Plain {
    async fn start() -> Result<SupervisorRef, StartError> {
        Tree::start_link(1).await
    }
}

fn main() {
    drop(<CashMan as Application>::start_tree((1, 2)));
    drop(<Plain as Application>::start_tree(()));
}
