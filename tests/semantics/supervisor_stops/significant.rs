//! SIG-C1, SIG-C2, SIG-C3: significant children.

use super::*;

fn significant(id: &'static str, stage: &Stage, restart: Restart) -> ChildSpec {
    Worker::spec(id, stage).restart(restart).significant(true)
}

/// Two significant children of that restart type between others.
async fn tree(auto_shutdown: AutoShutdown, restart: Restart, stage: &Stage) -> SupervisorRef {
    let supervisor = workers(["a"], stage)
        .auto_shutdown(auto_shutdown)
        .child(significant("one", stage, restart))
        .child(significant("two", stage, restart))
        .child(Worker::spec("other", stage).restart(Restart::Transient));
    let supervisor = started(supervisor).await;
    stage.reset();
    supervisor
}

async fn end_child(supervisor: &SupervisorRef, id: &'static str, way: Way) {
    way.end(pid_of(supervisor, id).await).await;
}

/// SIG-C1, SUP-6: the first end of a significant child ends the supervisor, with `shutdown`, its children first.
#[beamish::test]
async fn the_first_end_of_any_significant_child_ends_the_supervisor() {
    for restart in [Restart::Transient, Restart::Temporary] {
        for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
            let stage = Stage::new();
            let supervisor = tree(AutoShutdown::AnySignificant, restart, &stage).await;
            let end = process::monitored(&supervisor);
            end_child(&supervisor, "one", way).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(stage.log(), "-one -other -two -a");
        }
    }
}

/// SIG-C1: with `all_significant` it is the end of the last one.
#[beamish::test]
async fn the_end_of_the_last_of_all_significant_children_ends_the_supervisor() {
    for restart in [Restart::Transient, Restart::Temporary] {
        for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
            let stage = Stage::new();
            let supervisor = tree(AutoShutdown::AllSignificant, restart, &stage).await;
            let end = process::monitored(&supervisor);
            end_child(&supervisor, "two", way).await;
            pid_of(&supervisor, "one").await;
            end_child(&supervisor, "one", way).await;
            assert_eq!(soon(end).await, ExitReason::Shutdown);
            assert_eq!(stage.log(), "-two -one -other -a");
        }
    }
}

/// SIG-C2: a temporary significant child triggers with any reason.
#[beamish::test]
async fn a_temporary_significant_child_triggers_with_any_reason() {
    for way in [Way::Killed, Way::Panic, Way::Other] {
        let stage = Stage::new();
        let supervisor = tree(AutoShutdown::AnySignificant, Restart::Temporary, &stage).await;
        let end = process::monitored(&supervisor);
        end_child(&supervisor, "two", way).await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }
}

/// SIG-C2: a transient one is restarted after an abnormal end, and triggers nothing.
#[beamish::test]
async fn a_transient_significant_child_that_crashes_is_restarted() {
    for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
        for way in [Way::Killed, Way::Panic, Way::Other] {
            let stage = Stage::new();
            let supervisor = tree(auto_shutdown, Restart::Transient, &stage).await;
            for id in ["one", "two"] {
                end_child(&supervisor, id, way).await;
                pid_of(&supervisor, id).await;
            }
            assert_eq!(stage.log(), "-one +one -two +two");
        }
    }
}

/// SIG-C1: the end of other children triggers nothing, in no mode.
#[beamish::test]
async fn the_end_of_other_children_triggers_nothing() {
    for auto_shutdown in [
        AutoShutdown::Never,
        AutoShutdown::AnySignificant,
        AutoShutdown::AllSignificant,
    ] {
        let stage = Stage::new();
        let supervisor = workers(["a"], &stage)
            .auto_shutdown(auto_shutdown)
            .child(Worker::spec("transient", &stage).restart(Restart::Transient))
            .child(Worker::spec("temporary", &stage).restart(Restart::Temporary));
        let supervisor = started(supervisor).await;
        end_child(&supervisor, "transient", Way::Normal).await;
        end_child(&supervisor, "temporary", Way::Panic).await;
        assert_eq!(ids(&supervisor).await, "transient a");
    }
}

/// SIG-C2, API-1: ends that were asked for with `terminate_child` trigger nothing.
#[beamish::test]
async fn terminate_child_triggers_nothing() {
    for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
        for restart in [Restart::Transient, Restart::Temporary] {
            let stage = Stage::new();
            let supervisor = tree(auto_shutdown, restart, &stage).await;
            for id in ["one", "two"] {
                soon(supervisor.terminate_child(id)).await.unwrap();
            }
            pid_of(&supervisor, "a").await;
        }
    }
}

/// SIG-C1: after one was ended by hand the other is the last living one.
#[beamish::test]
async fn a_child_that_was_ended_by_hand_is_not_waited_for() {
    let stage = Stage::new();
    let supervisor = tree(AutoShutdown::AllSignificant, Restart::Transient, &stage).await;
    let end = process::monitored(&supervisor);
    soon(supervisor.terminate_child("one")).await.unwrap();
    end_child(&supervisor, "two", Way::Normal).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// SIG-C2: ends in a group restart trigger nothing.
#[beamish::test]
async fn a_group_restart_triggers_nothing() {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            let stage = Stage::new();
            let supervisor = Supervisor::new(strategy)
                .auto_shutdown(auto_shutdown)
                .child(Worker::spec("a", &stage))
                .child(significant("transient", &stage, Restart::Transient))
                .child(significant("temporary", &stage, Restart::Temporary));
            let supervisor = started(supervisor).await;
            end_child(&supervisor, "a", Way::Killed).await;
            assert_eq!(ids(&supervisor).await, "transient a");
            pid_of(&supervisor, "transient").await;
        }
    }
}

/// SIG-C3: a permanent significant child is refused at the start, before any child is started.
#[beamish::test]
async fn a_permanent_significant_child_is_refused() {
    for auto_shutdown in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
        let stage = Stage::new();
        let supervisor = workers(["a"], &stage)
            .auto_shutdown(auto_shutdown)
            .child(significant("b", &stage, Restart::Permanent));
        let error = soon(supervisor.start()).await.unwrap_err();
        assert_eq!(
            bad_children(&error),
            Some(BadChildren::SignificantPermanent("b".into())),
            "{error:?}"
        );
        assert_eq!(stage.log(), "");
    }
}

/// SIG-C3: a significant child under a supervisor that never shuts itself down is refused.
#[beamish::test]
async fn a_significant_child_without_auto_shutdown_is_refused() {
    for restart in [Restart::Transient, Restart::Temporary] {
        let stage = Stage::new();
        let error = soon(
            workers(["a"], &stage)
                .child(significant("b", &stage, restart))
                .start(),
        )
        .await
        .unwrap_err();
        assert_eq!(
            bad_children(&error),
            Some(BadChildren::SignificantWithoutAutoShutdown("b".into())),
            "{error:?}"
        );
        assert_eq!(stage.log(), "");
    }
}

/// SIG-C3: also as children that are added.
#[beamish::test]
async fn a_significant_child_that_does_not_fit_is_not_added() {
    let stage = Stage::new();
    let never = started(workers(["a"], &stage)).await;
    let error = soon(never.start_child(significant("b", &stage, Restart::Transient)))
        .await
        .unwrap_err();
    let expected = BadChildren::SignificantWithoutAutoShutdown("b".into());
    assert!(
        matches!(&error, StartChildError::BadChild(bad) if *bad == expected),
        "{error:?}"
    );

    let any = started(workers(["a"], &stage).auto_shutdown(AutoShutdown::AnySignificant)).await;
    let error = soon(any.start_child(significant("b", &stage, Restart::Permanent)))
        .await
        .unwrap_err();
    let expected = BadChildren::SignificantPermanent("b".into());
    assert!(
        matches!(&error, StartChildError::BadChild(bad) if *bad == expected),
        "{error:?}"
    );
    assert_eq!(stage.starts("b"), 0);
    assert_eq!(
        (ids(&never).await, ids(&any).await),
        ("a".into(), "a".into())
    );
}

/// SIG-C1: a significant child that was added counts as well.
#[beamish::test]
async fn a_significant_child_that_was_added_triggers() {
    let stage = Stage::new();
    let supervisor =
        started(workers(["a"], &stage).auto_shutdown(AutoShutdown::AnySignificant)).await;
    let end = process::monitored(&supervisor);
    soon(supervisor.start_child(significant("b", &stage, Restart::Temporary)))
        .await
        .unwrap();
    end_child(&supervisor, "b", Way::Normal).await;
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// SIG-C3: a dynamic supervisor refuses significant children altogether.
#[beamish::test]
async fn a_dynamic_supervisor_refuses_significant_children() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        let error = soon(supervisor.start_child(significant("a", &stage, restart)))
            .await
            .unwrap_err();
        assert!(matches!(error, StartChildError::BadChild(_)), "{error:?}");
    }
    assert_eq!(stage.log(), "");
    assert_eq!(soon(supervisor.count_children()).await.unwrap().specs, 0);
}

/// SIG-C1: a supervisor that shut itself down ends with `shutdown`: as a significant child it triggers in its turn, as
/// a plain transient one it does not, as a permanent one it is restarted.
#[beamish::test]
async fn an_automatic_shutdown_goes_up_only_through_significant_supervisors() {
    for (restart, is_significant, above) in [
        (Restart::Transient, true, None),
        (Restart::Temporary, true, None),
        (Restart::Transient, false, Some("inner a")),
        (Restart::Temporary, false, Some("a")),
        (Restart::Permanent, false, Some("inner a")),
    ] {
        let stage = Stage::new();
        let inner = one_for_one()
            .auto_shutdown(AutoShutdown::AnySignificant)
            .child(significant("leaf", &stage, Restart::Transient))
            .child_spec()
            .id("inner")
            .restart(restart)
            .significant(is_significant);
        let outer = started(
            workers(["a"], &stage)
                .auto_shutdown(AutoShutdown::AnySignificant)
                .child(inner),
        )
        .await;
        let end = process::monitored(&outer);
        let inner = pid_of(&outer, "inner").await;
        let inner_end = process::monitored(inner);
        end_child(
            &SupervisorRef::try_from(inner).unwrap(),
            "leaf",
            Way::Normal,
        )
        .await;
        assert_eq!(soon(inner_end).await, ExitReason::Shutdown);
        match above {
            None => assert_eq!(soon(end).await, ExitReason::Shutdown),
            Some(left) => {
                assert_eq!(ids(&outer).await, left);
                let restarted =
                    matches!(status(&outer, "inner").await, Some(ChildStatus::Running(_)));
                assert_eq!(restarted, restart == Restart::Permanent);
            }
        }
    }
}
