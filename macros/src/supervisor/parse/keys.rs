//! The keys of each kind of braces, and where a key belongs that is not among them.

use crate::supervisor::entries::Keys;

pub(super) const TREE_KEYS: Keys = Keys {
    what: "an option of a supervisor",
    accepted: &[
        "name",
        "strategy",
        "max_restarts",
        "max_seconds",
        "auto_shutdown",
        "children",
    ],
    elsewhere: |key| match key {
        "id" | "restart" | "shutdown" | "significant" => Some(
            "not expected here; the options of a child stand in braces after it: `Cache::start_link() { id: \"cache\" }`",
        ),
        "intensity" => Some("`intensity` is called `max_restarts` here; write `max_restarts: 3`"),
        "crate" => Some(
            "the path to beamish stands before the tree; write `crate = \"my_beamish\";` as the first line",
        ),
        "period" => Some("`period` is called `max_seconds` here; write `max_seconds: 5`"),
        _ => None,
    },
};

pub(super) const DYNAMIC_KEYS: Keys = Keys {
    what: "an option of a dynamic supervisor",
    accepted: &["name", "max_children", "max_restarts", "max_seconds"],
    elsewhere: |key| match key {
        "strategy" => Some("a dynamic supervisor is always `one_for_one`; remove `strategy`"),
        "children" => Some(
            "a dynamic supervisor starts without children; remove `children`, and start each with `start_child`",
        ),
        _ => None,
    },
};

pub(super) const CHILD_KEYS: Keys = Keys {
    what: "an option of a child",
    accepted: &["id", "restart", "shutdown", "significant"],
    elsewhere: |key| match key {
        "strategy" | "max_restarts" | "max_seconds" | "children" => Some(
            "not expected here; this is an option of a supervisor, and a child takes `id`, `restart`, `shutdown`, `significant`",
        ),
        "name" => Some(
            "a child has no `name` here; write `id: …`, or give the name at its start: `Cache::start_link().name(…)`",
        ),
        _ => None,
    },
};
