//! The table of processes: filtered, sorted, and cut to the rows that are shown.

use std::cmp::Ordering;
use std::collections::HashMap;

use beamish::{Name, Pid};
use serde::{Deserialize, Serialize};

use crate::kin::Kin;
use crate::source::{Kind, Row};
use crate::text::{Id, contains, cut, short_type};

/// What a name or a label shows at most, in bytes.
const MAX_NAME: usize = 512;

/// By what the table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    Pid,
    Name,
    Type,
    #[default]
    Mailbox,
    Handled,
    Restarts,
    Memory,
    Links,
    Status,
    Time,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Asc,
    #[default]
    Desc,
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) sort: Sort,
    pub(crate) order: Order,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    /// In lower case.
    pub(crate) filter: String,
}

/// What the observer counts of some processes, besides what their rows say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) restarts: HashMap<Pid, u64>,
    pub(crate) times_us: HashMap<Pid, u64>,
}

impl Counted {
    pub(crate) fn restarts_of(&self, pid: Pid) -> u64 {
        self.restarts.get(&pid).copied().unwrap_or(0)
    }

    fn time_us_of(&self, pid: Pid) -> Option<u64> {
        self.times_us.get(&pid).copied()
    }
}

/// A row as the API gives it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShownRow {
    pid: Id,
    name: Option<String>,
    label: Option<String>,
    #[serde(rename = "type")]
    type_name: String,
    kind: &'static str,
    status: &'static str,
    mailbox: usize,
    mailbox_bytes: usize,
    handled: u64,
    restarts: u64,
    links: usize,
    parent: Option<Id>,
    time_us: Option<u64>,
}

/// The rows that are shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) matched: usize,
    pub(crate) rows: Vec<ShownRow>,
}

/// Whether a text, in lower case, is in what a process is called.
pub(crate) fn matches(row: &Row, text: &str) -> bool {
    text.is_empty()
        || row
            .name
            .as_ref()
            .is_some_and(|name| contains(name.as_str(), text))
        || row
            .label
            .as_ref()
            .is_some_and(|label| contains(label, text))
        || contains(row.type_name, text)
        || is_pid(row.pid, text)
}

/// Whether the text is this pid, as the API or a log writes it.
pub(crate) fn is_pid(pid: Pid, text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '<' | '#'))
        && text.trim_matches(|at: char| !at.is_ascii_digit()) == Id(pid).text()
}

/// A name or label as it is shown.
pub(crate) fn shown_name(name: &str) -> String {
    cut(name.to_owned(), MAX_NAME)
}

fn show(row: &Row, counted: &Counted) -> ShownRow {
    ShownRow {
        pid: Id(row.pid),
        name: row.name.as_ref().map(|name| shown_name(name.as_str())),
        label: row.label.as_deref().map(shown_name),
        type_name: short_type(row.type_name),
        kind: kind(row),
        status: row.status.name(),
        mailbox: row.mailbox,
        mailbox_bytes: row.mailbox_bytes,
        handled: row.handled,
        restarts: counted.restarts_of(row.pid),
        links: row.links,
        parent: row.parent.map(Id),
        time_us: counted.time_us_of(row.pid),
    }
}

/// What a process is, as the API says it.
pub(crate) const fn kind(row: &Row) -> &'static str {
    match row.kind {
        Kind::Server => "worker",
        other => other.name(),
    }
}

/// The rows that the query asks for. Those before them are only told apart from the others, not sorted, so a first page of a
/// million costs one look at each.
pub(crate) fn select(rows: &[Row], query: &Query, counted: &Counted) -> Shown {
    let mut places: Vec<u32> = (0_u32..)
        .zip(rows)
        .filter(|(_, row)| matches(row, &query.filter))
        .map(|(at, _)| at)
        .collect();
    let matched = places.len();
    let order = |a: &u32, b: &u32| order(&rows[*a as usize], &rows[*b as usize], query, counted);
    let start = query.offset.min(matched);
    let end = query.offset.saturating_add(query.limit).min(matched);
    if end < matched {
        places.select_nth_unstable_by(end, order);
        places.truncate(end);
    }
    if start > 0 && start < places.len() {
        places.select_nth_unstable_by(start, order);
    }
    let wanted = &mut places[start..];
    wanted.sort_unstable_by(order);
    let rows = wanted
        .iter()
        .map(|at| show(&rows[*at as usize], counted))
        .collect();
    Shown { matched, rows }
}

/// A total order: what is equal by the column is in the order of the pids. What has no name, or is not timed, comes last.
fn order(a: &Row, b: &Row, query: &Query, counted: &Counted) -> Ordering {
    let directed = |ordering: Ordering| match query.order {
        Order::Asc => ordering,
        Order::Desc => ordering.reverse(),
    };
    let column = match query.sort {
        Sort::Pid => return directed(a.pid.cmp(&b.pid)),
        Sort::Name => {
            let (a, b) = (a.name.as_ref(), b.name.as_ref());
            known_first(a.map(Name::as_str), b.map(Name::as_str), directed)
        }
        Sort::Type => directed(a.type_name.cmp(b.type_name)),
        Sort::Mailbox => directed(a.mailbox.cmp(&b.mailbox)),
        Sort::Handled => directed(a.handled.cmp(&b.handled)),
        Sort::Restarts => directed(counted.restarts_of(a.pid).cmp(&counted.restarts_of(b.pid))),
        Sort::Memory => directed(a.mailbox_bytes.cmp(&b.mailbox_bytes)),
        Sort::Links => directed(a.links.cmp(&b.links)),
        Sort::Status => directed(a.status.name().cmp(b.status.name())),
        Sort::Time => known_first(
            counted.time_us_of(a.pid),
            counted.time_us_of(b.pid),
            directed,
        ),
    };
    column.then_with(|| a.pid.cmp(&b.pid))
}

fn known_first<T: Ord>(
    a: Option<T>,
    b: Option<T>,
    directed: impl Fn(Ordering) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => directed(a.cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

impl Counted {
    /// The restarts of those that were restarted.
    pub(crate) fn of(kin: &Kin, times_us: HashMap<Pid, u64>) -> Self {
        Self {
            restarts: kin.all_restarts().collect(),
            times_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{pid, row};

    fn numbers(shown: &Shown) -> Vec<String> {
        shown.rows.iter().map(|row| row.pid.text()).collect()
    }

    fn rows() -> Vec<Row> {
        let mailboxes = [(1, 5), (2, 0), (3, 9), (4, 5)];
        let rows = mailboxes.map(|(number, mailbox)| Row {
            mailbox,
            ..row(number, None)
        });
        let mut rows = Vec::from(rows);
        rows[1].name = Some("Zebra".into());
        rows[2].name = Some("ant".into());
        rows[3].label = Some("the Fourth".into());
        rows
    }

    fn query(sort: Sort, order: Order) -> Query {
        Query {
            sort,
            order,
            limit: 10,
            ..Query::default()
        }
    }

    #[test]
    fn equal_rows_stay_in_the_order_of_their_pids() {
        let counted = Counted::default();
        let shown = select(&rows(), &query(Sort::Mailbox, Order::Desc), &counted);
        assert_eq!(numbers(&shown), ["0.3.0", "0.1.0", "0.4.0", "0.2.0"]);
        let shown = select(&rows(), &query(Sort::Mailbox, Order::Asc), &counted);
        assert_eq!(numbers(&shown), ["0.2.0", "0.1.0", "0.4.0", "0.3.0"]);
    }

    #[test]
    fn what_has_no_name_comes_last_either_way() {
        let counted = Counted::default();
        let shown = select(&rows(), &query(Sort::Name, Order::Asc), &counted);
        assert_eq!(numbers(&shown), ["0.2.0", "0.3.0", "0.1.0", "0.4.0"]);
        let shown = select(&rows(), &query(Sort::Name, Order::Desc), &counted);
        assert_eq!(numbers(&shown), ["0.3.0", "0.2.0", "0.1.0", "0.4.0"]);
    }

    #[test]
    fn pages_are_those_of_the_whole_order() {
        let rows: Vec<Row> = (1..=1_000_u64)
            .map(|number| Row {
                handled: number * 7_919 % 97,
                ..row(number, None)
            })
            .collect();
        let counted = Counted::default();
        let whole = Query {
            limit: 1_000,
            ..query(Sort::Handled, Order::Desc)
        };
        let whole = numbers(&select(&rows, &whole, &counted));
        for (offset, limit) in [
            (0, 10),
            (10, 10),
            (500, 100),
            (990, 100),
            (1_000, 10),
            (5_000, 10),
            (0, 0),
        ] {
            let page = Query {
                offset,
                limit,
                ..query(Sort::Handled, Order::Desc)
            };
            let shown = select(&rows, &page, &counted);
            let (start, end) = (offset.min(1_000), (offset + limit).min(1_000));
            assert_eq!(numbers(&shown), whole[start..end], "{offset} {limit}");
            assert_eq!(shown.matched, 1_000);
        }
    }

    #[test]
    fn a_filter_finds_names_labels_types_and_whole_pids() {
        let found = |filter: &str| {
            let query = Query {
                filter: filter.to_owned(),
                ..query(Sort::Pid, Order::Asc)
            };
            numbers(&select(&rows(), &query, &Counted::default())).join(" ")
        };
        assert_eq!(found("zeb"), "0.2.0");
        assert_eq!(found("fourth"), "0.4.0");
        assert_eq!(found("worker"), "0.1.0 0.2.0 0.3.0 0.4.0");
        assert_eq!(found("#pid<0.3.0>"), "0.3.0");
        assert_eq!(found("0.3"), "");
    }

    #[test]
    fn counts_of_the_observer_are_columns_too() {
        let counted = Counted {
            restarts: [(pid(2), 3)].into(),
            times_us: [(pid(4), 10), (pid(1), 20)].into(),
        };
        let shown = select(&rows(), &query(Sort::Restarts, Order::Desc), &counted);
        assert_eq!(numbers(&shown)[0], "0.2.0");
        let shown = select(&rows(), &query(Sort::Time, Order::Asc), &counted);
        assert_eq!(numbers(&shown), ["0.4.0", "0.1.0", "0.2.0", "0.3.0"]);
    }
}
