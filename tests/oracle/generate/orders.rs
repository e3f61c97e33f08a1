//! Any tree, and one end at a time: see `mod.rs`.

use beamish::{AutoShutdown, Shutdown, Strategy};

use super::{FOR_EVER, Generator, PATIENT, STUBBORN};
use crate::scenario::{Begin, Ending, Intensity, Kind, MAIN, Name, Node, Op, Reason, Step, Worker};

impl Generator {
    pub(super) fn orders(&mut self) {
        let top = self.supervisor(None, false);
        self.children(&top, 0);
        for _ in 0..self.random.within(3, 9) {
            self.orders_step();
        }
    }

    fn children(&mut self, under: &Name, depth: usize) {
        for _ in 0..self.random.within(1, 4 - depth) {
            self.child(under, depth, false);
        }
        if self.random.percent(30) {
            self.child(under, depth.max(1), true);
        }
    }

    fn child(&mut self, under: &Name, depth: usize, spare: bool) {
        match self.random.within(1, 100) {
            1..=22 if depth < 2 => {
                let name = self.supervisor(Some(under), spare);
                self.children(&name, depth + 1);
            }
            23..=35 if depth < 2 => self.dynamic(under),
            _ => self.worker(under, spare),
        }
    }

    pub(super) fn supervisor(&mut self, under: Option<&Name>, spare: bool) -> Name {
        let strategy = *self.random.pick(&[
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ]);
        let auto = self.random.weighted(&[
            (4, AutoShutdown::Never),
            (3, AutoShutdown::AnySignificant),
            (3, AutoShutdown::AllSignificant),
        ]);
        let intensity = self.intensity();
        let kind = Kind::Supervisor {
            strategy,
            auto,
            intensity,
        };
        self.supervising("s", under, spare, kind)
    }

    fn dynamic(&mut self, under: &Name) {
        let kind = Kind::Dynamic {
            max_children: self.random.percent(25).then_some(2),
            intensity: self.intensity(),
        };
        let name = self.supervising("d", Some(under), false, kind);
        for _ in 0..self.random.within(1, 2) {
            if self.random.percent(15) {
                let spare = self.supervisor(Some(&name), true);
                self.worker(&spare, false);
                self.worker(&spare, false);
            } else {
                self.worker(&name, true);
            }
        }
    }

    fn intensity(&mut self) -> Intensity {
        Intensity {
            restarts: self
                .random
                .weighted(&[(1, 0), (3, 1), (3, 2), (3, 3), (2, 5)]),
            seconds: FOR_EVER,
        }
    }

    pub(super) fn supervising(
        &mut self,
        prefix: &str,
        under: Option<&Name>,
        spare: bool,
        kind: Kind,
    ) -> Name {
        let restart = self.restart();
        let shutdown = self.random.weighted(&[
            (8, Shutdown::Infinity),
            (1, PATIENT),
            (1, Shutdown::BrutalKill),
        ]);
        let significant = self.significant(under, restart);
        self.add(prefix, under, |name, under| Node {
            name,
            under,
            restart,
            shutdown,
            significant,
            spare,
            kind,
        })
    }

    fn worker(&mut self, under: &Name, spare: bool) {
        let trap = self.random.percent(40);
        let ending = if trap { self.ending() } else { Ending::Obey };
        let shutdown = if ending == Ending::Stubborn {
            STUBBORN
        } else {
            self.random.weighted(&[
                (8, PATIENT),
                (2, Shutdown::BrutalKill),
                (1, Shutdown::Infinity),
            ])
        };
        let inits = self.inits();
        self.add_worker(
            under,
            spare,
            shutdown,
            Worker {
                trap,
                inits,
                ending,
            },
        );
    }

    fn ending(&mut self) -> Ending {
        match self.random.within(1, 10) {
            1..=5 => Ending::Obey,
            6..=7 => Ending::Exit(self.reason()),
            8 => Ending::Crash,
            _ => Ending::Stubborn,
        }
    }

    fn inits(&mut self) -> Vec<Begin> {
        let mut inits = vec![Begin::Ok];
        if self.random.percent(4) {
            inits[0] = self.bad_init();
        }
        if self.random.percent(25) {
            for _ in 0..self.random.within(1, 3) {
                inits.push(self.bad_init());
            }
            if self.random.percent(75) {
                inits.push(Begin::Ok);
            }
        }
        inits
    }

    fn bad_init(&mut self) -> Begin {
        match self.random.within(1, 10) {
            1..=3 => Begin::Stop(self.reason()),
            4..=6 => Begin::Crash,
            7..=8 => Begin::Exit(self.reason()),
            _ => Begin::Ignore,
        }
    }

    fn orders_step(&mut self) {
        match self.random.within(1, 100) {
            1..=28 => self.end_a_worker(),
            29..=36 => self.hold(),
            37..=41 => self.suspend(),
            42..=46 => {
                let name = self.any_supervisor();
                let reason = self.random.weighted(&[
                    (5, Reason::Kill),
                    (2, Reason::Boom),
                    (1, Reason::Shutdown),
                    (1, Reason::Normal),
                ]);
                self.scenario.steps.push(Step::Exit(name, reason));
            }
            47..=52 => {
                let name = self.anyone();
                let reason =
                    *self
                        .random
                        .pick(&[Reason::Normal, Reason::Boom, Reason::ShutdownWith]);
                self.scenario.steps.push(Step::Stop(name, reason));
            }
            53..=67 => self.start_a_spare(),
            68..=86 => self.manage(),
            87..=93 => self.question(),
            _ => {
                let name = self.anyone();
                self.scenario
                    .steps
                    .push(Step::Call(MAIN.to_owned(), Op::Monitor(name)));
            }
        }
    }

    pub(super) fn end_a_worker(&mut self) {
        let name = self.any_worker();
        let step = self.end_of(name);
        self.scenario.steps.push(step);
    }

    pub(super) fn end_of(&mut self, name: Name) -> Step {
        let reason = self.reason();
        match self.random.within(1, 10) {
            1..=5 => Step::Exit(name, reason),
            6 => Step::Call(name, Op::Exit(reason)),
            7 => Step::Cast(name, Op::Stop(reason)),
            8 => Step::Call(name, Op::Stop(reason)),
            9 => Step::Call(name, Op::Crash),
            _ => Step::Cast(name, Op::Signal(reason)),
        }
    }

    /// Several ends while their supervisor is busy, so that it finds them in its mailbox one after the other.
    fn hold(&mut self) {
        let supervisor = self.any_supervisor();
        let is_full = |node: &Node| {
            matches!(
                node.kind,
                Kind::Dynamic {
                    max_children: Some(_),
                    ..
                }
            )
        };
        let below: Vec<_> = self
            .scenario
            .nodes
            .iter()
            .filter(|node| node.under.as_ref() == Some(&supervisor))
            .map(|node| (node.name.clone(), matches!(node.kind, Kind::Worker(_))))
            .collect();
        if below.is_empty()
            || self
                .scenario
                .nodes
                .iter()
                .any(|node| node.name == supervisor && is_full(node))
        {
            return self.end_a_worker();
        }
        self.scenario.steps.push(Step::Hold(supervisor.clone()));
        for _ in 0..self.random.within(2, 4) {
            let (name, is_worker) = self.random.pick(&below).clone();
            let step = if is_worker {
                self.end_of(name)
            } else {
                Step::Exit(name, Reason::Kill)
            };
            self.scenario.steps.push(step);
        }
        self.scenario.steps.push(Step::Release(supervisor));
    }

    /// What comes while a process is suspended is handled when it is resumed; an exit of its supervisor at once.
    fn suspend(&mut self) {
        let name = self.anyone();
        let is_worker = self
            .scenario
            .nodes
            .iter()
            .any(|node| node.name == name && matches!(node.kind, Kind::Worker(_)));
        self.scenario.steps.push(Step::Suspend(name.clone()));
        for _ in 0..self.random.within(1, 3) {
            let reason = self.reason();
            let step = match self.random.within(1, 4) {
                1 if is_worker => Step::Cast(name.clone(), Op::Stop(reason)),
                2 if is_worker => Step::Cast(name.clone(), Op::Crash),
                3 => Step::Exit(self.any_worker(), reason),
                _ => Step::Exit(name.clone(), reason),
            };
            self.scenario.steps.push(step);
        }
        self.scenario.steps.push(Step::Resume(name));
    }

    fn start_a_spare(&mut self) {
        let spares: Vec<_> = self
            .scenario
            .nodes
            .iter()
            .filter(|node| node.spare)
            .map(|node| node.name.clone())
            .collect();
        if spares.is_empty() {
            return self.end_a_worker();
        }
        let name = self.random.pick(&spares).clone();
        self.scenario.steps.push(Step::Start(name));
    }

    /// A request to the supervisor of somebody.
    fn manage(&mut self) {
        let name = self.anyone();
        let request = self.random.weighted::<fn(Name) -> Step>(&[
            (4, Step::Terminate),
            (4, Step::Restart),
            (2, Step::Delete),
            (1, Step::Start),
        ]);
        if self.random.percent(50) {
            self.scenario.steps.push(Step::Terminate(name.clone()));
        }
        self.scenario.steps.push(request(name));
    }

    fn question(&mut self) {
        let supervisor = self.any_supervisor();
        let worker = self.any_worker();
        let trap = self.random.percent(50);
        let step = self.random.weighted(&[
            (3, Step::Which(supervisor.clone())),
            (3, Step::Count(supervisor)),
            (2, Step::Call(worker.clone(), Op::Echo)),
            (1, Step::Call(worker.clone(), Op::Silent)),
            (2, Step::Call(worker, Op::Trap(trap))),
        ]);
        self.scenario.steps.push(step);
    }
}
