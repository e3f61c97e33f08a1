//! A dynamic supervisor of 100,000 children beside one of 10,000, both ours: nanoseconds an operation. What does not depend on
//! the number of children has the ratio 1.
//!
//! Starting one more child, ending one of the middle and waiting until it is dead, counting them, and stopping the
//! supervisor (nanoseconds a child of it).

use std::time::{Duration, Instant};

use beamish::prelude::*;
use beamish::{DynamicSupervisor, DynamicSupervisorRef, Restart};

use crate::harness::{Bench, Side};
use crate::servers::{Store, StoreRef};

const MANY: usize = 100_000;
const FEW: usize = 10_000;

fn child() -> ChildSpec {
    Store::child_spec(Default::default()).restart(Restart::Temporary)
}

async fn supervisor(children: usize) -> (DynamicSupervisorRef, Vec<Pid>) {
    let supervisor = DynamicSupervisor::new()
        .start_link()
        .await
        .expect("a start");
    let mut pids = Vec::with_capacity(children);
    for _ in 0..children {
        pids.push(supervisor.start_child(child()).await.expect("a child"));
    }
    (supervisor, pids)
}

async fn start<const CHILDREN: usize>(count: u64) -> Duration {
    let (supervisor, _) = supervisor(CHILDREN).await;
    let began = Instant::now();
    for _ in 0..count {
        supervisor.start_child(child()).await.expect("a child");
    }
    let took = began.elapsed();
    supervisor.stop().await.expect("a stop");
    took
}

async fn terminate<const CHILDREN: usize>(count: u64) -> Duration {
    let (supervisor, pids) = supervisor(CHILDREN).await;
    let first = CHILDREN / 2 - count as usize / 2;
    let began = Instant::now();
    for pid in &pids[first..first + count as usize] {
        supervisor.terminate_child(*pid).await.expect("its end");
    }
    let took = began.elapsed();
    supervisor.stop().await.expect("a stop");
    took
}

async fn counting<const CHILDREN: usize>(count: u64) -> Duration {
    let (supervisor, _) = supervisor(CHILDREN).await;
    let began = Instant::now();
    for _ in 0..count {
        let counts = supervisor.count_children().await.expect("the counts");
        assert_eq!(counts.active, CHILDREN);
    }
    let took = began.elapsed();
    supervisor.stop().await.expect("a stop");
    took
}

async fn stop<const CHILDREN: usize>(count: u64) -> Duration {
    let (supervisor, _) = supervisor(CHILDREN).await;
    let began = Instant::now();
    supervisor.stop().await.expect("a stop");
    // The row divides by the count.
    began.elapsed().mul_f64(count as f64 / CHILDREN as f64)
}

/// Many beside few.
fn sides<A, B>(many: fn(u64) -> A, few: fn(u64) -> B) -> Vec<Side>
where
    A: Future<Output = Duration> + Send + 'static,
    B: Future<Output = Duration> + Send + 'static,
{
    vec![
        Side::labelled::<StoreRef, _>("100k", many),
        Side::labelled::<StoreRef, _>("10k", few),
    ]
}

pub fn run(bench: &mut Bench) {
    bench.row(
        "dynamic, start a child: 100k beside 10k",
        500,
        sides(start::<MANY>, start::<FEW>),
    );
    bench.row(
        "dynamic, terminate in the middle: 100k beside 10k",
        500,
        sides(terminate::<MANY>, terminate::<FEW>),
    );
    bench.row(
        "dynamic, count: 100k beside 10k",
        500,
        sides(counting::<MANY>, counting::<FEW>),
    );
    bench.row(
        "dynamic, stop, a child: 100k beside 10k",
        500,
        sides(stop::<MANY>, stop::<FEW>),
    );
}
