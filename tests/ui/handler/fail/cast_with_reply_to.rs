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
    fn set(&mut self, _reply: ReplyTo<u64>) {}
}
fn main() {
    drop(CounterRef::to("a").set());
}
