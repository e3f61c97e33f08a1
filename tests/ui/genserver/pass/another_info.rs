//! A type of one's own that is called `Info` is a message as any other; Beamish's is any message, whatever it is
//! called.
#![deny(warnings)]
use beamish::Info as Other;
use beamish::prelude::*;

mod weather {
    #[derive(Debug)]
    pub struct Info(pub u8);

    #[derive(Debug)]
    pub struct OfA<T>(pub T);
}

use weather::OfA as Said;

#[derive(Debug, PartialEq)]
enum Heard {
    Weather(u8),
    Number(u64),
    Said(&'static str),
    Other,
}

#[genserver]
struct Listener<T> {
    heard: Vec<Heard>,
    last: Option<T>,
}

#[genserver]
impl<T: Send + 'static> Listener<T> {
    #[init]
    fn init() -> Self {
        Self { heard: Vec::new(), last: None }
    }

    #[handle_info]
    fn weather(&mut self, info: weather::Info) {
        self.heard.push(Heard::Weather(info.0));
    }

    #[handle_info]
    fn number(&mut self, number: u64) {
        self.heard.push(Heard::Number(number));
    }

    #[handle_info]
    async fn said(&mut self, said: Said<T>) {
        self.heard.push(Heard::Said("something"));
        self.last = Some(said.0);
    }

    #[handle_info]
    fn other(&mut self, _other: Other) {
        self.heard.push(Heard::Other);
    }

    #[handle_call]
    fn heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }
}

async fn received() -> String {
    use weather::Info;
    receive! {
        info: Info => format!("{info:?}"),
        number: u64 => format!("{number}"),
        _: Other => "other".to_owned(),
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = Listener::<u8>::start().await?;
    let pid = listener.pid().ok_or("no pid")?;
    send(pid, "text");
    send(pid, weather::Info(20));
    send(pid, 7_u64);
    send(pid, Said(1_u8));
    let heard = [Heard::Other, Heard::Weather(20), Heard::Number(7), Heard::Said("something")];
    assert_eq!(listener.heard().await?, heard);
    send(self_pid(), 7_u64);
    send(self_pid(), weather::Info(20));
    send(self_pid(), "text");
    for expected in ["7", "Info(20)", "other"] {
        assert_eq!(received().await, expected);
    }
    Ok(())
}
