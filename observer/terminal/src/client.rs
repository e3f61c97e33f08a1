//! The HTTP client: plain HTTP/1.1 to one observer, with connections kept for the next request.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::address::Address;
use crate::api::{self, Events, Hello, Sample};
use crate::error::RequestError;
use crate::request::{Answer, Asked, Request, refusal};
use crate::sse::{self, Parser};

/// How long a connection may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may take.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the stream may be silent: an observer sends something each 15 s.
pub const SILENCE: Duration = Duration::from_secs(40);
/// How long an answer may be.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;
/// How many connections are kept.
const MAX_IDLE: usize = 4;

/// A client of one observer.
#[derive(Debug)]
pub struct Client {
    address: Address,
    shown: String,
    token: Option<String>,
    idle: Mutex<Vec<Sender>>,
}

type Sender = SendRequest<Full<Bytes>>;

/// What the stream tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Told {
    Hello(Hello),
    Sample(Box<Sample>),
    Events(Events),
    Changed,
}

impl Client {
    /// A client; connects when it is asked. Without `token`, the one of the address's URL is sent, if any.
    #[must_use]
    pub fn new(address: Address, token: Option<String>) -> Self {
        let token = token.or_else(|| address.token.clone());
        Self {
            shown: address.to_string(),
            address,
            token,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// The observer's host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.shown
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            address: &self.shown,
            host: &self.address.host,
            with_token: self.token.is_some(),
        }
    }

    /// Asks, and reads the answer.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Cancel safety
    /// The answer is dropped; an action may be carried out all the same.
    pub async fn ask(&self, request: &Request) -> Result<Answer, RequestError> {
        let late = RequestError::Timeout {
            address: self.shown.clone(),
            after: ANSWER_TIMEOUT,
        };
        let (status, body) = timeout(ANSWER_TIMEOUT, self.exchange(request))
            .await
            .map_err(|_| late)??;
        request.read(status, &body, &self.asked())
    }

    async fn exchange(&self, request: &Request) -> Result<(u16, Bytes), RequestError> {
        // What was kept may be closed by now, which shows only when it is used. An action is not sent twice.
        if !request.is_action()
            && let Some(mut sender) = self.take_idle()
            && let Ok(response) = self.send(&mut sender, request).await
        {
            return self.finish(sender, response).await;
        }
        let mut sender = self.connect().await?;
        let response = self.send(&mut sender, request).await?;
        self.finish(sender, response).await
    }

    async fn send(
        &self,
        sender: &mut Sender,
        request: &Request,
    ) -> Result<Response<Incoming>, RequestError> {
        let method = if request.is_action() {
            Method::POST
        } else {
            Method::GET
        };
        let mut builder = self
            .builder(method, &request.path())
            .header(ACCEPT, "application/json");
        let mut body = Bytes::new();
        if request.is_action() {
            builder = builder.header(CONTENT_TYPE, "application/json");
            body = Bytes::from_static(b"{}");
        }
        let request = builder
            .body(Full::new(body))
            .map_err(|error| self.failed(&error))?;
        sender.ready().await.map_err(|error| self.failed(&error))?;
        sender
            .send_request(request)
            .await
            .map_err(|error| self.failed(&error))
    }

    fn builder(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let mut builder = hyper::Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.shown)
            .header(
                USER_AGENT,
                concat!("beamish-observer/", env!("CARGO_PKG_VERSION")),
            );
        if let Some(token) = &self.token {
            builder = builder.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        builder
    }

    async fn finish(
        &self,
        sender: Sender,
        response: Response<Incoming>,
    ) -> Result<(u16, Bytes), RequestError> {
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_BODY_BYTES)
            .collect()
            .await;
        let body = body
            .map_err(|error| self.connection(error.to_string()))?
            .to_bytes();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if !sender.is_closed() && idle.len() < MAX_IDLE {
            idle.push(sender);
        }
        Ok((status, body))
    }

    fn take_idle(&self) -> Option<Sender> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|sender| !sender.is_closed());
        idle.pop()
    }

    async fn connect(&self) -> Result<Sender, RequestError> {
        let late = RequestError::Timeout {
            address: self.shown.clone(),
            after: CONNECT_TIMEOUT,
        };
        let stream = timeout(CONNECT_TIMEOUT, self.open())
            .await
            .map_err(|_| late)??;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.failed(&error))?;
        // It ends with the sender; what fails in it is told to who waits for the answer.
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn open(&self) -> Result<TcpStream, RequestError> {
        let Address { host, port, .. } = &self.address;
        let candidates = tokio::net::lookup_host((host.as_str(), *port)).await;
        let mut problem = RequestError::UnknownHost { host: host.clone() };
        for candidate in candidates.map_err(|_| problem.clone())? {
            match TcpStream::connect(candidate).await {
                Ok(stream) => return Ok(stream),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    problem = RequestError::Refused {
                        address: self.shown.clone(),
                    };
                }
                Err(error) => problem = self.connection(error.to_string()),
            }
        }
        Err(problem)
    }

    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> RequestError {
        let mut deepest = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        self.connection(deepest.to_string())
    }

    fn connection(&self, problem: String) -> RequestError {
        RequestError::Connection {
            address: self.shown.clone(),
            problem,
        }
    }

    /// Opens the stream; what came after the event `last` is told again, as far as it is kept.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Cancel safety
    /// The connection is closed.
    pub async fn stream(&self, last: Option<u64>) -> Result<Stream, RequestError> {
        let late = RequestError::Timeout {
            address: self.shown.clone(),
            after: ANSWER_TIMEOUT,
        };
        timeout(ANSWER_TIMEOUT, self.open_stream(last))
            .await
            .map_err(|_| late)?
    }

    async fn open_stream(&self, last: Option<u64>) -> Result<Stream, RequestError> {
        let mut sender = self.connect().await?;
        let mut builder = self
            .builder(Method::GET, "/api/v1/stream?events=true")
            .header(ACCEPT, "text/event-stream");
        if let Some(last) = last {
            builder = builder.header("Last-Event-ID", last);
        }
        let request = builder
            .body(Full::default())
            .map_err(|error| self.failed(&error))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| self.failed(&error))?;
        let status = response.status().as_u16();
        if status != 200 {
            let (status, body) = self.finish(sender, response).await?;
            return Err(refusal(status, &body, &self.asked()));
        }
        Ok(Stream {
            address: self.shown.clone(),
            body: response.into_body(),
            _sender: sender,
            parser: Parser::default(),
            ready: VecDeque::new(),
        })
    }
}

/// The stream of what happens.
#[derive(Debug)]
pub struct Stream {
    address: String,
    body: Incoming,
    // The connection ends when it is dropped.
    _sender: Sender,
    parser: Parser,
    ready: VecDeque<sse::Message>,
}

impl Stream {
    /// What is told next.
    ///
    /// # Errors
    /// Why there is nothing more: the stream ended, was silent for [`SILENCE`], or was not understood.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing that came is lost.
    pub async fn next(&mut self) -> Result<Told, RequestError> {
        loop {
            while let Some(message) = self.ready.pop_front() {
                if let Some(told) = told(&message)? {
                    return Ok(told);
                }
            }
            let frame =
                timeout(SILENCE, self.body.frame())
                    .await
                    .map_err(|_| RequestError::Timeout {
                        address: self.address.clone(),
                        after: SILENCE,
                    })?;
            let failed = |problem: String| RequestError::Connection {
                address: self.address.clone(),
                problem,
            };
            let frame = frame.ok_or_else(|| failed("the observer ended it".to_owned()))?;
            let frame = frame.map_err(|error| failed(error.to_string()))?;
            if let Ok(piece) = frame.into_data() {
                let messages = self.parser.push(&piece);
                self.ready
                    .extend(messages.map_err(|_| failed("a message is too long".to_owned()))?);
            }
        }
    }
}

/// What a message means; nothing where its kind is not known.
fn told(message: &sse::Message) -> Result<Option<Told>, RequestError> {
    let data = message.data.as_bytes();
    let told = match message.event.as_str() {
        "hello" => api::read(data).map(Told::Hello),
        "sample" => api::read(data).map(|sample| Told::Sample(Box::new(sample))),
        "events" => api::read(data).map(Told::Events),
        "changed" => Ok(Told::Changed),
        _ => return Ok(None),
    };
    match told {
        Ok(Told::Hello(hello)) if hello.api != api::VERSION => {
            Err(RequestError::Version { theirs: hello.api })
        }
        Ok(told) => Ok(Some(told)),
        Err(error) => Err(RequestError::Form {
            path: format!("/api/v1/stream ({})", crate::text::clean(&message.event)),
            problem: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stream_tells_is_read() {
        let told = |event: &str, data: &str| {
            told(&sse::Message {
                event: event.to_owned(),
                data: data.to_owned(),
            })
        };
        let hello = Hello {
            api: 1,
            control: true,
            next: 7,
        };
        assert_eq!(
            told("hello", r#"{"api":1,"control":true,"next":7}"#),
            Ok(Some(Told::Hello(hello)))
        );
        assert_eq!(told("changed", r#"{"tree":3}"#), Ok(Some(Told::Changed)));
        assert_eq!(told("news", "?"), Ok(None));
        assert_eq!(
            told("hello", r#"{"api":2}"#),
            Err(RequestError::Version { theirs: 2 })
        );
        assert!(matches!(
            told("sample", "?"),
            Err(RequestError::Form { .. })
        ));
    }
}
