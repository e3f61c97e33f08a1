//! `debug` shows the state, or the messages, of servers of all forms; without it nothing need be `Debug`.
#![deny(warnings)]
use std::fmt::Debug;

use beamish::prelude::*;
use beamish::sys::{self, Event};
use beamish::{GenServer, ServerOptions};

#[genserver(debug)]
#[derive(Debug)]
enum Door<T: Debug> {
    Open(T),
    Shut,
}

#[genserver(debug)]
impl<T: Debug + Send + 'static> Door<T> {
    #[init]
    fn init(by: T) -> Self {
        Self::Open(by)
    }

    #[handle_cast]
    fn shut(&mut self) {
        *self = Self::Shut;
    }

    #[handle_cast]
    fn open(&mut self, by: T) {
        *self = Self::Open(by);
    }
}

struct Secret;

#[genserver(debug = false)]
struct Safe(Secret);

#[genserver(debug, message(derive(Debug, Clone)))]
impl Safe {
    #[init]
    fn init() -> Self {
        Self(Secret)
    }

    #[handle_cast]
    fn close(&mut self, #[into] key: String) {
        let Secret = self.0;
        drop(key);
    }
}

#[genserver]
struct Plain(Secret);

#[genserver]
impl Plain {
    #[init]
    fn init() -> Self {
        Self(Secret)
    }

    #[handle_cast]
    fn keep(&mut self, secret: Secret) {
        self.0 = secret;
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let door = Door::start_link("me").await?;
    sys::log(&door, 1_000).await?;
    door.shut();
    assert_eq!(sys::get_status(&door).await?.state.as_deref(), Some("Shut"));
    door.open("you");
    assert_eq!(sys::get_status(&door).await?.state.as_deref(), Some("Open(\"you\")"));
    let log: Vec<_> = sys::get_log(&door).await?.iter().map(Event::to_string).collect();
    assert_eq!(log[0], "got cast Shut");
    assert_eq!(log[2], "got cast Open { by: \"you\" }");

    let safe = Safe::start_link().await?;
    sys::log(&safe, 1_000).await?;
    safe.close("abc");
    assert_eq!(sys::get_status(&safe).await?.state, None);
    assert_eq!(sys::get_log(&safe).await?[0].to_string(), "got cast Close { key: \"abc\" }");

    assert!(Plain::DEBUG.is_none() && Plain::DEBUG_MESSAGE.is_none());
    Plain::start_link().await?.keep(Secret);
    Ok(())
}
