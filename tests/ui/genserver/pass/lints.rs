//! What is written trips no lint.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    rust_2018_idioms,
    unused
)]
#![deny(
    unused_qualifications,
    unused_lifetimes,
    single_use_lifetimes,
    unnameable_types,
    let_underscore_drop
)]
use beamish::Info;
use beamish::prelude::*;

/// Counts.
#[genserver]
#[derive(Debug)]
pub struct Counter<T>(T);

#[genserver]
impl<T: Clone + Send + Sync + 'static> Counter<T> {
    #[init]
    fn init(start: T) -> Self {
        Self(start)
    }

    /// The present count.
    #[handle_call]
    pub fn get(&self) -> T {
        self.0.clone()
    }

    /// Sets it.
    #[handle_cast]
    #[deprecated]
    pub async fn set(&mut self, to: T) {
        self.0 = to;
    }

    #[handle_call]
    async fn slow(&self, _unused: u64, reply: ReplyTo<T>) {
        drop(reply);
    }

    #[handle_info]
    async fn info(&mut self, _info: Info) {}
}

/// Empty.
#[genserver]
#[derive(Debug)]
pub struct Empty;

#[genserver]
impl Empty {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}
