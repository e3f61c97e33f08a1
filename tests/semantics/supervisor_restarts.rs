//! Supervisors: who is restarted, when, and how often.

#![allow(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test may panic; handlers own their messages"
)]

use std::time::Duration;

use beamish::prelude::*;
use beamish::{
    ChildError, ChildId, ChildSpec, ChildStatus, DynamicSupervisor, DynamicSupervisorRef,
    FailedToStartChild, Restart, Shutdown, StartChildError, Strategy, Supervisor,
};

use crate::supervisor_api::kit::{
    Manner, Plan, Stage, Stubborn, Way, Worker, WorkerRef, ids, pid_of, poll_once, soon, status,
};

const STRATEGIES: [Strategy; 3] = [
    Strategy::OneForOne,
    Strategy::RestForOne,
    Strategy::OneForAll,
];

/// A supervisor of permanent workers with these ids, that does not give up.
fn workers<const N: usize>(
    strategy: Strategy,
    ids: [&'static str; N],
    stage: &Stage,
) -> Supervisor {
    let children = ids.map(|id| Worker::spec(id, stage));
    Supervisor::new(strategy)
        .max_restarts(1_000)
        .children(children)
}

async fn started(supervisor: Supervisor) -> SupervisorRef {
    soon(supervisor.start()).await.unwrap()
}

async fn pids<const N: usize>(supervisor: &SupervisorRef, ids: [&'static str; N]) -> [Pid; N] {
    let mut pids = ids.map(|_| self_pid());
    for (at, id) in ids.into_iter().enumerate() {
        pids[at] = pid_of(supervisor, id).await;
    }
    pids
}

async fn is_over(supervisor: &SupervisorRef) -> bool {
    matches!(
        soon(supervisor.which_children()).await,
        Err(CallError::NoProc(_) | CallError::Exit(_))
    )
}

/// What becomes of a child that ended.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Restarted,
    Kept,
    Removed,
}

/// The middle one of three children ends, and the others are looked at too.
async fn decide(strategy: Strategy, restart: Restart, way: Way, fate: Fate) {
    let stage = Stage::new();
    let supervisor = Supervisor::new(strategy)
        .child(Worker::spec("before", &stage))
        .child(Worker::spec("it", &stage).restart(restart))
        .child(Worker::spec("after", &stage));
    let supervisor = started(supervisor).await;
    let [before, it, after] = pids(&supervisor, ["before", "it", "after"]).await;

    way.end(it).await;

    // The supervisor was told before the monitor was: it answers when it has done what is to be done.
    let now = status(&supervisor, "it").await;
    let group = match fate {
        Fate::Restarted => {
            assert_ne!(pid_of(&supervisor, "it").await, it, "not another process");
            strategy
        }
        Fate::Kept => {
            assert_eq!(now, Some(ChildStatus::Stopped));
            Strategy::OneForOne
        }
        Fate::Removed => {
            assert_eq!(now, None);
            Strategy::OneForOne
        }
    };
    let [before_now, after_now] = pids(&supervisor, ["before", "after"]).await;
    assert_eq!(
        before_now != before,
        group == Strategy::OneForAll,
        "the one before"
    );
    assert_eq!(
        after_now != after,
        group != Strategy::OneForOne,
        "the one after"
    );
    for gone in [(before, before_now), (after, after_now)] {
        assert_eq!(process::alive(gone.0), gone.0 == gone.1);
    }
    let listed = if matches!(fate, Fate::Removed) {
        "after before"
    } else {
        "after it before"
    };
    assert_eq!(ids(&supervisor).await, listed);
}

/// RST-1, RST-3, RST-4: the table, for one strategy.
macro_rules! decisions {
    ($($strategy:ident: $variant:ident),*) => { $(
        mod $strategy {
            use super::*;

            decisions! { @ $variant
                a_permanent_child_is_restarted_after_normal: Permanent Normal Restarted,
                a_permanent_child_is_restarted_after_shutdown: Permanent Shutdown Restarted,
                a_permanent_child_is_restarted_after_shutdown_with: Permanent ShutdownWith Restarted,
                a_permanent_child_is_restarted_after_a_kill: Permanent Killed Restarted,
                a_permanent_child_is_restarted_after_a_panic: Permanent Panic Restarted,
                a_permanent_child_is_restarted_after_another_reason: Permanent Other Restarted,
                a_permanent_child_is_restarted_after_noproc: Permanent NoProc Restarted,
                a_permanent_child_is_restarted_after_timeout: Permanent Timeout Restarted,
                a_transient_child_is_kept_stopped_after_normal: Transient Normal Kept,
                a_transient_child_is_kept_stopped_after_shutdown: Transient Shutdown Kept,
                a_transient_child_is_kept_stopped_after_shutdown_with: Transient ShutdownWith Kept,
                a_transient_child_is_restarted_after_a_kill: Transient Killed Restarted,
                a_transient_child_is_restarted_after_its_own_reason_kill: Transient Kill Restarted,
                a_transient_child_is_restarted_after_a_panic: Transient Panic Restarted,
                a_transient_child_is_restarted_after_another_reason: Transient Other Restarted,
                a_transient_child_is_restarted_after_noproc: Transient NoProc Restarted,
                a_transient_child_is_restarted_after_timeout: Transient Timeout Restarted,
                a_temporary_child_is_removed_after_normal: Temporary Normal Removed,
                a_temporary_child_is_removed_after_shutdown: Temporary Shutdown Removed,
                a_temporary_child_is_removed_after_shutdown_with: Temporary ShutdownWith Removed,
                a_temporary_child_is_removed_after_a_kill: Temporary Killed Removed,
                a_temporary_child_is_removed_after_a_panic: Temporary Panic Removed,
                a_temporary_child_is_removed_after_another_reason: Temporary Other Removed,
                a_temporary_child_is_removed_after_noproc: Temporary NoProc Removed,
                a_temporary_child_is_removed_after_timeout: Temporary Timeout Removed,
            }
        }
    )* };
    (@ $variant:ident $($name:ident: $restart:ident $way:ident $fate:ident,)*) => { $(
        #[beamish::test]
        async fn $name() {
            decide(Strategy::$variant, Restart::$restart, Way::$way, Fate::$fate).await;
        }
    )* };
}

decisions! { one_for_one: OneForOne, rest_for_one: RestForOne, one_for_all: OneForAll }

/// RST-1, DYN-1: the table, where nothing is kept of a child that is not restarted.
mod dynamic {
    use super::*;

    async fn decide(restart: Restart, way: Way, restarted: bool) {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        let sibling = soon(supervisor.start_child(Worker::spec("sibling", &stage)))
            .await
            .unwrap();
        let it = soon(supervisor.start_child(Worker::spec("it", &stage).restart(restart)))
            .await
            .unwrap();

        way.end(it).await;

        let running = running(&supervisor).await;
        assert!(running.contains(&sibling), "the sibling was touched");
        assert!(!running.contains(&it));
        assert_eq!(running.len(), if restarted { 2 } else { 1 });
        let counts = soon(supervisor.count_children()).await.unwrap();
        assert_eq!(
            (counts.specs, counts.active),
            (running.len(), running.len())
        );
        assert_eq!(
            stage.log(),
            if restarted {
                "+sibling +it -it +it"
            } else {
                "+sibling +it -it"
            }
        );
    }

    pub(super) async fn running(supervisor: &DynamicSupervisorRef) -> Vec<Pid> {
        let children = soon(supervisor.which_children()).await.unwrap();
        children
            .iter()
            .map(|child| child.status.pid().unwrap())
            .collect()
    }

    macro_rules! decisions {
        ($($name:ident: $restart:ident $way:ident $restarted:expr,)*) => { $(
            #[beamish::test]
            async fn $name() {
                decide(Restart::$restart, Way::$way, $restarted).await;
            }
        )* };
    }

    decisions! {
        a_permanent_child_is_restarted_after_normal: Permanent Normal true,
        a_permanent_child_is_restarted_after_shutdown: Permanent Shutdown true,
        a_permanent_child_is_restarted_after_shutdown_with: Permanent ShutdownWith true,
        a_permanent_child_is_restarted_after_a_kill: Permanent Killed true,
        a_permanent_child_is_restarted_after_a_panic: Permanent Panic true,
        a_permanent_child_is_restarted_after_another_reason: Permanent Other true,
        a_transient_child_is_dropped_after_normal: Transient Normal false,
        a_transient_child_is_dropped_after_shutdown: Transient Shutdown false,
        a_transient_child_is_dropped_after_shutdown_with: Transient ShutdownWith false,
        a_transient_child_is_restarted_after_a_kill: Transient Killed true,
        a_transient_child_is_restarted_after_a_panic: Transient Panic true,
        a_transient_child_is_restarted_after_another_reason: Transient Other true,
        a_temporary_child_is_dropped_after_normal: Temporary Normal false,
        a_temporary_child_is_dropped_after_shutdown: Temporary Shutdown false,
        a_temporary_child_is_dropped_after_shutdown_with: Temporary ShutdownWith false,
        a_temporary_child_is_dropped_after_a_kill: Temporary Killed false,
        a_temporary_child_is_dropped_after_a_panic: Temporary Panic false,
        a_temporary_child_is_dropped_after_another_reason: Temporary Other false,
    }
}

/// RST-2: how often, in which time.
mod intensity {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Kills the child at these milliseconds; whether the supervisor lives after each.
    async fn kills_at(max_restarts: u32, max_seconds: u64, times: &[u64]) -> Vec<bool> {
        let stage = Stage::new();
        let supervisor = workers(Strategy::OneForOne, ["it"], &stage)
            .max_restarts(max_restarts)
            .max_seconds(max_seconds);
        let supervisor = started(supervisor).await;
        let began = tokio::time::Instant::now();
        let mut lives = Vec::new();
        for at in times {
            tokio::time::sleep_until(began + Duration::from_millis(*at)).await;
            Way::Killed.end(pid_of(&supervisor, "it").await).await;
            lives.push(!is_over(&supervisor).await);
        }
        lives
    }

    /// RST-2: OTP counts restarts in a window; one more than allowed ends the supervisor.
    #[beamish::test(start_paused)]
    async fn as_many_restarts_as_allowed_are_made_and_one_more_ends_the_supervisor() {
        assert_eq!(kills_at(2, 5, &[0, 0, 0]).await, [true, true, false]);
    }

    /// RST-2: an entry that is exactly the period old still counts.
    #[beamish::test(start_paused)]
    async fn a_restart_exactly_one_period_ago_still_counts() {
        assert_eq!(kills_at(1, 2, &[0, 2_000]).await, [true, false]);
    }

    /// RST-2: an entry older than the period does not count.
    #[beamish::test(start_paused)]
    async fn a_restart_more_than_one_period_ago_does_not_count() {
        assert_eq!(kills_at(1, 2, &[0, 3_000]).await, [true, true]);
    }

    /// RST-2: the window slides; it does not begin anew when it is over.
    #[beamish::test(start_paused)]
    async fn the_window_slides() {
        assert_eq!(
            kills_at(2, 4, &[0, 3_000, 6_000, 7_000]).await,
            [true, true, true, false]
        );
        assert_eq!(
            kills_at(2, 4, &[0, 3_000, 6_000, 8_000]).await,
            [true, true, true, true]
        );
    }

    /// RST-2: OTP's clock for this has whole seconds. Of two supervisors whose restarts are 2.5 s apart, half a second
    /// shifted against each other, one sees 2 s and one 3 s, wherever its seconds begin.
    #[beamish::test(start_paused)]
    async fn times_are_whole_seconds() {
        let (one, other) = tokio::join!(kills_at(1, 2, &[0, 2_500]), kills_at(1, 2, &[500, 3_000]));
        assert_eq!(
            usize::from(one[1]) + usize::from(other[1]),
            1,
            "{one:?} {other:?}"
        );
    }

    /// RST-2: restarts that are far enough apart never end the supervisor.
    #[beamish::test(start_paused)]
    async fn restarts_that_are_far_apart_go_on_for_ever() {
        let times: Vec<u64> = (0..50).map(|n| n * 2_000).collect();
        assert!(kills_at(1, 1, &times).await.iter().all(|lives| *lives));
    }

    /// RST-2: without allowed restarts the first one ends the supervisor.
    #[beamish::test]
    async fn with_no_restart_allowed_the_first_one_ends_the_supervisor() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["a"], &stage).max_restarts(0)).await;
            let end = process::monitored(&supervisor);
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(stage.log(), "+a -a", "it was started again");
        }
    }

    /// RST-2, SUP-2: the default is 3 restarts in 5 s (Elixir's).
    #[beamish::test(start_paused)]
    async fn three_restarts_in_five_seconds_are_allowed_by_default() {
        for (pause, survives) in [(Duration::ZERO, false), (6 * SECOND, true)] {
            let stage = Stage::new();
            let supervisor =
                started(Supervisor::new(Strategy::OneForOne).child(Worker::spec("a", &stage)))
                    .await;
            for _ in 0..3 {
                Way::Killed.end(pid_of(&supervisor, "a").await).await;
            }
            pid_of(&supervisor, "a").await;
            tokio::time::sleep(pause).await;
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            assert_eq!(is_over(&supervisor).await, !survives);
        }
    }

    /// RST-2, SUP-2: the fourth within exactly 5 s is one too many.
    #[beamish::test(start_paused)]
    async fn the_default_period_is_five_seconds() {
        let stage = Stage::new();
        let supervisor =
            started(Supervisor::new(Strategy::OneForOne).child(Worker::spec("a", &stage))).await;
        for _ in 0..3 {
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
        }
        pid_of(&supervisor, "a").await;
        tokio::time::sleep(5 * SECOND).await;
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        assert!(is_over(&supervisor).await);
    }

    /// RST-2: there is one list for the supervisor, not one for each child.
    #[beamish::test]
    async fn restarts_of_all_children_count_together() {
        let stage = Stage::new();
        let supervisor =
            started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage).max_restarts(2)).await;
        for id in ["a", "b"] {
            Way::Killed.end(pid_of(&supervisor, id).await).await;
        }
        pids(&supervisor, ["a", "b", "c"]).await;
        Way::Killed.end(pid_of(&supervisor, "c").await).await;
        assert!(is_over(&supervisor).await);
    }

    /// RST-2: a group restart is one attempt, however many siblings.
    #[beamish::test]
    async fn the_restart_of_a_group_counts_once() {
        for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c", "d"], &stage).max_restarts(2)).await;
            for _ in 0..2 {
                Way::Killed.end(pid_of(&supervisor, "a").await).await;
                pids(&supervisor, ["a", "b", "c", "d"]).await;
            }
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            assert!(is_over(&supervisor).await);
        }
    }

    /// RST-2: ends that cause no restart do not count.
    #[beamish::test]
    async fn ends_without_a_restart_do_not_count() {
        let stage = Stage::new();
        let supervisor = workers(Strategy::OneForOne, ["a"], &stage)
            .max_restarts(0)
            .child(Worker::spec("transient", &stage).restart(Restart::Transient))
            .child(Worker::spec("temporary", &stage).restart(Restart::Temporary));
        let supervisor = started(supervisor).await;
        Way::Normal
            .end(pid_of(&supervisor, "transient").await)
            .await;
        Way::Panic.end(pid_of(&supervisor, "temporary").await).await;
        assert_eq!(ids(&supervisor).await, "transient a");
    }

    /// RST-2: the retry of a failed restart is a new attempt, and counts.
    #[beamish::test]
    async fn each_retry_of_a_failed_restart_counts() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(3)).await;
            let end = process::monitored(&supervisor);
            stage.failing("b", true);
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown, "{strategy:?}");
            assert_eq!(stage.starts("b"), 1 + 3, "{strategy:?}");
        }
    }

    /// RST-2, RST-6: a restart that succeeds with the last attempt that is allowed is a success.
    #[beamish::test]
    async fn the_last_allowed_attempt_may_succeed() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(3)).await;
            let end = process::monitored(&supervisor);
            stage.plan("b", [Plan::Fail, Plan::Panic]);
            let mut last = stage.gate("b");
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            last.reached().await;
            last.open(Plan::Start);
            pids(&supervisor, ["a", "b", "c"]).await;
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            assert_eq!(
                soon(end).await,
                ExitReason::Shutdown,
                "the three attempts did not count"
            );
        }
    }

    /// RST-2, SUP-3, SUP-6: a supervisor that gives up ends its other children first, newest first.
    #[beamish::test]
    async fn a_supervisor_that_gives_up_ends_its_children_first() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c", "d"], &stage).max_restarts(0)).await;
            let children = pids(&supervisor, ["a", "b", "c", "d"]).await;
            let end = process::monitored(&supervisor);
            stage.reset();
            Way::Other.end(children[1]).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(stage.log(), "-b -d -c -a");
            assert!(children.iter().all(|pid| !process::alive(*pid)));
        }
    }

    /// RST-2, DYN-1: dynamic children count together too.
    #[beamish::test]
    async fn a_dynamic_supervisor_gives_up_too() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_restarts(2).start())
            .await
            .unwrap();
        for id in ["a", "b", "c"] {
            soon(supervisor.start_child(Worker::spec(id, &stage)))
                .await
                .unwrap();
        }
        let end = process::monitored(&supervisor);
        let children = dynamic::running(&supervisor).await;
        for pid in &children[..2] {
            Way::Killed.end(*pid).await;
        }
        assert_eq!(dynamic::running(&supervisor).await.len(), 3);
        Way::Killed.end(children[2]).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        let log = stage.log();
        assert_eq!(
            log.matches('+').count(),
            log.matches('-').count(),
            "a child outlived it: {log}"
        );
    }

    /// RST-2: the window of a dynamic supervisor slides as well, and an entry exactly one period old counts.
    #[beamish::test(start_paused)]
    async fn a_dynamic_supervisor_forgets_old_restarts() {
        for (pause, survives) in [(2, false), (3, true)] {
            let stage = Stage::new();
            let supervisor = soon(
                DynamicSupervisor::new()
                    .max_restarts(1)
                    .max_seconds(2)
                    .start(),
            )
            .await
            .unwrap();
            let first = soon(supervisor.start_child(Worker::spec("a", &stage)))
                .await
                .unwrap();
            Way::Killed.end(first).await;
            let [second] = dynamic::running(&supervisor).await[..] else {
                panic!()
            };
            tokio::time::sleep(pause * SECOND).await;
            Way::Killed.end(second).await;
            assert_eq!(soon(supervisor.count_children()).await.is_ok(), survives);
        }
    }
}

/// RST-3, RST-4, RST-5: what a restart does to the others, in which order.
mod groups {
    use super::*;

    /// RST-3: the restarted child has its old place: it is ended in its turn.
    #[beamish::test]
    async fn a_restarted_child_keeps_its_place() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage)).await;
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        assert_eq!(ids(&supervisor).await, "c b a");
        stage.reset();
        soon(supervisor.stop()).await.unwrap();
        assert_eq!(stage.log(), "-c -b -a");
    }

    /// RST-4: OTP's rest-for-one ends the later ones, newest first, then starts all in order.
    #[beamish::test]
    async fn rest_for_one_ends_the_later_ones_newest_first_and_starts_them_in_order() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c", "d"], &stage)).await;
        let later = pids(&supervisor, ["c", "d"]).await.map(process::monitored);
        stage.reset();
        Way::Panic.end(pid_of(&supervisor, "b").await).await;
        pids(&supervisor, ["a", "b", "c", "d"]).await;
        assert_eq!(stage.log(), "-b -d -c +b +c +d");
        for end in later {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
    }

    /// RST-4: OTP's one-for-all does the same with all.
    #[beamish::test]
    async fn one_for_all_ends_all_newest_first_and_starts_them_in_order() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForAll, ["a", "b", "c", "d"], &stage)).await;
        let others = pids(&supervisor, ["a", "c", "d"])
            .await
            .map(process::monitored);
        stage.reset();
        Way::Panic.end(pid_of(&supervisor, "b").await).await;
        pids(&supervisor, ["a", "b", "c", "d"]).await;
        assert_eq!(stage.log(), "-b -d -c -a +a +b +c +d");
        for end in others {
            assert_eq!(soon(end).await, ExitReason::Shutdown);
        }
    }

    /// RST-4: the end of the first child under rest-for-one takes all, that of the last one only itself.
    #[beamish::test]
    async fn rest_for_one_begins_with_the_child_that_ended() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::RestForOne, ["a", "b"], &stage)).await;
        stage.reset();
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        pid_of(&supervisor, "b").await;
        assert_eq!(stage.log(), "-b +b");
        Way::Killed.end(pid_of(&supervisor, "a").await).await;
        pid_of(&supervisor, "a").await;
        assert_eq!(stage.log(), "-a -b +a +b");
    }

    /// RST-4, SUP-4: in a group restart each is ended by its own shutdown setting.
    #[beamish::test(start_paused)]
    async fn siblings_are_ended_by_their_shutdown_settings() {
        for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
            let stage = Stage::new();
            let supervisor = workers(strategy, ["it"], &stage)
                .child(
                    Stubborn::spec("slow", &stage, Manner::After(Duration::from_secs(3)))
                        .shutdown(Shutdown::Infinity),
                )
                .child(
                    Stubborn::spec("hangs", &stage, Manner::Never).shutdown(Duration::from_secs(2)),
                )
                .child(
                    Stubborn::spec("brutal", &stage, Manner::Never).shutdown(Shutdown::BrutalKill),
                );
            let supervisor = started(supervisor).await;
            let ends = pids(&supervisor, ["slow", "hangs", "brutal"])
                .await
                .map(process::monitored);
            stage.reset();
            Way::Killed.end(pid_of(&supervisor, "it").await).await;
            pids(&supervisor, ["it", "slow", "hangs", "brutal"]).await;
            let expected = "-it@0 -brutal@0 ~hangs@0 -hangs@2000 ~slow@2000 -slow@5000 +it@5000 +slow@5000 +hangs@5000 +brutal@5000";
            assert_eq!(stage.timed_log(), expected);
            let mut reasons = Vec::new();
            for end in ends {
                reasons.push(soon(end).await);
            }
            assert_eq!(
                reasons,
                [ExitReason::Shutdown, ExitReason::Killed, ExitReason::Killed]
            );
        }
    }

    /// RST-5: temporary siblings that a group restart ends are removed, not started.
    #[beamish::test]
    async fn temporary_siblings_are_removed_by_a_group_restart() {
        for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
            let stage = Stage::new();
            let supervisor = workers(strategy, ["a"], &stage)
                .child(Worker::spec("t", &stage).restart(Restart::Temporary))
                .child(Worker::spec("b", &stage));
            let supervisor = started(supervisor).await;
            let end = process::monitored(pid_of(&supervisor, "t").await);
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            assert_eq!(ids(&supervisor).await, "b a");
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(stage.starts("t"), 1);
            assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 2);
        }
    }

    /// RST-4, RST-5: a temporary child that rest-for-one does not reach stays.
    #[beamish::test]
    async fn a_temporary_sibling_before_the_failed_one_stays_under_rest_for_one() {
        let stage = Stage::new();
        let supervisor = Supervisor::new(Strategy::RestForOne)
            .child(Worker::spec("t", &stage).restart(Restart::Temporary))
            .child(Worker::spec("b", &stage));
        let supervisor = started(supervisor).await;
        let before = pid_of(&supervisor, "t").await;
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        assert_eq!(pid_of(&supervisor, "t").await, before);
    }

    /// RST-5: siblings that were stopped before are started by a group restart.
    #[beamish::test]
    async fn stopped_siblings_are_started_by_a_group_restart() {
        for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
            let stage = Stage::new();
            let supervisor = workers(strategy, ["a", "stopped"], &stage)
                .child(Worker::spec("done", &stage).restart(Restart::Transient));
            let supervisor = started(supervisor).await;
            soon(supervisor.terminate_child("stopped")).await.unwrap();
            Way::Normal.end(pid_of(&supervisor, "done").await).await;
            assert_eq!(
                status(&supervisor, "stopped").await,
                Some(ChildStatus::Stopped)
            );
            assert_eq!(
                status(&supervisor, "done").await,
                Some(ChildStatus::Stopped)
            );
            stage.reset();
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            pids(&supervisor, ["a", "stopped", "done"]).await;
            assert_eq!(stage.log(), "-a +a +stopped +done");
        }
    }

    /// RST-3, RST-4: stopped siblings stay so where the restart does not reach them.
    #[beamish::test]
    async fn stopped_siblings_stay_so_where_a_restart_does_not_reach() {
        for strategy in [Strategy::OneForOne, Strategy::RestForOne] {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["stopped", "a"], &stage)).await;
            soon(supervisor.terminate_child("stopped")).await.unwrap();
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            pid_of(&supervisor, "a").await;
            assert_eq!(
                status(&supervisor, "stopped").await,
                Some(ChildStatus::Stopped)
            );
        }
    }

    /// RST-4: two children that end at the same time under one-for-all: the end of the one that the restart would have
    /// ended anyway causes no second one.
    #[beamish::test]
    async fn two_ends_at_once_under_one_for_all_are_one_restart() {
        let stage = Stage::new();
        let supervisor =
            started(workers(Strategy::OneForAll, ["a", "b", "c"], &stage).max_restarts(1)).await;
        let [a, b, _] = pids(&supervisor, ["a", "b", "c"]).await;
        // The supervisor waits for `a` to start again; `b`, already dead, is not to be counted afterwards.
        let ends = [a, b].map(process::monitored);
        stage.reset();
        process::kill(b);
        process::kill(a);
        for end in ends {
            assert_eq!(soon(end).await, ExitReason::Killed);
        }
        pids(&supervisor, ["a", "b", "c"]).await;
        assert_eq!(stage.log().matches('+').count(), 3);
    }

    /// RST-9: a restarted child has the arguments of the first start, and none of its state.
    #[beamish::test]
    async fn a_restarted_child_begins_with_its_original_arguments() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["a"], &stage)).await;
            let first = pid_of(&supervisor, "a").await;
            let worker = WorkerRef::try_from(first).unwrap();
            assert_eq!(
                [
                    soon(worker.count()).await.unwrap(),
                    soon(worker.count()).await.unwrap()
                ],
                [1, 2]
            );
            Way::Panic.end(first).await;
            let worker = WorkerRef::try_from(pid_of(&supervisor, "a").await).unwrap();
            assert_eq!(soon(worker.count()).await.unwrap(), 1);
        }
    }

    /// SIG-7, RST-3: what was in the mailbox of the old process is not in that of the new one.
    #[beamish::test]
    async fn a_restarted_child_begins_with_an_empty_mailbox() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForOne, ["a"], &stage)).await;
        let first = pid_of(&supervisor, "a").await;
        let end = process::monitored(first);
        let worker = WorkerRef::try_from(first).unwrap();
        worker.crash();
        for _ in 0..5 {
            worker.end(ExitReason::other("unread"));
        }
        assert!(matches!(soon(end).await, ExitReason::Panic(_)));
        let worker = WorkerRef::try_from(pid_of(&supervisor, "a").await).unwrap();
        assert_eq!(soon(worker.count()).await.unwrap(), 1);
        assert_eq!(stage.log(), "+a -a +a");
    }
}

/// RST-6, RST-7, RST-8: restarts that fail.
mod failing {
    use super::*;

    /// RST-6: OTP's supervisor asks itself to try again, so that other requests are served in between.
    #[beamish::test(start_paused)]
    async fn requests_are_served_between_a_failed_restart_and_its_retry() {
        for strategy in STRATEGIES {
            for plan in [
                Plan::Fail,
                Plan::Panic,
                Plan::Stop(ExitReason::Killed),
                Plan::Stop(ExitReason::Normal),
            ] {
                let stage = Stage::new();
                let supervisor = started(workers(strategy, ["a", "b"], &stage)).await;
                let b = pid_of(&supervisor, "b").await;
                let mut first = stage.gate("b");
                let mut second = stage.gate("b");
                Way::Killed.end(b).await;
                first.reached().await;
                let mut asked = Box::pin(supervisor.which_children());
                poll_once(&mut asked).await;
                first.open(plan);
                let children = soon(asked).await.unwrap();
                assert_eq!(children[0].status, ChildStatus::Restarting, "{strategy:?}");
                second.reached().await;
                second.open(Plan::Start);
                assert_ne!(pid_of(&supervisor, "b").await, b);
                assert_eq!(stage.starts("b"), 3);
            }
        }
    }

    /// RST-6: one-for-one tries that child again, and leaves the others alone.
    #[beamish::test]
    async fn one_for_one_retries_the_failed_child_alone() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForOne, ["a", "b", "c"], &stage)).await;
        let [a, b, c] = pids(&supervisor, ["a", "b", "c"]).await;
        stage.reset();
        stage.plan("b", [Plan::Fail, Plan::Fail]);
        let mut last = stage.gate("b");
        Way::Killed.end(b).await;
        last.reached().await;
        last.open(Plan::Start);
        let [a_now, _, c_now] = pids(&supervisor, ["a", "b", "c"]).await;
        assert_eq!((a_now, c_now), (a, c));
        assert_eq!(stage.log(), "-b !b !b +b");
        assert_eq!(ids(&supervisor).await, "c b a");
    }

    /// RST-6: rest-for-one tries the child that failed to start and the later ones; one that was just restarted stays.
    #[beamish::test(start_paused)]
    async fn rest_for_one_retries_from_the_child_that_failed_to_start() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c", "d"], &stage)).await;
        let [a, b] = pids(&supervisor, ["a", "b"]).await;
        stage.reset();
        let mut first = stage.gate("c");
        Way::Killed.end(b).await;
        first.reached().await;
        let mut asked = Box::pin(supervisor.which_children());
        poll_once(&mut asked).await;
        first.open(Plan::Fail);
        let children = soon(asked).await.unwrap();
        let between: Vec<_> = children.iter().rev().map(|child| child.status).collect();
        let ChildStatus::Running(b_restarted) = between[1] else {
            panic!("{between:?}")
        };
        assert_eq!(between[0], ChildStatus::Running(a));
        assert_eq!(
            between[2..],
            [ChildStatus::Restarting, ChildStatus::Stopped]
        );
        assert_ne!(b_restarted, b);
        // Barrier: the retry is behind that answer, and before this one.
        let [a_now, b_now, ..] = pids(&supervisor, ["a", "b", "c", "d"]).await;
        assert_eq!((a_now, b_now), (a, b_restarted));
        assert_eq!(stage.log(), "-b -d -c +b !c +c +d");
    }

    /// RST-6: one-for-all tries everything again; those already restarted are ended with `shutdown` first.
    #[beamish::test(start_paused)]
    async fn one_for_all_retries_everything() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForAll, ["a", "b", "c"], &stage)).await;
        stage.reset();
        let mut first = stage.gate("b");
        Way::Killed.end(pid_of(&supervisor, "c").await).await;
        first.reached().await;
        let mut asked = Box::pin(supervisor.which_children());
        poll_once(&mut asked).await;
        first.open(Plan::Fail);
        let children = soon(asked).await.unwrap();
        let between: Vec<_> = children.iter().rev().map(|child| child.status).collect();
        let ChildStatus::Running(a_restarted) = between[0] else {
            panic!("{between:?}")
        };
        assert_eq!(
            between[1..],
            [ChildStatus::Restarting, ChildStatus::Stopped]
        );
        let end = process::monitored(a_restarted);
        let [a_now, ..] = pids(&supervisor, ["a", "b", "c"]).await;
        assert_ne!(a_now, a_restarted);
        let reason = soon(end).await;
        assert!(
            matches!(reason, ExitReason::Shutdown | ExitReason::NoProc),
            "{reason:?}"
        );
        assert_eq!(stage.log(), "-c -b -a +a !b -a +a +b +c");
    }

    /// RST-6: the reason with which one-for-all ends those that it had already restarted.
    #[beamish::test(start_paused)]
    async fn one_for_all_ends_those_already_restarted_with_shutdown() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::OneForAll, ["a", "b"], &stage)).await;
        let mut first = stage.gate("a");
        let mut second = stage.gate("b");
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        first.reached().await;
        let living = process::list();
        first.open(Plan::Start);
        second.reached().await;
        // The new `a` is the process of before that is still there; the new `b` came later.
        let a = living
            .into_iter()
            .filter(|pid| WorkerRef::try_from(*pid).is_ok())
            .max()
            .unwrap();
        let end = process::monitored(a);
        second.open(Plan::Fail);
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    /// RST-6: while a restart fails again and again, everything else is answered.
    async fn is_answered_while_a_restart_fails(strategy: Strategy) {
        let stage = Stage::new();
        let supervisor =
            started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
        stage.failing("b", true);
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        stage.reaches("b", 10).await;
        assert_eq!(
            status(&supervisor, "b").await,
            Some(ChildStatus::Restarting)
        );
        let counts = soon(supervisor.count_children()).await.unwrap();
        assert_eq!((counts.specs, counts.workers, counts.active), (2, 2, 1));
        let present = soon(supervisor.start_child(Worker::spec("b", &stage))).await;
        assert!(
            matches!(present, Err(StartChildError::AlreadyPresent)),
            "{present:?}"
        );
        let restarted = soon(supervisor.restart_child("b")).await;
        assert!(
            matches!(restarted, Err(ChildError::Restarting)),
            "{restarted:?}"
        );
        let deleted = soon(supervisor.delete_child("b")).await;
        assert!(
            matches!(deleted, Err(ChildError::Restarting)),
            "{deleted:?}"
        );
        soon(supervisor.start_child(Worker::spec("c", &stage)))
            .await
            .unwrap()
            .unwrap();
        soon(supervisor.terminate_child("b")).await.unwrap();
        assert_eq!(status(&supervisor, "b").await, Some(ChildStatus::Stopped));
        let starts = stage.starts("b");
        for _ in 0..20 {
            process::yield_now().await;
            soon(supervisor.which_children()).await.unwrap();
        }
        assert_eq!(stage.starts("b"), starts, "it is tried again");
        soon(supervisor.delete_child("b")).await.unwrap();
    }

    /// RST-6: a supervisor whose restart fails can be stopped.
    async fn is_stopped_while_a_restart_fails(strategy: Strategy) {
        let stage = Stage::new();
        let supervisor =
            started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
        stage.failing("b", true);
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        soon(supervisor.stop()).await.unwrap();
        assert!(stage.log().ends_with("-a"));
    }

    /// RST-6: a child that starts again after many failures is running, once.
    async fn is_up_after_failures(strategy: Strategy) {
        let stage = Stage::new();
        let supervisor =
            started(workers(strategy, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
        stage.failing("b", true);
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        stage.reaches("b", 100).await;
        let mut last = stage.gate("b");
        last.reached().await;
        last.open(Plan::Start);
        stage.failing("b", false);
        let b = pid_of(&supervisor, "b").await;
        let starts = stage.starts("b");
        for _ in 0..20 {
            assert_eq!(pid_of(&supervisor, "b").await, b);
        }
        assert_eq!(stage.starts("b"), starts);
    }

    macro_rules! on_both_flavors {
        ($($name:ident => $test:ident($strategy:ident),)*) => {
            mod current_thread {
                use super::*;
                $(#[beamish::test] async fn $name() { $test(Strategy::$strategy).await; })*
            }
            mod multi_thread {
                use super::*;
                $(
                    #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $name() { $test(Strategy::$strategy).await; }
                )*
            }
        };
    }

    on_both_flavors! {
        one_for_one_answers_while_a_restart_fails => is_answered_while_a_restart_fails(OneForOne),
        rest_for_one_answers_while_a_restart_fails => is_answered_while_a_restart_fails(RestForOne),
        one_for_one_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(OneForOne),
        rest_for_one_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(RestForOne),
        one_for_all_stops_while_a_restart_fails => is_stopped_while_a_restart_fails(OneForAll),
        one_for_one_comes_up_after_failures => is_up_after_failures(OneForOne),
        rest_for_one_comes_up_after_failures => is_up_after_failures(RestForOne),
        one_for_all_comes_up_after_failures => is_up_after_failures(OneForAll),
    }

    /// RST-6: another child that ends while a restart is tried again is restarted as well.
    #[beamish::test]
    async fn another_child_is_restarted_while_one_fails() {
        let stage = Stage::new();
        let supervisor =
            started(workers(Strategy::OneForOne, ["a", "b"], &stage).max_restarts(u32::MAX)).await;
        stage.failing("b", true);
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        let a = pid_of(&supervisor, "a").await;
        Way::Panic.end(a).await;
        assert_ne!(pid_of(&supervisor, "a").await, a);
        assert_eq!(
            status(&supervisor, "b").await,
            Some(ChildStatus::Restarting)
        );
    }

    /// RST-6: a retry that another restart has overtaken does nothing.
    #[beamish::test(start_paused)]
    async fn a_retry_that_was_overtaken_does_nothing() {
        let stage = Stage::new();
        let supervisor = started(workers(Strategy::RestForOne, ["a", "b", "c"], &stage)).await;
        stage.reset();
        let mut gate = stage.gate("b");
        Way::Killed.end(pid_of(&supervisor, "b").await).await;
        gate.reached().await;
        // `a` ends before `b` fails: its exit is in front of the retry.
        let workers = process::list()
            .into_iter()
            .filter(|pid| WorkerRef::try_from(*pid).is_ok());
        Way::Killed.end(workers.min().unwrap()).await;
        gate.open(Plan::Fail);
        let after = pids(&supervisor, ["a", "b", "c"]).await;
        for _ in 0..5 {
            assert_eq!(pids(&supervisor, ["a", "b", "c"]).await, after);
        }
        assert_eq!(stage.log(), "-b -c -a !b +a +b +c");
    }

    /// RST-8: to end a child that is being restarted cancels that; the pending retry does nothing.
    #[beamish::test(start_paused)]
    async fn to_terminate_a_restarting_child_cancels_the_retry() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["a", "b"], &stage)).await;
            let mut gate = stage.gate("b");
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            gate.reached().await;
            let mut terminated = Box::pin(supervisor.terminate_child("b"));
            poll_once(&mut terminated).await;
            gate.open(Plan::Fail);
            soon(terminated).await.unwrap();
            for _ in 0..5 {
                assert_eq!(
                    status(&supervisor, "b").await,
                    Some(ChildStatus::Stopped),
                    "{strategy:?}"
                );
            }
            assert_eq!(stage.starts("b"), 2, "{strategy:?}");
            soon(supervisor.restart_child("b")).await.unwrap().unwrap();
        }
    }

    /// RST-8: the pending retry leaves a child alone that was started by hand meanwhile.
    #[beamish::test(start_paused)]
    async fn a_pending_retry_leaves_a_child_alone_that_was_started_by_hand() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor = started(workers(strategy, ["a", "b"], &stage).max_restarts(1)).await;
            let mut gate = stage.gate("b");
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            gate.reached().await;
            let mut terminated = Box::pin(supervisor.terminate_child("b"));
            poll_once(&mut terminated).await;
            let mut restarted = Box::pin(supervisor.restart_child("b"));
            poll_once(&mut restarted).await;
            gate.open(Plan::Fail);
            soon(terminated).await.unwrap();
            let b = soon(restarted).await.unwrap();
            for _ in 0..5 {
                assert_eq!(Some(pid_of(&supervisor, "b").await), b);
            }
            assert_eq!(stage.starts("b"), 3);
        }
    }

    /// RST-7: a child that ignores when it is restarted is kept without a process, and the others go on.
    #[beamish::test]
    async fn a_child_that_ignores_its_restart_is_kept_stopped() {
        for strategy in STRATEGIES {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(1)).await;
            stage.plan("b", [Plan::Ignore]);
            Way::Killed.end(pid_of(&supervisor, "b").await).await;
            assert_eq!(
                status(&supervisor, "b").await,
                Some(ChildStatus::Stopped),
                "{strategy:?}"
            );
            pids(&supervisor, ["a", "c"]).await;
            assert_eq!(stage.starts("b"), 2);
            soon(supervisor.restart_child("b")).await.unwrap().unwrap();
        }
    }

    /// RST-7: also a sibling of the group.
    #[beamish::test]
    async fn a_sibling_that_ignores_a_group_restart_is_kept_stopped() {
        for strategy in [Strategy::RestForOne, Strategy::OneForAll] {
            let stage = Stage::new();
            let supervisor =
                started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(1)).await;
            stage.plan("b", [Plan::Ignore]);
            Way::Killed.end(pid_of(&supervisor, "a").await).await;
            assert_eq!(
                status(&supervisor, "b").await,
                Some(ChildStatus::Stopped),
                "{strategy:?}"
            );
            pids(&supervisor, ["a", "c"]).await;
        }
    }

    /// RST-7, DYN-1: a dynamic child that ignores its restart is dropped.
    #[beamish::test]
    async fn a_dynamic_child_that_ignores_its_restart_is_dropped() {
        for restart in [Restart::Permanent, Restart::Transient] {
            let stage = Stage::new();
            let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
            let pid = soon(supervisor.start_child(Worker::spec("a", &stage).restart(restart)))
                .await
                .unwrap();
            stage.plan("a", [Plan::Ignore]);
            Way::Killed.end(pid).await;
            let counts = soon(supervisor.count_children()).await.unwrap();
            assert_eq!((counts.specs, counts.active), (0, 0));
            assert_eq!(stage.starts("a"), 2);
        }
    }

    /// RST-6, DYN-2: a dynamic child whose restart fails is tried again, and counted meanwhile.
    #[beamish::test(start_paused)]
    async fn a_dynamic_child_is_tried_again() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        let mut first = stage.gate("a");
        let mut second = stage.gate("a");
        Way::Killed.end(pid).await;
        first.reached().await;
        let mut asked = Box::pin(supervisor.which_children());
        poll_once(&mut asked).await;
        let mut counted = Box::pin(supervisor.count_children());
        poll_once(&mut counted).await;
        first.open(Plan::Fail);
        assert_eq!(
            soon(asked).await.unwrap()[0].status,
            ChildStatus::Restarting
        );
        let counts = soon(counted).await.unwrap();
        assert_eq!((counts.specs, counts.workers, counts.active), (1, 1, 0));
        second.reached().await;
        second.open(Plan::Start);
        let [again] = dynamic::running(&supervisor).await[..] else {
            panic!()
        };
        assert_ne!(again, pid);
    }

    /// DYN-4, RST-8: the last pid of a restarting dynamic child still ends it.
    #[beamish::test]
    async fn the_last_pid_of_a_restarting_dynamic_child_ends_it() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_restarts(u32::MAX).start())
            .await
            .unwrap();
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        stage.failing("a", true);
        Way::Killed.end(pid).await;
        stage.reaches("a", 10).await;
        soon(supervisor.terminate_child(pid)).await.unwrap();
        let starts = stage.starts("a");
        for _ in 0..20 {
            process::yield_now().await;
            assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 0);
        }
        assert_eq!(stage.starts("a"), starts);
        assert!(matches!(
            soon(supervisor.terminate_child(pid)).await,
            Err(ChildError::NotFound)
        ));
    }

    /// RST-2, RST-6: each failed attempt of a dynamic child counts.
    #[beamish::test]
    async fn each_retry_of_a_dynamic_child_counts() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_restarts(4).start())
            .await
            .unwrap();
        let end = process::monitored(&supervisor);
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        stage.failing("a", true);
        Way::Killed.end(pid).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(stage.starts("a"), 1 + 4);
    }
}

/// Supervisors of supervisors.
mod escalation {
    use super::*;

    /// A supervisor that gives up at its first restart, as a child `inner`.
    fn inner(stage: &Stage) -> ChildSpec {
        workers(Strategy::OneForOne, ["x", "y"], stage)
            .max_restarts(0)
            .child_spec()
            .id("inner")
    }

    async fn within(outer: &SupervisorRef) -> SupervisorRef {
        SupervisorRef::try_from(pid_of(outer, "inner").await).unwrap()
    }

    /// Makes the inner supervisor give up.
    async fn break_inner(outer: &SupervisorRef) {
        let inner = within(outer).await;
        let end = process::monitored(&inner);
        Way::Killed.end(pid_of(&inner, "x").await).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }

    /// RST-1, RST-2, SUP-6: a permanent supervisor that gave up is restarted, with all its children.
    #[beamish::test]
    async fn a_supervisor_that_gave_up_is_restarted_by_its_supervisor() {
        let stage = Stage::new();
        let outer = workers(Strategy::OneForOne, ["a"], &stage)
            .child(inner(&stage))
            .child(Worker::spec("b", &stage));
        let outer = started(outer).await;
        let siblings = pids(&outer, ["a", "b"]).await;
        let old = pids(&within(&outer).await, ["x", "y"]).await;
        stage.reset();
        break_inner(&outer).await;
        let new = pids(&within(&outer).await, ["x", "y"]).await;
        assert!(new.iter().all(|pid| !old.contains(pid)));
        assert_eq!(pids(&outer, ["a", "b"]).await, siblings);
        assert_eq!(stage.log(), "-x -y +x +y");
    }

    /// RST-4: the give-up of a supervisor is the end of a child like any other: its group is restarted.
    #[beamish::test]
    async fn a_supervisor_that_gave_up_takes_its_group_along() {
        for (strategy, log) in [
            (Strategy::RestForOne, "-x -y -b +x +y +b"),
            (Strategy::OneForAll, "-x -y -b -a +a +x +y +b"),
        ] {
            let stage = Stage::new();
            let outer = workers(strategy, ["a"], &stage)
                .child(inner(&stage))
                .child(Worker::spec("b", &stage));
            let outer = started(outer).await;
            stage.reset();
            break_inner(&outer).await;
            pids(&outer, ["a", "inner", "b"]).await;
            assert_eq!(stage.log(), log);
        }
    }

    /// RST-4, SUP-3: a group restart ends a whole subtree, and starts it again.
    #[beamish::test]
    async fn a_group_restart_replaces_a_whole_subtree() {
        let stage = Stage::new();
        let outer = started(workers(Strategy::OneForAll, ["a"], &stage).child(inner(&stage))).await;
        stage.reset();
        Way::Killed.end(pid_of(&outer, "a").await).await;
        pids(&within(&outer).await, ["x", "y"]).await;
        assert_eq!(stage.log(), "-a -y -x +a +x +y");
    }

    /// RST-1: a transient supervisor that gave up ended with `shutdown`, so it is kept stopped; a temporary one is removed.
    #[beamish::test]
    async fn a_supervisor_that_gave_up_ended_as_planned() {
        for (restart, fate) in [
            (Restart::Transient, Some(ChildStatus::Stopped)),
            (Restart::Temporary, None),
        ] {
            let stage = Stage::new();
            let outer = started(
                workers(Strategy::OneForAll, ["a"], &stage).child(inner(&stage).restart(restart)),
            )
            .await;
            let a = pid_of(&outer, "a").await;
            break_inner(&outer).await;
            assert_eq!(status(&outer, "inner").await, fate);
            assert_eq!(pid_of(&outer, "a").await, a);
        }
    }

    /// RST-2: restarts below count above only when the supervisor below gave up.
    #[beamish::test]
    async fn restarts_below_do_not_count_above() {
        let stage = Stage::new();
        let inner = workers(Strategy::OneForOne, ["x"], &stage)
            .child_spec()
            .id("inner");
        let outer = started(
            workers(Strategy::OneForOne, ["a"], &stage)
                .max_restarts(0)
                .child(inner),
        )
        .await;
        for _ in 0..5 {
            Way::Killed
                .end(pid_of(&within(&outer).await, "x").await)
                .await;
        }
        pid_of(&within(&outer).await, "x").await;
        assert_eq!(ids(&outer).await, "inner a");
    }

    /// RST-2, SUP-6: a give-up goes up level by level.
    #[beamish::test]
    async fn a_crash_goes_up_as_far_as_nobody_may_restart() {
        let stage = Stage::new();
        let outer = started(
            workers(Strategy::OneForOne, ["a"], &stage)
                .max_restarts(1)
                .child(inner(&stage)),
        )
        .await;
        let end = process::monitored(&outer);
        break_inner(&outer).await;
        pids(&within(&outer).await, ["x", "y"]).await;
        break_inner(&outer).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        let log = stage.log();
        assert_eq!(log, "+a +x +y -x -y +x +y -x -y -a");
    }

    /// RST-2: three levels in one go.
    #[beamish::test]
    async fn one_crash_may_end_a_whole_tree() {
        let stage = Stage::new();
        let middle = Supervisor::new(Strategy::OneForAll)
            .max_restarts(0)
            .child(inner(&stage))
            .child_spec()
            .id("inner");
        let outer = started(
            workers(Strategy::RestForOne, ["a"], &stage)
                .max_restarts(0)
                .child(middle),
        )
        .await;
        let end = process::monitored(&outer);
        let middle = within(&outer).await;
        let leaf = pid_of(&within(&middle).await, "x").await;
        stage.reset();
        Way::Panic.end(leaf).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(stage.log(), "-x -y -a");
    }

    /// RST-9: a restarted supervisor has its first children: those added later are gone, those stopped by hand run again.
    #[beamish::test]
    async fn a_restarted_supervisor_has_its_first_children() {
        let stage = Stage::new();
        let inner = workers(Strategy::OneForOne, ["x", "y"], &stage)
            .max_restarts(0)
            .child(Worker::spec("transient", &stage).restart(Restart::Transient))
            .child(Worker::spec("temporary", &stage).restart(Restart::Temporary));
        let outer =
            started(workers(Strategy::OneForOne, [], &stage).child(inner.child_spec().id("inner")))
                .await;
        let before = within(&outer).await;
        soon(before.start_child(Worker::spec("added", &stage)))
            .await
            .unwrap();
        soon(before.terminate_child("transient")).await.unwrap();
        soon(before.terminate_child("temporary")).await.unwrap();
        break_inner(&outer).await;
        let after = within(&outer).await;
        assert_eq!(ids(&after).await, "temporary transient y x");
        pids(&after, ["x", "y", "transient", "temporary"]).await;
    }

    /// RST-6, SUP-1: a supervisor that cannot start again is tried again as any child.
    #[beamish::test]
    async fn a_subtree_that_fails_to_start_again_is_tried_again() {
        let stage = Stage::new();
        let outer = started(workers(Strategy::OneForOne, ["a"], &stage).child(inner(&stage))).await;
        stage.reset();
        stage.plan("y", [Plan::Fail, Plan::Fail]);
        let mut last = stage.gate("y");
        break_inner(&outer).await;
        last.reached().await;
        last.open(Plan::Start);
        pids(&within(&outer).await, ["x", "y"]).await;
        assert_eq!(stage.log(), "-x -y +x !y -x +x !y -x +x +y");
    }

    /// RST-2, SUP-1: a subtree that can never start again uses up what is allowed above.
    #[beamish::test]
    async fn a_subtree_that_never_starts_again_ends_the_supervisor_above() {
        let stage = Stage::new();
        let outer = started(
            workers(Strategy::OneForOne, ["a"], &stage)
                .max_restarts(2)
                .child(inner(&stage)),
        )
        .await;
        let end = process::monitored(&outer);
        stage.failing("y", true);
        break_inner(&outer).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        assert_eq!(stage.starts("y"), 1 + 2);
        assert!(stage.log().ends_with("-x -a"));
    }

    /// RST-1, SUP-4: a supervisor that is killed is restarted by the one above; its children die of the link.
    #[beamish::test]
    async fn a_killed_supervisor_is_restarted_and_its_children_do_not_outlive_it() {
        let stage = Stage::new();
        let outer = started(workers(Strategy::OneForOne, ["a"], &stage).child(inner(&stage))).await;
        let old = within(&outer).await;
        let ends = pids(&old, ["x", "y"]).await.map(process::monitored);
        let end = process::monitored(&old);
        process::kill(&old);
        assert_eq!(soon(end).await, ExitReason::Killed);
        for end in ends {
            assert_eq!(soon(end).await, ExitReason::Killed);
        }
        pids(&within(&outer).await, ["x", "y"]).await;
    }

    /// SUP-1: which child kept a supervisor from starting is said at every level.
    #[beamish::test]
    async fn the_error_of_a_subtree_names_the_child_at_each_level() {
        let stage = Stage::new();
        stage.failing("y", true);
        let error = soon(
            Supervisor::new(Strategy::OneForOne)
                .child(inner(&stage))
                .start(),
        )
        .await
        .unwrap_err();
        let above = failed(&error);
        assert_eq!(above.id, ChildId::from("inner"));
        let below = failed(&above.error);
        assert_eq!(below.id, ChildId::from("y"));
        assert!(
            matches!(&below.error, StartError::Init(error) if error.to_string() == "as planned")
        );
    }

    fn failed(error: &StartError) -> &FailedToStartChild {
        match error {
            StartError::Exit(ExitReason::ShutdownWith(term)) => term.downcast_ref().unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

/// EXI-7: whoever hears of a death finds the supervisor told (its link comes before the monitors), and the name free.
mod told_first {
    use super::*;

    const NAME: &str = "the child";

    async fn who_got_a_down_finds_the_successor() {
        let stage = Stage::new();
        let named = {
            let stage = stage.clone();
            ChildSpec::new(move || Worker::start_link("a", stage.clone()).name(NAME)).id("a")
        };
        let supervisor = started(
            Supervisor::new(Strategy::OneForOne)
                .max_restarts(u32::MAX)
                .child(named),
        )
        .await;
        for round in 0..200 {
            let pid = pid_of(&supervisor, "a").await;
            assert_eq!(process::whereis(NAME), Some(pid));
            let mref = process::monitor(pid);
            process::kill(pid);
            receive! {
                Down { mref: down, .. } if down == mref => {},
            }
            assert_ne!(process::whereis(NAME), Some(pid), "round {round}");
            let next = pid_of(&supervisor, "a").await;
            assert_ne!(next, pid, "round {round}");
            assert_eq!(process::whereis(NAME), Some(next), "round {round}");
        }
    }

    /// EXI-7: on one thread.
    #[beamish::test]
    async fn who_got_a_down_finds_the_successor_on_one_thread() {
        who_got_a_down_finds_the_successor().await;
    }

    /// EXI-7: on two.
    #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_got_a_down_finds_the_successor_on_two_threads() {
        who_got_a_down_finds_the_successor().await;
    }

    /// EXI-7: `when_up` never answers with the process that was just killed.
    #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_for_the_name_gets_the_successor() {
        let stage = Stage::new();
        let spec = {
            let stage = stage.clone();
            ChildSpec::new(move || Worker::start_link("a", stage.clone()).name(NAME)).id("a")
        };
        let _supervisor = started(
            Supervisor::new(Strategy::OneForOne)
                .max_restarts(u32::MAX)
                .child(spec),
        )
        .await;
        let worker = WorkerRef::to(NAME);
        for _ in 0..100 {
            let pid = worker.when_up(Duration::from_secs(60)).await.unwrap();
            process::kill(pid);
            assert_ne!(worker.when_up(Duration::from_secs(60)).await.unwrap(), pid);
        }
    }

    /// EXI-7, DYN-1: a dynamic supervisor is told first as well.
    #[beamish::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_dynamic_supervisor_is_told_first() {
        let stage = Stage::new();
        let supervisor = soon(DynamicSupervisor::new().max_restarts(u32::MAX).start())
            .await
            .unwrap();
        soon(supervisor.start_child(Worker::spec("a", &stage)))
            .await
            .unwrap();
        for _ in 0..200 {
            let [pid] = dynamic::running(&supervisor).await[..] else {
                panic!()
            };
            Way::Killed.end(pid).await;
            let [next] = dynamic::running(&supervisor).await[..] else {
                panic!()
            };
            assert_ne!(next, pid);
        }
    }
}
