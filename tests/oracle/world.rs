//! What the processes of one scenario share: the collector, which hears of all that happens and watches everybody, and the
//! ledger that it keeps.
//!
//! 1. Only the collector writes into the ledger, in the order in which it hears. What one process causes in another is
//!    heard after its cause, since both went through the collector's mailbox.
//! 2. A worker is registered, and watched, before its `init` goes on.
//! 3. A supervisor is registered with its first child, or when its start returns, whichever comes first; before its own
//!    supervisor goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use beamish::{Address, Down, ExitReason, Pid, ServerRef, process, receive, send, spawn};
use tokio::sync::oneshot;

use crate::reason;
use crate::scenario::{MAIN, Name, Scenario};
use crate::trace::{Event, Who};
use crate::worker::Worker;

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) scenario: Arc<Scenario>,
    ledger: Arc<Mutex<Ledger>>,
    collector: Pid,
    main: Pid,
}

#[derive(Default)]
struct Ledger {
    events: Vec<Event>,
    /// How many events there have been.
    seen: usize,
    known: HashMap<Pid, Who>,
    latest: HashMap<Name, (usize, Pid)>,
    workers: HashMap<Pid, ServerRef<Worker>>,
}

/// A process and those above it, each with its place.
type Line = Vec<(Name, Pid)>;

enum Report {
    Register {
        line: Line,
        registered: oneshot::Sender<Who>,
    },
    Up(Line),
    Note(Event),
    /// Answered when all before it was heard.
    Heard(oneshot::Sender<()>),
}

impl World {
    /// Made by `main`.
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let ledger = Arc::<Mutex<Ledger>>::default();
        let main = process::self_pid();
        lock(&ledger).known.insert(main, MAIN.to_owned());
        let collector = spawn(collect(Arc::clone(&ledger)));
        Self {
            scenario: Arc::new(scenario.clone()),
            ledger,
            collector,
            main,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Makes the running process known as the next incarnation of a place.
    pub(crate) async fn register(&self, place: &str) -> Who {
        let (registered, answer) = oneshot::channel();
        let line = self.line(place, process::self_pid());
        send(self.collector, Report::Register { line, registered });
        answer
            .await
            .expect("the collector lives as long as the scenario")
    }

    /// Says that the start of a supervisor has succeeded.
    pub(crate) async fn up(&self, place: &str, pid: Pid) {
        send(self.collector, Report::Up(self.line(place, pid)));
        self.heard().await;
    }

    pub(crate) fn note(&self, event: Event) {
        send(self.collector, Report::Note(event));
    }

    /// Waits until the collector has heard all that was said before.
    pub(crate) async fn heard(&self) {
        let (answer, heard) = oneshot::channel();
        send(self.collector, Report::Heard(answer));
        heard
            .await
            .expect("the collector lives as long as the scenario");
    }

    /// The latest incarnation of a place, dead or alive.
    pub(crate) fn latest(&self, place: &str) -> Option<Pid> {
        if place == MAIN {
            return Some(self.main);
        }
        self.ledger().latest.get(place).map(|(_, pid)| *pid)
    }

    /// Its client, if it is a worker.
    pub(crate) fn worker(&self, place: &str) -> Option<ServerRef<Worker>> {
        let pid = self.latest(place)?;
        self.ledger().workers.get(&pid).cloned()
    }

    pub(crate) fn who(&self, pid: Pid) -> Who {
        let known = self.ledger().known.get(&pid).cloned();
        known.unwrap_or_else(|| "unknown".to_owned())
    }

    pub(crate) fn seen(&self) -> usize {
        self.ledger().seen
    }

    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.ledger().events)
    }

    fn line(&self, place: &str, pid: Pid) -> Line {
        let mut line = vec![(place.to_owned(), pid)];
        while let Some((place, pid)) = line.last()
            && let Some(under) = self
                .scenario
                .node(place)
                .and_then(|node| node.under.clone())
            && let Some(parent) = process::info(*pid).and_then(|info| info.parent)
        {
            line.push((under, parent));
        }
        line
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn collect(ledger: Arc<Mutex<Ledger>>) {
    loop {
        receive! {
            report: Report => lock(&ledger).hear(report),
            Down { from: Address::Pid(pid), reason, .. } => lock(&ledger).ended(pid, &reason),
        }
    }
}

impl Ledger {
    fn hear(&mut self, report: Report) {
        match report {
            Report::Register { line, registered } => {
                // The starter may have been killed meanwhile.
                let _ = registered.send(self.register(line));
            }
            Report::Up(line) => {
                let who = self.register(line);
                self.push(Event::Up { who });
            }
            Report::Note(event) => self.push(event),
            Report::Heard(answer) => {
                let _ = answer.send(());
            }
        }
    }

    /// Registers those of a line that are not known yet, from the top down, and gives the last.
    fn register(&mut self, line: Line) -> Who {
        let mut under = MAIN.to_owned();
        for (place, pid) in line.into_iter().rev() {
            under = match self.known.get(&pid) {
                Some(who) => who.clone(),
                None => self.enter(place, pid, under),
            };
        }
        under
    }

    fn enter(&mut self, place: Name, pid: Pid, under: Who) -> Who {
        let number = self.latest.get(&place).map_or(1, |(number, _)| number + 1);
        let who = format!("{place}#{number}");
        process::monitor(pid);
        if let Ok(worker) = ServerRef::try_from(pid) {
            self.workers.insert(pid, worker);
        }
        self.known.insert(pid, who.clone());
        self.latest.insert(place, (number, pid));
        self.push(Event::Start {
            who: who.clone(),
            under,
        });
        who
    }

    fn ended(&mut self, pid: Pid, reason: &ExitReason) {
        if let Some(who) = self.known.get(&pid).cloned() {
            let reason = reason::text(reason);
            self.push(Event::End { who, reason });
        }
    }

    fn push(&mut self, event: Event) {
        self.seen += 1;
        self.events.push(event);
    }
}
