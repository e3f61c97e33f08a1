//! What is asked of an observer.

use crate::api::{self, Done, Events, Process, Processes, RefusalError, System, Tree};
use crate::error::RequestError;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Request {
    /// The system and its last ten minutes.
    System,
    /// The tree, with all children of those in `open`.
    Tree { open: Vec<String>, search: String },
    /// A part of the table of processes.
    Processes(ProcessesQuery),
    /// A process, whose handlers are timed from then on.
    Process { pid: String },
    /// Events that came after one.
    Events { after: u64 },
    /// Something done to a process.
    Act { action: Action, pid: String },
}

/// Which part of the table of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub struct ProcessesQuery {
    pub sort: &'static str,
    pub descending: bool,
    pub offset: u64,
    pub limit: u64,
    pub filter: String,
}

/// What can be done to a process, where control is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Action {
    Kill,
    Suspend,
    Resume,
}

impl Action {
    /// The last part of its path.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
        }
    }
}

/// What an observer answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each answers the request of its name")]
pub enum Answer {
    System(Box<System>),
    Tree(Tree),
    Processes(Processes),
    Process(Box<Process>),
    Events(Events),
    Done(Done),
}

/// How many events one answer may have.
const EVENTS: u64 = 500;

impl Request {
    /// Whether it changes something.
    #[must_use]
    pub fn is_action(&self) -> bool {
        matches!(self, Self::Act { .. })
    }

    /// The path, with the query.
    #[must_use]
    pub fn path(&self) -> String {
        let path = match self {
            Self::System => "system".to_owned(),
            Self::Tree { open, search } => format!(
                "tree?limit=50&open={}&search={}",
                encode(&open.join(",")),
                encode(search)
            ),
            Self::Processes(ProcessesQuery {
                sort,
                descending,
                offset,
                limit,
                filter,
            }) => {
                let order = if *descending { "desc" } else { "asc" };
                format!(
                    "processes?sort={sort}&order={order}&offset={offset}&limit={limit}&filter={}",
                    encode(filter)
                )
            }
            Self::Process { pid } => format!("processes/{}?watch=true", encode(pid)),
            Self::Events { after } => format!("events?after={after}&limit={EVENTS}"),
            Self::Act { action, pid } => format!("processes/{}/{}", encode(pid), action.word()),
        };
        format!("/api/v1/{path}")
    }

    /// Reads what came as the answer.
    ///
    /// # Errors
    /// What a refusal means; `Form` where the answer is not what was agreed, `NoObserver` where it is nothing like it.
    pub fn read(
        &self,
        status: u16,
        body: &[u8],
        asked: &Asked<'_>,
    ) -> Result<Answer, RequestError> {
        if !(200..300).contains(&status) {
            return Err(refusal(status, body, asked));
        }
        let answer = match self {
            Self::System => api::read(body).map(|system| Answer::System(Box::new(system))),
            Self::Tree { .. } => api::read(body).map(Answer::Tree),
            Self::Processes(_) => api::read(body).map(Answer::Processes),
            Self::Process { .. } => {
                api::read(body).map(|process| Answer::Process(Box::new(process)))
            }
            Self::Events { .. } => api::read(body).map(Answer::Events),
            Self::Act { .. } => api::read(body).map(Answer::Done),
        };
        match answer {
            Ok(Answer::System(system)) if system.api == 0 => Err(asked.no_observer(None)),
            Ok(Answer::System(system)) if system.api != api::VERSION => {
                Err(RequestError::Version { theirs: system.api })
            }
            Ok(answer) => Ok(answer),
            Err(_) if matches!(self, Self::System) => Err(asked.no_observer(None)),
            Err(error) => {
                let path = self.path();
                let path = path.split('?').next().unwrap_or_default().to_owned();
                Err(RequestError::Form {
                    path,
                    problem: error.to_string(),
                })
            }
        }
    }
}

/// Whom a request went to, for what is said about its answer.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The host and port.
    pub address: &'a str,
    /// The host.
    pub host: &'a str,
    /// Whether a token was sent.
    pub with_token: bool,
}

impl Asked<'_> {
    fn no_observer(&self, status: Option<u16>) -> RequestError {
        RequestError::NoObserver {
            address: self.address.to_owned(),
            status,
        }
    }
}

/// What an answer with a status of no success means.
#[must_use]
pub fn refusal(status: u16, body: &[u8], asked: &Asked<'_>) -> RequestError {
    match (status, api::read::<api::Refusal>(body)) {
        (401, _) => RequestError::Unauthorized {
            sent: asked.with_token,
        },
        (421, _) => RequestError::WrongHost {
            host: asked.host.to_owned(),
        },
        (_, Ok(refusal)) if refusal.error != RefusalError::default() => RequestError::Status {
            status,
            refusal: Box::new(refusal),
        },
        _ => asked.no_observer(Some(status)),
    }
}

/// Percent-encoding of all that is not plain.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        address: "h:1",
        host: "h",
        with_token: false,
    };

    #[test]
    fn paths_are_the_contracts() {
        let tree = Request::Tree {
            open: vec!["0.4.0".into(), "0.5.0".into()],
            search: "a b&ü".into(),
        };
        assert_eq!(
            tree.path(),
            "/api/v1/tree?limit=50&open=0.4.0,0.5.0&search=a%20b%26%C3%BC"
        );
        let query = ProcessesQuery {
            sort: "mailbox",
            descending: true,
            offset: 5,
            limit: 9,
            filter: String::new(),
        };
        assert_eq!(
            Request::Processes(query).path(),
            "/api/v1/processes?sort=mailbox&order=desc&offset=5&limit=9&filter="
        );
        let act = Request::Act {
            action: Action::Suspend,
            pid: "0.4.0".into(),
        };
        assert_eq!(act.path(), "/api/v1/processes/0.4.0/suspend");
        assert_eq!(
            Request::Process { pid: "../x".into() }.path(),
            "/api/v1/processes/..%2Fx?watch=true"
        );
    }

    #[test]
    fn refusals_become_sentences() {
        let read = |status, body: &str| {
            Request::System
                .read(status, body.as_bytes(), &ASKED)
                .unwrap_err()
                .to_string()
        };
        let refusal =
            r#"{"error": {"code": "x", "message": "no process 0.4.0: it has \u001b ended"}}"#;
        assert_eq!(read(404, refusal), "no process 0.4.0: it has \\u{1b} ended");
        assert_eq!(
            read(404, "<html>"),
            "what answers on h:1 is no observer (status 404)"
        );
        assert_eq!(read(200, "<html>"), "what answers on h:1 is no observer");
        assert_eq!(read(200, "{}"), "what answers on h:1 is no observer");
        assert_eq!(
            read(401, ""),
            "the observer wants a token: give it with --token (it is in the program's log)"
        );
        assert_eq!(
            read(421, ""),
            "the observer does not answer to the name h: use its IP address, or allow the name with .allow_host()"
        );
        assert_eq!(
            read(200, r#"{"api": 2}"#),
            "the observer speaks version 2 of the API, this program version 1: use the beamish-observer of the same \
             release"
        );
        let form = Request::Tree {
            open: vec![],
            search: String::new(),
        }
        .read(200, b"7", &ASKED);
        assert!(
            form.unwrap_err()
                .to_string()
                .starts_with("the answer to /api/v1/tree is not what was agreed: ")
        );
    }
}
