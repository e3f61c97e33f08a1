//! Which process took whose place: what is known of restarts since the observer began.

use std::collections::{BTreeMap, HashMap, VecDeque};

use beamish::Pid;

/// So many restarted processes are known at most; the oldest are forgotten first.
const MAX_KNOWN: usize = 20_000;

/// So many children of so many supervisors are counted by themselves; those over it together.
const MAX_COUNTED: usize = 1_000;

/// A process that was started again in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Incarnation {
    pub(crate) before: Option<Pid>,
    pub(crate) supervisor: Pid,
    pub(crate) child: String,
    /// How often its place was filled again.
    pub(crate) restarts: u64,
    /// Unix milliseconds.
    pub(crate) last_restart_at: u64,
}

/// A restart, as it is noted.
#[derive(Clone, Debug)]
pub(crate) struct Restart {
    pub(crate) at: u64,
    pub(crate) pid: Pid,
    pub(crate) before: Option<Pid>,
    pub(crate) supervisor: Pid,
    pub(crate) child: String,
}

/// A supervisor, by the name that it keeps over restarts, and its child.
pub(crate) type Counted = (String, String);

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    by_pid: HashMap<Pid, Incarnation>,
    replaced_by: HashMap<Pid, Pid>,
    oldest_first: VecDeque<Pid>,
    counts: BTreeMap<Counted, u64>,
}

impl Kin {
    /// Notes a restart by a supervisor that is called `supervisor`.
    pub(crate) fn restarted(&mut self, restart: Restart, supervisor: String) {
        let earlier = restart.before.and_then(|before| self.by_pid.get(&before));
        let restarts = earlier.map_or(1, |earlier| earlier.restarts + 1);
        let counted = (supervisor, restart.child.clone());
        let counted = if self.counts.len() < MAX_COUNTED || self.counts.contains_key(&counted) {
            counted
        } else {
            ("(others)".to_owned(), String::new())
        };
        *self.counts.entry(counted).or_default() += 1;
        if let Some(before) = restart.before {
            self.replaced_by.insert(before, restart.pid);
        }
        let incarnation = Incarnation {
            before: restart.before,
            supervisor: restart.supervisor,
            child: restart.child,
            restarts,
            last_restart_at: restart.at,
        };
        self.by_pid.insert(restart.pid, incarnation);
        self.oldest_first.push_back(restart.pid);
        while self.oldest_first.len() > MAX_KNOWN {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.oldest_first.pop_front();
        if let Some(forgotten) = oldest.and_then(|pid| self.by_pid.remove(&pid))
            && let Some(before) = forgotten.before
        {
            self.replaced_by.remove(&before);
        }
    }

    pub(crate) fn get(&self, pid: Pid) -> Option<&Incarnation> {
        self.by_pid.get(&pid)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Pid, &Incarnation)> {
        self.by_pid.iter().map(|(pid, known)| (*pid, known))
    }

    pub(crate) fn all_restarts(&self) -> impl Iterator<Item = (Pid, u64)> {
        self.by_pid
            .iter()
            .map(|(pid, known)| (*pid, known.restarts))
    }

    /// The process that has the place of this one now: of the newest incarnation.
    pub(crate) fn heir(&self, pid: Pid) -> Option<Pid> {
        let next = |pid: &Pid| self.replaced_by.get(pid).copied();
        std::iter::successors(next(&pid), next)
            .take(MAX_KNOWN)
            .last()
    }

    /// A process and those whose place it has, newest first.
    pub(crate) fn line(&self, pid: Pid) -> impl Iterator<Item = Pid> {
        let before = |pid: &Pid| self.by_pid.get(pid)?.before;
        std::iter::successors(Some(pid), before).take(MAX_KNOWN)
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = (&Counted, u64)> {
        self.counts.iter().map(|(counted, count)| (counted, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::pid;

    fn restart(kin: &mut Kin, before: u64, new: u64) {
        let restart = Restart {
            at: new,
            pid: pid(new),
            before: Some(pid(before)),
            supervisor: pid(1),
            child: "Cache".to_owned(),
        };
        kin.restarted(restart, "Tree".to_owned());
    }

    #[test]
    fn a_place_is_followed_through_its_restarts() {
        let mut kin = Kin::default();
        restart(&mut kin, 4, 6);
        restart(&mut kin, 6, 8);
        assert_eq!(kin.get(pid(8)).unwrap().restarts, 2);
        assert!(kin.get(pid(4)).is_none());
        assert_eq!((kin.heir(pid(4)), kin.heir(pid(8))), (Some(pid(8)), None));
        assert_eq!(
            kin.line(pid(8)).collect::<Vec<_>>(),
            [pid(8), pid(6), pid(4)]
        );
        let counts: Vec<_> = kin.counts().collect();
        assert_eq!(counts, [(&("Tree".to_owned(), "Cache".to_owned()), 2)]);
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut kin = Kin::default();
        for number in 0..(MAX_KNOWN as u64 + 10) {
            restart(&mut kin, 2 * number + 10, 2 * number + 11);
        }
        assert_eq!(
            (kin.by_pid.len(), kin.replaced_by.len()),
            (MAX_KNOWN, MAX_KNOWN)
        );
    }
}
