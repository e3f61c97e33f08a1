//! Who is linked to whom and who monitors whom, seen from one process, and what else not every process has.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Sleep;

use crate::few::Few;
use crate::process::control::{Deathwatch, ProcessRef};
use crate::process::table;
use crate::{Address, Alias, Down, ExitReason, Info, MonitorRef, Name, Pid, TimerRef, ViaName};

/// Allocated when first used.
#[derive(Default)]
pub(crate) struct Relations {
    /// Symmetric: each partner has this process among its own (`LNK-1`). Without the parent: see `Signals`.
    pub(crate) links: Few<Pid, ()>,
    /// What this process monitors. Its own entry decides whether a `Down` may still arrive (`MON-3`).
    pub(crate) monitors: Few<MonitorRef, Pid>,
    /// Who monitors this process.
    pub(crate) watchers: Few<MonitorRef, Watcher>,
    /// Timers that would send to this process (`TIM-2`).
    pub(crate) timers: Few<TimerRef, ()>,
    /// Its local name. In a box, since that keeps all this small.
    pub(crate) name: Option<Box<Name>>,
    /// The timer that this process's waits share (decision A24).
    pub(crate) timer: Option<Pin<Box<Sleep>>>,
    rare: Option<Box<Rare>>,
}

/// What few processes have.
#[derive(Default)]
pub(crate) struct Rare {
    /// The reason with which it is to end, if that is not told by one byte: see `Signals`.
    pending: Option<ExitReason>,
    pub(crate) aliases: BTreeMap<Alias, AliasEnd>,
    /// What makes the message of a monitor that was given a tag.
    pub(crate) tags: BTreeMap<MonitorRef, Tag>,
    pub(crate) global_names: Vec<Name>,
    pub(crate) via_names: Vec<ViaName>,
    /// What it said of itself.
    pub(crate) label: Option<Box<str>>,
    /// The last state of a server that shows it, for the report of its crash.
    pub(crate) last_state: Option<String>,
}

pub(crate) type Tag = Box<dyn FnOnce(Down) -> Info + Send>;

/// What ends an alias besides `unalias` (`MON-5`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AliasEnd {
    Unalias,
    FirstMessage,
    Demonitor,
    FirstMessageOrDemonitor,
}

impl AliasEnd {
    pub(crate) const fn at_first_message(self) -> bool {
        matches!(self, Self::FirstMessage | Self::FirstMessageOrDemonitor)
    }

    /// Also at a `Down`, which ends the monitor.
    const fn at_demonitor(self) -> bool {
        matches!(self, Self::Demonitor | Self::FirstMessageOrDemonitor)
    }
}

pub(crate) enum Watcher {
    /// A process, and the address under which it monitors this one, if that is not the pid.
    ///
    /// It is held, so that a death need not look it up. Entries go with the monitor, which ends with the watcher, or
    /// with the death of this process: two that monitor each other hold each other no longer than both live.
    /// Of one that was abandoned just as it began to monitor, the entry may stay until this process ends.
    Process(ProcessRef, Option<Box<Address>>),
    /// A caller or starter that waits for an answer.
    Waiter(Arc<dyn Deathwatch>),
}

/// What a process has itself.
pub(crate) struct Own {
    pub(crate) links: Few<Pid, ()>,
    pub(crate) monitors: Few<MonitorRef, Pid>,
    pub(crate) timers: Few<TimerRef, ()>,
    pub(crate) name: Option<Box<Name>>,
    pub(crate) rare: Option<Box<Rare>>,
}

/// A monitor that was on.
pub(crate) struct Off {
    /// Whom it watched.
    pub(crate) target: Pid,
    pub(crate) tag: Option<Tag>,
}

impl Relations {
    /// Takes out all but those who watch this process, if there is anything.
    pub(crate) fn take_own(&mut self) -> Option<Own> {
        let has_own = !(self.links.is_empty()
            && self.monitors.is_empty()
            && self.timers.is_empty()
            && self.name.is_none()
            && self.rare.is_none());
        has_own.then(|| Own {
            links: std::mem::take(&mut self.links),
            monitors: std::mem::take(&mut self.monitors),
            timers: std::mem::take(&mut self.timers),
            name: self.name.take(),
            rare: self.rare.take(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
            && self.monitors.is_empty()
            && self.watchers.is_empty()
            && self.timers.is_empty()
            && self.name.is_none()
            && self.timer.is_none()
            && self.rare.is_none()
    }

    pub(crate) fn label(&self) -> Option<&str> {
        self.rare.as_ref()?.label.as_deref()
    }

    pub(crate) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// The reason with which the process is to end, of those that are kept here.
    pub(crate) fn pending(&self) -> Option<&ExitReason> {
        self.rare.as_ref()?.pending.as_ref()
    }

    pub(crate) fn set_pending(&mut self, reason: ExitReason) {
        self.rare().pending = Some(reason);
    }

    pub(crate) fn take_pending(&mut self) -> Option<ExitReason> {
        self.rare.as_mut()?.pending.take()
    }

    /// Ends a monitor of this process, if it is on, and its alias where that ends with it.
    pub(crate) fn end_monitor(&mut self, mref: MonitorRef) -> Option<Off> {
        let target = self.monitors.remove(&mref);
        let alias = Alias::from(mref);
        let mut tag = None;
        if let Some(rare) = &mut self.rare {
            tag = rare.tags.remove(&mref);
            if rare
                .aliases
                .get(&alias)
                .is_some_and(|end| end.at_demonitor())
            {
                rare.aliases.remove(&alias);
                table::remove_alias(alias);
            }
        }
        target.map(|target| Off { target, tag })
    }

    /// Switches an alias off. Returns whether it was active.
    pub(crate) fn end_alias(&mut self, alias: Alias) -> Option<AliasEnd> {
        let end = self.rare.as_mut()?.aliases.remove(&alias)?;
        table::remove_alias(alias);
        Some(end)
    }

    pub(crate) fn alias(&self, alias: Alias) -> Option<AliasEnd> {
        self.rare.as_ref()?.aliases.get(&alias).copied()
    }

    pub(crate) fn watching_processes(&self) -> Vec<Pid> {
        let pids = self
            .watchers
            .iter()
            .filter_map(|(_, watcher)| match watcher {
                Watcher::Process(watcher, _) => Some(watcher.head().pid),
                Watcher::Waiter(_) => None,
            });
        pids.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Weak};

    use super::*;
    use crate::process::{alive, kill, monitor, monitored, receive};
    use crate::{send, spawn};

    /// Two processes that monitor each other hold each other no longer than both live.
    #[tokio::test]
    async fn who_watches_is_not_held_beyond_its_end() {
        let watch = || {
            spawn(async {
                monitor(receive::<Pid>().await);
                std::future::pending::<()>().await;
            })
        };
        let (one, other) = (watch(), watch());
        let block = |pid| Arc::downgrade(&table::find(pid).unwrap());
        let (block_of_one, block_of_other): (Weak<_>, Weak<_>) = (block(one), block(other));
        send(one, other);
        send(other, one);
        let watchers = |pid| {
            let process = table::find(pid).unwrap();
            let signals = process.head().signals.lock();
            let relations = signals.relations.as_ref();
            relations.map_or(0, |relations| relations.watchers.len())
        };
        let all_have_run = || async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
        };
        all_have_run().await;
        assert_eq!((watchers(one), watchers(other)), (1, 1));
        kill(one);
        monitored(one).await;
        // Its task lets go of it after it has told of its end.
        all_have_run().await;
        assert_eq!((block_of_one.strong_count(), watchers(other)), (0, 0));
        assert!(alive(other));
        kill(other);
        monitored(other).await;
        all_have_run().await;
        assert_eq!(block_of_other.strong_count(), 0);
    }

    /// Every process with a monitor, or that is monitored, has them: what glibc's allocator keeps at hand without
    /// joining it to its neighbours is at most 120 bytes.
    #[test]
    fn they_are_small() {
        assert!(size_of::<Relations>() <= 120, "{}", size_of::<Relations>());
    }
}
