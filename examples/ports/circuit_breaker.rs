//! Circuit breakers: after so many failures a function is not called any more, for some time.

use std::time::Duration;

use beamish::prelude::*;
use tokio::time::Instant;

/// When a breaker trips, for how long, and who is told.
#[derive(Clone, Copy)]
pub struct Options {
    pub threshold: u32,
    pub timeout: Duration,
    pub on_trip: fn(&str),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threshold: 10,
            timeout: Duration::from_secs(15 * 60),
            on_trip: |_| {},
        }
    }
}

#[derive(Debug, PartialEq)]
pub enum Broken<E> {
    /// The breaker has tripped: the function was not called.
    Tripped,
    Failed(E),
    Call(CallError),
}

/// Awaits `function` unless the breaker `key` has tripped.
pub async fn call<T, E>(
    key: &str,
    options: Options,
    function: impl Future<Output = Result<T, E>>,
) -> Result<T, Broken<E>> {
    let breaker = BreakerRef::to(key);
    if !breaker.is_alive() {
        // Another caller may have started it meanwhile.
        let _ = Breakers::start_child(Breaker::start_link().name(key).once()).await;
    }
    let tripped = breaker.is_tripped(options.timeout).await;
    if tripped.map_err(Broken::Call)? {
        return Err(Broken::Tripped);
    }
    let result = function.await;
    if result.is_err() {
        breaker.increment(options, key);
    }
    result.map_err(Broken::Failed)
}

/// The breaker of one function.
#[genserver]
#[derive(Default)]
pub struct Breaker {
    failures: u32,
    tripped_at: Option<Instant>,
}

#[genserver]
impl Breaker {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    /// Whether it has tripped less than `timeout` ago; it begins anew after that.
    #[handle_call]
    fn is_tripped(&mut self, timeout: Duration) -> bool {
        if self.tripped_at.is_some_and(|at| at.elapsed() >= timeout) {
            *self = Self::default();
        }
        self.tripped_at.is_some()
    }

    #[handle_cast]
    fn increment(&mut self, options: Options, #[into] key: String) {
        self.failures += 1;
        if self.failures >= options.threshold {
            self.tripped_at = Some(Instant::now());
            spawn_link(async move { (options.on_trip)(&key) });
        }
    }
}

supervisor! {
    /// The breakers.
    pub BreakerSupervisor {
        strategy: one_for_all,
        children: [dynamic Breakers {}],
    }
}
