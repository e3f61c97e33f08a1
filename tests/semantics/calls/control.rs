//! What a handler says besides its answer.

use super::*;

both_flavors! {
    /// Design 3.6: `continue` from a handler that the caller ran: the server carries it out before anything else.
    async fn continuation_of_an_idle_call_comes_before_the_next_call() {
        let counter = counter().await;
        let mut expected = 0;
        for round in 0..500_u64 {
            expected += 1;
            assert_eq!(counter.settle(1).await.unwrap(), expected);
            expected += 1_000;
            match round % 3 {
                0 => assert_eq!(counter.get().await.unwrap(), expected),
                1 => {
                    counter.add(1);
                    expected += 1;
                    assert_eq!(counter.get().await.unwrap(), expected);
                }
                _ => {}
            }
        }
        assert_eq!(counter.get().await.unwrap(), expected);
    }

    /// Design 3.6: the same with another caller's messages in between.
    async fn continuation_of_an_idle_call_comes_before_the_calls_of_others() {
        let counter = counter().await;
        let callers: Vec<_> = (0..4)
            .map(|_| {
                let counter = counter.clone();
                tokio::spawn(async move {
                    for _ in 0..200 {
                        // Each step adds 1, its continuation 1000: between two handlers both have been added.
                        let value = counter.settle(1).await.unwrap();
                        assert_eq!(value % 1_000, (value / 1_000 + 1) % 1_000, "{value}");
                        let value = counter.get().await.unwrap();
                        assert_eq!(value % 1_000, value / 1_000 % 1_000, "{value}");
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        assert_eq!(counter.get().await.unwrap(), 800 * 1_001);
    }

    /// Design 3.6, SRV-6: a stop with a reply from a handler that the caller ran.
    async fn stop_of_an_idle_call_ends_the_server_with_its_reply() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            assert_eq!(counter.leave(reason.clone()).await.unwrap(), 0);
            assert_eq!(seen.rest(), [format!("terminate 0 {reason:?} {pid}")], "terminate ran before the reply");
            // Whoever heard the reply finds nobody who answers.
            let outcome = counter.get().await;
            assert!(matches!(&outcome, Err(CallError::NoProc(_) | CallError::Exit(_))), "{outcome:?}");
            assert_eq!(end.await, reason);
        }
    }

    /// Design 3.6, SRV-6: calls that came behind a stop get the reason.
    async fn calls_behind_a_stop_of_an_idle_call_get_the_reason() {
        for _ in 0..100 {
            let counter = counter().await;
            let reason = abnormal();
            let (stop, behind, behind_queued) =
                tokio::join!(counter.leave(reason.clone()), counter.get(), counter.place_queued());
            assert_eq!(stop.unwrap(), 0);
            assert_eq!(exited(behind), reason);
            assert_eq!(exited(behind_queued), reason);
        }
    }
}

/// Design 3.6, SRV-11: a timeout asked for by a handler that the caller ran is kept, and cancelled by an idle call.
#[beamish::test(start_paused)]
async fn timeout_of_an_idle_call_is_kept_by_the_server() {
    let (log, mut seen) = log();
    let server = Resting::start(log).await.unwrap();
    let before = Instant::now();
    let mut rest = server.rest(Duration::from_secs(2));
    assert!(poll_once(&mut rest).await.is_ready(), "run by the caller");
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), Duration::from_secs(2));

    let mut rest = server.rest(Duration::from_secs(2));
    assert!(poll_once(&mut rest).await.is_ready(), "run by the caller");
    process::sleep(Duration::from_secs(1)).await;
    server.ping().await.unwrap();
    process::sleep(Duration::from_secs(60)).await;
    assert_eq!(seen.rest(), [] as [&str; 0]);
}

#[genserver]
struct Resting(Log);

#[genserver]
impl Resting {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_call]
    fn rest(&self, duration: Duration) -> Reply<()> {
        Reply::ok(()).timeout_after(duration)
    }

    #[handle_call]
    fn ping(&self) {}

    #[handle_info]
    fn idle(&mut self, _: beamish::Timeout) {
        self.0.write("timeout");
    }
}
