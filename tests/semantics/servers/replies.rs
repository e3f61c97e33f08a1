//! SRV-4: answers that come later.

use super::*;

both_flavors! {
    /// SRV-4: a reply from another process, a plain task and a thread, after the handler has returned.
    async fn reply_may_come_later_from_anywhere() {
        let (machine, _seen) = plain_machine().await;
        for answer in ["process", "task", "thread", "server"] {
            let (to, handed) = oneshot::channel();
            let elsewhere = async {
                let reply: ReplyTo<&'static str> = handed.await.unwrap();
                assert_eq!(reply.caller(), Some(self_pid()));
                assert_eq!(machine.count().await.unwrap(), 0, "the server goes on");
                match answer {
                    "process" => drop(spawn(async move { reply.reply(answer) })),
                    "task" => drop(tokio::spawn(async move { reply.reply(answer) })),
                    "thread" => std::thread::spawn(move || reply.reply(answer)).join().unwrap(),
                    _ => reply.reply(answer),
                }
            };
            let (outcome, ()) = tokio::join!(machine.hand_out(to), elsewhere);
            assert_eq!(outcome.unwrap(), answer);
        }
        assert_mailbox_empty().await;
    }

    /// SRV-4: a reply to a caller who has given up, or is dead, vanishes.
    async fn reply_to_who_does_not_wait_vanishes() {
        let (machine, _seen) = plain_machine().await;
        let (to, handed) = oneshot::channel();
        let mut call = Box::pin(machine.hand_out(to));
        assert!(poll_once(&mut call).await.is_pending());
        let reply = handed.await.unwrap();
        drop(call);
        reply.reply("nobody listens");

        let (to, handed) = oneshot::channel();
        let client = machine.clone();
        let caller = spawn(async move { drop(client.hand_out(to).await) });
        let reply = handed.await.unwrap();
        assert_eq!(reply.caller(), Some(caller));
        process::kill(caller);
        process::monitored(caller).await;
        reply.reply("nobody is there");
        assert_eq!(machine.count().await.unwrap(), 0);
        assert_mailbox_empty().await;
    }

    /// SRV-4, SRV-2: a server that ends before the reply comes: its reason; the reply vanishes.
    async fn call_to_be_answered_later_gives_the_reason_of_a_server_that_ends() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (machine, _seen) = plain_machine().await;
            let (to, handed) = oneshot::channel();
            let (outcome, reply) = tokio::join!(machine.hand_out(to), async {
                let reply = handed.await.unwrap();
                machine.cast(Act::Stop(reason.clone()));
                reply
            });
            assert_eq!(exited(outcome), reason);
            reply.reply("too late");
            assert_mailbox_empty().await;
        }
    }

    /// SRV-4, SRV-2: the same for handles that are kept in the state, however the server ends.
    async fn call_whose_handle_is_in_the_state_gives_the_reason_of_a_server_that_ends() {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, abnormal()] {
            for end in ["stop", "cast", "exit", "signal", "signal to itself", "stop in a call"] {
                let keeper = Keeper::start().await.unwrap();
                let pid = keeper.pid().unwrap();
                let mut calls = [Box::pin(keeper.keep()), Box::pin(keeper.keep()), Box::pin(keeper.keep())];
                for call in &mut calls {
                    assert!(poll_once(call).await.is_pending());
                }
                assert_eq!(keeper.kept().await.unwrap(), 3);
                match end {
                    "stop" => keeper.stop().reason(reason.clone()).await.unwrap(),
                    "cast" => keeper.end_with(Act::Stop(reason.clone())),
                    "exit" => keeper.end_with(Act::Exit(reason.clone())),
                    "signal" if reason == ExitReason::Normal => continue,
                    "signal" => process::exit(pid, reason.clone()),
                    "signal to itself" => keeper.end_with(Act::SignalToItself(reason.clone())),
                    _ => assert_eq!(keeper.end(reason.clone()).await.unwrap(), "bye"),
                }
                for call in calls {
                    assert_eq!(exited(call.await), reason, "{end}");
                }
            }
        }
        let keeper = Keeper::start().await.unwrap();
        let (one, two, ()) = tokio::join!(keeper.keep(), keeper.keep(), async { keeper.end_with(Act::Panic) });
        assert!(matches!(exited(one), ExitReason::Panic(_)));
        assert!(matches!(exited(two), ExitReason::Panic(_)));
    }

    /// SRV-4, decision A28: a handle that is dropped: OTP's caller would wait for its timeout.
    async fn call_whose_handle_is_dropped_gives_no_reply_at_once() {
        let (machine, _seen) = plain_machine().await;
        let outcome = machine.call_later(Act::Nothing).infinity().await;
        let Err(CallError::NoReply(info)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(info.operation(), "call_later");
        let (to, handed) = oneshot::channel();
        let (outcome, ()) = tokio::join!(machine.hand_out(to).infinity(), async { drop(handed.await.unwrap()) });
        assert!(matches!(outcome, Err(CallError::NoReply(_))));
        assert!(machine.is_alive());
    }
}

/// A server that keeps the handles of its callers.
#[genserver]
struct Keeper(Vec<ReplyTo<u64>>);

#[genserver]
impl Keeper {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u64>) {
        self.0.push(reply);
    }

    #[handle_call]
    fn kept(&self) -> usize {
        self.0.len()
    }

    #[handle_cast]
    fn end_with(&mut self, act: Act) -> NoReply {
        act.carry_out();
        match act {
            Act::Stop(reason) => NoReply::stop(reason),
            _ => NoReply::ok(),
        }
    }

    #[handle_call]
    fn end(&mut self, reason: ExitReason) -> Reply<&'static str> {
        Reply::stop(reason, "bye")
    }
}
