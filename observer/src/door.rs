//! The socket that an observer listens on, closed before anyone hears of the observer's end.
//!
//! The server's state owns the door, and a process dies in this order: its state is dropped, then its links are told. So
//! whoever restarts it finds the port free, whatever the process that accepts connections is doing at that moment: it has the
//! socket only while it looks for a connection, under the lock.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How much the system keeps for a client that does not read, in bytes.
const SEND_BUFFER: u32 = 128 * 1024;

/// How many connections the system keeps that were not accepted yet.
const BACKLOG: u32 = 1_024;

/// Owned by the server: dropped, the port is free.
#[derive(Debug)]
pub(crate) struct Door(Entrance);

/// Where connections come in, as long as the door is open.
#[derive(Clone, Debug)]
pub(crate) struct Entrance(Arc<Mutex<Option<TcpListener>>>);

impl Door {
    /// Listens on `address`.
    pub(crate) fn open(address: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // So that connections of an earlier life do not keep the port. On Windows it would share the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let entrance = Entrance(Arc::new(Mutex::new(Some(listener))));
        Ok((Self(entrance), address))
    }

    pub(crate) fn entrance(&self) -> Entrance {
        self.0.clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        drop(self.0.lock().take());
    }
}

impl Entrance {
    fn lock(&self) -> MutexGuard<'_, Option<TcpListener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next connection; `None` once the door is closed.
    pub(crate) async fn accept(&self) -> Option<io::Result<TcpStream>> {
        poll_fn(|cx| match &*self.lock() {
            Some(listener) => listener
                .poll_accept(cx)
                .map(|accepted| Some(accepted.map(|(stream, _)| stream))),
            None => Poll::Ready(None),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_door_frees_the_port_though_someone_waits_at_it() {
        let (door, address) = Door::open("127.0.0.1:0".parse().unwrap()).unwrap();
        let entrance = door.entrance();
        assert!(Door::open(address).is_err());
        drop(door);
        let (_door, again) = Door::open(address).unwrap();
        assert_eq!(again, address);
        assert!(entrance.accept().await.is_none());
    }
}
