//! What is written trips no lint.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    rust_2018_idioms,
    unused_qualifications
)]
use beamish::prelude::*;

supervisor! {
    /// A tree.
    pub Tree(unused: u64) {
        strategy: one_for_one,
        children: [dynamic Pool {}, supervisor Inner { strategy: one_for_all, children: [] }],
    }
}

supervisor! {
    Private { strategy: one_for_one, children: [dynamic Connections {}] }
}

fn main() {}
