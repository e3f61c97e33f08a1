//! Another flavor, and a body without a value.
#![deny(warnings)]

#[beamish::main(flavor = "current_thread")]
async fn main() {
    let one = 1;
    assert_eq!(one, 1);
}
