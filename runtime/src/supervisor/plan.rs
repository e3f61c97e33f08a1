//! What a supervisor does when a child ends. Pure.

use std::ops::Range;

use crate::{AutoShutdown, ExitReason, Restart, Shutdown, Strategy};

/// What becomes of a child that ended without being told to (`RST-1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Restart,
    /// It stays dead; the specification is kept.
    Keep,
    /// It stays dead; the specification goes.
    Remove,
}

pub(crate) fn fate(restart: Restart, reason: &ExitReason) -> Fate {
    match restart {
        Restart::Permanent => Fate::Restart,
        Restart::Transient if reason.is_shutdown() => Fate::Keep,
        Restart::Transient => Fate::Restart,
        Restart::Temporary => Fate::Remove,
    }
}

/// Whether the end of a child is reported (`SUP-5`).
pub(crate) fn is_reported(restart: Restart, reason: &ExitReason) -> bool {
    restart == Restart::Permanent || !reason.is_shutdown()
}

/// Whether a child that its supervisor ended did so as it should (`SUP-5`); else it is reported.
pub(crate) fn is_expected_end(restart: Restart, shutdown: Shutdown, reason: &ExitReason) -> bool {
    match (reason, shutdown) {
        (ExitReason::Shutdown, _) | (ExitReason::Killed, Shutdown::BrutalKill) => true,
        _ => restart != Restart::Permanent && reason.is_shutdown(),
    }
}

/// Which children are ended, newest first, and then started, in order, when the one at `failed` of `count` is restarted
/// (`RST-3`, `RST-4`).
pub(crate) fn group(strategy: Strategy, failed: usize, count: usize) -> Range<usize> {
    match strategy {
        Strategy::OneForOne => failed..failed + 1,
        Strategy::OneForAll => 0..count,
        Strategy::RestForOne => failed..count,
    }
}

/// Whether the final end of a significant child ends the supervisor; `others_alive`: whether another significant child
/// lives (`SIG-C1`).
pub(crate) fn ends_supervisor(auto_shutdown: AutoShutdown, others_alive: bool) -> bool {
    match auto_shutdown {
        AutoShutdown::Never => false,
        AutoShutdown::AnySignificant => true,
        AutoShutdown::AllSignificant => !others_alive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RST-1: every restart type with every kind of reason.
    #[test]
    fn the_fate_of_a_child_is_that_of_the_table() {
        let planned = [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with("done"),
        ];
        let abnormal = [
            ExitReason::Killed,
            ExitReason::NoProc,
            ExitReason::Timeout,
            ExitReason::other("boom"),
        ];
        for reason in &planned {
            assert_eq!(fate(Restart::Permanent, reason), Fate::Restart);
            assert_eq!(fate(Restart::Transient, reason), Fate::Keep);
            assert_eq!(fate(Restart::Temporary, reason), Fate::Remove);
        }
        for reason in &abnormal {
            assert_eq!(fate(Restart::Permanent, reason), Fate::Restart);
            assert_eq!(fate(Restart::Transient, reason), Fate::Restart);
            assert_eq!(fate(Restart::Temporary, reason), Fate::Remove);
        }
    }

    #[test]
    fn a_group_is_the_one_all_or_the_rest() {
        assert_eq!(group(Strategy::OneForOne, 1, 4), 1..2);
        assert_eq!(group(Strategy::OneForAll, 1, 4), 0..4);
        assert_eq!(group(Strategy::RestForOne, 1, 4), 1..4);
    }

    #[test]
    fn significant_children_end_the_supervisor_as_it_says() {
        assert!(!ends_supervisor(AutoShutdown::Never, false));
        assert!(ends_supervisor(AutoShutdown::AnySignificant, true));
        assert!(!ends_supervisor(AutoShutdown::AllSignificant, true));
        assert!(ends_supervisor(AutoShutdown::AllSignificant, false));
    }
}
