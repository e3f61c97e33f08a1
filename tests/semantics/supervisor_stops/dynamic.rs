//! DYN-5: how a dynamic supervisor ends its children.

use super::*;

async fn ended(
    children: impl IntoIterator<Item = ChildSpec>,
    stage: &Stage,
) -> (Vec<ExitReason>, Duration) {
    let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
    let mut ends = Vec::new();
    for child in children {
        ends.push(process::monitored(
            soon(supervisor.start_child(child)).await.unwrap(),
        ));
    }
    stage.reset();
    let began = tokio::time::Instant::now();
    soon(supervisor.stop()).await.unwrap();
    let took = began.elapsed();
    let mut reasons = Vec::new();
    for end in ends {
        reasons.push(soon(end).await);
    }
    (reasons, took)
}

/// DYN-5: OTP asks all children at once.
#[beamish::test(start_paused)]
async fn all_children_are_asked_at_once() {
    let stage = Stage::new();
    let children: Vec<_> = (1..=3)
        .map(|n| Stubborn::spec("it", &stage, Manner::After(n * SECOND)))
        .collect();
    let (reasons, took) = ended(children, &stage).await;
    assert_eq!(
        reasons,
        [
            ExitReason::Shutdown,
            ExitReason::Shutdown,
            ExitReason::Shutdown
        ]
    );
    assert_eq!(took, 3 * SECOND);
    assert_eq!(
        stage.timed_log(),
        "~it@0 ~it@0 ~it@0 -it@1000 -it@2000 -it@3000"
    );
}

/// DYN-5: each is killed when its own time is over; the total is bounded by the largest.
#[beamish::test(start_paused)]
async fn each_child_is_killed_when_its_own_time_is_over() {
    let stage = Stage::new();
    let hangs = |id| Stubborn::spec(id, &stage, Manner::Never);
    let children = [
        hangs("one").shutdown(SECOND),
        hangs("three").shutdown(3 * SECOND),
        hangs("also_one").shutdown(SECOND),
        hangs("brutal").shutdown(Shutdown::BrutalKill),
        Stubborn::spec("obeys", &stage, Manner::After(2 * SECOND)).shutdown(3 * SECOND),
    ];
    let (reasons, took) = ended(children, &stage).await;
    assert_eq!(took, 3 * SECOND);
    let killed = ExitReason::Killed;
    assert_eq!(
        reasons,
        [
            killed.clone(),
            killed.clone(),
            killed.clone(),
            killed,
            ExitReason::Shutdown
        ]
    );
    let log = stage.timed_log();
    for event in [
        "-brutal@0",
        "-one@1000",
        "-also_one@1000",
        "-obeys@2000",
        "-three@3000",
    ] {
        assert!(
            log.split(' ').any(|logged| logged == event),
            "{event} in {log}"
        );
    }
    assert!(!log.contains("~brutal"));
}

/// DYN-5: infinity is waited for, also beside children whose time is over.
#[beamish::test(start_paused)]
async fn infinity_is_waited_for() {
    let stage = Stage::new();
    let children = [
        Stubborn::spec("slow", &stage, Manner::After(500 * SECOND)).shutdown(Shutdown::Infinity),
        Stubborn::spec("hangs", &stage, Manner::Never).shutdown(SECOND),
    ];
    let (reasons, took) = ended(children, &stage).await;
    assert_eq!(reasons, [ExitReason::Shutdown, ExitReason::Killed]);
    assert_eq!(took, 500 * SECOND);
    // In which order they are asked does not matter.
    let log = stage.timed_log();
    assert!(log.ends_with("-hangs@1000 -slow@500000"), "{log}");
}

/// DYN-5: a reason of its own is kept.
#[beamish::test(start_paused)]
async fn a_child_keeps_a_reason_of_its_own() {
    let stage = Stage::new();
    let child = Stubborn::spec("it", &stage, Manner::With(ExitReason::shutdown_with("own")));
    let (reasons, _) = ended([child, Worker::spec("plain", &stage)], &stage).await;
    assert!(
        matches!(
            reasons[..],
            [ExitReason::ShutdownWith(_), ExitReason::Shutdown]
        ),
        "{reasons:?}"
    );
}

/// DYN-5, SUP-5: nothing is restarted meanwhile.
#[beamish::test(start_paused)]
async fn nothing_is_restarted_while_stopping() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
    soon(supervisor.start_child(Stubborn::spec("slow", &stage, Manner::After(2 * SECOND))))
        .await
        .unwrap();
    for _ in 0..5 {
        soon(supervisor.start_child(Worker::spec("it", &stage)))
            .await
            .unwrap();
    }
    soon(supervisor.stop()).await.unwrap();
    assert_eq!((stage.starts("slow"), stage.starts("it")), (1, 5));
}

/// DYN-5, SUP-4: a child that unlinked itself is ended too.
#[beamish::test]
async fn a_child_that_unlinked_itself_is_ended_too() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().start()).await.unwrap();
    let child = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    soon(
        WorkerRef::try_from(child)
            .unwrap()
            .unlink(supervisor.pid().unwrap()),
    )
    .await
    .unwrap();
    let end = process::monitored(child);
    soon(supervisor.stop()).await.unwrap();
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}
