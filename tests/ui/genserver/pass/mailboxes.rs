//! What a cast returns is decided by the bound of the mailbox.
#![deny(warnings)]
use beamish::prelude::*;
use beamish::{Bound, Cast, Full, GenServer, OnFull};

const CAPACITY: usize = 8;

macro_rules! server {
    ($server:ident, $($mailbox:tt)*) => {
        #[genserver]
        struct $server<K: Send + 'static, const N: usize>(Vec<K>);

        #[genserver(mailbox = $($mailbox)*)]
        impl<K: Send + 'static, const N: usize> $server<K, N> {
            #[init]
            fn init() -> Self {
                Self(Vec::new())
            }

            #[handle_cast]
            fn put(&mut self, key: K) {
                self.0.push(key);
            }

            #[handle_call]
            fn len(&self) -> usize {
                self.0.len()
            }
        }
    };
}

server!(Unbounded, unbounded);
server!(Waits, bounded(CAPACITY * 2, on_full = wait));
server!(Refuses, bounded(N, on_full = refuse,));
server!(DropsOldest, bounded(1, on_full = drop_oldest));
server!(DropsNewest, bounded(1_024, on_full = drop_newest));

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let unbounded = Unbounded::<u8, 4>::start_link().await?;
    let () = unbounded.put(1);
    assert_eq!(<Unbounded<u8, 4> as GenServer>::MAILBOX, None);

    let waits = Waits::<u8, 4>::start_link().await?;
    let cast: Cast<'_, Waits<u8, 4>> = waits.put(1);
    cast.await;
    let bound = Bound::new(16, OnFull::Wait);
    assert_eq!(<Waits<u8, 4> as GenServer>::MAILBOX, Some(bound));

    let refuses = Refuses::<u8, 4>::start_link().await?;
    let sent: Result<(), Full<RefusesMessage<u8, 4>>> = refuses.put(1);
    sent?;
    let bound = Bound::new(4, OnFull::Refuse);
    assert_eq!(<Refuses<u8, 4> as GenServer>::MAILBOX, Some(bound));

    let oldest = DropsOldest::<u8, 4>::start_link().await?;
    let () = oldest.put(1);
    let newest = DropsNewest::<u8, 4>::start_link().await?;
    let () = newest.put(1);

    let lengths = (
        unbounded.len().await?,
        waits.len().await?,
        refuses.len().await?,
        newest.len().await?,
    );
    assert_eq!(lengths, (1, 1, 1, 1));
    Ok(())
}
