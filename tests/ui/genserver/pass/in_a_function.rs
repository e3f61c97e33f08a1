//! Servers in functions.
use beamish::prelude::*;

fn one() {
    #[genserver]
    struct Counter;

    #[genserver]
    impl Counter {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        async fn get(&self) -> u64 {
            1
        }
    }

    drop(CounterRef::to("a").get());
}

fn other() {
    #[genserver]
    struct Counter;

    #[genserver]
    impl Counter {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        fn set(&mut self) {}
    }

    CounterRef::to("a").set();
}

fn main() {
    one();
    other();
}
