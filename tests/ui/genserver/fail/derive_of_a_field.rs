use beamish::prelude::*;

struct Key;
#[genserver]
struct Counter;
#[genserver(message(derive(Clone)))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast]
    fn add(&mut self, key: Key) {
        drop(key);
    }
}
fn main() {
    drop(Counter::start());
}
