//! What a server that is looked at does with its events.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use tokio::time::Instant;

use crate::panics::{catch, drop_quietly};
use crate::{Pid, Show, report};

/// Something that happened in a server whose events are looked at.
///
/// Of messages it tells what they are: the name of the handler of a call or cast, the type of another message. What a
/// call or cast holds is told by servers with [`DEBUG_MESSAGE`](crate::GenServer::DEBUG_MESSAGE) alone.
///
/// # OTP
/// `sys:system_event()`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message is about to be handled.
    In {
        /// How it came.
        kind: EventKind,
        /// What it is.
        message: &'static str,
        /// All of it, as text, if the server shows that; `None` also if its `Debug` panicked.
        contents: Option<Arc<str>>,
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
                contents,
                from,
            } => {
                write!(f, "got {kind} {}", contents.as_deref().unwrap_or(message))?;
                from.map_or(Ok(()), |pid| write!(f, " from {pid}"))
            }
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

/// `value` as text, if `show` says how. That is the user's code: a panic of it ends here, and gives none.
pub(crate) fn shown<T>(value: &T, show: Option<Show<T>>) -> Option<String> {
    let shown = Shown(value, show?);
    let mut text = String::new();
    catch(|| write!(text, "{shown}")).ok()?.ok()?;
    Some(text)
}

struct Shown<'a, T>(&'a T, Show<T>);

impl<T> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.1)(self.0, f)
    }
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
    pub(crate) fn event(&mut self, pid: Pid, process: &'static str, event: &Event) {
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
            log.events.push_back(event.clone());
        }
        if self.is_traced {
            report::event(pid, process, event);
        }
        if let Some(file) = &mut self.file
            && writeln!(file, "{pid} {process} {event}").is_err()
        {
            // A full disk is no reason to end.
            self.file = None;
        }
        self.installed
            .retain_mut(|installed| catch(|| (installed.look)(event)).is_ok());
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
        events.cloned().collect()
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
