use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() {}
}
fn main() {
    drop(Counter::start());
}
