use beamish::prelude::*;

#[genserver(mailbox = bounded(8, on_full = wait))]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
