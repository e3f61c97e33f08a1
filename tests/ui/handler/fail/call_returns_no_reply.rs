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
    fn get(&self) -> NoReply {
        NoReply::ok()
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
