//! What can be seen of processes while they run (`beamish::observe`).
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::HashMap;
use std::time::Duration;

use beamish::observe::{self, Events, Kind, Seen, Status, What};
use beamish::prelude::*;
use beamish::{AutoShutdown, ChildStatus, DynamicSupervisor, Strategy, sys};
use tokio::sync::oneshot;

use super::signals::{ask, end_of, on_both_flavors, puppet, soon};

/// Counts, and can be held up.
#[genserver(name = "observed", debug)]
#[derive(Debug)]
struct Counter {
    count: u64,
}

#[genserver(mailbox = bounded(2, on_full = refuse))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self { count: 0 }
    }

    #[handle_call]
    fn get(&self) -> u64 {
        self.count
    }

    #[handle_call(queued)]
    fn get_queued(&self) -> u64 {
        self.count
    }

    #[handle_cast]
    fn add(&mut self, by: u64) {
        self.count += by;
    }

    #[handle_cast]
    fn crash(&mut self) {
        panic!("observed");
    }

    #[handle_info]
    async fn hold(&mut self, Hold(entered, leave): Hold) {
        let _ = entered.send(());
        let _ = leave.await;
    }
}

struct Hold(oneshot::Sender<()>, oneshot::Receiver<()>);

/// Holds it up until what this gives is used or dropped.
async fn hold(pid: Pid) -> oneshot::Sender<()> {
    let (entered, has_entered) = oneshot::channel();
    let (go, leave) = oneshot::channel();
    send(pid, Hold(entered, leave));
    soon(has_entered).await.unwrap();
    go
}

fn see(pid: Pid) -> Seen {
    observe::see(pid).expect("it lives")
}

/// Waits until it is as it should be, as it is a moment after what is done to it was answered.
async fn becomes(pid: Pid, status: Status) {
    soon(async {
        while see(pid).status != status {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The next event of this process that is no start.
async fn next_of(events: &mut Events, of: impl Fn(&observe::Event) -> bool) -> observe::Event {
    soon(async {
        loop {
            let batch = events.recv().await;
            assert_eq!(batch.missed, 0);
            if let Some(event) = batch.events.into_iter().find(&of) {
                return event;
            }
        }
    })
    .await
}

async fn what_a_server_does_is_seen() {
    let counter = Counter::start().await.unwrap();
    let pid = counter.pid().unwrap();
    becomes(pid, Status::Idle).await;
    let seen = see(pid);
    assert_eq!(seen.kind, Kind::Server);
    assert_eq!(
        seen.name.as_ref().map(beamish::Name::as_str),
        Some("observed")
    );
    assert!(
        seen.type_name.ends_with("observe::Counter"),
        "{}",
        seen.type_name
    );
    assert_eq!(seen.parent, None);
    assert_eq!(
        (seen.handled, seen.links, seen.mailbox, seen.mailbox_bytes),
        (0, 0, 0, 0)
    );

    // Calls that the caller runs, queued ones, and casts.
    for _ in 0..3 {
        counter.get().await.unwrap();
        counter.get_queued().await.unwrap();
        counter.add(1).unwrap();
    }
    counter.get_queued().await.unwrap();
    let seen = see(pid);
    assert_eq!(seen.handled, 10);
    // The first of the three found it idle; casts were waiting when the others came, unless they had been handled already.
    assert!((1..=3).contains(&seen.ran_here), "{}", seen.ran_here);

    let go = hold(pid).await;
    counter.add(1).unwrap();
    let seen = see(pid);
    assert_eq!(
        (seen.status, seen.handled, seen.mailbox),
        (Status::Busy, 11, 1)
    );
    assert!(seen.mailbox_bytes >= size_of::<u64>());
    drop(go);
    sys::suspend(&counter).await.unwrap();
    let seen = see(pid);
    // Requests to the system are not counted.
    assert_eq!((seen.status, seen.handled), (Status::Suspended, 12));
    sys::resume(&counter).await.unwrap();
    becomes(pid, Status::Idle).await;

    // While it is looked at it keeps its state, and is idle all the same.
    sys::install_as(&counter, "test", |_| {}).await.unwrap();
    becomes(pid, Status::Idle).await;
    assert_eq!(counter.get().await, Ok(4));
    becomes(pid, Status::Idle).await;
    assert_eq!(see(pid).handled, 13);
    counter.stop().await.unwrap();
    assert!(observe::see(pid).is_none());
}

async fn other_processes_are_seen_too() {
    let pid = puppet();
    assert_eq!(ask(pid, || 1).await, 1);
    let seen = see(pid);
    assert_eq!(
        (seen.kind, seen.status, seen.handled),
        (Kind::Process, Status::Running, 1)
    );
    ask(pid, || process::set_label("a puppet")).await;
    assert_eq!(see(pid).label.as_deref(), Some("a puppet"));

    let (told, tells) = oneshot::channel();
    let task = Task::spawn(tells);
    let seen = see(task.pid());
    assert_eq!((seen.kind, seen.links), (Kind::Task, 1));
    told.send(()).unwrap();
    soon(task).await.unwrap().unwrap();
}

struct Shop;

#[application]
impl Shop {
    async fn start() -> std::result::Result<SupervisorRef, StartError> {
        supervisor! {
            Tree {
                strategy: rest_for_one,
                max_restarts: 7, max_seconds: 9,
                children: [Counter::start_link(), dynamic Pool {}],
            }
        }
        Tree::start_link().await
    }
}

async fn a_tree_says_what_it_is() {
    let app = Shop::start(()).await.unwrap();
    let top = app.supervisor().pid().unwrap();
    let seen = see(top);
    assert_eq!(seen.kind, Kind::Supervisor);
    assert!(seen.label.unwrap().ends_with("::Tree"));
    let master = see(seen.parent.unwrap());
    assert_eq!(master.kind, Kind::Application);
    assert!(master.type_name.ends_with("::Shop"), "{}", master.type_name);

    let second = Duration::from_secs(30);
    let info = observe::supervisor(top, 10, second).await.unwrap();
    assert_eq!(info.strategy, Some(Strategy::RestForOne));
    assert_eq!((info.max_restarts, info.max_seconds), (7, 9));
    assert_eq!(info.auto_shutdown, AutoShutdown::Never);
    assert_eq!((info.counts.specs, info.children.len()), (2, 2));
    assert_eq!(
        observe::supervisor(top, 1, second)
            .await
            .unwrap()
            .children
            .len(),
        1
    );
    let [counter, pool] = &info.children[..] else {
        panic!("{info:?}");
    };
    assert_eq!(counter.id.as_ref().unwrap().to_string(), "Counter");
    let (counter, pool) = (counter.status.pid().unwrap(), pool.status.pid().unwrap());
    assert_eq!(see(pool).kind, Kind::DynamicSupervisor);
    let info = observe::supervisor(pool, 10, second).await.unwrap();
    assert_eq!((info.strategy, info.counts.specs), (None, 0));
    let child = observe::child(top, counter, second).await.unwrap();
    assert_eq!(child.status, ChildStatus::Running(counter));

    // No supervisor, nobody's child, nobody.
    assert!(observe::supervisor(counter, 10, second).await.is_none());
    assert!(observe::child(top, top, second).await.is_none());
    app.stop().await;
    assert!(observe::supervisor(top, 10, second).await.is_none());
}

async fn what_happens_is_told_in_its_order() {
    let mut events = observe::events(1_000);
    let pool = DynamicSupervisor::new().start().await.unwrap();
    let pool_pid = pool.pid().unwrap();
    let counter = pool.start_child(Counter::child_spec()).await.unwrap();
    let supervisor = pool_pid;
    let was = counter;
    let full = next_of(&mut events, |event| event.pid == Some(was)).await;
    assert!(matches!(full.what, What::Started { parent: Some(parent) } if parent == supervisor));

    let go = hold(was).await;
    let client = CounterRef::named();
    for _ in 0..2 {
        client.add(1).unwrap();
    }
    client.add(1).unwrap_err();
    let full = next_of(&mut events, |event| event.pid == Some(was)).await;
    assert!(
        matches!(full.what, What::Full { message: "add" }),
        "{full:?}"
    );
    send(was, "nobody takes this");
    drop(go);
    let unexpected = next_of(&mut events, |event| event.pid == Some(was)).await;
    assert!(matches!(unexpected.what, What::Unexpected { message } if message.contains("str")));

    client.crash().unwrap();
    let crashed = next_of(&mut events, |event| event.pid == Some(was)).await;
    assert_eq!(
        crashed.name.as_ref().map(beamish::Name::as_str),
        Some("observed")
    );
    let What::Crashed { reason, state } = crashed.what else {
        panic!("{crashed:?}");
    };
    assert!(reason.to_string().contains("observed"), "{reason}");
    assert_eq!(state.as_deref(), Some("Counter { count: 2 }"));
    let is_restart = |event: &observe::Event| matches!(event.what, What::Restarted { .. });
    let restarted = next_of(&mut events, is_restart).await;
    let What::Restarted {
        before, supervisor, ..
    } = restarted.what
    else {
        unreachable!();
    };
    assert_eq!((before, supervisor), (Some(was), pool_pid));
    let now = restarted.pid.unwrap();
    assert_eq!(client.pid(), Some(now));

    process::exit(now, ExitReason::Shutdown);
    let ended = next_of(&mut events, |event| event.pid == Some(now)).await;
    assert!(
        matches!(
            ended.what,
            What::Ended {
                reason: ExitReason::Shutdown
            }
        ),
        "{ended:?}"
    );
    for _ in 0..2 {
        soon(client.when_up(Duration::from_secs(30))).await.unwrap();
        process::kill(client.pid().unwrap());
    }
    let gave_up = next_of(&mut events, |event| {
        matches!(event.what, What::GaveUp { .. })
    })
    .await;
    assert_eq!(gave_up.pid, Some(pool_pid));
}

async fn who_reads_too_slowly_is_told_how_much_was_missed() {
    let mut slow = observe::events(3);
    let mut fast = observe::events(1_000);
    assert!(slow.try_recv().is_empty());
    for _ in 0..5 {
        // A start and an end each.
        end_of(spawn(async {})).await;
    }
    let batch = slow.recv().await;
    assert_eq!(batch.events.len(), 3);
    let all = fast.try_recv();
    assert_eq!(all.missed, 0);
    assert_eq!(all.events.len() as u64, batch.missed + 3);
    assert!(slow.try_recv().is_empty());
    drop(slow);
    end_of(spawn(async {})).await;
    assert!(fast.try_recv().events.len() >= 2);
}

on_both_flavors! {
    what_a_server_does_is_seen,
    other_processes_are_seen_too,
    a_tree_says_what_it_is,
    what_happens_is_told_in_its_order,
    who_reads_too_slowly_is_told_how_much_was_missed,
}

/// Others that start and end meanwhile do not hide any, nor are any seen twice.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_has_each_process_once() {
    let pids: Vec<Pid> = (0..3_000)
        .map(|_| spawn(std::future::pending::<()>()))
        .collect();
    let (stop, mut stopped) = oneshot::channel::<()>();
    let others = tokio::spawn(process_churn(
        async move { soon(&mut stopped).await.unwrap() },
    ));
    for _ in 0..20 {
        let mut seen: HashMap<Pid, usize> = HashMap::new();
        for process in observe::snapshot() {
            *seen.entry(process.pid).or_default() += 1;
        }
        assert!(pids.iter().all(|pid| seen.get(pid) == Some(&1)));
        assert!(seen.values().all(|times| *times == 1));
    }
    stop.send(()).unwrap();
    others.await.unwrap();
    let totals = observe::totals();
    assert!(totals.processes >= 3_000 && totals.started >= totals.exited + 3_000);
}

/// Starts processes that end at once, until `stopped`.
async fn process_churn(stopped: impl Future<Output = ()>) {
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return,
            () = tokio::task::yield_now() => drop(spawn(async {})),
        }
    }
}
