//! The table of processes: which part of it is asked for, and what is selected.

use crate::api::{ProcessRow, Processes};
use crate::app::list::{self, Step};
use crate::request::ProcessesQuery;

/// The columns that can be sorted by, and whether the largest come first.
pub(crate) const SORTS: [(&str, bool); 10] = [
    ("mailbox", true),
    ("handled", true),
    ("restarts", true),
    ("memory", true),
    ("time", true),
    ("links", true),
    ("name", false),
    ("type", false),
    ("status", false),
    ("pid", false),
];

/// How many rows one answer may have.
const MOST_ROWS: usize = 500;

#[derive(Debug, Default)]
pub(crate) struct TableState {
    pub(crate) processes: Option<Processes>,
    pub(crate) filter: String,
    sort: usize,
    reversed: bool,
    selected: usize,
}

impl TableState {
    pub(crate) fn sort(&self) -> &'static str {
        SORTS[self.sort].0
    }

    pub(crate) fn descending(&self) -> bool {
        SORTS[self.sort].1 != self.reversed
    }

    pub(crate) fn next_sort(&mut self) {
        self.sort = (self.sort + 1) % SORTS.len();
        self.reversed = false;
        self.selected = 0;
    }

    pub(crate) fn reverse(&mut self) {
        self.reversed = !self.reversed;
        self.selected = 0;
    }

    pub(crate) fn matched(&self) -> usize {
        let matched = self
            .processes
            .as_ref()
            .map_or(0, |processes| processes.matched);
        usize::try_from(matched).unwrap_or(usize::MAX)
    }

    pub(crate) fn selected(&self) -> usize {
        self.selected
    }

    pub(crate) fn select_first(&mut self) {
        self.selected = 0;
    }

    pub(crate) fn move_by(&mut self, step: Step) {
        self.selected = step.from(self.selected, self.matched());
    }

    pub(crate) fn take(&mut self, processes: Processes) {
        self.processes = Some(processes);
        self.selected = Step::By(0).from(self.selected, self.matched());
    }

    /// What to ask for: the rows that are seen, and a page before and after them.
    pub(crate) fn query(&self, height: usize) -> ProcessesQuery {
        let start =
            list::window(self.selected, self.matched().max(self.selected + 1), height).start;
        let offset = start.saturating_sub(height);
        let limit = (start - offset + 2 * height).clamp(1, MOST_ROWS);
        ProcessesQuery {
            sort: self.sort(),
            descending: self.descending(),
            offset: offset as u64,
            limit: limit as u64,
            filter: self.filter.clone(),
        }
    }

    /// The row with the number `index` of all, if it is here.
    pub(crate) fn row(&self, index: usize) -> Option<&ProcessRow> {
        let processes = self.processes.as_ref()?;
        let offset = usize::try_from(processes.offset).ok()?;
        processes.rows.get(index.checked_sub(offset)?)
    }

    pub(crate) fn selected_row(&self) -> Option<&ProcessRow> {
        self.row(self.selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(matched: u64, offset: u64, rows: usize) -> TableState {
        let mut table = TableState::default();
        let row = |index| ProcessRow {
            pid: format!("0.{index}.0"),
            ..ProcessRow::default()
        };
        let rows = (0..rows as u64).map(|index| row(offset + index)).collect();
        table.take(Processes {
            matched,
            offset,
            rows,
            ..Processes::default()
        });
        table
    }

    #[test]
    fn only_what_is_seen_and_a_page_around_it_is_asked_for() {
        let mut table = table(1_000_000, 0, 40);
        let range = |table: &TableState| {
            let query = table.query(20);
            (query.offset, query.limit)
        };
        assert_eq!(range(&table), (0, 40));
        table.move_by(Step::By(50));
        assert_eq!(range(&table), (20, 60));
        table.move_by(Step::End);
        assert_eq!(range(&table), (999_960, 60));
        assert_eq!(table.selected_row(), None, "it is not here yet");
        assert_eq!(TableState::default().query(20).limit, 40);
        assert_eq!(TableState::default().query(0).limit, 1);
    }

    #[test]
    fn rows_are_found_by_their_number_of_all() {
        let mut table = table(100, 30, 5);
        table.move_by(Step::By(32));
        assert_eq!(table.selected_row().unwrap().pid, "0.32.0");
        assert_eq!((table.row(29), table.row(35)), (None, None));
    }

    #[test]
    fn the_selection_stays_within() {
        let mut table = table(100, 0, 5);
        table.move_by(Step::End);
        table.take(Processes {
            matched: 3,
            ..Processes::default()
        });
        assert_eq!(table.selected(), 2);
        table.take(Processes::default());
        assert_eq!(table.selected(), 0);
    }

    #[test]
    fn each_sort_begins_with_what_is_looked_for() {
        let mut table = TableState::default();
        assert_eq!((table.sort(), table.descending()), ("mailbox", true));
        table.reverse();
        assert!(!table.descending());
        for _ in 0..6 {
            table.next_sort();
        }
        assert_eq!((table.sort(), table.descending()), ("name", false));
    }
}
