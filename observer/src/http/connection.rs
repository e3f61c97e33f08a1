//! Accepts connections, as many as there may be, and serves each by a task of its own.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Ipv4Addr, Shutdown};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::router::router;
use super::security::{Local, Policy};
use super::timed::{Holding, Phase, Timed};
use crate::door::Entrance;
use crate::report;
use crate::shared::App;

/// What the head of a request may have at most, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// How long no connection is accepted after the system had no room for one.
const PAUSE: Duration = Duration::from_millis(50);

/// Connections are accepted at this pace, but for a few at once: what a client that comes again and again takes of the
/// program is bounded.
const PACE: Duration = Duration::from_millis(1);

/// How many are accepted at once.
const BURST: u32 = 100;

/// What a client is told for which there is no room.
const REFUSED: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n\
    Connection: close\r\nContent-Length: 73\r\n\r\n\
    {\"error\": {\"code\": \"busy\", \"message\": \"there are too many connections\"}}\n";

/// The process that serves. It ends when the door is closed; its connections end with it.
pub(crate) async fn serve(app: App, entrance: Entrance, policy: Policy) {
    let router = router(&app, policy);
    let mut connections = JoinSet::new();
    let mut pace = Pace::new(Instant::now());
    loop {
        tokio::select! {
            accepted = entrance.accept() => match accepted {
                None => return,
                Some(Ok(stream)) => {
                    match Arc::clone(&app.connections).try_acquire_owned() {
                        Ok(place) => {
                            let (router, node) = (router.clone(), app.node.clone());
                            connections.spawn(async move {
                                node.scope(connection(stream, router)).await;
                                drop(place);
                            });
                        }
                        Err(_) => refuse(stream),
                    }
                    if let Some(next) = pace.accepted(Instant::now()) {
                        tokio::time::sleep_until(next).await;
                    }
                }
                Some(Err(_)) => tokio::time::sleep(PAUSE).await,
            },
            Some(ended) = connections.join_next() => {
                if ended.is_err_and(|error: JoinError| error.is_panic()) {
                    report::handler_panicked();
                }
            }
        }
    }
}

/// When the next connection may be accepted.
struct Pace {
    /// When all that were accepted would have been, one after the other.
    settled: Instant,
}

impl Pace {
    const fn new(now: Instant) -> Self {
        Self { settled: now }
    }

    /// A connection was accepted. Gives until when to wait, if others came too fast before it.
    fn accepted(&mut self, now: Instant) -> Option<Instant> {
        self.settled = self.settled.max(now) + PACE;
        let next = self.settled.checked_sub(PACE * BURST)?;
        (next > now).then_some(next)
    }
}

/// Says that there is no room, if the client hears that at once.
fn refuse(stream: TcpStream) {
    // Of the standard library, whose write needs no readiness that was seen before; it does not wait.
    if let Ok(mut stream) = stream.into_std() {
        drop(stream.write(REFUSED.as_bytes()));
        drop(stream.shutdown(Shutdown::Write));
    }
}

async fn connection(stream: TcpStream, router: Router) {
    let local = stream.local_addr();
    let local = local.map_or(Ipv4Addr::LOCALHOST.into(), |local| local.ip());
    // Small messages are sent at once; a system that cannot do that sends them later.
    drop(stream.set_nodelay(true));
    let phase = Arc::<Phase>::default();
    let io = TokioIo::new(Timed::new(stream, Arc::clone(&phase)));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let answering = phase.answers();
        request.extensions_mut().insert(Local(local));
        let answer = router.call(request);
        async move {
            let response = answer.await?;
            Ok::<_, Infallible>(response.map(|body| Holding::new(body, answering)))
        }
    });
    let served = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .serve_connection(io, service);
    // What is wrong with a connection is the client's business: it has been told, or is gone.
    drop(served.await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_accepted_at_once_and_others_at_a_pace() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..BURST {
            assert_eq!(pace.accepted(start), None);
        }
        assert_eq!(pace.accepted(start), Some(start + PACE));
        assert_eq!(pace.accepted(start + PACE), Some(start + PACE * 2));
        // What was not used is there later, up to the burst.
        let later = start + PACE * BURST * 3;
        for _ in 0..BURST {
            assert_eq!(pace.accepted(later), None);
        }
        assert!(pace.accepted(later).is_some());
    }

    #[test]
    fn the_refusal_has_the_length_that_it_says() {
        let (head, body) = REFUSED.split_once("\r\n\r\n").unwrap();
        let length = format!("Content-Length: {}", body.len());
        assert!(head.ends_with(&length), "{length}");
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
