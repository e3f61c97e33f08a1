//! Applications: a tree that is started and stopped as one.

#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{ApplicationError, ChildSpec, Strategy, Supervisor};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::calls::support::{Gate, Log, Seen, assert_mailbox_empty, both_flavors, log, poll_once};

/// How the tree of an application goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Ok,
    /// The second child fails.
    ChildFails,
    /// The start itself says so.
    Fails,
    Panics,
    Exits,
    /// After the tree has started.
    PanicsLate,
    /// The tree is dead before the start returns it.
    TreeDies,
}

#[derive(Clone)]
struct Setup {
    way: Way,
    log: Log,
    /// Children end when it is open.
    gate: Gate,
    master: Arc<Mutex<Option<oneshot::Sender<Pid>>>>,
}

fn setup(way: Way) -> (Setup, Seen, oneshot::Receiver<Pid>) {
    let ((log, seen), (tell, told)) = (log(), oneshot::channel());
    let gate = Gate::new();
    gate.open();
    (
        Setup {
            way,
            log,
            gate,
            master: Arc::new(Mutex::new(Some(tell))),
        },
        seen,
        told,
    )
}

#[genserver(trap_exit, shutdown = infinity)]
struct Worker {
    id: u64,
    setup: Setup,
}

#[genserver]
impl Worker {
    #[init]
    fn init(id: u64, setup: Setup) -> Result<Self, std::io::Error> {
        if setup.way == Way::ChildFails && id == 2 {
            return Err(std::io::Error::other("the second one"));
        }
        setup.log.write(format!("start {id}"));
        Ok(Self { id, setup })
    }

    #[handle_call]
    fn ping(&self) -> u64 {
        self.id
    }

    #[terminate]
    async fn terminate(&mut self, reason: &ExitReason) {
        self.setup.log.write(format!("stop {} {reason:?}", self.id));
        self.setup.gate.wait().await;
        self.setup.log.write(format!("stopped {}", self.id));
    }
}

struct Program;

#[application]
impl Program {
    async fn start(setup: Setup) -> Result<SupervisorRef, StartError> {
        if let Some(master) = setup.master.lock().unwrap().take() {
            let _ = master.send(self_pid());
        }
        match setup.way {
            Way::Fails => return Err(StartError::Ignored),
            Way::Panics => panic!("no tree for you"),
            Way::Exits => exit(ExitReason::other("enough")),
            _ => {}
        }
        let child = |id: u64| {
            let setup = setup.clone();
            ChildSpec::new(move || {
                Worker::start_link(id, setup.clone()).name(format!("worker {id}"))
            })
            .id(i64::try_from(id).unwrap())
        };
        let tree = Supervisor::new(Strategy::OneForOne)
            .name("top")
            .max_restarts(1)
            .children([child(1), child(2), child(3)])
            .start_link()
            .await?;
        if setup.way == Way::PanicsLate {
            panic!("too late");
        }
        if setup.way == Way::TreeDies {
            process::kill("top");
            process::monitored("top").await;
        }
        Ok(tree)
    }
}

/// That nothing of the application is left in the node: only the test itself.
async fn assert_nothing_left() {
    assert_eq!(process::whereis("top"), None);
    assert_eq!(process::registered(), []);
    assert_eq!(process::list(), [self_pid()]);
    assert_mailbox_empty().await;
}

both_flavors! {
    /// APP-2: started: the tree runs, its top supervisor is known; the start runs in a process of the application's own.
    async fn start_gives_the_running_application() {
        let (setup, mut seen, master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        assert_eq!(seen.rest(), ["start 1", "start 2", "start 3"]);
        assert_eq!(app.supervisor().pid(), process::whereis("top"));
        assert_eq!(WorkerRef::to("worker 2").ping().await.unwrap(), 2);
        let master = master.await.unwrap();
        assert_ne!(master, self_pid());
        assert_eq!(process::info(app.supervisor().pid().unwrap()).unwrap().parent, Some(master));
        assert_eq!(process::info(self_pid()).unwrap().links, []);
        app.stop().await;
    }

    /// APP-2: a tree that fails: not started, nothing of it is left, and what had started is ended in reverse order.
    async fn start_that_fails_leaves_nothing() {
        let (setup, mut seen, _master) = setup(Way::ChildFails);
        let error = Program::start(setup).await.unwrap_err();
        let StartError::Exit(ExitReason::ShutdownWith(term)) = &error else { panic!("{error:?}") };
        assert!(term.downcast_ref::<beamish::FailedToStartChild>().is_some(), "{term:?}");
        assert_eq!(seen.rest(), ["start 1".to_owned(), format!("stop 1 {:?}", ExitReason::Shutdown), "stopped 1".to_owned()]);
        assert_nothing_left().await;
    }

    /// APP-2: an error of the start itself, a panic and an exit: not started.
    async fn start_that_crashes_leaves_nothing() {
        let (failing, _seen, _master) = setup(Way::Fails);
        assert!(matches!(Program::start(failing).await, Err(StartError::Ignored)));
        assert_nothing_left().await;

        let (panicking, _seen, _master) = setup(Way::Panics);
        match Program::start(panicking).await {
            Err(StartError::Exit(ExitReason::Panic(panic))) => assert_eq!(panic.message(), "no tree for you"),
            other => panic!("{:?}", other.map(drop)),
        }
        assert_nothing_left().await;

        let (exiting, _seen, _master) = setup(Way::Exits);
        match Program::start(exiting).await {
            Err(StartError::Exit(ExitReason::Other(term))) => assert_eq!(term.downcast_ref(), Some(&"enough")),
            other => panic!("{:?}", other.map(drop)),
        }
        assert_nothing_left().await;
    }

    /// APP-2: however soon it fails, the error is the one of the start; and the application's own process is gone then.
    async fn start_that_fails_at_once_tells_why_and_has_ended_its_own_process() {
        for _ in 0..1_000 {
            let (failing, _seen, _master) = setup(Way::Fails);
            let outcome = Program::start(failing).await.map(drop);
            assert!(matches!(outcome, Err(StartError::Ignored)), "{outcome:?}");
            assert_eq!(process::list(), [self_pid()]);
            let (exiting, _seen, _master) = setup(Way::Exits);
            match Program::start(exiting).await.map(drop) {
                Err(StartError::Exit(ExitReason::Other(term))) => assert_eq!(term.downcast_ref(), Some(&"enough")),
                other => panic!("{other:?}"),
            }
            assert_eq!(process::list(), [self_pid()]);
        }
    }

    /// APP-2: after a failed start the application can be started at once.
    async fn start_after_a_failed_one_succeeds() {
        for way in [Way::ChildFails, Way::Fails, Way::Panics, Way::Exits] {
            let (failing, _seen, _master) = setup(way);
            assert!(Program::start(failing).await.is_err());
            let (good, _seen, _master) = setup(Way::Ok);
            let app = Program::start(good).await.unwrap();
            assert_eq!(WorkerRef::to("worker 1").ping().await.unwrap(), 1);
            app.stop().await;
            assert_nothing_left().await;
        }
    }

    /// APP-2: a start that crashes after its tree has started takes the tree along.
    async fn start_that_crashes_late_takes_its_tree_along() {
        let (setup, mut seen, _master) = setup(Way::PanicsLate);
        assert!(matches!(Program::start(setup).await, Err(StartError::Exit(ExitReason::Panic(_)))));
        while process::whereis("top").is_some() {
            process::monitored("top").await;
        }
        let lines = seen.rest();
        let stopped: Vec<_> = lines.iter().filter(|line| line.starts_with("stopped")).collect();
        assert_eq!(stopped, ["stopped 3", "stopped 2", "stopped 1"]);
    }

    /// APP-4: a tree that dies before its start has returned: the reason is told, by the start or as the end.
    async fn tree_that_dies_while_it_is_returned_tells_its_reason() {
        let (setup, _seen, _master) = setup(Way::TreeDies);
        let reason = match Program::start(setup).await {
            Ok(app) => app.ended().await,
            Err(StartError::Exit(reason)) => reason,
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(reason, ExitReason::Killed);
    }

    /// APP-3: stop: the children in reverse order, each fully ended before the next, with `shutdown`; then it is over.
    async fn stop_ends_the_tree_in_reverse_order() {
        let (setup, mut seen, _master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        seen.rest();
        let (ended, ()) = tokio::join!(app.ended(), app.stop());
        assert_eq!(ended, ExitReason::Shutdown);
        let down = ExitReason::Shutdown;
        assert_eq!(
            seen.rest(),
            [
                format!("stop 3 {down:?}"),
                "stopped 3".to_owned(),
                format!("stop 2 {down:?}"),
                "stopped 2".to_owned(),
                format!("stop 1 {down:?}"),
                "stopped 1".to_owned(),
            ],
        );
        assert_nothing_left().await;
        assert!(!app.supervisor().is_alive());
    }

    /// APP-3: a stop is not over before the top supervisor has ended.
    async fn stop_waits_for_the_top_supervisor() {
        let (mut setup, mut seen, _master) = setup(Way::Ok);
        setup.gate = Gate::new();
        let gate = setup.gate.clone();
        let app = Program::start(setup).await.unwrap();
        seen.rest();
        let mut stop = Box::pin(app.stop());
        assert!(poll_once(&mut stop).await.is_pending());
        assert!(seen.next().await.starts_with("stop 3"));
        for _ in 0..50 {
            process::yield_now().await;
            assert!(poll_once(&mut stop).await.is_pending());
        }
        assert!(process::whereis("top").is_some());
        gate.open();
        stop.await;
        assert_nothing_left().await;
    }

    /// APP-3: a stop that is dropped goes on.
    async fn stop_that_is_dropped_goes_on() {
        let (setup, _seen, _master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        let end = process::monitored("top");
        let mut stop = Box::pin(app.stop());
        let _ = poll_once(&mut stop).await;
        drop(stop);
        assert_eq!(end.await, ExitReason::Shutdown);
        assert_eq!(process::whereis("top"), None);
    }

    /// APP-3: a second stop, and one by many at once, are done when the first is.
    async fn stop_may_be_asked_for_again() {
        let (setup, _seen, _master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        tokio::join!(app.stop(), app.stop(), app.stop());
        assert_nothing_left().await;
        app.stop().await;
        assert_eq!(app.ended().await, ExitReason::Shutdown);
    }

    /// APP-4: a top supervisor that ends by itself, for good: its reason is told; a stop is done at once.
    async fn application_that_ends_by_itself_tells_its_reason() {
        let (setup, mut seen, _master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        seen.rest();
        let ended = app.ended();
        let crashes = async {
            // One restart is allowed.
            for _ in 0..2 {
                let worker = WorkerRef::to("worker 1");
                worker.when_up(Duration::from_secs(30)).await.unwrap();
                let pid = worker.pid().unwrap();
                process::kill(pid);
                process::monitored(pid).await;
            }
        };
        let (ended, ()) = tokio::join!(ended, crashes);
        assert_eq!(ended, ExitReason::Shutdown);
        let stopped: Vec<_> = seen.rest().into_iter().filter(|line| line.starts_with("stopped")).collect();
        assert_eq!(stopped, ["stopped 3", "stopped 2"]);
        app.stop().await;
        assert_nothing_left().await;
    }

    /// APP-4: one that is killed.
    async fn application_whose_top_supervisor_is_killed_tells_so() {
        let (setup, _seen, _master) = setup(Way::Ok);
        let app = Program::start(setup).await.unwrap();
        let (ended, ()) = tokio::join!(app.ended(), async { process::kill("top") });
        assert_eq!(ended, ExitReason::Killed);
        app.stop().await;
    }

    /// APP-4: `run` tells of it as an error, and of a start that failed.
    async fn run_tells_of_an_end_by_itself() {
        let (good, _seen, _master) = setup(Way::Ok);
        let killer = async {
            let top = SupervisorRef::to("top");
            top.when_up(Duration::from_secs(30)).await.unwrap();
            // When its children are up, it is.
            top.count_children().await.unwrap();
            process::kill("top");
        };
        let (outcome, ()) = tokio::join!(Program::run(good), killer);
        match outcome {
            Err(ApplicationError::Ended(reason) | ApplicationError::Start(StartError::Exit(reason))) => {
                assert_eq!(reason, ExitReason::Killed);
            }
            other => panic!("{other:?}"),
        }

        let (failing, _seen, _master) = setup(Way::Fails);
        let outcome = Program::run(failing).await;
        assert!(matches!(outcome, Err(ApplicationError::Start(StartError::Ignored))), "{outcome:?}");
    }

    /// APP-2: who started it does not own it: it lives on, with or without its handle.
    async fn application_survives_who_started_it() {
        let (setup, mut seen, _master) = setup(Way::Ok);
        let starter = spawn(async move {
            let app = Program::start(setup).await.unwrap();
            drop(app);
            exit(ExitReason::other("gone"));
        });
        process::monitored(starter).await;
        assert_eq!(WorkerRef::to("worker 3").ping().await.unwrap(), 3);
        let top = SupervisorRef::to("top");
        assert_eq!(top.count_children().await.unwrap().active, 3);
        assert_eq!(seen.rest(), ["start 1", "start 2", "start 3"]);
    }

    /// APP-2: from code that is no process.
    async fn start_and_stop_work_from_a_plain_task() {
        let (setup, mut seen, _master) = setup(Way::Ok);
        // Its runtime knows the node.
        tokio::spawn(async move {
            let app = Program::start(setup).await.unwrap();
            assert_eq!(WorkerRef::to("worker 1").ping().await.unwrap(), 1);
            app.stop().await;
        })
        .await
        .unwrap();
        assert_eq!(seen.rest().last().unwrap(), "stopped 1");
        assert_nothing_left().await;
    }
}

/// APP-3: the top supervisor is awaited without limit.
#[beamish::test(start_paused)]
async fn stop_waits_without_limit() {
    let (mut setup, _seen, _master) = setup(Way::Ok);
    setup.gate = Gate::new();
    let gate = setup.gate.clone();
    let app = Program::start(setup).await.unwrap();
    let before = Instant::now();
    tokio::join!(app.stop(), async {
        process::sleep(Duration::from_secs(1_000_000)).await;
        gate.open();
    });
    assert!(before.elapsed() >= Duration::from_secs(1_000_000));
    assert_nothing_left().await;
}

/// APP-1 has no counterpart; but names still make a second start fail, with who holds them.
#[beamish::test]
async fn second_start_of_a_named_tree_gives_the_holder() {
    let (first, _first_seen, _) = setup(Way::Ok);
    let app = Program::start(first).await.unwrap();
    let (second, mut second_seen, _) = setup(Way::Ok);
    match Program::start(second).await {
        Err(StartError::AlreadyStarted(pid)) => assert_eq!(Some(pid), app.supervisor().pid()),
        other => panic!("{:?}", other.map(drop)),
    }
    assert_eq!(second_seen.rest(), [] as [&str; 0]);
    assert_eq!(WorkerRef::to("worker 1").ping().await.unwrap(), 1);
    app.stop().await;
    assert_nothing_left().await;
}

/// APP-2: also to a thread of its own, while the workers run the application at once.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn start_from_a_thread_that_fails_at_once_tells_why() {
    let (handle, node) = (tokio::runtime::Handle::current(), beamish::node::current());
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let outcomes = handle.block_on(node.scope(async {
            let mut outcomes = Vec::new();
            for _ in 0..1_000 {
                let (failing, _seen, _master) = setup(Way::Fails);
                outcomes.push(Program::start(failing).await.map(drop));
            }
            outcomes
        }));
        let _ = tell.send(outcomes);
    });
    for outcome in told.await.unwrap() {
        assert!(matches!(outcome, Err(StartError::Ignored)), "{outcome:?}");
    }
    assert_eq!(process::list(), [self_pid()]);
}
