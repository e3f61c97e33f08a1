//! Runs the sides of a row in turn, again and again, and prints the ratios.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::elixir;
use crate::library::Library;

/// The two runtimes of every row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    CurrentThread,
    TwoWorkers,
}

impl Flavor {
    pub const ALL: [Self; 2] = [Self::CurrentThread, Self::TwoWorkers];

    pub const fn name(self) -> &'static str {
        match self {
            Self::CurrentThread => "current thread",
            Self::TwoWorkers => "2 workers",
        }
    }

    pub const fn threads(self) -> usize {
        match self {
            Self::CurrentThread => 1,
            Self::TwoWorkers => 2,
        }
    }

    pub fn build(self) -> Runtime {
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

type Run = Box<dyn Fn(&Runtime, Flavor, u64) -> f64>;

/// One column of a row: does so many operations and gives the nanoseconds they took.
pub struct Side {
    name: &'static str,
    run: Run,
}

impl Side {
    pub fn new<L, F>(work: fn(u64) -> F) -> Self
    where
        L: Library,
        F: Future<Output = Duration> + Send + 'static,
    {
        Self::labelled::<L, F>(L::NAME, work)
    }

    pub fn labelled<L, F>(name: &'static str, work: fn(u64) -> F) -> Self
    where
        L: Library,
        F: Future<Output = Duration> + Send + 'static,
    {
        let run = move |runtime: &Runtime, flavor, count| {
            L::block_on(runtime, flavor, work(count)).as_nanos() as f64
        };
        Self {
            name,
            run: Box::new(run),
        }
    }
}

/// What was measured of one row on one runtime.
struct Row {
    name: &'static str,
    flavor: Flavor,
    cells: Vec<Cell>,
}

struct Cell {
    side: &'static str,
    min: f64,
    median: f64,
    /// The median of the ratios to the second side, which ran just before or after.
    ratio: f64,
}

/// The rows that were asked for, and their results.
pub struct Bench {
    repetitions: usize,
    scale: u64,
    only: Option<String>,
    all: bool,
    elixir: bool,
    rows: Vec<Row>,
    /// Instead of measuring: so many operations of one side, for a program that counts instructions.
    run: Option<(String, u64)>,
}

impl Bench {
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let flag = |name: &str| args.iter().any(|arg| arg == name);
        let run = args.iter().find_map(|arg| {
            let (side, count) = arg.strip_prefix("--run=")?.split_once(',')?;
            let side = if side == "ours" { "beamish" } else { side };
            Some((side.to_owned(), count.parse().ok()?))
        });
        let repetitions = if flag("--quick") { 3 } else { 9 };
        let scale = if flag("--quick") || flag("--short") {
            10
        } else {
            1
        };
        Self {
            repetitions,
            scale,
            all: flag("--all"),
            elixir: flag("--elixir"),
            rows: Vec::new(),
            run,
            only: args.into_iter().find(|arg| !arg.starts_with("--")),
        }
    }

    /// Measures the sides, each of which does `count` operations. The ratios are those to the second.
    pub fn row(&mut self, name: &'static str, count: u64, sides: Vec<Side>) {
        let asked_for = |only: &String| name.contains(only.as_str());
        if !self.only.as_ref().is_none_or(asked_for) {
            return;
        }
        if let Some((side, count)) = &self.run {
            if let Some(side) = sides.iter().find(|one| one.name == side) {
                let flavor = Flavor::CurrentThread;
                (side.run)(&flavor.build(), flavor, *count);
            }
            return;
        }
        let count = (count / self.scale).max(1);
        for flavor in Flavor::ALL {
            let mut times = vec![Vec::new(); sides.len()];
            for round in 0..=self.repetitions {
                for (times, side) in times.iter_mut().zip(&sides) {
                    // Nothing of one round is there in the next.
                    let time = (side.run)(&flavor.build(), flavor, count) / count as f64;
                    // The first round warms up.
                    if round > 0 {
                        times.push(time);
                    }
                }
            }
            let cells = sides.iter().zip(&times).map(|(side, of_side)| {
                let (min, median) = summary(of_side.iter().copied());
                let ratios = of_side.iter().zip(&times[1]).map(|(one, base)| one / base);
                Cell {
                    side: side.name,
                    min,
                    median,
                    ratio: summary(ratios).1,
                }
            });
            let row = Row {
                name,
                flavor,
                cells: cells.collect(),
            };
            eprintln!("{}", row.beside_raw());
            self.rows.push(row);
        }
    }

    pub fn print(&mut self) {
        if self.run.is_some() {
            return;
        }
        println!(
            "| work (ns an operation) | runtime | beamish min | median | raw min | median | ratio of minima | median ratio |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("{}", row.beside_raw());
        }
        if self.elixir {
            self.add_elixir();
        }
        if self.all || self.elixir {
            self.print_all();
        }
    }

    fn add_elixir(&mut self) {
        for flavor in Flavor::ALL {
            for (name, min, median) in elixir::rows(flavor, self.repetitions, self.scale) {
                let row = self
                    .rows
                    .iter_mut()
                    .find(|row| row.name == name && row.flavor == flavor);
                if let Some(row) = row {
                    row.cells.push(Cell {
                        side: elixir::NAME,
                        min,
                        median,
                        ratio: median / row.cells[1].median,
                    });
                }
            }
        }
    }

    /// One line a row, one column a library: the median, and the ratio of the minima to raw's.
    fn print_all(&self) {
        const SIDES: [&str; 8] = [
            "raw",
            "beamish",
            "ractor",
            "kameo",
            "actix",
            "xtra",
            "spawned",
            elixir::NAME,
        ];
        println!(
            "\n| work: median, ns (ratio of minima to raw) | runtime | {} |",
            SIDES.join(" | ")
        );
        println!("|---|---|{}", "---|".repeat(SIDES.len()));
        for row in self.rows.iter().filter(|row| row.cells[1].side == "raw") {
            let mut line = format!("| {} | {} |", row.name, row.flavor.name());
            for side in SIDES {
                let _ = match row.cells.iter().find(|cell| cell.side == side) {
                    Some(cell) => write!(
                        line,
                        " {} ({:.2}) |",
                        rounded(cell.median),
                        cell.min / row.cells[1].min
                    ),
                    None => write!(line, " – |"),
                };
            }
            println!("{line}");
        }
    }
}

impl Row {
    fn beside_raw(&self) -> String {
        let (ours, raw) = (&self.cells[0], &self.cells[1]);
        format!(
            "| {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} |",
            self.name,
            self.flavor.name(),
            ours.min,
            ours.median,
            raw.min,
            raw.median,
            ours.min / raw.min,
            ours.ratio,
        )
    }
}

fn rounded(nanoseconds: f64) -> String {
    if nanoseconds < 100.0 {
        format!("{nanoseconds:.1}")
    } else {
        format!("{nanoseconds:.0}")
    }
}

/// Runs this program with other arguments, as a process of its own. Gives what it prints.
pub fn apart(args: &[&str]) -> String {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(args)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{args:?} failed: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The minimum and the median.
pub fn summary(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2])
}

/// The payload's key: 10 bytes, cloned per call.
pub const KEY: &str = "key-000511";

/// The map of every server: 1,024 entries.
pub fn entries() -> std::collections::HashMap<String, u64> {
    (0..1_024)
        .map(|number| (format!("key-{number:06}"), number))
        .collect()
}
