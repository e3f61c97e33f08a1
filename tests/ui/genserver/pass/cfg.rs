//! A handler that is not there is nowhere.
use beamish::prelude::*;

#[genserver]
struct Counter(u64);

#[genserver]
impl Counter {
    #[init]
    fn init() -> Self {
        Self(0)
    }

    #[cfg(any())]
    #[handle_call]
    fn gone(&self, absent: Absent) -> Absent {
        absent
    }

    #[cfg(any())]
    #[handle_call]
    async fn gone_too(&self) -> Absent {}

    #[cfg(any())]
    #[handle_cast]
    fn set(&mut self, _absent: Absent) {}

    #[cfg(all())]
    #[handle_cast]
    fn set(&mut self, to: u64) {
        self.0 = to;
    }

    #[cfg(any())]
    #[handle_info]
    fn absent(&mut self, _absent: Absent) {}

    #[cfg(any())]
    #[handle_continue]
    fn later(&mut self, _absent: Absent) {}

    #[cfg(any())]
    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {}
}

fn main() {
    CounterRef::to("a").set(1);
}
