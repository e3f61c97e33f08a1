//! SUP-4, SIG-3: children whose handler never comes to its end.

use super::*;

#[genserver]
struct Stuck;

#[genserver]
impl Stuck {
    #[init]
    fn init(traps: bool) -> Self {
        process::trap_exit(traps);
        Self
    }

    #[handle_cast]
    async fn hang(&mut self, reached: oneshot::Sender<()>) {
        let _ = reached.send(());
        std::future::pending::<()>().await;
    }
}

/// The reason with which a child ends that hangs when its supervisor stops, and how long that takes.
async fn stopped(traps: bool, shutdown: Shutdown) -> (ExitReason, Duration) {
    let child = Stuck::child_spec(traps).id("stuck").shutdown(shutdown);
    let supervisor = started(one_for_one().child(child)).await;
    let pid = pid_of(&supervisor, "stuck").await;
    let (reached, hangs) = oneshot::channel();
    StuckRef::try_from(pid).unwrap().hang(reached);
    soon(hangs).await.unwrap();
    let end = process::monitored(pid);
    let began = tokio::time::Instant::now();
    supervisor.stop().await.unwrap();
    (end.await, began.elapsed())
}

/// SIG-3: the supervisor's `shutdown` ends it at once: it waits, and does not trap exits.
#[beamish::test(start_paused)]
async fn a_stuck_child_that_does_not_trap_ends_at_once() {
    let (reason, took) = stopped(false, Shutdown::Timeout(5 * SECOND)).await;
    assert_eq!((reason, took), (ExitReason::Shutdown, Duration::ZERO));
}

/// SUP-4: one that traps exits never gets to the signal, and is killed when its time is over.
#[beamish::test(start_paused)]
async fn a_stuck_child_that_traps_is_killed_after_its_time() {
    let (reason, took) = stopped(true, Shutdown::Timeout(5 * SECOND)).await;
    assert_eq!(reason, ExitReason::Killed);
    assert_eq!(took.as_secs(), 5);
}

/// SUP-4: by `brutal_kill` at once, trapping or not.
#[beamish::test(start_paused)]
async fn a_stuck_child_is_killed_at_once_by_brutal_kill() {
    for traps in [false, true] {
        let (reason, took) = stopped(traps, Shutdown::BrutalKill).await;
        assert_eq!((reason, took), (ExitReason::Killed, Duration::ZERO));
    }
}
