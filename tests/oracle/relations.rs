//! What workers and `main` do alike: link, monitor, trap exits, and tell what they received.

use beamish::{Address, Down, Exit, Info, MonitorRef, Pid, process};

use crate::reason;
use crate::scenario::{Name, Op};
use crate::trace::Event;
use crate::world::World;

/// The links and monitors that a process has made.
pub(crate) struct Relations {
    traps: bool,
    monitors: Vec<(Name, MonitorRef)>,
}

impl Relations {
    pub(crate) const fn new(traps: bool) -> Self {
        Self {
            traps,
            monitors: Vec::new(),
        }
    }

    /// Does an operation that ends nobody; returns the answer.
    pub(crate) fn perform(&mut self, world: &World, op: &Op) -> String {
        if let Op::Trap(on) = op {
            process::trap_exit(*on);
            self.traps = *on;
        }
        let Some(other) = op.other() else {
            return "ok".to_owned();
        };
        match world.latest(other) {
            Some(pid) => self.relate(op, other, pid).to_owned(),
            None => "absent".to_owned(),
        }
    }

    fn relate(&mut self, op: &Op, other: &Name, pid: Pid) -> &'static str {
        match op {
            // `link/1` may raise then, or send an exit signal (LNK-2): not to be compared.
            Op::Link(_) if !self.traps && !process::alive(pid) => return "dead",
            Op::Link(_) => process::link(pid),
            Op::Unlink(_) => process::unlink(pid),
            Op::Monitor(_) => self.monitors.push((other.clone(), process::monitor(pid))),
            Op::Demonitor(_) => self.demonitor(other),
            _ => {}
        }
        "ok"
    }

    /// Removes its newest monitor of a place.
    fn demonitor(&mut self, other: &Name) {
        if let Some(at) = self.monitors.iter().rposition(|(name, _)| name == other) {
            process::demonitor(self.monitors.remove(at).1);
        }
    }
}

/// A message of a burst.
pub(crate) struct Numbered {
    pub(crate) from: Pid,
    pub(crate) number: u32,
}

/// What a message says to the collector.
pub(crate) fn received(world: &World, who: &str, info: Info) -> Result<Event, Info> {
    let (from, what) = read(info)?;
    Ok(Event::Got {
        who: who.to_owned(),
        from: world.who(from),
        what,
    })
}

fn read(info: Info) -> Result<(Pid, String), Info> {
    let info = match info.downcast() {
        Ok(Numbered { from, number }) => return Ok((from, format!("message {number}"))),
        Err(info) => info,
    };
    let info = match info.downcast() {
        Ok(Exit { from, reason }) => return Ok((from, format!("exit {}", reason::text(&reason)))),
        Err(info) => info,
    };
    match info.downcast() {
        Ok(Down {
            from: Address::Pid(from),
            reason,
            ..
        }) => Ok((from, format!("down {}", reason::text(&reason)))),
        Ok(other) => Err(Info::new(other)),
        Err(info) => Err(info),
    }
}
