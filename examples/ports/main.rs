//! Servers ported from public Elixir code, one a module; `docs/porting.md` names the sources.
//!
//! `cargo run --example ports` runs through all of them and prints
//!
//! ```text
//! stack: pop => Some("hello")
//! stack: pop => Some("elixir")
//! kv: milk => Some(3)
//! kv: delete milk => Some(3)
//! kv: milk => None
//! kv: shopping is there => false
//! rate limiter: request 1
//! rate limiter: request 2
//! rate limiter: request 3
//! rate limiter: request 4
//! pool: idle, lent => (1, 1)
//! pool: after checkin => (2, 0)
//! pool: after a connection closed => (2, 0)
//! job queue: attempt 1
//! job queue: attempt 2
//! job queue: done
//! chat room: register => Ok(())
//! chat room: register => Err(AlreadyRegistered)
//! chat room: "* In room: "
//! chat room: "* bob has joined"
//! chat room: "[bob] Is anybody here?"
//! chat room: "* bob disconnected"
//! circuit breaker: Err(Failed("no answer"))
//! circuit breaker: Err(Failed("no answer"))
//! circuit breaker: fetch has tripped
//! circuit breaker: Err(Tripped)
//! circuit breaker: Ok(1)
//! ticker: tick 1
//! ticker: tick 2
//! lru cache: get a => Some(1)
//! lru cache: b=2 evicted
//! lru cache: get a => Some(4)
//! lru cache: get a => None
//! leader: Oslo: -3.2°C, Rome: 16.5°C, Utopia not found
//! debouncer: Some(1)
//! debouncer: Some(2)
//! debouncer: None
//! debouncer: None
//! bank account: deposit 100 => Ok(())
//! bank account: withdraw 120 => Err(NotEnoughBalance)
//! bank account: balance => 100
//! bank account: is open => false
//! ```
#![expect(clippy::print_stdout, reason = "examples print")]
#![expect(unreachable_pub, reason = "its modules read as a library's")]

mod bank_account;
mod chat_room;
mod circuit_breaker;
mod debouncer;
mod job_queue;
mod kv;
mod leader;
mod lru_cache;
mod pool;
mod rate_limiter;
mod stack;
mod ticker;

use std::error::Error;
use std::time::Duration;

use beamish::prelude::*;

type Result = std::result::Result<(), Box<dyn Error + Send + Sync>>;

#[beamish::main(flavor = "current_thread")]
async fn main() -> Result {
    stack().await?;
    key_value().await?;
    rate_limiter().await?;
    pool().await?;
    job_queue().await?;
    chat_room().await?;
    circuit_breaker().await?;
    ticker().await?;
    lru_cache().await?;
    leader().await?;
    debouncer().await?;
    bank_account().await
}

async fn stack() -> Result {
    let stack = stack::Stack::start_link("hello,world").await?;
    println!("stack: pop => {:?}", stack.pop().await?);
    stack.push("elixir");
    println!("stack: pop => {:?}", stack.pop().await?);
    Ok(())
}

async fn key_value() -> Result {
    let registry = kv::Registry::start_link().await?;
    registry.create("shopping");
    let shopping = registry.lookup("shopping").await?.ok_or("no bucket")?;
    shopping.put("milk", 3).await?;
    println!("kv: milk => {:?}", shopping.get("milk").await?);
    println!("kv: delete milk => {:?}", shopping.delete("milk").await?);
    println!("kv: milk => {:?}", shopping.get("milk").await?);
    shopping.stop().await?;
    println!(
        "kv: shopping is there => {}",
        registry.lookup("shopping").await?.is_some()
    );
    Ok(())
}

async fn rate_limiter() -> Result {
    rate_limiter::RateLimiter::start_link(2, Duration::from_millis(20)).await?;
    for number in 1..=4 {
        rate_limiter::make_request(async { println!("rate limiter: request {number}") }).await?;
    }
    Ok(())
}

async fn pool() -> Result {
    let tree = pool::PoolSupervisor::start_link(2).await?;
    let pool = pool::PoolRef::named();
    let connection = pool.checkout().await?.ok_or("no connection")?;
    println!("pool: idle, lent => {:?}", pool.status().await?);
    pool.checkin(connection.clone());
    println!("pool: after checkin => {:?}", pool.status().await?);
    connection.close().await?;
    println!(
        "pool: after a connection closed => {:?}",
        pool.status().await?
    );
    tree.stop().await?;
    Ok(())
}

async fn job_queue() -> Result {
    job_queue::JobSupervisor::start_link().await?;
    let queue = job_queue::JobQueueRef::named();
    let me = self_pid();
    let mut attempt = 0;
    let job = move || {
        attempt += 1;
        println!("job queue: attempt {attempt}");
        if attempt < 2 {
            return Err("boom".into());
        }
        send(me, Done);
        Ok(())
    };
    queue.enqueue(Box::new(job), 3);
    receive! { Done {} => println!("job queue: done") }
    Ok(())
}

struct Done;

async fn chat_room() -> Result {
    chat_room::Room::start_link().await?;
    let room = chat_room::RoomRef::named();
    let joined = room.register("ann", self_pid()).await?;
    println!("chat room: register => {joined:?}");
    let bob = spawn(process::sleep(Duration::from_secs(60)));
    let joined = room.register("ann", bob).await?;
    println!("chat room: register => {joined:?}");
    room.register("bob", bob).await?.ok();
    room.broadcast("bob", "Is anybody here?").await?;
    process::exit(bob, ExitReason::Shutdown);
    for _ in 0..4 {
        receive! { chat_room::Line(line): chat_room::Line => println!("chat room: {line:?}") }
    }
    Ok(())
}

async fn circuit_breaker() -> Result {
    use circuit_breaker::{BreakerSupervisor, Options, call};

    BreakerSupervisor::start_link().await?;
    let options = Options {
        threshold: 2,
        timeout: Duration::from_millis(20),
        on_trip: |key| println!("circuit breaker: {key} has tripped"),
    };
    for _ in 0..3 {
        let result = call("fetch", options, async { Err::<u8, _>("no answer") }).await;
        println!("circuit breaker: {result:?}");
    }
    process::sleep(options.timeout).await;
    let result = call("fetch", options, async { Ok::<_, &str>(1) }).await;
    println!("circuit breaker: {result:?}");
    Ok(())
}

async fn ticker() -> Result {
    ticker::start(Duration::from_millis(5))?;
    ticker::register(self_pid())?;
    for number in 1..=2 {
        receive! { ticker::Tick {} => println!("ticker: tick {number}") }
    }
    Ok(())
}

async fn lru_cache() -> Result {
    let evict = |key: char, value: i32| println!("lru cache: {key}={value} evicted");
    let cache = lru_cache::LruCache::start_link(2, evict).await?;
    cache.put('a', 1).await?;
    cache.put('b', 2).await?;
    println!("lru cache: get a => {:?}", cache.get('a', true).await?);
    cache.put('c', 3).await?;
    cache.update('a', 4, false).await?;
    println!("lru cache: get a => {:?}", cache.get('a', false).await?);
    cache.delete('a').await?;
    println!("lru cache: get a => {:?}", cache.get('a', false).await?);
    Ok(())
}

async fn leader() -> Result {
    let thermometer = |city: &str| match city {
        "Oslo" => Some(-3.25),
        "Rome" => Some(16.5),
        _ => None,
    };
    let leader = leader::Leader::start_link(vec!["Rome", "Oslo", "Utopia"], thermometer).await?;
    println!("leader: {}", leader.temperatures().await?);
    Ok(())
}

async fn debouncer() -> Result {
    let debouncer = debouncer::Debouncer::start_link().await?;
    let mut tasks = Vec::new();
    for number in 1..=4 {
        let debouncer = debouncer.clone();
        let wait = Duration::from_millis(5);
        tasks.push(Task::spawn(async move {
            debouncer.debounce(42, wait, async { number }).await
        }));
    }
    for task in tasks {
        println!("debouncer: {:?}", task.await??);
    }
    Ok(())
}

async fn bank_account() -> Result {
    let account = bank_account::Account::start_link().await?;
    println!(
        "bank account: deposit 100 => {:?}",
        account.deposit(100).await?
    );
    println!(
        "bank account: withdraw 120 => {:?}",
        account.withdraw(120).await?
    );
    println!("bank account: balance => {}", account.balance().await?);
    account.stop().await?;
    println!("bank account: is open => {}", account.is_alive());
    Ok(())
}
