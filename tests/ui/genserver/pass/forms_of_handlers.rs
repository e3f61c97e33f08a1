//! Handlers in the forms that methods have, beside other items of the block.
#![deny(warnings)]
use std::borrow::Cow;

use beamish::prelude::*;

mod deep {
    pub mod er {
        #[beamish::genserver(name = "counter")]
        #[derive(Clone)]
        pub struct Counter {
            pub(super) count: u64,
        }
    }

    #[beamish::genserver(mailbox = bounded(Self::LIMIT, on_full = drop_newest))]
    impl self::er::Counter {
        /// How many wait.
        pub const LIMIT: usize = Self::double(4);

        const fn double(number: usize) -> usize {
            number * 2
        }

        fn show<T: ToString>(&self, what: T) -> String {
            format!("{} {}", what.to_string(), self.count)
        }

        #[::beamish::init]
        pub async fn init() -> beamish::Init<Self> {
            beamish::Init::ok(Self { count: Self::LIMIT as u64 })
        }

        #[inline]
        #[beamish::handle_call(queued)]
        #[doc(alias = "count")]
        pub(in crate::deep) const fn get(self: &Self) -> u64 {
            self.count
        }

        #[handle_call()]
        #[doc(hidden)]
        #[allow(clippy::unused_async)]
        pub(super) async fn shown(self: &mut Self, what: std::borrow::Cow<'static, str>) -> String
        where
            Self: Sized,
        {
            enum Local {
                One,
            }
            let Local::One = Local::One;
            self.show(what)
        }

        #[handle_call]
        pub fn snapshot(&self) -> Self {
            self.clone()
        }

        #[handle_call]
        pub async fn asked(&self, other: er::CounterRef) -> Result<u64, beamish::CallError> {
            other.get().await
        }
    }
}

use deep::er::{Counter, CounterRef};

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link().await?;
    let other: CounterRef = Counter::start_link().unnamed().await?;
    assert_eq!(counter.shown(Cow::Borrowed("a")).await?, "a 8");
    assert_eq!(counter.asked(other).await??, 8);
    drop(CounterRef::named().snapshot().await?);
    // A server that asks itself waits for itself.
    let itself = counter.asked(counter.clone()).await?;
    assert!(matches!(itself, Err(CallError::CallingSelf(_))), "{itself:?}");
    Ok(())
}
