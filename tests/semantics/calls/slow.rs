//! Handlers that take long, and loops of calls.

use super::*;

/// Threads that wait for each other, for a bounded time.
#[derive(Debug)]
struct Meeting {
    expected: usize,
    arrived: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    fn of(expected: usize) -> Arc<Self> {
        Arc::new(Self {
            expected,
            arrived: Mutex::new(0),
            changed: Condvar::new(),
        })
    }

    /// Whether all have come.
    fn join(&self) -> bool {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.changed.notify_all();
        let limit = Duration::from_secs(30);
        let (arrived, _) = self
            .changed
            .wait_timeout_while(arrived, limit, |arrived| *arrived < self.expected)
            .unwrap();
        *arrived == self.expected
    }
}

/// Keeps the thread busy.
fn compute() {
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_micros(300) {
        std::hint::spin_loop();
    }
}

/// Servers with a slow handler of their own; what is learnt of a handler is not forgotten.
macro_rules! slow_server {
    ($($name:ident),*) => {$(
        #[genserver]
        struct $name;

        #[genserver]
        impl $name {
            #[init]
            fn init() -> Self {
                Self
            }

            #[handle_call]
            fn work(&self, meeting: Option<Arc<Meeting>>) -> bool {
                match meeting {
                    Some(meeting) => meeting.join(),
                    None => {
                        compute();
                        true
                    }
                }
            }
        }
    )*};
}
slow_server!(SlowOnce, SlowTogether, SlowTimed);

/// How many calls it may take until a slow handler is noticed.
const SAMPLES: usize = 64 * 4;

/// Decision A1 (b): a handler that was seen to be slow is queued from then on.
#[beamish::test]
async fn slow_handler_is_queued_after_it_was_seen() {
    let server = SlowOnce::start().await.unwrap();
    let mut first = server.work(None);
    assert!(
        poll_once(&mut first).await.is_ready(),
        "nothing is known of it yet"
    );
    for _ in 0..SAMPLES {
        assert!(server.work(None).await.unwrap());
    }
    for _ in 0..10 {
        let mut call = server.work(None);
        assert!(poll_once(&mut call).await.is_pending());
        assert!(call.await.unwrap());
    }
}

/// Decision A1 (b): so the servers of a `join` work side by side.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn slow_handlers_of_several_servers_run_side_by_side() {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(SlowTogether::start().await.unwrap());
    }
    for _ in 0..SAMPLES {
        servers[0].work(None).await.unwrap();
    }
    for _ in 0..5 {
        let meeting = Meeting::of(3);
        let (one, two, three) = tokio::join!(
            servers[0].work(Some(meeting.clone())).infinity(),
            servers[1].work(Some(meeting.clone())).infinity(),
            servers[2].work(Some(meeting)).infinity(),
        );
        assert!(one.unwrap() && two.unwrap() && three.unwrap());
    }
}

/// Decision A1 (b), (c), SRV-2: and its timeout holds.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn timeout_of_a_call_to_a_slow_handler_holds() {
    let server = SlowTimed::start().await.unwrap();
    for _ in 0..SAMPLES {
        server.work(None).await.unwrap();
    }
    let meeting = Meeting::of(2);
    let outcome = server
        .work(Some(meeting.clone()))
        .timeout(Duration::from_millis(20))
        .await;
    assert!(matches!(outcome, Err(CallError::Timeout(_))), "{outcome:?}");
    // The handler waits until now.
    assert!(meeting.join());
    assert!(server.work(None).await.unwrap());
}

/// Decision A1 (c), SRV-3: an answer that is there at the first poll counts, whatever the timeout.
#[beamish::test]
async fn idle_call_with_a_timeout_of_zero_is_answered() {
    let counter = counter().await;
    assert_eq!(counter.next().timeout(Duration::ZERO).await.unwrap(), 1);
}

/// Design 3.2: calls that are run by the caller use up its budget, so a loop of them lets others run.
#[beamish::test]
async fn loop_of_idle_calls_lets_other_tasks_run() {
    let counter = counter().await;
    let ran = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ran);
    tokio::spawn(async move { seen.store(true, Ordering::SeqCst) });
    let mut calls = 0_u32;
    while !ran.load(Ordering::SeqCst) {
        counter.get().await.unwrap();
        calls += 1;
        assert!(calls < 100_000, "nobody else runs");
    }
}

/// Design 3.2, decision A20: so a process that only calls can be killed.
#[beamish::test]
async fn process_that_only_calls_can_be_killed() {
    let counter = counter().await;
    let client = counter.clone();
    let caller = spawn(async move {
        loop {
            client.next().await.unwrap();
        }
    });
    let end = process::monitored(caller);
    process::yield_now().await;
    process::kill(caller);
    assert_eq!(end.await, ExitReason::Killed);
    let count = counter.get().await.unwrap();
    process::yield_now().await;
    assert_eq!(counter.get().await.unwrap(), count);
}

/// Design 3.2: the budget is the caller's: without it the call waits, and nothing has happened.
#[beamish::test]
async fn call_without_budget_waits_and_is_made_once() {
    let counter = counter().await;
    let mut pending = 0;
    for round in 1..=2_000 {
        let mut call = counter.next();
        match poll_once(&mut call).await {
            Poll::Ready(value) => assert_eq!(value.unwrap(), round),
            Poll::Pending => {
                pending += 1;
                assert_eq!(call.await.unwrap(), round);
            }
        }
    }
    assert!(pending > 0, "the budget never ended");
    assert_eq!(counter.get().await.unwrap(), 2_000);
}
