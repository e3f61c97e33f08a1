//! A `start_link` of the user's own takes the place of the generated one.
use beamish::prelude::*;
use beamish::{ChildSpec, Start};

#[genserver]
struct Counter(u64);

#[genserver]
impl Counter {
    pub fn start_link(name: &str) -> Start<Self> {
        Self::server(7).name(name)
    }

    pub fn child_spec(name: &'static str) -> ChildSpec {
        ChildSpec::new(move || Self::start_link(name)).id(name)
    }

    #[init]
    fn init(start: u64) -> Self {
        Self(start)
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.0
    }
}

fn main() {
    drop(Counter::child_spec("a"));
    drop(Counter::start(1));
}
