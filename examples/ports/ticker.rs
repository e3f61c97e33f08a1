//! A ticker: a process without a server, which tells its clients the time.

use std::time::Duration;

use beamish::prelude::*;
use beamish::{NoProc, RegisterError, global};

/// What the clients are sent.
#[derive(Debug, PartialEq)]
pub struct Tick;

struct Register {
    client: Pid,
}

const NAME: &str = "ticker";

pub fn start(interval: Duration) -> Result<(), RegisterError> {
    global::register_name(NAME, spawn(generator(interval)))
}

pub fn register(client: Pid) -> Result<(), NoProc> {
    global::send(NAME, Register { client })
}

async fn generator(interval: Duration) {
    let mut clients = Vec::new();
    loop {
        receive! {
            Register { client } => clients.push(client),
            after (interval) => clients.iter().for_each(|client| send(*client, Tick)),
        }
    }
}
