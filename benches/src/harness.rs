//! Runs two sides in alternating pairs and prints the ratios.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// The two runtimes of every row.
#[derive(Clone, Copy)]
pub enum Flavor {
    CurrentThread,
    TwoWorkers,
}

impl Flavor {
    const ALL: [Self; 2] = [Self::CurrentThread, Self::TwoWorkers];

    const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current thread",
            Self::TwoWorkers => "2 workers",
        }
    }

    fn build(self) -> Runtime {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::TwoWorkers => Builder::new_multi_thread(),
        };
        builder
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime")
    }
}

/// The rows that were asked for, and their results.
pub struct Bench {
    pairs: usize,
    scale: u64,
    only: Option<String>,
    rows: Vec<String>,
    /// Instead of measuring: so many operations of one side, for a program that counts instructions.
    run: Option<(Side, u64)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ours,
    Raw,
}

impl Bench {
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let quick = args.iter().any(|arg| arg == "--quick");
        let run = args.iter().find_map(|arg| {
            let (side, count) = arg.strip_prefix("--run=")?.split_once(',')?;
            let side = match side {
                "ours" => Side::Ours,
                "raw" => Side::Raw,
                _ => return None,
            };
            Some((side, count.parse().ok()?))
        });
        let only = args.into_iter().find(|arg| !arg.starts_with("--"));
        let (pairs, scale) = if quick { (3, 10) } else { (9, 1) };
        Self {
            pairs,
            scale,
            only,
            rows: Vec::new(),
            run,
        }
    }

    /// Measures `ours` beside `raw`, each of which does `count` operations and gives the time they took.
    pub fn row<A, B>(&mut self, name: &str, count: u64, ours: fn(u64) -> A, raw: fn(u64) -> B)
    where
        A: Future<Output = Duration> + Send + 'static,
        B: Future<Output = Duration> + Send + 'static,
    {
        if self
            .only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            return;
        }
        if let Some((side, count)) = self.run {
            let runtime = Flavor::CurrentThread.build();
            match side {
                Side::Ours => run(&runtime, ours(count)),
                Side::Raw => run(&runtime, raw(count)),
            };
            return;
        }
        let count = (count / self.scale).max(1);
        for flavor in Flavor::ALL {
            let runtime = flavor.build();
            let mut pairs = Vec::new();
            for round in 0..=self.pairs {
                let ours = run(&runtime, ours(count)) / count as f64;
                let raw = run(&runtime, raw(count)) / count as f64;
                // The first pair warms up.
                if round > 0 {
                    pairs.push((ours, raw));
                }
            }
            let (our_min, our_median) = summary(pairs.iter().map(|pair| pair.0));
            let (raw_min, raw_median) = summary(pairs.iter().map(|pair| pair.1));
            let (_, ratio) = summary(pairs.iter().map(|pair| pair.0 / pair.1));
            self.rows.push(format!(
                "| {name} | {} | {our_min:.1} | {our_median:.1} | {raw_min:.1} | {raw_median:.1} | {:.2} | {ratio:.2} |",
                flavor.name(),
                our_min / raw_min,
            ));
            eprintln!("{}", self.rows.last().map_or("", String::as_str));
        }
    }

    pub fn print(&self) {
        if self.run.is_some() {
            return;
        }
        println!(
            "| work (ns an operation) | runtime | beamish min | median | raw min | median | ratio of minima | median ratio |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("{row}");
        }
    }
}

/// Runs one side as a task of the runtime, as a caller would be; gives nanoseconds.
fn run(runtime: &Runtime, side: impl Future<Output = Duration> + Send + 'static) -> f64 {
    runtime
        .block_on(async { tokio::spawn(side).await.expect("the side runs through") })
        .as_nanos() as f64
}

fn summary(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2])
}

/// Runs a side of ours as a process, since that is what calls servers.
pub async fn in_process(side: impl Future<Output = Duration> + Send + 'static) -> Duration {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    beamish::spawn(async move {
        let _ = sender.send(side.await);
    });
    receiver.await.expect("the process runs through")
}

/// The payload's key: 10 bytes, cloned per call.
pub const KEY: &str = "key-000511";

/// The map of every server: 1,024 entries.
pub fn entries() -> std::collections::HashMap<String, u64> {
    (0..1_024)
        .map(|number| (format!("key-{number:06}"), number))
        .collect()
}
