//! The face in a real terminal, which is given back as it was: at the end, at an error, a panic and a signal.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IsTerminal as _};
use std::pin::Pin;
use std::task::Poll;

use crossterm::event::{Event, EventStream};
use futures_core::Stream as _;
use ratatui::DefaultTerminal;

use crate::address::Address;
use crate::app::Input;
use crate::client::Client;
use crate::error::RequestError;
use crate::request::Request;
use crate::session::Session;
use crate::view;

/// How the face ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a key.
    Quit,
    /// By a signal of this number.
    Signal(i32),
}

/// Why the face could not be shown.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttachError {
    /// Standard output is no terminal.
    NoTerminal,
    /// The terminal could not be used.
    Terminal(io::Error),
    /// The observer could not be asked.
    Request(RequestError),
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTerminal => f.write_str("attach wants a terminal, and standard output is none"),
            Self::Terminal(_) => f.write_str("the terminal could not be used"),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Terminal(error) => Some(error),
            Self::NoTerminal | Self::Request(_) => None,
        }
    }
}

/// Shows the observer at `address` in the terminal, until a key or a signal ends it.
///
/// An observer that cannot be reached at first is an error; one that goes away later is waited for.
///
/// # Errors
/// Why it could not be shown, in one sentence.
///
/// # Panics
/// Outside of a tokio runtime with I/O and time enabled.
///
/// # Cancel safety
/// The terminal is given back.
pub async fn attach(
    address: Address,
    token: Option<String>,
    colours: bool,
) -> Result<Ended, AttachError> {
    if !io::stdout().is_terminal() {
        return Err(AttachError::NoTerminal);
    }
    let client = Client::new(address, token);
    client
        .ask(&Request::System)
        .await
        .map_err(AttachError::Request)?;
    let mut signals = Signals::new().map_err(AttachError::Terminal)?;
    let mut screen = Screen::take().map_err(AttachError::Terminal)?;
    show(&mut screen.terminal, client, colours, &mut signals)
        .await
        .map_err(AttachError::Terminal)
}

async fn show(
    terminal: &mut DefaultTerminal,
    client: Client,
    colours: bool,
    signals: &mut Signals,
) -> io::Result<Ended> {
    let size = terminal.size()?;
    let mut session = Session::new(client, colours, (size.width, size.height));
    let mut events = EventStream::new();
    loop {
        terminal.draw(|frame| view::draw(session.app(), frame))?;
        let input = tokio::select! {
            event = next_event(&mut events) => match event {
                Some(event) => match event? {
                    Event::Key(key) => Input::Key(key),
                    Event::Resize(width, height) => Input::Resize(width, height),
                    Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => continue,
                },
                None => return Ok(Ended::Quit),
            },
            input = session.next() => input,
            signal = signals.next() => return Ok(Ended::Signal(signal)),
        };
        if session.take(input).is_break() {
            return Ok(Ended::Quit);
        }
    }
}

async fn next_event(events: &mut EventStream) -> Option<io::Result<Event>> {
    poll_fn(|context| Pin::new(&mut *events).poll_next(context)).await
}

/// The terminal, in raw mode and with another screen, until it is dropped.
struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    fn take() -> io::Result<Self> {
        // It also has a panic give the terminal back, before its message.
        let terminal = ratatui::try_init().inspect_err(|_| give_back())?;
        Ok(Self { terminal })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // At a panic it was given back before the message, which would be written over now.
        if !std::thread::panicking() {
            let _ = self.terminal.show_cursor();
            give_back();
        }
    }
}

fn give_back() {
    // The terminal may be gone.
    let _ = ratatui::try_restore();
}

/// The signals that end a program.
#[cfg(unix)]
struct Signals(Vec<(i32, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
            SignalKind::terminate(),
        ];
        let signals = kinds.map(|kind| Ok((kind.as_raw_value(), signal(kind)?)));
        Ok(Self(signals.into_iter().collect::<io::Result<_>>()?))
    }

    async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            let came = signals.find_map(|(number, signal)| {
                signal.poll_recv(context).is_ready().then_some(*number)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Where there are no signals, Ctrl-C is a key.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        std::future::pending().await
    }
}
