//! Asynchronous requests, and sets of them. Their answers are no messages in the mailbox, so no message can be taken for one.

use beamish::{NoResponse, Requests};

use super::*;

/// A request that its actor answers when the other half is told the answer.
async fn request(actor: &ActorRef) -> (beamish::Request<&'static str>, ReplyTo<&'static str>) {
    let (to, comes) = oneshot::channel();
    let request = actor.leave(to, nothing()).infinity().send_request();
    let answer = soon(comes).await.unwrap();
    (request, answer)
}

/// Messages that wait meanwhile are not touched.
#[beamish::test(start_paused)]
async fn og17_a_request_is_answered_later() {
    let (actor, mut seen) = actor().await;
    send(self_pid(), "a message");
    assert_eq!(soon(actor.ping().send_request()).await, Ok("pong"));

    // Checked, waited for in vain twice, and waited for again.
    let (mut request, answer) = request(&actor).await;
    assert!(request.check_response().is_none());
    let before = Instant::now();
    for _ in 0..2 {
        assert!(soon(request.wait_response(SECOND)).await.is_none());
    }
    assert_eq!(before.elapsed(), 2 * SECOND);
    assert!(
        soon(request.wait_response(Instant::now() + SECOND))
            .await
            .is_none()
    );
    assert_eq!(before.elapsed(), 3 * SECOND);
    answer.reply("at last");
    assert_eq!(
        soon(request.wait_response(SECOND)).await,
        Some(Ok("at last"))
    );

    let (mut request, answer) = super::requests::request(&actor).await;
    answer.reply("there");
    assert_eq!(request.check_response(), Some(Ok("there")));

    // Given up: its answer vanishes.
    let (request, answer) = super::requests::request(&actor).await;
    let given_up = soon(request.receive_response(SECOND)).await;
    assert!(matches!(given_up, Err(CallError::Timeout(_))));
    answer.reply("late");

    // The server dies with a request, or is dead before.
    let go_on = busy(&actor, &mut seen).await;
    let request = actor.ping().send_request();
    let pid = pid_of(&actor);
    process::exit(pid, boom());
    drop(go_on);
    match soon(request).await {
        Err(CallError::Exit(info)) => {
            assert!(is_boom(info.reason()));
            assert_eq!(info.server(), &Address::Pid(pid));
        }
        other => panic!("{other:?}"),
    }
    for nobody in [
        actor.clone(),
        ActorRef::to("nobody"),
        ActorRef::global("nobody"),
    ] {
        let mut request = nobody.ping().send_request();
        match request.check_response() {
            Some(Err(CallError::NoProc(info))) => {
                assert_eq!(info.server(), &nobody.server_ref().address());
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(first::<&str>().await, "a message");
    nothing_else().await;
}

/// Answers leave the set as they are given out; a set that keeps them is not built.
#[beamish::test(start_paused)]
async fn og18_a_set_gives_answers_as_they_arrive_and_is_given_up_by_a_timeout() {
    let (actor, _seen) = actor().await;
    let mut set = Requests::new();
    assert_eq!(
        soon(set.receive_response(SECOND)).await,
        Err(NoResponse::NoRequest)
    );
    let mut answers = Vec::new();
    for label in ["one", "two", "three", "four"] {
        let (request, answer) = request(&actor).await;
        set.add(request, label);
        answers.push(answer);
    }
    assert_eq!(set.len(), 4);
    answers.remove(2).reply("third");
    answers.remove(0).reply("first");
    assert_eq!(
        soon(set.receive_response(SECOND)).await,
        Ok(("three", Ok("third")))
    );
    assert_eq!(
        soon(set.receive_response(SECOND)).await,
        Ok(("one", Ok("first")))
    );
    assert_eq!(set.len(), 2);
    let before = Instant::now();
    assert_eq!(
        soon(set.receive_response(SECOND)).await,
        Err(NoResponse::Timeout)
    );
    assert_eq!(before.elapsed(), SECOND);
    assert!(set.is_empty());
    for answer in answers {
        answer.reply("late");
    }
    assert_eq!(
        soon(set.receive_response(SECOND)).await,
        Err(NoResponse::NoRequest)
    );
    nothing_else().await;
}

#[beamish::test(start_paused)]
async fn og19_a_wait_for_a_set_keeps_the_requests_at_a_timeout() {
    let (actor, _seen) = actor().await;
    let mut set = Requests::new();
    assert_eq!(
        soon(set.wait_response(SECOND)).await,
        Err(NoResponse::NoRequest)
    );
    let (one, answer_one) = request(&actor).await;
    let (two, answer_two) = request(&actor).await;
    set.add(one, 1);
    set.add(two, 2);
    let before = Instant::now();
    assert_eq!(
        soon(set.wait_response(SECOND)).await,
        Err(NoResponse::Timeout)
    );
    let deadline = Instant::now() + SECOND;
    assert_eq!(
        soon(set.wait_response(deadline)).await,
        Err(NoResponse::Timeout)
    );
    assert_eq!(
        soon(set.wait_response(deadline)).await,
        Err(NoResponse::Timeout)
    );
    assert_eq!(before.elapsed(), 2 * SECOND);
    assert_eq!(set.len(), 2);
    // An answer that comes while it is waited for.
    spawn(async move {
        process::sleep(SECOND).await;
        answer_two.reply("second");
        process::sleep(SECOND).await;
        answer_one.reply("first");
    });
    assert_eq!(
        soon(set.wait_response(5 * SECOND)).await,
        Ok((2, Ok("second")))
    );
    assert_eq!(
        soon(set.wait_response(beamish::Deadline::INFINITY)).await,
        Ok((1, Ok("first")))
    );
    assert_eq!(before.elapsed(), 4 * SECOND);
    assert!(set.is_empty());
}

#[beamish::test]
async fn og20_a_set_is_checked_and_a_dead_server_is_the_error_of_its_own_label() {
    let (actor, _seen) = actor().await;
    let other = linked_actor().await;
    process::unlink(pid_of(&other));
    send(self_pid(), "a foreign message");
    let mut set = Requests::new();
    assert_eq!(set.check_response(), Err(NoResponse::NoRequest));
    let (alive, answer) = request(&actor).await;
    let (dies, unanswered) = request(&other).await;
    let (named, also_unanswered) = request(&other).await;
    set.add(alive, "alive");
    set.add(dies, "dies");
    set.add(named, "dies too");
    assert_eq!(set.check_response(), Err(NoResponse::NoReply));
    let end = process::monitored(pid_of(&other));
    process::exit(pid_of(&other), boom());
    assert!(is_boom(&soon(end).await));
    let mut labels = Vec::new();
    for _ in 0..2 {
        let (label, answer) = set.check_response().unwrap();
        match answer {
            Err(CallError::Exit(info)) => assert!(is_boom(info.reason())),
            other => panic!("{other:?}"),
        }
        labels.push(label);
    }
    labels.sort_unstable();
    assert_eq!(labels, ["dies", "dies too"]);
    assert_eq!(set.check_response(), Err(NoResponse::NoReply));
    drop((unanswered, also_unanswered));
    answer.reply("alive");
    assert_eq!(set.check_response(), Ok(("alive", Ok("alive"))));
    set.add(
        ActorRef::from(corpse_ref().await).ping().send_request(),
        "dead",
    );
    assert!(matches!(
        set.check_response(),
        Ok(("dead", Err(CallError::NoProc(_))))
    ));
    assert_eq!(first::<&str>().await, "a foreign message");
    nothing_else().await;
}

/// The client of an actor that has ended.
async fn corpse_ref() -> beamish::ServerRef<Actor> {
    let (actor, _seen) = actor().await;
    soon(actor.stop()).await.unwrap();
    actor.server_ref().clone()
}
