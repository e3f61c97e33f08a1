//! OTP's `signal_SUITE`: the order of signals, and races between them.

use std::collections::HashMap;

use beamish::Info;
use beamish::prelude::*;

use super::process_kit::{
    ask, end_of, first, fused, known, next, nothing_else, puppet, set_off, soon, take, tell,
};

/// OI01: messages that were sent before an exit signal, by its sender, may be seen, in order; one that was sent after it
/// never.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi01_message_sent_after_an_exit_signal_is_never_seen() {
    let tester = self_pid();
    for round in 0..300_u32 {
        let receiver = spawn(async move {
            loop {
                let number = process::receive::<u32>().await;
                send(tester, number);
            }
        });
        let mref = process::monitor(receiver);
        let reason = if round % 2 == 0 {
            ExitReason::Kill
        } else {
            ExitReason::Shutdown
        };
        spawn(async move {
            for number in 0..20 {
                send(receiver, number);
            }
            process::exit(receiver, reason);
            for number in 20..40 {
                send(receiver, number);
            }
        });
        let mut expected = 0;
        let down = loop {
            match next::<Info>().await.downcast::<u32>() {
                Ok(number) => {
                    assert_eq!(number, expected);
                    expected += 1;
                }
                Err(info) => break info.downcast::<Down>().unwrap(),
            }
        };
        assert!(expected <= 20, "{expected}");
        assert_eq!(down.mref, mref);
        nothing_else().await;
    }
}

/// How the first of a chain ends.
#[derive(Clone, Copy, Debug)]
enum Ending {
    KilledByAnother,
    KilledByItself,
    OwnExit,
}

/// OI02: along a chain of 1 to 10 links a kill, by another or by itself, is seen at the far end as `killed`; an exit of
/// one's own with `kill` as `kill`.
#[beamish::test]
async fn oi02_kill_is_killed_at_the_far_end_of_a_chain() {
    process::trap_exit(true);
    for ending in [
        Ending::KilledByAnother,
        Ending::KilledByItself,
        Ending::OwnExit,
    ] {
        for length in 1..=10 {
            let chain: Vec<Pid> = (0..length).map(|_| puppet()).collect();
            for pair in chain.windows(2) {
                let [one, other] = [pair[0], pair[1]];
                ask(one, move || process::link(other)).await;
            }
            let (head, last) = (chain[0], chain[length - 1]);
            process::link(last);
            // It cannot be trapped.
            ask(head, || process::trap_exit(true)).await;
            let expected = match ending {
                Ending::KilledByAnother => {
                    process::kill(head);
                    ExitReason::Killed
                }
                Ending::KilledByItself => {
                    tell(head, || process::kill(self_pid()));
                    ExitReason::Killed
                }
                Ending::OwnExit => {
                    tell(head, || exit(ExitReason::Kill));
                    ExitReason::Kill
                }
            };
            let exit = first::<Exit>().await;
            assert_eq!(
                (exit.from, exit.reason),
                (last, expected),
                "{ending:?} over {length}"
            );
            nothing_else().await;
        }
    }
}

/// OI12: a link to a process that took its link away and ended tells `noproc`, never the reason of the end that the earlier
/// link would have told.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi12_new_link_does_not_tell_the_reason_of_a_removed_one() {
    process::trap_exit(true);
    let tester = self_pid();
    for round in 0..200 {
        let pid = fused(async move {
            process::unlink(tester);
            send(tester, "unlinked");
            exit(ExitReason::Shutdown)
        })
        .await;
        process::link(pid);
        let end = process::monitored(pid);
        set_off(pid);
        assert_eq!(first::<&str>().await, "unlinked");
        if round % 2 == 0 {
            soon(end).await;
            process::link(pid);
            let exit = first::<Exit>().await;
            assert_eq!((exit.from, exit.reason), (pid, ExitReason::NoProc));
        } else {
            // If it is still there, the new link is one like any other.
            process::link(pid);
            let exit = first::<Exit>().await;
            assert_eq!(exit.from, pid);
            assert!(
                matches!(exit.reason, ExitReason::Shutdown | ExitReason::NoProc),
                "{exit:?}"
            );
            soon(end).await;
        }
        assert!(known(tester).links.is_empty());
        nothing_else().await;
    }
}

/// OI13: all messages that a process sent to its monitor come before its `Down`.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi13_messages_of_a_process_precede_its_down() {
    let tester = self_pid();
    for round in 0..200 {
        let pid = fused(async move {
            for number in 0..50_u32 {
                send(tester, number);
            }
            if round % 2 == 0 {
                process::kill(self_pid());
            }
        })
        .await;
        let mref = process::monitor(pid);
        set_off(pid);
        for number in 0..50 {
            assert_eq!(first::<u32>().await, number);
        }
        assert_eq!(first::<Down>().await.mref, mref);
        nothing_else().await;
    }
}

/// OI14: the order holds when a sender uses pid, name and alias by turns, and the `Down` is last.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi14_order_holds_over_pid_name_and_alias() {
    let tester = self_pid();
    process::register("tester", tester).unwrap();
    let alias = process::alias();
    for _ in 0..100 {
        let pid = fused(async move {
            for number in 0..90_u32 {
                match number % 3 {
                    0 => send(tester, number),
                    1 => send_named("tester", number).unwrap(),
                    _ => send(alias, number),
                }
            }
        })
        .await;
        let mref = process::monitor(pid);
        set_off(pid);
        for number in 0..90 {
            assert_eq!(first::<u32>().await, number);
        }
        assert_eq!(first::<Down>().await.mref, mref);
        nothing_else().await;
    }
}

/// A number of one of many senders.
struct Numbered {
    sender: Pid,
    number: u32,
}

/// What has come of each sender, which must be in order.
#[derive(Default)]
struct Tally(HashMap<Pid, u32>);

impl Tally {
    fn count(&mut self, Numbered { sender, number }: &Numbered) {
        let expected = self.0.entry(*sender).or_default();
        assert_eq!(number, expected, "of {sender}");
        *expected += 1;
    }
}

/// OI29: many senders at once: no message is lost, and the order of each holds.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi29_no_message_of_many_senders_is_lost() {
    let tester = self_pid();
    let senders: Vec<Pid> = (0..16)
        .map(|_| {
            spawn(async move {
                let sender = self_pid();
                for number in 0..1_000 {
                    send(tester, Numbered { sender, number });
                    if number % 50 == 0 {
                        process::yield_now().await;
                    }
                }
            })
        })
        .collect();
    let mut tally = Tally::default();
    for _ in 0..16_000 {
        tally.count(&next().await);
    }
    for sender in senders {
        assert_eq!(tally.0[&sender], 1_000);
        end_of(sender).await;
    }
    nothing_else().await;
}

/// OI30: the same while the load goes up and down: one sender, then many, then one, and the receiver by turns reads and
/// lets messages pile up, which other signals do not disturb.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn oi30_no_message_is_lost_while_the_load_changes() {
    const EACH: u32 = 300;
    process::trap_exit(true);
    let tester = self_pid();
    let alias = process::alias();
    let mut tally = Tally::default();
    for round in 0..12_u32 {
        let many = if round % 3 == 1 { 12 } else { 1 };
        let senders: Vec<Pid> = (0..many)
            .map(|_| {
                spawn_link(async move {
                    let sender = self_pid();
                    for number in 0..EACH {
                        if number % 2 == 0 {
                            send(tester, Numbered { sender, number });
                        } else {
                            send(alias, Numbered { sender, number });
                        }
                        if number % 100 == 0 {
                            process::monitor(tester);
                            process::yield_now().await;
                        }
                    }
                })
            })
            .collect();
        if round % 2 == 0 {
            // Each `Exit` is behind all messages of its sender.
            for sender in &senders {
                let end = soon(async {
                    receive! { Exit { from, reason } if from == *sender => reason }
                });
                assert_eq!(end.await, ExitReason::Normal);
            }
            while let Some(message) = take::<Numbered>().await {
                tally.count(&message);
            }
        } else {
            for _ in 0..many * EACH {
                tally.count(&next().await);
            }
            for _ in &senders {
                next::<Exit>().await;
            }
        }
        for sender in senders {
            assert_eq!(tally.0.remove(&sender), Some(EACH));
        }
        nothing_else().await;
    }
}
