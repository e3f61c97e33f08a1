//! Significant children and automatic shutdown.

use beamish::prelude::*;
use beamish::{
    AutoShutdown, BadChildren, ChildStatus, DynamicSupervisor, Restart, StartChildError, Strategy,
    Supervisor,
};

use crate::kit::{
    RESTARTS, Stage, Way, Worker, counts, ids, one_for_one, pid_of, pids, soon, started, status,
    workers,
};

const MODES: [AutoShutdown; 2] = [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant];

fn significant(id: &'static str, stage: &Stage, restart: Restart) -> ChildSpec {
    Worker::spec(id, stage).restart(restart).significant(true)
}

/// `a` is permanent, `one` and `two` are significant, `other` is not.
async fn tree(auto_shutdown: AutoShutdown, restart: Restart, stage: &Stage) -> SupervisorRef {
    let supervisor = workers(Strategy::OneForOne, ["a"], stage)
        .auto_shutdown(auto_shutdown)
        .child(significant("one", stage, restart))
        .child(significant("two", stage, restart))
        .child(Worker::spec("other", stage).restart(restart));
    let supervisor = started(supervisor).await;
    stage.reset();
    supervisor
}

async fn end_child(supervisor: &SupervisorRef, id: &'static str, way: Way) {
    way.end(pid_of(supervisor, id).await).await;
}

/// The end of this child ends the supervisor, with `shutdown`, and its children newest first.
async fn ends_it(supervisor: &SupervisorRef, id: &'static str, way: Way) {
    let end = process::monitored(supervisor);
    end_child(supervisor, id, way).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown, "{id} {way:?}");
}

/// Children that are not significant end: nothing else happens, in any mode.
async fn others_trigger_nothing(restart: Restart) {
    for auto_shutdown in [AutoShutdown::Never, MODES[0], MODES[1]] {
        for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
            let stage = Stage::new();
            let supervisor = one_for_one()
                .auto_shutdown(auto_shutdown)
                .child(Worker::spec("one", &stage).restart(restart))
                .child(Worker::spec("two", &stage).restart(restart));
            let supervisor = started(supervisor).await;
            let two = pid_of(&supervisor, "two").await;
            end_child(&supervisor, "one", way).await;
            assert_eq!(pid_of(&supervisor, "two").await, two);
            // Also when no other is left.
            end_child(&supervisor, "two", way).await;
            let restarted = restart == Restart::Transient && !Way::PLANNED.contains(&way);
            let expected = match restart {
                Restart::Temporary => (0, 0, 0, 0),
                _ if restarted => (2, 2, 0, 2),
                _ => (2, 0, 0, 2),
            };
            assert_eq!(counts(&supervisor).await, expected, "{way:?}");
        }
    }
}

/// Ends of temporary children that are not significant never shut a supervisor down.
#[beamish::test]
async fn os58_temporary_children_that_are_not_significant_trigger_nothing() {
    others_trigger_nothing(Restart::Temporary).await;
}

/// Ends of transient children that are not significant neither.
#[beamish::test]
async fn os59_transient_children_that_are_not_significant_trigger_nothing() {
    others_trigger_nothing(Restart::Transient).await;
}

/// A temporary significant child: with `any_significant` its own end, for whatever reason, shuts the supervisor down; with
/// `all_significant` only that of the last one does; an end by request never.
#[beamish::test]
async fn os60_own_ends_of_temporary_significant_children_shut_the_supervisor_down() {
    for way in Way::PLANNED.into_iter().chain(Way::ABNORMAL) {
        let stage = Stage::new();
        let any = tree(AutoShutdown::AnySignificant, Restart::Temporary, &stage).await;
        ends_it(&any, "one", way).await;
        assert_eq!(stage.log(), "-one -other -two -a");

        let stage = Stage::new();
        let all = tree(AutoShutdown::AllSignificant, Restart::Temporary, &stage).await;
        end_child(&all, "two", way).await;
        assert_eq!(ids(&all).await, "other one a");
        ends_it(&all, "one", way).await;
        assert_eq!(stage.log(), "-two -one -other -a");
    }
    for auto_shutdown in MODES {
        let stage = Stage::new();
        let supervisor = tree(auto_shutdown, Restart::Temporary, &stage).await;
        for id in ["one", "two"] {
            soon(supervisor.terminate_child(id)).await.unwrap();
        }
        assert_eq!(ids(&supervisor).await, "other a");
        // After the significant ones are gone the others still trigger nothing.
        end_child(&supervisor, "other", Way::Normal).await;
        assert_eq!(ids(&supervisor).await, "a");
    }
    // One that was ended by request is not waited for.
    let stage = Stage::new();
    let all = tree(AutoShutdown::AllSignificant, Restart::Temporary, &stage).await;
    soon(all.terminate_child("one")).await.unwrap();
    ends_it(&all, "two", Way::Normal).await;
}

/// A transient significant child is restarted after an abnormal end, and triggers only by a planned one.
#[beamish::test]
async fn os61_planned_ends_of_transient_significant_children_shut_the_supervisor_down() {
    for auto_shutdown in MODES {
        for way in Way::ABNORMAL {
            let stage = Stage::new();
            let supervisor = tree(auto_shutdown, Restart::Transient, &stage).await;
            let before = pids(&supervisor, ["a", "one", "two", "other"]).await;
            for id in ["one", "two"] {
                end_child(&supervisor, id, way).await;
            }
            let after = pids(&supervisor, ["a", "one", "two", "other"]).await;
            assert_eq!(
                [0, 1, 2, 3].map(|at| before[at] == after[at]),
                [true, false, false, true]
            );
            assert_eq!(stage.log(), "-one +one -two +two");
        }
        let stage = Stage::new();
        let supervisor = tree(auto_shutdown, Restart::Transient, &stage).await;
        for id in ["one", "two"] {
            soon(supervisor.terminate_child(id)).await.unwrap();
            assert_eq!(status(&supervisor, id).await, Some(ChildStatus::Stopped));
        }
        pid_of(&supervisor, "a").await;
    }
    for way in Way::PLANNED {
        let stage = Stage::new();
        let any = tree(AutoShutdown::AnySignificant, Restart::Transient, &stage).await;
        ends_it(&any, "two", way).await;
        assert_eq!(stage.log(), "-two -other -one -a");

        let stage = Stage::new();
        let all = tree(AutoShutdown::AllSignificant, Restart::Transient, &stage).await;
        end_child(&all, "one", way).await;
        assert_eq!(status(&all, "one").await, Some(ChildStatus::Stopped));
        pid_of(&all, "two").await;
        // One that runs again counts again.
        soon(all.restart_child("one")).await.unwrap();
        end_child(&all, "two", way).await;
        pid_of(&all, "one").await;
        ends_it(&all, "one", way).await;
        assert_eq!(stage.log(), "-one +one -two -one -other -a");
    }
}

/// A dynamic supervisor has no automatic shutdown (there is no way to ask for it), and takes no significant child.
#[beamish::test]
async fn os62_a_dynamic_supervisor_takes_no_significant_child() {
    let stage = Stage::new();
    let pool = soon(DynamicSupervisor::new().start()).await.unwrap();
    for restart in RESTARTS {
        let error = soon(pool.start_child(significant("a", &stage, restart)))
            .await
            .unwrap_err();
        assert!(matches!(error, StartChildError::BadChild(_)), "{error:?}");
    }
    assert_eq!(stage.starts("a"), 0);
    assert_eq!(soon(pool.count_children()).await.unwrap().specs, 0);
}

/// Significant children that end because a sibling's failure restarts their group trigger nothing.
#[beamish::test]
async fn os63_ends_in_a_group_restart_trigger_nothing() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        for auto_shutdown in MODES {
            for restart in [Restart::Transient, Restart::Temporary] {
                let stage = Stage::new();
                let supervisor = Supervisor::new(strategy)
                    .auto_shutdown(auto_shutdown)
                    .child(Worker::spec("a", &stage))
                    .child(significant("s", &stage, restart));
                let supervisor = started(supervisor).await;
                let [a, s] = pids(&supervisor, ["a", "s"]).await;
                end_child(&supervisor, "a", Way::Killed).await;
                assert_ne!(pid_of(&supervisor, "a").await, a);
                match restart {
                    Restart::Temporary => assert_eq!(ids(&supervisor).await, "a"),
                    _ => assert_ne!(pid_of(&supervisor, "s").await, s),
                }
                assert!(!process::alive(s));
            }
        }
    }
}

/// A supervisor that shut itself down ended with `shutdown`: as a significant child it shuts the one above down, as a
/// plain child it does not.
#[beamish::test]
async fn os64_an_automatic_shutdown_goes_on_through_significant_supervisors() {
    for (restart, is_significant, left) in [
        (Restart::Transient, true, None),
        (Restart::Temporary, true, None),
        (Restart::Transient, false, Some((2, 1, 1, 1))),
        (Restart::Temporary, false, Some((1, 1, 0, 1))),
        (Restart::Permanent, false, Some((2, 2, 1, 1))),
    ] {
        for auto_shutdown in MODES {
            let stage = Stage::new();
            let inner = one_for_one()
                .auto_shutdown(auto_shutdown)
                .child(significant("leaf", &stage, Restart::Transient))
                .child_spec()
                .id("inner")
                .restart(restart)
                .significant(is_significant);
            let outer = workers(Strategy::OneForOne, ["a"], &stage)
                .auto_shutdown(auto_shutdown)
                .child(inner);
            let outer = started(outer).await;
            let end = process::monitored(&outer);
            let inner = pid_of(&outer, "inner").await;
            ends_it(
                &SupervisorRef::try_from(inner).unwrap(),
                "leaf",
                Way::Normal,
            )
            .await;
            match left {
                None => {
                    assert_eq!(soon(end).await, ExitReason::Shutdown);
                    assert_eq!(stage.log(), "+a +leaf -leaf -a");
                }
                Some(left) => {
                    assert_eq!(counts(&outer).await, left);
                    assert_eq!(
                        stage.starts("leaf"),
                        if restart == Restart::Permanent { 2 } else { 1 }
                    );
                }
            }
        }
    }
}

/// What cannot be significant is not added either.
#[beamish::test]
async fn os60_os61_a_significant_child_that_is_added_counts_and_a_wrong_one_is_refused() {
    let stage = Stage::new();
    let supervisor =
        workers(Strategy::OneForOne, ["a"], &stage).auto_shutdown(AutoShutdown::AnySignificant);
    let supervisor = started(supervisor).await;
    let error = soon(supervisor.start_child(significant("p", &stage, Restart::Permanent)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StartChildError::BadChild(BadChildren::SignificantPermanent(id)) if *id == "p".into()),
        "{error:?}"
    );
    assert_eq!(stage.starts("p"), 0);
    soon(supervisor.start_child(significant("s", &stage, Restart::Transient)))
        .await
        .unwrap();
    ends_it(&supervisor, "s", Way::Normal).await;
}
