//! Why an observer did not start.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::text::MIN_TOKEN;

/// An observer did not start: in the [`StartError::Init`](beamish::StartError::Init) of its start.
#[derive(Debug)]
#[non_exhaustive]
pub enum ObserverError {
    /// It cannot listen there: the port is taken, most likely.
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The token can be guessed.
    ShortToken(SocketAddr),
    /// The system gave no random numbers for a token.
    NoToken(io::Error),
}

impl fmt::Display for ObserverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen { address, .. } => write!(
                f,
                "the observer cannot listen on {address}; if another program has the port, choose another with `Observer::new().port(…)`, or 0 for any free one"
            ),
            Self::ShortToken(address) => write!(
                f,
                "the token of the observer on {address} needs at least {MIN_TOKEN} characters, so that none guesses it; leave `.token(…)` out for a random one where other machines reach it, or for none"
            ),
            Self::NoToken(_) => f.write_str(
                "the system gave no random numbers for the observer's token; give it one with `Observer::new().token(…)`",
            ),
        }
    }
}

impl Error for ObserverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen { error, .. } | Self::NoToken(error) => Some(error),
            Self::ShortToken(_) => None,
        }
    }
}
