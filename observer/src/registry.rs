//! The names, and who holds them.

use beamish::{Name, Pid, global};
use serde::Serialize;

use crate::processes::shown_name;
use crate::snapshot::Snapshot;
use crate::source;
use crate::text::{Id, contains, short_type};

/// A name as the API gives it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Registered {
    name: String,
    kind: &'static str,
    pid: Option<Id>,
    #[serde(rename = "type")]
    type_name: Option<String>,
}

/// The names that are shown.
#[derive(Debug, Serialize)]
pub(crate) struct Registry {
    total: usize,
    matched: usize,
    names: Vec<Registered>,
}

/// Which names are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// In lower case.
    pub(crate) filter: String,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

struct Held {
    name: Name,
    kind: &'static str,
    pid: Option<Pid>,
}

/// The global names of the node of the calling code.
pub(crate) fn globals() -> Vec<(Name, Option<Pid>)> {
    let names = global::registered_names().into_iter();
    names
        .map(|name| (name.clone(), global::whereis_name(name.as_str())))
        .collect()
}

/// The names with the filter in them or in the type of their holder, by name.
pub(crate) fn list(
    snapshot: &Snapshot,
    globals: Vec<(Name, Option<Pid>)>,
    query: &Query,
) -> Registry {
    let filter = query.filter.as_str();
    let type_of = |pid: Option<Pid>| {
        pid.and_then(|pid| snapshot.find(pid))
            .map(|row| row.type_name)
    };
    let local = snapshot.rows.iter().filter_map(|row| {
        row.name.clone().map(|name| Held {
            name,
            kind: "local",
            pid: Some(row.pid),
        })
    });
    let global = globals.into_iter().map(|(name, pid)| Held {
        name,
        kind: "global",
        pid,
    });
    let mut held: Vec<Held> = local.chain(global).collect();
    let total = held.len();
    if !filter.is_empty() {
        held.retain(|held| {
            contains(held.name.as_str(), filter)
                || type_of(held.pid).is_some_and(|full| contains(full, filter))
        });
    }
    let matched = held.len();
    held.sort_unstable_by(|a, b| {
        let key = |held: &Held| (held.kind, held.pid);
        a.name
            .as_str()
            .cmp(b.name.as_str())
            .then_with(|| key(a).cmp(&key(b)))
    });
    let names = held
        .into_iter()
        .skip(query.offset)
        .take(query.limit)
        .map(|held| Registered {
            name: shown_name(held.name.as_str()),
            kind: held.kind,
            pid: held.pid.map(Id),
            type_name: type_of(held.pid)
                .or_else(|| Some(source::see(held.pid?)?.type_name))
                .map(short_type),
        });
    Registry {
        total,
        matched,
        names: names.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{pid, row, snapshot};

    #[test]
    fn names_of_both_kinds_are_listed_by_name() {
        let mut rows = vec![row(1, None), row(2, None), row(3, None)];
        rows[0].name = Some("b".into());
        rows[1].name = Some("a".into());
        let all = snapshot(rows);
        let globals = || vec![("c".into(), Some(pid(3))), ("b".into(), Some(pid(3)))];
        let listed = |filter: &str, offset, limit| {
            let query = Query {
                filter: filter.to_owned(),
                offset,
                limit,
            };
            let registry = list(&all, globals(), &query);
            let names: Vec<_> = registry
                .names
                .iter()
                .map(|held| format!("{} {}", held.kind, held.name))
                .collect();
            (registry.total, registry.matched, names.join(", "))
        };
        let whole = "local a, global b, local b, global c".to_owned();
        assert_eq!(listed("", 0, 10), (4, 4, whole));
        assert_eq!(listed("", 1, 1), (4, 4, "global b".to_owned()));
        assert_eq!(listed("c", 0, 10), (4, 1, "global c".to_owned()));
        assert_eq!(listed("worker", 0, 10).1, 4);
    }
}
