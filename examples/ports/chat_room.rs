//! A chat room: what one member says the others hear, and who comes and goes.

use std::collections::BTreeMap;

use beamish::TaggedDown;
use beamish::prelude::*;
use beamish::process::MonitorOptions;

/// Its state is the members and their processes.
#[genserver(name = "Room")]
pub struct Room(BTreeMap<String, Pid>);

/// What a member's process is sent.
#[derive(Debug, PartialEq)]
pub struct Line(pub String);

/// There is a member of that name.
#[derive(Debug, PartialEq)]
pub struct AlreadyRegistered;

#[genserver]
impl Room {
    #[init]
    fn init() -> Self {
        Self(BTreeMap::new())
    }

    #[handle_call]
    pub fn register(&mut self, #[into] name: String, member: Pid) -> Result<(), AlreadyRegistered> {
        if self.0.contains_key(&name) {
            return Err(AlreadyRegistered);
        }
        self.tell(&name, &format!("* {name} has joined"));
        let present: Vec<_> = self.0.keys().map(String::as_str).collect();
        send(member, Line(format!("* In room: {}", present.join(","))));
        process::monitor_with(member, MonitorOptions::new().tag(name.clone()));
        self.0.insert(name, member);
        Ok(())
    }

    #[handle_call]
    pub fn broadcast(&self, #[into] name: String, #[into] message: String) {
        self.tell(&name, &format!("[{name}] {message}"));
    }

    #[handle_info]
    fn goodbye(&mut self, TaggedDown { tag: name, .. }: TaggedDown<String>) {
        self.0.remove(&name);
        self.tell(&name, &format!("* {name} disconnected"));
    }

    fn tell(&self, except: &str, line: &str) {
        for (_, member) in self.0.iter().filter(|(name, _)| *name != except) {
            send(*member, Line(line.to_owned()));
        }
    }
}
