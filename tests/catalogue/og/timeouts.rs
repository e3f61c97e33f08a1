//! Timeouts, messages scheduled by a result (newer than the oracle), and hibernating.

use super::*;

/// How a result schedules its message.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Relative,
    Absolute,
    Hibernating,
}

const KINDS: [Kind; 3] = [Kind::Relative, Kind::Absolute, Kind::Hibernating];

impl Kind {
    fn no_reply(self, delay: Duration) -> NoReply<Step> {
        match self {
            Self::Relative => NoReply::ok().timeout_message(delay, Scheduled("scheduled")),
            Self::Absolute => {
                NoReply::ok().timeout_message_at(Instant::now() + delay, Scheduled("scheduled"))
            }
            Self::Hibernating => NoReply::ok()
                .timeout_message(delay, Scheduled("scheduled"))
                .hibernate(),
        }
    }

    fn reply(self, delay: Duration) -> Reply<&'static str, Step> {
        match self {
            Self::Relative => Reply::ok("").timeout_message(delay, Scheduled("scheduled")),
            Self::Absolute => {
                Reply::ok("").timeout_message_at(Instant::now() + delay, Scheduled("scheduled"))
            }
            Self::Hibernating => Reply::ok("")
                .timeout_message(delay, Scheduled("scheduled"))
                .hibernate(),
        }
    }

    fn init(self, actor: Actor, delay: Duration) -> Init<Actor> {
        match self {
            Self::Relative => Init::ok(actor).timeout_message(delay, Scheduled("scheduled")),
            Self::Absolute => {
                let at = Instant::now() + delay;
                Init::ok(actor).timeout_message_at(at, Scheduled("scheduled"))
            }
            Self::Hibernating => Init::ok(actor)
                .timeout_message(delay, Scheduled("scheduled"))
                .hibernate(),
        }
    }
}

/// Which result schedules the message.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Init,
    Continue,
    Call,
    AwaitedCall,
    Cast,
    Info,
}

impl By {
    const INIT: [Self; 2] = [Self::Init, Self::Continue];
    const HANDLERS: [Self; 4] = [Self::Call, Self::AwaitedCall, Self::Cast, Self::Info];

    /// An actor that has returned such a result. With `queued`, a message waited already when it did.
    async fn actor(self, kind: Kind, delay: Duration, queued: bool) -> (ActorRef, Seen) {
        let queue = move || {
            if queued {
                send(self_pid(), Told("queued", nothing()));
            }
        };
        if Self::INIT.contains(&self) {
            return actor_after(move |actor| {
                queue();
                match self {
                    Self::Init => kind.init(actor, delay),
                    _ => {
                        let last: OnCast = Box::new(move || kind.no_reply(delay));
                        Init::ok(actor).continue_with(Step("continued", last))
                    }
                }
            })
            .await;
        }
        let (actor, seen) = super::actor().await;
        let call = || -> OnCall {
            Box::new(move || {
                queue();
                kind.reply(delay)
            })
        };
        let cast: OnCast = Box::new(move || {
            queue();
            kind.no_reply(delay)
        });
        match self {
            Self::Call => drop(soon(actor.call(call())).await.unwrap()),
            Self::AwaitedCall => drop(soon(actor.call_awaited(call())).await.unwrap()),
            Self::Cast => actor.cast(cast),
            _ => send(pid_of(&actor), Told("told", cast)),
        }
        (actor, seen)
    }
}

/// The words but those that say how it began.
async fn words(seen: &mut Seen) -> Vec<String> {
    // Nothing else is going on: the clock moves on only when all is done.
    process::sleep(100 * SECOND).await;
    let mut words = seen.rest();
    words.retain(|word| word != "continued" && word != "told");
    words
}

/// It comes once, at its time, though system requests come first; another message cancels it.
async fn scheduled_messages_come(by: &[By]) {
    for by in by {
        for kind in KINDS {
            let before = Instant::now();
            let (_actor, mut seen) = by.actor(kind, SECOND, false).await;
            loop {
                if seen.next().await == "scheduled" {
                    break;
                }
            }
            assert_eq!(before.elapsed(), SECOND, "{by:?} {kind:?}");
            assert_eq!(words(&mut seen).await, [] as [&str; 0], "{by:?} {kind:?}");

            let before = Instant::now();
            let (actor, mut seen) = by.actor(kind, SECOND, false).await;
            process::sleep(SECOND / 2).await;
            soon(beamish::sys::get_status(&actor)).await.unwrap();
            soon(beamish::sys::suspend(&actor)).await.unwrap();
            soon(beamish::sys::resume(&actor)).await.unwrap();
            loop {
                if seen.next().await == "scheduled" {
                    break;
                }
            }
            assert_eq!(before.elapsed(), SECOND, "{by:?} {kind:?}");

            for other in ["message", "call", "cast"] {
                let (actor, mut seen) = by.actor(kind, SECOND, false).await;
                process::sleep(SECOND / 2).await;
                match other {
                    "message" => send(pid_of(&actor), Told("message", nothing())),
                    "call" => drop(soon(actor.ping()).await.unwrap()),
                    _ => actor.cast(nothing()),
                }
                let mut words = words(&mut seen).await;
                words.retain(|word| word != "message");
                assert_eq!(words, [] as [&str; 0], "{by:?} {kind:?} {other}");
            }
        }
    }
}

/// A message that is due at once is handled before the one that waited already, and not again.
async fn scheduled_messages_of_zero_come_first(by: &[By]) {
    for by in by {
        for kind in KINDS {
            let (_actor, mut seen) = by.actor(kind, Duration::ZERO, true).await;
            assert_eq!(
                words(&mut seen).await,
                ["scheduled", "queued"],
                "{by:?} {kind:?}"
            );
        }
    }
}

/// Newer than the oracle.
#[beamish::test(start_paused)]
async fn og02_a_message_scheduled_by_init_comes_once_unless_another_comes_first() {
    scheduled_messages_come(&By::INIT).await;
}

/// Newer than the oracle.
#[beamish::test(start_paused)]
async fn og03_a_message_scheduled_by_init_with_no_delay_comes_before_queued_ones() {
    scheduled_messages_of_zero_come_first(&By::INIT).await;
}

/// Newer than the oracle.
#[beamish::test(start_paused)]
async fn og26_a_message_scheduled_by_a_handler_comes_as_from_init() {
    scheduled_messages_come(&By::HANDLERS).await;
}

/// Newer than the oracle.
#[beamish::test(start_paused)]
async fn og27_a_message_scheduled_by_a_handler_with_no_delay_comes_before_queued_ones() {
    scheduled_messages_of_zero_come_first(&By::HANDLERS).await;
}

#[beamish::test(start_paused)]
async fn og28_the_plain_timeout_outlasts_system_requests_but_no_other_message() {
    let patient = || -> OnCast { Box::new(|| NoReply::ok().timeout_after(SECOND)) };
    let (actor, mut seen) = actor().await;
    let before = Instant::now();
    actor.cast(patient());
    process::sleep(SECOND / 2).await;
    soon(beamish::sys::get_status(&actor)).await.unwrap();
    soon(beamish::sys::suspend(&actor)).await.unwrap();
    soon(beamish::sys::resume(&actor)).await.unwrap();
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), SECOND);
    for other in ["message", "unexpected", "call", "awaited call", "cast"] {
        actor.cast(patient());
        process::sleep(SECOND / 2).await;
        match other {
            "message" => send(pid_of(&actor), Told("told", nothing())),
            "unexpected" => send(pid_of(&actor), 1_u8),
            "call" => drop(soon(actor.ping()).await.unwrap()),
            "awaited call" => drop(soon(actor.call_awaited(reply(""))).await.unwrap()),
            _ => actor.cast(nothing()),
        }
        assert_eq!(words(&mut seen).await, [] as [&str; 0], "{other}");
    }
}

/// What a client sees of a server that is hibernating, by its own word or after an idle time.
async fn answers_all(actor: &ActorRef, seen: &mut Seen, again: fn() -> NoReply<Step>) {
    let pid = pid_of(actor);
    for _ in 0..3 {
        actor.cast(Box::new(again));
        process::sleep(SECOND).await;
        assert_eq!(soon(actor.ping()).await, Ok("pong"));
        process::sleep(SECOND).await;
        send(pid, Told("told", Box::new(again)));
        assert_eq!(seen.next().await, "told");
        process::sleep(SECOND).await;
        assert_eq!(
            soon(actor.call_awaited(reply("awaited"))).await,
            Ok("awaited")
        );
        actor.cast(Box::new(again));
        process::sleep(SECOND).await;
        assert_eq!(soon(actor.delay(SECOND)).await, Ok("delayed"));
        assert_eq!(seen.next().await, "timeout");
        assert_eq!(seen.rest(), [] as [&str; 0]);
    }
}

/// Its effect on memory is tested where the mailbox is.
#[beamish::test(start_paused)]
async fn og48_a_hibernating_server_answers_calls_casts_messages_and_timeouts() {
    let (actor, mut seen) = actor_after(|actor| Init::ok(actor).hibernate()).await;
    answers_all(&actor, &mut seen, || NoReply::ok().hibernate()).await;
    // A timeout with which it hibernates.
    let before = Instant::now();
    actor.cast(Box::new(|| Kind::Hibernating.no_reply(SECOND)));
    assert_eq!(seen.next().await, "scheduled");
    assert_eq!(before.elapsed(), SECOND);
    let end = process::monitored(pid_of(&actor));
    actor.cast(Box::new(|| NoReply::ok().hibernate()));
    process::sleep(SECOND).await;
    process::exit(pid_of(&actor), boom());
    assert!(is_boom(&soon(end).await));
}

#[beamish::test(start_paused)]
async fn og49_hibernating_after_an_idle_time_is_invisible() {
    for idle in [Duration::ZERO, ms(5), SECOND] {
        let (start, mut seen) = starting(Init::ok);
        let actor = soon(start.hibernate_after(idle)).await.unwrap();
        process::sleep(2 * SECOND).await;
        answers_all(&actor, &mut seen, NoReply::ok).await;
        // The timeout of a result counts from that result.
        let before = Instant::now();
        actor.cast(Box::new(|| NoReply::ok().timeout_after(3 * SECOND)));
        assert_eq!(seen.next().await, "timeout");
        assert_eq!(before.elapsed(), 3 * SECOND);
        assert_eq!(soon(actor.stop()).await, Ok(()));
    }
}
