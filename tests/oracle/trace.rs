//! What was seen of a scenario: for each step what it returned, and what its processes told the collector, in the order in
//! which that heard it. Both interpreters make this; what OTP does not promise of it is taken out by `normal.rs`.
//!
//! The text form has one line an event; reasons are printed words (`reason.rs`, and the end of `oracle.exs`).

use std::fmt;

/// An incarnation: `name#1`.
pub(crate) type Who = String;

/// The name of an incarnation's place.
pub(crate) fn place(who: &str) -> &str {
    who.split_once('#').map_or(who, |(name, _)| name)
}

/// Which incarnation it is, from 1.
pub(crate) fn incarnation(who: &str) -> usize {
    who.split_once('#')
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or(1)
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A process runs its `init`.
    Start { who: Who, under: Who },
    /// The start of a supervisor has succeeded.
    Up { who: Who },
    /// `terminate` runs.
    Terminate { who: Who, reason: String },
    /// The process is dead.
    End { who: Who, reason: String },
    /// It received a message, an `EXIT` or a `DOWN`.
    Got { who: Who, from: Who, what: String },
}

impl Event {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let kind = words.next()?;
        let who = words.next()?.to_owned();
        let mut next = || words.next().map(str::to_owned);
        Some(match kind {
            "start" => Self::Start {
                who,
                under: next()?,
            },
            "up" => Self::Up { who },
            "terminate" => Self::Terminate {
                who,
                reason: next()?,
            },
            "end" => Self::End {
                who,
                reason: next()?,
            },
            "got" => Self::Got {
                who,
                from: next()?,
                what: next()?,
            },
            _ => return None,
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { who, under } => write!(f, "start {who} {under}"),
            Self::Up { who } => write!(f, "up {who}"),
            Self::Terminate { who, reason } => write!(f, "terminate {who} {reason}"),
            Self::End { who, reason } => write!(f, "end {who} {reason}"),
            Self::Got { who, from, what } => write!(f, "got {who} {from} {what}"),
        }
    }
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Turn {
    pub(crate) step: String,
    pub(crate) events: Vec<Event>,
    pub(crate) result: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trace {
    /// The scenario.
    pub(crate) name: String,
    /// What ran it, with its version.
    pub(crate) oracle: String,
    pub(crate) turns: Vec<Turn>,
}

impl Trace {
    /// Reads all traces of a text.
    pub(crate) fn parse_all(text: &str) -> Vec<Self> {
        let mut traces: Vec<Self> = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("trace ") {
                traces.push(Self {
                    name: name.to_owned(),
                    ..Self::default()
                });
            } else {
                let trace = traces.last_mut();
                let read = trace.is_some_and(|trace| trace.read(line));
                assert!(read, "not a line of a trace: {line}");
            }
        }
        traces
    }

    fn read(&mut self, line: &str) -> bool {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word == "oracle" {
            rest.clone_into(&mut self.oracle);
            return true;
        }
        if word == "step" {
            self.turns.push(Turn {
                step: rest.to_owned(),
                ..Turn::default()
            });
            return true;
        }
        let Some(turn) = self.turns.last_mut() else {
            return false;
        };
        if word == "result" {
            rest.clone_into(&mut turn.result);
            return true;
        }
        Event::parse(line)
            .map(|event| turn.events.push(event))
            .is_some()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "trace {}", self.name)?;
        writeln!(f, "oracle {}", self.oracle)?;
        for turn in &self.turns {
            writeln!(f, "step {}", turn.step)?;
            for event in &turn.events {
                writeln!(f, "{event}")?;
            }
            writeln!(f, "result {}", turn.result)?;
        }
        Ok(())
    }
}
