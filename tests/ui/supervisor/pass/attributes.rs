//! Attributes on a tree are those of its type; one that is not there is nowhere, with all of its parts.
#![deny(warnings, missing_docs)]

/// The trees.
pub mod trees {
    use beamish::prelude::*;

    supervisor! {
        /// An old tree.
        #[deprecated]
        #[derive(Clone, Copy, Default)]
        pub Old { strategy: one_for_one, children: [dynamic OldPool {}] }
    }

    supervisor! {
        #[cfg(any())]
        pub Gone(absent: Absent) {
            name: "gone",
            strategy: one_for_one,
            children: [Absent::start_link(absent), dynamic GonePool {}, ..absent.more()],
        }
    }

    supervisor! {
        #[cfg_attr(all(), doc = "A new tree.", derive(Clone))]
        #[cfg(all())]
        pub(crate) New { name: "new", strategy: one_for_one, children: [] }
    }
}

fn main() {
    #[expect(deprecated)]
    let _ = trees::Old::default();
    drop(trees::OldPool::named());
    drop(Clone::clone(&trees::New));
}
