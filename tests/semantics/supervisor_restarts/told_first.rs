//! EXI-7: whoever hears of a death finds the supervisor told (its link comes before the monitors), and the name free.

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
