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
    fn add(&mut self, #[serde(rename = "k")] key: u64) {
        drop(key);
    }
}
fn main() {
    drop(Counter::start());
}
