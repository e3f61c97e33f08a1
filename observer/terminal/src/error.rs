//! Why an observer could not be asked.

use std::fmt;
use std::time::Duration;

use crate::api::{self, Refusal};
use crate::text::clean;

/// Why a request was not answered; shown as one sentence.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// Nobody listens there.
    Refused {
        /// Where.
        address: String,
    },
    /// The host has no address.
    UnknownHost {
        /// The host.
        host: String,
    },
    /// No answer came in time.
    Timeout {
        /// From where.
        address: String,
        /// What was waited.
        after: Duration,
    },
    /// The connection failed.
    Connection {
        /// With whom.
        address: String,
        /// How.
        problem: String,
    },
    /// The observer wants a token, or another one.
    Unauthorized {
        /// Whether one was sent.
        sent: bool,
    },
    /// The observer does not answer to the name by which it was called.
    WrongHost {
        /// The name.
        host: String,
    },
    /// The observer said no.
    Status {
        /// The HTTP status.
        status: u16,
        /// What it said.
        refusal: Box<Refusal>,
    },
    /// An observer of another version.
    Version {
        /// What it speaks.
        theirs: u64,
    },
    /// What answers there is no observer.
    NoObserver {
        /// Where.
        address: String,
        /// The HTTP status, where that is why.
        status: Option<u16>,
    },
    /// The answer does not have the form that was agreed.
    Form {
        /// What was asked.
        path: String,
        /// What is wrong with the answer.
        problem: String,
    },
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { address } => {
                write!(f, "connection refused: no observer listens on {address}")
            }
            Self::UnknownHost { host } => write!(f, "the host {host} is not known"),
            Self::Timeout { address, after } => {
                write!(f, "no answer from {address} within {} s", after.as_secs())
            }
            Self::Connection { address, problem } => {
                write!(f, "the connection with {address} failed: {}", clean(problem))
            }
            Self::Unauthorized { sent: false } => {
                f.write_str("the observer wants a token: give it with --token (it is in the program's log)")
            }
            Self::Unauthorized { sent: true } => {
                f.write_str("the observer does not take this token: give the one in the program's log with --token")
            }
            Self::WrongHost { host } => write!(
                f,
                "the observer does not answer to the name {host}: use its IP address, or allow the name with \
                 .allow_host()"
            ),
            Self::Status { status, refusal } => match refusal.error.message.as_str() {
                "" => write!(f, "the observer answered with status {status}"),
                message => f.write_str(&clean(message)),
            },
            Self::Version { theirs } => write!(
                f,
                "the observer speaks version {theirs} of the API, this program version {}: use the beamish-observer \
                 of the same release",
                api::VERSION
            ),
            Self::NoObserver { address, status: None } => {
                write!(f, "what answers on {address} is no observer")
            }
            Self::NoObserver { address, status: Some(status) } => {
                write!(f, "what answers on {address} is no observer (status {status})")
            }
            Self::Form { path, problem } => {
                write!(f, "the answer to {path} is not what was agreed: {}", clean(problem))
            }
        }
    }
}

impl std::error::Error for RequestError {}
