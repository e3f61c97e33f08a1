//! Aliases: addresses of a process that can be switched off.
//!
//! 1. An alias is active while it stands among the relations of its owner. Whoever sends to it looks there under the lock of
//!    the owner's signals and delivers under the same lock: after `unalias` has returned nothing more arrives.
//! 2. The table of aliases says who the owner is, no more.

use crate::process::control::{Process, settle};
use crate::process::relations::{AliasEnd, Relations};
use crate::process::{death, table, this};
use crate::{Alias, Info, Pid};

/// When the alias of a monitor ends, besides by [`unalias`] (`MON-5`).
///
/// # OTP
/// The option `alias` of `monitor/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasMode {
    /// Never: it survives the [`Down`](crate::Down) and the [`demonitor`](super::demonitor).
    ExplicitUnalias,
    /// With the monitor.
    Demonitor,
    /// With its first message, and then the monitor ends too; or with the monitor.
    ReplyDemonitor,
}

impl From<AliasMode> for AliasEnd {
    fn from(mode: AliasMode) -> Self {
        match mode {
            AliasMode::ExplicitUnalias => Self::Unalias,
            AliasMode::Demonitor => Self::Demonitor,
            AliasMode::ReplyDemonitor => Self::FirstMessageOrDemonitor,
        }
    }
}

/// Makes an alias of the running process, active until [`unalias`].
///
/// ```
/// # use beamish_runtime::{process, send, Alias};
/// # async fn ask(_server: beamish_runtime::Pid, _reply_to: Alias) {}
/// # async fn f(server: beamish_runtime::Pid) {
/// let reply_to = process::alias();
/// ask(server, reply_to).await; // the server answers with `send(reply_to, …)`
/// process::unalias(reply_to); // from here on a late answer vanishes
/// # }
/// ```
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `alias/0`.
#[must_use]
#[track_caller]
pub fn alias() -> Alias {
    make(&*this("alias"), AliasEnd::Unalias)
}

/// Makes an alias of the running process that ends with the first message to it.
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `alias([reply])`.
#[must_use]
#[track_caller]
pub fn reply_alias() -> Alias {
    make(&*this("reply_alias"), AliasEnd::FirstMessage)
}

/// Switches an alias of the running process off. Returns whether it was active; another's is not touched.
///
/// What was sent before is in the mailbox and stays there; what is sent from now on vanishes (`MON-6`). The monitor that the
/// alias may belong to stays.
///
/// # Panics
/// If the calling code is no process.
///
/// # OTP
/// `unalias/1`.
#[track_caller]
pub fn unalias(alias: impl Into<Alias>) -> bool {
    let own = this("unalias");
    let mut signals = own.head().signals.lock();
    signals
        .relations
        .as_mut()
        .is_some_and(|relations| relations.end_alias(alias.into()).is_some())
}

fn make(own: &dyn Process, end: AliasEnd) -> Alias {
    let alias = Alias::next();
    let head = own.head();
    let mut signals = head.signals.lock();
    if !signals.ended {
        enter(signals.relations(), head.pid, alias, end);
    }
    alias
}

pub(crate) fn enter(relations: &mut Relations, own: Pid, alias: Alias, end: AliasEnd) {
    relations.rare().aliases.insert(alias, end);
    table::insert_alias(alias, own);
}

/// Sends a message to whoever has the alias, if it is active (rule 1).
pub(crate) fn deliver(alias: Alias, info: Info) {
    let Some(owner) = table::alias_owner(alias).and_then(table::find) else {
        return crate::panics::drop_quietly(info);
    };
    let mut signals = owner.head().signals.lock();
    let end = match &signals.relations {
        Some(relations) if !signals.is_over() => relations.alias(alias),
        _ => None,
    };
    let mut off = None;
    if let (Some(end), Some(relations)) = (end, &mut signals.relations)
        && end.at_first_message()
    {
        relations.end_alias(alias);
        if end == AliasEnd::FirstMessageOrDemonitor {
            off = relations.end_monitor(alias.monitor());
        }
    }
    let pushed = match end {
        Some(_) => owner.push(info),
        None => Err(info),
    };
    drop(signals);
    if let Some(off) = off {
        death::forget_watcher(off.target, alias.monitor());
        crate::panics::drop_quietly(off.tag);
    }
    settle(&*owner, pushed);
}
