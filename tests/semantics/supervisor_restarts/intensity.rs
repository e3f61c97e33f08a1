//! RST-2: how often, in which time.

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
            started(Supervisor::new(Strategy::OneForOne).child(Worker::spec("a", &stage))).await;
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
        let supervisor = started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(3)).await;
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
        let supervisor = started(workers(strategy, ["a", "b", "c"], &stage).max_restarts(3)).await;
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
