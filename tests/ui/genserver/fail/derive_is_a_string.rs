use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(message(derive("Clone")))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
