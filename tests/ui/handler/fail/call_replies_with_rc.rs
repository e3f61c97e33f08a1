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
    fn get(&self) -> std::rc::Rc<u64> {
        1.into()
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
