//! The form in which two traces are compared: the events of each step as several *streams*, each in the order that OTP
//! promises. What happens in different streams of one step has no order there.
//!
//! | stream | events | why they have an order |
//! |---|---|---|
//! | `s#1:` a supervisor | starts, terminations and ends of its children | it does one thing after the other: a child is dead before the next is asked to end, and all that are to end are dead before the first is started (`SUP-3`, `RST-4`) |
//! | `a#1:` a process | its own start, termination and end | it is one process |
//! | `a#1 from b#1:` a pair | what `a#1` received from `b#1` | signals between two processes keep their order (`SIG-1`) |
//!
//! From the streams of supervisors is taken out what they do not wait for:
//!
//! 1. The ends of the children of a dynamic supervisor: it ends them all at once (`DYN-5`).
//! 2. The end of a process whose start failed. Up to OTP 25 the starter hears of the failure before the process is dead,
//!    and may end it by their link; so its reason is compared as the result of the start alone.
//! 3. The ends of children that outlive their supervisor, which was killed: nobody ends them one by one.
//! 4. The ends and restarts of processes that are linked to others than their supervisor, or call others and end with
//!    them: they end together with those, in no order, while the supervisor acts.
//!
//! All of these are still compared in the process's own stream. In a pair's stream, an `EXIT` and a `DOWN` for the same
//! end stand in alphabetical order, since OTP does not say which is first; both are after all messages.
//!
//! A message to a process that ends in the same step is left out: what was sent before an exit signal may be handled, or
//! may not (`SIG-2`).
//!
//! An `EXIT` that the starter gets from a process whose start failed is left out: newer OTPs, and Beamish, tell it by the
//! result alone (`STA-5`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::scenario::{Begin, Kind, MAIN, Op, Scenario, Step};
use crate::trace::{Event, Trace, Turn, Who, incarnation, place};

/// The normal form of a trace, to compare and to print.
pub(crate) fn normal(scenario: &Scenario, trace: &Trace) -> String {
    let mut normaliser = Normaliser::new(scenario);
    let mut text = String::new();
    for turn in &trace.turns {
        normaliser.turn(turn, &mut text);
    }
    text
}

struct Normaliser<'a> {
    scenario: &'a Scenario,
    /// The places of rule 4.
    entangled: BTreeSet<&'a str>,
    supervisor: BTreeMap<Who, Who>,
    up: BTreeSet<Who>,
    ended: BTreeSet<Who>,
}

type Streams = BTreeMap<String, Vec<String>>;

impl<'a> Normaliser<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        Self {
            scenario,
            entangled: scenario.steps.iter().flat_map(entangles).collect(),
            supervisor: BTreeMap::new(),
            up: BTreeSet::new(),
            ended: BTreeSet::new(),
        }
    }

    fn turn(&mut self, turn: &Turn, text: &mut String) {
        let mut streams = Streams::new();
        for event in &turn.events {
            if !is_left_to_chance(event, turn) {
                self.event(event, &mut streams);
            }
        }
        let _ = writeln!(text, "{} -> {}", turn.step, turn.result);
        for (stream, mut events) in streams {
            sort_last_words(&mut events);
            let _ = writeln!(text, "    {stream}: {}", events.join("; "));
        }
    }

    fn event(&mut self, event: &Event, streams: &mut Streams) {
        let mut put = |stream: &str, what: String| {
            streams.entry(stream.to_owned()).or_default().push(what);
        };
        match event {
            Event::Start { who, under } => {
                if incarnation(who) == 1 || !self.entangled.contains(place(who)) {
                    put(under, format!("start {who}"));
                }
                put(who, format!("start under {under}"));
                self.supervisor.insert(who.clone(), under.clone());
            }
            Event::Up { who } => {
                self.up.insert(who.clone());
            }
            Event::Terminate { who, reason } => {
                put(who, format!("terminate {reason}"));
                if let Some(supervisor) = self.waiting_supervisor(who) {
                    put(supervisor, format!("terminate {who}"));
                }
            }
            Event::End { who, reason } => {
                if self.failed_to_start(who) {
                    put(who, "end".to_owned());
                } else {
                    put(who, format!("end {reason}"));
                }
                if let Some(supervisor) = self.waiting_supervisor(who) {
                    put(supervisor, format!("end {who}"));
                }
                self.ended.insert(who.clone());
            }
            Event::Got { who, from, what } => {
                if !(who == MAIN && what.starts_with("exit") && self.failed_to_start(from)) {
                    put(&format!("{who} from {from}"), what.clone());
                }
            }
        }
    }

    /// The supervisor in whose stream the end of this process has a place.
    fn waiting_supervisor(&self, who: &Who) -> Option<&Who> {
        let supervisor = self.supervisor.get(who)?;
        let is_loose = self.scenario.is_dynamic(place(supervisor))
            || self.failed_to_start(who)
            || self.ended.contains(supervisor)
            || self.entangled.contains(place(who));
        (!is_loose).then_some(supervisor)
    }

    fn failed_to_start(&self, who: &Who) -> bool {
        match self.scenario.node(place(who)).map(|node| &node.kind) {
            Some(Kind::Worker(worker)) => *worker.begin(incarnation(who)) != Begin::Ok,
            Some(Kind::Supervisor { .. } | Kind::Dynamic { .. }) => !self.up.contains(who),
            None => false,
        }
    }
}

/// A message to a process that ends meanwhile.
fn is_left_to_chance(event: &Event, turn: &Turn) -> bool {
    let Event::Got {
        who: receiver,
        what,
        ..
    } = event
    else {
        return false;
    };
    let ends = |event: &Event| matches!(event, Event::End { who, .. } if who == receiver);
    what.starts_with("message ") && turn.events.iter().any(ends)
}

/// The places that a step makes end together.
fn entangles(step: &Step) -> Vec<&str> {
    match step {
        Step::Call(name, op @ (Op::Link(_) | Op::Relay(..)))
        | Step::Cast(name, op @ (Op::Link(_) | Op::Relay(..))) => std::iter::once(name)
            .chain(op.other())
            .map(String::as_str)
            .collect(),
        _ => Vec::new(),
    }
}

/// Puts neighbouring `EXIT`s and `DOWN`s in alphabetical order.
fn sort_last_words(events: &mut [String]) {
    let is_last_word = |event: &String| event.starts_with("exit ") || event.starts_with("down ");
    for run in events.chunk_by_mut(|a, b| is_last_word(a) && is_last_word(b)) {
        run.sort();
    }
}
