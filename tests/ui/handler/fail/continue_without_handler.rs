use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_cast]
    fn set(&mut self) -> NoReply<u64> {
        NoReply::ok().continue_with(1)
    }
}
fn main() {
    drop(CounterRef::to("a").set());
}
