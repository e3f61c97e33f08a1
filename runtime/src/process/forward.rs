//! Streams as messages.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use futures_core::Stream;

use crate::process::control::{bits, deliver};
use crate::process::{context, death, spawn_link, table, try_self_pid};
use crate::{Address, Info, Pid};

/// A stream that was [forwarded](forward) is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Closed {
    /// The process that forwarded it.
    pub from: Pid,
}

/// Sends each item of `stream` to a process, and [`Closed`] at its end: for a server that reads a socket, say. The
/// items come as any message does, to the `#[handle_info]` for their type.
///
/// It is a process of its own that does this, linked to the caller, and its pid is returned. If the stream panics, that
/// is its crash; to stop before the end of the stream, [`exit`](super::exit()) it with `Shutdown`, after
/// [`unlink`](super::unlink()) for a caller that does not trap exits.
///
/// `to` is a pid, a client or a name. If it is that of a process, all is over when that ends: the stream is dropped,
/// and the forwarding process ends with `Normal`. A name is looked up for each item, and while nobody holds it items
/// are dropped.
///
/// There is no back pressure: a stream that is faster than who reads its items fills that mailbox. Where this matters,
/// take the items in a process of your own that calls the server with each.
///
/// # Panics
/// Outside of a tokio runtime, and if the calling code is no process.
///
/// # OTP
/// A port or socket in the mode `{active, true}`, which sends `{tcp, Socket, Data}` and `{tcp_closed, Socket}`.
#[track_caller]
pub fn forward<S>(stream: S, to: impl Into<Address>) -> Pid
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    spawn_link(run(stream, to.into()))
}

async fn run<S>(stream: S, to: Address)
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    let node = context::node();
    let bound = match &to {
        Address::Pid(pid) => Some(table::find(*pid)),
        Address::Name(_) | Address::Global(_) | Address::Via(_) => None,
    };
    let mut ended = match bound {
        Some(Some(process)) if !process.head().has(bits::ENDED) => Some(death::watch(&*process)),
        Some(_) => return,
        None => None,
    };
    let send = |info: Info| match to.holder(&node) {
        Some(process) => deliver(&*process, info),
        None => crate::panics::drop_quietly(info),
    };
    let mut stream = pin!(stream);
    loop {
        // A stream that is always ready lets others run, and can be ended.
        poll_fn(context::proceed).await;
        let next = poll_fn(|cx| {
            if let Some(ended) = &mut ended
                && Pin::new(ended).poll(cx).is_ready()
            {
                return Poll::Ready(None);
            }
            stream.as_mut().poll_next(cx).map(Some)
        });
        match next.await {
            Some(Some(item)) => send(Info::new(item)),
            Some(None) => break,
            None => return,
        }
    }
    if let Some(from) = try_self_pid() {
        send(Info::new(Closed { from }));
    }
}
