//! Asynchronous requests: calls whose answers are waited for later, one by one or as a set (`SRV-14`).

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::blocking;
use crate::gen_server::call::{self, Unanswered};
use crate::process::context;
use crate::sync::Mutex;
use crate::{CallError, Deadline, GenServer};

/// A call that was sent and whose answer is waited for later; made by
/// [`Call::send_request`](crate::Call::send_request). The future gives the answer
/// and waits without limit.
///
/// The server's end before the answer is [`CallError::Exit`]. Dropped, the request is not recalled, and its answer
/// vanishes.
///
/// # Cancel safety
/// Waiting is cancel safe: the request stays as it was.
///
/// # OTP
/// The `request_id()` of `gen_server:send_request/2`. Differs: the answer is no message in the mailbox, so there is none to
/// be checked against the request.
#[must_use = "the answer of a request is lost if it is dropped"]
pub struct Request<T>(Box<dyn Pending<T>>);

impl<T> Request<T> {
    pub(crate) fn new<S: GenServer>(
        sent: Result<call::Sent<S::Reply>, CallError>,
        call: Unanswered<S, T>,
    ) -> Self
    where
        T: Send + 'static,
    {
        let progress = match sent {
            Ok(sent) => Progress::Waiting(sent),
            Err(error) => Progress::Answered(Err(error)),
        };
        Self(Box::new(Sent { progress, call }))
    }

    /// Waits for the answer until `deadline`: `None` if the time is over, and the request stays alive (also an answer that
    /// was given out once is not given again: it waits for ever then).
    ///
    /// # OTP
    /// `gen_server:wait_response/2`.
    pub async fn wait_response(
        &mut self,
        deadline: impl Into<Deadline>,
    ) -> Option<Result<T, CallError>> {
        let deadline = deadline.into();
        deadline.wait(poll_fn(|cx| self.poll(cx))).await
    }

    /// Waits for the answer until `deadline`. If the time is over the request is given up: a late answer vanishes.
    ///
    /// # Errors
    /// As those of a [`Call`](crate::Call); [`CallError::Timeout`] if the time is over.
    ///
    /// # OTP
    /// `gen_server:receive_response/2`.
    pub async fn receive_response(mut self, deadline: impl Into<Deadline>) -> Result<T, CallError> {
        match self.wait_response(deadline).await {
            Some(answer) => answer,
            None => Err(self.0.too_late()),
        }
    }

    /// Looks for the answer without waiting.
    ///
    /// # OTP
    /// `gen_server:check_response/2`.
    pub fn check_response(&mut self) -> Option<Result<T, CallError>> {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }

    /// Waits for the answer on a plain thread, without limit: see [`Call::blocking`](crate::Call::blocking).
    ///
    /// # Errors
    /// As those of a [`Call`](crate::Call).
    ///
    /// # Panics
    /// On a thread that runs async code.
    #[track_caller]
    pub fn blocking(mut self) -> Result<T, CallError> {
        blocking::forbid_in_async("a request");
        let answer = blocking::wait(poll_fn(|cx| self.poll(cx)), None);
        answer.unwrap_or_else(|| Err(self.0.too_late()))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, CallError>> {
        context::poll_unless_exiting(|| {
            if self.0.is_answered(cx)
                && let Some(answer) = self.0.take()
            {
                return Poll::Ready(answer);
            }
            Poll::Pending
        })
    }
}

impl<T> Future for Request<T> {
    type Output = Result<T, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Self::poll(self.get_mut(), cx)
    }
}

impl<T> fmt::Debug for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request")
    }
}

/// A request, whatever its server.
trait Pending<T>: Send {
    /// Whether the answer is there and has not been taken; the waker is told when it comes.
    fn is_answered(&mut self, cx: &mut Context<'_>) -> bool;
    /// The answer, once.
    fn take(&mut self) -> Option<Result<T, CallError>>;
    fn too_late(&self) -> CallError;
}

struct Sent<S: GenServer, T> {
    progress: Progress<S, T>,
    call: Unanswered<S, T>,
}

enum Progress<S: GenServer, T> {
    Waiting(call::Sent<S::Reply>),
    Answered(Result<T, CallError>),
    Taken,
}

impl<S: GenServer, T: Send + 'static> Pending<T> for Sent<S, T> {
    fn is_answered(&mut self, cx: &mut Context<'_>) -> bool {
        if let Progress::Waiting(sent) = &mut self.progress
            && let Poll::Ready(outcome) = sent.poll(cx)
        {
            self.progress = Progress::Answered(self.call.outcome(outcome));
        }
        matches!(self.progress, Progress::Answered(_))
    }

    fn take(&mut self) -> Option<Result<T, CallError>> {
        match std::mem::replace(&mut self.progress, Progress::Taken) {
            Progress::Answered(answer) => Some(answer),
            other => {
                self.progress = other;
                None
            }
        }
    }

    fn too_late(&self) -> CallError {
        self.call.too_late()
    }
}

impl<S: GenServer, T> Drop for Sent<S, T> {
    fn drop(&mut self) {
        if let Progress::Waiting(sent) = &self.progress {
            sent.cell.abandon();
        }
    }
}

/// Why a set of requests gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoResponse {
    /// There is no request in the set.
    NoRequest,
    /// No answer came in time.
    Timeout,
    /// No answer has come yet.
    NoReply,
}

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRequest => "there is no request to wait for",
            Self::Timeout => "no answer came in time",
            Self::NoReply => "no answer has come yet",
        })
    }
}

impl std::error::Error for NoResponse {}

/// A set of requests, each with a label. Answers are given out in the order in which they arrive, each with its label, and
/// leave the set.
///
/// ```
/// # use beamish_runtime::{CallError, NoResponse, Request, Requests};
/// # async fn f(requests: Vec<Request<u64>>) -> Result<(), NoResponse> {
/// let mut waiting = Requests::new();
/// for (label, request) in requests.into_iter().enumerate() {
///     waiting.add(request, label);
/// }
/// while !waiting.is_empty() {
///     let (label, answer) = waiting.wait_response(std::time::Duration::from_secs(5)).await?;
///     println!("{label}: {answer:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # OTP
/// `gen_server:reqids_new/0` and its kin.
pub struct Requests<L, T> {
    waiting: HashMap<u64, (L, Request<T>)>,
    next: u64,
    arrived: Arc<Arrived>,
}

/// Which answers have come, oldest first, and who waits for them.
#[derive(Default)]
struct Arrived(Mutex<(VecDeque<u64>, Option<Waker>)>);

/// Wakes a set for one of its requests.
struct Bell {
    key: u64,
    arrived: Arc<Arrived>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let mut arrived = self.arrived.0.lock();
        arrived.0.push_back(self.key);
        let waker = arrived.1.take();
        drop(arrived);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<L, T> Requests<L, T> {
    /// A set without requests.
    #[must_use]
    pub fn new() -> Self {
        Self {
            waiting: HashMap::new(),
            next: 0,
            arrived: Arc::default(),
        }
    }

    /// Adds a request under a label; labels need not differ.
    pub fn add(&mut self, mut request: Request<T>, label: L) {
        let key = self.next;
        self.next += 1;
        // From here on the bell tells in which order answers arrive.
        let bell = self.bell(key);
        if request.0.is_answered(&mut Context::from_waker(&bell)) {
            self.arrived.0.lock().0.push_back(key);
        }
        self.waiting.insert(key, (label, request));
    }

    fn bell(&self, key: u64) -> Waker {
        let arrived = Arc::clone(&self.arrived);
        Waker::from(Arc::new(Bell { key, arrived }))
    }

    /// How many requests wait for their answer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Waits for the next answer until `deadline`. If the time is over, all requests stay alive.
    ///
    /// # Errors
    /// [`NoResponse::NoRequest`] if the set is empty, [`NoResponse::Timeout`] if the time is over. That a server ended is the
    /// answer of its own requests.
    ///
    /// # Cancel safety
    /// Cancel safe.
    ///
    /// # OTP
    /// `gen_server:wait_response/3`, with `Delete` true.
    pub async fn wait_response(
        &mut self,
        deadline: impl Into<Deadline>,
    ) -> Result<(L, Result<T, CallError>), NoResponse> {
        if self.is_empty() {
            return Err(NoResponse::NoRequest);
        }
        let deadline = deadline.into();
        let answer = deadline.wait(poll_fn(|cx| self.poll(cx))).await;
        answer.ok_or(NoResponse::Timeout)
    }

    /// As [`wait_response`](Self::wait_response), but if the time is over all requests are given up: late answers vanish, and
    /// the set is empty.
    ///
    /// # Errors
    /// As `wait_response`.
    ///
    /// # OTP
    /// `gen_server:receive_response/3`.
    pub async fn receive_response(
        &mut self,
        deadline: impl Into<Deadline>,
    ) -> Result<(L, Result<T, CallError>), NoResponse> {
        let answer = self.wait_response(deadline).await;
        if matches!(answer, Err(NoResponse::Timeout)) {
            self.waiting.clear();
        }
        answer
    }

    /// Looks for the next answer without waiting.
    ///
    /// # Errors
    /// [`NoResponse::NoRequest`] if the set is empty, [`NoResponse::NoReply`] if no answer has come.
    ///
    /// # OTP
    /// `gen_server:check_response/3`.
    pub fn check_response(&mut self) -> Result<(L, Result<T, CallError>), NoResponse> {
        if self.is_empty() {
            return Err(NoResponse::NoRequest);
        }
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(NoResponse::NoReply),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<(L, Result<T, CallError>)> {
        loop {
            let mut arrived = self.arrived.0.lock();
            let Some(key) = arrived.0.pop_front() else {
                arrived.1 = Some(cx.waker().clone());
                return Poll::Pending;
            };
            drop(arrived);
            let bell = self.bell(key);
            let Some((_, request)) = self.waiting.get_mut(&key) else {
                continue;
            };
            if let Poll::Ready(answer) = request.poll(&mut Context::from_waker(&bell))
                && let Some((label, _)) = self.waiting.remove(&key)
            {
                return Poll::Ready((label, answer));
            }
        }
    }
}

impl<L, T> Default for Requests<L, T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The requests that wait, with their labels, in no particular order.
impl<L, T> IntoIterator for Requests<L, T> {
    type Item = (L, Request<T>);
    type IntoIter = std::vec::IntoIter<(L, Request<T>)>;

    fn into_iter(self) -> Self::IntoIter {
        let waiting: Vec<_> = self.waiting.into_values().collect();
        waiting.into_iter()
    }
}

impl<L: fmt::Debug, T> fmt::Debug for Requests<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.waiting.values().map(|(label, _)| label);
        f.debug_list().entries(labels).finish()
    }
}
