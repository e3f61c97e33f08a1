//! DYN-1 to DYN-4.

use super::*;

async fn started() -> DynamicSupervisorRef {
    soon(DynamicSupervisor::new().start()).await.unwrap()
}

async fn counts(supervisor: &DynamicSupervisorRef) -> (usize, usize, usize, usize) {
    in_order(soon(supervisor.count_children()).await.unwrap())
}

/// DYN-1: ids do not matter and are not listed; children are known by pid.
#[beamish::test]
async fn ids_do_not_matter() {
    let stage = Stage::new();
    let supervisor = started().await;
    let mut pids = Vec::new();
    for _ in 0..3 {
        pids.push(
            soon(supervisor.start_child(Worker::spec("a", &stage)))
                .await
                .unwrap(),
        );
    }
    let children = soon(supervisor.which_children()).await.unwrap();
    assert!(children.iter().all(|child| child.id.is_none()));
    let mut listed: Vec<_> = children
        .iter()
        .map(|child| child.status.pid().unwrap())
        .collect();
    listed.sort();
    pids.sort();
    assert_eq!(listed, pids);
}

/// DYN-1: supervisors are counted as such.
#[beamish::test]
async fn children_are_counted_by_kind() {
    let stage = Stage::new();
    let supervisor = started().await;
    soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    let tree = soon(supervisor.start_child(workers(["b"], &stage).child_spec()))
        .await
        .unwrap();
    assert_eq!(counts(&supervisor).await, (2, 2, 1, 1));
    pid_of(&SupervisorRef::try_from(tree).unwrap(), "b").await;
}

/// DYN-2: a full supervisor says so; whatever frees a slot frees it at once.
#[beamish::test]
async fn a_full_supervisor_says_so() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().max_children(2).start())
        .await
        .unwrap();
    let spec = || Worker::spec("a", &stage).restart(Restart::Temporary);
    let first = soon(supervisor.start_child(spec())).await.unwrap();
    let second = soon(supervisor.start_child(spec())).await.unwrap();
    let full = soon(supervisor.start_child(spec())).await;
    assert!(
        matches!(full, Err(StartChildError::MaxChildren)),
        "{full:?}"
    );
    assert_eq!(stage.starts("a"), 2, "it was started all the same");
    Way::Normal.end(first).await;
    soon(supervisor.start_child(spec())).await.unwrap();
    soon(supervisor.terminate_child(second)).await.unwrap();
    soon(supervisor.start_child(spec())).await.unwrap();
    soon(supervisor.start_child(spec())).await.unwrap_err();
}

/// DYN-2: with room for none nothing starts; failed and ignored starts take no room.
#[beamish::test]
async fn only_children_take_room() {
    let stage = Stage::new();
    let none = soon(DynamicSupervisor::new().max_children(0).start())
        .await
        .unwrap();
    let full = soon(none.start_child(Worker::spec("a", &stage))).await;
    assert!(
        matches!(full, Err(StartChildError::MaxChildren)),
        "{full:?}"
    );
    let one = soon(DynamicSupervisor::new().max_children(1).start())
        .await
        .unwrap();
    stage.plan("a", [Plan::Fail, Plan::Ignore]);
    soon(one.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap_err();
    soon(one.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap_err();
    soon(one.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
}

/// DYN-2: a child that is being restarted keeps its slot, one that was restarted has one, not two.
#[beamish::test]
async fn a_restarting_child_keeps_its_slot() {
    let stage = Stage::new();
    let supervisor = soon(
        DynamicSupervisor::new()
            .max_children(1)
            .max_restarts(u32::MAX)
            .start(),
    )
    .await
    .unwrap();
    let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    stage.failing("a", true);
    Way::Killed.end(pid).await;
    assert_eq!(counts(&supervisor).await, (1, 0, 0, 1));
    let full = soon(supervisor.start_child(Worker::spec("b", &stage))).await;
    assert!(
        matches!(full, Err(StartChildError::MaxChildren)),
        "{full:?}"
    );

    let supervisor = soon(DynamicSupervisor::new().max_children(2).start())
        .await
        .unwrap();
    let pid = soon(supervisor.start_child(Worker::spec("c", &stage)))
        .await
        .unwrap();
    Way::Killed.end(pid).await;
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
    soon(supervisor.start_child(Worker::spec("d", &stage)))
        .await
        .unwrap();
}

/// DYN-3: each outcome of a start.
#[beamish::test]
async fn start_child_says_how_the_start_went() {
    let stage = Stage::new();
    let supervisor = started().await;
    stage.plan(
        "a",
        [
            Plan::Ignore,
            Plan::Fail,
            Plan::Panic,
            Plan::Stop(ExitReason::Timeout),
        ],
    );
    let mut errors = Vec::new();
    for _ in 0..4 {
        errors.push(
            soon(supervisor.start_child(Worker::spec("a", &stage)))
                .await
                .unwrap_err(),
        );
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    }
    use StartChildError::Start;
    assert!(
        matches!(errors[0], Start(StartError::Ignored)),
        "{errors:?}"
    );
    assert!(
        matches!(&errors[1], Start(StartError::Init(error)) if error.to_string() == "as planned"),
        "{errors:?}"
    );
    assert!(
        matches!(errors[2], Start(StartError::Exit(ExitReason::Panic(_)))),
        "{errors:?}"
    );
    assert!(
        matches!(errors[3], Start(StartError::Exit(ExitReason::Timeout))),
        "{errors:?}"
    );
    assert_eq!(stage.starts("a"), 4);
}

/// DYN-3: a name clash is flat.
#[beamish::test]
async fn start_child_says_who_holds_the_name() {
    let stage = Stage::new();
    let supervisor = started().await;
    let first = soon(supervisor.start_child(named("a", "taken", &stage)))
        .await
        .unwrap();
    let error = soon(supervisor.start_child(named("a", "taken", &stage)))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StartChildError::AlreadyStarted(pid) if pid == first),
        "{error:?}"
    );
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
}

/// DYN-3: what is started once comes back as its client, and is never started again.
#[beamish::test]
async fn a_once_child_comes_back_as_its_client() {
    let stage = Stage::new();
    let supervisor = started().await;
    let client: WorkerRef =
        soon(supervisor.start_child(Worker::start_link("a", stage.clone()).once()))
            .await
            .unwrap();
    assert_eq!(soon(client.count()).await.unwrap(), 1);
    Way::Panic.end(client.pid().unwrap()).await;
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    assert_eq!(stage.starts("a"), 1);
}

#[genserver]
struct Owner {
    value: Box<dyn Fn() -> u64 + Send>,
}

#[genserver]
impl Owner {
    #[init]
    fn init(value: Box<dyn Fn() -> u64 + Send>) -> Self {
        Self { value }
    }

    #[handle_call]
    fn value(&mut self) -> u64 {
        (self.value)()
    }
}

/// DYN-3: its arguments need not be `Clone`, and are given up at the start.
#[beamish::test]
async fn a_once_child_owns_its_arguments() {
    let supervisor = started().await;
    let shared = Arc::new(7);
    let held = Arc::clone(&shared);
    let owner = soon(supervisor.start_child(Owner::start_link(Box::new(move || *held)).once()))
        .await
        .unwrap();
    assert_eq!(soon(owner.value()).await.unwrap(), 7);
    Way::Killed.end(owner.pid().unwrap()).await;
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    assert_eq!(Arc::strong_count(&shared), 1, "they are kept");
}

/// DYN-4: a child is ended by its pid, once; others are not found.
#[beamish::test]
async fn terminate_child_takes_a_pid() {
    let stage = Stage::new();
    let supervisor = soon(DynamicSupervisor::new().max_restarts(0).start())
        .await
        .unwrap();
    for (shutdown, reason) in [
        (Shutdown::BrutalKill, ExitReason::Killed),
        (
            Shutdown::Timeout(Duration::from_secs(5)),
            ExitReason::Shutdown,
        ),
        (Shutdown::Infinity, ExitReason::Shutdown),
    ] {
        let pid = soon(supervisor.start_child(Worker::spec("a", &stage).shutdown(shutdown)))
            .await
            .unwrap();
        let end = process::monitored(pid);
        soon(supervisor.terminate_child(pid)).await.unwrap();
        assert!(!process::alive(pid));
        assert_eq!(soon(end).await, reason);
        assert!(matches!(
            soon(supervisor.terminate_child(pid)).await,
            Err(ChildError::NotFound)
        ));
        assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
    }
    assert!(matches!(
        soon(supervisor.terminate_child(self_pid())).await,
        Err(ChildError::NotFound)
    ));
}

/// DYN-4: the pid of before a restart is no child any more.
#[beamish::test]
async fn the_pid_of_before_a_restart_is_not_found() {
    let stage = Stage::new();
    let supervisor = started().await;
    let pid = soon(supervisor.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    Way::Killed.end(pid).await;
    assert!(matches!(
        soon(supervisor.terminate_child(pid)).await,
        Err(ChildError::NotFound)
    ));
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
}

/// DYN-1: a dynamic supervisor by its name, also after it was restarted, without its children then.
#[beamish::test]
async fn a_restarted_dynamic_supervisor_has_no_children() {
    let stage = Stage::new();
    let tree = Supervisor::new(Strategy::OneForOne).child(DynamicSupervisor::new().name("pool"));
    let _tree = soon(tree.start()).await.unwrap();
    let pool = DynamicSupervisorRef::to("pool");
    let child = soon(pool.start_child(Worker::spec("a", &stage)))
        .await
        .unwrap();
    let end = process::monitored(child);
    let old = pool.pid().unwrap();
    process::kill(old);
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_ne!(
        soon(pool.when_up(Duration::from_secs(60))).await.unwrap(),
        old
    );
    assert_eq!(counts(&pool).await, (0, 0, 0, 0));
}

/// Ends by itself before anybody hears that it was started.
#[genserver]
struct Brief;

struct Finish;

#[genserver]
impl Brief {
    #[init]
    fn init() -> Init<Self> {
        Init::ok(Self).continue_with(Finish)
    }

    #[handle_continue]
    fn finish(&mut self, _: Finish) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }

    #[handle_call]
    fn get(&self) {}
}

/// DYN-1: `{:ok, pid}` in Elixir.
#[beamish::test]
async fn a_child_that_has_finished_already_was_started() {
    let supervisor = started().await;
    let brief = soon(supervisor.start_child(Brief::start_link().once()))
        .await
        .unwrap();
    assert!(!brief.is_alive());
    assert!(matches!(soon(brief.get()).await, Err(CallError::NoProc(_))));
    assert!(brief.pid().is_some());
    let pid = soon(supervisor.start_child(Brief::child_spec().restart(Restart::Temporary)))
        .await
        .unwrap();
    assert!(BriefRef::try_from(pid).is_err());
    assert_eq!(counts(&supervisor).await, (0, 0, 0, 0));
}
