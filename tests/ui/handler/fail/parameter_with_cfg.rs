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
    fn add(&mut self, #[cfg(debug_assertions)] by: u64) {
        self.0 += by;
    }
}

fn main() {
    CounterRef::to("a").add(1);
}
