use beamish::prelude::*;

#[genserver]
struct Counter(std::cell::Cell<u64>);
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self(std::cell::Cell::new(1))
    }
    #[handle_call]
    async fn get(&self) -> u64 {
        self.0.get()
    }
}
fn main() {
    drop(CounterRef::to("a").get());
}
