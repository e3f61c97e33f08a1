use beamish::prelude::*;

#[genserver]
struct Counter;
#[genserver]
impl Counter {
    #[init]
    fn init() -> Result<Self, u64> {
        Ok(Self)
    }
}
fn main() {
    drop(Counter::start());
}
