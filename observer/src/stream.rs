//! The stream of changes: who listens, and what each is told.
//!
//! Each message is written once and shared by all clients. A client has room for [`WAITING`] of them; one that has no room is
//! dropped, and told what it missed when it comes back.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

use crate::events::{Filter, Log, Page};
use crate::sample::Sample;
use crate::shared::App;

/// How many messages wait for a client.
const WAITING: usize = 64;

/// How many events a client that comes back is told at once; the rest is counted as missed.
const REPLAYED: usize = 1_000;

/// How many events stand in one message.
const AT_ONCE: usize = 1_000;

/// After so long without a message, a comment shows that the connection lives.
const SILENCE: Duration = Duration::from_secs(15);

/// All streams.
pub(crate) struct Hub {
    state: Mutex<State>,
    due: Notify,
}

struct State {
    clients: Vec<Client>,
    /// The number of the last event that the streams were told.
    told: u64,
    /// How often processes came or went.
    tree: u64,
    is_tree_told: bool,
    last_message: Instant,
}

struct Client {
    sender: mpsc::Sender<Bytes>,
    wants_events: bool,
}

impl Client {
    /// False if it does not read.
    fn send(&self, message: &Bytes) -> bool {
        self.sender.try_send(message.clone()).is_ok()
    }
}

#[derive(Serialize)]
struct Hello {
    api: u32,
    control: bool,
    next: u64,
}

#[derive(Serialize)]
struct Changed {
    tree: u64,
}

/// A message of the stream.
fn message<T: Serialize>(event: &str, id: Option<u64>, data: &T) -> Bytes {
    // What the observer writes has no values that JSON does not know; and JSON text has no line breaks.
    let data = serde_json::to_string(data).unwrap_or_default();
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("event: {event}\n{id}data: {data}\n\n"))
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                clients: Vec::new(),
                told: 0,
                tree: 0,
                is_tree_told: true,
                last_message: Instant::now(),
            }),
            due: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_clients(&self) -> bool {
        !self.state().clients.is_empty()
    }

    /// Adds a client, which was last told event number `last`, if it was here before.
    pub(crate) fn join(
        &self,
        app: &App,
        wants_events: bool,
        last: Option<u64>,
        place: OwnedSemaphorePermit,
    ) -> Messages {
        let (sender, receiver) = mpsc::channel(WAITING);
        let client = Client {
            sender,
            wants_events,
        };
        let mut state = self.state();
        let hello = Hello {
            api: crate::http::API,
            control: app.options.control,
            next: state.told,
        };
        // There is room for both.
        client.send(&message("hello", Some(state.told), &hello));
        if wants_events && let Some(last) = last {
            // Written outside of the log's lock, which servers that are traced take.
            let page = replayed(&app.log(), last, state.told);
            client.send(&message("events", Some(state.told), &Told::of(&page)));
        }
        state.clients.push(client);
        Messages {
            receiver,
            _place: place,
        }
    }

    /// Tells all of a sample.
    pub(crate) fn sample(&self, sample: &Sample) {
        let mut state = self.state();
        if !state.clients.is_empty() {
            state.send(&message("sample", None, sample), |_| true);
        }
    }

    /// Processes came or went.
    pub(crate) fn changed(&self) {
        let mut state = self.state();
        state.tree += 1;
        state.is_tree_told = false;
    }

    /// Asks for a [`flush`](Self::flush): events were noted.
    pub(crate) fn ask_for_flush(&self) {
        self.due.notify_one();
    }

    /// Ready when a flush was asked for.
    pub(crate) async fn is_due(&self) {
        self.due.notified().await;
    }

    /// Tells the streams what they were not told yet.
    pub(crate) fn flush(&self, app: &App) {
        let mut state = self.state();
        let last = app.log().last();
        if state.told < last {
            if state.clients.iter().any(|client| client.wants_events) {
                let page = app
                    .log()
                    .page(Some(state.told), &Filter::default(), AT_ONCE);
                let events = message("events", Some(page.next), &Told::of(&page));
                state.told = page.next;
                state.send(&events, |client| client.wants_events);
                if state.told < last {
                    self.ask_for_flush();
                }
            } else {
                state.told = last;
            }
        }
        if !state.is_tree_told {
            state.is_tree_told = true;
            let changed = Changed { tree: state.tree };
            state.send(&message("changed", None, &changed), |_| true);
        }
    }

    /// Writes a comment if nothing was written for a while.
    pub(crate) fn keep_alive(&self) {
        let mut state = self.state();
        if state.last_message.elapsed() >= SILENCE {
            state.send(&Bytes::from_static(b": alive\n\n"), |_| true);
        }
    }
}

impl State {
    fn send(&mut self, message: &Bytes, to: impl Fn(&Client) -> bool) {
        self.last_message = Instant::now();
        self.clients
            .retain(|client| !to(client) || client.send(message));
    }
}

#[derive(Serialize)]
struct Told<'a> {
    events: &'a [std::sync::Arc<crate::events::Event>],
    missed: u64,
}

impl<'a> Told<'a> {
    fn of(page: &'a crate::events::Page) -> Self {
        Self {
            events: &page.events,
            missed: page.missed,
        }
    }
}

/// What a client missed that was last told event number `last`; those after `told` it will be told as the others.
fn replayed(log: &Log, last: u64, told: u64) -> Page {
    // Of an observer that was restarted since, all are new.
    let last = if last > told { 0 } else { last };
    let mut page = log.page(Some(last), &Filter::default(), usize::MAX);
    page.events.retain(|event| event.seq <= told);
    let too_many = page.events.len().saturating_sub(REPLAYED);
    page.events.drain(..too_many);
    page.missed += too_many as u64;
    page
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("clients", &self.state().clients.len())
            .finish_non_exhaustive()
    }
}

/// What is written to one client.
#[derive(Debug)]
pub(crate) struct Messages {
    receiver: mpsc::Receiver<Bytes>,
    /// Its place among the streams.
    _place: OwnedSemaphorePermit,
}

impl Stream for Messages {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.receiver.poll_recv(cx).map(|message| message.map(Ok))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, Kind};

    fn log(events: u64) -> Log {
        let mut log = Log::new(1_000_000);
        for number in 1..=events {
            log.note(
                Event::new(0, Kind::Crash, format!("<{number}>\n")),
                Instant::now(),
            );
        }
        log
    }

    #[test]
    fn a_message_is_one_line_of_data() {
        let written = message("sample", Some(7), &"a\nb\r");
        assert_eq!(written, "event: sample\nid: 7\ndata: \"a\\nb\\r\"\n\n");
    }

    #[test]
    fn a_client_that_comes_back_is_told_what_it_missed() {
        let text = |last, told| {
            let page = replayed(&log(1_500), last, told);
            let written = message("events", Some(told), &Told::of(&page));
            String::from_utf8(written.to_vec()).unwrap()
        };
        let few = text(1_497, 1_499);
        assert!(
            few.contains("\"seq\":1498") && few.contains("\"seq\":1499"),
            "{few}"
        );
        assert!(!few.contains("\"seq\":1497") && !few.contains("\"seq\":1500"));
        assert!(few.contains("id: 1499\n") && few.ends_with("\"missed\":0}\n\n"));
        assert!(text(100, 1_500).ends_with("\"missed\":400}\n\n"));
        // What is known of an earlier observer says nothing of this one.
        assert!(text(5_000, 1_500).ends_with("\"missed\":500}\n\n"));
    }

    #[test]
    fn a_client_without_room_is_dropped() {
        let (sender, mut receiver) = mpsc::channel(2);
        let client = Client {
            sender,
            wants_events: true,
        };
        let mut state = State {
            clients: vec![client],
            told: 0,
            tree: 0,
            is_tree_told: true,
            last_message: Instant::now(),
        };
        for left in [1, 1, 0] {
            state.send(&Bytes::from_static(b"x"), |_| true);
            assert_eq!(state.clients.len(), left);
        }
        assert!(receiver.try_recv().is_ok() && receiver.try_recv().is_ok());
        assert!(matches!(
            receiver.try_recv(),
            Err(mpsc::error::TryRecvError::Disconnected)
        ));
    }
}
