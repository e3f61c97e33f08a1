use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(message(drive(Clone)))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
