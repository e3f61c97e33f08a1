//! Exit signals and the ways of ending: reasons, what is reported, and in which order a process ends.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use beamish::prelude::*;
use beamish::{Info, Node};
use tokio::sync::oneshot;

use crate::listening::Reports;

use super::signals::{
    Trapped, ask, corpse, end_of, idle, next, on_both_flavors, puppet, soon, take, tell,
};

/// Catches what unwinds out of `code`.
fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Box<dyn std::any::Any + Send>> {
    catch_unwind(AssertUnwindSafe(code))
}

// --- The table ---

/// What a signal did to a process.
#[derive(Debug)]
enum Became {
    Unmoved,
    Got(Exit),
    Ended(ExitReason),
}

/// The answer of a process that lives on.
struct Lives;

/// Sends a signal to a new process, by `signal`, and looks at what becomes of the process. The signal must have been sent
/// when `signal` is done.
async fn became<F: Future>(traps: bool, signal: impl FnOnce(Pid) -> F) -> Became {
    let tester = self_pid();
    let subject = puppet();
    ask(subject, move || process::trap_exit(traps)).await;
    let mref = process::monitor(subject);
    signal(subject).await;
    tell(subject, move || send(tester, Lives));
    soon(async {
        receive! {
            Trapped(exit): Trapped => {
                next::<Lives>().await;
                Became::Got(exit)
            }
            Lives: Lives => Became::Unmoved,
            Down { mref: of, reason, .. } if of == mref => Became::Ended(reason),
        }
    })
    .await
}

/// What `exit(subject, reason)` does, called by another process.
async fn exit_by_another(traps: bool, reason: ExitReason) -> Became {
    became(traps, |subject| async move {
        process::exit(subject, reason);
    })
    .await
}

/// What `exit(self_pid(), reason)` does. Also gives the subject's pid.
async fn exit_by_itself(traps: bool, reason: ExitReason) -> (Became, Pid) {
    let mut pid = None;
    let became = became(traps, |subject| {
        pid = Some(subject);
        let (sending, is_over) = oneshot::channel::<()>();
        tell(subject, move || {
            let _sending = sending;
            process::exit(self_pid(), reason);
        });
        soon(is_over)
    })
    .await;
    (became, pid.expect("there was a subject"))
}

/// What it does when a link partner ends by `end`. Also gives the partner's pid.
async fn partner_ends(
    traps: bool,
    end: impl FnOnce() + Send + 'static,
) -> (Became, Pid, ExitReason) {
    let partner = puppet();
    let mut reason = None;
    let became = became(traps, |subject| {
        let reason = &mut reason;
        async move {
            ask(subject, move || process::link(partner)).await;
            let ended = process::monitored(partner);
            tell(partner, end);
            *reason = Some(soon(ended).await);
        }
    })
    .await;
    (became, partner, reason.expect("the partner has ended"))
}

/// EXI-1, row 1: `normal` from another process is dropped by one that does not trap.
async fn normal_from_another_is_dropped() {
    let became = exit_by_another(false, ExitReason::Normal).await;
    assert!(matches!(became, Became::Unmoved), "{became:?}");
}

/// EXI-1, row 1: `normal` from another process is a message to one that traps.
async fn normal_from_another_is_a_message_when_trapping() {
    let became = exit_by_another(true, ExitReason::Normal).await;
    let Became::Got(exit) = became else {
        panic!("{became:?}")
    };
    assert_eq!((exit.from, exit.reason), (self_pid(), ExitReason::Normal));
}

/// EXI-1, row 2: `normal` to oneself ends a process that does not trap.
async fn normal_to_itself_ends_a_process() {
    let (became, _) = exit_by_itself(false, ExitReason::Normal).await;
    assert!(
        matches!(became, Became::Ended(ExitReason::Normal)),
        "{became:?}"
    );
}

/// EXI-1, row 2: `normal` to oneself is a message from oneself when trapping.
async fn normal_to_itself_is_a_message_when_trapping() {
    let (became, pid) = exit_by_itself(true, ExitReason::Normal).await;
    let Became::Got(exit) = became else {
        panic!("{became:?}")
    };
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
}

/// EXI-1, row 3; EXI-2: `kill` ends a process with `killed`, whether it traps or not, and whoever sends it.
async fn kill_ends_every_process() {
    for traps in [false, true] {
        let by_another = exit_by_another(traps, ExitReason::Kill).await;
        assert!(
            matches!(by_another, Became::Ended(ExitReason::Killed)),
            "traps: {traps}, {by_another:?}"
        );
        let (by_itself, _) = exit_by_itself(traps, ExitReason::Kill).await;
        assert!(
            matches!(by_itself, Became::Ended(ExitReason::Killed)),
            "traps: {traps}, {by_itself:?}"
        );
    }
}

/// The reasons of the rows "other", `killed` among them: as an explicit signal it is no special one.
fn other_reasons() -> Vec<ExitReason> {
    vec![
        ExitReason::Shutdown,
        ExitReason::shutdown_with("why"),
        ExitReason::Killed,
        ExitReason::NoProc,
        ExitReason::NoConnection,
        ExitReason::Timeout,
        ExitReason::other("anything"),
        ExitReason::from(io::Error::other("an error")),
    ]
}

/// EXI-1, row 4; EXI-3: any other reason ends a process that does not trap, and that is its reason.
async fn other_reason_ends_a_process() {
    for reason in other_reasons() {
        let by_another = exit_by_another(false, reason.clone()).await;
        assert!(
            matches!(&by_another, Became::Ended(seen) if *seen == reason),
            "{reason:?}: {by_another:?}"
        );
        let (by_itself, _) = exit_by_itself(false, reason.clone()).await;
        assert!(
            matches!(&by_itself, Became::Ended(seen) if *seen == reason),
            "{reason:?}: {by_itself:?}"
        );
    }
}

/// EXI-1, row 4: any other reason is a message to a process that traps, from its sender.
async fn other_reason_is_a_message_when_trapping() {
    for reason in other_reasons() {
        let by_another = exit_by_another(true, reason.clone()).await;
        assert!(
            matches!(&by_another, Became::Got(exit) if exit.from == self_pid() && exit.reason == reason),
            "{reason:?}: {by_another:?}"
        );
        let (by_itself, pid) = exit_by_itself(true, reason.clone()).await;
        assert!(
            matches!(&by_itself, Became::Got(exit) if exit.from == pid && exit.reason == reason),
            "{reason:?}: {by_itself:?}"
        );
    }
}

/// EXI-1, row 5: a link partner that ended `normal` is nothing to a process that does not trap.
async fn normal_end_of_a_partner_is_dropped() {
    let (became, _, reason) = partner_ends(false, || exit(ExitReason::Normal)).await;
    assert_eq!(reason, ExitReason::Normal);
    assert!(matches!(became, Became::Unmoved), "{became:?}");
}

/// EXI-1, row 5: a link partner that ended `normal` is a message to a process that traps.
async fn normal_end_of_a_partner_is_a_message_when_trapping() {
    let (became, partner, _) = partner_ends(true, || exit(ExitReason::Normal)).await;
    let Became::Got(exit) = became else {
        panic!("{became:?}")
    };
    assert_eq!((exit.from, exit.reason), (partner, ExitReason::Normal));
}

/// EXI-1, row 6; EXI-2: `kill` and `killed` of a link partner are ordinary reasons: a process that does not trap ends with
/// that same reason.
async fn killed_partner_ends_a_process_with_the_same_reason() {
    let (became, _, _) = partner_ends(false, || process::kill(self_pid())).await;
    assert!(
        matches!(became, Became::Ended(ExitReason::Killed)),
        "{became:?}"
    );
    let (became, _, _) = partner_ends(false, || exit(ExitReason::Killed)).await;
    assert!(
        matches!(became, Became::Ended(ExitReason::Killed)),
        "{became:?}"
    );
    let (became, _, _) = partner_ends(false, || exit(ExitReason::Kill)).await;
    assert!(
        matches!(became, Became::Ended(ExitReason::Kill)),
        "{became:?}"
    );
}

/// EXI-1, row 6; EXI-2: `kill` and `killed` of a link partner can be trapped.
async fn killed_partner_is_a_message_when_trapping() {
    let (became, partner, _) = partner_ends(true, || process::kill(self_pid())).await;
    assert!(
        matches!(&became, Became::Got(exit) if exit.from == partner && exit.reason == ExitReason::Killed),
        "{became:?}"
    );
    let (became, partner, _) = partner_ends(true, || exit(ExitReason::Kill)).await;
    assert!(
        matches!(&became, Became::Got(exit) if exit.from == partner && exit.reason == ExitReason::Kill),
        "{became:?}"
    );
}

/// EXI-1, row 7; EXI-3: any other reason of a link partner ends a process that does not trap, with that reason.
async fn other_end_of_a_partner_ends_a_process() {
    for reason in other_reasons() {
        let raised = reason.clone();
        let (became, _, _) = partner_ends(false, || exit(raised)).await;
        assert!(
            matches!(&became, Became::Ended(seen) if *seen == reason),
            "{reason:?}: {became:?}"
        );
    }
    let (became, _, _) = partner_ends(false, || panic!("a partner panics")).await;
    assert!(
        matches!(&became, Became::Ended(ExitReason::Panic(info)) if info.message() == "a partner panics"),
        "{became:?}"
    );
}

/// EXI-1, row 7: any other reason of a link partner is a message to a process that traps.
async fn other_end_of_a_partner_is_a_message_when_trapping() {
    for reason in other_reasons() {
        let raised = reason.clone();
        let (became, partner, _) = partner_ends(true, || exit(raised)).await;
        assert!(
            matches!(&became, Became::Got(exit) if exit.from == partner && exit.reason == reason),
            "{reason:?}: {became:?}"
        );
    }
}

on_both_flavors! {
    normal_from_another_is_dropped,
    normal_from_another_is_a_message_when_trapping,
    normal_to_itself_ends_a_process,
    normal_to_itself_is_a_message_when_trapping,
    kill_ends_every_process,
    other_reason_ends_a_process,
    other_reason_is_a_message_when_trapping,
    normal_end_of_a_partner_is_dropped,
    normal_end_of_a_partner_is_a_message_when_trapping,
    killed_partner_ends_a_process_with_the_same_reason,
    killed_partner_is_a_message_when_trapping,
    other_end_of_a_partner_ends_a_process,
    other_end_of_a_partner_is_a_message_when_trapping,
}

// --- Reasons ---

/// EXI-2: who was killed is seen as `killed`, by links and by monitors.
#[beamish::test]
async fn links_and_monitors_of_a_killed_process_see_killed() {
    process::trap_exit(true);
    let pid = spawn_link(std::future::pending::<()>());
    process::monitor(pid);
    process::exit(pid, ExitReason::Kill);
    assert_eq!(next::<Exit>().await.reason, ExitReason::Killed);
    assert_eq!(next::<Down>().await.reason, ExitReason::Killed);
}

/// EXI-2, A4: `kill` as a reason of its own is an ordinary one: it stays `kill`.
#[beamish::test]
async fn own_exit_with_kill_is_an_ordinary_reason() {
    process::trap_exit(true);
    let (pid, _) = spawn_monitor(async {
        process::trap_exit(true);
        exit(ExitReason::Kill)
    });
    process::link(pid);
    assert_eq!(next::<Exit>().await.reason, ExitReason::Kill);
    assert_eq!(next::<Down>().await.reason, ExitReason::Kill);
}

/// EXI-3: a reason goes through a chain of links as it is, the very same value.
async fn reason_goes_through_a_chain_of_links_unchanged() {
    for reason in other_reasons() {
        let chain: Vec<Pid> = (0..5).map(|_| puppet()).collect();
        for pair in chain.windows(2) {
            let [one, other] = [pair[0], pair[1]];
            ask(one, move || process::link(other)).await;
        }
        let last = process::monitored(chain[4]);
        let raised = reason.clone();
        tell(chain[0], move || exit(raised));
        assert_eq!(soon(last).await, reason);
    }
}

/// EXI-3, EXI-2: a kill in a chain is `killed` all along.
async fn kill_goes_through_a_chain_of_links_as_killed() {
    let chain: Vec<Pid> = (0..4).map(|_| puppet()).collect();
    for pair in chain.windows(2) {
        let [one, other] = [pair[0], pair[1]];
        ask(one, move || process::link(other)).await;
    }
    let ends: Vec<_> = chain.iter().map(|pid| process::monitored(*pid)).collect();
    process::kill(chain[2]);
    for end in ends {
        assert_eq!(soon(end).await, ExitReason::Killed);
    }
}

/// EXI-3: links in a ring end all of it, once.
async fn ring_of_links_ends_as_one() {
    let ring: Vec<Pid> = (0..20).map(|_| puppet()).collect();
    for (index, one) in ring.iter().enumerate() {
        let other = ring[(index + 1) % ring.len()];
        ask(*one, move || process::link(other)).await;
    }
    let ends: Vec<_> = ring.iter().map(|pid| process::monitored(*pid)).collect();
    let reason = ExitReason::other("ring");
    process::exit(ring[7], reason.clone());
    for end in ends {
        assert_eq!(soon(end).await, reason);
    }
}

on_both_flavors! {
    reason_goes_through_a_chain_of_links_unchanged,
    kill_goes_through_a_chain_of_links_as_killed,
    ring_of_links_ends_as_one,
}

/// An error of the program's own.
#[derive(Debug, PartialEq)]
struct Overheated(u32);

impl fmt::Display for Overheated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} degrees", self.0)
    }
}

impl Error for Overheated {}

/// EXI-4, A2: a process whose function returns ends `normal`.
#[beamish::test]
async fn process_that_returns_ends_normal() {
    assert_eq!(end_of(spawn(async {})).await, ExitReason::Normal);
    assert_eq!(
        end_of(spawn(async { Ok::<_, ExitReason>(()) })).await,
        ExitReason::Normal
    );
    assert_eq!(
        end_of(spawn(async { Ok::<_, io::Error>(()) })).await,
        ExitReason::Normal
    );
}

/// EXI-4, A2: a process that returns an error ends with it.
#[beamish::test]
async fn process_that_returns_an_error_ends_with_it() {
    let reason = end_of(spawn(async { Err::<(), _>(ExitReason::Shutdown) })).await;
    assert_eq!(reason, ExitReason::Shutdown);
    let reason = end_of(spawn(async {
        Err(Overheated(90))?;
        Ok::<_, ExitReason>(())
    }))
    .await;
    let ExitReason::Error(error) = reason else {
        panic!("{reason:?}")
    };
    assert_eq!(error.downcast_ref(), Some(&Overheated(90)));
    let reason = end_of(spawn(async { Err::<(), _>(Overheated(91)) })).await;
    assert!(matches!(reason, ExitReason::Error(error) if error.is::<Overheated>()));
}

/// EXI-4: a process that calls `exit` ends with that reason, from however deep, and its destructors run.
#[beamish::test]
async fn process_that_exits_ends_with_that_reason() {
    struct SetAtDrop(Arc<AtomicBool>);
    impl Drop for SetAtDrop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    fn deep(levels: u32, reason: ExitReason) -> u32 {
        if levels == 0 {
            exit(reason);
        }
        deep(levels - 1, reason) + 1
    }
    for reason in [ExitReason::Normal, ExitReason::Kill]
        .into_iter()
        .chain(other_reasons())
    {
        let dropped = Arc::new(AtomicBool::new(false));
        let local = SetAtDrop(Arc::clone(&dropped));
        let raised = reason.clone();
        let pid = spawn(async move {
            let _local = local;
            process::yield_now().await;
            deep(10, raised);
        });
        assert_eq!(end_of(pid).await, reason);
        assert!(dropped.load(Ordering::SeqCst));
    }
    let reason = end_of(spawn(async { exit(Overheated(92)) })).await;
    assert!(matches!(reason, ExitReason::Error(error) if error.is::<Overheated>()));
}

/// EXI-4, A2: a panic is the reason of its process, with message, file and line.
#[beamish::test]
#[expect(clippy::todo, reason = "a process may be unfinished")]
async fn panic_is_the_reason_with_its_message_and_place() {
    let line = line!() + 1;
    let reason = end_of(spawn(async { panic!("{} degrees", 93) })).await;
    let ExitReason::Panic(info) = reason else {
        panic!("{reason:?}")
    };
    assert_eq!(info.message(), "93 degrees");
    assert_eq!(info.file(), Some(file!()));
    assert_eq!(info.line(), Some(line));

    let reason = end_of(spawn(async { panic!("static text") })).await;
    assert!(matches!(reason, ExitReason::Panic(info) if info.message() == "static text"));
    let reason = end_of(spawn(async { todo!() })).await;
    assert!(
        matches!(reason, ExitReason::Panic(info) if info.message().contains("not yet implemented"))
    );
    let reason = end_of(spawn(async {
        process::yield_now().await;
        panic!("after a wait")
    }))
    .await;
    assert!(matches!(reason, ExitReason::Panic(info) if info.message() == "after a wait"));
    let reason = end_of(spawn(async { std::panic::panic_any(94_u32) })).await;
    assert!(matches!(reason, ExitReason::Panic(_)), "{reason:?}");
}

/// EXI-4, A2: a process may loop for ever; it ends by a signal.
#[beamish::test]
async fn process_may_loop_for_ever() {
    let pid = spawn(async {
        loop {
            process::yield_now().await;
        }
    });
    let end = process::monitored(pid);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// EXI-4: a panic ends its own process only, on whichever thread it runs.
async fn panic_ends_its_own_process_only() {
    let bystander = puppet();
    for number in 0..50_u32 {
        let end = end_of(spawn(async move { panic!("number {number}") })).await;
        assert!(
            matches!(&end, ExitReason::Panic(info) if info.message() == format!("number {number}")),
            "{end:?}"
        );
    }
    assert_eq!(ask(bystander, || 1).await, 1);
}

on_both_flavors! { panic_ends_its_own_process_only }

/// Ends in every way that code has.
#[genserver]
struct Ender {
    terminated: Arc<Mutex<Vec<ExitReason>>>,
}

#[genserver]
impl Ender {
    #[init]
    fn init(terminated: Arc<Mutex<Vec<ExitReason>>>) -> Self {
        Self { terminated }
    }

    #[handle_call]
    fn raise(&self) -> u32 {
        panic!("raised")
    }

    #[handle_call]
    async fn raise_later(&self) -> u32 {
        process::yield_now().await;
        panic!("raised later")
    }

    #[handle_call]
    fn leave(&self, reason: ExitReason) -> u32 {
        exit(reason)
    }

    #[handle_call]
    fn signal_itself(&self, reason: ExitReason) -> u32 {
        process::exit(self_pid(), reason);
        1
    }

    #[handle_call]
    fn signal_itself_and_catch(&self, reason: ExitReason) -> u32 {
        drop(catch(|| process::exit(self_pid(), reason)));
        2
    }

    #[handle_call]
    async fn signal_itself_in_async(&self, reason: ExitReason) -> u32 {
        process::exit(self_pid(), reason);
        3
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.terminated.lock().unwrap().push(reason.clone());
    }
}

/// EXI-4, SRV-7: a panic or an `exit` in a handler is the server's reason, and the caller hears it.
async fn panic_and_exit_in_a_handler_end_the_server() {
    let terminated = Arc::default();
    let server = Ender::start(Arc::clone(&terminated)).await.unwrap();
    let error = server.raise().await.unwrap_err();
    assert!(
        matches!(error.info().reason(), ExitReason::Panic(info) if info.message() == "raised"),
        "{error:?}"
    );
    let server = Ender::start(Arc::clone(&terminated)).await.unwrap();
    let error = server.raise_later().await.unwrap_err();
    assert!(
        matches!(error.info().reason(), ExitReason::Panic(info) if info.message() == "raised later"),
        "{error:?}"
    );
    assert_eq!(terminated.lock().unwrap().len(), 2);
    for reason in [ExitReason::Normal, ExitReason::Kill]
        .into_iter()
        .chain(other_reasons())
    {
        let server = Ender::start(Arc::clone(&terminated)).await.unwrap();
        let error = soon(server.leave(reason.clone())).await.unwrap_err();
        assert_eq!(*error.info().reason(), reason);
        assert_eq!(*terminated.lock().unwrap().last().unwrap(), reason);
    }
}

/// EXI-5, A3: a server that sends itself an exit signal ends there, without `terminate`; the caller gets no reply but the
/// reason, also if the handler caught the unwinding.
async fn server_that_signals_itself_ends_without_terminate_or_reply() {
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::other("why"),
    ] {
        let terminated = Arc::default();
        let start = || Ender::start(Arc::clone(&terminated));

        let server = start().await.unwrap();
        let error = soon(server.signal_itself(reason.clone()))
            .await
            .unwrap_err();
        assert_eq!(*error.info().reason(), reason);
        let server = start().await.unwrap();
        let error = soon(server.signal_itself_and_catch(reason.clone()))
            .await
            .unwrap_err();
        assert_eq!(*error.info().reason(), reason);
        let server = start().await.unwrap();
        let error = soon(server.signal_itself_in_async(reason.clone()))
            .await
            .unwrap_err();
        assert_eq!(*error.info().reason(), reason);

        let server = start().await.unwrap();
        let end = process::monitored(server.pid().unwrap());
        let error = soon(server.signal_itself(ExitReason::Kill))
            .await
            .unwrap_err();
        assert_eq!(*error.info().reason(), ExitReason::Killed);
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert_eq!(*terminated.lock().unwrap(), []);
    }
}

on_both_flavors! {
    panic_and_exit_in_a_handler_end_the_server,
    server_that_signals_itself_ends_without_terminate_or_reply,
}

// --- An exit signal to oneself ---

/// EXI-5: an exit signal to oneself is no exception: who catches it ends nevertheless, with its reason, whatever comes
/// between.
#[beamish::test]
async fn exit_signal_to_oneself_cannot_be_caught() {
    type Next = fn() -> Result<(), ExitReason>;
    let nexts: [Next; 4] = [
        || Ok(()),
        || Err(ExitReason::other("an error")),
        || panic!("a panic after the signal"),
        || exit(ExitReason::other("an exit after the signal")),
    ];
    for next in nexts {
        for signal in [ExitReason::Normal, ExitReason::other("signal")] {
            let reason = signal.clone();
            let pid = spawn(async move {
                drop(catch(|| process::exit(self_pid(), reason)));
                next()
            });
            assert_eq!(end_of(pid).await, signal);
        }
    }
    let tester = self_pid();
    let pid = spawn(async move {
        drop(catch(|| process::exit(self_pid(), ExitReason::Shutdown)));
        process::sleep(std::time::Duration::ZERO).await;
        send(tester, "lives on");
    });
    assert_eq!(end_of(pid).await, ExitReason::Shutdown);
    assert_eq!(take::<&str>().await, None);
}

/// EXI-5: nothing of the function runs after an exit signal to oneself, be it by pid or by name.
#[beamish::test]
async fn exit_signal_to_oneself_stops_the_function_there() {
    let tester = self_pid();
    let pid = spawn(async move {
        process::exit(self_pid(), ExitReason::Shutdown);
        send(tester, "went on");
    });
    assert_eq!(end_of(pid).await, ExitReason::Shutdown);
    let pid = spawn(async move {
        process::register("me", self_pid()).unwrap();
        process::exit("me", ExitReason::Normal);
        send(tester, "went on");
    });
    assert_eq!(end_of(pid).await, ExitReason::Normal);
    assert_eq!(take::<&str>().await, None);
}

/// EXI-5, EXI-4: `exit`, unlike a signal, is an exception: who catches it lives on.
#[beamish::test]
async fn exit_is_an_exception_that_can_be_caught() {
    let pid = spawn(async {
        let caught = catch(|| exit(ExitReason::other("caught")));
        assert!(caught.is_err());
        process::yield_now().await;
        Err::<(), _>(ExitReason::Shutdown)
    });
    assert_eq!(end_of(pid).await, ExitReason::Shutdown);
}

/// A21: a process counts as dead from the moment on at which an exit signal is to end it, and only then.
#[beamish::test]
async fn process_is_not_alive_once_an_exit_signal_was_sent() {
    for reason in [ExitReason::Kill, ExitReason::Shutdown] {
        let pid = idle();
        assert!(process::alive(pid));
        process::register("holder", pid).unwrap();
        process::exit(pid, ExitReason::Normal);
        assert!(process::alive(pid));
        process::exit(pid, reason);
        // On one thread it cannot have ended yet.
        assert!(!process::alive(pid));
        assert!(process::info(pid).is_none());
        assert_eq!(process::whereis("holder"), Some(pid));
        end_of(pid).await;
        assert!(!process::alive(pid));
        assert_eq!(process::whereis("holder"), None);
    }
}

/// A21: who traps exits stays alive, but for a kill.
async fn trapping_process_stays_alive() {
    let pid = puppet();
    ask(pid, || process::trap_exit(true)).await;
    process::exit(pid, ExitReason::Shutdown);
    assert!(process::alive(pid));
    assert_eq!(ask(pid, || 1).await, 1);
    process::kill(pid);
    assert!(!process::alive(pid));
}

/// A21: the guarantee holds for the sender also while the process runs on another thread.
async fn running_process_is_not_alive_once_it_was_killed() {
    for _ in 0..100 {
        let pid = spawn(async {
            loop {
                process::yield_now().await;
            }
        });
        let server = Ender::start(Arc::default()).await.unwrap();
        process::yield_now().await;
        process::kill(pid);
        assert!(!process::alive(pid));
        process::exit(server.pid().unwrap(), ExitReason::Shutdown);
        assert!(!server.is_alive());
    }
}

on_both_flavors! {
    trapping_process_stays_alive,
    running_process_is_not_alive_once_it_was_killed,
}

// --- Reports ---

/// The fields of each error that is reported while `body` runs, on one thread, in a node of its own.
fn reported(body: impl Future<Output = ()>) -> Vec<BTreeMap<&'static str, String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (reports, _listening) = Reports::listen();
    runtime.block_on(Node::new().scope(body));
    let mut reports = reports.all();
    reports.retain(|report| report.level == tracing::Level::ERROR);
    reports.into_iter().map(|report| report.fields).collect()
}

/// EXI-6: `normal`, `shutdown` and `{shutdown, _}` are no crashes, however a process comes to them.
#[test]
fn planned_end_is_not_reported() {
    let reports = reported(async {
        end_of(spawn(async {})).await;
        let planned = [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with("why"),
        ];
        for reason in planned {
            let raised = reason.clone();
            end_of(spawn(async move { exit(raised) })).await;
            let returned = reason.clone();
            end_of(spawn(async move { Err::<(), _>(returned) })).await;
            let to_itself = reason.clone();
            end_of(spawn(async move { process::exit(self_pid(), to_itself) })).await;
            let server = Ender::start(Arc::default()).await.unwrap();
            server.leave(reason.clone()).await.unwrap_err();
            let server = Ender::start(Arc::default()).await.unwrap();
            server.stop().reason(reason).await.unwrap();
        }
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// EXI-6, A13: a process that ends by a panic, an error or an `exit` of another reason is reported, once, with its pid and
/// the reason.
#[test]
fn crash_is_reported_once() {
    let mut pids = Vec::new();
    let reports = reported(async {
        pids.push(spawn(async { panic!("first crash") }));
        end_of(pids[0]).await;
        pids.push(spawn(async { Err::<(), _>(Overheated(95)) }));
        end_of(pids[1]).await;
        pids.push(spawn(async { exit(ExitReason::other("third crash")) }));
        end_of(pids[2]).await;
    });
    let texts = ["first crash", "95 degrees", "third crash"];
    assert_eq!(reports.len(), texts.len(), "{reports:?}");
    for ((report, pid), text) in reports.iter().zip(pids).zip(texts) {
        assert_eq!(report["pid"], pid.to_string());
        assert!(report["reason"].contains(text), "{report:?}");
    }
    assert!(reports[0]["reason"].contains(file!()), "{reports:?}");
}

/// EXI-6, A13: a server's crash is reported once, whether it or its caller ran the handler, with its name.
#[test]
fn crash_of_a_server_is_reported_once() {
    let reports = reported(async {
        let server = Ender::start(Arc::default()).name("ender").await.unwrap();
        server.raise().await.unwrap_err();
        let server = Ender::start(Arc::default()).name("ender").await.unwrap();
        server.raise_later().await.unwrap_err();
    });
    assert_eq!(reports.len(), 2, "{reports:?}");
    for (report, text) in reports.iter().zip(["raised", "raised later"]) {
        assert_eq!(report["name"], "ender");
        assert!(report["reason"].contains(text), "{report:?}");
    }
}

/// EXI-6, A13: those whom a crash takes along by their links did not crash themselves.
#[test]
fn crash_is_not_reported_again_by_linked_processes() {
    let reports = reported(async {
        let first = spawn(async {
            let crashes = spawn_link(async {
                receive! { "go": &str => panic!("the crash") }
            });
            spawn_link(std::future::pending::<()>());
            send(crashes, "go");
            std::future::pending::<()>().await;
        });
        let end = end_of(first).await;
        assert!(matches!(end, ExitReason::Panic(_)));
    });
    assert_eq!(reports.len(), 1, "{reports:?}");
}

/// A13: a panic that the process catches is no crash.
#[test]
fn caught_panic_is_not_reported() {
    let reports = reported(async {
        let pid = spawn(async {
            let caught = catch(|| panic!("caught"));
            assert!(caught.is_err());
        });
        assert_eq!(end_of(pid).await, ExitReason::Normal);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// A13: if nobody listens to `tracing`, a crash is one line on stderr, with message, place and process.
#[test]
fn crash_goes_to_stderr_when_nobody_listens() {
    const CHILD: &str = "BEAMISH_TEST_CRASHES";
    const TEXT: &str = "nobody listens to this";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { end_of(spawn(async { panic!("{TEXT}") })).await });
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "exits::crash_goes_to_stderr_when_nobody_listens",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = stderr.lines().filter(|line| line.contains(TEXT)).collect();
    let [line] = lines[..] else {
        panic!("{stderr}")
    };
    assert!(line.contains("#PID<0."), "{line}");
    assert!(line.contains(file!()), "{line}");
    assert_eq!(
        stderr
            .lines()
            .filter(|line| line.contains("panicked"))
            .count(),
        usize::from(line.contains("panicked")),
        "{stderr}"
    );
}

// --- The order of an end ---

/// Sets a flag when it is dropped.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Looks around in `terminate`.
#[genserver(name = "orderly", trap_exit)]
struct Orderly {
    _flag: Flag,
    seen: Option<oneshot::Sender<(Option<Pid>, Vec<Pid>)>>,
    held: Option<oneshot::Receiver<()>>,
}

#[genserver]
impl Orderly {
    #[init]
    fn init(
        flag: Flag,
        seen: oneshot::Sender<(Option<Pid>, Vec<Pid>)>,
        held: oneshot::Receiver<()>,
    ) -> Self {
        Self {
            _flag: flag,
            seen: Some(seen),
            held: Some(held),
        }
    }

    #[terminate]
    async fn terminate(&mut self, _reason: &ExitReason) {
        let links = process::info(self_pid()).map_or(vec![], |info| info.links);
        let seen = (process::whereis("orderly"), links);
        self.seen.take().unwrap().send(seen).unwrap();
        self.held.take().unwrap().await.unwrap();
    }
}

/// EXI-7: while `terminate` runs, the process holds its name and its links, and nobody has been told of the end. Then its
/// state is dropped and its name is free, and only then come `Exit` and `Down`.
async fn end_is_told_after_terminate_and_after_the_name_is_free() {
    process::trap_exit(true);
    let (seen, has_seen) = oneshot::channel();
    let (let_go, held) = oneshot::channel();
    let dropped = Arc::new(AtomicBool::new(false));
    let server = Orderly::start_link(Flag(Arc::clone(&dropped)), seen, held)
        .await
        .unwrap();
    let pid = server.pid().unwrap();
    process::monitor(pid);
    process::exit(pid, ExitReason::Shutdown);

    let (holder, links) = soon(has_seen).await.unwrap();
    assert_eq!((holder, links), (Some(pid), vec![self_pid()]));
    assert!(take::<Info>().await.is_none());
    assert!(!dropped.load(Ordering::SeqCst));
    let_go.send(()).unwrap();

    assert_eq!(next::<Exit>().await.from, pid);
    assert!(dropped.load(Ordering::SeqCst));
    process::register("orderly", self_pid()).unwrap();
    assert_eq!(next::<Down>().await.from, pid);
}

/// EXI-7, NAM-3: whoever sees the `Down` or the `Exit` of a process can take its name at once; what the process held is
/// dropped.
async fn name_is_free_when_the_end_is_told() {
    process::trap_exit(true);
    for round in 0..200 {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Flag(Arc::clone(&dropped));
        let pid = spawn_link(async move {
            let _flag = flag;
            process::register("popular", self_pid()).unwrap();
            match round % 3 {
                0 => {}
                1 => exit(ExitReason::Shutdown),
                _ => process::kill(self_pid()),
            }
        });
        let mref = process::monitor(pid);
        if round % 2 == 0 {
            next::<Exit>().await;
        } else {
            receive! { Down { mref: of, .. } if of == mref => {} }
        }
        assert!(dropped.load(Ordering::SeqCst));
        process::register("popular", self_pid()).unwrap();
        assert!(process::unregister("popular"));
        while take::<Info>().await.is_some() {}
        process::demonitor_flush(mref);
    }
}

/// EXI-7: what a process held is dropped before its end is told, when it is killed while it waits too.
async fn killed_process_drops_what_it_held_before_its_end_is_told() {
    for _ in 0..100 {
        let dropped = Arc::new(AtomicBool::new(false));
        let flag = Flag(Arc::clone(&dropped));
        let (ready, is_ready) = oneshot::channel();
        let pid = spawn(async move {
            let _flag = flag;
            ready.send(()).unwrap();
            std::future::pending::<()>().await;
        });
        soon(is_ready).await.unwrap();
        let end = process::monitored(pid);
        process::kill(pid);
        assert_eq!(soon(end).await, ExitReason::Killed);
        assert!(dropped.load(Ordering::SeqCst));
    }
}

/// EXI-7, A22: links are told before monitors: a process that has both gets the `Exit` first.
async fn exit_precedes_down() {
    process::trap_exit(true);
    for _ in 0..100 {
        let pid = spawn_link(async {
            receive! { "go": &str => {} }
        });
        process::monitor(pid);
        send(pid, "go");
        assert!(next::<Info>().await.downcast::<Exit>().is_ok());
        assert!(next::<Info>().await.downcast::<Down>().is_ok());
    }
}

/// EXI-7: a destructor that panics while its process ends changes neither the reason nor who is told.
async fn panic_in_a_destructor_does_not_change_the_end() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a destructor panics");
        }
    }
    process::trap_exit(true);
    let bomb = Bomb;
    let pid = spawn_link(async move {
        let _bomb = bomb;
        std::future::pending::<()>().await;
    });
    process::register("bomb", pid).unwrap();
    let mref = process::monitor(pid);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(next::<Exit>().await.reason, ExitReason::Shutdown);
    let down = next::<Down>().await;
    assert_eq!((down.mref, down.reason), (mref, ExitReason::Shutdown));
    assert_eq!(process::whereis("bomb"), None);
}

on_both_flavors! {
    end_is_told_after_terminate_and_after_the_name_is_free,
    name_is_free_when_the_end_is_told,
    killed_process_drops_what_it_held_before_its_end_is_told,
    exit_precedes_down,
    panic_in_a_destructor_does_not_change_the_end,
}

// --- The body of a test ---

/// A12: a test whose process ends abnormally fails with that reason, here by a link.
#[beamish::test]
#[should_panic(expected = "the partner of a test")]
async fn test_fails_with_the_reason_that_a_link_brings() {
    spawn_link(async { exit(ExitReason::other("the partner of a test")) });
    std::future::pending::<()>().await;
}

/// A12, SIG-6: a test whose process was ended by a signal fails also if its body ran to its end without another wait.
#[beamish::test]
#[should_panic(expected = "no process")]
async fn test_fails_when_it_returns_with_an_exit_pending() {
    process::link(corpse().await);
}
