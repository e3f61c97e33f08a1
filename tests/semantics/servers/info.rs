//! SRV-13: messages that no handler takes.

use super::*;

/// SRV-13: no `handle_info`, or none for that type: the message is logged and dropped.
#[beamish::test]
async fn message_that_no_handler_takes_is_logged_and_dropped() {
    let (reports, _listening) = Reports::listen();
    let bystander = Bystander::start().await.unwrap();
    send(bystander.pid().unwrap(), String::from("hello"));
    assert_eq!(bystander.hello().await.unwrap(), 1);
    let said = reports.at(tracing::Level::WARN);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("Bystander") && said[0].contains("String"),
        "{said:?}"
    );

    let (machine, mut seen) = plain_machine().await;
    send(machine.pid().unwrap(), 7_u128);
    assert_eq!(machine.count().await.unwrap(), 0);
    let said = reports.at(tracing::Level::WARN);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[1].contains("Machine") && said[1].contains("u128"),
        "{said:?}"
    );
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

/// SRV-13, SRV-8: nor do `Exit`, `Down` and `Timeout` harm a server without handlers for them.
#[beamish::test(start_paused)]
async fn system_messages_that_no_handler_takes_are_dropped() {
    let deaf = Deaf::start().await.unwrap();
    let pid = deaf.pid().unwrap();
    process::exit(pid, abnormal());
    deaf.watch(dead_pid().await).await.unwrap();
    deaf.wait().await.unwrap();
    process::sleep(2 * SECOND).await;
    deaf.wait().await.unwrap();
    assert!(deaf.is_alive());
}

#[genserver(trap_exit)]
struct Deaf;

#[genserver]
impl Deaf {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn watch(&self, pid: Pid) {
        process::monitor(pid);
    }

    #[handle_call]
    fn wait(&self) -> Reply<()> {
        Reply::ok(()).timeout_after(SECOND)
    }
}

/// A server that takes everything.
#[genserver]
struct CatchAll(Log);

#[genserver]
impl CatchAll {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_info]
    fn number(&mut self, number: u64) {
        assert_ne!(number, 13, "thirteen is refused");
        self.0.write(format!("number {number}"));
    }

    #[handle_info]
    fn anything(&mut self, info: beamish::Info) {
        self.0.write(format!(
            "anything {}",
            info.downcast_ref::<&str>().unwrap_or(&"?")
        ));
    }

    #[handle_call]
    fn flush(&self) {}
}

/// SRV-13: what a typed handler does not take goes to the catch-all; an error inside a handler is not mistaken for a
/// missing one.
#[beamish::test]
async fn error_inside_a_handler_is_not_taken_for_a_missing_handler() {
    let (log, mut seen) = log();
    let server = CatchAll::start(log).await.unwrap();
    let pid = server.pid().unwrap();
    send(pid, 1_u64);
    send(pid, "text");
    send(pid, 1_u8);
    server.flush().await.unwrap();
    assert_eq!(seen.rest(), ["number 1", "anything text", "anything ?"]);
    let end = process::monitored(pid);
    send(pid, 13_u64);
    let reason = end.await;
    let ExitReason::Panic(panic) = reason else {
        panic!("{reason:?}")
    };
    assert!(panic.message().contains("thirteen is refused"));
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

/// Monitors and `Down` in a server.
#[beamish::test]
async fn down_arrives_in_the_handler_for_it() {
    let (machine, mut seen) = plain_machine().await;
    let watched = spawn(std::future::pending::<()>());
    let pid = machine.pid().unwrap();
    let watching = Watcher::start(Arc::new(machine)).await.unwrap();
    watching.watch(watched).await.unwrap();
    process::kill(watched);
    assert_eq!(seen.next().await, "down");
    assert!(process::alive(pid));
}

#[genserver]
struct Watcher(Arc<MachineRef>);

#[genserver]
impl Watcher {
    #[init]
    fn init(machine: Arc<MachineRef>) -> Self {
        Self(machine)
    }

    #[handle_call]
    fn watch(&self, pid: Pid) {
        process::monitor(pid);
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        assert_eq!(down.reason, ExitReason::Killed);
        self.0.note("down");
    }
}
