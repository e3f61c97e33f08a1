use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(mailbox = bounded(on_full = wait))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
