//! Handlers that end the server.

use super::*;

both_flavors! {
    /// Design 3.2, SRV-7: a panic in a handler that the caller runs is the server's: terminate, the end, its reason; the
    /// caller goes on.
    async fn panic_in_an_idle_call_ends_the_server_and_not_the_caller() {
        for _ in 0..20 {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            let outcome = counter.fail().await;
            let reason = exited(outcome);
            let ExitReason::Panic(panic) = &reason else { panic!("{reason:?}") };
            assert_eq!(panic.message(), "failed at 1");
            assert!(panic.file().unwrap().ends_with("mod.rs") && panic.line().is_some());
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 1 {reason:?} {pid}")]);
            assert_ne!(self_pid(), pid);
        }
    }

    /// Design 3.2: the same for a caller that is no process: its task goes on.
    async fn panic_in_an_idle_call_spares_a_plain_task() {
        let counter = counter().await;
        let reason = tokio::spawn({
            let counter = counter.clone();
            async move {
                let reason = exited(counter.fail().await);
                assert_eq!(process::try_self_pid(), None);
                reason
            }
        })
        .await
        .unwrap();
        assert!(matches!(reason, ExitReason::Panic(_)));
        assert!(!counter.is_alive());
    }

    /// SRV-7, decision A3: OTP `exit(Reason)` in a handler that the caller runs is the server's.
    async fn exit_in_an_idle_call_ends_the_server_and_not_the_caller() {
        for reason in [ExitReason::Normal, abnormal()] {
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let pid = counter.pid().unwrap();
            let end = process::monitored(pid);
            assert_eq!(exited(counter.exit_raising(reason.clone()).await), reason);
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [format!("terminate 1 {reason:?} {pid}")]);
        }
    }

    /// Decision A3, EXI-5: an exit signal to itself in a handler that the caller runs: no reply, no terminate, and a
    /// `catch_unwind` around it changes nothing.
    async fn exit_signal_to_itself_in_an_idle_call_gives_the_caller_the_reason() {
        for (sent, reason) in [(ExitReason::Kill, Some(ExitReason::Killed)), (abnormal(), None), (ExitReason::Normal, None)] {
            let reason = reason.unwrap_or(sent.clone());
            let (log, mut seen) = log();
            let counter = counter().await;
            counter.log_to(log).await.unwrap();
            let end = process::monitored(counter.pid().unwrap());
            assert_eq!(exited(counter.exit_caught(sent).await), reason);
            assert_eq!(end.await, reason);
            assert_eq!(seen.rest(), [] as [&str; 0]);
        }
    }

    /// Design 3.6: a caller that is killed by the handler it runs: the handler completes.
    async fn handler_completes_though_its_caller_is_killed() {
        let counter = counter().await;
        let client = counter.clone();
        let (tell, told) = oneshot::channel::<()>();
        let caller = spawn(async move {
            let _ = told.await;
            let _ = client.kill_caller().await;
            // Decision A20: who is to end starts no further call.
            loop {
                let _ = client.next().await;
            }
        });
        let end = process::monitored(caller);
        tell.send(()).unwrap();
        assert_eq!(end.await, ExitReason::Killed);
        assert_eq!(counter.get().await.unwrap(), 1);
    }

    /// Design 3.1: killed between two calls; callers get an error and no hang.
    async fn call_after_a_kill_is_not_answered() {
        for _ in 0..50 {
            let counter = counter().await;
            assert_eq!(counter.next().await.unwrap(), 1);
            process::kill(counter.pid().unwrap());
            let outcome = counter.next().await;
            match outcome {
                Err(CallError::Exit(info)) => assert_eq!(*info.reason(), ExitReason::Killed),
                Err(CallError::NoProc(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// SIG-3, SRV-9: killed in the middle of a handler's await: no terminate, the state is dropped, all callers hear of it.
    async fn kill_in_the_middle_of_a_handler_ends_all_its_calls() {
        let (log, mut seen) = log();
        let server = Busy::start(log).await.unwrap();
        let pid = server.pid().unwrap();
        let (held, queued, plain, plain_task, ()) = tokio::join!(
            server.hold(Gate::new()),
            server.hold(Gate::new()),
            server.ping(),
            tokio::spawn({ let server = server.clone(); async move { server.ping().await } }),
            async {
                assert_eq!(seen.next().await, "held");
                process::kill(pid);
            },
        );
        for outcome in [held, queued, plain] {
            assert_eq!(exited(outcome), ExitReason::Killed);
        }
        let outcome = plain_task.unwrap();
        assert!(matches!(&outcome, Err(CallError::Exit(_) | CallError::NoProc(_))), "{outcome:?}");
        assert_eq!(seen.rest(), [] as [&str; 0]);
        assert!(!process::alive(pid));
        assert_mailbox_empty().await;
    }
}
