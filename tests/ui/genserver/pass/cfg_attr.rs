//! `#[cfg]` and `#[cfg_attr]` on callbacks and on the whole server.
#![deny(warnings)]
use beamish::prelude::*;

#[cfg_attr(all(), derive(Debug, Default))]
#[genserver]
struct Counter {
    #[cfg(any())]
    absent: Absent,
    count: u64,
}

#[genserver]
impl Counter {
    #[cfg(all())]
    #[init]
    async fn init(start: u64) -> Self {
        Self { count: start }
    }

    #[cfg(any())]
    #[init]
    fn init(absent: Absent) -> Result<Self, Absent> {
        absent
    }

    #[cfg(all())]
    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {}

    #[cfg_attr(all(), cfg(any()))]
    #[terminate]
    async fn terminate(&mut self, _reason: &ExitReason) {
        absent(self).await;
    }

    #[cfg_attr(all(), doc = "The count.", deprecated, must_use)]
    #[cfg_attr(all(), cfg(all()))]
    #[handle_call]
    fn get(&self) -> u64 {
        self.count
    }

    #[cfg_attr(all(), cfg(any()))]
    #[handle_call]
    fn gone(&self, absent: Absent) -> Absent {
        absent
    }

    #[cfg_attr(all(), cfg_attr(all(), allow(unused_variables), cfg(any())))]
    #[handle_info]
    fn gone_too(&mut self, absent: Absent) {}

    #[handle_cast]
    fn add(
        &mut self,
        by: u64,
        #[cfg_attr(all(), allow(unused_variables))] unused: u64,
    ) {
        self.count += by;
    }
}

#[cfg(any())]
#[genserver]
struct Gone(Absent);

#[genserver]
#[cfg(any())]
impl Gone {
    #[init]
    fn init() -> Self {}
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let counter = Counter::start_link(40).await?;
    counter.add(2, 3);
    #[expect(deprecated)]
    let count = counter.get();
    assert_eq!(count.await?, 42);
    Ok(())
}
