#![deny(unused_must_use)]
use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver(mailbox = bounded(8, on_full = wait))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast]
    fn add(&mut self) {}
}
fn main() {
    CounterRef::to("x").add();
}
