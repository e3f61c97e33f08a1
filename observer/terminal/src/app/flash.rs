//! Crashes and restarts that are shown for a moment.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::api::Event;

/// How long a crash or a restart is shown in the tree.
pub(crate) const SHOWN: Duration = Duration::from_secs(2);

/// What happened to a process a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flash {
    Crashed,
    /// After a crash, which goes on being shown.
    Recovered,
    /// After an end that was no crash.
    Restarted,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    Pid(String),
    Child(String, String),
}

/// The places in the tree that crashed or were restarted, and until when it is shown.
#[derive(Debug, Default)]
pub(crate) struct Flashes {
    places: HashMap<Place, (Flash, Instant)>,
}

impl Flashes {
    /// Takes note of a crash or a restart.
    pub(crate) fn note(&mut self, event: &Event, now: Instant) {
        self.places.retain(|_, (_, until)| *until > now);
        let child = match (&event.supervisor, &event.child) {
            (Some(supervisor), Some(id)) => Some(Place::Child(supervisor.clone(), id.clone())),
            _ => None,
        };
        let pid = event.pid.clone().map(Place::Pid);
        match event.kind.as_str() {
            "crash" => {
                let entry = (Flash::Crashed, now + SHOWN);
                self.places
                    .extend(pid.into_iter().chain(child).map(|place| (place, entry)));
            }
            "restart" => {
                let known = |place: &Place| self.places.get(place).copied();
                let crash = pid
                    .as_ref()
                    .and_then(known)
                    .or_else(|| child.as_ref().and_then(known));
                let entry = match crash {
                    Some((Flash::Crashed | Flash::Recovered, until)) => (Flash::Recovered, until),
                    Some((Flash::Restarted, _)) | None => (Flash::Restarted, now + SHOWN),
                };
                let new = event.new_pid.clone().map(Place::Pid);
                self.places
                    .extend(new.into_iter().chain(child).map(|place| (place, entry)));
            }
            _ => {}
        }
    }

    /// What is shown of a process, or of the child that it is.
    pub(crate) fn of(
        &self,
        pid: Option<&str>,
        child: Option<(&str, &str)>,
        now: Instant,
    ) -> Option<Flash> {
        if self.places.is_empty() {
            return None;
        }
        let pid = pid.map(|pid| Place::Pid(pid.to_owned()));
        let child =
            child.map(|(supervisor, id)| Place::Child(supervisor.to_owned(), id.to_owned()));
        let mut shown = pid
            .iter()
            .chain(&child)
            .filter_map(|place| self.places.get(place));
        shown
            .find(|(_, until)| *until > now)
            .map(|(flash, _)| *flash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, pid: &str, new_pid: Option<&str>, child: Option<&str>) -> Event {
        Event {
            kind: kind.to_owned(),
            pid: Some(pid.to_owned()),
            new_pid: new_pid.map(str::to_owned),
            supervisor: child.map(|_| "1".to_owned()),
            child: child.map(str::to_owned),
            ..Event::default()
        }
    }

    #[test]
    fn a_crash_is_shown_for_two_seconds_and_its_restart_until_then() {
        let start = Instant::now();
        let mut flashes = Flashes::default();
        flashes.note(&event("crash", "4", None, None), start);
        assert_eq!(flashes.of(Some("4"), None, start), Some(Flash::Crashed));
        let later = start + Duration::from_secs(1);
        flashes.note(&event("restart", "4", Some("6"), Some("a")), later);
        assert_eq!(flashes.of(Some("6"), None, later), Some(Flash::Recovered));
        assert_eq!(
            flashes.of(Some("9"), Some(("1", "a")), later),
            Some(Flash::Recovered)
        );
        assert_eq!(flashes.of(Some("9"), Some(("1", "b")), later), None);
        assert_eq!(flashes.of(Some("6"), None, start + SHOWN), None);
    }

    #[test]
    fn a_child_that_crashed_is_found_by_its_id() {
        let now = Instant::now();
        let mut flashes = Flashes::default();
        flashes.note(&event("crash", "4", None, Some("a")), now);
        assert_eq!(
            flashes.of(None, Some(("1", "a")), now),
            Some(Flash::Crashed)
        );
    }

    #[test]
    fn a_restart_after_another_end_is_shown_too() {
        let start = Instant::now();
        let mut flashes = Flashes::default();
        flashes.note(&event("exit", "4", None, Some("a")), start);
        assert_eq!(flashes.of(Some("4"), Some(("1", "a")), start), None);
        flashes.note(&event("restart", "4", Some("6"), Some("a")), start);
        assert_eq!(flashes.of(Some("6"), None, start), Some(Flash::Restarted));
        assert_eq!(flashes.of(Some("6"), None, start + SHOWN), None);
    }
}
