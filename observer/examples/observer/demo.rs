//! What there is to see besides `CashMan`.

use std::collections::BTreeMap;
use std::time::Duration;

use beamish::prelude::*;
use beamish_observer::Observer;

use crate::{Options, cache};

supervisor! {
    /// The observer, and what it is to show.
    pub Demo(options: Options) {
        name: "Demo.Supervisor",
        strategy: one_for_one,
        max_restarts: 1_000, max_seconds: 60,
        children: [
            Ledger::start_link(),
            Traffic::start_link(),
            supervisor Shaky {
                strategy: rest_for_one,
                max_restarts: 1_000, max_seconds: 60,
                children: [
                    Unreliable::start_link(options.crashes) { id: "unreliable" },
                    Follower::start_link() { id: "follower" },
                ],
            },
            Quiet::start_link().name("<img src=x onerror=alert(1)>") { id: "<b>hostile</b>" },
            dynamic Idle { name: "Demo.Idle" },
            Observer::new().port(options.port).control(options.control).start_link(),
        ],
    }
}

/// How long a beat lasts.
#[derive(Clone)]
struct Beat;

/// Counts what the others tell it, and shows its state.
#[genserver(name = "Demo.Ledger", debug)]
#[derive(Debug)]
pub struct Ledger {
    amounts: BTreeMap<String, i64>,
}

#[genserver(debug)]
impl Ledger {
    #[init]
    fn init() -> Self {
        let amounts = BTreeMap::new();
        Self { amounts }
    }

    /// Adds to what is noted under `key`.
    #[handle_cast]
    fn add(&mut self, #[into] key: String, amount: i64) {
        *self.amounts.entry(key).or_default() += amount;
    }

    /// What is noted under `key`.
    #[handle_call]
    fn amount(&self, #[into] key: String) -> i64 {
        self.amounts.get(&key).copied().unwrap_or_default()
    }
}

/// Asks `CashMan` and the ledger twenty times a second.
#[genserver(name = "Demo.Traffic")]
pub struct Traffic {
    beats: u64,
}

#[genserver]
impl Traffic {
    #[init]
    fn init() -> Self {
        process::send_interval(self_pid(), Beat, Duration::from_millis(50));
        Self { beats: 0 }
    }

    #[handle_info]
    async fn beat(&mut self, _beat: Beat) {
        self.beats += 1;
        let key = format!("key {}", self.beats % 10);
        let ledger = LedgerRef::named();
        ledger.add(&*key, 1);
        // A cache or a ledger that is not there right now is a part of the show.
        drop(cache::fetch(&key, || 20_i64).await);
        drop(ledger.amount(key).await);
    }
}

/// Crashes every five seconds.
#[genserver]
pub struct Unreliable {
    crashes: bool,
}

#[genserver]
impl Unreliable {
    #[init]
    fn init(crashes: bool) -> Self {
        process::send_after(self_pid(), Beat, Duration::from_secs(5));
        Self { crashes }
    }

    #[handle_info]
    fn beat(&mut self, _beat: Beat) {
        assert!(!self.crashes, "I have failed you.");
    }
}

/// Is started again whenever the unreliable one is.
#[genserver]
pub struct Follower;

#[genserver]
impl Follower {
    #[init]
    fn init() -> Self {
        Self
    }
}

/// Does nothing.
#[genserver]
pub struct Quiet;

#[genserver]
impl Quiet {
    #[init]
    fn init() -> Self {
        process::set_label("<script>alert(2)</script>");
        Self
    }
}
