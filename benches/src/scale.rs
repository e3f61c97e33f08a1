//! What an operation costs while so many idle servers are there: nanoseconds an operation at 1,000, 10,000, 100,000 and
//! 1,000,000 of them, on a current-thread runtime, each point in processes of its own.
//!
//! *same*: the operation meets one server again and again. *random*: each time another of all, in an order that was made
//! before the timing; to read its handle or number is part of it, for both sides.
//!
//! Ours are linked to the caller, so that it has as many links as there are servers. All have answered a queued call before.
//!
//! - *call, idle*, *call, queued*: as in `call.rs`.
//! - *cast*: a thousand, and a queued call that waits until they are handled.
//! - *start*, *stop*: a hundred more are started one after the other, and stopped again, each waited for. *random*: a hundred
//!   of those that are there are stopped, then as many started in their places.
//! - *start, not linked*: the same without the link to the caller, which raw never has.
//! - *look-up by number*: ours by pid, `StoreRef::try_from(pid)`. Raw has no numbers; what one writes then is a
//!   `RwLock<HashMap<u64, Actor>>`.
//! - *look-up by name*: with as many names, in processes of their own: ours `process::whereis(name)`, raw a
//!   `RwLock<HashMap<String, Actor>>`.
//! - *monitor, demonitor*: the pair; raw has none.
//! - *a load from memory*: no server at all, but as many blocks of [`BLOCK`] bytes, about what a server takes, each with the
//!   place of the next, in random order: what the machine takes for one read of memory that nothing has foretold.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, RwLock, mpsc};
use std::time::{Duration, Instant};

use beamish::{Pid, Server, process};

use crate::harness::{Flavor, apart, summary};
use crate::library::Library;
use crate::plot;
use crate::raw::Actor;
use crate::servers::{Store, StoreRef};

const COUNTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Processes for each point, the sides in turn.
const ROUNDS: usize = 5;
/// In each process, after one that warms up.
const REPETITIONS: usize = 9;
const OPERATIONS: usize = 20_000;
const CASTS: usize = 1_000;
const BATCH: usize = 100;
const BATCHES: usize = 20;
/// Bytes between the reads of *a load from memory*.
const BLOCK: usize = 704;

const IDLE: &str = "call, idle";
const QUEUED: &str = "call, queued";
const CAST: &str = "cast";
const START: &str = "start";
const UNLINKED: &str = "start, not linked";
const STOP: &str = "stop";
const BY_NUMBER: &str = "look-up by number";
const BY_NAME: &str = "look-up by name";
const MONITOR: &str = "monitor, demonitor";
const LOAD: &str = "a load from memory";

/// What is done, in the order of the table and the figures.
pub const ROWS: [&str; 10] = [
    IDLE, QUEUED, CAST, START, UNLINKED, STOP, BY_NUMBER, BY_NAME, MONITOR, LOAD,
];
pub const SIDES: [&str; 2] = ["beamish", "raw"];

/// Which server an operation meets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Same,
    Random,
}

impl Which {
    const ALL: [Self; 2] = [Self::Same, Self::Random];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Random => "random",
        }
    }
}

/// Finding a server, and watching it.
trait Found: Library {
    type Id: Copy + Send + Sync + 'static;

    /// Makes it known by a number.
    fn enter(&self) -> Self::Id;
    fn leave(id: Self::Id);
    fn find(id: Self::Id) -> Option<Self>;
    /// Begins to monitor it and ends that, where there are monitors.
    const WATCH: Option<fn(Self::Id)>;

    /// Starts it without a link to the caller.
    fn start_alone() -> impl Future<Output = Self> + Send;

    fn start_as(name: String) -> impl Future<Output = ()> + Send;
    fn is_named(name: &str) -> bool;
}

impl Found for StoreRef {
    type Id = Pid;

    fn enter(&self) -> Pid {
        self.pid().expect("it lives")
    }

    fn leave(_: Pid) {}

    fn find(pid: Pid) -> Option<Self> {
        Self::try_from(pid).ok()
    }

    const WATCH: Option<fn(Pid)> = Some(|pid| {
        assert!(process::demonitor(process::monitor(pid)));
    });

    async fn start_alone() -> Self {
        Store::start(Default::default()).await.expect("a start")
    }

    async fn start_as(name: String) {
        let start = Store::start_link(Default::default()).name(name);
        start.await.expect("a start");
    }

    fn is_named(name: &str) -> bool {
        black_box(process::whereis(name)).is_some()
    }
}

type Directory<K> = LazyLock<RwLock<HashMap<K, Actor>>>;
static ACTORS: Directory<u64> = LazyLock::new(Default::default);
static NAMED: Directory<String> = LazyLock::new(Default::default);

impl Found for Actor {
    type Id = u64;

    fn enter(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut actors = ACTORS.write().expect("nothing panics");
        actors.insert(id, self.clone());
        id
    }

    fn leave(id: u64) {
        ACTORS.write().expect("nothing panics").remove(&id);
    }

    fn find(id: u64) -> Option<Self> {
        let actors = ACTORS.read().expect("nothing panics");
        actors.get(&id).cloned()
    }

    const WATCH: Option<fn(u64)> = None;

    async fn start_alone() -> Self {
        Self::start(Default::default()).await
    }

    async fn start_as(name: String) {
        let actor = Self::start(Default::default()).await;
        let mut named = NAMED.write().expect("nothing panics");
        named.insert(name, actor);
    }

    fn is_named(name: &str) -> bool {
        let actor = NAMED.read().expect("nothing panics").get(name).cloned();
        black_box(actor).is_some()
    }
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    const fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// Which of `count` servers are met, one after the other.
    fn order(&mut self, which: Which, count: usize) -> Vec<usize> {
        let order = (0..OPERATIONS).map(|_| match which {
            Which::Same => count / 2,
            Which::Random => self.below(count),
        });
        order.collect()
    }
}

/// The servers that are there, and by which numbers.
struct Servers<L: Found> {
    servers: Vec<L>,
    ids: Vec<L::Id>,
    /// One more: what is handled before it answers a queued call was sent before.
    last: L,
}

impl<L: Found> Servers<L> {
    async fn start(count: usize) -> Self {
        let mut all = Self {
            servers: Vec::with_capacity(count),
            ids: Vec::with_capacity(count),
            last: L::start(Default::default()).await,
        };
        for _ in 0..count {
            let server = L::start(Default::default()).await;
            assert_eq!(server.empty_queued().await, 0);
            all.push(server);
        }
        all
    }

    fn push(&mut self, server: L) {
        self.ids.push(server.enter());
        self.servers.push(server);
    }

    async fn call(&self, order: &[usize]) {
        for &at in order {
            black_box(self.servers[at].empty().await);
        }
    }

    async fn call_queued(&self, order: &[usize]) {
        for &at in order {
            black_box(self.servers[at].empty_queued().await);
        }
    }

    async fn cast(&self, order: &[usize]) {
        for casts in order.chunks(CASTS) {
            for &at in casts {
                self.servers[at].add(1).await;
            }
            // The run queue is first in, first out. One server that has very many messages is done in parts.
            self.servers[casts[casts.len() - 1]].empty_queued().await;
            self.last.empty_queued().await;
        }
    }

    fn look_up(ids: &[L::Id]) {
        for &id in ids {
            assert!(black_box(L::find(id)).is_some());
        }
    }

    fn watch(ids: &[L::Id], watch: fn(L::Id)) {
        for &id in ids {
            watch(id);
        }
    }
}

async fn start<L: Library, F: Future<Output = L>>(one: impl Fn() -> F) -> Vec<L> {
    let mut servers = Vec::with_capacity(BATCH);
    for _ in 0..BATCH {
        servers.push(one().await);
    }
    servers
}

async fn stop<L: Library>(servers: Vec<L>) {
    for server in servers {
        server.stop().await;
    }
}

async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let began = Instant::now();
    let made = work.await;
    (began.elapsed(), made)
}

/// The nanoseconds an operation took, for each row and in each repetition.
#[derive(Default)]
struct Times(Vec<(&'static str, Which, f64)>);

impl Times {
    /// Of [`OPERATIONS`].
    fn push(&mut self, row: &'static str, which: Which, (took, ()): (Duration, ())) {
        self.push_some(row, which, took, OPERATIONS);
    }

    fn push_some(&mut self, row: &'static str, which: Which, took: Duration, operations: usize) {
        let each = took.as_nanos() as f64 / operations as f64;
        self.0.push((row, which, each));
    }
}

async fn servers<L: Found>(count: usize) -> Times {
    let all = Servers::<L>::start(count).await;
    let (mut chance, mut times, mut casts) = (Chance(0x5EED), Times::default(), 0);
    for repetition in 0..=REPETITIONS {
        for which in Which::ALL {
            let order = chance.order(which, count);
            times.push(IDLE, which, timed(all.call(&order)).await);
            let order = chance.order(which, count);
            times.push(QUEUED, which, timed(all.call_queued(&order)).await);
            let order = chance.order(which, count);
            times.push(CAST, which, timed(all.cast(&order)).await);
            casts += order.len() as u64;
            let order = chance.order(which, count);
            let ids: Vec<_> = order.iter().map(|&at| all.ids[at]).collect();
            let look_up = async { Servers::<L>::look_up(&ids) };
            times.push(BY_NUMBER, which, timed(look_up).await);
            if let Some(watch) = L::WATCH {
                let order = chance.order(which, count);
                let ids: Vec<_> = order.iter().map(|&at| all.ids[at]).collect();
                let watch = async { Servers::<L>::watch(&ids, watch) };
                times.push(MONITOR, which, timed(watch).await);
            }
        }
        if repetition == 0 {
            times.0.clear();
        }
    }
    let mut handled = 0;
    for server in &all.servers {
        handled += server.empty_queued().await;
    }
    assert_eq!(handled, casts, "a cast is missing");
    // To take them out one by one would read of each what its stop reads.
    all.ids.into_iter().for_each(L::leave);
    let mut servers = all.servers;
    for repetition in 0..=REPETITIONS {
        for which in Which::ALL {
            let (mut starts, mut alone, mut stops) = Default::default();
            for _ in 0..BATCHES {
                if which == Which::Random {
                    let some = (0..BATCH).map(|_| {
                        let at = chance.below(servers.len());
                        servers.swap_remove(at)
                    });
                    stops += timed(stop(some.collect())).await.0;
                }
                let (took, started) = timed(start(|| L::start(Default::default()))).await;
                starts += took;
                match which {
                    Which::Random => servers.extend(started),
                    Which::Same => {
                        stops += timed(stop(started)).await.0;
                        let (took, started) = timed(start(L::start_alone)).await;
                        alone += took;
                        stop(started).await;
                    }
                }
            }
            let rows: [(_, Duration); 3] = [(START, starts), (UNLINKED, alone), (STOP, stops)];
            for (row, took) in rows {
                if repetition > 0 && !took.is_zero() {
                    times.push_some(row, which, took, BATCHES * BATCH);
                }
            }
        }
    }
    times
}

async fn named<L: Found>(count: usize) -> Times {
    let name = |number| format!("server {number:07}");
    let length = name(0).len();
    for number in 0..count {
        L::start_as(name(number)).await;
    }
    let (mut chance, mut times) = (Chance(0x5EED), Times::default());
    for repetition in 0..=REPETITIONS {
        for which in Which::ALL {
            // One text: to read a name costs next to nothing.
            let names: String = chance.order(which, count).into_iter().map(name).collect();
            let look_up = async {
                for at in 0..OPERATIONS {
                    assert!(L::is_named(&names[at * length..][..length]));
                }
            };
            times.push(BY_NAME, which, timed(look_up).await);
        }
        if repetition == 0 {
            times.0.clear();
        }
    }
    times
}

struct Block {
    next: usize,
    _rest: [u8; BLOCK - size_of::<usize>()],
}

async fn memory(count: usize) -> Times {
    let block = |next| Block {
        next,
        _rest: [0; BLOCK - size_of::<usize>()],
    };
    let mut blocks: Vec<Block> = (0..count).map(block).collect();
    let mut chance = Chance(0x5EED);
    // One ring through all.
    for at in (1..count).rev() {
        let other = chance.below(at);
        let next = blocks[at].next;
        blocks[at].next = std::mem::replace(&mut blocks[other].next, next);
    }
    let (mut times, mut at) = (Times::default(), 0);
    for _ in 0..=REPETITIONS {
        let chase = async {
            for _ in 0..OPERATIONS {
                at = blocks[at].next;
            }
        };
        times.push(LOAD, Which::Random, timed(chase).await);
    }
    black_box(at);
    times.0.remove(0);
    times
}

fn measure<L, F>(count: usize, work: fn(usize) -> F) -> Times
where
    L: Library,
    F: Future<Output = Times> + Send + 'static,
{
    let (sender, times) = mpsc::channel();
    let flavor = Flavor::CurrentThread;
    L::block_on(&flavor.build(), flavor, async move {
        let _ = sender.send(work(count).await);
        Duration::ZERO
    });
    times.recv().expect("the times")
}

/// Its name, its side, and what it measures with so many servers.
type Case = (&'static str, &'static str, fn(usize) -> Times);

const CASES: [Case; 5] = [
    ("beamish", SIDES[0], |count| {
        measure::<StoreRef, _>(count, servers::<StoreRef>)
    }),
    ("raw", SIDES[1], |count| {
        measure::<Actor, _>(count, servers::<Actor>)
    }),
    ("beamish, named", SIDES[0], |count| {
        measure::<StoreRef, _>(count, named::<StoreRef>)
    }),
    ("raw, named", SIDES[1], |count| {
        measure::<Actor, _>(count, named::<Actor>)
    }),
    ("memory", "", |count| measure::<Actor, _>(count, memory)),
];

/// Whether that was asked for: all cases, then as `--scale=DIRECTORY` also drawn there; or as such a process of its own one
/// of them.
pub fn run() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--scale"] => print(&all()),
        ["--scale", case, count] => {
            let case = CASES.iter().find(|(name, ..)| *name == case);
            let (_, _, measure) = case.expect("a case");
            let times = measure(count.parse().expect("a number"));
            for (row, which, time) in times.0 {
                println!("{row}|{}|{time}", which.name());
            }
        }
        [arg] if arg.starts_with("--scale=") => {
            let lines = all();
            print(&lines);
            for which in Which::ALL {
                let lines: Vec<&Line> = lines.iter().filter(|line| line.which == which).collect();
                let path = format!("{}/scale-{}.svg", &arg["--scale=".len()..], which.name());
                std::fs::write(path, plot::figure(which, &lines)).expect("it can be written");
            }
        }
        _ => return false,
    }
    true
}

/// One line of a panel.
pub struct Line {
    pub row: &'static str,
    pub which: Which,
    pub side: &'static str,
    pub points: Vec<Point>,
}

pub struct Point {
    pub count: usize,
    pub min: f64,
    median: f64,
}

/// All lines, in the order of the table.
fn all() -> Vec<Line> {
    let mut all = HashMap::<_, Vec<f64>>::new();
    for round in 1..=ROUNDS {
        for count in COUNTS {
            for (case, side, _) in CASES {
                eprintln!("round {round} of {ROUNDS}: {case}, {count}");
                for line in apart(&["--scale", case, &count.to_string()]).lines() {
                    let (key, time) = line.rsplit_once('|').expect("a time");
                    let times = all.entry((key.to_owned(), side, count)).or_default();
                    times.push(time.parse().expect("a number"));
                }
            }
        }
    }
    let mut lines = Vec::new();
    for row in ROWS {
        for which in Which::ALL {
            for side in SIDES.into_iter().chain([""]) {
                let key = format!("{row}|{}", which.name());
                let points = COUNTS.into_iter().filter_map(|count| {
                    let times = all.get(&(key.clone(), side, count))?;
                    let (min, median) = summary(times.iter().copied());
                    Some(Point { count, min, median })
                });
                let points: Vec<_> = points.collect();
                if !points.is_empty() {
                    lines.push(Line {
                        row,
                        which,
                        side,
                        points,
                    });
                }
            }
        }
    }
    lines
}

/// *loads more*: at the most servers, by how many times *a load from memory* a random one takes longer than the same.
fn print(lines: &[Line]) {
    println!(
        "| work: minimum (median), ns | server | side | 1k | 10k | 100k | 1M | 1M to 1k | to raw's at 1M | loads more |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let at_most = |row: &str, which: Which, side: &str| {
        let mut of_row = lines.iter().filter(|line| line.row == row);
        let line = of_row.find(|line| line.which == which && line.side == side)?;
        line.points.last().map(|point| point.min)
    };
    for line in lines {
        let (first, last) = (line.points[0].min, line.points[line.points.len() - 1].min);
        let cells = line.points.iter().map(|point| {
            let digits = usize::from(point.min < 100.0);
            format!("{:.digits$} ({:.digits$})", point.min, point.median)
        });
        let to_raw = match line.side {
            "beamish" => at_most(line.row, line.which, "raw").map(|raw| last / raw),
            _ => None,
        };
        let loads = match line.which {
            Which::Random => at_most(line.row, Which::Same, line.side)
                .zip(at_most(LOAD, Which::Random, ""))
                .map(|(same, load)| (last - same) / load),
            Which::Same => None,
        };
        let or_dash = |ratio: Option<f64>, digits| {
            ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.digits$}"))
        };
        println!(
            "| {} | {} | {} | {} | {:.2} | {} | {} |",
            line.row,
            line.which.name(),
            line.side,
            cells.collect::<Vec<_>>().join(" | "),
            last / first,
            or_dash(to_raw, 2),
            or_dash(loads, 1),
        );
    }
}
