//! The text form of scenarios, which both interpreters read: one line a node or step.
//!
//! ```text
//! # what it shows
//! scenario NAME
//! supervisor top - strategy=rest_for_one restarts=3 seconds=1000 auto=never
//! worker a top restart=permanent shutdown=5000 significant=no spare=no trap=no init=ok,crash,ok end=obey
//! do exit a boom
//! done
//! ```
//!
//! The second word of a node is its name, the third the supervisor that it stands under. Options that are left out have the
//! values that [`Node::parse`] gives them; the printed form has all of them, and that is what Elixir reads.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use beamish::{AutoShutdown, Restart, Shutdown, Strategy};

use crate::scenario::{Begin, Ending, Intensity, Kind, Node, Op, Reason, Scenario, Step, Worker};

type Parsed<T> = Result<T, String>;

/// The words of a type, one each.
type Words<T> = &'static [(&'static str, T)];

const FLAGS: Words<bool> = &[("yes", true), ("no", false)];
const RESTARTS: Words<Restart> = &[
    ("permanent", Restart::Permanent),
    ("transient", Restart::Transient),
    ("temporary", Restart::Temporary),
];
const STRATEGIES: Words<Strategy> = &[
    ("one_for_one", Strategy::OneForOne),
    ("one_for_all", Strategy::OneForAll),
    ("rest_for_one", Strategy::RestForOne),
];
const AUTO_SHUTDOWNS: Words<AutoShutdown> = &[
    ("never", AutoShutdown::Never),
    ("any_significant", AutoShutdown::AnySignificant),
    ("all_significant", AutoShutdown::AllSignificant),
];
const REASONS: Words<Reason> = &[
    ("normal", Reason::Normal),
    ("shutdown", Reason::Shutdown),
    ("shutdown:done", Reason::ShutdownWith),
    ("kill", Reason::Kill),
    ("boom", Reason::Boom),
];

fn word<T: PartialEq>(words: Words<T>, value: &T) -> &'static str {
    words
        .iter()
        .find(|(_, known)| known == value)
        .map_or("?", |(word, _)| word)
}

fn meaning<T: Clone>(words: Words<T>, word: &str) -> Parsed<T> {
    words
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, value)| value.clone())
        .ok_or_else(|| format!("unknown word `{word}`"))
}

fn number<T: FromStr>(text: &str) -> Parsed<T> {
    text.parse().map_err(|_| format!("no number: `{text}`"))
}

/// `a:b:c` → `a`, `b:c`.
fn head(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or((text, ""))
}

impl Reason {
    fn parse(text: &str) -> Parsed<Self> {
        meaning(REASONS, text)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(REASONS, self))
    }
}

impl Begin {
    fn parse(text: &str) -> Parsed<Self> {
        Ok(match head(text) {
            ("ok", "") => Self::Ok,
            ("ignore", "") => Self::Ignore,
            ("crash", "") => Self::Crash,
            ("stop", reason) => Self::Stop(Reason::parse(reason)?),
            ("exit", reason) => Self::Exit(Reason::parse(reason)?),
            _ => return Err(format!("unknown init `{text}`")),
        })
    }
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Ignore => f.write_str("ignore"),
            Self::Crash => f.write_str("crash"),
            Self::Stop(reason) => write!(f, "stop:{reason}"),
            Self::Exit(reason) => write!(f, "exit:{reason}"),
        }
    }
}

impl Ending {
    fn parse(text: &str) -> Parsed<Self> {
        Ok(match head(text) {
            ("obey", "") => Self::Obey,
            ("crash", "") => Self::Crash,
            ("stubborn", "") => Self::Stubborn,
            ("exit", reason) => Self::Exit(Reason::parse(reason)?),
            _ => return Err(format!("unknown end `{text}`")),
        })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Obey => f.write_str("obey"),
            Self::Crash => f.write_str("crash"),
            Self::Stubborn => f.write_str("stubborn"),
            Self::Exit(reason) => write!(f, "exit:{reason}"),
        }
    }
}

impl Op {
    fn parse(text: &str) -> Parsed<Self> {
        let (verb, rest) = head(text);
        let name = || rest.to_owned();
        Ok(match verb {
            "echo" => Self::Echo,
            "crash" => Self::Crash,
            "silent" => Self::Silent,
            "exit" => Self::Exit(Reason::parse(rest)?),
            "stop" => Self::Stop(Reason::parse(rest)?),
            "signal" => Self::Signal(Reason::parse(rest)?),
            "link" => Self::Link(name()),
            "unlink" => Self::Unlink(name()),
            "monitor" => Self::Monitor(name()),
            "demonitor" => Self::Demonitor(name()),
            "trap" => Self::Trap(meaning(FLAGS, rest)?),
            "relay" => {
                let (to, op) = head(rest);
                Self::Relay(to.to_owned(), Box::new(Self::parse(op)?))
            }
            "burst" => {
                let (to, rest) = head(rest);
                let (count, reason) = head(rest);
                Self::Burst(to.to_owned(), number(count)?, Reason::parse(reason)?)
            }
            _ => return Err(format!("unknown operation `{text}`")),
        })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo => f.write_str("echo"),
            Self::Crash => f.write_str("crash"),
            Self::Silent => f.write_str("silent"),
            Self::Exit(reason) => write!(f, "exit:{reason}"),
            Self::Stop(reason) => write!(f, "stop:{reason}"),
            Self::Signal(reason) => write!(f, "signal:{reason}"),
            Self::Relay(to, op) => write!(f, "relay:{to}:{op}"),
            Self::Burst(to, count, reason) => write!(f, "burst:{to}:{count}:{reason}"),
            Self::Link(to) => write!(f, "link:{to}"),
            Self::Unlink(to) => write!(f, "unlink:{to}"),
            Self::Monitor(to) => write!(f, "monitor:{to}"),
            Self::Demonitor(to) => write!(f, "demonitor:{to}"),
            Self::Trap(on) => write!(f, "trap:{}", word(FLAGS, on)),
        }
    }
}

impl Step {
    fn parse(text: &str) -> Parsed<Self> {
        let words: Vec<_> = text.split_whitespace().collect();
        let name = || words.get(1).map(|name| (*name).to_owned());
        let missing = || format!("a word is missing: `{text}`");
        let name = name().ok_or_else(missing)?;
        let rest = || words.get(2).copied().ok_or_else(missing);
        Ok(match words[0] {
            "exit" => Self::Exit(name, Reason::parse(rest()?)?),
            "call" => Self::Call(name, Op::parse(rest()?)?),
            "cast" => Self::Cast(name, Op::parse(rest()?)?),
            "stop" => Self::Stop(name, Reason::parse(rest()?)?),
            "start" => Self::Start(name),
            "terminate" => Self::Terminate(name),
            "restart" => Self::Restart(name),
            "delete" => Self::Delete(name),
            "which" => Self::Which(name),
            "count" => Self::Count(name),
            "hold" => Self::Hold(name),
            "release" => Self::Release(name),
            "suspend" => Self::Suspend(name),
            "resume" => Self::Resume(name),
            "wait" => Self::Wait(Duration::from_millis(number(&name)?)),
            _ => return Err(format!("unknown step `{text}`")),
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(name, reason) => write!(f, "exit {name} {reason}"),
            Self::Call(name, op) => write!(f, "call {name} {op}"),
            Self::Cast(name, op) => write!(f, "cast {name} {op}"),
            Self::Stop(name, reason) => write!(f, "stop {name} {reason}"),
            Self::Start(name) => write!(f, "start {name}"),
            Self::Terminate(name) => write!(f, "terminate {name}"),
            Self::Restart(name) => write!(f, "restart {name}"),
            Self::Delete(name) => write!(f, "delete {name}"),
            Self::Which(name) => write!(f, "which {name}"),
            Self::Count(name) => write!(f, "count {name}"),
            Self::Hold(name) => write!(f, "hold {name}"),
            Self::Release(name) => write!(f, "release {name}"),
            Self::Suspend(name) => write!(f, "suspend {name}"),
            Self::Resume(name) => write!(f, "resume {name}"),
            Self::Wait(time) => write!(f, "wait {}", time.as_millis()),
        }
    }
}

/// `key=value` words, each to be asked for once.
struct Options<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Options<'a> {
    fn parse(words: impl Iterator<Item = &'a str>) -> Parsed<Self> {
        words
            .map(|word| {
                word.split_once('=')
                    .ok_or_else(|| format!("no option: `{word}`"))
            })
            .collect::<Parsed<_>>()
            .map(Self)
    }

    fn take<T>(&mut self, key: &str, parse: impl Fn(&str) -> Parsed<T>, unless: T) -> Parsed<T> {
        self.0.remove(key).map_or(Ok(unless), parse)
    }

    fn intensity(&mut self) -> Parsed<Intensity> {
        Ok(Intensity {
            restarts: self.take("restarts", number, 3)?,
            seconds: self.take("seconds", number, 1_000)?,
        })
    }

    fn end(self) -> Parsed<()> {
        self.0
            .keys()
            .next()
            .map_or(Ok(()), |key| Err(format!("unknown option `{key}`")))
    }
}

fn parse_shutdown(text: &str) -> Parsed<Shutdown> {
    Ok(match text {
        "brutal" => Shutdown::BrutalKill,
        "infinity" => Shutdown::Infinity,
        time => Shutdown::Timeout(Duration::from_millis(number(time)?)),
    })
}

fn shutdown_text(shutdown: Shutdown) -> String {
    match shutdown {
        Shutdown::BrutalKill => "brutal".to_owned(),
        Shutdown::Infinity => "infinity".to_owned(),
        Shutdown::Timeout(time) => time.as_millis().to_string(),
    }
}

fn parse_max(text: &str) -> Parsed<Option<usize>> {
    if text == "infinity" {
        Ok(None)
    } else {
        number(text).map(Some)
    }
}

impl Kind {
    fn parse(kind: &str, options: &mut Options<'_>) -> Parsed<Self> {
        Ok(match kind {
            "worker" => Self::Worker(Worker {
                trap: options.take("trap", |text| meaning(FLAGS, text), false)?,
                inits: options.take(
                    "init",
                    |text| text.split(',').map(Begin::parse).collect(),
                    vec![Begin::Ok],
                )?,
                ending: options.take("end", Ending::parse, Ending::Obey)?,
            }),
            "supervisor" => Self::Supervisor {
                strategy: options.take(
                    "strategy",
                    |text| meaning(STRATEGIES, text),
                    Strategy::OneForOne,
                )?,
                auto: options.take(
                    "auto",
                    |text| meaning(AUTO_SHUTDOWNS, text),
                    AutoShutdown::Never,
                )?,
                intensity: options.intensity()?,
            },
            "dynamic" => Self::Dynamic {
                max_children: options.take("max", parse_max, None)?,
                intensity: options.intensity()?,
            },
            _ => return Err(format!("unknown kind `{kind}`")),
        })
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Worker(_) => "worker",
            Self::Supervisor { .. } => "supervisor",
            Self::Dynamic { .. } => "dynamic",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(worker) => {
                let inits: Vec<_> = worker.inits.iter().map(Begin::to_string).collect();
                let (trap, inits) = (word(FLAGS, &worker.trap), inits.join(","));
                write!(f, "trap={trap} init={inits} end={}", worker.ending)
            }
            Self::Supervisor {
                strategy,
                auto,
                intensity,
            } => {
                let strategy = word(STRATEGIES, strategy);
                let auto = word(AUTO_SHUTDOWNS, auto);
                write!(f, "strategy={strategy} auto={auto} {intensity}")
            }
            Self::Dynamic {
                max_children,
                intensity,
            } => match max_children {
                Some(max) => write!(f, "max={max} {intensity}"),
                None => write!(f, "max=infinity {intensity}"),
            },
        }
    }
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "restarts={} seconds={}", self.restarts, self.seconds)
    }
}

impl Node {
    fn parse(line: &str) -> Parsed<Self> {
        let mut words = line.split_whitespace();
        let (Some(kind), Some(name), Some(under)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("a word is missing: `{line}`"));
        };
        let mut options = Options::parse(words)?;
        let patience = if kind == "worker" {
            Shutdown::Timeout(Duration::from_secs(5))
        } else {
            Shutdown::Infinity
        };
        let node = Self {
            name: name.to_owned(),
            under: (under != "-").then(|| under.to_owned()),
            restart: options.take(
                "restart",
                |text| meaning(RESTARTS, text),
                Restart::Permanent,
            )?,
            shutdown: options.take("shutdown", parse_shutdown, patience)?,
            significant: options.take("significant", |text| meaning(FLAGS, text), false)?,
            spare: options.take("spare", |text| meaning(FLAGS, text), false)?,
            kind: Kind::parse(kind, &mut options)?,
        };
        options.end().map(|()| node)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} restart={} shutdown={} significant={} spare={} {}",
            self.kind.word(),
            self.name,
            self.under.as_deref().unwrap_or("-"),
            word(RESTARTS, &self.restart),
            shutdown_text(self.shutdown),
            word(FLAGS, &self.significant),
            word(FLAGS, &self.spare),
            self.kind
        )
    }
}

impl Scenario {
    /// Reads all scenarios of a text.
    pub(crate) fn parse_all(text: &str) -> Vec<Self> {
        let mut scenarios = Vec::new();
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        let mut about = Vec::new();
        while let Some((at, line)) = lines.next() {
            if let Some(comment) = line.strip_prefix('#') {
                about.push(comment.trim());
            } else if let Some(name) = line.strip_prefix("scenario ") {
                let body = lines.by_ref().take_while(|(_, line)| *line != "done");
                scenarios.push(Self::parse(name, &about.join(" "), body));
                about.clear();
            } else if line.trim().is_empty() {
                about.clear();
            } else {
                panic!("line {at}: outside of a scenario: {line}");
            }
        }
        scenarios
    }

    fn parse<'a>(name: &str, about: &str, lines: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut scenario = Self {
            name: name.to_owned(),
            about: about.to_owned(),
            nodes: Vec::new(),
            steps: Vec::new(),
        };
        for (at, line) in lines {
            let read = match line.strip_prefix("do ") {
                Some(step) => Step::parse(step).map(|step| scenario.steps.push(step)),
                None => Node::parse(line).map(|node| scenario.nodes.push(node)),
            };
            if let Err(mistake) = read {
                panic!("line {at}: {mistake}");
            }
        }
        scenario
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.about.is_empty() {
            writeln!(f, "# {}", self.about)?;
        }
        writeln!(f, "scenario {}", self.name)?;
        for node in &self.nodes {
            writeln!(f, "{node}")?;
        }
        for step in &self.steps {
            writeln!(f, "do {step}")?;
        }
        writeln!(f, "done")
    }
}
