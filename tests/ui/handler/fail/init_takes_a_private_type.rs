use beamish::prelude::*;

#[genserver]
pub struct Counter;
struct Config;
#[genserver]
impl Counter {
    #[init]
    fn init(_config: Config) -> Self {
        Self
    }
}
fn main() {
    drop(Counter::start(Config));
}
