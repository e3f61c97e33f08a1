//! Links: what joins two ends, how it is made and taken away.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::Duration;

use beamish::Info;
use beamish::prelude::*;
use tokio::sync::oneshot;

use super::signals::{
    Trapped, ask, corpse, doom, end_of, idle, next, on_both_flavors, puppet, soon, take, tell,
};

/// Whom a process is linked to.
fn links(pid: Pid) -> Vec<Pid> {
    process::info(pid).expect("it is alive").links
}

// --- What a link is ---

/// LNK-1: a link is there for both sides, whoever made it.
async fn link_is_symmetric() {
    let (one, other) = (puppet(), puppet());
    ask(one, move || process::link(other)).await;
    assert_eq!(links(one), [other]);
    assert_eq!(links(other), [one]);
}

/// LNK-1: the end of either side, the linker or the linked, is the end of the other.
async fn end_of_either_side_ends_the_other() {
    for linker_ends in [true, false] {
        let (linker, linked) = (puppet(), puppet());
        ask(linker, move || process::link(linked)).await;
        let (first, second) = if linker_ends {
            (linker, linked)
        } else {
            (linked, linker)
        };
        let end = process::monitored(second);
        process::exit(first, ExitReason::Shutdown);
        assert_eq!(soon(end).await, ExitReason::Shutdown);
    }
}

/// LNK-1: linking twice, from one side or from both, makes one link: one `Exit`, and one unlink takes it away.
async fn linking_twice_is_one_link() {
    process::trap_exit(true);
    let me = self_pid();
    for unlinks in [false, true] {
        let partner = puppet();
        process::link(partner);
        process::link(partner);
        ask(partner, move || process::link(me)).await;
        assert_eq!(links(me), [partner]);
        assert_eq!(links(partner), [me]);
        if unlinks {
            process::unlink(partner);
            assert!(links(me).is_empty());
            assert!(links(partner).is_empty());
        }
        process::exit(partner, ExitReason::Shutdown);
        end_of(partner).await;
        assert_eq!(take::<Exit>().await.is_some(), !unlinks);
        assert!(take::<Exit>().await.is_none());
    }
}

/// LNK-1: linking to oneself does nothing, and so does unlinking.
async fn linking_to_oneself_does_nothing() {
    let pid = puppet();
    ask(pid, || {
        process::link(self_pid());
        process::unlink(self_pid());
        process::link(self_pid());
    })
    .await;
    assert!(links(pid).is_empty());
    let end = process::monitored(pid);
    tell(pid, || exit(ExitReason::Normal));
    assert_eq!(soon(end).await, ExitReason::Normal);
}

/// LNK-1: a process may have many links; its end reaches all of them, each once.
async fn end_reaches_all_partners() {
    let center = puppet();
    let partners: Vec<Pid> = (0..100).map(|_| puppet()).collect();
    for partner in &partners {
        ask(*partner, move || {
            process::trap_exit(true);
            process::link(center);
        })
        .await;
    }
    assert_eq!(links(center).len(), 100);
    process::kill(center);
    for _ in 0..100 {
        let Trapped(exit) = next().await;
        assert_eq!((exit.from, exit.reason), (center, ExitReason::Killed));
    }
    for partner in partners {
        ask(partner, || ()).await;
        assert!(links(partner).is_empty());
    }
    assert!(take::<Trapped>().await.is_none());
}

on_both_flavors! {
    link_is_symmetric,
    end_of_either_side_ends_the_other,
    linking_twice_is_one_link,
    linking_to_oneself_does_nothing,
    end_reaches_all_partners,
}

// --- Linking to the dead ---

/// LNK-2: a process that traps exits and links to a dead one gets an `Exit` with `noproc`, and lives on without a link.
#[beamish::test]
async fn linking_to_a_dead_process_is_an_exit_message_when_trapping() {
    process::trap_exit(true);
    let dead = corpse().await;
    process::link(dead);
    let exit = take::<Exit>().await.expect("it has come");
    assert_eq!((exit.from, exit.reason), (dead, ExitReason::NoProc));
    assert!(links(self_pid()).is_empty());
    process::link(dead);
    assert_eq!(next::<Exit>().await.reason, ExitReason::NoProc);
    assert!(take::<Info>().await.is_none());
}

/// LNK-2: a process that does not trap exits and links to a dead one ends with `noproc`.
#[beamish::test]
async fn linking_to_a_dead_process_ends_one_that_does_not_trap() {
    let tester = self_pid();
    let dead = corpse().await;
    let pid = spawn(async move {
        process::link(dead);
        process::yield_now().await;
        send(tester, "lives on");
    });
    assert_eq!(end_of(pid).await, ExitReason::NoProc);
    assert!(take::<&str>().await.is_none());
}

/// LNK-2, LNK-1: a link to a process that is ending at this moment is either told its reason or `noproc`; it never stays
/// half.
async fn link_to_a_process_that_is_ending_never_stays_half() {
    process::trap_exit(true);
    for round in 0..300 {
        let pid = spawn(async {
            process::yield_now().await;
            exit(ExitReason::Shutdown)
        });
        for _ in 0..round % 4 {
            process::yield_now().await;
        }
        process::link(pid);
        let exit = next::<Exit>().await;
        assert_eq!(exit.from, pid);
        assert!(
            matches!(exit.reason, ExitReason::Shutdown | ExitReason::NoProc),
            "{exit:?}"
        );
        assert!(links(self_pid()).is_empty());
    }
}

on_both_flavors! { link_to_a_process_that_is_ending_never_stays_half }

// --- Unlinking ---

/// LNK-3: either side takes the whole link away: afterwards neither end concerns the other.
async fn either_side_takes_the_whole_link_away() {
    for linker_unlinks in [true, false] {
        for linker_ends in [true, false] {
            let (linker, linked) = (puppet(), puppet());
            ask(linker, move || process::link(linked)).await;
            if linker_unlinks {
                ask(linker, move || process::unlink(linked)).await;
            } else {
                ask(linked, move || process::unlink(linker)).await;
            }
            assert!(links(linker).is_empty());
            assert!(links(linked).is_empty());
            let (first, second) = if linker_ends {
                (linker, linked)
            } else {
                (linked, linker)
            };
            process::kill(first);
            end_of(first).await;
            assert_eq!(ask(second, || 1).await, 1);
            process::kill(second);
        }
    }
}

/// LNK-3: unlinking from whom one is not linked to, twice, or from a dead process does nothing.
#[beamish::test]
async fn unlinking_without_a_link_does_nothing() {
    let (partner, stranger) = (puppet(), puppet());
    process::link(partner);
    process::unlink(stranger);
    process::unlink(corpse().await);
    assert_eq!(links(self_pid()), [partner]);
    process::unlink(partner);
    process::unlink(partner);
    assert!(links(self_pid()).is_empty());
    assert_eq!(ask(stranger, || 1).await, 1);
}

/// LNK-3: once `unlink` has returned no `Exit` of the link comes, even if the partner is ending at that moment.
async fn no_exit_comes_after_unlink() {
    process::trap_exit(true);
    for round in 0..300 {
        let pid = spawn_link(async {});
        for _ in 0..round % 4 {
            process::yield_now().await;
        }
        process::unlink(pid);
        let before = take::<Exit>().await;
        assert!(before.is_none_or(|exit| exit.from == pid));
        end_of(pid).await;
        assert!(take::<Exit>().await.is_none());
    }
}

/// LNK-3: an `Exit` that is in the mailbox already stays there after `unlink`.
#[beamish::test]
async fn exit_that_has_come_stays_after_unlink() {
    process::trap_exit(true);
    let pid = spawn_link(async { exit(ExitReason::Shutdown) });
    end_of(pid).await;
    process::unlink(pid);
    let exit = take::<Exit>().await.expect("it stays");
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Shutdown));
}

/// LNK-3: a link that was taken away can be made again.
#[beamish::test]
async fn link_can_be_made_again() {
    process::trap_exit(true);
    let partner = puppet();
    for _ in 0..3 {
        process::link(partner);
        process::unlink(partner);
    }
    process::link(partner);
    process::kill(partner);
    assert_eq!(next::<Exit>().await.from, partner);
    assert!(take::<Exit>().await.is_none());
}

/// LNK-3, LNK-1: two processes that link and unlink each other at the same time end linked on both sides or on none.
async fn link_and_unlink_from_both_sides_leave_no_half_link() {
    let (one, other) = (puppet(), puppet());
    for _ in 0..200 {
        tell(one, move || process::link(other));
        tell(other, move || process::unlink(one));
        ask(one, || ()).await;
        ask(other, || ()).await;
        assert_eq!(links(one).contains(&other), links(other).contains(&one));
    }
}

on_both_flavors! {
    either_side_takes_the_whole_link_away,
    no_exit_comes_after_unlink,
    link_and_unlink_from_both_sides_leave_no_half_link,
}

// --- Spawning with a link ---

/// LNK-4: the parent of a child that ends at once always hears of it, with the child's own reason.
async fn child_that_ends_at_once_is_noticed() {
    process::trap_exit(true);
    for _ in 0..500 {
        let reason = ExitReason::other("at once");
        let raised = reason.clone();
        let pid = spawn_link(async move { exit(raised) });
        let exit = next::<Exit>().await;
        assert_eq!((exit.from, exit.reason), (pid, reason));
    }
    assert!(take::<Info>().await.is_none());
}

/// LNK-4: a parent that ends at once takes its child along, though the child has not run yet.
async fn parent_that_ends_at_once_takes_its_child_along() {
    for _ in 0..200 {
        let (tells, told) = oneshot::channel();
        let reason = ExitReason::other("the parent's");
        let raised = reason.clone();
        spawn(async move {
            let child = spawn_link(std::future::pending::<()>());
            tells.send((child, process::monitored(child))).unwrap();
            exit(raised)
        });
        let (child, end) = soon(told).await.unwrap();
        assert_eq!(soon(end).await, reason);
        assert!(!process::alive(child));
    }
}

/// LNK-4, SIG-6: a parent that is to end already still starts its child with the link, and takes it along.
async fn child_of_a_parent_that_is_to_end_ends_with_it() {
    let (tells, told) = oneshot::channel();
    let reason = ExitReason::other("pending");
    let pending = reason.clone();
    spawn(async move {
        doom(pending);
        let child = spawn_link(std::future::pending::<()>());
        tells.send(process::monitored(child)).unwrap();
    });
    let seen = soon(soon(told).await.unwrap()).await;
    assert!(seen == reason || seen == ExitReason::NoProc, "{seen}");
}

/// LNK-4, LNK-1: a child has its link before it runs.
#[beamish::test]
async fn child_is_linked_before_it_runs() {
    let (parent, tester) = (self_pid(), self_pid());
    let child = spawn_link(async move {
        send(tester, links(self_pid()));
        std::future::pending::<()>().await;
    });
    assert_eq!(links(parent), [child]);
    assert_eq!(next::<Vec<Pid>>().await, [parent]);
}

/// Does nothing.
#[genserver(name = "partner")]
struct Partner;

#[genserver]
impl Partner {
    #[init]
    fn init() -> Self {
        Self
    }
}

/// LNK-4, STA-5: a server of `start_link` is linked to its starter, one of `start` is not.
#[beamish::test]
async fn server_is_linked_by_start_link_only() {
    let linked = Partner::start_link().await.unwrap().pid().unwrap();
    let alone = Partner::start().unnamed().await.unwrap().pid().unwrap();
    assert_eq!(links(self_pid()), [linked]);
    assert_eq!(links(linked), [self_pid()]);
    assert!(links(alone).is_empty());
}

on_both_flavors! {
    child_that_ends_at_once_is_noticed,
    parent_that_ends_at_once_takes_its_child_along,
    child_of_a_parent_that_is_to_end_ends_with_it,
}

// --- Trapping ---

/// LNK-5: turning trapping off leaves the `Exit` messages that have come, and concerns signals that come later.
#[beamish::test]
async fn exit_messages_stay_when_trapping_is_turned_off() {
    assert!(!process::trap_exit(true));
    let pid = spawn_link(async { exit(ExitReason::Shutdown) });
    end_of(pid).await;
    assert!(process::trap_exit(false));
    assert_eq!(take::<Exit>().await.expect("it stays").from, pid);

    let subject = puppet();
    ask(subject, || {
        process::trap_exit(true);
        process::trap_exit(false);
    })
    .await;
    let end = process::monitored(subject);
    process::exit(subject, ExitReason::Shutdown);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
}

/// LNK-5: turning trapping on does not call off an exit signal that came before.
async fn trapping_turned_on_does_not_save_from_an_earlier_signal() {
    let tester = self_pid();
    let pid = spawn(async move {
        receive! { "go": &str => {} }
        doom(ExitReason::Shutdown);
        process::trap_exit(true);
        process::yield_now().await;
        send(tester, "lives on");
    });
    let end = process::monitored(pid);
    send(pid, "go");
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    assert!(take::<&str>().await.is_none());
}

/// LNK-5: the flag is what it was set to last, and is told.
#[beamish::test]
async fn trap_exit_returns_what_it_was() {
    assert!(!process::info(self_pid()).unwrap().trap_exit);
    assert!(!process::trap_exit(true));
    assert!(process::info(self_pid()).unwrap().trap_exit);
    assert!(process::trap_exit(true));
    assert!(process::trap_exit(false));
    assert!(!process::trap_exit(false));
}

on_both_flavors! { trapping_turned_on_does_not_save_from_an_earlier_signal }

// --- Links and restarts ---

supervisor! {
    PartnerTree {
        strategy: one_for_one,
        children: [Partner::start_link()],
    }
}

/// LNK-6: who is linked to a child gets the exit signal of its end though a successor starts, and has no link to the
/// successor.
async fn restart_is_seen_by_link_partners() {
    process::trap_exit(true);
    let _tree = PartnerTree::start_link().await.unwrap();
    let partner = PartnerRef::named();
    let old = partner.pid().unwrap();
    process::link(old);
    process::kill(old);
    let exit = next::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (old, ExitReason::Killed));

    let new = partner.when_up(Duration::from_secs(30)).await.unwrap();
    assert_ne!(new, old);
    assert!(!links(new).contains(&self_pid()));
    let end = process::monitored(new);
    process::kill(new);
    soon(end).await;
    assert!(take::<Exit>().await.is_none());
}

/// LNK-6: a partner that does not trap ends with the child, restart or not.
async fn restart_does_not_save_link_partners() {
    let _tree = PartnerTree::start_link().await.unwrap();
    let partner = PartnerRef::named();
    let old = partner.pid().unwrap();
    let linked = puppet();
    ask(linked, move || process::link(old)).await;
    let end = process::monitored(linked);
    process::kill(old);
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_ne!(partner.when_up(Duration::from_secs(30)).await.unwrap(), old);
}

on_both_flavors! {
    restart_is_seen_by_link_partners,
    restart_does_not_save_link_partners,
}

// --- Who may link ---

/// B2: what needs a process panics where there is none, and says what to do.
#[beamish::test]
async fn links_need_a_process() {
    let partner = idle();
    let outside: [fn(Pid); 4] = [
        process::link,
        process::unlink,
        |_| assert!(!process::trap_exit(true)),
        |pid| assert_ne!(spawn_link(async {}), pid),
    ];
    for (index, call) in outside.into_iter().enumerate() {
        let panic = tokio::spawn(async move { call(partner) })
            .await
            .unwrap_err()
            .into_panic();
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let text = text.expect("a panic with a text");
        assert!(text.contains("process"), "{index}: {text}");
    }
    assert!(links(partner).is_empty());
}
