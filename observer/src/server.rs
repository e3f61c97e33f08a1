//! The server: owns the port, and starts what serves at it.

use std::net::SocketAddr;

use beamish::{Start, prelude::*};

use crate::door::Door;
use crate::error::ObserverError;
use crate::http::{self, Policy};
use crate::intake::{self, intake};
use crate::options::Options;
use crate::sample::sampler;
use crate::shared::Shared;
use crate::text::{MIN_TOKEN, random_token};
use crate::{os, report, source};

/// Shows what runs: see the [crate].
///
/// [`ObserverRef::named`] finds the one that runs, under the name `Beamish.Observer`.
#[genserver(name = "Beamish.Observer")]
#[derive(Debug)]
pub struct Observer {
    /// Dropped first: whoever hears of the end finds the port free.
    _door: Door,
    address: SocketAddr,
}

impl Observer {
    /// An observer with options: of this machine alone, on port 4880, without control.
    #[expect(
        clippy::new_ret_no_self,
        reason = "it reads as what it starts: `Observer::new().port(0).start_link()`"
    )]
    pub const fn new() -> Options {
        Options::new()
    }
}

#[genserver]
impl Observer {
    #[init]
    fn init(options: Options) -> Result<Self, ObserverError> {
        let token = Token::of(&options)?;
        let wanted = options.socket_address();
        let (door, address) = Door::open(wanted).map_err(|error| ObserverError::Listen {
            address: wanted,
            error,
        })?;
        let policy = Policy::new(&options.hosts, address.ip(), address.port(), token.text);
        // Known from the first observer on, wherever the system does not tell.
        os::started_at();
        let events = source::events(intake::WAITING);
        let app = Shared::new(options);
        spawn_link(labelled("observer events", intake(app.clone(), events)));
        spawn_link(labelled("observer sampler", sampler(app.clone())));
        spawn_link(labelled(
            "observer http",
            http::serve(app, door.entrance(), policy.clone()),
        ));
        report::listens(address, token.is_random.then_some(policy.token()).flatten());
        Ok(Self {
            _door: door,
            address,
        })
    }

    /// Starts one with the defaults, linked to the process that awaits this: as a child of a supervisor, or by itself.
    ///
    /// # Errors
    /// [`StartError::Init`] with an [`ObserverError`]: the port is taken, say.
    #[track_caller]
    pub fn start_link() -> Start<Self> {
        Self::new().start_link()
    }

    /// Starts one with the defaults, without a link, from anywhere.
    ///
    /// # Errors
    /// As [`start_link`](Self::start_link).
    #[track_caller]
    pub fn start() -> Start<Self> {
        Self::new().start()
    }

    /// The specification of one with the defaults, as a child of a supervisor.
    pub fn child_spec() -> ChildSpec {
        Self::new().child_spec()
    }

    /// Where it listens.
    #[handle_call]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn labelled(label: &'static str, work: impl Future<Output = ()>) {
    process::set_label(label);
    work.await;
}

struct Token {
    text: Option<String>,
    is_random: bool,
}

impl Token {
    /// None on an address that only this machine reaches, unless one is given.
    fn of(options: &Options) -> Result<Self, ObserverError> {
        let is_reached = !options.address.to_canonical().is_loopback();
        match &options.token {
            Some(token) if token.chars().count() < MIN_TOKEN => {
                Err(ObserverError::ShortToken(options.socket_address()))
            }
            Some(token) => Ok(Self {
                text: Some(token.clone()),
                is_random: false,
            }),
            None if is_reached => Ok(Self {
                text: Some(random_token().map_err(ObserverError::NoToken)?),
                is_random: true,
            }),
            None => Ok(Self {
                text: None,
                is_random: false,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_reach_has_a_token_that_none_guesses() {
        let of = |address: [u8; 4], token: Option<&str>| {
            let options = Observer::new().address(address);
            let options = match token {
                Some(token) => options.token(token),
                None => options,
            };
            Token::of(&options)
        };
        assert!(of([127, 0, 0, 1], None).unwrap().text.is_none());
        // One that is empty by mistake would let all in.
        for short in ["", "x", "0123456789abcde"] {
            assert!(of([127, 0, 0, 1], Some(short)).is_err());
        }
        let random = of([0, 0, 0, 0], None).unwrap();
        assert!(random.is_random && random.text.unwrap().len() == 32);
        assert!(matches!(
            of([10, 0, 0, 1], Some("short")),
            Err(ObserverError::ShortToken(_))
        ));
        assert!(
            !of([10, 0, 0, 1], Some("0123456789abcdef"))
                .unwrap()
                .is_random
        );
    }
}
