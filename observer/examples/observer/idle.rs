//! Many servers that do nothing, in some of which messages wait.

use std::time::Duration;

use beamish::DynamicSupervisorRef;
use beamish::prelude::*;

/// In each so-and-so-many-th server messages wait.
const BETWEEN: usize = 97;

/// Does nothing, or sleeps.
#[genserver]
pub struct Idler {
    nudged: u64,
}

#[genserver]
impl Idler {
    #[init]
    fn init() -> Self {
        Self { nudged: 0 }
    }

    /// Sleeps for very long, so that what comes waits.
    #[handle_cast]
    async fn doze(&mut self) {
        process::sleep(Duration::from_secs(1_000_000)).await;
    }

    #[handle_cast]
    fn nudge(&mut self) {
        self.nudged += 1;
    }
}

/// Starts so many.
pub async fn fill(count: usize) -> Result<(), ExitReason> {
    let supervisor = DynamicSupervisorRef::to("Demo.Idle");
    for number in 0..count {
        let idler = supervisor.start_child(Idler::start_link().once()).await?;
        if number % BETWEEN == 0 {
            idler.doze();
            for _ in 0..(number / BETWEEN) % 100 {
                idler.nudge();
            }
        }
    }
    Ok(())
}
