//! Names, and the nodes in which they are held.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use beamish::prelude::*;
use beamish::{Name, Node, RegisterError, StopError, node};
use tokio::sync::{Barrier, oneshot};

use super::signals::{ask, corpse, end_of, idle, next, on_both_flavors, puppet, soon, take};

// --- Holding a name ---

/// NAM-1: a process that has been given a name is found by it, and told of among the names that are held.
#[beamish::test]
async fn holder_is_found_by_its_name() {
    assert_eq!(process::whereis("anna"), None);
    let anna = idle();
    process::register("anna", anna).unwrap();
    process::register("me", self_pid()).unwrap();
    assert_eq!(process::whereis("anna"), Some(anna));
    assert_eq!(process::whereis("me"), Some(self_pid()));
    assert_eq!(process::whereis("Anna"), None);
    let name = process::info(anna).unwrap().registered_name.unwrap();
    assert_eq!(name.as_str(), "anna");
    let held: HashSet<Name> = process::registered().into_iter().collect();
    assert_eq!(held, HashSet::from(["anna".into(), "me".into()]));
}

/// NAM-1: a name that is held cannot be taken; its holder keeps it, and the other gets none.
#[beamish::test]
async fn held_name_cannot_be_taken() {
    let (holder, other) = (idle(), idle());
    process::register("seat", holder).unwrap();
    let error = process::register("seat", other).unwrap_err();
    assert_eq!(error, RegisterError::Taken("seat".into(), holder));
    assert_eq!(process::whereis("seat"), Some(holder));
    assert!(process::info(other).unwrap().registered_name.is_none());
    // Its holder cannot take it twice either.
    process::register("seat", holder).unwrap_err();
    assert_eq!(process::whereis("seat"), Some(holder));
    process::register("other seat", other).unwrap();
}

/// NAM-1: a process holds at most one name; a second one is refused and stays free.
#[beamish::test]
async fn process_holds_one_name_at_most() {
    let holder = idle();
    process::register("first", holder).unwrap();
    let error = process::register("second", holder).unwrap_err();
    assert_eq!(error, RegisterError::HasName("first".into()));
    assert_eq!(process::whereis("first"), Some(holder));
    assert_eq!(process::whereis("second"), None);
    assert!(process::unregister("first"));
    process::register("second", holder).unwrap();
    assert_eq!(process::whereis("second"), Some(holder));
}

/// NAM-1: the reserved values are no names, for `register` and for the start of a server.
#[beamish::test]
async fn reserved_names_are_refused() {
    let pid = idle();
    for reserved in ["", "nil", "true", "false", "undefined"] {
        let error = process::register(reserved, pid).unwrap_err();
        assert_eq!(error, RegisterError::Reserved(reserved.into()));
        assert_eq!(process::whereis(reserved), None);
        let error = Keeper::start().name(reserved).await.unwrap_err();
        assert!(matches!(error, StartError::BadName(name) if name == reserved.into()));
    }
    assert!(process::registered().is_empty());
    process::register("Nil", pid).unwrap();
}

/// NAM-1: a dead process is given no name.
#[beamish::test]
async fn dead_process_is_given_no_name() {
    let dead = corpse().await;
    let error = process::register("ghost", dead).unwrap_err();
    assert_eq!(error, RegisterError::NoProc(dead));
    let ending = idle();
    process::kill(ending);
    let error = process::register("ghost", ending).unwrap_err();
    assert_eq!(error, RegisterError::NoProc(ending));
    assert_eq!(process::whereis("ghost"), None);
    process::register("ghost", self_pid()).unwrap();
}

/// NAM-1: a name that is taken away is free at once, its process lives on and is no longer reached by it.
#[beamish::test]
async fn name_that_is_taken_away_is_free() {
    let (first, second) = (puppet(), puppet());
    process::register("seat", first).unwrap();
    assert!(process::unregister("seat"));
    assert!(!process::unregister("seat"));
    assert_eq!(process::whereis("seat"), None);
    assert!(process::info(first).unwrap().registered_name.is_none());
    process::register("seat", second).unwrap();
    // The end of the former holder takes nothing from the present one.
    process::kill(first);
    end_of(first).await;
    assert_eq!(process::whereis("seat"), Some(second));
    assert_eq!(ask(second, || 1).await, 1);
}

/// NAM-1: of many processes that claim a name at the same time one gets it, and all others are told which.
async fn one_of_many_claims_succeeds() {
    const CLAIMS: usize = 8;
    for _ in 0..50 {
        let barrier = Arc::new(Barrier::new(CLAIMS));
        let tester = self_pid();
        let claimers: Vec<Pid> = (0..CLAIMS)
            .map(|_| {
                let barrier = Arc::clone(&barrier);
                spawn(async move {
                    barrier.wait().await;
                    send(tester, process::register("prize", self_pid()));
                    std::future::pending::<()>().await;
                })
            })
            .collect();
        let mut winners = 0;
        let mut told = HashSet::new();
        for _ in 0..CLAIMS {
            match next::<Result<(), RegisterError>>().await {
                Ok(()) => winners += 1,
                Err(RegisterError::Taken(_, holder)) => {
                    told.insert(holder);
                }
                Err(error) => panic!("{error}"),
            }
        }
        let holder = process::whereis("prize").expect("one holds it");
        assert_eq!(winners, 1);
        assert_eq!(told, HashSet::from([holder]));
        for claimer in claimers {
            process::kill(claimer);
            end_of(claimer).await;
        }
    }
}

on_both_flavors! { one_of_many_claims_succeeds }

// --- Every way of addressing ---

/// Keeps what it is told.
#[genserver(name = "keeper")]
struct Keeper {
    kept: u32,
}

#[genserver]
impl Keeper {
    #[init]
    fn init() -> Self {
        Self { kept: 0 }
    }

    #[handle_cast]
    fn keep(&mut self, number: u32) {
        self.kept += number;
    }

    #[handle_call]
    fn kept(&self) -> u32 {
        self.kept
    }

    #[handle_call]
    async fn kept_later(&self) -> u32 {
        self.kept
    }

    #[handle_info]
    fn info(&mut self, number: u32) {
        self.kept += number;
    }
}

/// NAM-2: what takes a process takes a name as well as a pid: messages, exit signals, kills, monitors, waits, timers.
#[beamish::test]
async fn processes_are_addressed_by_name_or_pid() {
    let me = self_pid();
    process::register("me", me).unwrap();
    send_named("me", 1_u32).unwrap();
    process::send_after("me", 2_u32, Duration::ZERO);
    process::send_after(Name::from("me"), 3_u32, Duration::ZERO);
    assert_eq!(next::<u32>().await, 1);
    assert_eq!(next::<u32>().await + next::<u32>().await, 5);

    process::trap_exit(true);
    process::exit("me", ExitReason::Shutdown);
    assert_eq!(next::<Exit>().await.reason, ExitReason::Shutdown);

    for kills in [false, true] {
        let pid = idle();
        process::register("victim", pid).unwrap();
        let mref = process::monitor("victim");
        let end = process::monitored("victim");
        if kills {
            process::kill("victim");
        } else {
            process::exit("victim", ExitReason::Kill);
        }
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert_eq!(next::<Down>().await.mref, mref);
    }
}

/// NAM-2: a server is called, cast to, stopped and looked up by its name as by its pid.
#[beamish::test]
async fn server_is_reached_by_name_or_pid() {
    let by_pid = Keeper::start_link().await.unwrap();
    for by_name in [KeeperRef::named(), KeeperRef::to("keeper")] {
        assert_eq!(by_name.pid(), by_pid.pid());
        assert!(by_name.is_alive());
        by_name.keep(1);
        by_pid.keep(1);
        assert_eq!(by_name.kept().await, by_pid.kept().await);
        assert_eq!(by_name.kept_later().await, by_pid.kept_later().await);
    }
    assert_eq!(by_pid.kept().await, Ok(4));
    KeeperRef::named().stop().await.unwrap();
    assert!(!by_pid.is_alive());
    assert_eq!(KeeperRef::named().pid(), None);
}

/// NAM-2, STA-2: a server may be started under another name, under none, or under one that is made at run time.
#[beamish::test]
async fn server_may_be_started_under_any_name_or_none() {
    let keepers = [
        Keeper::start().await.unwrap(),
        Keeper::start().unnamed().await.unwrap(),
        Keeper::start().name("second").await.unwrap(),
        Keeper::start().name(format!("number {}", 3)).await.unwrap(),
    ];
    let pids: HashSet<_> = keepers.iter().map(|keeper| keeper.pid().unwrap()).collect();
    assert_eq!(pids.len(), 4);
    assert_eq!(process::whereis("keeper"), keepers[0].pid());
    assert_eq!(process::whereis("second"), keepers[2].pid());
    assert_eq!(process::whereis("number 3"), keepers[3].pid());
    assert_eq!(process::registered().len(), 3);
    let StartError::AlreadyStarted(holder) = Keeper::start().await.unwrap_err() else {
        panic!("the name is held");
    };
    assert_eq!(Some(holder), keepers[0].pid());
}

/// NAM-2: with a name that nobody holds a call, a stop and a lookup say so.
#[beamish::test]
async fn server_of_an_unheld_name_is_no_process() {
    let nobody = KeeperRef::to("nobody");
    assert!(
        matches!(nobody.kept().await, Err(CallError::NoProc(info)) if *info.server() == "nobody")
    );
    assert!(matches!(nobody.stop().await, Err(StopError::NoProc(address)) if address == "nobody"));
    assert_eq!(nobody.pid(), None);
    assert!(!nobody.is_alive());
}

/// NAM-2: a client by name follows the name from one holder to the next; one by pid stays with its process.
#[beamish::test]
async fn client_by_name_follows_the_name() {
    let by_name = KeeperRef::named();
    let first = Keeper::start().await.unwrap();
    by_name.keep(1);
    assert_eq!(by_name.kept().await, Ok(1));
    first.stop().await.unwrap();
    let second = Keeper::start().await.unwrap();
    assert_eq!(by_name.kept().await, Ok(0));
    assert_eq!(by_name.pid(), second.pid());
    assert!(matches!(first.kept().await, Err(CallError::NoProc(_))));
}

// --- The death of a holder ---

/// NAM-3: a dead holder is none: the name is free for lookups and for the next, however the holder ended.
#[beamish::test]
async fn dead_holder_holds_nothing() {
    let ends: [fn(); 4] = [
        || {},
        || panic!("a holder panics"),
        || exit(ExitReason::Shutdown),
        || process::kill(self_pid()),
    ];
    for end in ends {
        let pid = spawn(async move {
            process::register("mortal", self_pid()).unwrap();
            end();
        });
        end_of(pid).await;
        assert_eq!(process::whereis("mortal"), None);
        assert!(process::registered().is_empty());
        assert!(!process::unregister("mortal"));
        send_named("mortal", 1).unwrap_err();
        let heir = idle();
        process::register("mortal", heir).unwrap();
        assert_eq!(process::whereis("mortal"), Some(heir));
        process::kill(heir);
        end_of(heir).await;
    }
}

/// NAM-3, STA-4: a server can be started under the name of one whose end was told, at once.
async fn name_of_a_dead_server_is_taken_over_at_once() {
    for kills in [true, false].repeat(50) {
        let server = Keeper::start().await.unwrap();
        let mref = server.monitor();
        if kills {
            process::kill(server.pid().unwrap());
            assert_eq!(next::<Down>().await.mref, mref);
        } else {
            server.stop().await.unwrap();
            process::demonitor_flush(mref);
        }
        let heir = Keeper::start().await.unwrap();
        assert_eq!(process::whereis("keeper"), heir.pid());
        heir.stop().await.unwrap();
    }
}

/// NAM-3: a lookup never finds a process whose end was told already.
async fn lookup_never_finds_the_dead() {
    let tester = self_pid();
    for _ in 0..100 {
        let pid = idle();
        process::register("brief", pid).unwrap();
        let watcher = spawn(async move {
            let (reason, found) = (process::monitored(pid).await, process::whereis("brief"));
            send(tester, (reason, found));
        });
        process::kill(pid);
        end_of(pid).await;
        assert_eq!(process::whereis("brief"), None);
        let (_, found) = next::<(ExitReason, Option<Pid>)>().await;
        assert_eq!(found, None);
        end_of(watcher).await;
    }
}

on_both_flavors! {
    name_of_a_dead_server_is_taken_over_at_once,
    lookup_never_finds_the_dead,
}

// --- Nodes ---

/// Runs a future in a node, as a plain task: a process would stay in its own node.
async fn within<R: Send + 'static>(
    node: &Node,
    future: impl Future<Output = R> + Send + 'static,
) -> R {
    let node = node.clone();
    soon(tokio::spawn(async move { node.scope(future).await }))
        .await
        .expect("it does not panic")
}

/// A12: two tests with the same names, one of two.
#[beamish::test]
async fn name_of_a_test_is_its_own_first_twin() {
    hold_the_name_of_the_twins().await;
}

/// A12: two tests with the same names, the other one.
#[beamish::test]
async fn name_of_a_test_is_its_own_second_twin() {
    hold_the_name_of_the_twins().await;
}

async fn hold_the_name_of_the_twins() {
    for _ in 0..100 {
        assert!(process::registered().is_empty());
        process::register("twin", self_pid()).unwrap();
        let server = Keeper::start().await.unwrap();
        process::yield_now().await;
        assert_eq!(process::whereis("twin"), Some(self_pid()));
        server.stop().await.unwrap();
        assert!(process::unregister("twin"));
    }
}

/// A12: nodes have names of their own: one name, two holders.
#[beamish::test]
async fn nodes_have_names_of_their_own() {
    let here = idle();
    process::register("city", here).unwrap();
    let elsewhere = Node::new();
    let there = within(&elsewhere, async {
        assert!(process::registered().is_empty());
        assert_eq!(process::whereis("city"), None);
        KeeperRef::named().keep(1);
        send_named("city", 1).unwrap_err();
        let there = idle();
        process::register("city", there).unwrap();
        Keeper::start().name("only there").await.unwrap();
        assert_eq!(process::whereis("city"), Some(there));
        there
    })
    .await;
    assert_ne!(here, there);
    assert_eq!(process::whereis("city"), Some(here));
    assert_eq!(process::whereis("only there"), None);
    assert_eq!(process::list(), [self_pid(), here]);
    elsewhere.shutdown().await;
}

/// A12: a pid works in every node; a name is given only to a process of the node.
#[beamish::test]
async fn pid_works_across_nodes() {
    let elsewhere = Node::new();
    let (there, keeper) = within(&elsewhere, async {
        (idle(), Keeper::start().await.unwrap())
    })
    .await;
    assert!(process::alive(there));
    let error = process::register("foreigner", there).unwrap_err();
    assert_eq!(error, RegisterError::NoProc(there));
    keeper.keep(1);
    send(keeper.pid().unwrap(), 2_u32);
    assert_eq!(keeper.kept().await, Ok(3));
    let mref = process::monitor(there);
    process::trap_exit(true);
    process::link(there);
    process::kill(there);
    assert_eq!(next::<Exit>().await.from, there);
    assert_eq!(next::<Down>().await.mref, mref);
    elsewhere.shutdown().await;
}

/// A12: code in a process is in the process's node, before any scope; what it starts is there too.
async fn process_keeps_its_node() {
    let home = node::current();
    let elsewhere = Node::new();
    assert_ne!(home, elsewhere);
    let (tells, told) = oneshot::channel();
    let (there, other) = (elsewhere.clone(), home.clone());
    within(&elsewhere, async move {
        assert_eq!(node::current(), there);
        spawn(async move {
            let before = node::current();
            process::yield_now().await;
            let in_scope = other
                .scope(async {
                    process::yield_now().await;
                    node::current()
                })
                .await;
            let (child_tells, child_told) = oneshot::channel();
            spawn(async move { child_tells.send(node::current()).unwrap() });
            tells
                .send([before, in_scope, child_told.await.unwrap()])
                .unwrap();
        });
        tokio::task::yield_now().await;
        assert_eq!(node::current(), there);
    })
    .await;
    assert_eq!(node::current(), home);
    for seen in soon(told).await.unwrap() {
        assert_eq!(seen, elsewhere);
    }
    elsewhere.shutdown().await;
}

/// A12: of two scopes the inner one counts, and afterwards the outer one again.
#[beamish::test]
async fn inner_scope_counts() {
    let (outer, inner) = (Node::new(), Node::new());
    let (of_outer, of_inner) = (outer.clone(), inner.clone());
    within(&outer, async move {
        of_inner
            .scope(async {
                tokio::task::yield_now().await;
                assert_eq!(node::current(), of_inner);
            })
            .await;
        assert_eq!(node::current(), of_outer);
    })
    .await;
}

/// A12: a server's handlers are in the server's node, also where a caller of another node runs them.
async fn handler_is_in_the_node_of_its_server() {
    let elsewhere = Node::new();
    let server = within(&elsewhere, async { Local::start().await.unwrap() }).await;
    assert_eq!(server.node().await, Ok(elsewhere.clone()));
    assert_eq!(server.node_later().await, Ok(elsewhere.clone()));
    assert_eq!(server.found().await, Ok(server.pid()));
    assert_eq!(process::whereis("local"), None);
    elsewhere.shutdown().await;
}

/// Says where it is.
#[genserver(name = "local")]
struct Local;

#[genserver]
impl Local {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn node(&self) -> Node {
        node::current()
    }

    #[handle_call]
    async fn node_later(&self) -> Node {
        node::current()
    }

    #[handle_call]
    fn found(&self) -> Option<Pid> {
        process::whereis("local")
    }
}

/// A12: a task of `tokio::spawn` or `spawn_blocking` inside of a process is no process, and is in the node of its runtime.
async fn plain_task_is_no_process_but_in_the_node_of_its_runtime() {
    let home = node::current();
    let keeper = Keeper::start().await.unwrap();
    let look = || {
        (
            process::try_self_pid(),
            node::current(),
            KeeperRef::named().pid(),
        )
    };
    let here = (None, home.clone(), keeper.pid());
    assert_eq!(
        soon(tokio::spawn(async move { look() })).await.unwrap(),
        here
    );
    assert_eq!(soon(tokio::task::spawn_blocking(look)).await.unwrap(), here);
    let nested = tokio::spawn(async move { tokio::spawn(async move { look() }).await });
    assert_eq!(soon(nested).await.unwrap().unwrap(), here);

    let called = tokio::spawn(async {
        KeeperRef::named().keep(5);
        KeeperRef::named().kept().await
    });
    assert_eq!(soon(called).await.unwrap(), Ok(5));

    let panic = tokio::spawn(async { self_pid() }).await.unwrap_err();
    assert!(panic.is_panic());
    assert!(process::try_self_pid().is_some());
}

/// A12: a process that a plain task starts is in the node of the runtime, and has no parent.
async fn process_of_a_plain_task_is_in_the_node_of_the_runtime() {
    let pid = soon(tokio::spawn(async { idle() })).await.unwrap();
    assert!(process::list().contains(&pid));
    assert_eq!(process::info(pid).unwrap().parent, None);
    let child = idle();
    assert_eq!(process::info(child).unwrap().parent, Some(self_pid()));
}

/// A12: a thread of its own, outside of runtimes and scopes, is in the default node, not in that of a test.
#[beamish::test]
async fn thread_of_its_own_is_in_the_default_node() {
    let home = node::current();
    process::register("only in this test", self_pid()).unwrap();
    let (there, found) =
        std::thread::spawn(|| (node::current(), process::whereis("only in this test")))
            .join()
            .unwrap();
    assert_ne!(there, home);
    assert_eq!(found, None);
}

/// A12: a client by name keeps the node in which it was made.
async fn client_by_name_keeps_its_node() {
    let elsewhere = Node::new();
    let (client, pid) = within(&elsewhere, async {
        let server = Keeper::start().await.unwrap();
        (KeeperRef::named(), server.pid())
    })
    .await;
    let here = Keeper::start().await.unwrap();
    assert_ne!(here.pid(), pid);
    assert_eq!(client.pid(), pid);
    client.keep(7);
    assert_eq!(client.kept().await, Ok(7));
    assert_eq!(KeeperRef::named().kept().await, Ok(0));
    elsewhere.shutdown().await;
    assert_eq!(client.pid(), None);
}

/// A12: `shutdown` kills all processes of a node, those that trap exits too, and no others.
async fn shutdown_of_a_node_kills_what_lives_there() {
    let here = puppet();
    let node = Node::new();
    let ends = within(&node, async {
        let traps = spawn(async {
            process::trap_exit(true);
            std::future::pending::<()>().await;
        });
        let keeper = Keeper::start().await.unwrap();
        [idle(), traps, keeper.pid().unwrap()].map(process::monitored)
    })
    .await;
    soon(node.shutdown()).await;
    for end in ends {
        assert_eq!(soon(end).await, ExitReason::Killed);
    }
    within(&node, async { assert!(process::list().is_empty()) }).await;
    assert_eq!(ask(here, || 1).await, 1);
    assert!(take::<Exit>().await.is_none());
}

on_both_flavors! {
    process_keeps_its_node,
    handler_is_in_the_node_of_its_server,
    plain_task_is_no_process_but_in_the_node_of_its_runtime,
    process_of_a_plain_task_is_in_the_node_of_the_runtime,
    client_by_name_keeps_its_node,
    shutdown_of_a_node_kills_what_lives_there,
}
