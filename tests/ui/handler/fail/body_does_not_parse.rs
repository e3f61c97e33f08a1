use beamish::prelude::*;

#[genserver]
struct Counter(u64);
#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self(0)
    }
    #[handle_cast]
    fn add(&mut self, by: u64) {
        self.0 += ;
    }
    #[handle_call]
    fn get(&self) -> u64 {
        self.0
    }
}
fn main() {
    CounterRef::to("a").add(1);
    drop(CounterRef::to("a").get());
}
