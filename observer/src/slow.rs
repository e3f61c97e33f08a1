//! Servers that are in one callback for long. No clock runs in them: a server that two sweeps find busy, and that has taken up
//! no message in between, was in the same callback all the time.

use std::collections::HashMap;

use beamish::Pid;
use tokio::time::{Duration, Instant};

use crate::events::{Event, Kind};
use crate::source::{Row, Status};
use crate::text::{Id, now_ms, short_line, short_type};

/// A callback that takes so long is told of, once.
pub(crate) const LONG: Duration = Duration::from_secs(1);

/// The servers that the last sweep found busy.
#[derive(Debug, Default)]
pub(crate) struct Slow(HashMap<Pid, Busy>);

#[derive(Clone, Copy, Debug)]
struct Busy {
    handled: u64,
    since: Instant,
    is_told: bool,
}

/// A sweep that is being made.
#[derive(Debug)]
pub(crate) struct Sweep {
    before: HashMap<Pid, Busy>,
    now: HashMap<Pid, Busy>,
    at: Instant,
    found: Vec<Event>,
}

impl Slow {
    pub(crate) fn begin(&mut self, at: Instant) -> Sweep {
        Sweep {
            before: std::mem::take(&mut self.0),
            now: HashMap::new(),
            at,
            found: Vec::new(),
        }
    }

    /// Gives what is to be told.
    pub(crate) fn end(&mut self, sweep: Sweep) -> Vec<Event> {
        self.0 = sweep.now;
        sweep.found
    }
}

impl Sweep {
    pub(crate) fn see(&mut self, row: &Row) {
        if row.status != Status::Busy {
            return;
        }
        let fresh = Busy {
            handled: row.handled,
            since: self.at,
            is_told: false,
        };
        let known = self.before.get(&row.pid).copied();
        let mut busy = known
            .filter(|busy| busy.handled == row.handled)
            .unwrap_or(fresh);
        let time = self.at.saturating_duration_since(busy.since);
        if time >= LONG && !busy.is_told {
            busy.is_told = true;
            self.found.push(told(row, time));
        }
        self.now.insert(row.pid, busy);
    }
}

fn told(row: &Row, time: Duration) -> Event {
    let name = row.name.as_ref().map(short_line);
    let type_name = short_line(&short_type(row.type_name));
    let who = match &name {
        Some(name) => name.clone(),
        None => format!("{type_name} {}", row.pid),
    };
    let message = format!(
        "{who} is in one callback since at least {:.1} s",
        time.as_secs_f64()
    );
    Event {
        pid: Some(Id(row.pid)),
        name,
        type_name: Some(type_name),
        ..Event::new(now_ms(), Kind::Slow, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::row;

    fn sweep(slow: &mut Slow, at: Instant, rows: &[(u64, Status, u64)]) -> Vec<Option<Pid>> {
        let mut sweep = slow.begin(at);
        for (number, status, handled) in rows {
            sweep.see(&Row {
                status: *status,
                handled: *handled,
                ..row(*number, None)
            });
        }
        let found = slow.end(sweep);
        found
            .iter()
            .map(|event| event.pid.map(|pid| pid.0))
            .collect()
    }

    #[test]
    fn a_server_is_told_once_when_it_takes_up_no_message_for_long() {
        let (mut slow, start) = (Slow::default(), Instant::now());
        let busy = |handled| [(1, Status::Busy, 7), (2, Status::Busy, handled)];
        let first = Some(row(1, None).pid);
        assert!(sweep(&mut slow, start, &busy(1)).is_empty());
        assert!(sweep(&mut slow, start + LONG / 2, &busy(2)).is_empty());
        assert_eq!(sweep(&mut slow, start + LONG, &busy(3)), [first]);
        assert!(sweep(&mut slow, start + LONG * 2, &busy(4)).is_empty());
        // It waited for a message in between, or took up another.
        assert!(sweep(&mut slow, start + LONG * 3, &[(1, Status::Idle, 7)]).is_empty());
        assert!(sweep(&mut slow, start + LONG * 4, &[(1, Status::Busy, 7)]).is_empty());
        assert_eq!(
            sweep(&mut slow, start + LONG * 5, &[(1, Status::Busy, 7)]),
            [first]
        );
    }
}
