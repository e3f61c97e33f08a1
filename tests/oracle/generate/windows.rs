//! Restarts with waits in between: see `mod.rs`.

use std::time::Duration;

use beamish::{AutoShutdown, Strategy};

use super::Generator;
use crate::scenario::{Intensity, Kind, Reason, Step};

/// After it the restarts of a period of one second are forgotten.
const WINDOW: Duration = Duration::from_millis(2_100);

impl Generator {
    pub(super) fn windows(&mut self) {
        let top = self.supervisor(None, false);
        let restarts = self.random.within(1, 2);
        let intensity = Intensity {
            restarts: u32::try_from(restarts).unwrap_or(1),
            seconds: 1,
        };
        let strategy = *self.random.pick(&[
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ]);
        let kind = Kind::Supervisor {
            strategy,
            auto: AutoShutdown::Never,
            intensity,
        };
        let limited = self.supervising("s", Some(&top), false, kind);
        for _ in 0..self.random.within(1, 3) {
            self.calm_worker(&limited);
        }
        for _ in 0..2 {
            self.fail(restarts);
            self.scenario.steps.push(Step::Wait(WINDOW));
        }
        let last = self.random.within(restarts, restarts + 1);
        self.fail(last);
    }

    fn fail(&mut self, times: usize) {
        for _ in 0..times {
            let name = self.any_worker();
            self.scenario.steps.push(Step::Exit(name, Reason::Kill));
        }
    }
}
