//! SUP-5: what a supervisor reports as an error.

use super::*;
use crate::listening::Reports;

/// The reports of a supervisor that ends its child, which has that setting.
async fn of_ending(child: ChildSpec) -> Vec<String> {
    let (reports, _listening) = Reports::listen();
    let supervisor = started(one_for_one().child(child.id("it"))).await;
    soon(supervisor.terminate_child("it")).await.unwrap();
    soon(supervisor.stop()).await.unwrap();
    reports.warnings_of("beamish::supervisor")
}

/// The reports of a supervisor whose child ends by itself.
async fn of_an_end(restart: Restart, way: Way) -> Vec<String> {
    let (reports, _listening) = Reports::listen();
    let stage = Stage::new();
    let supervisor =
        started(one_for_one().child(Worker::spec("it", &stage).restart(restart))).await;
    way.end(pid_of(&supervisor, "it").await).await;
    soon(supervisor.stop()).await.unwrap();
    reports.warnings_of("beamish::supervisor")
}

/// SUP-5: a child that ends with `shutdown` when asked is no error.
#[beamish::test(start_paused)]
async fn a_child_that_ends_as_asked_is_not_reported() {
    let stage = Stage::new();
    assert_eq!(of_ending(Worker::spec("it", &stage)).await, [""; 0]);
    assert_eq!(
        of_ending(Stubborn::spec("it", &stage, Manner::After(SECOND))).await,
        [""; 0]
    );
}

/// SUP-5: nor is `killed` for `brutal_kill`.
#[beamish::test(start_paused)]
async fn brutal_kill_is_not_reported() {
    let stage = Stage::new();
    assert_eq!(
        of_ending(Worker::spec("it", &stage).shutdown(Shutdown::BrutalKill)).await,
        [""; 0]
    );
}

/// SUP-5: nor are `normal` and `{shutdown, _}` of a child that is not permanent.
#[beamish::test(start_paused)]
async fn planned_ends_of_children_that_are_not_permanent_are_not_reported() {
    for restart in [Restart::Transient, Restart::Temporary] {
        for reason in [ExitReason::Normal, ExitReason::shutdown_with("own")] {
            let stage = Stage::new();
            let child = Stubborn::spec("it", &stage, Manner::With(reason)).restart(restart);
            assert_eq!(of_ending(child).await, [""; 0]);
        }
        for way in [Way::Normal, Way::Shutdown, Way::ShutdownWith] {
            assert_eq!(of_an_end(restart, way).await, [""; 0]);
        }
    }
}

/// SUP-5: the kill of a child that outlived its time is.
#[beamish::test(start_paused)]
async fn a_child_that_had_to_be_killed_is_reported() {
    let stage = Stage::new();
    let reports = of_ending(Stubborn::spec("it", &stage, Manner::Never)).await;
    let [report] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert!(
        report.contains("child=it") && report.contains("reason=killed"),
        "{report}"
    );
}

/// SUP-5: so is a reason of its own with which a child answers, and `normal` of a permanent one.
#[beamish::test(start_paused)]
async fn a_child_that_ends_otherwise_than_asked_is_reported() {
    let stage = Stage::new();
    for (restart, reason) in [
        (Restart::Permanent, ExitReason::Normal),
        (Restart::Permanent, ExitReason::shutdown_with("own")),
        (Restart::Transient, ExitReason::other("own")),
        (Restart::Temporary, ExitReason::other("own")),
    ] {
        let reports =
            of_ending(Stubborn::spec("it", &stage, Manner::With(reason)).restart(restart)).await;
        assert_eq!(reports.len(), 1, "{restart:?} {reports:?}");
    }
}

/// The reports when a child ends by itself while the request to end it is under way.
async fn of_an_end_before_the_request(restart: Restart, way: Way) -> Vec<String> {
    let (reports, _listening) = Reports::listen();
    let stage = Stage::new();
    let supervisor =
        started(one_for_one().child(Worker::spec("it", &stage).restart(restart))).await;
    let it = pid_of(&supervisor, "it").await;
    let mut gate = stage.gate("other");
    let mut adding = Box::pin(supervisor.start_child(Worker::spec("other", &stage)));
    poll_once(&mut adding).await;
    gate.reached().await;
    let mut ending = Box::pin(supervisor.terminate_child("it"));
    poll_once(&mut ending).await;
    way.end(it).await;
    gate.open(Plan::Start);
    soon(adding).await.unwrap();
    soon(ending).await.unwrap();
    soon(supervisor.stop()).await.unwrap();
    reports.warnings_of("beamish::supervisor")
}

/// SUP-4, SUP-5: of a child that ended before it was asked the exit message tells the reason.
#[beamish::test]
async fn an_end_before_the_request_is_reported_with_its_own_reason() {
    let planned = of_an_end_before_the_request(Restart::Transient, Way::Normal).await;
    assert_eq!(planned, [""; 0]);
    let reports = of_an_end_before_the_request(Restart::Permanent, Way::Panic).await;
    let [report] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert!(report.contains("as planned"), "{report}");
}

/// SUP-5: an end that is no planned one is reported, for every restart type.
#[beamish::test]
async fn a_crash_of_a_child_is_reported() {
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        for way in [Way::Killed, Way::Panic, Way::Other] {
            let reports = of_an_end(restart, way).await;
            assert_eq!(reports.len(), 1, "{restart:?} {way:?} {reports:?}");
            assert!(reports[0].contains("child=it"));
        }
    }
}
