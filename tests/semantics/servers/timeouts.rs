//! SRV-11, SRV-12: timeouts in results, and hibernating.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// SRV-11: if no message comes for that long, `Timeout` does, once; from each kind of handler.
#[beamish::test(start_paused)]
async fn timeout_after_every_handler_arrives_once() {
    for via in ALL {
        let (machine, mut seen) = plain_machine().await;
        let before = Instant::now();
        let _ = via.send(&machine, Act::TimeoutAfter(SECOND)).await;
        loop {
            let line = seen.next().await;
            if line == "timeout" {
                break;
            }
            assert!(line == "step" || line.starts_with("unanswered"), "{line}");
        }
        assert_eq!(before.elapsed(), SECOND, "{via:?}");
        process::sleep(10 * SECOND).await;
        assert_eq!(seen.rest(), [] as [&str; 0], "{via:?}: it arrives once");
    }
}

/// SRV-11: of `init` too.
#[beamish::test(start_paused)]
async fn timeout_after_init_arrives_once() {
    let (mut plan, mut seen) = plan();
    plan.first = Act::TimeoutAfter(SECOND);
    let before = Instant::now();
    let machine = machine(plan).await;
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), SECOND);
    process::sleep(10 * SECOND).await;
    assert_eq!(seen.rest(), [] as [&str; 0]);
    assert!(machine.is_alive());
}

/// SRV-11: any ordinary message cancels it: of each kind, those that are run by the caller among them.
#[beamish::test(start_paused)]
async fn any_message_cancels_the_timeout() {
    let cancel = |via: &'static str, machine: MachineRef| async move {
        match via {
            "call of &self" => assert!(machine.count().await.is_ok()),
            "call" => assert!(machine.call(Act::Nothing).await.is_ok()),
            "queued call" => assert!(machine.call_queued(Act::Nothing).await.is_ok()),
            "awaited call" => assert!(machine.call_awaited(Act::Nothing).await.is_ok()),
            "cast" => machine.note("cast"),
            "info" => send(machine.pid().unwrap(), "info"),
            "unexpected info" => send(machine.pid().unwrap(), 7_u128),
            _ => unreachable!(),
        }
    };
    for via in [
        "call of &self",
        "call",
        "queued call",
        "awaited call",
        "cast",
        "info",
        "unexpected info",
    ] {
        for armed_by in [Via::Call, Via::CallAwaited, Via::Cast] {
            let (machine, mut seen) = plain_machine().await;
            armed_by
                .send(&machine, Act::TimeoutAfter(SECOND))
                .await
                .unwrap();
            process::sleep(SECOND / 2).await;
            cancel(via, machine.clone()).await;
            process::sleep(10 * SECOND).await;
            assert!(
                !seen.rest().contains(&"timeout".to_owned()),
                "{via} after {armed_by:?}"
            );
        }
    }
}

/// SRV-11: a message that arms it again begins the time anew.
#[beamish::test(start_paused)]
async fn timeout_counts_from_the_last_message() {
    let (machine, mut seen) = plain_machine().await;
    let before = Instant::now();
    for via in [
        Via::Call,
        Via::CallQueued,
        Via::CallAwaited,
        Via::Cast,
        Via::Info,
    ] {
        via.send(&machine, Act::TimeoutAfter(SECOND)).await.unwrap();
        process::sleep(SECOND * 3 / 4).await;
        assert_eq!(seen.rest(), [] as [&str; 0], "{via:?}");
    }
    machine.call(Act::TimeoutAfter(3 * SECOND)).await.unwrap();
    let last = Instant::now();
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(last.elapsed(), 3 * SECOND);
    assert_eq!(before.elapsed(), SECOND * 15 / 4 + 3 * SECOND);
    // To a shorter time.
    machine.call(Act::TimeoutAfter(100 * SECOND)).await.unwrap();
    machine.call(Act::TimeoutAfter(SECOND)).await.unwrap();
    let last = Instant::now();
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(last.elapsed(), SECOND);
}

/// SRV-11: zero loses against messages that are already queued, and wins if there are none.
#[beamish::test(start_paused)]
async fn timeout_of_zero_loses_against_queued_messages() {
    for via in ALL {
        let (machine, mut seen) = plain_machine().await;
        let gate = Gate::new();
        machine.block(gate.clone());
        assert_eq!(seen.next().await, "blocked");
        let mut sent = Box::pin(via.send(&machine, Act::TimeoutAfter(Duration::ZERO)));
        let _ = poll_once(&mut sent).await;
        machine.note("queued");
        gate.open();
        machine.count().await.unwrap();
        process::sleep(SECOND).await;
        let lines = seen.rest();
        assert!(
            lines.contains(&"queued".to_owned()) && !lines.contains(&"timeout".to_owned()),
            "{via:?}: {lines:?}"
        );

        let _ = via.send(&machine, Act::TimeoutAfter(Duration::ZERO)).await;
        process::sleep(Duration::from_millis(1)).await;
        assert!(seen.rest().contains(&"timeout".to_owned()), "{via:?}");
    }
}

/// SRV-11: a timeout may stop the server, as idle servers do.
#[beamish::test(start_paused)]
async fn timeout_may_stop_the_server() {
    let server = Idler::start().await.unwrap();
    let end = process::monitored(server.pid().unwrap());
    let before = Instant::now();
    server.touch().await.unwrap();
    process::sleep(SECOND / 2).await;
    server.touch().await.unwrap();
    assert_eq!(end.await, ExitReason::Shutdown);
    assert_eq!(before.elapsed(), SECOND * 3 / 2);
}

#[genserver]
struct Idler;

#[genserver]
impl Idler {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn touch(&self) -> Reply<()> {
        Reply::ok(()).timeout_after(SECOND)
    }

    #[handle_info]
    fn idle(&mut self, _: Timeout) -> NoReply {
        NoReply::stop(ExitReason::Shutdown)
    }
}

both_flavors! {
    /// SRV-12: nothing is seen of hibernation, from any handler.
    async fn hibernate_changes_nothing_that_can_be_seen() {
        for via in ALL {
            let (mut plan, mut seen) = plan();
            plan.first = Act::Hibernate;
            let machine = machine(plan).await;
            for round in 1..=3 {
                let _ = via.send(&machine, Act::Hibernate).await;
                machine.note("after");
                assert_eq!(machine.count().await.unwrap(), round * via.counted(), "{via:?}");
                assert_eq!(seen.rest().last().unwrap(), "after");
            }
            machine.stop().await.unwrap();
        }
    }
}

/// A server whose own messages come at once, without end.
#[genserver]
struct Restless(Arc<AtomicU64>);

struct Again;

#[genserver]
impl Restless {
    #[init]
    fn init(rounds: Arc<AtomicU64>) -> Init<Self> {
        Init::ok(Self(rounds)).timeout_message(Duration::ZERO, Again)
    }

    #[handle_info]
    fn again(&mut self, _: Again) -> NoReply {
        // An end, so that the test fails instead of hanging.
        if self.0.fetch_add(1, Ordering::Relaxed) == 1_000_000 {
            return NoReply::ok();
        }
        NoReply::ok().timeout_message(Duration::ZERO, Again)
    }
}

/// SRV-11, EXI-5: others run, and it can be ended.
#[beamish::test]
async fn own_messages_that_come_at_once_let_others_run() {
    let rounds = Arc::default();
    let restless = Restless::start(Arc::clone(&rounds)).await.unwrap();
    let pid = restless.pid().unwrap();
    let end = process::monitored(pid);
    process::kill(pid);
    assert_eq!(end.await, ExitReason::Killed);
    assert!(rounds.load(Ordering::Relaxed) < 1_000_000);
}
