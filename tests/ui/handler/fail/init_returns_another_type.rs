use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> u64 {
        1
    }
}
fn main() {
    drop(Counter::start());
}
