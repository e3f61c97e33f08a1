//! All processes at about one moment, and who started whom.

use std::sync::OnceLock;
use std::time::Duration;

use beamish::Pid;
use tokio::time::Instant;

use crate::source::Row;
use crate::text::now_ms;

/// All processes at about one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// By pid.
    pub(crate) rows: Vec<Row>,
    /// Unix milliseconds.
    pub(crate) at_ms: u64,
    pub(crate) began: Instant,
    pub(crate) took: Duration,
    forest: OnceLock<Forest>,
}

impl Snapshot {
    pub(crate) fn new(mut rows: Vec<Row>, began: Instant, took: Duration) -> Self {
        rows.sort_unstable_by_key(|row| row.pid);
        Self {
            rows,
            at_ms: now_ms(),
            began,
            took,
            forest: OnceLock::new(),
        }
    }

    pub(crate) fn find(&self, pid: Pid) -> Option<&Row> {
        let at = self.rows.binary_search_by_key(&pid, |row| row.pid).ok()?;
        self.rows.get(at)
    }

    /// Who started whom. Takes a while the first time.
    pub(crate) fn forest(&self) -> &Forest {
        self.forest.get_or_init(|| Forest::new(&self.rows))
    }

    /// The processes that this one started, oldest first.
    pub(crate) fn children(&self, pid: Pid) -> impl ExactSizeIterator<Item = &Row> {
        self.forest()
            .children(pid)
            .iter()
            .map(|at| &self.rows[*at as usize])
    }

    /// Those that no living process started, oldest first.
    pub(crate) fn roots(&self) -> impl ExactSizeIterator<Item = &Row> {
        self.forest()
            .roots
            .iter()
            .map(|at| &self.rows[*at as usize])
    }
}

/// Who started whom, by the places of the rows.
#[derive(Debug)]
pub(crate) struct Forest {
    /// By parent, and by pid among the children of one.
    by_parent: Vec<(Pid, u32)>,
    places: Vec<u32>,
    roots: Vec<u32>,
}

impl Forest {
    fn new(rows: &[Row]) -> Self {
        let is_alive = |pid: &Pid| rows.binary_search_by_key(pid, |row| row.pid).is_ok();
        let mut roots = Vec::new();
        let mut edges = Vec::new();
        for (at, row) in (0_u32..).zip(rows) {
            match row.parent.filter(is_alive) {
                Some(parent) => edges.push((parent, at)),
                None => roots.push(at),
            }
        }
        edges.sort_unstable();
        let places = edges.iter().map(|(_, at)| *at).collect();
        // Only where the children of one begin.
        let mut by_parent: Vec<(Pid, u32)> = Vec::new();
        for (start, (parent, _)) in (0_u32..).zip(&edges) {
            if by_parent.last().is_none_or(|(last, _)| last != parent) {
                by_parent.push((*parent, start));
            }
        }
        Self {
            by_parent,
            places,
            roots,
        }
    }

    fn children(&self, pid: Pid) -> &[u32] {
        let Ok(at) = self
            .by_parent
            .binary_search_by_key(&pid, |(parent, _)| *parent)
        else {
            return &[];
        };
        let start = self.by_parent[at].1 as usize;
        let end = self
            .by_parent
            .get(at + 1)
            .map_or(self.places.len(), |(_, start)| *start as usize);
        &self.places[start..end]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::source::{Kind, Status};

    pub(crate) fn pid(number: u64) -> Pid {
        format!("0.{number}.0").parse().unwrap()
    }

    pub(crate) fn row(number: u64, parent: Option<u64>) -> Row {
        Row {
            pid: pid(number),
            parent: parent.map(pid),
            name: None,
            label: None,
            type_name: "shop::Worker",
            kind: Kind::Server,
            status: Status::Idle,
            mailbox: 0,
            mailbox_bytes: 0,
            handled: 0,
            ran_here: 0,
            links: 0,
        }
    }

    pub(crate) fn snapshot(rows: Vec<Row>) -> Snapshot {
        Snapshot::new(rows, Instant::now(), Duration::ZERO)
    }

    #[test]
    fn children_stand_under_who_started_them_and_orphans_are_roots() {
        let all = snapshot(vec![
            row(4, Some(2)),
            row(2, Some(1)),
            row(3, Some(2)),
            row(7, Some(6)),
            row(1, None),
        ]);
        let children = |of: u64| -> Vec<Pid> { all.children(pid(of)).map(|row| row.pid).collect() };
        assert_eq!(children(1), [pid(2)]);
        assert_eq!(children(2), [pid(3), pid(4)]);
        assert!(children(3).is_empty() && children(9).is_empty());
        let roots: Vec<Pid> = all.roots().map(|row| row.pid).collect();
        assert_eq!(roots, [pid(1), pid(7)]);
        assert_eq!(all.find(pid(3)).unwrap().parent, Some(pid(2)));
        assert!(all.find(pid(6)).is_none());
    }
}
