use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init(_name: &str) -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start("a"));
}
