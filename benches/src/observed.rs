//! What it costs to be looked at (`--observer`).
//!
//! *A page is open*: 10,000 idle servers, an observer, and one caller that makes idle calls, or casts and a call after each
//! thousand of them. Windows of two seconds in which nobody looks, and in which a client in a process of its own reads the
//! stream and asks for the system, the tree and the longest mailboxes once a second, in turn; the rate of the one by that
//! of the other. What nobody looks at costs a load and a store a message: see `.ci/instructions`.
//!
//! *A crowd*: a thousand clients that ask for the stream and never read, and one that sends rubbish, for a minute, while
//! processes start and end, so that the stream has much to tell: idle calls before and during that, and the memory of the
//! program.
//!
//! *A snapshot*: of 1,000,000 idle servers. How long it takes, and the longest of its steps, in each of which at most one
//! lock is held: none was held for longer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use beamish::Server;
use beamish::observe;
use beamish_observer::Observer;

use crate::harness::{Flavor, summary};
use crate::servers::{Store, StoreRef};

const SERVERS: usize = 10_000;
const WINDOW: Duration = Duration::from_secs(2);
const PAIRS: usize = 5;
const MANY: usize = 1_000_000;

/// Whether it was asked for, and is done.
pub fn run() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(address) = args.iter().find_map(|arg| arg.strip_prefix("--page=")) {
        look(address.parse().expect("an address"));
        return true;
    }
    if let Some(address) = args.iter().find_map(|arg| arg.strip_prefix("--crowd=")) {
        crowd(address.parse().expect("an address"));
        return true;
    }
    if !args.iter().any(|arg| arg == "--observer") {
        return false;
    }
    println!(
        "| work, 10,000 servers | runtime | ns, nobody looks: min | median | ns, a page is open: min | median | ratio of minima | median ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for flavor in Flavor::ALL {
        let runtime = flavor.build();
        // As a process, since that is what calls servers.
        let (sender, receiver) = std::sync::mpsc::channel();
        runtime.block_on(async move {
            let (done, ended) = tokio::sync::oneshot::channel::<()>();
            beamish::spawn(async move {
                let servers = servers(SERVERS).await;
                let observer = Observer::new().port(0).start().await.expect("a free port");
                let address = observer.address().await.expect("it lives");
                for (name, is_cast) in [("call, idle, empty", false), ("cast", true)] {
                    let row = compare(&servers[0], is_cast, address).await;
                    let _ = sender.send(format!("| {name} | {} | {row} |", flavor.name()));
                }
                let _ = observer.stop().await;
                drop(done);
            });
            let _ = ended.await;
        });
        for row in receiver {
            println!("{row}");
        }
    }
    for flavor in Flavor::ALL {
        println!("{}", withstand(flavor));
    }
    snapshot();
    true
}

async fn servers(count: usize) -> Vec<StoreRef> {
    let mut servers = Vec::with_capacity(count);
    for _ in 0..count {
        servers.push(Store::start(Default::default()).await.expect("a start"));
    }
    servers
}

async fn compare(server: &StoreRef, is_cast: bool, address: SocketAddr) -> String {
    let (mut alone, mut looked_at, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first pair warms up.
    for pair in 0..=PAIRS {
        let without = window(server, is_cast).await;
        let page = Client::open("page", address);
        window(server, is_cast).await;
        let with = window(server, is_cast).await;
        drop(page);
        // The observer goes on looking for a while.
        tokio::time::sleep(Duration::from_secs(2)).await;
        if pair > 0 {
            alone.push(without);
            looked_at.push(with);
            ratios.push(with / without);
        }
    }
    let (alone, looked_at) = (summary(alone.into_iter()), summary(looked_at.into_iter()));
    format!(
        "{:.1} | {:.1} | {:.1} | {:.1} | {:.3} | {:.3}",
        alone.0,
        alone.1,
        looked_at.0,
        looked_at.1,
        looked_at.0 / alone.0,
        summary(ratios.into_iter()).1,
    )
}

/// Nanoseconds an operation, over [`WINDOW`].
async fn window(server: &StoreRef, is_cast: bool) -> f64 {
    let began = Instant::now();
    let mut done = 0_u64;
    while began.elapsed() < WINDOW {
        for _ in 0..1_000 {
            if is_cast {
                server.add(1);
            } else {
                server.empty().await.expect("an answer");
            }
        }
        server.empty_queued().await.expect("an answer");
        done += 1_001;
    }
    began.elapsed().as_nanos() as f64 / done as f64
}

/// A client in a process of its own.
struct Client(Child);

impl Client {
    fn open(what: &str, address: SocketAddr) -> Self {
        let client = Command::new(std::env::current_exe().expect("this program"))
            .arg(format!("--{what}={address}"))
            .stdout(Stdio::null())
            .spawn();
        Self(client.expect("it runs"))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the page does: reads the stream, and asks once a second.
fn look(address: SocketAddr) {
    thread::spawn(move || {
        let mut stream = ask(address, "/api/v1/stream?events=true");
        let mut read = [0; 65_536];
        while stream.read(&mut read).is_ok_and(|read| read > 0) {}
    });
    loop {
        for path in [
            "/api/v1/system",
            "/api/v1/tree?limit=50",
            "/api/v1/processes?sort=mailbox&limit=100",
        ] {
            let mut answer = Vec::new();
            ask(address, path)
                .read_to_end(&mut answer)
                .expect("an answer");
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
        }
        thread::sleep(Duration::from_secs(1));
    }
}

fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the observer");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("it listens");
    stream
}

const CROWD: usize = 1_000;
const SIEGE: Duration = Duration::from_secs(60);

/// How idle calls fare while a crowd is there.
fn withstand(flavor: Flavor) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    flavor.build().block_on(async move {
        let (done, ended) = tokio::sync::oneshot::channel::<()>();
        beamish::spawn(async move {
            let servers = servers(SERVERS).await;
            let observer = Observer::new().port(0).start().await.expect("a free port");
            let address = observer.address().await.expect("it lives");
            window(&servers[0], false).await;
            let before = (window(&servers[0], false).await, resident());
            let crowd = Client::open("crowd", address);
            let began = Instant::now();
            let (mut rates, mut most) = (Vec::new(), 0);
            while began.elapsed() < SIEGE {
                for _ in 0..1_000 {
                    beamish::spawn(async {});
                }
                rates.push(window(&servers[0], false).await);
                most = most.max(resident());
            }
            drop(crowd);
            let rates = summary(rates.into_iter());
            let _ = sender.send(format!(
                "a crowd of {CROWD}, {}: a call took {:.1} ns before, {:.1} (median {:.1}) while it was there; memory {} MB before, {} MB at most",
                flavor.name(),
                before.0,
                rates.0,
                rates.1,
                before.1 / 1_000_000,
                most / 1_000_000,
            ));
            drop(done);
        });
        let _ = ended.await;
    });
    receiver.recv().expect("a row")
}

/// The resident bytes of this program.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0_usize) * 4_096
}

/// Clients that never read, and one that sends rubbish.
fn crowd(address: SocketAddr) {
    // Those that are refused come again.
    let mut silent: Vec<Option<TcpStream>> = (0..CROWD).map(|_| None).collect();
    thread::spawn(move || {
        let mut byte = 1_u32;
        let mut rubbish = move || {
            byte = byte.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            byte.to_be_bytes()[0]
        };
        loop {
            let Ok(mut stream) = TcpStream::connect(address) else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            let bytes: Vec<u8> = (0..65_536).map(|_| rubbish()).collect();
            while stream.write_all(&bytes).is_ok() {}
        }
    });
    loop {
        for place in &mut silent {
            let is_there = place
                .as_ref()
                .is_some_and(|stream| stream.set_nonblocking(true).is_ok() && !closed(stream));
            if !is_there {
                *place = TcpStream::connect(address).ok();
                if let Some(stream) = place {
                    let _ = write!(
                        stream,
                        "GET /api/v1/stream?events=true HTTP/1.1\r\nHost: {address}\r\n\r\n"
                    );
                }
            }
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Whether the other side has closed it.
fn closed(stream: &TcpStream) -> bool {
    match stream.peek(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    }
}

fn snapshot() {
    let runtime = Flavor::CurrentThread.build();
    runtime.block_on(async {
        let all = servers(MANY).await;
        for _ in 0..3 {
            let (began, mut longest, mut seen) = (Instant::now(), Duration::ZERO, 0_usize);
            let mut long = 0;
            let mut snapshot = observe::snapshot();
            loop {
                let step = Instant::now();
                if snapshot.next().is_none() {
                    break;
                }
                let step = step.elapsed();
                longest = longest.max(step);
                long += usize::from(step > Duration::from_millis(1));
                seen += 1;
            }
            let took = began.elapsed();
            println!(
                "a snapshot of {seen} processes took {took:?}, its longest step {longest:?}; {long} took more than 1 ms"
            );
        }
        drop(all);
    });
}
