//! How an observer is started.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use beamish::{ChildSpec, Start};

use crate::Observer;

/// The port unless told otherwise.
pub const DEFAULT_PORT: u16 = 4880;

/// The time between two samples unless told otherwise.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(1);

/// How many events are taken a second unless told otherwise.
pub const DEFAULT_EVENT_RATE: u32 = 1_000;

/// Samples are not taken more often than this.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// How an observer is started; made by [`Observer::new`].
///
/// ```no_run
/// # use beamish_observer::Observer;
/// # async fn f() -> Result<(), beamish::StartError> {
/// let observer = Observer::new().port(0).control(true).start_link().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "an observer runs when it is started"]
pub struct Options {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) token: Option<String>,
    pub(crate) control: bool,
    pub(crate) hosts: Vec<String>,
    pub(crate) interval: Duration,
    pub(crate) event_rate: u32,
}

impl Options {
    pub(crate) const fn new() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: DEFAULT_PORT,
            token: None,
            control: false,
            hosts: Vec::new(),
            interval: DEFAULT_INTERVAL,
            event_rate: DEFAULT_EVENT_RATE,
        }
    }

    /// The port that it listens on, [`DEFAULT_PORT`] unless given; 0 takes a free one, another at each start, which
    /// [`ObserverRef::address`](crate::ObserverRef::address) tells.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address that it listens on, `127.0.0.1` unless given. For one that other machines reach, clients need the
    /// [`token`](Self::token).
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// What clients have to show: `Authorization: Bearer TOKEN`, or `/?token=TOKEN` once in a browser. It has at
    /// least 16 characters. Without one, a random token of 128 bits is made at each start and logged, on an address that
    /// other machines reach.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Whether clients may act on processes: suspend, kill, restart … Off unless given.
    pub const fn control(mut self, control: bool) -> Self {
        self.control = control;
        self
    }

    /// Accepts requests for this host too, as clients write it before the port: the name of the machine, say. The address,
    /// `localhost`, `127.0.0.1` and `[::1]` are always accepted; any other is refused, since a web page that is visited on
    /// this machine could send them.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// The time between two samples, [`DEFAULT_INTERVAL`] unless given, and at least 100 ms.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(SHORTEST_INTERVAL);
        self
    }

    /// How many events are taken a second, [`DEFAULT_EVENT_RATE`] unless given; what is over that is counted as missed.
    /// Half of them are kept for what is neither a start nor a planned end.
    pub fn event_rate(mut self, per_second: u32) -> Self {
        self.event_rate = per_second.max(2);
        self
    }

    pub(crate) const fn socket_address(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }

    /// Starts it, linked to the process that awaits this: as a child of a supervisor, or by itself.
    ///
    /// # Errors
    /// [`StartError::Init`](beamish::StartError::Init) with an [`ObserverError`](crate::ObserverError).
    #[track_caller]
    pub fn start_link(self) -> Start<Observer> {
        Start::link((self,))
    }

    /// Starts it without a link, from anywhere.
    ///
    /// # Errors
    /// As [`start_link`](Self::start_link).
    #[track_caller]
    pub fn start(self) -> Start<Observer> {
        Start::unlinked((self,))
    }

    /// Its specification as a child of a supervisor.
    pub fn child_spec(self) -> ChildSpec {
        ChildSpec::new(move || self.clone().start_link())
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("address", &self.socket_address())
            .field("has_token", &self.token.is_some())
            .field("control", &self.control)
            .field("hosts", &self.hosts)
            .field("interval", &self.interval)
            .field("event_rate", &self.event_rate)
            .finish()
    }
}
