use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(derive(Clone))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
