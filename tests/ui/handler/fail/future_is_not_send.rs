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
    async fn get(&mut self) -> u64 {
        let one = std::rc::Rc::new(1);
        std::future::ready(()).await;
        *one
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
