//! The servers of `examples/ports`, each as its original is used.
#![expect(clippy::unwrap_used, reason = "in tests a panic says enough")]
#![expect(
    unreachable_pub,
    reason = "the modules of the example read as a library's"
)]

#[path = "../examples/ports/bank_account.rs"]
mod bank_account;
#[path = "../examples/ports/chat_room.rs"]
mod chat_room;
#[path = "../examples/ports/circuit_breaker.rs"]
mod circuit_breaker;
#[path = "../examples/ports/debouncer.rs"]
mod debouncer;
#[path = "../examples/ports/job_queue.rs"]
mod job_queue;
#[path = "../examples/ports/kv.rs"]
mod kv;
#[path = "../examples/ports/leader.rs"]
mod leader;
#[path = "../examples/ports/lru_cache.rs"]
mod lru_cache;
#[path = "../examples/ports/pool.rs"]
mod pool;
#[path = "../examples/ports/rate_limiter.rs"]
mod rate_limiter;
#[path = "../examples/ports/stack.rs"]
mod stack;
#[path = "../examples/ports/ticker.rs"]
mod ticker;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use beamish::prelude::*;
use beamish::{CallFailed, sys};
use tokio::time::Instant;

use bank_account::{Account, Refused};
use chat_room::{AlreadyRegistered, Line, Room};
use circuit_breaker::{BreakerSupervisor, Broken, Options};
use debouncer::{Debouncer, DebouncerRef};
use job_queue::{Job, JobQueueRef, JobSupervisor};
use kv::Registry;
use leader::Leader;
use lru_cache::LruCache;
use pool::{ConnectionRef, PoolRef, PoolSupervisor};
use rate_limiter::{RateLimiter, make_request};
use stack::Stack;
use ticker::Tick;

/// What `Some` is when text is popped.
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[beamish::test]
async fn stack_pops_what_was_pushed_last() {
    let stack = Stack::start_link("hello,world").await.unwrap();
    stack.push("elixir");
    assert_eq!(stack.pop().await.unwrap(), some("elixir"));
    assert_eq!(stack.pop().await.unwrap(), some("hello"));
    assert_eq!(stack.pop().await.unwrap(), some("world"));
    assert_eq!(stack.pop().await.unwrap(), None);
}

#[beamish::test]
async fn bucket_keeps_values_by_key() {
    let registry = Registry::start_link().await.unwrap();
    assert_eq!(registry.lookup("shopping").await.unwrap(), None);
    registry.create("shopping");
    let bucket = registry.lookup("shopping").await.unwrap().unwrap();
    bucket.put("milk", 1).await.unwrap();
    registry.create("shopping");
    assert_eq!(
        registry.lookup("shopping").await.unwrap(),
        Some(bucket.clone())
    );
    assert_eq!(bucket.get("milk").await.unwrap(), Some(1));
    assert_eq!(bucket.delete("milk").await.unwrap(), Some(1));
    assert_eq!(bucket.delete("milk").await.unwrap(), None);
}

#[beamish::test]
async fn registry_forgets_buckets_that_end() {
    let registry = Registry::start_link().await.unwrap();
    registry.create("shopping");
    registry.create("cleaning");
    let bucket = registry.lookup("shopping").await.unwrap().unwrap();
    bucket.stop().await.unwrap();
    assert_eq!(registry.lookup("shopping").await.unwrap(), None);
    assert!(registry.lookup("cleaning").await.unwrap().is_some());
}

#[beamish::test(start_paused)]
async fn rate_limiter_lets_bursts_through_and_then_one_a_token() {
    RateLimiter::start_link(3, Duration::from_secs(3))
        .await
        .unwrap();
    let began = Instant::now();
    let mut seconds = Vec::new();
    for _ in 0..5 {
        seconds.push(
            make_request(async { began.elapsed().as_secs() })
                .await
                .unwrap(),
        );
    }
    assert_eq!(seconds, [0, 0, 0, 1, 2]);
}

/// Tokens come back while nobody asks, but no more than there were.
#[beamish::test(start_paused)]
async fn rate_limiter_saves_no_more_tokens_than_its_capacity() {
    RateLimiter::start_link(2, Duration::from_secs(2))
        .await
        .unwrap();
    process::sleep(Duration::from_millis(60_500)).await;
    let began = Instant::now();
    let mut waited = Vec::new();
    for _ in 0..3 {
        waited.push(
            make_request(async { began.elapsed().as_millis() })
                .await
                .unwrap(),
        );
    }
    assert_eq!(waited, [0, 0, 500]);
}

async fn pool_of(size: usize) -> PoolRef {
    PoolSupervisor::start_link(size).await.unwrap();
    PoolRef::named()
}

#[beamish::test]
async fn pool_lends_what_it_has() {
    let pool = pool_of(2).await;
    let first = pool.checkout().await.unwrap().unwrap();
    let second = pool.checkout().await.unwrap().unwrap();
    assert_ne!(first, second);
    assert_eq!(pool.checkout().await.unwrap(), None);
    assert_eq!(pool.status().await.unwrap(), (0, 2));
    pool.checkin(first.clone());
    pool.checkin(first.clone());
    assert_eq!(pool.status().await.unwrap(), (1, 1));
    assert_eq!(pool.checkout().await.unwrap(), Some(first));
}

#[beamish::test]
async fn pool_takes_back_what_a_dead_process_had() {
    let pool = pool_of(1).await;
    let borrower = spawn(async { drop(PoolRef::named().checkout().await) });
    process::monitored(borrower).await;
    assert_eq!(pool.status().await.unwrap(), (1, 0));
}

/// That the first borrower has ended is known when the connection is somebody else's.
#[beamish::test]
async fn pool_leaves_the_next_borrower_alone() {
    let (pool, test) = (pool_of(1).await, self_pid());
    let first = spawn(async move {
        send(test, PoolRef::named().checkout().await.unwrap());
        process::sleep(Duration::MAX).await;
    });
    let lent = receive! { lent: Option<ConnectionRef> => lent.unwrap() };
    sys::suspend(&pool).await.unwrap();
    pool.checkin(lent.clone());
    let next = pool.checkout().send_request();
    process::kill(first);
    process::monitored(first).await;
    sys::resume(&pool).await.unwrap();
    assert_eq!(
        next.receive_response(Duration::MAX).await.unwrap(),
        Some(lent)
    );
    assert_eq!(pool.status().await.unwrap(), (0, 1));
}

/// An exit signal that has nothing to do with connections.
#[beamish::test]
async fn pool_does_not_grow() {
    let pool = pool_of(1).await;
    process::exit(pool.pid().unwrap(), ExitReason::other("go"));
    assert_eq!(pool.status().await.unwrap(), (1, 0));
}

#[beamish::test]
async fn pool_replaces_connections_that_end() {
    let pool = pool_of(2).await;
    let lent = pool.checkout().await.unwrap().unwrap();
    lent.close().await.unwrap();
    process::monitored(&lent).await;
    assert_eq!(pool.status().await.unwrap(), (2, 0));
    let idle = pool.checkout().await.unwrap().unwrap();
    pool.checkin(idle.clone());
    process::kill(idle.pid().unwrap());
    process::monitored(&idle).await;
    assert_eq!(pool.status().await.unwrap(), (2, 0));
    let other = pool.checkout().await.unwrap().unwrap();
    assert!(other.is_alive() && other != idle && other != lent);
}

async fn job_queue() -> JobQueueRef {
    JobSupervisor::start_link().await.unwrap();
    JobQueueRef::named()
}

/// When a job was tried, counted from the test's begin.
#[derive(Debug, PartialEq)]
struct Tried(&'static str, u128);

/// A job that fails `failures` times, and says each time when it was tried.
fn job(name: &'static str, mut failures: u32) -> Job {
    let (test, began) = (self_pid(), Instant::now());
    Box::new(move || {
        send(test, Tried(name, began.elapsed().as_millis()));
        if failures == 0 {
            return Ok(());
        }
        failures -= 1;
        Err("boom".into())
    })
}

/// The next jobs that were tried; `None` stands for an hour without any.
async fn tried(count: usize) -> Vec<Option<Tried>> {
    let mut tried = Vec::new();
    for _ in 0..count {
        tried.push(receive! {
            it: Tried => Some(it),
            after 1h => None,
        });
    }
    tried
}

#[beamish::test(start_paused)]
async fn job_is_tried_again_until_it_succeeds() {
    let queue = job_queue().await;
    queue.enqueue(job("a", 2), 3);
    let expected = [
        Some(Tried("a", 0)),
        Some(Tried("a", 100)),
        Some(Tried("a", 300)),
        None,
    ];
    assert_eq!(tried(4).await, expected);
}

#[beamish::test(start_paused)]
async fn job_is_given_up_after_its_attempts() {
    let queue = job_queue().await;
    queue.enqueue(job("a", u32::MAX), 2);
    let expected = [Some(Tried("a", 0)), Some(Tried("a", 200)), None];
    assert_eq!(tried(3).await, expected);
}

#[beamish::test(start_paused)]
async fn four_jobs_run_at_a_time() {
    let queue = job_queue().await;
    for name in ["a", "b", "c", "d"] {
        queue.enqueue(job(name, 1), 3);
    }
    queue.enqueue(job("e", 0), 3);
    let mut tried = tried(9).await;
    assert_eq!(tried.pop(), Some(Some(Tried("e", 100))));
    let names = tried.into_iter().map(|it| it.unwrap().0);
    assert_eq!(names.collect::<String>(), "abcdabcd");
}

#[beamish::test]
async fn job_that_panics_makes_room_for_the_next() {
    let queue = job_queue().await;
    let pid = queue.pid();
    for _ in 0..4 {
        queue.enqueue(Box::new(|| panic!("on purpose")), 3);
    }
    queue.enqueue(job("next", 0), 3);
    assert_eq!(tried(1).await.pop().unwrap().unwrap().0, "next");
    assert_eq!(queue.pid(), pid);
}

/// A member of the room that sends the test what it hears.
async fn member(name: &'static str) -> Pid {
    let test = self_pid();
    let member = spawn_link(async move {
        loop {
            receive! { Line(line): Line => send(test, (name, line)) }
        }
    });
    let joined = chat_room::RoomRef::named().register(name, member).await;
    assert_eq!(joined.unwrap(), Ok(()));
    member
}

/// What a member hears next.
async fn heard(name: &str) -> String {
    receive! { (who, line): (&'static str, String) if who == name => line }
}

#[beamish::test]
async fn members_of_a_room_hear_each_other() {
    let room = Room::start_link().await.unwrap();
    member("ann").await;
    assert_eq!(heard("ann").await, "* In room: ");
    let bob = member("bob").await;
    assert_eq!(heard("ann").await, "* bob has joined");
    assert_eq!(heard("bob").await, "* In room: ann");
    let again = room.register("ann", bob).await.unwrap();
    assert_eq!(again, Err(AlreadyRegistered));
    room.broadcast("ann", "hello").await.unwrap();
    assert_eq!(heard("bob").await, "[ann] hello");
    process::unlink(bob);
    process::kill(bob);
    assert_eq!(heard("ann").await, "* bob disconnected");
    member("bob").await;
}

static TRIPS: AtomicU32 = AtomicU32::new(0);

#[beamish::test(start_paused)]
async fn breaker_trips_and_begins_anew() {
    BreakerSupervisor::start_link().await.unwrap();
    let options = Options {
        threshold: 2,
        timeout: Duration::from_secs(60),
        on_trip: |_| _ = TRIPS.fetch_add(1, Ordering::Relaxed),
    };
    let fail = async |key| circuit_breaker::call(key, options, async { Err::<(), _>("no") }).await;
    assert_eq!(fail("a").await, Err(Broken::Failed("no")));
    assert_eq!(fail("a").await, Err(Broken::Failed("no")));
    assert_eq!(fail("a").await, Err(Broken::Tripped));
    assert_eq!(fail("b").await, Err(Broken::Failed("no")));
    process::sleep(options.timeout).await;
    assert_eq!(TRIPS.load(Ordering::Relaxed), 1);
    assert_eq!(fail("a").await, Err(Broken::Failed("no")));
    let works = async { Ok::<_, &str>(1) };
    let result = circuit_breaker::call("a", options, works).await;
    assert_eq!(result, Ok(1));
}

#[beamish::test(start_paused)]
async fn breaker_that_has_tripped_calls_nothing() {
    BreakerSupervisor::start_link().await.unwrap();
    let mut calls = 0;
    for _ in 0..12 {
        let counted = async {
            calls += 1;
            Err::<(), _>(())
        };
        let _ = circuit_breaker::call("a", Options::default(), counted).await;
    }
    assert_eq!(calls, 10);
}

#[beamish::test(start_paused)]
async fn ticker_tells_its_clients() {
    let began = Instant::now();
    ticker::start(Duration::from_secs(2)).unwrap();
    ticker::register(self_pid()).unwrap();
    for seconds in [2, 4, 6] {
        receive! { Tick {} => assert_eq!(began.elapsed().as_secs(), seconds) }
    }
}

#[beamish::test]
async fn ticker_is_one() {
    assert!(ticker::register(self_pid()).is_err());
    ticker::start(Duration::from_secs(2)).unwrap();
    ticker::start(Duration::from_secs(2)).unwrap_err();
}

#[derive(Debug, PartialEq)]
struct Evicted(char, u8);

/// A cache of two, which tells the test what it evicts.
async fn cache() -> lru_cache::LruCacheRef<char, (u8, Pid)> {
    let evict = |key, (value, test): (u8, Pid)| send(test, Evicted(key, value));
    LruCache::start_link(2, evict).await.unwrap()
}

#[beamish::test]
async fn cache_evicts_what_was_used_least_recently() {
    let (cache, test) = (cache().await, self_pid());
    cache.put('a', (1, test)).await.unwrap();
    cache.put('b', (2, test)).await.unwrap();
    assert_eq!(cache.get('a', true).await.unwrap(), Some((1, test)));
    cache.put('c', (3, test)).await.unwrap();
    receive! { it: Evicted => assert_eq!(it, Evicted('b', 2)) }
    assert_eq!(cache.get('b', true).await.unwrap(), None);
    cache.update('a', (4, test), true).await.unwrap();
    cache.put('c', (5, test)).await.unwrap();
    cache.put('d', (6, test)).await.unwrap();
    receive! { it: Evicted => assert_eq!(it, Evicted('a', 4)) }
}

#[beamish::test]
async fn cache_may_be_read_without_a_use() {
    let (cache, test) = (cache().await, self_pid());
    cache.put('a', (1, test)).await.unwrap();
    cache.put('b', (2, test)).await.unwrap();
    assert_eq!(cache.get('a', false).await.unwrap(), Some((1, test)));
    cache.update('a', (3, test), false).await.unwrap();
    cache.put('c', (4, test)).await.unwrap();
    receive! { it: Evicted => assert_eq!(it, Evicted('a', 3)) }
}

#[beamish::test]
async fn cache_forgets_what_is_deleted() {
    let (cache, test) = (cache().await, self_pid());
    cache.put('a', (1, test)).await.unwrap();
    cache.delete('a').await.unwrap();
    cache.update('a', (2, test), true).await.unwrap();
    assert_eq!(cache.get('a', true).await.unwrap(), None);
    cache.put('b', (3, test)).await.unwrap();
    cache.put('c', (4, test)).await.unwrap();
    receive! {
        it: Evicted => panic!("{it:?} though there was room"),
        after 0 => {},
    }
}

#[beamish::test]
async fn leader_gathers_what_its_workers_find() {
    let thermometer = |city: &str| (city == "Rome").then_some(16.5);
    let leader = Leader::start_link(vec!["Utopia", "Rome"], thermometer);
    let found = leader.await.unwrap().temperatures().await.unwrap();
    assert_eq!(found, "Rome: 16.5°C, Utopia not found");
    let nothing = Leader::start_link(vec![], thermometer).await.unwrap();
    assert_eq!(nothing.temperatures().await.unwrap(), "");
}

#[beamish::test]
async fn leader_ends_with_a_worker_that_crashes() {
    let leader = Leader::start(vec!["Rome"], |city| panic!("{city} is too hot"));
    let call = leader.await.unwrap().temperatures().await;
    assert!(matches!(
        call,
        Err(CallError::Exit(_) | CallError::NoProc(_))
    ));
}

/// Comes with `key` after `seconds`: when it worked, if it did.
fn comes(debouncer: &DebouncerRef<u8>, key: u8, seconds: f64) -> Task<Option<u64>> {
    let (debouncer, began) = (debouncer.clone(), Instant::now());
    Task::spawn(async move {
        process::sleep(Duration::from_secs_f64(seconds)).await;
        let work = async { began.elapsed().as_secs() };
        let timeout = Duration::from_secs(2);
        debouncer.debounce(key, timeout, work).await.unwrap()
    })
    .infinity()
}

#[beamish::test(start_paused)]
async fn debouncer_lets_one_caller_work_at_a_time() {
    let debouncer = Debouncer::start_link().await.unwrap();
    let mut worked = Vec::new();
    let callers = [(1, 0.0), (1, 0.1), (1, 0.2), (2, 0.3), (1, 3.0), (1, 9.0)];
    let tasks = callers.map(|(key, seconds)| comes(&debouncer, key, seconds));
    for task in tasks {
        worked.push(task.await.unwrap());
    }
    assert_eq!(worked, [Some(0), Some(2), None, Some(0), Some(4), Some(9)]);
}

#[beamish::test]
async fn account_refuses_what_it_has_not() {
    let account = Account::start_link().await.unwrap();
    account.deposit(100).flat().await.unwrap();
    let refused = |reason| Err(CallFailed::Server(reason));
    let result = account.withdraw(120).flat().await;
    assert_eq!(result, refused(Refused::NotEnoughBalance));
    let result = account.withdraw(0).flat().await;
    assert_eq!(result, refused(Refused::AmountMustBePositive));
    let result = account.deposit(0).flat().await;
    assert_eq!(result, refused(Refused::AmountMustBePositive));
    account.withdraw(30).flat().await.unwrap();
    assert_eq!(account.balance().await.unwrap(), 70);
}

#[beamish::test(flavor = "multi_thread")]
async fn account_may_be_used_by_many() {
    let account = Account::start_link().await.unwrap();
    let tasks = [(); 20].map(|()| {
        let account = account.clone();
        Task::spawn(async move { account.deposit(1).flat().await })
    });
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(account.balance().await.unwrap(), 20);
}

#[beamish::test]
async fn account_that_was_closed_is_no_more() {
    let account = Account::start_link().await.unwrap();
    account.stop().await.unwrap();
    assert!(matches!(account.balance().await, Err(CallError::NoProc(_))));
}
