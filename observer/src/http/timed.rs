//! A connection that does not wait for its client without limit: not for a request, and not to write.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long a client has for the head of its first request, and for that of another from its first byte on.
const HEAD: Duration = Duration::from_secs(5);

/// How long a connection is kept without a request.
const IDLE: Duration = Duration::from_secs(60);

/// How long a client may read nothing while something is to be written.
const WRITE: Duration = Duration::from_secs(10);

/// Whether a request is being answered: the connection then waits for nothing to be read.
#[derive(Debug, Default)]
pub(super) struct Phase {
    is_answering: AtomicBool,
    answered: AtomicU32,
}

impl Phase {
    /// A request has come.
    pub(super) fn answers(self: &Arc<Self>) -> Answering {
        self.is_answering.store(true, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }
}

/// A request that is being answered, until its answer is written or dropped.
#[derive(Debug)]
pub(super) struct Answering(Arc<Phase>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
        self.0.is_answering.store(false, Ordering::Relaxed);
    }
}

/// The body of an answer, and what it holds until it is written or dropped.
#[derive(Debug)]
pub(super) struct Holding<B, H> {
    body: B,
    _held: H,
}

impl<B, H> Holding<B, H> {
    pub(super) const fn new(body: B, held: H) -> Self {
        Self { body, _held: held }
    }
}

impl<B: Body + Unpin, H: Unpin> Body for Holding<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A wait that ends with an error.
#[derive(Debug, Default)]
struct Limit {
    sleep: Option<Pin<Box<Sleep>>>,
    is_running: bool,
}

impl Limit {
    const fn stop(&mut self) {
        self.is_running = false;
    }

    /// Ready with the error when the time is over; it begins with the first poll.
    fn poll(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<io::Error> {
        let new = || Box::pin(tokio::time::sleep(limit));
        let sleep = self.sleep.get_or_insert_with(new);
        if !self.is_running {
            self.is_running = true;
            sleep.as_mut().reset(Instant::now() + limit);
        }
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }
}

/// A connection with its limits.
#[derive(Debug)]
pub(super) struct Timed<S> {
    inner: S,
    phase: Arc<Phase>,
    waits_for: Awaited,
    read: Limit,
    write: Limit,
}

/// Which request is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Awaited {
    /// How many were answered before.
    answered: u32,
    /// Whether some of it has come.
    has_begun: bool,
}

impl Awaited {
    const fn limit(self) -> Duration {
        if self.answered > 0 && !self.has_begun {
            IDLE
        } else {
            HEAD
        }
    }
}

impl<S> Timed<S> {
    pub(super) fn new(inner: S, phase: Arc<Phase>) -> Self {
        Self {
            inner,
            phase,
            waits_for: Awaited::default(),
            read: Limit::default(),
            write: Limit::default(),
        }
    }

    fn limited<R>(
        &mut self,
        written: Poll<io::Result<R>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.write.stop();
            return written;
        }
        self.write.poll(WRITE, cx).map(Err)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buffer);
        if this.phase.is_answering.load(Ordering::Relaxed) {
            this.read.stop();
            return read;
        }
        let answered = this.phase.answered.load(Ordering::Relaxed);
        let had_begun = this.waits_for.answered == answered && this.waits_for.has_begun;
        let waits_for = Awaited {
            answered,
            has_begun: had_begun || buffer.filled().len() > before,
        };
        if waits_for != this.waits_for {
            this.waits_for = waits_for;
            this.read.stop();
        }
        // What comes does not stop the time, or a client could drip for ever.
        match this.read.poll(waits_for.limit(), cx) {
            Poll::Ready(error) => Poll::Ready(Err(error)),
            Poll::Pending => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.limited(written, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, bytes);
        this.limited(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// After how long a read of a connection fails.
    async fn timed_out(timed: &mut (impl AsyncRead + Unpin)) -> Duration {
        let began = Instant::now();
        let mut buffer = [0; 64];
        loop {
            if let Err(error) = timed.read(&mut buffer).await {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                return began.elapsed();
            }
        }
    }

    fn about(time: Duration, expected: Duration) -> bool {
        time >= expected && time < expected + Duration::from_millis(100)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_has_five_seconds_for_a_request_however_it_drips() {
        let (_silent, server) = duplex(64);
        let mut timed = Timed::new(server, Arc::default());
        assert!(about(timed_out(&mut timed).await, HEAD));

        let (mut dripping, server) = duplex(64);
        let drip = tokio::spawn(async move {
            while dripping.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(700)).await;
            }
        });
        let mut timed = Timed::new(server, Arc::default());
        assert!(about(timed_out(&mut timed).await, HEAD));
        drop(timed);
        drip.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_kept_for_a_minute_and_an_answer_has_no_limit() {
        let (mut client, server) = duplex(64);
        let phase = Arc::<Phase>::default();
        let mut timed = Timed::new(server, Arc::clone(&phase));
        client.write_all(b"GET").await.unwrap();
        assert_eq!(timed.read(&mut [0; 64]).await.unwrap(), 3);
        let answering = phase.answers();
        let mut buffer = [0; 64];
        let long = Duration::from_secs(3_600);
        let read = tokio::time::timeout(long, timed.read(&mut buffer)).await;
        assert!(read.is_err());
        drop(answering);
        assert!(about(timed_out(&mut timed).await, IDLE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_left_after_ten_seconds() {
        let (_client, server) = duplex(64);
        let mut timed = Timed::new(server, Arc::default());
        let began = Instant::now();
        let error = timed.write_all(&[0; 1_000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(about(began.elapsed(), WRITE));
    }
}
