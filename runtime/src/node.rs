//! Nodes: what processes live in. A node has names of its own; pids are unique over all nodes.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;
use tokio::sync::Notify;

use crate::process::control::{ProcessRef, Signals, bits};
use crate::process::{context, death, table};
use crate::sync::{Mutex, MutexGuard};
use crate::{ExitReason, Name, Pid, RegisterError};

/// A world of processes and names of its own.
///
/// There is a default node. Each `#[beamish::test]` makes one for itself, so tests that use the same names run side by side.
/// Code lives in the node of its process; outside of processes in that of the [scope](Self::scope) around it, of its
/// runtime (where `#[beamish::main]` or `#[beamish::test]` made it), or in the default node.
///
/// Dropping a `Node` does nothing to its processes.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

#[derive(Default)]
struct Inner {
    names: Names,
    globals: Names,
    registered: Notify,
}

/// Who holds which name.
///
/// A name is looked up at each call by name, so the hash is a fast one. It is seeded anew in each program: names that a
/// stranger chose beforehand do not meet in one place.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<Name, ProcessRef, RandomState>>);

impl Names {
    /// The living holder of a name (`NAM-3`).
    pub(crate) fn holder(&self, name: &str) -> Option<ProcessRef> {
        let names = self.0.lock();
        names
            .get(name)
            .filter(|holder| !holder.head().has(bits::ENDED))
            .cloned()
    }

    /// How many are held, those included whose holders are about to give them up.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub(crate) fn all(&self) -> Vec<Name> {
        let names = self.0.lock();
        names
            .iter()
            .filter(|(_, holder)| !holder.head().has(bits::ENDED))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Enters a holder, unless a living one is there. Gives out the dead one that was.
    fn take(&self, name: Name, process: &ProcessRef) -> Result<Option<ProcessRef>, RegisterError> {
        let mut names = self.0.lock();
        if let Some(holder) = names.get(&name)
            && !holder.head().has(bits::ENDED)
        {
            return Err(RegisterError::Taken(name, holder.head().pid));
        }
        Ok(names.insert(name, Arc::clone(process)))
    }

    /// Frees a name if this process still holds it: another may have taken it over (`NAM-3`). Gives out the holder.
    pub(crate) fn release(&self, name: &str, pid: Pid) -> Option<ProcessRef> {
        let mut names = self.0.lock();
        let is_his = names.get(name).is_some_and(|held| held.head().pid == pid);
        if is_his { names.remove(name) } else { None }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self::new()
    }
}

impl Node {
    /// Makes a node without processes or names.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub(crate) fn default_node() -> &'static Self {
        static DEFAULT: LazyLock<Node> = LazyLock::new(Node::new);
        &DEFAULT
    }

    /// Runs a future in this node: the names it looks up are this node's, the processes it starts live here.
    ///
    /// For code outside of processes; that of a process stays in its own node.
    ///
    /// # Cancel safety
    /// As cancel safe as `future`.
    pub async fn scope<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|cx| {
            let before = context::set_thread_node(Some(self.clone()));
            let _restore = Restore(before);
            future.as_mut().poll(cx)
        })
        .await
    }

    /// Kills every process of this node and waits until all have ended, those too that they start meanwhile.
    ///
    /// A process that never awaits is waited for without limit.
    ///
    /// # Cancel safety
    /// Cancel safe: the processes are killed nevertheless.
    pub async fn shutdown(&self) {
        let this = context::self_pid();
        loop {
            let mut left = self.processes();
            left.retain(|process| Some(process.head().pid) != this);
            if left.is_empty() {
                return;
            }
            let ends: Vec<_> = left
                .iter()
                .map(|process| death::watch(&**process))
                .collect();
            for process in left {
                crate::process::exit_from(process.head().pid, &*process, ExitReason::Kill);
            }
            for end in ends {
                end.await;
            }
        }
    }

    pub(crate) fn processes(&self) -> Vec<ProcessRef> {
        let mut all = table::all();
        all.retain(|process| process.head().node == *self);
        all
    }

    /// The local names.
    pub(crate) fn names(&self) -> &Names {
        &self.0.names
    }

    /// The global names; of this node alone, until nodes can be connected.
    pub(crate) fn globals(&self) -> &Names {
        &self.0.globals
    }

    /// Gives a name to a process. The process's lock is held around the one of the names (rule 2 in `control.rs`), so
    /// that it cannot end in between.
    pub(crate) fn register(&self, name: Name, process: &ProcessRef) -> Result<(), RegisterError> {
        let mut signals = self.may_hold(&name, process)?;
        if let Some(own) = signals.name() {
            return Err(RegisterError::HasName(own.clone()));
        }
        let replaced = self.0.names.take(name.clone(), process)?;
        signals.relations().name = Some(Box::new(name));
        drop(signals);
        drop(replaced);
        self.0.registered.notify_waiters();
        Ok(())
    }

    /// Gives a global name to a process, as [`register`](Self::register) does a local one; it may have several.
    pub(crate) fn register_global(
        &self,
        name: Name,
        process: &ProcessRef,
    ) -> Result<(), RegisterError> {
        let mut signals = self.may_hold(&name, process)?;
        let replaced = self.0.globals.take(name.clone(), process)?;
        signals.relations().rare().global_names.push(name);
        drop(signals);
        drop(replaced);
        self.0.registered.notify_waiters();
        Ok(())
    }

    fn may_hold<'a>(
        &self,
        name: &Name,
        process: &'a ProcessRef,
    ) -> Result<MutexGuard<'a, Signals>, RegisterError> {
        if name.is_reserved() {
            return Err(RegisterError::Reserved(name.clone()));
        }
        let head = process.head();
        let signals = head.signals.lock();
        if head.node != *self || signals.is_over() {
            return Err(RegisterError::NoProc(head.pid));
        }
        Ok(signals)
    }

    /// The next registration of a name, counted from this call.
    pub(crate) fn registration(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut notified = Box::pin(self.0.registered.notified());
        notified.as_mut().enable();
        notified
    }

    /// Takes a name from its living holder.
    pub(crate) fn unregister(&self, name: &str) -> bool {
        self.names().holder(name).is_some_and(|holder| {
            let mut signals = holder.head().signals.lock();
            let freed = self.0.names.release(name, holder.head().pid);
            if freed.is_some() {
                signals.relations().name = None;
            }
            drop(signals);
            freed.is_some()
        })
    }

    /// Takes a global name from its living holder.
    pub(crate) fn unregister_global(&self, name: &str) -> bool {
        self.globals().holder(name).is_some_and(|holder| {
            let mut signals = holder.head().signals.lock();
            let freed = self.0.globals.release(name, holder.head().pid);
            if freed.is_some() {
                let names = &mut signals.relations().rare().global_names;
                names.retain(|held| held.as_str() != name);
            }
            drop(signals);
            freed.is_some()
        })
    }
}

struct Restore(Option<Node>);

impl Drop for Restore {
    fn drop(&mut self) {
        context::set_thread_node(self.0.take());
    }
}

/// The node in which the calling code lives.
#[must_use]
pub fn current() -> Node {
    context::node()
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Node {}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("names", &self.names().all())
            .finish_non_exhaustive()
    }
}
