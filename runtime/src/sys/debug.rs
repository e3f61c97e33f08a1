//! What a server that is looked at does with its events.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::Write;

use tokio::time::Instant;

use crate::panics::{catch, drop_quietly};
use crate::{Pid, report};

/// Something that happened in a server whose events are looked at.
///
/// What messages hold is not shown, only what they are: the name of the handler of a call or cast, the type of another
/// message.
///
/// # OTP
/// `sys:system_event()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is about to be handled.
    In {
        /// How it came.
        kind: EventKind,
        /// What it is.
        message: &'static str,
        /// Who called, if that is known.
        from: Option<Pid>,
    },
    /// An answer was sent.
    Out {
        /// To whom, if that is a process.
        to: Option<Pid>,
    },
    /// A message was handled without an answer.
    NoReply,
}

/// How a message came to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// By a call.
    Call,
    /// By a cast.
    Cast,
    /// By `send`, or as a signal.
    Info,
    /// By a timeout of its own.
    Timeout,
    /// As a continuation of its own.
    Continue,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::Cast => "cast",
            Self::Info => "info",
            Self::Timeout => "timeout",
            Self::Continue => "continue",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In {
                kind,
                message,
                from: Some(pid),
            } => write!(f, "got {kind} {message} from {pid}"),
            Self::In { kind, message, .. } => write!(f, "got {kind} {message}"),
            Self::Out { to: Some(pid) } => write!(f, "sent an answer to {pid}"),
            Self::Out { to: None } => f.write_str("sent an answer"),
            Self::NoReply => f.write_str("sent no answer"),
        }
    }
}

/// What was counted of a server since counting began.
///
/// # OTP
/// `sys:statistics(Name, get)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// When counting began.
    pub since: Instant,
    /// How many messages were handled.
    pub messages_in: u64,
    /// How many answers were sent by the handlers' results.
    pub messages_out: u64,
}

/// A function that looks at the events, and what it is known by.
pub(super) struct Look {
    pub(super) id: Option<&'static str>,
    pub(super) look: Box<dyn FnMut(&Event) + Send>,
}

#[derive(Default)]
pub(crate) struct Debug {
    statistics: Option<Statistics>,
    log: Option<Log>,
    is_traced: bool,
    file: Option<File>,
    installed: Vec<Look>,
}

struct Log {
    keep: usize,
    events: VecDeque<Event>,
}

impl Debug {
    pub(crate) fn is_off(&self) -> bool {
        self.statistics.is_none()
            && self.log.is_none()
            && !self.is_traced
            && self.file.is_none()
            && self.installed.is_empty()
    }

    /// An event of the server `pid`, which is a `process`.
    pub(crate) fn event(&mut self, pid: Pid, process: &'static str, event: Event) {
        if let Some(statistics) = &mut self.statistics {
            match event {
                Event::In { .. } => statistics.messages_in += 1,
                Event::Out { .. } => statistics.messages_out += 1,
                Event::NoReply => {}
            }
        }
        if let Some(log) = &mut self.log {
            if log.events.len() == log.keep {
                log.events.pop_front();
            }
            log.events.push_back(event);
        }
        if self.is_traced {
            report::event(pid, process, &event);
        }
        if let Some(file) = &mut self.file
            && writeln!(file, "{pid} {process} {event}").is_err()
        {
            // A full disk is no reason to end.
            self.file = None;
        }
        self.installed
            .retain_mut(|installed| catch(|| (installed.look)(&event)).is_ok());
    }

    pub(super) fn count(&mut self, on: bool) {
        self.statistics = on.then(|| Statistics {
            since: Instant::now(),
            messages_in: 0,
            messages_out: 0,
        });
    }

    pub(super) const fn statistics(&self) -> Option<Statistics> {
        self.statistics
    }

    pub(super) fn keep_log(&mut self, keep: usize) {
        self.log = (keep > 0).then(|| Log {
            keep,
            events: VecDeque::new(),
        });
    }

    pub(super) fn log(&self) -> Vec<Event> {
        let events = self.log.iter().flat_map(|log| &log.events);
        events.copied().collect()
    }

    pub(super) const fn trace(&mut self, on: bool) {
        self.is_traced = on;
    }

    pub(super) fn write_to(&mut self, file: Option<File>) {
        self.file = file;
    }

    /// Unless one with the same id is there.
    pub(super) fn install(&mut self, look: Look) {
        if look.id.is_some() && self.installed.iter().any(|there| there.id == look.id) {
            return drop_quietly(look);
        }
        self.installed.push(look);
    }

    pub(super) fn remove(&mut self, id: &str) {
        let removed = self.installed.extract_if(.., |there| there.id == Some(id));
        drop_quietly(removed.collect::<Vec<_>>());
    }
}
