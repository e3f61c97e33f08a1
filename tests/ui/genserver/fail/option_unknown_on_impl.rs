use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(nme = "x")]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
