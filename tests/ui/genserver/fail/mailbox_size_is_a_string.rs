use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(mailbox = bounded("1024", on_full = wait))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start());
}
