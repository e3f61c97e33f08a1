//! A tree of plain data.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use beamish::{ChildId, ChildStatus, Pid, Strategy};

use super::{Node, Query, Tree};
use crate::kin::Incarnation;
use crate::processes::{is_pid, kind, matches, shown_name};
use crate::snapshot::Snapshot;
use crate::source::{Kind, Row, Told, ToldChild};
use crate::text::{Id, contains, short_line, short_type};

/// How deep a tree is drawn: what lies below is folded, and JSON that is nested deeper is read by few.
const MAX_DEPTH: usize = 60;

/// So many nodes are drawn at most.
const MAX_NODES: usize = 5_000;

/// So many children are drawn of a node that is named in `open`.
const MAX_OPEN: usize = 1_000;

/// So many roots with children are drawn.
const MAX_ROOTS: usize = 200;

/// So many matches of a search are drawn.
const MAX_MATCHES: usize = 200;

/// So many links are told of a node.
const MAX_LINKS: usize = 20;

/// A node with more links than this is not asked for them.
const MANY_LINKS: usize = 1_000;

/// What supervisors answered; `None`: nothing in time.
pub(super) type Answers = HashMap<Pid, Option<Arc<Told>>>;

/// What a tree is built of.
pub(super) struct Seen<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) answers: &'a Answers,
    /// Restarts of the processes of the snapshot.
    pub(super) kin: &'a HashMap<Pid, Incarnation>,
    pub(super) query: &'a Query,
    /// A process that the snapshot has not: a child that was started since.
    pub(super) see: &'a dyn Fn(Pid) -> Option<Row>,
    /// Whether a process of the snapshot still lives.
    pub(super) is_alive: &'a dyn Fn(Pid) -> bool,
    /// Whom a process is linked to.
    pub(super) links: &'a dyn Fn(Pid) -> Vec<Pid>,
}

/// Builds the tree as far as it is known. Gives the supervisors that were not asked yet too.
pub(super) fn build(seen: &Seen<'_>) -> (Tree, Vec<Pid>) {
    let build = Build {
        seen,
        state: RefCell::default(),
    };
    let found = (!seen.query.search.is_empty()).then(|| build.search());
    let tree = build.roots(found.as_ref());
    (tree, build.state.into_inner().unknown)
}

struct Build<'a> {
    seen: &'a Seen<'a>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    unknown: Vec<Pid>,
    nodes: usize,
    seen: HashSet<Pid>,
}

/// Which nodes a search shows.
struct Found {
    matches: usize,
    /// They and their ancestors.
    shown: HashSet<Pid>,
}

/// The place of a child with its supervisor.
#[derive(Clone, Copy)]
struct Place<'a> {
    child: Option<&'a ToldChild>,
    parent: Option<Pid>,
    depth: usize,
}

impl<'a> Build<'a> {
    fn roots(&self, found: Option<&Found>) -> Tree {
        let is_application = |row: &Row| {
            row.is_supervisor()
                || row.kind == Kind::Application
                || self.seen.snapshot.children(row.pid).len() > 0
        };
        let is_shown = |row: &&Row| found.is_none_or(|found| found.shown.contains(&row.pid));
        let mut tree = Tree {
            at: self.seen.snapshot.at_ms,
            total: self.seen.snapshot.rows.len(),
            matches: found.map(|found| found.matches),
            ..Tree::default()
        };
        let limit = if found.is_some() {
            MAX_MATCHES
        } else {
            self.seen.query.limit
        };
        for root in self.seen.snapshot.roots().filter(is_shown) {
            let (shown, total, limit) = if is_application(root) {
                (
                    &mut tree.applications,
                    &mut tree.applications_total,
                    MAX_ROOTS,
                )
            } else {
                (&mut tree.others, &mut tree.others_total, limit)
            };
            *total += 1;
            if shown.len() < limit && self.has_room() {
                let place = Place {
                    child: None,
                    parent: None,
                    depth: 0,
                };
                shown.extend(self.node(root, place, found));
            }
        }
        tree
    }

    fn has_room(&self) -> bool {
        self.state.borrow().nodes < MAX_NODES
    }

    /// The node of a living process, unless it is drawn already: a child may stand elsewhere.
    fn node(&self, row: &Row, place: Place<'_>, found: Option<&Found>) -> Option<Node> {
        let answer = self.answer(row);
        {
            let mut state = self.state.borrow_mut();
            if !state.seen.insert(row.pid) {
                return None;
            }
            state.nodes += 1;
            if row.is_supervisor() && !self.seen.answers.contains_key(&row.pid) {
                state.unknown.push(row.pid);
            }
        }
        let (children, children_total) = self.children(row, answer, place.depth, found);
        let known = self.seen.kin.get(&row.pid);
        let told = place.child.map_or(0, |child| child.restarts);
        Some(Node {
            pid: Some(Id(row.pid)),
            name: row.name.as_ref().map(|name| shown_name(name.as_str())),
            label: row.label.as_deref().map(shown_name),
            id: child_id(place.child),
            type_name: short_type(row.type_name),
            type_full: row.type_name,
            kind: kind(row),
            status: row.status.name(),
            strategy: answer.and_then(|told| told.strategy).map(strategy),
            max_restarts: answer.map(|told| told.max_restarts),
            max_seconds: answer.map(|told| told.max_seconds),
            restarts: told.max(known.map_or(0, |known| known.restarts)),
            last_restart_at: known.map(|known| known.last_restart_at),
            mailbox: row.mailbox,
            handled: row.handled,
            answers: !matches!(self.seen.answers.get(&row.pid), Some(None)),
            folded: found.is_none() && children.len() < children_total,
            children,
            children_total,
            links: self.links(row, place.parent),
        })
    }

    fn answer(&self, row: &Row) -> Option<&'a Told> {
        self.seen.answers.get(&row.pid)?.as_deref()
    }

    /// The children that are shown, and how many there are: those that the supervisor names, in their order, then others
    /// that the process started. Those of a dynamic supervisor have no order but that of their pids.
    fn children(
        &self,
        row: &Row,
        answer: Option<&Told>,
        depth: usize,
        found: Option<&Found>,
    ) -> (Vec<Node>, usize) {
        let named = answer.map_or(&[][..], |told| &told.children);
        let by_pid: HashMap<Pid, &ToldChild> = named
            .iter()
            .filter_map(|child| Some((child.status.pid()?, child)))
            .collect();
        let started = self.seen.snapshot.children(row.pid);
        let is_ordered = row.kind != Kind::DynamicSupervisor;
        let is_started = |pid: Pid| {
            self.seen
                .snapshot
                .find(pid)
                .is_some_and(|of| of.parent == Some(row.pid))
        };
        let first: Vec<&ToldChild> = named
            .iter()
            .filter(|child| is_ordered || !child.status.pid().is_some_and(is_started))
            .collect();
        let others: Vec<&Row> = started
            .filter(|other| !is_ordered || !by_pid.contains_key(&other.pid))
            .collect();
        let total = first.len() + others.len();
        if depth == MAX_DEPTH {
            return (Vec::new(), total);
        }
        let limit = match found {
            Some(_) => MAX_MATCHES,
            None if self.seen.query.open.contains(&row.pid) => MAX_OPEN,
            None => self.seen.query.limit,
        };
        let place = |child| Place {
            child,
            parent: Some(row.pid),
            depth: depth + 1,
        };
        let is_shown = |pid: Pid| found.is_none_or(|found| found.shown.contains(&pid));
        let first = first
            .into_iter()
            .filter_map(|child| match child.status.pid() {
                Some(pid) if is_shown(pid) => {
                    let seen = self
                        .seen
                        .snapshot
                        .find(pid)
                        .cloned()
                        .or_else(|| (self.seen.see)(pid))?;
                    self.node(&seen, place(Some(child)), found)
                }
                Some(_) => None,
                None => {
                    let is_shown = found.is_none() || told_matches(child, &self.seen.query.search);
                    is_shown.then(|| self.stopped(child))
                }
            });
        let others = others
            .into_iter()
            .filter(|other| is_shown(other.pid))
            // One that the supervisor does not name any more has ended since the snapshot was made, or is no child of it.
            .filter(|other| answer.is_none() || (self.seen.is_alive)(other.pid))
            .filter_map(|other| self.node(other, place(by_pid.get(&other.pid).copied()), found));
        let children = first
            .chain(others)
            .take_while(|_| self.has_room())
            .take(limit);
        (children.collect(), total)
    }

    /// A child that does not run.
    fn stopped(&self, child: &ToldChild) -> Node {
        self.state.borrow_mut().nodes += 1;
        Node {
            pid: None,
            name: None,
            label: None,
            id: child_id(Some(child)),
            type_name: short_type(child.type_name),
            type_full: child.type_name,
            kind: if child.is_supervisor {
                "supervisor"
            } else {
                "worker"
            },
            status: match child.status {
                ChildStatus::Restarting => "restarting",
                ChildStatus::Running(_) | ChildStatus::Stopped => "stopped",
            },
            strategy: None,
            max_restarts: None,
            max_seconds: None,
            restarts: child.restarts,
            last_restart_at: None,
            mailbox: 0,
            handled: 0,
            answers: true,
            children: Vec::new(),
            children_total: 0,
            folded: false,
            links: Vec::new(),
        }
    }

    /// Whom a process is linked to, beside its parent and its children.
    fn links(&self, row: &Row, parent: Option<Pid>) -> Vec<Id> {
        let family = self.seen.snapshot.children(row.pid).len() + usize::from(row.parent.is_some());
        if row.links > MANY_LINKS || (row.is_supervisor() && row.links <= family) {
            return Vec::new();
        }
        let is_child = |pid: &Pid| {
            self.seen
                .snapshot
                .find(*pid)
                .is_some_and(|of| of.parent == Some(row.pid))
        };
        let mut links = (self.seen.links)(row.pid);
        links.retain(|pid| Some(*pid) != parent && Some(*pid) != row.parent && !is_child(pid));
        links.into_iter().take(MAX_LINKS).map(Id).collect()
    }

    /// What matches the search, in the names of the processes and of the children of those supervisors that were asked.
    fn search(&self) -> Found {
        let text = self.seen.query.search.as_str();
        let by_row = self
            .seen
            .snapshot
            .rows
            .iter()
            .filter(|row| matches(row, text))
            .map(|row| row.pid);
        let told = self
            .seen
            .answers
            .values()
            .flatten()
            .flat_map(|told| &told.children);
        let by_id = told
            .filter(|child| told_matches(child, text))
            .filter_map(|child| child.status.pid());
        let all: BTreeSet<Pid> = by_row.chain(by_id).collect();
        let mut shown = HashSet::new();
        for pid in all.iter().take(MAX_MATCHES) {
            let parent = |pid: &Pid| self.seen.snapshot.find(*pid)?.parent;
            let line = std::iter::successors(Some(*pid), parent);
            for pid in line {
                if !shown.insert(pid) {
                    break;
                }
            }
        }
        Found {
            matches: all.len(),
            shown,
        }
    }
}

fn told_matches(child: &ToldChild, text: &str) -> bool {
    let id = child.id.as_ref().map(ChildId::to_string);
    id.is_some_and(|id| contains(&id, text))
        || contains(child.type_name, text)
        || child.status.pid().is_some_and(|pid| is_pid(pid, text))
}

fn child_id(child: Option<&ToldChild>) -> Option<String> {
    child?.id.as_ref().map(short_line)
}

const fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::OneForOne => "one_for_one",
        Strategy::OneForAll => "one_for_all",
        Strategy::RestForOne => "rest_for_one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{pid, row, snapshot};

    fn supervisor(number: u64, parent: Option<u64>) -> Row {
        Row {
            kind: Kind::Supervisor,
            type_name: "beamish_runtime::supervisor::server::SupervisorServer",
            ..row(number, parent)
        }
    }

    fn child(id: &str, status: ChildStatus) -> ToldChild {
        ToldChild {
            id: Some(id.into()),
            status,
            is_supervisor: false,
            type_name: "shop::Worker",
            restarts: 2,
        }
    }

    fn told(children: Vec<ToldChild>) -> Option<Arc<Told>> {
        Some(Arc::new(Told {
            strategy: Some(Strategy::RestForOne),
            max_restarts: 3,
            max_seconds: 5,
            children,
        }))
    }

    fn build(rows: Vec<Row>, answers: &Answers, query: &Query) -> (Tree, Vec<Pid>) {
        let links = |of: Pid| vec![pid(1), pid(9), of];
        super::build(&Seen {
            snapshot: &snapshot(rows),
            answers,
            kin: &HashMap::new(),
            query,
            see: &|_| None,
            is_alive: &|of| of != pid(13),
            links: &links,
        })
    }

    fn query(limit: usize) -> Query {
        Query {
            limit,
            ..Query::default()
        }
    }

    fn pids(nodes: &[Node]) -> Vec<Option<Pid>> {
        nodes.iter().map(|node| node.pid.map(|pid| pid.0)).collect()
    }

    #[test]
    fn a_child_that_ended_since_is_not_shown_beside_its_successor() {
        let rows = vec![
            supervisor(1, None),
            row(12, Some(1)),
            row(13, Some(1)),
            row(14, Some(1)),
        ];
        let children = vec![child("a", ChildStatus::Running(pid(14)))];
        let answers = Answers::from([(pid(1), told(children))]);
        let (tree, _) = build(rows.clone(), &answers, &query(50));
        let shown = pids(&tree.applications[0].children);
        assert_eq!(shown, [Some(pid(14)), Some(pid(12))]);
        // As long as it has not said so, it may be busy with the restart.
        let (tree, _) = build(rows, &Answers::from([(pid(1), None)]), &query(50));
        assert_eq!(tree.applications[0].children.len(), 3);
    }

    #[test]
    fn a_supervisor_shows_its_children_in_their_order_and_those_that_do_not_run() {
        let rows = vec![
            supervisor(1, None),
            row(2, Some(1)),
            row(3, Some(1)),
            row(4, Some(1)),
            row(8, None),
        ];
        let (tree, unknown) = build(rows.clone(), &Answers::new(), &query(50));
        assert_eq!(unknown, [pid(1)]);
        assert_eq!(
            pids(&tree.applications[0].children),
            [Some(pid(2)), Some(pid(3)), Some(pid(4))]
        );
        assert!(tree.applications[0].answers && tree.applications[0].strategy.is_none());

        let children = vec![
            child("b", ChildStatus::Running(pid(3))),
            child("a", ChildStatus::Running(pid(2))),
            child("c", ChildStatus::Restarting),
        ];
        let answers = Answers::from([(pid(1), told(children))]);
        let (tree, unknown) = build(rows.clone(), &answers, &query(50));
        assert!(unknown.is_empty());
        let top = &tree.applications[0];
        assert_eq!(
            (top.strategy, top.max_restarts),
            (Some("rest_for_one"), Some(3))
        );
        assert_eq!(
            pids(&top.children),
            [Some(pid(3)), Some(pid(2)), None, Some(pid(4))]
        );
        assert_eq!(top.children[0].id.as_deref(), Some("b"));
        assert_eq!(
            (top.children[2].status, top.children[2].restarts),
            ("restarting", 2)
        );
        assert_eq!(pids(&tree.others), [Some(pid(8))]);
        // Of what is its parent or itself no link is told.
        assert_eq!(top.children[0].links, [Id(pid(9)), Id(pid(3))]);

        let answers = Answers::from([(pid(1), None)]);
        let (tree, unknown) = build(rows, &answers, &query(50));
        assert!(unknown.is_empty() && !tree.applications[0].answers);
        assert_eq!(tree.applications[0].children.len(), 3);
    }

    #[test]
    fn many_children_are_folded_unless_they_are_opened() {
        let mut rows = vec![supervisor(1, None)];
        rows.extend((2..=1_500).map(|number| row(number, Some(1))));
        let (tree, _) = build(rows.clone(), &Answers::new(), &query(50));
        let top = &tree.applications[0];
        assert_eq!(
            (top.children.len(), top.children_total, top.folded),
            (50, 1_499, true)
        );
        let open = Query {
            open: [pid(1)].into(),
            ..query(50)
        };
        let (tree, _) = build(rows, &Answers::new(), &open);
        assert_eq!(tree.applications[0].children.len(), MAX_OPEN);
    }

    #[test]
    fn a_search_shows_what_matches_and_what_is_above_it() {
        let mut rows = vec![
            supervisor(1, None),
            supervisor(2, Some(1)),
            row(3, Some(2)),
            row(4, Some(2)),
            row(5, None),
        ];
        rows[2].name = Some("Cache".into());
        let search = |text: &str| Query {
            search: text.to_owned(),
            ..query(50)
        };
        let (tree, _) = build(rows.clone(), &Answers::new(), &search("cach"));
        assert_eq!(tree.matches, Some(1));
        assert_eq!(pids(&tree.applications), [Some(pid(1))]);
        assert_eq!(
            pids(&tree.applications[0].children[0].children),
            [Some(pid(3))]
        );
        assert!(tree.others.is_empty());
        // By the id that only its supervisor knows.
        let answers = Answers::from([(
            pid(2),
            told(vec![child("stats", ChildStatus::Running(pid(4)))]),
        )]);
        let (tree, _) = build(rows, &answers, &search("stat"));
        assert_eq!(
            pids(&tree.applications[0].children[0].children),
            [Some(pid(4))]
        );
    }

    #[test]
    fn a_long_line_and_a_wide_tree_are_cut() {
        let line =
            (1..=10_000).map(|number| row(number, number.checked_sub(1).filter(|at| *at > 0)));
        let (tree, _) = build(line.collect(), &Answers::new(), &query(50));
        let mut depth = 0;
        let mut nodes = &tree.applications;
        while let Some(node) = nodes.first() {
            depth += 1;
            nodes = &node.children;
        }
        assert_eq!(depth, MAX_DEPTH + 1);

        let mut wide = vec![];
        for top in 0..1_000_u64 {
            wide.extend(
                (0..100).map(|at| row(top * 100 + at + 1, (at > 0).then_some(top * 100 + 1))),
            );
        }
        let (tree, _) = build(wide, &Answers::new(), &query(1_000));
        let drawn: usize = tree
            .applications
            .iter()
            .map(|node| 1 + node.children.len())
            .sum();
        assert!(drawn <= MAX_NODES + 1, "{drawn}");
        assert_eq!((tree.total, tree.applications_total), (100_000, 1_000));
    }

    #[test]
    fn a_process_is_drawn_once() {
        // Two supervisors name the same child, which neither started.
        let rows = vec![supervisor(1, None), supervisor(2, None), row(3, None)];
        let named = || told(vec![child("x", ChildStatus::Running(pid(3)))]);
        let answers = Answers::from([(pid(1), named()), (pid(2), named())]);
        let (tree, _) = build(rows, &answers, &query(50));
        assert_eq!(pids(&tree.applications[0].children), [Some(pid(3))]);
        assert!(tree.applications[1].children.is_empty() && tree.others.is_empty());
    }
}
