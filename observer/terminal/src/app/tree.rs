//! The tree: what is folded, sorted and selected of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Node, Tree};
use crate::app::list;

/// How the children of one parent are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Started,
    Name,
    Mailbox,
    Handled,
    Restarts,
}

impl Order {
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Started => Self::Name,
            Self::Name => Self::Mailbox,
            Self::Mailbox => Self::Handled,
            Self::Handled => Self::Restarts,
            Self::Restarts => Self::Started,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Started => "start",
            Self::Name => "name",
            Self::Mailbox => "mailbox",
            Self::Handled => "handled",
            Self::Restarts => "restarts",
        }
    }

    fn sort(self, nodes: &mut [&Node]) {
        match self {
            Self::Started => {}
            Self::Name => nodes.sort_by_key(|node| node.title().to_lowercase()),
            Self::Mailbox => nodes.sort_by_key(|node| std::cmp::Reverse(node.mailbox)),
            Self::Handled => nodes.sort_by_key(|node| std::cmp::Reverse(node.handled)),
            Self::Restarts => nodes.sort_by_key(|node| std::cmp::Reverse(node.restarts)),
        }
    }
}

/// What tells a row of the tree from the others, over its updates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A process.
    Pid(String),
    /// A child that does not run, by its supervisor and id.
    Child(String, String),
    /// The children that are not shown, of a process.
    More(String),
    /// The title over the processes that are in no tree.
    Others,
    /// The others that are not shown.
    MoreOthers,
}

/// A line of the tree as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) key: Key,
    /// For each ancestor, whether more of its siblings come: a line goes down there. The last is the row's own.
    pub(crate) guides: Vec<bool>,
    /// Where the child belongs: its supervisor or who else is above it.
    pub(crate) parent: Option<&'a str>,
    pub(crate) what: What<'a>,
}

#[derive(Clone, Debug)]
pub(crate) enum What<'a> {
    Node {
        node: &'a Node,
        folded: bool,
    },
    /// So many children are not shown.
    More(u64),
    /// So many processes are in no tree.
    Others {
        total: u64,
        folded: bool,
    },
}

#[derive(Debug, Default)]
pub(crate) struct TreeState {
    pub(crate) tree: Option<Tree>,
    pub(crate) search: String,
    pub(crate) order: Order,
    /// Whose children are asked for without a limit.
    pub(crate) open: BTreeSet<String>,
    folded: BTreeSet<String>,
    others_folded: bool,
    selected: Option<Key>,
    /// Where the selected row was, in case it goes away.
    selected_index: usize,
    /// The supervisor and id of the selected child: its next incarnation is selected in its place.
    selected_child: Option<(String, String)>,
}

impl TreeState {
    /// The lines, from top to bottom.
    pub(crate) fn rows(&self) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        let Some(tree) = &self.tree else { return rows };
        for root in self.sorted(&tree.applications) {
            self.add(&mut rows, root, &[], None);
        }
        if tree.others.is_empty() {
            return rows;
        }
        let shown = tree.others.len() as u64;
        let total = tree.others_total.unwrap_or(shown).max(shown);
        let what = What::Others {
            total,
            folded: self.others_folded,
        };
        rows.push(Row {
            key: Key::Others,
            guides: Vec::new(),
            parent: None,
            what,
        });
        if self.others_folded {
            return rows;
        }
        let others = self.sorted(&tree.others);
        for (index, node) in others.iter().enumerate() {
            let more = index + 1 < others.len() || total > shown;
            self.add(&mut rows, node, &[more], None);
        }
        if total > shown {
            let what = What::More(total - shown);
            rows.push(Row {
                key: Key::MoreOthers,
                guides: vec![false],
                parent: None,
                what,
            });
        }
        rows
    }

    fn sorted<'a>(&self, nodes: &'a [Node]) -> Vec<&'a Node> {
        let mut nodes: Vec<_> = nodes.iter().collect();
        self.order.sort(&mut nodes);
        nodes
    }

    fn add<'a>(
        &self,
        rows: &mut Vec<Row<'a>>,
        node: &'a Node,
        guides: &[bool],
        parent: Option<&'a str>,
    ) {
        let pid = node.pid.as_deref();
        let folded = pid.is_some_and(|pid| self.folded.contains(pid)) && !node.children.is_empty();
        let key = key_of(node, parent);
        let what = What::Node { node, folded };
        rows.push(Row {
            key,
            guides: guides.to_vec(),
            parent,
            what,
        });
        if folded {
            return;
        }
        let children = self.sorted(&node.children);
        let hidden = hidden_children(node);
        let below = |more: bool| [guides, &[more]].concat();
        for (index, child) in children.iter().enumerate() {
            self.add(
                rows,
                child,
                &below(index + 1 < children.len() || hidden > 0),
                pid,
            );
        }
        if let (Some(pid), 1..) = (pid, hidden) {
            let what = What::More(hidden);
            let key = Key::More(pid.to_owned());
            rows.push(Row {
                key,
                guides: below(false),
                parent: Some(pid),
                what,
            });
        }
    }

    /// Which line is selected.
    pub(crate) fn selected_index(&self, rows: &[Row<'_>]) -> usize {
        let position = |key: &Key| rows.iter().position(|row| row.key == *key);
        let successor = || {
            let (supervisor, id) = self.selected_child.as_ref()?;
            rows.iter()
                .position(|row| row.child() == Some((supervisor, id)))
        };
        let index = self.selected.as_ref().and_then(position).or_else(successor);
        index
            .unwrap_or(self.selected_index)
            .min(rows.len().saturating_sub(1))
    }

    /// The process of the selected line.
    pub(crate) fn selected_node(&self) -> Option<&Node> {
        let rows = self.rows();
        match rows.get(self.selected_index(&rows))?.what {
            What::Node { node, .. } => Some(node),
            What::More(_) | What::Others { .. } => None,
        }
    }

    pub(crate) fn move_by(&mut self, step: list::Step) {
        let rows = self.rows();
        let index = step.from(self.selected_index(&rows), rows.len());
        self.select(index);
    }

    fn select(&mut self, index: usize) {
        let rows = self.rows();
        let Some(row) = rows.get(index) else { return };
        let key = row.key.clone();
        let child = row
            .child()
            .map(|(supervisor, id)| (supervisor.to_owned(), id.to_owned()));
        self.selected = Some(key);
        self.selected_child = child;
        self.selected_index = index;
    }

    /// Takes a new tree; what was selected stays so, or its next incarnation is.
    pub(crate) fn take(&mut self, tree: Tree) {
        self.tree = Some(tree);
        let index = self.selected_index(&self.rows());
        self.select(index);
        if self.search.is_empty() {
            let pids = self.pids();
            self.folded.retain(|pid| pids.contains_key(pid.as_str()));
            self.open.retain(|pid| pids.contains_key(pid.as_str()));
        }
    }

    fn pids(&self) -> BTreeMap<String, ()> {
        fn walk(nodes: &[Node], pids: &mut BTreeMap<String, ()>) {
            for node in nodes {
                pids.extend(node.pid.clone().map(|pid| (pid, ())));
                walk(&node.children, pids);
            }
        }
        let mut pids = BTreeMap::new();
        if let Some(tree) = &self.tree {
            walk(&tree.applications, &mut pids);
            walk(&tree.others, &mut pids);
        }
        pids
    }

    /// Folds or unfolds the selected line. Whether the tree must be asked for again: more of it is wanted.
    pub(crate) fn fold(&mut self, how: Fold) -> bool {
        let rows = self.rows();
        let Some(row) = rows.get(self.selected_index(&rows)) else {
            return false;
        };
        let parent = row.parent.map(str::to_owned);
        match &row.what {
            What::More(_) => match (how, parent) {
                (Fold::Close, Some(parent)) => self.select_pid(&parent),
                (_, Some(parent)) => return self.open.insert(parent),
                (_, None) => {}
            },
            What::Others { folded, .. } => self.others_folded = how.folds(*folded),
            What::Node { node, folded } => {
                let pid = node.pid.clone();
                let has_children = !node.children.is_empty();
                let (folded, hidden) = (*folded, hidden_children(node));
                match pid {
                    Some(pid) if has_children && (how != Fold::Close || !folded) => {
                        if how.folds(folded) {
                            self.folded.insert(pid);
                        } else if !self.folded.remove(&pid) && how == Fold::Open && hidden > 0 {
                            return self.open.insert(pid);
                        }
                    }
                    Some(pid) if hidden > 0 && how != Fold::Close => return self.open.insert(pid),
                    _ if how == Fold::Close => {
                        if let Some(parent) = parent {
                            self.select_pid(&parent);
                        }
                    }
                    _ => {}
                }
            }
        }
        false
    }

    fn select_pid(&mut self, pid: &str) {
        let key = Key::Pid(pid.to_owned());
        if let Some(index) = self.rows().iter().position(|row| row.key == key) {
            self.select(index);
        }
    }
}

/// What a key does to a line that can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Toggle,
    Open,
    /// Goes to the parent if there is nothing to close.
    Close,
}

impl Fold {
    fn folds(self, folded: bool) -> bool {
        match self {
            Self::Toggle => !folded,
            Self::Open => false,
            Self::Close => true,
        }
    }
}

impl<'a> Row<'a> {
    /// Which child it is: of whom, and by which id.
    pub(crate) fn child(&self) -> Option<(&'a str, &'a str)> {
        match self.what {
            What::Node { node, .. } => Some((self.parent?, node.id.as_deref()?)),
            What::More(_) | What::Others { .. } => None,
        }
    }
}

fn key_of(node: &Node, parent: Option<&str>) -> Key {
    match &node.pid {
        Some(pid) => Key::Pid(pid.clone()),
        None => Key::Child(
            parent.unwrap_or_default().to_owned(),
            node.id.clone().unwrap_or_default(),
        ),
    }
}

fn hidden_children(node: &Node) -> u64 {
    let shown = node.children.len() as u64;
    let total = node.children_total.unwrap_or(shown);
    if node.folded {
        total.saturating_sub(shown).max(1)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::list::Step;

    fn node(pid: &str, id: &str, children: Vec<Node>) -> Node {
        Node {
            pid: Some(pid.to_owned()),
            id: Some(id.to_owned()),
            children,
            ..Node::default()
        }
    }

    fn state(applications: Vec<Node>) -> TreeState {
        let mut state = TreeState::default();
        state.take(Tree {
            applications,
            ..Tree::default()
        });
        state
    }

    fn shown(state: &TreeState) -> Vec<String> {
        let rows = state.rows();
        let selected = state.selected_index(&rows);
        let lines = rows.iter().enumerate().map(|(index, row)| {
            let mark = if index == selected { ">" } else { "" };
            let text = match &row.what {
                What::Node { node, folded } => {
                    format!("{}{}", node.title(), if *folded { "+" } else { "" })
                }
                What::More(number) => format!("{number} more"),
                What::Others { total, .. } => format!("{total} others"),
            };
            format!("{}{mark}{text}", "-".repeat(row.guides.len()))
        });
        lines.collect()
    }

    fn family() -> Vec<Node> {
        vec![node(
            "1",
            "a",
            vec![
                node("2", "b", vec![node("3", "c", vec![])]),
                node("4", "d", vec![]),
            ],
        )]
    }

    #[test]
    fn rows_go_down_the_tree() {
        let state = state(family());
        assert_eq!(shown(&state), [">a", "-b", "--c", "-d"]);
        let rows = state.rows();
        assert_eq!(rows[2].guides, [true, false]);
        assert_eq!(rows[3].guides, [false]);
        assert_eq!(rows[3].child(), Some(("1", "d")));
    }

    #[test]
    fn what_is_folded_is_hidden_and_stays_so() {
        let mut state = state(family());
        state.move_by(Step::By(1));
        assert!(!state.fold(Fold::Toggle));
        assert_eq!(shown(&state), ["a", "->b+", "-d"]);
        state.take(Tree {
            applications: family(),
            ..Tree::default()
        });
        assert_eq!(shown(&state), ["a", "->b+", "-d"]);
        assert!(!state.fold(Fold::Toggle));
        assert_eq!(shown(&state), ["a", "->b", "--c", "-d"]);
    }

    #[test]
    fn closing_goes_up_where_nothing_is_open() {
        let mut state = state(family());
        state.move_by(Step::By(2));
        for expected in [1, 1, 0, 0] {
            state.fold(Fold::Close);
            assert_eq!(state.selected_index(&state.rows()), expected);
        }
        assert_eq!(shown(&state), [">a+"]);
        state.fold(Fold::Open);
        assert_eq!(shown(&state), [">a", "-b+", "-d"]);
    }

    #[test]
    fn the_next_incarnation_is_selected() {
        let mut state = state(family());
        state.move_by(Step::End);
        let mut applications = family();
        applications[0].children[1].pid = None;
        applications[0].children.insert(0, node("7", "new", vec![]));
        state.take(Tree {
            applications: applications.clone(),
            ..Tree::default()
        });
        assert_eq!(shown(&state), ["a", "-new", "-b", "--c", "->d"]);
        applications[0].children[2].pid = Some("9".to_owned());
        state.take(Tree {
            applications,
            ..Tree::default()
        });
        assert_eq!(state.selected_node().unwrap().pid.as_deref(), Some("9"));
    }

    #[test]
    fn a_row_that_goes_away_leaves_the_selection_where_it_was() {
        let mut state = state(family());
        state.move_by(Step::End);
        let mut applications = family();
        applications[0].children.pop();
        state.take(Tree {
            applications,
            ..Tree::default()
        });
        assert_eq!(shown(&state), ["a", "-b", "-->c"]);
    }

    #[test]
    fn more_children_are_asked_for() {
        let mut large = node("1", "a", vec![node("2", "b", vec![])]);
        (large.folded, large.children_total) = (true, Some(120));
        let mut state = state(vec![large]);
        assert_eq!(shown(&state), [">a", "-b", "-119 more"]);
        state.move_by(Step::End);
        assert!(state.fold(Fold::Toggle), "the tree is asked for again");
        assert_eq!(state.open, BTreeSet::from(["1".to_owned()]));
        assert!(!state.fold(Fold::Toggle), "once");
    }

    #[test]
    fn siblings_are_sorted() {
        let mut applications = family();
        applications[0].children[1].restarts = 3;
        let mut state = state(applications);
        state.order = Order::Restarts;
        assert_eq!(shown(&state), [">a", "-d", "-b", "--c"]);
        let mut order = Order::default();
        let mut words = Vec::new();
        while !words.contains(&order.word()) {
            words.push(order.word());
            order = order.next();
        }
        assert_eq!(words, ["start", "name", "mailbox", "handled", "restarts"]);
    }

    #[test]
    fn others_come_after_the_trees() {
        let mut state = state(family());
        let others = vec![node("8", "x", vec![]), node("9", "y", vec![])];
        let tree = Tree {
            applications: vec![],
            others,
            others_total: Some(30),
            ..Tree::default()
        };
        state.take(tree);
        assert_eq!(shown(&state), [">30 others", "-x", "-y", "-28 more"]);
        state.fold(Fold::Toggle);
        assert_eq!(shown(&state), [">30 others"]);
    }
}
