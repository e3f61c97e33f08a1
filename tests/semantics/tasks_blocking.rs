//! Tasks that block their thread.

use std::sync::mpsc;
use std::thread;

use beamish::TaskError;
use beamish::prelude::*;
use tokio::sync::oneshot;

#[genserver(name = "clerk")]
struct Clerk;

#[genserver]
impl Clerk {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn caller(&self) -> Option<Pid> {
        process::caller()
    }
}

#[beamish::test]
async fn it_runs_elsewhere_as_the_process_of_the_task() {
    let clerk = Clerk::start_link().await.unwrap();
    let (to_task, from_test) = mpsc::channel::<u8>();
    let task = Task::blocking(move || {
        // The test goes on meanwhile, on the only thread of its runtime.
        let received = from_test.recv();
        // Names are those of the test's node.
        let caller = ClerkRef::named().caller().blocking();
        (received, thread::current().id(), self_pid(), caller)
    });
    let pid = task.pid();
    assert_eq!(clerk.caller().await, Ok(Some(self_pid())));
    to_task.send(7).unwrap();
    let (received, thread, itself, caller) = task.await.unwrap();
    assert_eq!((received, itself, caller), (Ok(7), pid, Ok(Some(pid))));
    assert_ne!(thread, thread::current().id());
}

#[beamish::test]
async fn its_panic_is_the_crash_of_the_task() {
    process::trap_exit(true);
    let task = Task::<()>::blocking(|| panic!("as asked"));
    let pid = task.pid();
    let Err(TaskError::Exit(ExitReason::Panic(panic))) = task.await else {
        panic!("the task did not crash");
    };
    assert_eq!(panic.message(), "as asked");
    assert!(
        panic.file().unwrap().ends_with("tasks_blocking.rs"),
        "{panic:?}"
    );
    receive! {
        Exit { from, reason } if from == pid => assert!(matches!(reason, ExitReason::Panic(_))),
    }

    let task = Task::<()>::blocking(|| exit(ExitReason::Shutdown));
    assert!(matches!(
        task.await,
        Err(TaskError::Exit(ExitReason::Shutdown))
    ));
    let task = Task::<()>::blocking(|| process::exit(self_pid(), ExitReason::Kill));
    assert!(matches!(
        task.await,
        Err(TaskError::Exit(ExitReason::Killed))
    ));
}

#[beamish::test]
async fn once_begun_it_is_abandoned_not_killed() {
    process::trap_exit(true);
    let (begun, has_begun) = oneshot::channel();
    let (go, wait) = mpsc::channel::<()>();
    let (done, is_done) = oneshot::channel();
    let task = Task::blocking(move || {
        begun.send(()).unwrap();
        wait.recv().unwrap();
        done.send(process::alive(self_pid())).unwrap();
    });
    has_begun.await.unwrap();
    process::kill(task.pid());
    assert!(matches!(
        task.await,
        Err(TaskError::Exit(ExitReason::Killed))
    ));
    go.send(()).unwrap();
    assert_eq!(is_done.await, Ok(false));
}
