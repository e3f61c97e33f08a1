//! Resident bytes of an idle server, each case in a process of its own, on a current-thread runtime: what the process has more
//! after so many servers were started than before, without the handles in the caller's vector, divided by their number.
//!
//! *after init*: each has been started and waited for; *after a call*: each has answered one call that went through its
//! mailbox. The state of all, an empty map and a counter (56 bytes), is counted. Ours are neither linked nor named, or linked
//! to the one that starts them, or children of a dynamic supervisor. Where a start cannot be waited for (actix, xtra,
//! spawned), a first call waits for it.

use std::sync::mpsc;
use std::time::Duration;

use beamish::{DynamicSupervisor, DynamicSupervisorRef};
use tokio::sync::OnceCell;

use crate::harness::{Flavor, apart};
use crate::library::Library;
use crate::raw::Actor;
use crate::servers::{Store, StoreRef};

/// Its name, and how it measures so many servers, called or not.
type Case = (&'static str, fn(u64, bool) -> f64);

const CASES: &[Case] = &[
    ("raw", |count, called| {
        measure(count, called, started::<Actor>)
    }),
    ("beamish", |count, called| measure(count, called, unlinked)),
    ("beamish, linked", |count, called| {
        measure(count, called, started::<StoreRef>)
    }),
    ("beamish, supervised", |count, called| {
        measure(count, called, child)
    }),
    #[cfg(feature = "others")]
    ("ractor", |count, called| {
        measure(count, called, started::<crate::others::Ractor>)
    }),
    #[cfg(feature = "others")]
    ("kameo", |count, called| {
        measure(count, called, started::<crate::others::Kameo>)
    }),
    #[cfg(feature = "others")]
    ("actix", |count, called| {
        measure(count, called, started::<crate::others::Actix>)
    }),
    #[cfg(feature = "others")]
    ("xtra", |count, called| {
        measure(count, called, started::<crate::others::Xtra>)
    }),
    #[cfg(feature = "others")]
    ("spawned", |count, called| {
        measure(count, called, started::<crate::others::Spawned>)
    }),
];

async fn started<L: Library>() -> L {
    L::start(Default::default()).await
}

async fn unlinked() -> StoreRef {
    Store::start(Default::default()).await.expect("a start")
}

async fn child() -> StoreRef {
    static SUPERVISOR: OnceCell<DynamicSupervisorRef> = OnceCell::const_new();
    let start = async || DynamicSupervisor::new().start().await.expect("a start");
    let child = SUPERVISOR
        .get_or_init(start)
        .await
        .start_child(Store::child_spec(Default::default()));
    StoreRef::try_from(child.await.expect("a child")).expect("a store")
}

fn measure<L, F>(count: u64, called: bool, start: fn() -> F) -> f64
where
    L: Library,
    F: Future<Output = L> + Send + 'static,
{
    let (sender, bytes) = mpsc::channel();
    let flavor = Flavor::CurrentThread;
    L::block_on(&flavor.build(), flavor, async move {
        // What is made once is not counted.
        start().await.empty_queued().await;
        let mut servers = Vec::with_capacity(count as usize);
        let before = resident();
        for _ in 0..count {
            servers.push(start().await);
        }
        if called {
            for server in &servers {
                assert_eq!(server.empty_queued().await, 0);
            }
        }
        let handles = size_of::<L>() as u64 * count;
        let more = resident() - before - handles;
        let _ = sender.send(more as f64 / count as f64);
        Duration::ZERO
    });
    bytes.recv().expect("the bytes")
}

/// The bytes that this process has in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number
        .and_then(|kib| kib.parse::<u64>().ok())
        .expect("its size")
        * 1024
}

/// Whether that was asked for: all cases, or as such a process of its own one of them.
pub fn run() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--memory"] => print(),
        ["--memory", case, count, called] => {
            let (_, measure) = CASES
                .iter()
                .find(|(name, _)| *name == case)
                .expect("a case");
            println!(
                "{}",
                measure(count.parse().expect("a number"), called == "called")
            );
        }
        _ => return false,
    }
    true
}

fn print() {
    println!("| servers | number | bytes each, after init | after a call |\n|---|---|---|---|");
    for (name, _) in CASES {
        for count in [100_000, 1_000_000] {
            let bytes = |called: &str| {
                let bytes = apart(&["--memory", name, &count.to_string(), called]);
                bytes.trim().parse::<f64>().expect("a number").round()
            };
            println!("| {name} | {count} | {} | {} |", bytes(""), bytes("called"));
        }
    }
}
