//! OTP's `monitor_SUITE`: monitors, and their aliases and tags.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::{HashMap, HashSet};

use beamish::prelude::*;
use beamish::process::{AliasMode, MonitorOptions};
use beamish::{Alias, Info, TaggedDown};

use super::process_kit::{
    Large, Seen, ask, corpse, end_of, first, fused, idle, known, large, look_away, next,
    nothing_else, puppet, seen, set_off, soon, take, tell, value_of,
};

const ALL_MODES: [AliasMode; 3] = [
    AliasMode::ExplicitUnalias,
    AliasMode::Demonitor,
    AliasMode::ReplyDemonitor,
];

/// Two processes monitor each other; one kills the other, and ends `yields` steps later.
async fn kills_its_observer(yields: u32) {
    let killer = spawn(async move {
        let observer = process::receive::<Pid>().await;
        process::monitor(observer);
        process::kill(observer);
        for _ in 0..yields {
            process::yield_now().await;
        }
    });
    let tester = self_pid();
    let observer = spawn(async move {
        process::monitor(killer);
        send(tester, "ready");
        receive! { _: () => {} }
    });
    assert_eq!(first::<&str>().await, "ready");
    assert_eq!(known(killer).monitored_by, [observer]);
    let of_killer = process::monitor(killer);
    let of_observer = process::monitor(observer);
    send(killer, observer);

    let mut ends = HashMap::new();
    for _ in 0..2 {
        let down = first::<Down>().await;
        assert!(ends.insert(down.mref, (down.from, down.reason)).is_none());
    }
    assert_eq!(ends[&of_killer], (killer.into(), ExitReason::Normal));
    assert_eq!(ends[&of_observer], (observer.into(), ExitReason::Killed));
    nothing_else().await;
    assert_eq!(process::list(), [self_pid()]);
    assert!(known(self_pid()).monitors.is_empty());
}

/// OM01: a process that kills the partner that monitors it, and ends at once, does no harm: each end is told once, with its
/// own reason, and nobody is left.
#[beamish::test]
async fn om01_killing_an_observer_and_ending_at_once_does_no_harm() {
    for _ in 0..20 {
        kills_its_observer(0).await;
    }
}

/// OM02: the same with other moments of the end, on two threads.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn om02_killing_an_observer_and_ending_a_little_later_does_no_harm() {
    for round in 0..200 {
        kills_its_observer(round % 5).await;
    }
}

/// OM03: taking away a monitor that another process owns has no effect, by the target neither: the owner gets its `Down`.
#[beamish::test]
async fn om03_monitor_cannot_be_removed_by_another_process() {
    let (target, other) = (puppet(), puppet());
    let mref = process::monitor(target);
    for who in [target, other] {
        assert!(!ask(who, move || process::demonitor(mref)).await);
        assert!(!ask(who, move || process::demonitor_flush(mref)).await);
        assert_eq!(known(target).monitored_by, [self_pid()]);
    }
    process::exit(target, ExitReason::Shutdown);
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, target.into()));
    assert_eq!(down.reason, ExitReason::Shutdown);
    nothing_else().await;
}

/// OM04: the same while the target ends.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn om04_monitor_cannot_be_removed_by_another_process_while_the_target_ends() {
    let other = puppet();
    for round in 0..150 {
        let target = fused(async { exit(ExitReason::Shutdown) }).await;
        let mref = process::monitor(target);
        set_off(target);
        look_away(round, target);
        tell(other, move || assert!(!process::demonitor_flush(mref)));
        let down = first::<Down>().await;
        assert_eq!((down.mref, down.reason), (mref, ExitReason::Shutdown));
    }
    ask(other, || ()).await;
    nothing_else().await;
}

/// OM06: a reference that is valid, but another process's, has no effect: neither on that monitor nor on one's own.
#[beamish::test]
async fn om06_demonitor_of_a_foreign_reference_has_no_effect() {
    let (owner, target) = (puppet(), idle());
    let foreign = ask(owner, move || process::monitor(target)).await;
    let own = process::monitor(target);
    assert!(!process::demonitor(foreign));
    process::kill(target);
    let down = seen_or_own(owner, foreign, own).await;
    assert_eq!(down, HashSet::from([foreign, own]));
    assert!(!process::demonitor_flush(foreign));
    nothing_else().await;
}

/// The monitors of which one `Down` each has come, to the test or to the puppet.
async fn seen_or_own(owner: Pid, foreign: MonitorRef, own: MonitorRef) -> HashSet<MonitorRef> {
    let mut told = HashSet::new();
    for _ in 0..2 {
        receive! {
            Seen { by, info } => {
                assert_eq!(by, owner);
                told.insert(info.downcast::<Down>().unwrap().mref);
                assert!(told.contains(&foreign));
            },
            down: Down => {
                told.insert(down.mref);
                assert!(told.contains(&own));
            },
        }
    }
    told
}

/// OM07: demonitoring a reference that nothing is known of does nothing; the answer is that no monitor was on.
#[beamish::test]
async fn om07_demonitor_of_an_unknown_reference_does_nothing() {
    let target = idle();
    let maker = puppet();
    let unknown = ask(maker, move || process::monitor(target)).await;
    process::kill(maker);
    end_of(maker).await;
    let kept = process::monitor(target);
    assert!(!process::demonitor(unknown));
    assert!(!process::demonitor_flush(unknown));
    assert_eq!(known(self_pid()).monitors, [target]);
    process::kill(target);
    assert_eq!(first::<Down>().await.mref, kept);
    assert!(!process::demonitor(kept));
    nothing_else().await;
}

/// OM08: a monitor of oneself never fires; demonitoring twice is harmless; a monitor that was taken away before the end
/// brings no `Down`.
#[beamish::test]
async fn om08_monitor_of_oneself_and_double_demonitor_are_harmless() {
    let pid = puppet();
    let own = ask(pid, || process::monitor(self_pid())).await;
    ask(pid, move || {
        process::demonitor(own);
        process::demonitor(own);
        process::monitor(self_pid());
    })
    .await;

    let mref = process::monitor(pid);
    assert!(process::demonitor(mref));
    assert!(!process::demonitor(mref));
    let end = process::monitored(pid);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(soon(end).await, ExitReason::Shutdown);
    nothing_else().await;
}

/// OM10: with flush a `Down` that has come is taken out of the mailbox, without it stays; other monitors of the same process
/// are independent.
#[beamish::test]
async fn om10_flush_removes_the_down_that_has_come() {
    let pid = idle();
    let [stays, flushed, other] = [(); 3].map(|()| process::monitor(pid));
    let end = process::monitored(pid);
    process::kill(pid);
    soon(end).await;
    assert_eq!(known(self_pid()).message_queue_len, 3);
    assert!(!process::demonitor(stays));
    assert_eq!(known(self_pid()).message_queue_len, 3);
    assert!(!process::demonitor_flush(flushed));
    assert_eq!(known(self_pid()).message_queue_len, 2);
    let left = HashSet::from([first::<Down>().await.mref, first::<Down>().await.mref]);
    assert_eq!(left, HashSet::from([stays, other]));

    // A tag changes nothing in that; one that has not fired is only taken away.
    let options = MonitorOptions::new().tag("tag");
    let tagged = process::monitor_with(pid, options);
    send(self_pid(), "kept");
    assert!(!process::demonitor_flush(tagged));
    let living = idle();
    let mref = process::monitor(living);
    assert!(process::demonitor_flush(mref));
    process::kill(living);
    end_of(living).await;
    assert_eq!(first::<&str>().await, "kept");
    nothing_else().await;
}

/// OM11: demonitoring a reference that is only an alias any more changes nothing: the alias stays active.
#[beamish::test]
async fn om11_demonitor_of_a_mere_alias_changes_nothing() {
    let explicit = || MonitorOptions::new().alias(AliasMode::ExplicitUnalias);
    let (living, mortal) = (idle(), idle());
    let taken_away = process::monitor_with(living, explicit());
    let fired = process::monitor_with(mortal, explicit());
    let never_on = process::monitor_with(self_pid(), explicit());
    assert!(process::demonitor(taken_away));
    process::kill(mortal);
    assert_eq!(first::<Down>().await.mref, fired);
    for mref in [taken_away, fired, never_on] {
        for _ in 0..2 {
            assert!(!process::demonitor(mref));
            assert!(!process::demonitor_flush(mref));
        }
        send(Alias::from(mref), "still active");
        assert_eq!(first::<&str>().await, "still active");
        assert!(process::unalias(mref));
    }
    nothing_else().await;
}

/// OM12: `true` of a demonitor says that no `Down` is or will be there, `false` that the monitor was gone and its `Down` is
/// there; also while the process ends.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn om12_demonitor_says_whether_its_down_has_come() {
    for round in 0..150 {
        let pid = fused(async {}).await;
        let mref = process::monitor(pid);
        let end = process::monitored(pid);
        set_off(pid);
        look_away(round, pid);
        if process::demonitor(mref) {
            soon(end).await;
        } else {
            let down = take::<Down>().await.expect("it is there");
            assert_eq!((down.mref, down.reason), (mref, ExitReason::Normal));
            soon(end).await;
            assert!(!process::demonitor(mref));
        }
        nothing_else().await;
    }
}

/// OM14: a `Down` has the exit reason; a dead process and a name that nobody holds are down at once, with `noproc`, and the
/// name as it was given; a name that is held can be monitored.
#[beamish::test]
async fn om14_down_has_the_reason_and_the_address() {
    let reason = ExitReason::other("for this reason");
    let pid = idle();
    process::register("named", pid).unwrap();
    let by_pid = process::monitor(pid);
    process::exit(pid, reason.clone());
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (by_pid, pid.into()));
    assert_eq!(down.reason, reason);

    let mref = process::monitor(pid);
    let down = take::<Down>().await.expect("it is there at once");
    assert_eq!((down.mref, down.from), (mref, pid.into()));
    assert_eq!(down.reason, ExitReason::NoProc);

    let mref = process::monitor("named");
    let down = take::<Down>().await.expect("it is there at once");
    assert_eq!(down.mref, mref);
    assert_eq!(down.from, "named");
    assert_eq!(down.reason, ExitReason::NoProc);

    let pid = idle();
    process::register("named", pid).unwrap();
    let by_name = process::monitor("named");
    process::exit(pid, ExitReason::Shutdown);
    let down = first::<Down>().await;
    assert_eq!(down.mref, by_name);
    assert_eq!(down.from, "named");
    assert_eq!(down.reason, ExitReason::Shutdown);
    nothing_else().await;
}

/// OM16: a large reason of many parts arrives as it was.
#[beamish::test]
async fn om16_large_reason_arrives_unchanged() {
    let reason = ExitReason::other(large(10));
    let raised = reason.clone();
    let (pid, mref) = spawn_monitor(async move { exit(raised) });
    let down = first::<Down>().await;
    assert_eq!((down.mref, down.from), (mref, pid.into()));
    assert_eq!(value_of::<Large>(&down.reason), &large(10));
    assert_eq!(down.reason, reason);
    nothing_else().await;
}

/// OM17: what a process monitors and who monitors it is known, and known no more after a demonitor, the end of the watched
/// or the end of the watcher; by pid and by name.
#[beamish::test]
async fn om17_lists_of_monitors_shrink() {
    for by_name in [false, true] {
        let (watcher, watched) = (puppet(), puppet());
        process::register("watched", watched).unwrap();
        let watch = move || match by_name {
            true => process::monitor("watched"),
            false => process::monitor(watched),
        };
        let one = ask(watcher, watch).await;
        let other = ask(watcher, watch).await;
        assert_eq!(known(watcher).monitors, [watched, watched]);
        assert_eq!(known(watched).monitored_by, [watcher, watcher]);
        assert!(known(watcher).monitored_by.is_empty());
        assert!(known(watched).monitors.is_empty());

        assert!(ask(watcher, move || process::demonitor(one)).await);
        assert_eq!(known(watcher).monitors, [watched]);
        assert_eq!(known(watched).monitored_by, [watcher]);
        assert!(ask(watcher, move || process::demonitor(other)).await);
        assert!(known(watcher).monitors.is_empty());
        assert!(known(watched).monitored_by.is_empty());

        // The end of the watcher.
        let mortal = puppet();
        ask(mortal, watch).await;
        assert_eq!(known(watched).monitored_by, [mortal]);
        let end = process::monitored(mortal);
        process::kill(mortal);
        soon(end).await;
        assert!(known(watched).monitored_by.is_empty());

        // The end of the watched.
        let mref = ask(watcher, watch).await;
        process::kill(watched);
        assert_eq!(seen::<Down>(watcher).await.mref, mref);
        assert!(known(watcher).monitors.is_empty());
        let mref = ask(watcher, watch).await;
        assert_eq!(seen::<Down>(watcher).await.mref, mref);
        assert!(known(watcher).monitors.is_empty());
    }
    nothing_else().await;
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

/// OM18: many processes monitor each other in all ways, some monitors are taken away, and many processes end at once: each
/// end reaches exactly the monitors that are on, once each.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn om18_every_end_reaches_exactly_the_monitors_that_are_on() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..8 {
        let all: Vec<Pid> = (0..16).map(|_| puppet()).collect();
        let doomed: HashSet<Pid> = all.iter().copied().filter(|_| dice.roll(2) == 0).collect();
        let mut on = HashMap::new();
        for _ in 0..150 {
            let (watcher, watched) = (all[dice.roll(16)], all[dice.roll(16)]);
            let mref = ask(watcher, move || process::monitor(watched)).await;
            if dice.roll(4) == 0 {
                ask(watcher, move || process::demonitor(mref)).await;
            } else if watcher != watched {
                on.insert(mref, (watcher, watched));
            }
        }
        for pid in &doomed {
            let pid = *pid;
            tell(pid, move || exit(ExitReason::Shutdown));
        }
        // Those who end may be told before, and need not.
        let mut due: HashMap<_, _> = on
            .into_iter()
            .filter(|(_, (_, watched))| doomed.contains(watched))
            .collect();
        let is_due =
            |due: &HashMap<_, (Pid, Pid)>| due.values().any(|(who, _)| !doomed.contains(who));
        while is_due(&due) {
            let Seen { by, info } = next().await;
            let down = info.downcast::<Down>().unwrap();
            let (watcher, watched) = due.remove(&down.mref).expect("it is on, and comes once");
            assert_eq!((by, down.from), (watcher, watched.into()));
            assert_eq!(down.reason, ExitReason::Shutdown);
        }
        for pid in &all {
            if !doomed.contains(pid) {
                ask(*pid, || ()).await;
                assert!(known(*pid).monitors.iter().all(|pid| !doomed.contains(pid)));
            } else {
                end_of(*pid).await;
            }
        }
        while let Some(Seen { by, info }) = take().await {
            let down = info.downcast::<Down>().unwrap();
            let (watcher, watched) = due.remove(&down.mref).expect("it is on, and comes once");
            assert_eq!((by, down.from), (watcher, watched.into()));
        }
        for pid in all {
            process::kill(pid);
            end_of(pid).await;
        }
        // What the others were told of each other just now.
        while take::<Seen>().await.is_some() {}
        nothing_else().await;
    }
}

/// OM19: when the `Down` of a process with a name comes, the name can be given to another.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn om19_name_is_free_when_the_down_comes() {
    for round in 0..150 {
        let by_name = round % 2 == 0;
        let pid = fused(async { exit(ExitReason::Shutdown) }).await;
        process::register("named", pid).unwrap();
        if by_name {
            process::monitor("named");
        } else {
            process::monitor(pid);
        }
        set_off(pid);
        first::<Down>().await;
        assert_eq!(process::whereis("named"), None);
        process::register("named", self_pid()).unwrap();
        assert_eq!(process::whereis("named"), Some(self_pid()));
        assert!(process::unregister("named"));
    }
    nothing_else().await;
}

/// What the monitor of a connection is told instead of a `Down`.
#[derive(Debug, PartialEq)]
struct Lost {
    name: String,
    port: u16,
}

fn lost() -> Lost {
    Lost {
        name: "db".to_owned(),
        port: 5432,
    }
}

/// OM22: a monitor with a tag of its own delivers that tag with its message, and no `Down`; the tag is kept for as long as
/// the monitor is on, and goes with it.
#[beamish::test]
async fn om22_monitor_delivers_under_its_own_tag() {
    let pid = puppet();
    let plain = process::monitor(pid);
    let tagged = process::monitor_with(pid, MonitorOptions::new().tag(lost()));
    let numbered = process::monitor_with(pid, MonitorOptions::new().tag(7_u8));
    let gone = process::monitor_with(pid, MonitorOptions::new().tag("gone"));
    assert!(process::demonitor(gone));
    process::exit(pid, ExitReason::Shutdown);
    let mut told = HashSet::new();
    for _ in 0..3 {
        let down = match next::<Info>().await.downcast::<Down>() {
            Ok(down) => {
                assert_eq!(down.mref, plain);
                down
            }
            Err(info) => match info.downcast::<TaggedDown<Lost>>() {
                Ok(TaggedDown { tag, down }) => {
                    assert_eq!((tag, down.mref), (lost(), tagged));
                    down
                }
                Err(info) => {
                    let TaggedDown { tag, down } = info.downcast::<TaggedDown<u8>>().unwrap();
                    assert_eq!((tag, down.mref), (7, numbered));
                    down
                }
            },
        };
        assert_eq!((down.from, down.reason), (pid.into(), ExitReason::Shutdown));
        told.insert(down.mref);
    }
    assert_eq!(told, HashSet::from([plain, tagged, numbered]));
    nothing_else().await;
}

/// OM23: what is sent to the alias of a monitor after its demonitor is dropped, if the alias is for a reply.
#[beamish::test]
async fn om23_reply_alias_is_off_after_demonitor() {
    for mode in [AliasMode::ReplyDemonitor, AliasMode::Demonitor] {
        let target = puppet();
        let mref = process::monitor_with(target, MonitorOptions::new().alias(mode));
        assert!(process::demonitor(mref));
        ask(target, move || send(Alias::from(mref), "too late")).await;
        assert!(!process::unalias(mref));
        process::kill(target);
        end_of(target).await;
        nothing_else().await;
    }
}

/// OM24: after a demonitor with flush the end of the target brings no `Down`, though an alias of the monitor is still on.
#[beamish::test]
async fn om24_no_down_comes_though_the_explicit_alias_is_on() {
    let target = puppet();
    let options = MonitorOptions::new().alias(AliasMode::ExplicitUnalias);
    let mref = process::monitor_with(target, options);
    assert!(process::demonitor_flush(mref));
    assert!(known(target).monitored_by.is_empty());
    ask(target, move || send(Alias::from(mref), "still active")).await;
    process::kill(target);
    end_of(target).await;
    assert_eq!(first::<&str>().await, "still active");
    nothing_else().await;
    send(Alias::from(mref), "and on");
    assert_eq!(first::<&str>().await, "and on");
    assert!(process::unalias(mref));
}

/// OM25: monitoring a name that nobody holds, with an alias and a tag, delivers `noproc` and the name under the tag; an
/// explicit alias is active until `unalias`, one of another mode is off.
#[beamish::test]
async fn om25_unheld_name_is_down_under_the_tag() {
    for mode in ALL_MODES {
        let options = MonitorOptions::new().alias(mode).tag(lost());
        let mref = process::monitor_with("nobody", options);
        let told = take::<TaggedDown<Lost>>().await;
        let TaggedDown { tag, down } = told.expect("it is there at once");
        assert_eq!((tag, down.mref), (lost(), mref));
        assert_eq!(down.from, "nobody");
        assert_eq!(down.reason, ExitReason::NoProc);
        assert!(!process::demonitor(mref));

        let is_explicit = mode == AliasMode::ExplicitUnalias;
        for _ in 0..2 {
            send(Alias::from(mref), "by alias");
            assert_eq!(take::<&str>().await.is_some(), is_explicit, "{mode:?}");
        }
        assert_eq!(process::unalias(mref), is_explicit, "{mode:?}");
        send(Alias::from(mref), "after");
        nothing_else().await;
    }
    let mref = process::monitor_with(corpse().await, MonitorOptions::new().tag(lost()));
    assert_eq!(first::<TaggedDown<Lost>>().await.down.mref, mref);
    nothing_else().await;
}
