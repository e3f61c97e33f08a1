//! Who is linked to whom and who monitors whom, seen from one process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::process::control::Deathwatch;
use crate::{Address, MonitorRef, Pid, TimerRef};

/// Allocated when first used.
#[derive(Default)]
pub(crate) struct Relations {
    /// Symmetric: each partner has this process among its own (`LNK-1`).
    pub(crate) links: BTreeSet<Pid>,
    /// What this process monitors. Its own entry decides whether a `Down` may still arrive (`MON-3`).
    pub(crate) monitors: BTreeMap<MonitorRef, Pid>,
    /// Who monitors this process.
    pub(crate) watchers: BTreeMap<MonitorRef, Watcher>,
    /// Timers that would send to this process (`TIM-2`).
    pub(crate) timers: BTreeSet<TimerRef>,
}

pub(crate) enum Watcher {
    /// A process, and the address under which it monitors this one.
    Process(Pid, Address),
    /// A caller or starter that waits for an answer.
    Waiter(Arc<dyn Deathwatch>),
}

/// The links, monitors and timers that a process has itself.
pub(crate) type Own = (BTreeSet<Pid>, BTreeMap<MonitorRef, Pid>, BTreeSet<TimerRef>);

impl Relations {
    /// Takes out all but those who watch this process.
    pub(crate) fn take_own(&mut self) -> Own {
        (
            std::mem::take(&mut self.links),
            std::mem::take(&mut self.monitors),
            std::mem::take(&mut self.timers),
        )
    }

    pub(crate) fn watching_processes(&self) -> Vec<Pid> {
        let pids = self.watchers.values().filter_map(|watcher| match watcher {
            Watcher::Process(pid, _) => Some(*pid),
            Watcher::Waiter(_) => None,
        });
        pids.collect()
    }
}
