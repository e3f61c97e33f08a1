//! Many callers at once.

use super::*;

/// Two callers and one server: each answer is the one to its own call.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_reach_the_calls_that_they_belong_to() {
    let echo = Echo::start().await.unwrap();
    let callers: Vec<_> = (0..8_u64)
        .map(|caller| {
            let echo = echo.clone();
            tokio::spawn(async move {
                for round in 0..500_u64 {
                    let text = caller * 1_000 + round;
                    match round % 3 {
                        0 => assert_eq!(echo.plain(text).await.unwrap(), text),
                        1 => assert_eq!(echo.awaited(text).await.unwrap(), text),
                        _ => assert_eq!(echo.later(text).await.unwrap(), text),
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(echo.handled().await.unwrap(), 4_000);
}

#[genserver]
struct Echo(u64);

#[genserver]
impl Echo {
    #[init]
    fn init() -> Self {
        Self(0)
    }

    #[handle_call]
    fn plain(&mut self, value: u64) -> u64 {
        self.0 += 1;
        value
    }

    #[handle_call]
    async fn awaited(&mut self, value: u64) -> u64 {
        self.0 += 1;
        tokio::task::yield_now().await;
        value
    }

    #[handle_call]
    fn later(&mut self, value: u64, reply: ReplyTo<u64>) {
        self.0 += 1;
        tokio::spawn(async move { reply.reply(value) });
    }

    #[handle_call]
    fn handled(&self) -> u64 {
        self.0
    }
}

/// What happened to the incarnations of the server under stress, from its side.
#[derive(Debug, Default)]
struct Ledger {
    /// Of each incarnation: the increments that were made, by handlers of calls and of casts.
    made: Mutex<Vec<Arc<Made>>>,
}

#[derive(Debug, Default)]
struct Made {
    calls: AtomicU64,
    casts: AtomicU64,
    /// Handlers that run at this moment.
    inside: AtomicUsize,
    /// Whether two of them ever ran at once.
    overlapped: AtomicBool,
    ended: AtomicBool,
}

/// One handler at a time.
struct Inside<'a>(&'a Made);

impl<'a> Inside<'a> {
    fn enter(made: &'a Made) -> Self {
        if made.inside.fetch_add(1, Ordering::SeqCst) != 0 || made.ended.load(Ordering::SeqCst) {
            made.overlapped.store(true, Ordering::SeqCst);
        }
        Self(made)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

#[genserver(name = "stressed")]
struct Stressed {
    incarnation: usize,
    made: Arc<Made>,
    /// Without atomics: wrong if two handlers ever run at once, or one sees an old state.
    calls: u64,
    casts: u64,
    continued: u64,
}

#[genserver]
impl Stressed {
    #[init]
    fn init(ledger: Arc<Ledger>) -> Self {
        let made = Arc::new(Made::default());
        let mut all = ledger.made.lock().unwrap();
        all.push(Arc::clone(&made));
        Self {
            incarnation: all.len() - 1,
            made,
            calls: 0,
            casts: 0,
            continued: 0,
        }
    }

    /// The incarnation, the number of this increment in it, and of casts before it.
    #[handle_call]
    fn increment(&mut self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        (self.incarnation, self.calls)
    }

    #[handle_call]
    async fn increment_awaited(&mut self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        tokio::task::yield_now().await;
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        (self.incarnation, self.calls)
    }

    #[handle_call]
    fn increment_and_continue(&mut self) -> Reply<(usize, u64), Settle> {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        Reply::ok((self.incarnation, self.calls)).continue_with(Settle)
    }

    #[handle_call]
    fn increment_later(&mut self, reply: ReplyTo<(usize, u64)>) {
        let _inside = Inside::enter(&self.made);
        self.calls += 1;
        self.made.calls.fetch_add(1, Ordering::SeqCst);
        let answer = (self.incarnation, self.calls);
        tokio::spawn(async move { reply.reply(answer) });
    }

    #[handle_cast]
    fn cast_increment(&mut self) {
        let _inside = Inside::enter(&self.made);
        self.casts += 1;
        self.made.casts.fetch_add(1, Ordering::SeqCst);
    }

    #[handle_call]
    fn casts(&self) -> (usize, u64) {
        let _inside = Inside::enter(&self.made);
        (self.incarnation, self.casts)
    }

    #[handle_continue]
    fn settled(&mut self, _: Settle) {
        let _inside = Inside::enter(&self.made);
        self.continued += 1;
    }

    #[handle_call]
    fn fall_over(&mut self) -> u64 {
        let _inside = Inside::enter(&self.made);
        panic!("as told")
    }

    #[handle_call]
    fn leave(&mut self) -> Reply<usize> {
        let _inside = Inside::enter(&self.made);
        Reply::stop(ExitReason::Shutdown, self.incarnation)
    }

    #[handle_call]
    fn shoot_itself(&mut self) -> u64 {
        let _inside = Inside::enter(&self.made);
        process::exit(self_pid(), ExitReason::other("by its own hand"));
        unreachable!("it does not trap exits")
    }
}

impl Drop for Stressed {
    fn drop(&mut self) {
        if self.made.inside.load(Ordering::SeqCst) != 0 {
            self.made.overlapped.store(true, Ordering::SeqCst);
        }
        self.made.ended.store(true, Ordering::SeqCst);
    }
}

/// Repeatable chance (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What one caller saw: of each increment that was answered, its incarnation and its number there.
#[derive(Default)]
struct Answers {
    increments: Vec<(usize, u64)>,
    failed: u64,
}

/// How long a call may hang before the test says so.
const HANG: Duration = Duration::from_secs(30);

/// One caller: calls, casts, and now and then ends the server in one of many ways.
async fn stress(seed: u64, rounds: u32, harmful: bool) -> Answers {
    let mut chance = Chance(seed);
    let mut answers = Answers::default();
    let server = StressedRef::named();
    for _ in 0..rounds {
        let dice = chance.below(1_000);
        let bounded = async {
            match dice {
                0..500 => Some(server.increment().infinity().await),
                500..600 => Some(server.increment_awaited().infinity().await),
                600..700 => Some(server.increment_and_continue().infinity().await),
                700..760 => Some(server.increment_later().infinity().await),
                760..770 => {
                    // Given up after one poll, or before an answer.
                    let _ = poll_once(&mut server.increment_awaited()).await;
                    let _ = server.increment_later().timeout(Duration::ZERO).await;
                    None
                }
                770..970 => {
                    server.cast_increment();
                    None
                }
                970..980 => {
                    // Own casts come before own calls, in one incarnation.
                    let before = server.casts().infinity().await;
                    server.cast_increment();
                    let after = server.casts().infinity().await;
                    if let (Ok(before), Ok(after)) = (before, after)
                        && before.0 == after.0
                    {
                        assert!(after.1 > before.1, "a cast was overtaken");
                    }
                    None
                }
                _ if !harmful => None,
                980..985 => {
                    let outcome = server.fall_over().infinity().await;
                    assert!(outcome.is_err(), "{outcome:?}");
                    None
                }
                985..990 => {
                    let outcome = server.shoot_itself().infinity().await;
                    assert!(outcome.is_err(), "{outcome:?}");
                    None
                }
                990..995 => {
                    let _ = server.leave().infinity().await;
                    None
                }
                _ => {
                    if let Some(pid) = server.pid() {
                        process::kill(pid);
                    }
                    None
                }
            }
        };
        match tokio::time::timeout(HANG, bounded)
            .await
            .expect("a call hangs")
        {
            Some(Ok(answer)) => answers.increments.push(answer),
            Some(Err(error)) => {
                answers.failed += 1;
                match error {
                    CallError::Exit(_) => {}
                    CallError::NoProc(_) => drop(server.when_up(HANG).await),
                    other => panic!("{other:?}"),
                }
            }
            None => {}
        }
    }
    answers
}

/// Many callers of every kind, one server that ends all the time and comes back: each call ends, no handler runs beside
/// another, and every increment that was answered was made exactly once, in the incarnation that said so.
async fn stress_one_server(seed: u64, harmful: bool) {
    const ROUNDS: u32 = 400;
    let ledger = Arc::new(Ledger::default());
    let tree = beamish::Supervisor::new(beamish::Strategy::OneForOne)
        .max_restarts(u32::MAX)
        .child({
            let ledger = Arc::clone(&ledger);
            beamish::ChildSpec::new(move || Stressed::start_link(Arc::clone(&ledger)))
        })
        .start()
        .await
        .unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    let node = node::current();
    let mut callers = 0;
    let mut next_seed = || {
        callers += 1;
        (seed ^ (callers << 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1
    };
    for _ in 0..6 {
        let (tell, seed) = (tell.clone(), next_seed());
        spawn(async move {
            tell.send(stress(seed, ROUNDS, harmful).await)
                .map_err(|_| ExitReason::Timeout)
        });
    }
    for _ in 0..4 {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        tokio::spawn(async move {
            let _ = tell.send(node.scope(stress(seed, ROUNDS, harmful)).await);
        });
    }
    let (other, one_thread) = (
        runtime(),
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap(),
    );
    for _ in 0..3 {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        other.spawn(async move {
            let _ = tell.send(node.scope(stress(seed, ROUNDS, harmful)).await);
        });
    }
    for handle in [
        tokio::runtime::Handle::current(),
        one_thread.handle().clone(),
    ] {
        let (tell, seed, node) = (tell.clone(), next_seed(), node.clone());
        thread::spawn(move || {
            let answers = handle.block_on(node.scope(stress(seed, ROUNDS, harmful)));
            let _ = tell.send(answers);
        });
    }
    drop(tell);
    // A runtime of one thread works only while somebody blocks on it.
    let (quit, quits) = oneshot::channel::<()>();
    let driver = thread::spawn(move || one_thread.block_on(async { drop(quits.await) }));

    let mut seen = Vec::new();
    let mut failed = 0;
    for _ in 0..callers {
        let answers = tokio::time::timeout(4 * HANG, told.recv())
            .await
            .expect("a caller hangs")
            .expect("a caller panicked");
        seen.extend(answers.increments);
        failed += answers.failed;
    }
    tree.stop().await.unwrap();
    drop(quit);
    on_a_thread(move || {
        driver.join().unwrap();
        drop(other);
    })
    .await;

    let made = std::mem::take(&mut *ledger.made.lock().unwrap());
    assert!(
        made.iter().all(|made| made.ended.load(Ordering::SeqCst)),
        "a state was not dropped"
    );
    assert!(
        !made
            .iter()
            .any(|made| made.overlapped.load(Ordering::SeqCst)),
        "two handlers ran at once"
    );
    let answered = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(
        seen.len(),
        answered,
        "two calls were given the same increment"
    );
    for (incarnation, number) in &seen {
        let calls = made[*incarnation].calls.load(Ordering::SeqCst);
        assert!(
            *number <= calls,
            "increment {number} of incarnation {incarnation}, which made {calls}"
        );
    }
    let calls: u64 = made
        .iter()
        .map(|made| made.calls.load(Ordering::SeqCst))
        .sum();
    assert!(calls >= answered as u64);
    if harmful {
        assert!(made.len() > 1, "the server was never restarted");
    } else {
        assert_eq!((made.len(), failed), (1, 0));
    }
}

/// Design 3.2, 3.6: the protocol under stress, with a server that goes on.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn stress_of_calls_on_one_server() {
    for seed in 1..=5 {
        stress_one_server(seed, false).await;
    }
}

/// Design 3.2, 3.6: and with one that stops, panics, is killed and restarted all the time.
#[beamish::test(flavor = "multi_thread", worker_threads = 4)]
async fn stress_of_calls_on_a_server_that_ends_and_is_restarted() {
    for seed in 1..=15 {
        stress_one_server(seed, true).await;
    }
}
