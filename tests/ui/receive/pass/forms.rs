//! The least and the most that an invocation may be.
#![deny(warnings)]
use beamish::prelude::*;

async fn wait(mut last: u64) -> u64 {
    receive! { after 0 => {} }
    receive! { () : () => {}, after infinity => {} }
    receive! { _: u64 => {} }
    let limit = 1.5;
    last += receive! {
        x: u64 if x > last => x,
        x: f64 if x > limit => 1,
        after 1.5min => 2
    };
    last
}

fn main() {
    drop(wait(1));
}
