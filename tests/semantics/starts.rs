//! Starting a process and waiting for its `init`.

#![allow(
    clippy::needless_pass_by_value,
    reason = "what a handler takes is moved into it"
)]
#![allow(
    clippy::unwrap_used,
    reason = "helpers and servers of tests fail as tests do"
)]

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beamish::Start;
use beamish::prelude::*;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::listening::Reports;

use super::calls::support::{
    DropMark, Gate, Log, Seen, assert_mailbox_empty, both_flavors, log, poll_once,
};

/// How an `init` goes.
#[derive(Clone, Debug)]
enum Way {
    Ok,
    TimeoutAfter(Duration),
    Hibernate,
    Continue,
    Ignore,
    Error,
    Stop(ExitReason),
    Panic,
    Exit(ExitReason),
    SignalToItself(ExitReason),
    Never,
    Sleep(Duration),
}

#[derive(Debug)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

impl std::error::Error for Refused {}

struct Onwards;

/// What a starter gives to an `init`.
#[derive(Clone)]
struct Setup {
    way: Way,
    log: Log,
    /// `init` goes on when it is opened.
    gate: Gate,
    started: Arc<Mutex<Option<oneshot::Sender<Pid>>>>,
}

/// The starter's side of a [`Setup`].
struct Watcher {
    seen: Seen,
    gate: Gate,
    started: oneshot::Receiver<Pid>,
}

fn setup(way: Way) -> (Setup, Watcher) {
    let (log, seen) = log();
    let (started, started_rx) = oneshot::channel();
    let gate = Gate::new();
    let setup = Setup {
        way,
        log,
        gate: gate.clone(),
        started: Arc::new(Mutex::new(Some(started))),
    };
    (
        setup,
        Watcher {
            seen,
            gate,
            started: started_rx,
        },
    )
}

/// The same, with an `init` that does not wait.
fn open_setup(way: Way) -> (Setup, Watcher) {
    let (setup, watcher) = setup(way);
    watcher.gate.open();
    (setup, watcher)
}

#[genserver]
struct Starter {
    log: Log,
    _mark: DropMark,
}

#[genserver]
impl Starter {
    #[init]
    async fn init(setup: Setup) -> Init<Self> {
        let Setup {
            way,
            log,
            gate,
            started,
        } = setup;
        // Says that all that `init` held was dropped.
        let mark = DropMark(log.clone());
        log.write("init");
        if let Some(started) = started.lock().unwrap().take() {
            let _ = started.send(self_pid());
        }
        gate.wait().await;
        let state = |mark| Self {
            log: log.clone(),
            _mark: mark,
        };
        match way {
            Way::Ok => Init::ok(state(mark)),
            Way::TimeoutAfter(duration) => Init::ok(state(mark)).timeout_after(duration),
            Way::Hibernate => Init::ok(state(mark)).hibernate(),
            Way::Continue => Init::ok(state(mark)).continue_with(Onwards),
            Way::Ignore => Init::ignore(),
            Way::Error => Init::error(Refused(7)),
            Way::Stop(reason) => Init::stop(reason),
            Way::Panic => panic!("no state for you"),
            Way::Exit(reason) => exit(reason),
            Way::SignalToItself(reason) => {
                process::exit(self_pid(), reason);
                unreachable!("an exit signal to oneself ends the process here");
            }
            Way::Never => std::future::pending().await,
            Way::Sleep(duration) => {
                process::sleep(duration).await;
                Init::ok(state(mark))
            }
        }
    }

    #[handle_continue]
    fn onwards(&mut self, _: Onwards) {
        self.log.write("continued");
    }

    #[handle_info]
    fn idle(&mut self, _: beamish::Timeout) {
        self.log.write("timeout");
    }

    #[handle_call]
    fn ping(&self) -> &'static str {
        self.log.write("ping");
        "pong"
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.log.write(format!("terminate {reason:?}"));
    }
}

/// What became of a start that fails.
#[derive(Debug)]
struct Failed {
    error: StartError,
    reason: ExitReason,
    crash_reported: bool,
}

/// Starts, linked, by a test that traps exits, under a name; checks what holds of every failed start; gives the rest.
async fn fail(way: Way, during: impl FnOnce(Pid)) -> Failed {
    process::trap_exit(true);
    let (reports, _listening) = Reports::listen();
    let (setup, mut watcher) = setup(way);
    let start = async {
        let outcome = Starter::start_link(setup.clone()).name("starter").await;
        // Looked at before anything else runs.
        (outcome, process::whereis("starter"))
    };
    let watch = async {
        let pid = (&mut watcher.started).await.unwrap();
        let end = process::monitored(pid);
        watcher.gate.open();
        during(pid);
        (pid, end.await)
    };
    let ((outcome, holder), (pid, reason)) = tokio::join!(start, watch);
    let Err(error) = outcome else {
        panic!("it started")
    };
    assert_eq!(holder, None, "STA-4: the name is free");
    assert!(
        !process::alive(pid) && process::info(pid).is_none(),
        "STA-4: the process is gone"
    );
    assert_eq!(
        watcher.seen.rest(),
        ["init", "dropped"],
        "STA-6: terminate does not run"
    );
    assert_mailbox_empty().await;
    assert_eq!(
        process::info(self_pid()).unwrap().links,
        [],
        "no link is left"
    );
    let crash_reported = !reports.crashes(pid).is_empty();
    Failed {
        error,
        reason,
        crash_reported,
    }
}

#[track_caller]
fn refused(error: &StartError) -> u32 {
    match error {
        StartError::Init(error) => error.downcast_ref::<Refused>().expect("another error").0,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn exit_reason(error: StartError) -> ExitReason {
    match error {
        StartError::Exit(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// A reason that is neither planned nor known.
fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

// ---- STA-3, row by row ------------------------------------------------------------------------------------------------

both_flavors! {
    /// STA-3, row 1: OTP `{ok, State}`.
    async fn start_gives_the_running_server_when_init_succeeds() {
        let (setup, mut watcher) = open_setup(Way::Ok);
        let server = Starter::start_link(setup).await.unwrap();
        assert_eq!(server.pid(), Some(watcher.started.await.unwrap()));
        assert!(server.is_alive());
        assert_eq!(server.ping().await.unwrap(), "pong");
        assert_eq!(watcher.seen.rest(), ["init", "ping"]);
    }

    /// STA-3, row 1, SRV-1: OTP `{ok, State, {continue, C}}`; the starter is told, then the continuation runs, before the
    /// first message.
    async fn start_succeeds_when_init_leaves_a_continuation() {
        let (setup, mut watcher) = open_setup(Way::Continue);
        let server = Starter::start_link(setup).await.unwrap();
        server.ping().await.unwrap();
        assert_eq!(watcher.seen.rest(), ["init", "continued", "ping"]);
    }

    /// STA-3, row 1, SRV-12: OTP `{ok, State, hibernate}`.
    async fn start_succeeds_when_init_hibernates() {
        let (setup, mut watcher) = open_setup(Way::Hibernate);
        let server = Starter::start_link(setup).await.unwrap();
        assert_eq!(server.ping().await.unwrap(), "pong");
        assert_eq!(watcher.seen.rest(), ["init", "ping"]);
    }
}

/// STA-3, row 1, SRV-11: OTP `{ok, State, Timeout}`.
#[beamish::test(start_paused)]
async fn start_succeeds_when_init_asks_for_a_timeout() {
    let (setup, mut watcher) = open_setup(Way::TimeoutAfter(Duration::from_secs(3)));
    let before = Instant::now();
    let _server = Starter::start_link(setup).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(watcher.seen.next().await, "init");
    assert_eq!(watcher.seen.next().await, "timeout");
    assert_eq!(before.elapsed(), Duration::from_secs(3));
}

/// STA-3, row 2: OTP `ignore`.
#[beamish::test]
async fn init_that_ignores_gives_ignored_and_ends_normal() {
    let failed = fail(Way::Ignore, |_| {}).await;
    assert!(matches!(failed.error, StartError::Ignored));
    assert_eq!(failed.reason, ExitReason::Normal);
    assert!(!failed.crash_reported);
}

/// STA-3, row 3: OTP `{error, Reason}`.
#[beamish::test]
async fn init_that_fails_gives_its_error_and_ends_normal() {
    let failed = fail(Way::Error, |_| {}).await;
    assert_eq!(refused(&failed.error), 7);
    assert_eq!(failed.reason, ExitReason::Normal);
    assert!(!failed.crash_reported);
}

/// STA-3, row 4: OTP `{stop, Reason}`.
#[beamish::test]
async fn init_that_stops_gives_its_reason_and_ends_with_it() {
    let reason = abnormal();
    let failed = fail(Way::Stop(reason.clone()), |_| {}).await;
    assert_eq!(exit_reason(failed.error), reason);
    assert_eq!(failed.reason, reason);
    assert!(failed.crash_reported, "an abnormal reason is reported");
}

/// STA-3, row 4, EXI-6: a planned reason is no crash.
#[beamish::test]
async fn init_that_stops_as_planned_is_not_reported() {
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("enough"),
    ] {
        let failed = fail(Way::Stop(reason.clone()), |_| {}).await;
        assert_eq!(exit_reason(failed.error), reason);
        assert_eq!(failed.reason, reason);
        assert!(!failed.crash_reported, "{reason:?} was reported");
    }
}

/// STA-3, row 6: OTP an error raised in `init`.
#[beamish::test]
async fn init_that_panics_gives_the_panic_and_ends_with_it() {
    let failed = fail(Way::Panic, |_| {}).await;
    let error = exit_reason(failed.error);
    assert_eq!(error, failed.reason, "same reason");
    let ExitReason::Panic(panic) = error else {
        panic!("{error:?}")
    };
    assert_eq!(panic.message(), "no state for you");
    assert!(
        panic.file().unwrap().ends_with("starts.rs"),
        "{:?}",
        panic.file()
    );
    assert!(panic.line().is_some());
    assert!(failed.crash_reported);
}

/// STA-3, row 7: OTP `exit(Reason)` in `init`.
#[beamish::test]
async fn init_that_exits_gives_its_reason_and_is_reported_if_that_is_abnormal() {
    for (reason, reported) in [
        (abnormal(), true),
        (ExitReason::Timeout, true),
        (ExitReason::Kill, true),
        (ExitReason::Normal, false),
        (ExitReason::Shutdown, false),
        (ExitReason::shutdown_with(1), false),
    ] {
        let failed = fail(Way::Exit(reason.clone()), |_| {}).await;
        assert_eq!(exit_reason(failed.error), reason);
        assert_eq!(failed.reason, reason);
        assert_eq!(failed.crash_reported, reported, "{reason:?}");
    }
}

/// STA-3, row 9: killed before it acknowledged.
#[beamish::test]
async fn init_that_is_killed_gives_killed() {
    let failed = fail(Way::Never, process::kill).await;
    assert_eq!(exit_reason(failed.error), ExitReason::Killed);
    assert_eq!(failed.reason, ExitReason::Killed);
}

/// STA-3, row 9: ended by an exit signal before it acknowledged.
#[beamish::test]
async fn init_that_is_ended_by_a_signal_gives_its_reason() {
    for reason in [abnormal(), ExitReason::Shutdown] {
        let sent = reason.clone();
        let failed = fail(Way::Never, |pid| process::exit(pid, sent)).await;
        assert_eq!(exit_reason(failed.error), reason);
        assert_eq!(failed.reason, reason);
    }
}

/// STA-3, row 9, EXI-5: ended by an exit signal to itself, `Normal` too.
#[beamish::test]
async fn init_that_sends_itself_an_exit_signal_gives_its_reason() {
    for reason in [abnormal(), ExitReason::Normal] {
        let failed = fail(Way::SignalToItself(reason.clone()), |_| {}).await;
        assert_eq!(exit_reason(failed.error), reason);
        assert_eq!(failed.reason, reason);
    }
    let failed = fail(Way::SignalToItself(ExitReason::Kill), |_| {}).await;
    assert_eq!(exit_reason(failed.error), ExitReason::Killed);
    assert_eq!(failed.reason, ExitReason::Killed);
}

/// STA-3, row 10, STA-4 … STA-6: slower than the start's timeout.
#[beamish::test(start_paused)]
async fn init_that_takes_too_long_is_killed_and_gives_timeout() {
    process::trap_exit(true);
    let (reports, _listening) = Reports::listen();
    let (setup, mut watcher) = open_setup(Way::Never);
    let before = Instant::now();
    let start = async {
        let outcome = Starter::start_link(setup)
            .name("starter")
            .timeout(Duration::from_millis(250))
            .await;
        (outcome, process::whereis("starter"))
    };
    let watch = async {
        let pid = (&mut watcher.started).await.unwrap();
        (pid, process::monitored(pid).await)
    };
    let ((outcome, holder), (pid, reason)) = tokio::join!(start, watch);
    assert!(matches!(outcome, Err(StartError::Timeout)));
    assert_eq!(before.elapsed(), Duration::from_millis(250));
    assert_eq!(reason, ExitReason::Killed);
    assert_eq!(holder, None);
    assert!(!process::alive(pid));
    assert!(reports.crashes(pid).is_empty());
    assert_eq!(watcher.seen.rest(), ["init", "dropped"]);
    assert_mailbox_empty().await;
}

// ---- STA-1 ------------------------------------------------------------------------------------------------------------

both_flavors! {
    /// STA-1: the starter waits for the acknowledgement.
    async fn start_is_not_ready_before_init_has_returned() {
        let (setup, watcher) = setup(Way::Ok);
        let mut start = pin!(Starter::start_link(setup));
        assert!(poll_once(&mut start).await.is_pending());
        let pid = watcher.started.await.unwrap();
        for _ in 0..100 {
            assert!(poll_once(&mut start).await.is_pending());
            process::yield_now().await;
        }
        assert!(process::alive(pid));
        watcher.gate.open();
        assert_eq!(start.await.unwrap().pid(), Some(pid));
    }
}

/// STA-1: there is no timeout unless one is given.
#[beamish::test(start_paused)]
async fn start_waits_without_limit_unless_told_otherwise() {
    let year = Duration::from_secs(365 * 24 * 3600);
    let (setup, _watcher) = open_setup(Way::Sleep(year));
    let before = Instant::now();
    Starter::start_link(setup).await.unwrap();
    assert!(before.elapsed() >= year);
}

/// STA-1: an `init` within the timeout is not hurt by it, then or later.
#[beamish::test(start_paused)]
async fn start_timeout_that_is_not_reached_does_nothing() {
    let (setup, _watcher) = open_setup(Way::Sleep(Duration::from_secs(1)));
    let server = Starter::start_link(setup)
        .timeout(Duration::from_secs(2))
        .await
        .unwrap();
    process::sleep(Duration::from_secs(10)).await;
    assert_eq!(server.ping().await.unwrap(), "pong");
}

/// STA-1: a start does nothing before it is polled.
#[beamish::test]
async fn start_that_is_never_awaited_starts_nothing() {
    let (setup, mut watcher) = open_setup(Way::Ok);
    let before = process::list();
    drop(Starter::start_link(setup));
    assert_eq!(process::list(), before);
    assert_eq!(watcher.seen.rest(), [] as [&str; 0]);
}

/// STA-1: `start` works for code that is no process.
#[beamish::test]
async fn start_works_from_a_plain_task() {
    let (setup, _watcher) = open_setup(Way::Ok);
    let node = beamish::node::current();
    let server = tokio::spawn(async move { node.scope(Starter::start(setup)).await })
        .await
        .unwrap()
        .unwrap();
    assert_eq!(server.ping().await.unwrap(), "pong");
    assert_eq!(process::info(server.pid().unwrap()).unwrap().links, []);
}

// ---- STA-2 ------------------------------------------------------------------------------------------------------------

#[genserver(name = "attribute")]
struct Named;

#[genserver]
impl Named {
    #[init]
    fn init(log: Log) -> Self {
        let mine = self_pid();
        for name in ["attribute", "given"] {
            log.write(format!("{name} {}", process::whereis(name) == Some(mine)));
        }
        Self
    }

    #[handle_call]
    fn touch(&self) {}
}

/// STA-2: the name is registered before `init` runs: the attribute's.
#[beamish::test]
async fn name_of_the_attribute_is_held_when_init_runs() {
    let (log, mut seen) = log();
    let server = Named::start_link(log).await.unwrap();
    assert_eq!(seen.rest(), ["attribute true", "given false"]);
    assert_eq!(process::whereis("attribute"), server.pid());
    NamedRef::named().touch().await.unwrap();
}

/// STA-2: a name given at the start takes the place of the attribute's; `unnamed` leaves it out.
#[beamish::test]
async fn name_of_the_start_is_held_when_init_runs() {
    let (log, mut seen) = log();
    let server = Named::start_link(log.clone()).name("given").await.unwrap();
    assert_eq!(seen.rest(), ["attribute false", "given true"]);
    assert_eq!(process::whereis("given"), server.pid());
    Named::start_link(log).unnamed().await.unwrap();
    assert_eq!(seen.rest(), ["attribute false", "given false"]);
    assert_eq!(process::registered().len(), 1);
}

both_flavors! {
    /// STA-2: OTP `{error, {already_started, Pid}}`: `init` does not run, and a linked starter that does not trap exits lives
    /// on, since the child ends with `normal`.
    async fn second_start_under_a_held_name_gives_the_holder_and_runs_no_init() {
        let (log, mut seen) = log();
        let first = Named::start_link(log.clone()).await.unwrap();
        seen.rest();
        let before = process::list();
        for _ in 0..2 {
            match Named::start_link(log.clone()).await {
                Err(StartError::AlreadyStarted(pid)) => assert_eq!(Some(pid), first.pid()),
                other => panic!("{other:?}"),
            }
            match Named::start(log.clone()).await {
                Err(StartError::AlreadyStarted(pid)) => assert_eq!(Some(pid), first.pid()),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen.rest(), [] as [&str; 0]);
        assert_eq!(process::list(), before);
        process::yield_now().await;
        first.touch().await.unwrap();
        assert_mailbox_empty().await;
    }

    /// STA-2: the name counts as held while its holder's `init` still runs.
    async fn name_is_taken_by_a_server_that_is_still_starting() {
        let (slow, watcher) = setup(Way::Ok);
        let mut start = pin!(Starter::start_link(slow).name("slow"));
        assert!(poll_once(&mut start).await.is_pending());
        let pid = watcher.started.await.unwrap();
        let (second, mut second_watcher) = open_setup(Way::Ok);
        match Starter::start_link(second).name("slow").await {
            Err(StartError::AlreadyStarted(holder)) => assert_eq!(holder, pid),
            other => panic!("{other:?}"),
        }
        assert_eq!(second_watcher.seen.rest(), [] as [&str; 0]);
        watcher.gate.open();
        assert_eq!(start.await.unwrap().pid(), Some(pid));
    }

    /// STA-2: of many who start under one name at once, one succeeds, and the others are told of it.
    async fn one_of_many_starts_under_one_name_succeeds() {
        let (log, mut seen) = log();
        let node = beamish::node::current();
        let starts = (0..20).map(|_| {
            let (log, node) = (log.clone(), node.clone());
            tokio::spawn(async move { node.scope(Named::start(log)).await })
        });
        let (mut started, mut told) = (Vec::new(), Vec::new());
        for start in starts.collect::<Vec<_>>() {
            match start.await.unwrap() {
                Ok(server) => started.push(server.pid().unwrap()),
                Err(StartError::AlreadyStarted(pid)) => told.push(pid),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(started.len(), 1);
        assert_eq!(told, vec![started[0]; 19]);
        assert_eq!(seen.rest().len(), 2, "one `init` ran");
    }
}

/// STA-2, NAM-1: a trapping starter gets no `Exit` of the child that found its name taken.
#[beamish::test]
async fn name_that_is_held_leaves_no_trace_in_the_starter() {
    process::trap_exit(true);
    let (log, _seen) = log();
    let first = Named::start_link(log.clone()).await.unwrap();
    assert!(matches!(
        Named::start_link(log).await,
        Err(StartError::AlreadyStarted(_))
    ));
    assert_mailbox_empty().await;
    assert_eq!(
        process::info(self_pid()).unwrap().links,
        [first.pid().unwrap()]
    );
}

/// NAM-1: a reserved name is refused, and `init` does not run.
#[beamish::test]
async fn start_under_a_reserved_name_is_refused() {
    let (log, mut seen) = log();
    let before = process::list();
    for name in ["", "nil", "true", "false", "undefined"] {
        match Named::start_link(log.clone()).name(name).await {
            Err(StartError::BadName(refused)) => assert_eq!(refused.as_str(), name),
            other => panic!("{name:?}: {other:?}"),
        }
    }
    assert_eq!(seen.rest(), [] as [&str; 0]);
    assert_eq!(process::list(), before);
}

// ---- STA-4 ------------------------------------------------------------------------------------------------------------

fn failing_ways() -> Vec<Way> {
    vec![
        Way::Ignore,
        Way::Error,
        Way::Stop(abnormal()),
        Way::Stop(ExitReason::Normal),
        Way::Panic,
        Way::Exit(abnormal()),
        Way::SignalToItself(abnormal()),
    ]
}

both_flavors! {
    /// STA-4: after any failure the name can be used at once, and what `init` held is dropped.
    async fn second_start_after_a_failed_one_succeeds_at_once() {
        process::trap_exit(true);
        for way in failing_ways() {
            for _ in 0..20 {
                let (setup, mut watcher) = open_setup(way.clone());
                let failed = Starter::start_link(setup).name("again").await;
                assert!(failed.is_err());
                assert_eq!(watcher.seen.rest(), ["init", "dropped"], "{way:?}");
                assert!(!process::alive(watcher.started.await.unwrap()), "{way:?}");
                let (setup, _watcher) = open_setup(Way::Ok);
                let server = Starter::start(setup).name("again").await.unwrap();
                server.stop().await.unwrap();
            }
        }
    }
}

/// STA-4: the same after a timeout.
#[beamish::test(start_paused)]
async fn second_start_after_a_timeout_succeeds_at_once() {
    for _ in 0..3 {
        let (slow, _watcher) = open_setup(Way::Never);
        let start = Starter::start_link(slow)
            .name("again")
            .timeout(Duration::from_secs(1));
        assert!(matches!(start.await, Err(StartError::Timeout)));
        let (quick, _watcher) = open_setup(Way::Ok);
        Starter::start_link(quick)
            .name("again")
            .await
            .unwrap()
            .stop()
            .await
            .unwrap();
    }
}

// ---- STA-5 ------------------------------------------------------------------------------------------------------------

#[genserver]
struct LinkedInInit;

#[genserver]
impl LinkedInInit {
    #[init]
    fn init(report: oneshot::Sender<(Vec<Pid>, Option<Pid>)>) -> Self {
        let info = process::info(self_pid()).unwrap();
        report.send((info.links, info.parent)).unwrap();
        Self
    }
}

both_flavors! {
    /// STA-5, STA-7, LNK-4: the link is there before `init` runs, and the parent is who called `start_link`.
    async fn start_link_has_linked_before_init_runs() {
        let (report, reported) = oneshot::channel();
        let server = LinkedInInit::start_link(report).await.unwrap();
        assert_eq!(reported.await.unwrap(), (vec![self_pid()], Some(self_pid())));
        assert_eq!(process::info(self_pid()).unwrap().links, [server.pid().unwrap()]);
    }
}

/// STA-5: OTP `gen_server:start` links nobody.
#[beamish::test]
async fn start_does_not_link() {
    let (report, reported) = oneshot::channel();
    LinkedInInit::start(report).await.unwrap();
    assert_eq!(reported.await.unwrap().0, []);
    assert_eq!(process::info(self_pid()).unwrap().links, []);
}

/// What a process that does not trap exits hears of a start, and how it ends: `None` if it survives.
async fn starter_that_does_not_trap(
    start: Start<Starter>,
) -> (Option<StartError>, Option<ExitReason>) {
    let (told, heard) = oneshot::channel();
    let starter = spawn(async move {
        let error = start.await.err();
        // An exit signal would end it here.
        process::yield_now().await;
        told.send(error).unwrap();
        std::future::pending::<()>().await;
    });
    let mut end = process::monitored(starter);
    tokio::select! {
        heard = heard => match heard {
            Ok(error) => {
                assert!(process::alive(starter));
                process::kill(starter);
                (error, None)
            }
            Err(_) => (None, Some(end.await)),
        },
        reason = &mut end => (None, Some(reason)),
    }
}

both_flavors! {
    /// STA-5: a linked starter that does not trap exits ends with the child's reason.
    async fn failed_start_link_ends_a_starter_that_does_not_trap() {
        for reason in [abnormal(), ExitReason::Shutdown, ExitReason::Timeout] {
            for way in [Way::Stop(reason.clone()), Way::Exit(reason.clone()), Way::SignalToItself(reason.clone())] {
                let (setup, _watcher) = open_setup(way);
                let (_, end) = starter_that_does_not_trap(Starter::start_link(setup)).await;
                assert_eq!(end, Some(reason.clone()));
            }
        }
        let (setup, _watcher) = open_setup(Way::Panic);
        let (_, end) = starter_that_does_not_trap(Starter::start_link(setup)).await;
        assert!(matches!(end, Some(ExitReason::Panic(_))), "{end:?}");
    }

    /// STA-5: a child that is killed takes the starter along.
    async fn start_link_whose_child_is_killed_ends_a_starter_that_does_not_trap() {
        let (setup, watcher) = open_setup(Way::Never);
        let killer = async { process::kill(watcher.started.await.unwrap()) };
        let ((_, end), ()) = tokio::join!(starter_that_does_not_trap(Starter::start_link(setup)), killer);
        assert_eq!(end, Some(ExitReason::Killed));
    }

    /// STA-5, decision A5: unless the reason is `normal`: an `init` that ignores, fails or stops so spares the starter.
    async fn failed_start_link_with_a_normal_end_spares_the_starter() {
        let (setup, _watcher) = open_setup(Way::Ignore);
        let outcome = starter_that_does_not_trap(Starter::start_link(setup)).await;
        assert!(matches!(outcome, (Some(StartError::Ignored), None)), "{outcome:?}");

        let (setup, _watcher) = open_setup(Way::Error);
        let outcome = starter_that_does_not_trap(Starter::start_link(setup)).await;
        assert!(matches!(outcome, (Some(StartError::Init(_)), None)), "{outcome:?}");

        for way in [Way::Stop(ExitReason::Normal), Way::Exit(ExitReason::Normal), Way::SignalToItself(ExitReason::Normal)] {
            let (setup, _watcher) = open_setup(way);
            let outcome = starter_that_does_not_trap(Starter::start_link(setup)).await;
            assert!(matches!(outcome, (Some(StartError::Exit(ExitReason::Normal)), None)), "{outcome:?}");
        }
    }

    /// STA-5: a start without a link never ends the starter.
    async fn failed_start_without_a_link_spares_the_starter() {
        for way in failing_ways() {
            let (setup, _watcher) = open_setup(way);
            let (error, end) = starter_that_does_not_trap(Starter::start(setup)).await;
            assert!(error.is_some() && end.is_none());
        }
    }

    /// STA-5: after a failed start a starter that traps exits finds nothing in its mailbox, and no link is left.
    async fn failed_start_link_leaves_nothing_in_the_mailbox_of_a_starter_that_traps() {
        process::trap_exit(true);
        for way in failing_ways() {
            let (setup, _watcher) = open_setup(way);
            assert!(Starter::start_link(setup).await.is_err());
            assert_mailbox_empty().await;
            process::yield_now().await;
            assert_mailbox_empty().await;
            assert_eq!(process::info(self_pid()).unwrap().links, []);
        }
    }

    /// STA-5: after a start that succeeded, the end of the server is an ordinary exit signal.
    async fn server_that_started_sends_its_starter_an_exit_when_it_ends() {
        process::trap_exit(true);
        let (setup, _watcher) = open_setup(Way::Ok);
        let server = Starter::start_link(setup).await.unwrap();
        process::kill(server.pid().unwrap());
        receive! { Exit { from, reason } => assert_eq!((Some(from), reason), (server.pid(), ExitReason::Killed)) }
        assert_mailbox_empty().await;
    }
}

/// STA-5: a start timeout does not end a linked starter that does not trap exits.
#[beamish::test(start_paused)]
async fn start_timeout_spares_the_starter() {
    let (setup, _watcher) = open_setup(Way::Never);
    let start = Starter::start_link(setup).timeout(Duration::from_secs(1));
    let outcome = starter_that_does_not_trap(start).await;
    assert!(
        matches!(outcome, (Some(StartError::Timeout), None)),
        "{outcome:?}"
    );
}

/// STA-5: `start_link` by code that is no process is a mistake that is named.
#[beamish::test]
async fn start_link_by_code_that_is_no_process_panics() {
    let (setup, mut watcher) = open_setup(Way::Ok);
    let panic = tokio::spawn(async move { Starter::start_link(setup).await.is_ok() })
        .await
        .unwrap_err();
    assert!(panic.is_panic());
    assert_eq!(watcher.seen.rest(), [] as [&str; 0]);
}

// ---- STA-7 ------------------------------------------------------------------------------------------------------------

#[genserver(trap_exit)]
struct Trapping {
    log: Log,
}

#[genserver]
impl Trapping {
    #[init]
    async fn init(log: Log, gate: Gate, started: oneshot::Sender<Pid>) -> Self {
        let _ = started.send(self_pid());
        gate.wait().await;
        log.write("init done");
        Self { log }
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.log.write(format!("exit {:?}", exit.reason));
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.log.write(format!("terminate {reason:?}"));
    }
}

both_flavors! {
    /// STA-7: a parent that dies during `init` takes the child along, and no `terminate` runs.
    async fn parent_that_dies_during_init_takes_the_child_along() {
        for (sent, seen) in [(abnormal(), None), (ExitReason::Kill, Some(ExitReason::Killed))] {
            let seen = seen.unwrap_or(sent.clone());
            let (setup, mut watcher) = setup(Way::Never);
            let parent = spawn(async move { drop(Starter::start_link(setup).name("child").await) });
            let child = (&mut watcher.started).await.unwrap();
            let (child_end, parent_end) = (process::monitored(child), process::monitored(parent));
            process::exit(parent, sent);
            assert_eq!(parent_end.await, seen);
            assert_eq!(child_end.await, seen, "the link passes the parent's reason on");
            assert_eq!(process::whereis("child"), None);
            assert_eq!(watcher.seen.rest(), ["init", "dropped"]);
        }
    }

    /// STA-7, decision A28: so does a parent that ends while it waits, with `normal`: nobody would own the child.
    async fn parent_that_gives_up_a_start_takes_the_child_along() {
        let (setup, watcher) = setup(Way::Never);
        let (ended, end) = oneshot::channel();
        spawn(async move {
            let mut start = pin!(Starter::start_link(setup).name("child"));
            assert!(poll_once(&mut start).await.is_pending());
            let child = watcher.started.await.unwrap();
            ended.send((process::monitored(child), watcher.seen)).unwrap();
        });
        let (end, mut seen) = end.await.unwrap();
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(process::whereis("child"), None);
        assert_eq!(seen.rest(), ["init", "dropped"]);
        watcher.gate.open();
    }

    /// STA-7: a starter of an unlinked server is not its parent; but a start that is given up kills it all the same.
    async fn start_without_a_link_that_is_dropped_kills_the_child() {
        let (setup, mut watcher) = setup(Way::Never);
        let child = {
            let mut start = pin!(Starter::start(setup).name("child"));
            assert!(poll_once(&mut start).await.is_pending());
            (&mut watcher.started).await.unwrap()
        };
        assert!(!process::alive(child));
        process::monitored(child).await;
        assert_eq!(process::whereis("child"), None);
        assert_eq!(watcher.seen.rest(), ["init", "dropped"]);
    }
}

both_flavors! {
    /// Decision A28: a `Start` that is dropped before it is ready: the child is killed, its link removed, its name freed.
    async fn start_that_is_dropped_kills_the_child_and_leaves_no_trace() {
        process::trap_exit(true);
        let (setup, mut watcher) = setup(Way::Ok);
        let end = {
            let mut start = pin!(Starter::start_link(setup).name("child"));
            assert!(poll_once(&mut start).await.is_pending());
            process::monitored((&mut watcher.started).await.unwrap())
        };
        assert_eq!(process::info(self_pid()).unwrap().links, []);
        watcher.gate.open();
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(process::whereis("child"), None);
        assert_eq!(watcher.seen.rest(), ["init", "dropped"]);
        process::yield_now().await;
        assert_mailbox_empty().await;
    }
}

/// STA-5, SRV-8: the link of `start_link` goes on after `init`: a child that traps exits terminates when its parent ends.
#[beamish::test]
async fn child_that_traps_terminates_when_its_parent_ends_after_init() {
    let ((log, mut seen), gate, (started, has_started)) = (log(), Gate::new(), oneshot::channel());
    let reason = abnormal();
    let parent = {
        let gate = gate.clone();
        let (tell, told) = oneshot::channel();
        let parent = spawn(async move {
            // The parent does not wait for the start, but owns it until it ends.
            let start = Trapping::start_link(log, gate, started);
            let mut start = Box::pin(start);
            assert!(poll_once(&mut start).await.is_pending());
            tell.send(()).unwrap();
            start.await.unwrap();
            std::future::pending::<()>().await;
        });
        told.await.unwrap();
        parent
    };
    let child = has_started.await.unwrap();
    let (child_end, parent_end) = (process::monitored(child), process::monitored(parent));
    gate.open();
    assert_eq!(seen.next().await, "init done");
    process::exit(parent, reason.clone());
    assert_eq!(parent_end.await, reason);
    assert_eq!(child_end.await, reason);
    assert_eq!(seen.rest(), [format!("terminate {reason:?}")]);
}

both_flavors! {
    /// STA-7: one that traps exits does not outlive a parent that died during its `init` either: it ends there, or, told by
    /// a message, when its `init` is over.
    async fn child_that_traps_does_not_outlive_a_parent_that_dies_during_init() {
        for reason in [abnormal(), ExitReason::Shutdown] {
            let ((log, mut seen), gate, (started, has_started)) = (log(), Gate::new(), oneshot::channel());
            let wait = gate.clone();
            let parent = spawn(async move {
                drop(Trapping::start_link(log, wait, started).name("child").await);
            });
            let child = has_started.await.unwrap();
            let (child_end, parent_end) = (process::monitored(child), process::monitored(parent));
            process::exit(parent, reason.clone());
            assert_eq!(parent_end.await, reason);
            gate.open();
            let end = child_end.await;
            match &seen.rest()[..] {
                [] => assert!(end == reason || end == ExitReason::Killed, "{end:?}"),
                lines => {
                    assert_eq!(end, reason);
                    assert_eq!(lines, ["init done".to_owned(), format!("terminate {reason:?}")]);
                }
            }
            assert_eq!(process::whereis("child"), None);
        }
    }
}
