//! RST-1, DYN-1: the table, where nothing is kept of a child that is not restarted.

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
