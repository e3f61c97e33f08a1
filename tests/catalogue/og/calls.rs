//! Calls, casts, messages and continuations.

use super::*;
use crate::kit::processor_time;

/// A bad result of a handler cannot be written.
#[beamish::test(start_paused)]
async fn og16_calls_are_answered_now_at_a_timeout_or_not_in_time() {
    let (actor, mut seen) = actor().await;
    assert_eq!(soon(actor.call(reply("now"))).await, Ok("now"));

    // Answered when the server's timeout comes.
    let before = Instant::now();
    assert_eq!(soon(actor.delay(ms(100))).await, Ok("delayed"));
    assert_eq!(before.elapsed(), ms(100));
    assert_eq!(seen.rest(), ["timeout"]);

    // The next call cancels the server's timeout: the first caller waits in vain.
    let before = Instant::now();
    let delayed = actor.delay(ms(100)).timeout(ms(300)).send_request();
    assert_eq!(soon(actor.ping()).await, Ok("pong"));
    let Err(CallError::Timeout(info)) = soon(delayed.receive_response(ms(300))).await else {
        panic!("it was answered");
    };
    assert_eq!(before.elapsed(), ms(300));
    assert_eq!(info.operation(), "delay");
    assert_eq!(info.reason(), &ExitReason::Timeout);
    assert_eq!(seen.rest(), [] as [&str; 0]);
    assert!(actor.is_alive());
}

/// A caller that goes on with `?` ends with what the call ended with.
#[beamish::test(start_paused)]
async fn og16_a_caller_that_does_not_handle_the_timeout_exits_with_it() {
    let (actor, mut seen) = actor().await;
    let go_on = busy(&actor, &mut seen).await;
    let caller = spawn({
        let actor = actor.clone();
        async move {
            actor.ping().timeout(ms(10)).await?;
            Ok::<(), CallError>(())
        }
    });
    match end_of(caller).await {
        ExitReason::Call(info) => {
            assert_eq!(info.reason(), &ExitReason::Timeout);
            assert_eq!(info.server(), &Address::from(pid_of(&actor)));
            assert_eq!(info.timeout(), Some(ms(10)));
        }
        other => panic!("{other:?}"),
    }
    drop(go_on);
    assert_eq!(soon(actor.ping()).await, Ok("pong"));
}

#[beamish::test]
async fn og21_a_cast_returns_at_once_and_is_handled_and_may_stop_the_server() {
    let (actor, mut seen) = actor().await;
    let end = process::monitored(pid_of(&actor));
    let go_on = busy(&actor, &mut seen).await;
    let (handled, mut was_handled) = oneshot::channel();
    actor.cast(Box::new(move || {
        let _ = handled.send(());
        NoReply::ok()
    }));
    assert!(was_handled.try_recv().is_err());
    drop(go_on);
    soon(was_handled).await.unwrap();
    actor.cast(Box::new(|| NoReply::stop(boom())));
    assert!(is_boom(&soon(end).await));
    actor.cast(nothing());
}

/// The step writes its word and waits for the next message.
fn step(word: &'static str) -> Step {
    Step(word, nothing())
}

#[beamish::test]
async fn og23_a_continuation_of_init_runs_before_any_message() {
    let (actor, mut seen) = actor_after(|actor| {
        send(self_pid(), Told("queued", nothing()));
        Init::ok(actor).continue_with(step("continued"))
    })
    .await;
    assert_eq!(soon(actor.ping()).await, Ok("pong"));
    assert_eq!(seen.rest(), ["continued", "queued"]);
}

/// A continuation of a continuation, too.
#[beamish::test]
async fn og23_a_continuation_of_every_handler_runs_before_any_queued_message() {
    let chain = || -> OnCast {
        Box::new(|| {
            let second = step("second");
            let first = Step("first", Box::new(|| NoReply::ok().continue_with(second)));
            NoReply::ok().continue_with(first)
        })
    };
    let chain_of_call = || -> OnCall {
        Box::new(|| {
            let second = step("second");
            let first = Step("first", Box::new(|| NoReply::ok().continue_with(second)));
            Reply::ok("answer").continue_with(first)
        })
    };
    for via in [
        "call",
        "awaited call",
        "call without a reply",
        "cast",
        "info",
    ] {
        let (actor, mut seen) = actor().await;
        let pid = pid_of(&actor);
        let go_on = busy(&actor, &mut seen).await;
        let mut call = None;
        match via {
            "call" => call = Some(actor.call(chain_of_call()).send_request()),
            "awaited call" => call = Some(actor.call_awaited(chain_of_call()).send_request()),
            "call without a reply" => {
                let (to, _) = oneshot::channel();
                call = Some(actor.leave(to, chain()).send_request());
            }
            "cast" => actor.cast(chain()),
            _ => send(pid, Told("info", chain())),
        }
        send(pid, Told("queued", nothing()));
        drop(go_on);
        if let Some(call) = call {
            let answer = soon(call).await;
            match via {
                "call without a reply" => assert!(matches!(answer, Err(CallError::NoReply(_)))),
                _ => assert_eq!(answer, Ok("answer")),
            }
        }
        soon(actor.ping()).await.unwrap();
        let mut seen = seen.rest();
        seen.retain(|word| word != "info");
        assert_eq!(seen, ["first", "second", "queued"], "{via}");
    }
}

#[beamish::test]
async fn og23_a_continuation_runs_after_the_reply_and_may_stop_the_server() {
    for awaited in [false, true] {
        let (actor, mut seen) = actor().await;
        let end = process::monitored(pid_of(&actor));
        let act: OnCall = Box::new(|| {
            let stop = Step("stopping", Box::new(|| NoReply::stop(boom())));
            Reply::ok("answer").continue_with(stop)
        });
        let answer = if awaited {
            actor.call_awaited(act)
        } else {
            actor.call(act)
        };
        assert_eq!(soon(answer).await, Ok("answer"));
        assert!(is_boom(&soon(end).await));
        assert_eq!(seen.rest()[0], "stopping");
    }
}

#[beamish::test(start_paused)]
async fn og24_plain_messages_reach_their_handler_and_may_set_a_timeout_or_stop() {
    let (actor, mut seen) = actor().await;
    let pid = pid_of(&actor);
    let end = process::monitored(pid);
    send(pid, Told("plain", nothing()));
    assert_eq!(seen.next().await, "plain");
    let before = Instant::now();
    let sets_a_timeout: OnCast = Box::new(|| NoReply::ok().timeout_after(SECOND));
    send(pid, Told("patient", sets_a_timeout));
    assert_eq!(seen.next().await, "patient");
    assert_eq!(seen.next().await, "timeout");
    assert_eq!(before.elapsed(), SECOND);
    send(pid, Told("last", Box::new(|| NoReply::stop(boom()))));
    assert!(is_boom(&soon(end).await));
    assert_eq!(seen.next().await, "last");
}

/// With a timeout, without one, by pid and by each form of a name.
#[beamish::test(start_paused)]
async fn og40_a_server_that_calls_itself_is_told_so_at_once() {
    let (actor, _seen) = actor().await;
    let before = Instant::now();
    for timeout in [Some(SECOND), None] {
        let inner = soon(actor.ping_itself(timeout)).await.unwrap();
        let Err(CallError::CallingSelf(info)) = inner else {
            panic!("{inner:?}")
        };
        assert_eq!(info.timeout(), timeout);
        assert_eq!(info.server(), &Address::from(pid_of(&actor)));
    }
    for form in Form::NAMES {
        let directory = Directory::default();
        let its_directory = directory.clone();
        let (tell, told) = oneshot::channel();
        let (start, _seen) = starting(Init::ok);
        let actor = soon(form.name(start, &directory)).await.unwrap();
        actor.cast(Box::new(move || {
            let mut call = form.client(&its_directory).ping().send_request();
            let _ = tell.send(call.check_response());
            NoReply::ok()
        }));
        let inner = soon(told).await.unwrap();
        assert!(
            matches!(inner, Some(Err(CallError::CallingSelf(_)))),
            "{inner:?}"
        );
    }
    assert_eq!(before.elapsed(), Duration::ZERO);
}

/// As cheap with 100,000 messages in the caller's mailbox as with none, within a factor of four; to look at each of them
/// would be thousands of times as much.
#[beamish::test]
async fn og59_a_call_does_not_look_at_the_callers_mailbox() {
    async fn cost(actor: &ActorRef) -> Option<Duration> {
        let mut least = Duration::MAX;
        for _ in 0..5 {
            let began = processor_time()?;
            for _ in 0..500 {
                actor.call_awaited(reply("answer")).await.unwrap();
            }
            let used = processor_time()?.saturating_sub(began);
            least = least.min(used);
        }
        Some(least)
    }

    let (actor, _seen) = actor().await;
    let Some(empty) = cost(&actor).await else {
        return;
    };
    for number in 0..100_000_u64 {
        send(self_pid(), number);
    }
    let full = cost(&actor).await.unwrap();
    assert!(full < 4 * empty, "empty: {empty:?}, full: {full:?}");
    let waiting = process::info(self_pid()).unwrap().message_queue_len;
    assert_eq!(waiting, 100_000);
}

/// What an alias inside the tag is to OTP is here the cell of the call: the shape of the tag does not apply.
#[beamish::test(start_paused)]
async fn og73_the_reply_to_a_call_that_was_given_up_reaches_nobody() {
    let (actor, _seen) = actor().await;
    let (to, comes) = oneshot::channel();
    let given_up = soon(actor.leave(to, nothing()).timeout(ms(10))).await;
    assert!(matches!(given_up, Err(CallError::Timeout(_))));
    let late = soon(comes).await.unwrap();
    assert_eq!(late.caller(), Some(self_pid()));
    late.reply("late");

    let (to, comes) = oneshot::channel();
    let next = actor.leave(to, nothing()).send_request();
    soon(comes).await.unwrap().reply("in time");
    assert_eq!(soon(next).await, Ok("in time"));
    nothing_else().await;
}
