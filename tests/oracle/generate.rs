//! Makes scenarios from seeds, weighted towards trouble. There are three kinds:
//!
//! 1. *Orders*: any tree, with any strategies, limits and failing inits; at any time one process is ended, by whatever
//!    means, or several while their supervisor is held. So each supervisor acts for one cause at a time, and its order is
//!    promised.
//! 2. *Relations*: links, monitors, messages before an end, calls that fail with whom they called. Several processes end
//!    at once, so supervisors are one-for-one and do not give up.
//! 3. *Windows*: restarts with waits in between, under limits that hold for a second.
//!
//! What came after OTP 25 is left out: `{error, _}` from `init`, labels, messages of timeouts. So are the differences that
//! `docs/semantics.md` lists: a call that is never answered has its handle kept, and nobody links to the dead.

use std::time::Duration;

use beamish::{AutoShutdown, Restart, Shutdown, Strategy};

use crate::random::Random;
use crate::scenario::{
    Begin, Ending, Intensity, Kind, MAIN, Name, Node, Op, Reason, Scenario, Step, Worker,
};

/// The patience of a supervisor with a child that never ends by itself.
const STUBBORN: Shutdown = Shutdown::Timeout(Duration::from_millis(20));
const PATIENT: Shutdown = Shutdown::Timeout(Duration::from_secs(5));
/// So long no restart is forgotten.
const FOR_EVER: u64 = 1_000;
/// After it the restarts of a period of one second are forgotten.
const WINDOW: Duration = Duration::from_millis(2_100);

pub(crate) fn generate(seed: u64) -> Scenario {
    let mut generator = Generator {
        random: Random::new(seed),
        nodes: Vec::new(),
        steps: Vec::new(),
    };
    match generator.random.within(1, 100) {
        1..=60 => generator.orders(),
        61..=92 => generator.relations(),
        _ => generator.windows(),
    }
    Scenario {
        name: format!("seed_{seed}"),
        about: String::new(),
        nodes: generator.nodes,
        steps: generator.steps,
    }
}

struct Generator {
    random: Random,
    nodes: Vec<Node>,
    steps: Vec<Step>,
}

/// Orders.
impl Generator {
    fn orders(&mut self) {
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

    fn supervisor(&mut self, under: Option<&Name>, spare: bool) -> Name {
        let strategy = *self.random.pick(&[
            Strategy::OneForOne,
            Strategy::OneForAll,
            Strategy::RestForOne,
        ]);
        let auto = self.random.weighted(&[
            (6, AutoShutdown::Never),
            (2, AutoShutdown::AnySignificant),
            (2, AutoShutdown::AllSignificant),
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

    fn supervising(&mut self, prefix: &str, under: Option<&Name>, spare: bool, kind: Kind) -> Name {
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
            29..=38 => self.hold(),
            39..=46 => {
                let name = self.any_supervisor();
                let reason = self.random.weighted(&[
                    (5, Reason::Kill),
                    (2, Reason::Boom),
                    (1, Reason::Shutdown),
                    (1, Reason::Normal),
                ]);
                self.steps.push(Step::Exit(name, reason));
            }
            47..=52 => {
                let name = self.anyone();
                let reason =
                    *self
                        .random
                        .pick(&[Reason::Normal, Reason::Boom, Reason::ShutdownWith]);
                self.steps.push(Step::Stop(name, reason));
            }
            53..=67 => self.start_a_spare(),
            68..=86 => self.manage(),
            87..=93 => self.question(),
            _ => {
                let name = self.anyone();
                self.steps
                    .push(Step::Call(MAIN.to_owned(), Op::Monitor(name)));
            }
        }
    }

    fn end_a_worker(&mut self) {
        let name = self.any_worker();
        let step = self.end_of(name);
        self.steps.push(step);
    }

    fn end_of(&mut self, name: Name) -> Step {
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
            .nodes
            .iter()
            .filter(|node| node.under.as_ref() == Some(&supervisor))
            .map(|node| (node.name.clone(), matches!(node.kind, Kind::Worker(_))))
            .collect();
        if below.is_empty()
            || self
                .nodes
                .iter()
                .any(|node| node.name == supervisor && is_full(node))
        {
            return self.end_a_worker();
        }
        self.steps.push(Step::Hold(supervisor.clone()));
        for _ in 0..self.random.within(2, 4) {
            let (name, is_worker) = self.random.pick(&below).clone();
            let step = if is_worker {
                self.end_of(name)
            } else {
                Step::Exit(name, Reason::Kill)
            };
            self.steps.push(step);
        }
        self.steps.push(Step::Release(supervisor));
    }

    fn start_a_spare(&mut self) {
        let spares: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| node.spare)
            .map(|node| node.name.clone())
            .collect();
        if spares.is_empty() {
            return self.end_a_worker();
        }
        let name = self.random.pick(&spares).clone();
        self.steps.push(Step::Start(name));
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
            self.steps.push(Step::Terminate(name.clone()));
        }
        self.steps.push(request(name));
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
        self.steps.push(step);
    }
}

/// Relations.
impl Generator {
    fn relations(&mut self) {
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

    fn calm_worker(&mut self, under: &Name) {
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
            56..=65 => {
                let to = self.receiver();
                Op::Burst(
                    to,
                    u32::from(self.random.percent(50)) * 2 + 1,
                    self.reason(),
                )
            }
            66..=77 => Op::Relay(self.any_worker(), Box::new(self.relayed())),
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
        self.steps.push(if self.random.percent(70) {
            Step::Call(actor, op)
        } else {
            Step::Cast(actor, op)
        });
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

/// Windows.
impl Generator {
    fn windows(&mut self) {
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
            self.steps.push(Step::Wait(WINDOW));
        }
        let last = self.random.within(restarts, restarts + 1);
        self.fail(last);
    }

    fn fail(&mut self, times: usize) {
        for _ in 0..times {
            let name = self.any_worker();
            self.steps.push(Step::Exit(name, Reason::Kill));
        }
    }
}

/// What all kinds are made of.
impl Generator {
    fn add(
        &mut self,
        prefix: &str,
        under: Option<&Name>,
        node: impl FnOnce(Name, Option<Name>) -> Node,
    ) -> Name {
        let name = format!("{prefix}{}", self.nodes.len());
        self.nodes.push(node(name.clone(), under.cloned()));
        name
    }

    fn add_worker(&mut self, under: &Name, spare: bool, shutdown: Shutdown, worker: Worker) {
        let restart = self.restart();
        let significant = self.significant(Some(under), restart);
        self.add("w", Some(under), |name, under| Node {
            name,
            under,
            restart,
            shutdown,
            significant,
            spare,
            kind: Kind::Worker(worker),
        });
    }

    fn restart(&mut self) -> Restart {
        self.random.weighted(&[
            (6, Restart::Permanent),
            (3, Restart::Transient),
            (2, Restart::Temporary),
        ])
    }

    /// Only one that may end for good, under a supervisor that minds, can be significant.
    fn significant(&mut self, under: Option<&Name>, restart: Restart) -> bool {
        let minds = self.nodes.iter().any(|node| {
            Some(&node.name) == under
                && matches!(node.kind, Kind::Supervisor { auto, .. } if auto != AutoShutdown::Never)
        });
        minds && restart != Restart::Permanent && self.random.percent(60)
    }

    fn reason(&mut self) -> Reason {
        self.random.weighted(&[
            (4, Reason::Boom),
            (3, Reason::Kill),
            (2, Reason::Normal),
            (1, Reason::Shutdown),
            (1, Reason::ShutdownWith),
        ])
    }

    fn anyone(&mut self) -> Name {
        self.random.pick(&self.nodes).name.clone()
    }

    fn any_of(&mut self, is_one: impl Fn(&Kind) -> bool) -> Name {
        let names: Vec<_> = self
            .nodes
            .iter()
            .filter(|node| is_one(&node.kind))
            .map(|node| node.name.clone())
            .collect();
        if names.is_empty() {
            return self.nodes[0].name.clone();
        }
        self.random.pick(&names).clone()
    }

    fn any_worker(&mut self) -> Name {
        self.any_of(|kind| matches!(kind, Kind::Worker(_)))
    }

    fn any_supervisor(&mut self) -> Name {
        self.any_of(|kind| !matches!(kind, Kind::Worker(_)))
    }
}
