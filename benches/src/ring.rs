//! A number goes round a ring of 1,000 servers as casts, 200 times: nanoseconds from one server to the next. Starting and
//! connecting them is not counted.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::harness::Bench;
use crate::library::{Library, sides};

const MEMBERS: usize = 1_000;
const ROUNDS: u64 = 200;

async fn ring<L: Library>(count: u64) -> Duration {
    let (done, mut all_done) = mpsc::unbounded_channel();
    let mut nodes = Vec::with_capacity(MEMBERS);
    for _ in 0..MEMBERS {
        nodes.push(L::node(done.clone()).await);
    }
    for (node, next) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
        L::connect(node, next.clone()).await;
    }
    let began = Instant::now();
    L::pass(&nodes[0], count).await;
    all_done.recv().await.expect("the last one tells");
    let took = began.elapsed();
    for node in nodes {
        L::end(node).await;
    }
    took
}

pub fn run(bench: &mut Bench) {
    bench.row("ring of 1,000", MEMBERS as u64 * ROUNDS, sides!(ring));
}
