//! Stopping, and what a crash tells.

use super::*;

#[beamish::test]
async fn og04_stop_returns_when_the_process_is_dead_and_a_second_one_finds_none() {
    let (actor, mut seen) = actor().await;
    let pid = pid_of(&actor);
    assert_eq!(soon(actor.stop()).await, Ok(()));
    assert!(process::info(pid).is_none());
    assert_eq!(seen.rest(), ["terminate: normal"]);
    assert_eq!(
        soon(actor.stop()).await,
        Err(StopError::NoProc(Address::Pid(pid)))
    );
}

#[beamish::test]
async fn og05_stop_with_another_reason_is_fine_if_the_process_ends_with_exactly_it() {
    let (actor, _seen) = actor().await;
    let end = process::monitored(pid_of(&actor));
    let reason = boom();
    assert_eq!(soon(actor.stop().reason(reason.clone())).await, Ok(()));
    assert_eq!(soon(end).await, reason);

    let (actor, _seen) = super::actor().await;
    actor.at_end(Box::new(|_| exit(ExitReason::Shutdown)));
    assert_eq!(
        soon(actor.stop().reason(boom())).await,
        Err(StopError::Exit(ExitReason::Shutdown))
    );
}

/// By a local name, which is the part of a name on the own node that applies.
#[beamish::test]
async fn og07_og08_stop_by_local_name() {
    stop_by(Form::Local).await;
}

#[beamish::test]
async fn og09_stop_by_global_name() {
    stop_by(Form::Global).await;
}

#[beamish::test]
async fn og10_stop_by_via_name() {
    stop_by(Form::Via).await;
}

/// A server is stopped by its name, and then nobody holds it.
async fn stop_by(form: Form) {
    let directory = Directory::default();
    let (start, _seen) = starting(Init::ok);
    let actor = soon(form.name(start, &directory)).await.unwrap();
    let by_name = form.client(&directory);
    assert_eq!(by_name.pid(), actor.pid());
    assert_eq!(soon(by_name.stop()).await, Ok(()));
    assert!(!actor.is_alive());
    assert_eq!(by_name.pid(), None);
    let address = by_name.server_ref().address();
    assert_eq!(soon(by_name.stop()).await, Err(StopError::NoProc(address)));
}

/// The caller gets the reason with which call it was; planned ends are not reported, others once (one report stands for
/// OTP's two, of the server and of the crash).
#[beamish::test]
async fn og14_a_stop_or_exit_in_a_handler_is_told_to_the_caller_and_reported_if_abnormal() {
    let (reports, _listening) = Reports::listen();
    let ways: [fn(ExitReason) -> OnCall; 2] = [
        |reason| Box::new(move || Reply::stop(reason, "never seen")),
        |reason| Box::new(move || exit(reason)),
    ];
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with("done"),
        boom(),
        ExitReason::Killed,
    ] {
        for (number, way) in ways.into_iter().enumerate() {
            let (actor, mut seen) = actor().await;
            let pid = pid_of(&actor);
            let end = process::monitored(pid);
            let answer = soon(actor.call(way(reason.clone())).timeout(SECOND)).await;
            assert_eq!(soon(end).await, reason);
            assert_eq!(seen.rest(), [format!("terminate: {reason}")]);
            if number == 0 {
                // A stop with a reply.
                assert_eq!(answer, Ok("never seen"));
            } else {
                let Err(CallError::Exit(info)) = &answer else {
                    panic!("{answer:?}")
                };
                assert_eq!(info.reason(), &reason);
                assert_eq!(info.server(), &Address::Pid(pid));
                assert_eq!(info.operation(), "call");
                assert_eq!(info.timeout(), Some(SECOND));
            }
            let reported = reports.about("beamish::crash", pid);
            let abnormal = !(reason == ExitReason::Normal || reason.is_shutdown());
            assert_eq!(reported.len(), usize::from(abnormal), "{reported:?}");
            assert!(
                reported
                    .iter()
                    .all(|text| text.contains(&reason.to_string()))
            );
        }
    }
}

/// The stop of a handler that does not reply: its caller is told the reason too.
#[beamish::test]
async fn og14_a_stop_without_a_reply_is_told_to_the_caller() {
    #[genserver]
    struct Silent;

    #[genserver]
    impl Silent {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        fn stop_silently(&mut self, reason: ExitReason, reply: ReplyTo<()>) -> NoReply {
            drop(reply);
            NoReply::stop(reason)
        }
    }

    for reason in [ExitReason::Shutdown, boom()] {
        let silent = soon(Silent::start()).await.unwrap();
        let answer = soon(silent.stop_silently(reason.clone())).await;
        match answer {
            Err(CallError::Exit(info)) => assert_eq!(info.reason(), &reason),
            other => panic!("{other:?}"),
        }
    }
}

/// The layout of reports is the project's own.
#[beamish::test]
async fn og53_a_terminate_that_panics_replaces_the_exit_reason() {
    let (reports, _listening) = Reports::listen();
    for reason in [ExitReason::Normal, ExitReason::Shutdown, boom()] {
        let (actor, _seen) = actor().await;
        let pid = pid_of(&actor);
        let end = process::monitored(pid);
        actor.at_end(Box::new(|_| panic!("in terminate")));
        actor.cast(Box::new(move || NoReply::stop(reason)));
        let last = soon(end).await;
        assert!(
            matches!(&last, ExitReason::Panic(info) if info.message() == "in terminate"),
            "{last:?}"
        );
        let reported = reports.about("beamish::crash", pid);
        assert_eq!(reported.len(), 1);
        assert!(reported[0].contains("in terminate"), "{reported:?}");
    }
}

/// A server without any callback that may be left out.
#[genserver]
struct Bare;

#[genserver]
impl Bare {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn ping(&self) -> &'static str {
        "pong"
    }
}

#[beamish::test]
async fn og66_without_terminate_stop_with_normal_works() {
    let bare = soon(Bare::start()).await.unwrap();
    let end = process::monitored(bare.pid().unwrap());
    assert_eq!(soon(bare.stop()).await, Ok(()));
    assert_eq!(soon(end).await, ExitReason::Normal);
}

#[beamish::test]
async fn og67_without_terminate_stop_with_another_reason_ends_with_it() {
    let bare = soon(Bare::start()).await.unwrap();
    let end = process::monitored(bare.pid().unwrap());
    let reason = boom();
    assert_eq!(soon(bare.stop().reason(reason.clone())).await, Ok(()));
    assert_eq!(soon(end).await, reason);
}

#[beamish::test]
async fn og68_a_panic_in_terminate_is_the_exit_reason_and_that_of_the_stopping_caller() {
    let (actor, _seen) = actor().await;
    let end = process::monitored(pid_of(&actor));
    actor.at_end(Box::new(|_| panic!("in terminate")));
    let stopped = soon(actor.stop()).await;
    let Err(StopError::Exit(reason)) = &stopped else {
        panic!("{stopped:?}")
    };
    assert!(matches!(reason, ExitReason::Panic(info) if info.message() == "in terminate"));
    assert_eq!(&soon(end).await, reason);
}

/// It is not taken for a message that no handler takes.
#[beamish::test]
async fn og69_a_panic_in_a_handler_of_messages_ends_the_server() {
    let (reports, _listening) = Reports::listen();
    let (actor, _seen) = actor().await;
    let pid = pid_of(&actor);
    let end = process::monitored(pid);
    send(pid, Told("told", Box::new(|| panic!("in handle_info"))));
    let reason = soon(end).await;
    assert!(
        matches!(&reason, ExitReason::Panic(info) if info.message() == "in handle_info"),
        "{reason:?}"
    );
    assert_eq!(reports.about("beamish::crash", pid).len(), 1);
    assert!(reports.about("beamish::server", pid).is_empty());
}

#[beamish::test]
async fn og63_a_message_that_no_handler_takes_is_logged_and_dropped() {
    let (reports, _listening) = Reports::listen();
    let bare = soon(Bare::start()).await.unwrap();
    let pid = bare.pid().unwrap();
    send(pid, "hello");
    assert_eq!(soon(bare.ping()).await, Ok("pong"));
    let logged = reports.about("beamish::server", pid);
    assert_eq!(logged.len(), 1);
    assert!(
        logged[0].contains("unexpected message dropped"),
        "{logged:?}"
    );
    assert!(reports.about("beamish::crash", pid).is_empty());
}
