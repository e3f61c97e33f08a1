//! What the face knows and what it does about what comes in: [`App::update`] decides, others act.

mod events;
mod flash;
mod keys;
mod link;
pub(crate) mod list;
mod opened;
mod table;
mod tree;
mod update;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;

pub(crate) use self::events::EventLog;
pub(crate) use self::flash::{Flash, Flashes};
pub(crate) use self::link::{Link, State};
pub(crate) use self::opened::{HandlerOrder, Opened};
pub(crate) use self::table::TableState;
pub(crate) use self::tree::{Row, TreeState, What};
use crate::api::{Sample, System};
use crate::client::Told;
use crate::error::RequestError;
use crate::request::{Action, Answer, Request};

/// How many samples are kept: ten minutes, if there is one a second.
const SAMPLES: usize = 600;
/// After what silence it is told that the numbers are old, if a sample was due three times.
const SILENCE: Duration = Duration::from_secs(3);
/// How long the status line tells something.
const NOTICE: Duration = Duration::from_secs(8);

/// Something that comes in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Input {
    /// A key.
    Key(KeyEvent),
    /// The terminal has so many columns and rows.
    Resize(u16, u16),
    /// Time goes by.
    Tick,
    /// The stream told something.
    Told(Told),
    /// The stream ended, or could not be opened.
    Lost(RequestError),
    /// A request was answered.
    Answered(Request, Result<Answer, RequestError>),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Ask; exactly one [`Input::Answered`] comes of it.
    Ask(Request),
    /// Open the stream, after the event of a number; what comes of it ends with one [`Input::Lost`].
    Connect {
        /// The last event that came.
        last: Option<u64>,
    },
    /// End.
    Quit,
}

/// What is looked at, while no process is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    Tree,
    Processes,
    Events,
    System,
}

impl View {
    pub(crate) const ALL: [Self; 4] = [Self::Tree, Self::Processes, Self::Events, Self::System];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Processes => "Processes",
            Self::Events => "Events",
            Self::System => "System",
        }
    }
}

/// What keys mean at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Normal,
    /// A filter is written.
    Filter,
    /// An action waits for a yes.
    Confirm {
        action: Action,
        pid: String,
        title: String,
    },
    Help,
}

/// What the status line tells for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) bad: bool,
    until: Instant,
}

/// What is asked for; one request of each is under way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    System,
    Tree,
    Processes,
    Process,
    Events,
}

/// How far the events that the stream does not tell are read: those of before, and of a time without a connection.
#[derive(Clone, Copy, Debug)]
struct Past {
    /// The last of them.
    after: u64,
    state: PastState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PastState {
    /// It is not known yet who answers: another program's events begin anew.
    Unknown,
    /// More is awaited.
    Reading,
    Read,
}

/// The state of the face.
#[derive(Debug)]
pub struct App {
    pub(crate) address: String,
    pub(crate) colours: bool,
    pub(crate) size: (u16, u16),
    pub(crate) now: Instant,
    pub(crate) view: View,
    pub(crate) mode: Mode,
    /// The processes that are open, one over the other.
    pub(crate) opened: Vec<Opened>,
    pub(crate) link: Link,
    pub(crate) notice: Option<Notice>,
    pub(crate) system: Option<System>,
    pub(crate) samples: VecDeque<Sample>,
    pub(crate) control: bool,
    pub(crate) tree: TreeState,
    pub(crate) table: TableState,
    pub(crate) events: EventLog,
    pub(crate) flashes: Flashes,
    past: Past,
    /// When the stream told something for the last time.
    heard: Instant,
    /// Whether processes started or ended since the tree was asked for.
    changed: bool,
    /// The observer's time, and when it was that.
    clock: Option<(u64, Instant)>,
    /// The requests that are under way, and whether the answer will be out of date.
    under_way: BTreeMap<Topic, bool>,
}

impl App {
    /// The state before anything came in, for the observer at `address` and a terminal of `size` columns and rows.
    #[must_use]
    pub fn new(address: &str, colours: bool, size: (u16, u16), now: Instant) -> Self {
        Self {
            address: address.to_owned(),
            colours,
            size,
            now,
            view: View::Tree,
            mode: Mode::Normal,
            opened: Vec::new(),
            link: Link::new(),
            notice: None,
            system: None,
            samples: VecDeque::new(),
            control: false,
            tree: TreeState::default(),
            table: TableState::default(),
            events: EventLog::default(),
            flashes: Flashes::default(),
            past: Past {
                after: 0,
                state: PastState::Unknown,
            },
            heard: now,
            changed: false,
            clock: None,
            under_way: BTreeMap::new(),
        }
    }

    /// What to do first.
    #[must_use]
    pub fn start(&self) -> Vec<Effect> {
        vec![Effect::Connect { last: None }]
    }

    /// The last numbers.
    pub(crate) fn sample(&self) -> Option<&Sample> {
        self.samples.back()
    }

    /// What the observer's clock shows now, in Unix milliseconds.
    pub(crate) fn server_now(&self) -> Option<u64> {
        let (at, when) = self.clock?;
        let since = self.now.saturating_duration_since(when).as_millis();
        Some(at.saturating_add(u64::try_from(since).unwrap_or(u64::MAX)))
    }

    /// How long ago something of the observer's time was, in milliseconds.
    pub(crate) fn ago(&self, at: u64) -> u64 {
        self.server_now().unwrap_or(at).saturating_sub(at)
    }

    /// For how long the stream has been silent, if that is longer than it should be.
    pub(crate) fn silence(&self) -> Option<Duration> {
        let interval = self.system.as_ref().map_or(0, |system| system.interval_ms);
        let limit = SILENCE.max(Duration::from_millis(interval).saturating_mul(3));
        let silence = self.now.saturating_duration_since(self.heard);
        (self.link.is_connected() && silence >= limit).then_some(silence)
    }

    /// The filter of what is looked at.
    pub(crate) fn filter(&self) -> Option<&str> {
        match self.view {
            _ if !self.opened.is_empty() => None,
            View::Tree => Some(&self.tree.search),
            View::Processes => Some(&self.table.filter),
            View::Events => Some(&self.events.filter),
            View::System => None,
        }
    }

    /// How many rows of the table fit.
    pub(crate) fn table_height(&self) -> usize {
        // The titles of the views, of the columns, and the status line.
        usize::from(self.size.1).saturating_sub(3)
    }

    fn tell(&mut self, text: impl Into<String>, bad: bool) {
        self.notice = Some(Notice {
            text: text.into(),
            bad,
            until: self.now + NOTICE,
        });
    }
}
