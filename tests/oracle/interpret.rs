//! Runs a scenario on Beamish. `oracle.exs` does the same on OTP, in the same order and with the same words.
//!
//! Each step is followed by a wait for quiet. On tokio's paused clock time moves only when nothing can run, so all is
//! quiet when a pause that is longer than a stubborn child's patience has brought nothing new.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use beamish::{Down, Exit, Info, Pid, Server, ServerRef, node, process, receive, spawn, sys};
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use crate::reason;
use crate::relations::{Numbered, Relations, received};
use crate::scenario::{Kind, MAIN, Name, Node, Reason, Scenario, Step};
use crate::supervisors::AnySupervisor;
use crate::trace::{Trace, Turn};
use crate::tree;
use crate::worker::{Worker, ask};
use crate::world::World;

/// Longer than the patience with any stubborn child.
const PAUSE: Duration = Duration::from_millis(30);
/// Longer than any scenario takes.
const STUCK: Duration = Duration::from_secs(1_000);

/// Runs a scenario in a node of its own. The calling code must not be a process.
pub(crate) async fn run(scenario: &Scenario) -> Trace {
    let node = node::Node::new();
    let (done, trace) = oneshot::channel();
    let own = scenario.clone();
    node.scope(async {
        spawn(async move {
            let _ = done.send(Main::new(&own).run().await);
        })
    })
    .await;
    let trace = timeout(STUCK, trace).await;
    let ended = timeout(STUCK, node.shutdown()).await;
    match (trace, ended) {
        (Ok(Ok(trace)), Ok(())) => trace,
        (Ok(Err(_)), _) => unfinished(scenario, "its main process ended"),
        (Err(_), _) => unfinished(scenario, "it is stuck"),
        (_, Err(_)) => unfinished(scenario, "it leaves processes that cannot be ended"),
    }
}

/// A trace that is like none of OTP's.
fn unfinished(scenario: &Scenario, why: &str) -> Trace {
    Trace {
        name: scenario.name.clone(),
        oracle: oracle(),
        turns: vec![Turn {
            step: why.to_owned(),
            ..Turn::default()
        }],
    }
}

fn oracle() -> String {
    format!("Beamish {}", env!("CARGO_PKG_VERSION"))
}

/// The process that runs the steps.
struct Main {
    world: World,
    relations: Relations,
    held: HashMap<Name, Arc<Notify>>,
}

impl Main {
    fn new(scenario: &Scenario) -> Self {
        process::trap_exit(true);
        Self {
            world: World::new(scenario),
            relations: Relations::new(true),
            held: HashMap::new(),
        }
    }

    async fn run(mut self) -> Trace {
        let scenario = Arc::clone(&self.world.scenario);
        let begin = self.begin().await;
        let mut turns = vec![self.turn("begin", begin).await];
        for step in &scenario.steps {
            let result = self.step(step).await.unwrap_or_else(|absent| absent);
            turns.push(self.turn(&step.to_string(), result).await);
        }
        let end = self.look().await;
        turns.push(self.turn("end", end).await);
        Trace {
            name: scenario.name.clone(),
            oracle: oracle(),
            turns,
        }
    }

    async fn turn(&mut self, step: &str, result: String) -> Turn {
        self.wait_for_quiet().await;
        Turn {
            step: step.to_owned(),
            events: self.world.take_events(),
            result,
        }
    }

    async fn wait_for_quiet(&self) {
        loop {
            let seen = self.world.seen();
            process::sleep(PAUSE).await;
            self.tell_what_came().await;
            process::sleep(PAUSE).await;
            if seen == self.world.seen() {
                return;
            }
        }
    }

    async fn tell_what_came(&self) {
        loop {
            let info = receive! {
                exit: Exit => Info::new(exit),
                down: Down => Info::new(down),
                numbered: Numbered => Info::new(numbered),
                after 0ms => return,
            };
            if let Ok(event) = received(&self.world, MAIN, info) {
                self.world.note(event);
            }
        }
    }

    async fn begin(&self) -> String {
        match tree::start(&self.world, self.world.scenario.top()).await {
            Ok(_) => "ok".to_owned(),
            Err(error) => format!("error {}", reason::start_error(&error)),
        }
    }

    /// Does a step. The error is a result too: there was nobody to do it with.
    async fn step(&mut self, step: &Step) -> Result<String, String> {
        Ok(match step {
            Step::Call(name, op) | Step::Cast(name, op) if name == MAIN => {
                self.relations.perform(&self.world, op)
            }
            Step::Exit(name, reason) => {
                process::exit(self.pid(name)?, *reason);
                done()
            }
            Step::Call(name, op) => ask(&self.worker(name)?, op.clone())
                .await
                .unwrap_or_else(|error| reason::call_error(&error)),
            Step::Cast(name, op) => {
                self.worker(name)?.cast(op.clone());
                done()
            }
            Step::Stop(name, reason) => self.stop(name, *reason).await?,
            Step::Start(name) => {
                let spec = tree::spec(&self.world, self.node(name)?);
                self.above(name)?.start(&self.world, spec).await
            }
            Step::Terminate(name) => {
                let pid = self.known_to_its_supervisor(name)?;
                self.above(name)?.terminate(name, pid).await
            }
            Step::Restart(name) => self.by_id(name)?.restart(&self.world, name).await?,
            Step::Delete(name) => self.by_id(name)?.delete(name).await?,
            Step::Which(name) => self.supervisor(name)?.which(&self.world).await,
            Step::Count(name) => self.supervisor(name)?.count().await,
            Step::Hold(name) => self.hold(name)?,
            Step::Release(name) => {
                if let Some(gate) = self.held.remove(name) {
                    gate.notify_one();
                }
                done()
            }
            Step::Suspend(name) => reason::sys(sys::suspend(self.pid(name)?).await),
            Step::Resume(name) => reason::sys(sys::resume(self.pid(name)?).await),
            Step::Wait(time) => {
                process::sleep(*time).await;
                done()
            }
        })
    }

    fn node(&self, name: &str) -> Result<&Node, String> {
        self.world.scenario.node(name).ok_or_else(absent)
    }

    fn pid(&self, name: &str) -> Result<Pid, String> {
        self.world.latest(name).ok_or_else(absent)
    }

    fn worker(&self, name: &str) -> Result<ServerRef<Worker>, String> {
        self.world.worker(name).ok_or_else(absent)
    }

    fn supervisor(&self, name: &str) -> Result<AnySupervisor, String> {
        AnySupervisor::find(self.pid(name)?)
    }

    /// The supervisor that a place is under.
    fn above(&self, name: &str) -> Result<AnySupervisor, String> {
        let under = self.node(name)?.under.as_deref();
        self.supervisor(under.ok_or_else(absent)?)
    }

    fn is_dynamic(&self, name: &str) -> Result<bool, String> {
        let under = self.node(name)?.under.as_deref();
        Ok(under.is_some_and(|under| self.world.scenario.is_dynamic(under)))
    }

    /// A dynamic supervisor knows its children by pid alone.
    fn known_to_its_supervisor(&self, name: &str) -> Result<Option<Pid>, String> {
        if self.is_dynamic(name)? {
            return self.pid(name).map(Some);
        }
        Ok(None)
    }

    fn by_id(&self, name: &str) -> Result<AnySupervisor, String> {
        if self.is_dynamic(name)? {
            return Err(absent());
        }
        self.above(name)
    }

    async fn stop(&self, name: &str, reason: Reason) -> Result<String, String> {
        let stop = match self.worker(name) {
            Ok(worker) => worker.stop(),
            Err(_) => self.supervisor(name)?.stop(),
        };
        Ok(match stop.reason(reason).await {
            Ok(()) => done(),
            Err(error) => reason::stop_error(&error),
        })
    }

    fn hold(&mut self, name: &str) -> Result<String, String> {
        let supervisor = self.supervisor(name)?;
        let gate = Arc::<Notify>::default();
        let spec = tree::gate(&gate);
        let world = self.world.clone();
        spawn(async move {
            supervisor.start(&world, spec).await;
        });
        self.held.insert(name.to_owned(), gate);
        Ok(done())
    }

    /// Where all supervisors stand that are alive.
    async fn look(&self) -> String {
        let mut rows = Vec::new();
        for node in &self.world.scenario.nodes {
            if !matches!(node.kind, Kind::Worker(_))
                && let Ok(supervisor) = self.supervisor(&node.name)
            {
                let which = supervisor.which(&self.world).await;
                let count = supervisor.count().await;
                rows.push(format!("{}: {which} | {count}", node.name));
            }
        }
        rows.join(" ; ")
    }
}

fn done() -> String {
    "ok".to_owned()
}

/// Nothing has ever been started there.
fn absent() -> String {
    "absent".to_owned()
}
