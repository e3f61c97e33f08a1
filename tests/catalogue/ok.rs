//! OTP's `erl_link_SUITE`: links, and what of monitors belongs to them.

use beamish::prelude::*;

use super::process_kit::{
    ask, corpse, end_of, first, fused, known, look_away, nothing_else, puppet, set_off, soon, take,
};

/// OK01: a link is one for both sides, however often it is made; either side takes it away, and it can be made again; a
/// side that traps gets an `Exit` with the reason, one that does not ends; a link to oneself is none.
#[beamish::test]
async fn ok01_link_is_symmetric_and_single() {
    process::trap_exit(true);
    let me = self_pid();
    process::link(me);
    assert!(known(me).links.is_empty());

    let partner = puppet();
    for unlinked_by_partner in [false, true] {
        process::link(partner);
        process::link(partner);
        ask(partner, move || process::link(me)).await;
        assert_eq!(known(me).links, [partner]);
        assert_eq!(known(partner).links, [me]);
        if unlinked_by_partner {
            ask(partner, move || process::unlink(me)).await;
        } else {
            process::unlink(partner);
        }
        assert!(known(me).links.is_empty());
        assert!(known(partner).links.is_empty());
    }
    process::link(partner);
    let reason = ExitReason::other("the partner's");
    process::exit(partner, reason.clone());
    let exit = first::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (partner, reason));
    assert!(known(me).links.is_empty());

    // Whoever made the link, and whoever ends.
    for linker_ends in [false, true] {
        let (linker, linked) = (puppet(), puppet());
        ask(linker, move || process::link(linked)).await;
        let (ends, other) = if linker_ends {
            (linker, linked)
        } else {
            (linked, linker)
        };
        let end = process::monitored(other);
        let reason = ExitReason::other("one side's");
        process::exit(ends, reason.clone());
        assert_eq!(soon(end).await, reason);
    }
    // Nothing of a link that was taken away.
    let (one, other) = (puppet(), puppet());
    ask(one, move || process::link(other)).await;
    ask(other, move || process::unlink(one)).await;
    process::kill(one);
    end_of(one).await;
    assert_eq!(ask(other, || 1).await, 1);
    nothing_else().await;
}

/// OK04: a monitor of oneself is not recorded; the target cannot take away a monitor on it; the `Down` has the exit reason,
/// a later monitor gives `noproc`.
#[beamish::test]
async fn ok04_monitors_are_recorded_but_not_of_oneself() {
    let me = self_pid();
    process::monitor(me);
    assert!(known(me).monitors.is_empty());
    assert!(known(me).monitored_by.is_empty());

    let target = puppet();
    let mref = process::monitor(target);
    assert_eq!(known(me).monitors, [target]);
    assert_eq!(known(target).monitored_by, [me]);
    assert!(!ask(target, move || process::demonitor(mref)).await);
    assert_eq!(known(me).monitors, [target]);
    assert_eq!(known(target).monitored_by, [me]);

    let reason = ExitReason::other("the target's");
    process::exit(target, reason.clone());
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, target.into()));
    assert_eq!(down.reason, reason);
    assert!(known(me).monitors.is_empty());

    let later = process::monitor(target);
    assert_ne!(later, mref);
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.reason), (later, ExitReason::NoProc));
    nothing_else().await;
}

/// OK08: once `unlink` has returned, an `Exit` of the link is in the mailbox, or none will ever come.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ok08_no_exit_comes_once_unlink_has_returned() {
    process::trap_exit(true);
    for round in 0..200 {
        let partner = fused(async { exit(ExitReason::Shutdown) }).await;
        process::link(partner);
        let end = process::monitored(partner);
        set_off(partner);
        look_away(round, partner);
        process::unlink(partner);
        let came = take::<Exit>().await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        nothing_else().await;
        if let Some(exit) = came {
            assert_eq!((exit.from, exit.reason), (partner, ExitReason::Shutdown));
        }
    }
    process::link(corpse().await);
    assert_eq!(first::<Exit>().await.reason, ExitReason::NoProc);
}

/// OK10: once `demonitor` has returned, a `Down` of the monitor is in the mailbox, or none will ever come.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn ok10_no_down_comes_once_demonitor_has_returned() {
    for round in 0..200 {
        let target = fused(async { exit(ExitReason::Shutdown) }).await;
        let mref = process::monitor(target);
        let end = process::monitored(target);
        set_off(target);
        look_away(round, target);
        process::demonitor(mref);
        let came = take::<Down>().await;
        assert_eq!(soon(end).await, ExitReason::Shutdown);
        nothing_else().await;
        if let Some(down) = came {
            assert_eq!((down.mref, down.reason), (mref, ExitReason::Shutdown));
        }
    }
}
