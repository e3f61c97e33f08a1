//! Processes that end together: see `mod.rs`.

use beamish::{AutoShutdown, Restart, Shutdown, Strategy};

use super::{FOR_EVER, Generator, PATIENT};
use crate::scenario::{Begin, Ending, Intensity, Kind, MAIN, Name, Node, Op, Step, Worker};

impl Generator {
    pub(super) fn relations(&mut self) {
        let top = self.calm_supervisor(None);
        let under = if self.random.percent(50) {
            self.calm_supervisor(Some(&top))
        } else {
            top.clone()
        };
        for at in 0..self.random.within(3, 5) {
            self.calm_worker(if at % 2 == 0 { &top } else { &under });
        }
        for _ in 0..self.random.within(4, 10) {
            self.relations_step();
        }
    }

    fn calm_supervisor(&mut self, under: Option<&Name>) -> Name {
        let kind = Kind::Supervisor {
            strategy: Strategy::OneForOne,
            auto: AutoShutdown::Never,
            intensity: Intensity {
                restarts: 100,
                seconds: FOR_EVER,
            },
        };
        self.add("s", under, |name, under| Node {
            name,
            under,
            restart: Restart::Permanent,
            shutdown: Shutdown::Infinity,
            significant: false,
            spare: false,
            kind,
        })
    }

    pub(super) fn calm_worker(&mut self, under: &Name) {
        let worker = Worker {
            trap: self.random.percent(50),
            inits: vec![Begin::Ok],
            ending: Ending::Obey,
        };
        self.add_worker(under, false, PATIENT, worker);
    }

    fn relations_step(&mut self) {
        let one = self.any_worker();
        let other = if self.random.percent(15) {
            MAIN.to_owned()
        } else {
            self.anyone()
        };
        let op = match self.random.within(1, 100) {
            1..=22 => Op::Link(other),
            23..=27 => Op::Unlink(other),
            28..=45 => Op::Monitor(other),
            46..=49 => Op::Demonitor(other),
            50..=55 => Op::Trap(self.random.percent(50)),
            56..=61 => return self.last_words(one),
            62..=66 => {
                let to = self.receiver();
                Op::Burst(
                    to,
                    u32::from(self.random.percent(50)) * 2 + 1,
                    self.reason(),
                )
            }
            67..=77 => Op::Relay(self.any_worker(), Box::new(self.relayed())),
            _ => return self.end_a_worker(),
        };
        let is_relation = matches!(
            op,
            Op::Link(_) | Op::Unlink(_) | Op::Monitor(_) | Op::Demonitor(_)
        );
        let actor = if is_relation && self.random.percent(20) {
            MAIN.to_owned()
        } else {
            one
        };
        if op.other() == Some(&actor) && is_relation {
            return self.end_a_worker();
        }
        self.scenario.steps.push(if self.random.percent(70) {
            Step::Call(actor, op)
        } else {
            Step::Cast(actor, op)
        });
    }

    /// Messages to one who watches, and the end.
    fn last_words(&mut self, sender: Name) {
        let watcher = self.receiver();
        if watcher == sender {
            return self.end_a_worker();
        }
        let watch = if self.random.percent(70) {
            Op::Monitor(sender.clone())
        } else {
            Op::Link(sender.clone())
        };
        let reason = self.reason();
        self.scenario.steps.push(Step::Call(watcher.clone(), watch));
        self.scenario
            .steps
            .push(Step::Cast(sender, Op::Burst(watcher, 3, reason)));
    }

    fn receiver(&mut self) -> Name {
        if self.random.percent(20) {
            MAIN.to_owned()
        } else {
            self.any_worker()
        }
    }

    fn relayed(&mut self) -> Op {
        match self.random.within(1, 10) {
            1..=3 => Op::Echo,
            4..=5 => Op::Crash,
            6..=7 => Op::Exit(self.reason()),
            8 => Op::Stop(self.reason()),
            9 => Op::Signal(self.reason()),
            _ => Op::Silent,
        }
    }
}
