use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call]
    const LIMIT: u64 = 1;
}
fn main() {
    drop(Counter::LIMIT);
}
