use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(client = mock)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
