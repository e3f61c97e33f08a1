//! `CashMan.Supervisor`: starts the cache, and starts it again whenever it ends.

use beamish::prelude::*;

use crate::cache::Cache;

supervisor! {
    /// One worker.
    pub CashManSupervisor {
        name: "CashMan.Supervisor",
        strategy: one_for_one,
        children: [Cache::<i64>::start_link()],
    }
}
