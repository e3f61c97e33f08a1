//! What the rules of `docs/semantics.md` promise, one test a guarantee. The name of a test ends with the rule that it
//! shows, or says so in its doc line.

#![allow(unreachable_pub, reason = "the modules of one test program")]

mod applications;
mod batches;
mod begun_starts;
mod calls;
mod entry;
mod exits;
mod forwarding;
mod links;
#[path = "../shared/listening.rs"]
mod listening;
mod mailboxes;
mod monitors;
mod names;
mod observe;
mod plain_trait;
mod regressions;
mod servers;
mod signals;
mod starts;
mod supervisor_api;
mod supervisor_restarts;
mod supervisor_stops;
mod tasks;
mod tasks_blocking;
mod timers;
