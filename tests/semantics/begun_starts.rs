//! Starts whose `init` the starter runs: as the new process, as far as it does not wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use beamish::prelude::*;
use beamish::{DynamicSupervisor, GenServer, Start};

use super::calls::support::{Gate, both_flavors, poll_once};

/// In which task and process code runs.
type Place = (Option<tokio::task::Id>, Pid);

fn place() -> Place {
    (tokio::task::try_id(), self_pid())
}

/// What `init` finds.
#[genserver]
struct Placed {
    place: Place,
}

#[genserver]
impl Placed {
    #[init]
    fn init() -> Self {
        Self { place: place() }
    }

    #[handle_call]
    fn place(&self) -> Place {
        self.place
    }
}

/// What `init` finds before and behind a gate.
#[genserver]
struct Gated {
    before: Place,
    behind: Place,
}

#[genserver]
impl Gated {
    #[init]
    async fn init(gate: Gate) -> Self {
        let before = place();
        gate.wait().await;
        let behind = place();
        Self { before, behind }
    }

    #[handle_call]
    fn places(&self) -> (Place, Place) {
        (self.before, self.behind)
    }
}

/// Starts servers until one is ready at the first poll: its `init` is known to be short then.
async fn start_at_once<S: GenServer>(mut start: impl FnMut() -> Start<S>) -> S::Ref {
    for _ in 0..100_000 {
        if let Poll::Ready(server) = poll_once(&mut Box::pin(start())).await {
            return server.expect("a start");
        }
        start().await.expect("a start");
    }
    panic!("no start is ever ready at its first poll");
}

both_flavors! {
    /// STA-1: the start is over at its first poll; `init` ran in the starter's task, and saw itself as the new process.
    async fn init_that_is_short_is_run_by_the_starter() {
        let here = place();
        let server = start_at_once(Placed::start).await;
        assert_eq!(place(), here, "the starter is itself again");
        let pid = server.pid().unwrap();
        assert_eq!(server.place().await.unwrap(), (here.0, pid));
    }

    /// SUP-1: a supervisor runs no child's `init` itself.
    async fn init_of_a_child_is_run_by_its_own_task() {
        start_at_once(Placed::start).await;
        let supervisor = DynamicSupervisor::new().start().await.unwrap();
        let child = supervisor.start_child(Placed::child_spec()).await.unwrap();
        let place = PlacedRef::try_from(child).unwrap().place().await.unwrap();
        assert!(place.0.is_some() && place.0 != tokio::task::try_id());
        let parent = process::info(child).unwrap().parent.unwrap();
        assert_eq!(parent, supervisor.pid().unwrap());
    }

    /// STA-1: one that waits is left to the new process's own task.
    async fn init_that_waits_goes_on_in_its_own_task() {
        let (here, open) = (place(), Gate::new());
        open.open();
        start_at_once(|| Gated::start(open.clone())).await;
        let mut attempts = 0;
        loop {
            let gate = Gate::new();
            let mut start = Box::pin(Gated::start(gate.clone()));
            assert!(poll_once(&mut start).await.is_pending());
            assert_eq!(place(), here);
            gate.open();
            let server = start.await.unwrap();
            let (before, behind) = server.places().await.unwrap();
            assert_eq!(behind.1, server.pid().unwrap());
            assert_ne!(behind.0, here.0);
            if before.0 == here.0 {
                break;
            }
            // Another test had one wait meanwhile, so its own task began it.
            start_at_once(|| Gated::start(open.clone())).await;
            attempts += 1;
            assert!(attempts < 1_000, "the starter never begins it");
        }
    }

    /// A28: a server that is not linked does not outlive a starter that was ended while it ran `init`.
    async fn starter_that_is_killed_in_an_init_leaves_no_server() {
        let (told, pid) = tokio::sync::oneshot::channel();
        let starter = spawn(async move {
            start_at_once(|| Kills::start(None)).await;
            let me = self_pid();
            let _ = Kills::start(Some((me, told))).await;
            panic!("it was killed");
        });
        let ended = process::monitored(starter);
        let child = pid.await.unwrap();
        assert_eq!(ended.await, ExitReason::Killed);
        assert!(!process::alive(child));
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
            let server = Placed::start().await.unwrap();
            process::kill(&server);
            starts += 1;
            assert!(starts < 100_000, "nobody else ever ran");
        }
    }
}

/// Kills another process in its `init`, and tells who it is.
#[genserver]
struct Kills;

#[genserver]
impl Kills {
    #[init]
    fn init(kills: Option<(Pid, tokio::sync::oneshot::Sender<Pid>)>) -> Self {
        if let Some((pid, told)) = kills {
            process::kill(pid);
            let _ = told.send(self_pid());
        }
        Self
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
async fn init_that_takes_long_is_run_by_its_own_task() {
    let here = place();
    for _ in 0..3 {
        let mut start = Box::pin(Slow::start());
        assert!(poll_once(&mut start).await.is_pending());
        let server = start.await.unwrap();
        assert_ne!(server.place().await.unwrap().0, here.0);
    }
}
