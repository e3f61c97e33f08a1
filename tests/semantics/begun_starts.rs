//! Starts whose `init` the starter runs: as the new process, as far as it does not wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use beamish::prelude::*;

use super::calls::support::{Gate, both_flavors, poll_once};

/// In which thread, task and process code runs.
type Place = (ThreadId, Option<tokio::task::Id>, Pid);

fn place() -> Place {
    (thread::current().id(), tokio::task::try_id(), self_pid())
}

/// What `init` finds, before and behind a gate.
#[genserver]
struct Placed {
    before: Place,
    behind: Place,
}

#[genserver]
impl Placed {
    #[init]
    async fn init(gate: Option<Gate>) -> Self {
        let before = place();
        if let Some(gate) = gate {
            gate.wait().await;
        }
        let behind = place();
        Self { before, behind }
    }

    #[handle_call]
    fn places(&self) -> (Place, Place) {
        (self.before, self.behind)
    }
}

both_flavors! {
    /// STA-1: the start is over at its first poll; `init` ran in the starter's task, and saw itself as the new process.
    async fn init_that_does_not_wait_is_run_by_the_starter() {
        let here = place();
        let Poll::Ready(server) = poll_once(&mut Box::pin(Placed::start(None))).await else {
            panic!("it had to wait");
        };
        let server = server.unwrap();
        let pid = server.pid().unwrap();
        assert_eq!(place(), here, "the starter is itself again");
        let (before, behind) = server.places().await.unwrap();
        assert_eq!((before, behind), ((here.0, here.1, pid), (here.0, here.1, pid)));
    }

    /// STA-1: one that waits is left to the new process's own task.
    async fn init_that_waits_goes_on_in_its_own_task() {
        let (here, gate) = (place(), Gate::new());
        let mut start = Box::pin(Placed::start(Some(gate.clone())));
        assert!(poll_once(&mut start).await.is_pending());
        assert_eq!(place(), here);
        gate.open();
        let server = start.await.unwrap();
        let (_, behind) = server.places().await.unwrap();
        assert_eq!(behind.2, server.pid().unwrap());
        assert_ne!(behind.1, here.1);
    }

    /// STA-4: after an `init` that panics nothing is left, and the starter is itself again.
    async fn init_that_panics_leaves_the_starter_as_it_was() {
        let here = place();
        for _ in 0..3 {
            let started = Falls::start().name("falls").await;
            assert!(
                matches!(started, Err(StartError::Exit(ExitReason::Panic(_)))),
                "{started:?}"
            );
            assert_eq!((place(), process::caller()), (here, None));
            assert_eq!(process::whereis("falls"), None);
        }
    }

    /// A start in an `init` in a start, and so on: the stack does not end before the chain does.
    async fn starts_inside_each_other_need_no_deeper_stack() {
        let first = Link::start(5_000).await.unwrap();
        assert_eq!(first.length().await.unwrap(), 5_000);
    }

    /// A loop of starts that never wait lets others run.
    async fn loop_of_starts_lets_others_run() {
        let ran = Arc::new(AtomicBool::new(false));
        let runs = Arc::clone(&ran);
        spawn(async move { runs.store(true, Ordering::Relaxed) });
        let mut starts = 0;
        while !ran.load(Ordering::Relaxed) {
            let server = Placed::start(None).await.unwrap();
            process::kill(&server);
            starts += 1;
            assert!(starts < 100_000, "nobody else ever ran");
        }
    }
}

#[genserver]
struct Falls;

#[genserver]
impl Falls {
    #[init]
    fn init() -> Self {
        panic!("it falls")
    }
}

/// One of a chain, which it made in its `init`.
#[genserver]
struct Link {
    length: u64,
}

#[genserver]
impl Link {
    #[init]
    async fn init(left: u64) -> Result<Self, StartError> {
        if left == 0 {
            return Ok(Self { length: 0 });
        }
        let below = Self::start_link(left - 1).await?;
        let length = below.length().await.expect("it lives") + 1;
        Ok(Self { length })
    }

    #[handle_call]
    fn length(&self) -> u64 {
        self.length
    }
}

/// Takes long in its `init`.
#[genserver]
struct Slow {
    place: Place,
}

#[genserver]
impl Slow {
    #[init]
    fn init() -> Self {
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        Self { place: place() }
    }

    #[handle_call]
    fn place(&self) -> Place {
        self.place
    }
}

/// Decision A1: so that starts of such servers run side by side, and time out.
#[beamish::test]
async fn init_that_took_long_is_run_by_its_own_task_from_then_on() {
    let here = place();
    let first = Slow::start().await.unwrap();
    assert_eq!(first.place().await.unwrap().1, here.1);
    let mut second = Box::pin(Slow::start());
    assert!(poll_once(&mut second).await.is_pending());
    let second = second.await.unwrap();
    assert_ne!(second.place().await.unwrap().1, here.1);
}
