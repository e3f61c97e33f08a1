//! Elixir's `gen_server_test`. A name of the wrong kind (EG02) does not compile; there is one node (EG10, EG11).

use std::time::Duration;

use beamish::prelude::*;
use beamish::{CallInfo, ChildKind, Restart, Shutdown, StopError, Via, WrongServer, global};

use crate::kit::{Directory, SECOND, nothing_came, one_for_one, pid_of, soon, started};
use crate::process_kit::{end_of, first, known};
use crate::server_kit::{Stack, StackRef, paused};

const KEY: crate::kit::Key = ("stack", 1);

async fn stack(items: impl Into<Vec<u32>>) -> StackRef {
    soon(Stack::start(items.into())).await.unwrap()
}

/// A server that has ended.
async fn dead() -> StackRef {
    let dead = stack([]).await;
    soon(dead.stop()).await.unwrap();
    dead
}

/// EG01: the type and its argument make a specification: named for the type, permanent, with five seconds to end; it starts
/// by `start_link`, with the argument.
#[beamish::test]
async fn eg01_a_type_gives_the_specification_of_a_child() {
    let spec = Stack::child_spec(vec![1, 2]);
    assert_eq!(spec.get_id(), &"Stack".into());
    assert_eq!(spec.get_restart(), Restart::Permanent);
    assert_eq!(spec.get_shutdown(), Shutdown::Timeout(5 * SECOND));
    assert_eq!(spec.get_kind(), ChildKind::Worker);
    assert!(!spec.get_significant());

    let supervisor = started(one_for_one().child(spec)).await;
    let mut pid = pid_of(&supervisor, "Stack").await;
    for reason in [ExitReason::Normal, ExitReason::other("boom")] {
        assert_eq!(known(pid).links, [supervisor.pid().unwrap()]);
        let stack = StackRef::try_from(pid).unwrap();
        assert_eq!(soon(stack.pop()).await.unwrap(), Some(2));
        let end = end_of(pid);
        stack.end(reason);
        end.await;
        let before = pid;
        pid = pid_of(&supervisor, "Stack").await;
        assert_ne!(pid, before);
    }
}

/// EG01: id, restart, shutdown and start of it can be given.
#[beamish::test]
async fn eg01_the_fields_of_the_specification_can_be_given() {
    let spec = Stack::child_spec(vec![1])
        .id("given")
        .restart(Restart::Temporary)
        .shutdown(Shutdown::BrutalKill);
    assert_eq!(spec.get_id(), &"given".into());
    assert_eq!(spec.get_restart(), Restart::Temporary);
    assert_eq!(spec.get_shutdown(), Shutdown::BrutalKill);
    let other_start = ChildSpec::new(|| Stack::start_link(vec![3]).name("other")).id(2);

    let supervisor = started(one_for_one().child(spec).child(other_start)).await;
    assert_eq!(soon(StackRef::to("other").pop()).await.unwrap(), Some(3));
    let given = pid_of(&supervisor, "given").await;
    let end = end_of(given);
    soon(supervisor.terminate_child("given")).await.unwrap();
    assert_eq!(end.await, ExitReason::Killed);
    assert_eq!(crate::kit::ids(&supervisor).await, "2", "not temporary");
}

/// The server is reached by its name: with calls, casts and stops; a second one cannot have the name.
async fn is_reached(start: impl Fn() -> beamish::Start<Stack>, name: StackRef) {
    assert_eq!(name.pid(), None);
    let stack = soon(start()).await.unwrap();
    assert_eq!(name.pid(), stack.pid());
    assert_eq!(known(self_pid()).links, [stack.pid().unwrap()]);
    assert_eq!(soon(name.pop()).await.unwrap(), Some(1));
    name.push(5);
    assert_eq!(soon(stack.pop()).await.unwrap(), Some(5));

    let second = soon(start()).await;
    let holder = stack.pid().unwrap();
    assert!(
        matches!(second, Err(StartError::AlreadyStarted(pid)) if pid == holder),
        "{second:?}"
    );
    soon(name.stop()).await.unwrap();
    assert!(!stack.is_alive());
    assert_eq!(name.pid(), None);
}

/// EG03: a server that is entered in a registry is reached by its key there.
#[beamish::test]
async fn eg03_a_server_is_reached_by_its_via_name() {
    let directory = Directory::default();
    let start = || Stack::start_link(vec![1]).via(&directory, KEY);
    is_reached(start, StackRef::via(&directory, KEY)).await;
    assert_eq!((directory.entered(), directory.len()), (1, 0));
    let stack = soon(start()).await.unwrap();
    assert_eq!(directory.whereis_name(&KEY), stack.pid());
    assert_eq!(StackRef::via(&directory, ("stack", 2)).pid(), None);
    assert_eq!(StackRef::via(&Directory::default(), KEY).pid(), None);
}

/// EG04: a server with a global name is reached by that, and not by the local name of the same text.
#[beamish::test]
async fn eg04_a_server_is_reached_by_its_global_name() {
    let start = || Stack::start_link(vec![1]).global("stack");
    is_reached(start, StackRef::global("stack")).await;
    let stack = soon(start()).await.unwrap();
    assert_eq!(global::whereis_name("stack"), stack.pid());
    assert_eq!(StackRef::to("stack").pid(), None);
}

/// EG05: a server with a local name is reached by that, and not by the global name of the same text.
#[beamish::test]
async fn eg05_a_server_is_reached_by_its_local_name() {
    let start = || Stack::start_link(vec![1]).name("stack");
    is_reached(start, StackRef::to("stack")).await;
    let stack = soon(start()).await.unwrap();
    assert_eq!(process::whereis("stack"), stack.pid());
    assert_eq!(StackRef::global("stack").pid(), None);
}

/// EG06: `start_link` links; a call gives the reply, a cast is there for the next call, and casts to nobody are silent;
/// `stop` ends the server.
#[beamish::test]
async fn eg06_start_link_call_cast_and_stop() {
    process::trap_exit(true);
    let stack = soon(Stack::start_link(vec![1])).await.unwrap();
    let pid = stack.pid().unwrap();
    assert_eq!(known(self_pid()).links, [pid]);
    assert_eq!(known(pid).links, [self_pid()]);

    assert_eq!(soon(stack.pop()).await.unwrap(), Some(1));
    stack.push(2);
    assert_eq!(soon(stack.pop()).await.unwrap(), Some(2));
    assert_eq!(soon(stack.pop()).await.unwrap(), None);

    for nobody in [
        StackRef::to("nobody"),
        StackRef::global("nobody"),
        StackRef::via(&Directory::default(), KEY),
        dead().await,
    ] {
        nobody.push(3);
    }
    assert_eq!(soon(stack.pop()).await.unwrap(), None);
    nothing_came();

    soon(stack.stop()).await.unwrap();
    assert!(!process::alive(pid));
    let Exit { from, reason } = first().await;
    assert_eq!((from, reason), (pid, ExitReason::Normal));
    nothing_came();
    stack.push(4);
}

/// What a process ends with that calls a server and passes on the error of that.
async fn ends_a_caller(stack: &StackRef) -> Box<CallInfo> {
    let stack = stack.clone();
    let caller = spawn(async move {
        stack.pop().timeout(2 * SECOND).await?;
        Ok::<_, CallError>(())
    });
    match end_of(caller).await {
        ExitReason::Call(info) => info,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn is_about_the_call(info: &CallInfo, server: &StackRef, timeout: Duration) {
    assert_eq!(info.server(), &server.server_ref().address());
    assert_eq!(info.operation(), "pop");
    assert_eq!(info.timeout(), Some(timeout));
}

/// EG07: an unanswered call says why, and which call of whom it was: no process (a dead one, a name that nobody holds, no
/// name), no answer in time, or the reason with which the server ended. Passed on, it is the reason of the caller.
#[beamish::test(start_paused)]
async fn eg07_a_failed_call_says_why_and_ends_a_caller_that_passes_it_on() {
    for nobody in [
        dead().await,
        StackRef::to("nobody"),
        StackRef::global("nobody"),
        StackRef::via(&Directory::default(), KEY),
        StackRef::to("nil"),
    ] {
        let error = soon(nobody.pop()).await.unwrap_err();
        assert!(matches!(error, CallError::NoProc(_)), "{error:?}");
        assert_eq!(error.info().reason(), &ExitReason::NoProc);
        is_about_the_call(error.info(), &nobody, 5 * SECOND);
        let info = ends_a_caller(&nobody).await;
        assert_eq!(info.reason(), &ExitReason::NoProc);
        is_about_the_call(&info, &nobody, 2 * SECOND);
    }

    let slow = stack([1]).await;
    let told = paused(&slow).await;
    let began = tokio::time::Instant::now();
    let error = slow.pop().await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 5);
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    is_about_the_call(error.info(), &slow, 5 * SECOND);
    let info = ends_a_caller(&slow).await;
    assert_eq!(began.elapsed().as_secs(), 7);
    assert_eq!(info.reason(), &ExitReason::Timeout);
    is_about_the_call(&info, &slow, 2 * SECOND);

    let boom = ExitReason::other("boom");
    let (waiting, told) = (slow.pop(), (told, boom.clone()));
    let (answer, ()) = tokio::join!(waiting, async {
        let (told, reason) = told;
        told.send(Some(reason)).unwrap();
    });
    let error = answer.unwrap_err();
    assert!(matches!(error, CallError::Exit(_)), "{error:?}");
    assert_eq!(error.info().reason(), &boom);
    is_about_the_call(error.info(), &slow, 5 * SECOND);
}

/// A server that asks whom it is told to.
#[genserver]
struct Asker;

#[genserver]
impl Asker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    async fn call(&mut self, other: AskerRef) -> CallError {
        other.get().timeout(SECOND).await.unwrap_err()
    }

    #[handle_call]
    async fn stop_it(&mut self, other: AskerRef) -> StopError {
        other.stop().await.unwrap_err()
    }

    #[handle_call]
    fn get(&self) {}
}

/// A server, and itself under names of every form.
async fn asker(directory: &Directory) -> (AskerRef, [AskerRef; 4]) {
    let asker = soon(Asker::start().via(directory, KEY)).await.unwrap();
    let pid = asker.pid().unwrap();
    process::register("asker", pid).unwrap();
    global::register_name("global asker", pid).unwrap();
    let itself = [
        asker.clone(),
        AskerRef::to("asker"),
        AskerRef::global("global asker"),
        AskerRef::via(directory, KEY),
    ];
    (asker, itself)
}

/// EG07: a server that calls itself, by its pid or a name of any form, is told so at once, and lives on.
#[beamish::test]
async fn eg07_a_server_cannot_call_itself_under_any_name() {
    let directory = Directory::default();
    let (asker, itself) = asker(&directory).await;
    for itself in itself {
        let error = soon(asker.call(itself.clone())).await.unwrap();
        assert!(matches!(error, CallError::CallingSelf(_)), "{error:?}");
        let info = error.info();
        assert_eq!(info.reason().to_string(), "\"calling_self\"");
        assert_eq!(info.server(), &itself.server_ref().address());
        assert_eq!((info.operation(), info.timeout()), ("get", Some(SECOND)));
    }
    soon(asker.get()).await.unwrap();
}

#[genserver(name = "named by its type")]
struct Named;

#[genserver]
impl Named {
    #[init]
    fn init() -> Self {
        Self
    }
}

/// EG08: without a name, or when its type's name is refused, a server is started under none.
#[beamish::test]
async fn eg08_a_server_may_have_no_name() {
    let pids = [
        stack([]).await.pid().unwrap(),
        stack([]).await.pid().unwrap(),
        soon(Named::start().unnamed()).await.unwrap().pid().unwrap(),
        soon(Named::start().unnamed()).await.unwrap().pid().unwrap(),
    ];
    assert!(pids.iter().all(|pid| known(*pid).registered_name.is_none()));
    assert!(process::registered().is_empty());
    assert!(global::registered_names().is_empty());

    let named = soon(Named::start()).await.unwrap();
    assert_eq!(process::whereis("named by its type"), named.pid());
}

/// EG09: `start` links nobody: the server and who started it end alone.
#[beamish::test]
async fn eg09_start_does_not_link() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let starter = spawn(async move {
        let stack = Stack::start(vec![1]).await.unwrap();
        assert_eq!(known(self_pid()).links, []);
        tell.send(stack).unwrap();
        process::receive::<ExitReason>().await;
    });
    let survivor = soon(told).await.unwrap();
    assert_eq!(known(survivor.pid().unwrap()).links, []);
    let end = end_of(starter);
    process::exit(starter, ExitReason::other("boom"));
    end.await;
    assert_eq!(soon(survivor.pop()).await.unwrap(), Some(1));

    // This process does not trap exits.
    let end = end_of(survivor.pid().unwrap());
    survivor.crash();
    assert!(matches!(end.await, ExitReason::Panic(_)));
    nothing_came();
}

/// EG12: each form of a name gives the pid of its holder, or nothing; a pid gives itself, alive or dead.
#[beamish::test]
async fn eg12_every_form_of_a_name_gives_the_pid_of_its_holder() {
    let directory = Directory::default();
    let (asker, itself) = asker(&directory).await;
    let pid = asker.pid().unwrap();
    for itself in &itself {
        assert_eq!(itself.pid(), Some(pid), "{itself:?}");
    }
    assert_eq!(AskerRef::try_from(pid).unwrap().pid(), Some(pid));
    assert_eq!(process::whereis("asker"), Some(pid));
    assert_eq!(global::whereis_name("global asker"), Some(pid));
    assert_eq!(directory.whereis_name(&KEY), Some(pid));

    soon(asker.stop()).await.unwrap();
    let [bound, names @ ..] = itself;
    assert_eq!(bound.pid(), Some(pid));
    for name in names {
        assert_eq!(name.pid(), None, "{name:?}");
    }
    assert!(matches!(AskerRef::try_from(pid), Err(WrongServer::NoProc(p)) if p == pid));
    assert_eq!(process::whereis("asker"), None);
    assert_eq!(global::whereis_name("global asker"), None);
    assert_eq!(AskerRef::to("nil").pid(), None);
}

/// EG13: `stop` is ready when the server is dead and its name free; of a dead one, or of no name, it says that there is no
/// process, and that ends a caller that passes it on.
#[beamish::test]
async fn eg13_stop_waits_for_the_end_and_fails_without_a_process() {
    let stack = soon(Stack::start(vec![]).name("stack")).await.unwrap();
    let pid = stack.pid().unwrap();
    let end = end_of(pid);
    soon(stack.stop()).await.unwrap();
    assert!(!process::alive(pid) && process::info(pid).is_none());
    assert_eq!(process::whereis("stack"), None);
    assert_eq!(end.await, ExitReason::Normal);

    for nobody in [stack, StackRef::to("nil"), StackRef::to("nobody")] {
        let no_proc = StopError::NoProc(nobody.server_ref().address());
        assert_eq!(soon(nobody.stop()).await, Err(no_proc.clone()));
        let caller = spawn(async move {
            nobody.stop().await?;
            Ok::<_, StopError>(())
        });
        match end_of(caller).await {
            ExitReason::Error(error) => {
                assert_eq!(error.downcast_ref::<StopError>(), Some(&no_proc));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// EG13: a server that would wait for its own end, under any name, is told so, and lives on.
#[beamish::test]
async fn eg13_a_server_cannot_stop_itself_and_wait() {
    let directory = Directory::default();
    let (asker, itself) = asker(&directory).await;
    for itself in itself {
        let error = soon(asker.stop_it(itself)).await.unwrap();
        assert_eq!(error, StopError::CallingSelf);
    }
    soon(asker.get()).await.unwrap();
}
