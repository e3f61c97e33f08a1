//! The tree of processes, as it is drawn: who started whom, and what supervisors say of their children.
//!
//! `build.rs` makes it of plain data. It shows as much as there is room for, and says which supervisors it would show more of if
//! they were asked; [`draw`] asks those and builds again, until none is left.

mod build;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use beamish::Pid;
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::build::{Answers, Seen, build};
use crate::asking::GIVE_UP;
use crate::kin::{Incarnation, Kin};
use crate::shared::App;
use crate::snapshot::Snapshot;
use crate::source::{self, Kind, Told};
use crate::sweep::over_many;
use crate::text::Id;

/// A supervisor is asked for so many of its children: it is not to be busy for long.
const MAX_TOLD: usize = 2_000;

/// So many supervisors are asked at most.
const MAX_ASKED: usize = 512;

/// They are asked for so long in all.
const TIME: Duration = Duration::from_millis(800);

/// What is wanted of the tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Whose children are all shown.
    pub(crate) open: HashSet<Pid>,
    /// How many children of the others are shown.
    pub(crate) limit: usize,
    /// In lower case.
    pub(crate) search: String,
}

/// The tree as the API gives it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Tree {
    at: u64,
    total: usize,
    applications: Vec<Node>,
    applications_total: usize,
    others: Vec<Node>,
    others_total: usize,
    matches: Option<usize>,
}

/// A process, or a child that does not run.
#[derive(Debug, Serialize)]
pub(crate) struct Node {
    pid: Option<Id>,
    name: Option<String>,
    label: Option<String>,
    id: Option<String>,
    #[serde(rename = "type")]
    type_name: String,
    type_full: &'static str,
    kind: &'static str,
    status: &'static str,
    strategy: Option<&'static str>,
    max_restarts: Option<u32>,
    max_seconds: Option<u64>,
    restarts: u64,
    last_restart_at: Option<u64>,
    mailbox: usize,
    handled: u64,
    answers: bool,
    children: Vec<Self>,
    children_total: usize,
    folded: bool,
    links: Vec<Id>,
}

/// The restarts of the processes of a snapshot.
fn restarts(snapshot: &Snapshot, kin: &Kin) -> HashMap<Pid, Incarnation> {
    let living = kin.all().filter(|(pid, _)| snapshot.find(*pid).is_some());
    living.map(|(pid, known)| (pid, known.clone())).collect()
}

/// The tree as it is now.
pub(crate) async fn draw(app: &App, query: Query) -> Tree {
    let until = Instant::now() + TIME;
    let snapshot = app.sweeps.rows(app.options.interval).await;
    let mut answers = Answers::new();
    if !query.search.is_empty() {
        // By the ids of all children, if they are not too many.
        let supervisors = snapshot
            .rows
            .iter()
            .filter(|row| row.kind == Kind::Supervisor);
        let supervisors: Vec<Pid> = supervisors.map(|row| row.pid).take(MAX_ASKED / 2).collect();
        ask(app, supervisors, until, &mut answers).await;
    }
    loop {
        let kin = restarts(&snapshot, &app.kin());
        let (rows, known, wanted) = (Arc::clone(&snapshot), answers.clone(), query.clone());
        let (tree, unknown) = over_many(snapshot.rows.len(), move || {
            build(&Seen {
                snapshot: &rows,
                answers: &known,
                kin: &kin,
                query: &wanted,
                see: &source::see,
                is_alive: &beamish::process::alive,
                links: &source::links,
            })
        })
        .await;
        if unknown.is_empty() || answers.len() >= MAX_ASKED || Instant::now() >= until {
            return tree;
        }
        ask(app, unknown, until, &mut answers).await;
    }
}

/// Asks supervisors, all at once.
async fn ask(app: &App, supervisors: Vec<Pid>, until: Instant, answers: &mut Answers) {
    let room = MAX_ASKED.saturating_sub(answers.len());
    let mut asked = JoinSet::new();
    for pid in supervisors.into_iter().take(room) {
        answers.insert(pid, None);
        let app = Arc::clone(app);
        asked.spawn(async move { (pid, told(&app, pid).await) });
    }
    let all = async {
        while let Some(answered) = asked.join_next().await {
            if let Ok((pid, told)) = answered {
                answers.insert(pid, told);
            }
        }
    };
    // Those that have not answered by then do not answer in time.
    drop(tokio::time::timeout_at(until, all).await);
}

/// What a supervisor says of itself.
async fn told(app: &App, pid: Pid) -> Option<Arc<Told>> {
    let question = async move {
        source::supervisor(pid, MAX_TOLD, GIVE_UP)
            .await
            .map(Arc::new)
    };
    app.supervisors.ask(&app.node, pid, question).await
}
