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

mod orders;
mod relations;
mod windows;

use std::time::Duration;

use beamish::{Restart, Shutdown};

use crate::random::Random;
use crate::scenario::{Kind, Name, Node, Reason, Scenario, Worker};

/// The patience of a supervisor with a child that never ends by itself.
const STUBBORN: Shutdown = Shutdown::Timeout(Duration::from_millis(20));
const PATIENT: Shutdown = Shutdown::Timeout(Duration::from_secs(5));
/// So long no restart is forgotten.
const FOR_EVER: u64 = 1_000;

pub(crate) fn generate(seed: u64) -> Scenario {
    let mut generator = Generator {
        random: Random::new(seed),
        scenario: Scenario {
            name: format!("seed_{seed}"),
            about: String::new(),
            nodes: Vec::new(),
            steps: Vec::new(),
        },
    };
    match generator.random.within(1, 100) {
        1..=60 => generator.orders(),
        61..=92 => generator.relations(),
        _ => generator.windows(),
    }
    generator.scenario
}

struct Generator {
    random: Random,
    scenario: Scenario,
}

/// What all kinds are made of.
impl Generator {
    fn add(
        &mut self,
        prefix: &str,
        under: Option<&Name>,
        node: impl FnOnce(Name, Option<Name>) -> Node,
    ) -> Name {
        let name = format!("{prefix}{}", self.scenario.nodes.len());
        self.scenario.nodes.push(node(name.clone(), under.cloned()));
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
        let minds = self.scenario.minds(under.map(String::as_str));
        minds && restart != Restart::Permanent && self.random.percent(80)
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
        self.random.pick(&self.scenario.nodes).name.clone()
    }

    fn any_of(&mut self, is_one: impl Fn(&Kind) -> bool) -> Name {
        let names: Vec<_> = self
            .scenario
            .nodes
            .iter()
            .filter(|node| is_one(&node.kind))
            .map(|node| node.name.clone())
            .collect();
        if names.is_empty() {
            return self.scenario.nodes[0].name.clone();
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
