//! Starting: every form, every failure.

use std::sync::{Arc, Mutex};

use beamish::StartError;

use super::*;

/// The forms of a start.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Plain,
    Linked,
    Monitored,
}

/// A start in one of the forms, with a name of one of the forms.
struct Starter {
    how: How,
    form: Form,
    directory: Directory,
}

impl Starter {
    fn all() -> impl Iterator<Item = Self> {
        [How::Plain, How::Linked, How::Monitored]
            .into_iter()
            .flat_map(|how| {
                Form::ALL.map(|form| Self {
                    how,
                    form,
                    directory: Directory::default(),
                })
            })
    }

    /// Starts, and gives the monitor if there is one.
    async fn start(
        &self,
        timeout: Option<Duration>,
        then: impl FnOnce(Actor) -> Init<Actor> + Send + 'static,
    ) -> Result<(ActorRef, Option<MonitorRef>), StartError> {
        let (log, _) = mpsc::unbounded_channel();
        let start = match self.how {
            How::Linked => Actor::start_link(log, begin(then)),
            How::Plain | How::Monitored => Actor::start(log, begin(then)),
        };
        let mut start = self.form.name(start, &self.directory);
        if let Some(timeout) = timeout {
            start = start.timeout(timeout);
        }
        match self.how {
            How::Monitored => soon(start.monitor())
                .await
                .map(|(actor, mref)| (actor, Some(mref))),
            How::Plain | How::Linked => soon(start).await.map(|actor| (actor, None)),
        }
    }

    /// Whoever holds the name.
    fn holder(&self) -> Option<Pid> {
        match self.form {
            Form::None => None,
            form => form.client(&self.directory).pid(),
        }
    }
}

/// A linked starter that traps gets neither an `EXIT` nor a `DOWN` of a start that fails.
#[beamish::test(start_paused)]
async fn og01_every_form_of_start_with_every_form_of_name() {
    process::trap_exit(true);
    for starter in Starter::all() {
        let what = format!("{:?} {:?}", starter.how, starter.form);

        let (actor, mref) = starter.start(None, Init::ok).await.unwrap();
        let pid = pid_of(&actor);
        assert_eq!(soon(actor.ping()).await, Ok("pong"), "{what}");
        let links = process::info(self_pid()).unwrap().links;
        assert_eq!(links.contains(&pid), starter.how == How::Linked, "{what}");
        if starter.form != Form::None {
            assert_eq!(starter.holder(), Some(pid), "{what}");
            match starter.start(None, Init::ok).await {
                Err(StartError::AlreadyStarted(holder)) => assert_eq!(holder, pid, "{what}"),
                other => panic!("{what}: {other:?}"),
            }
            nothing_else().await;
        }
        soon(actor.stop()).await.unwrap();
        match starter.how {
            How::Plain => {}
            How::Linked => {
                let exit = first::<Exit>().await;
                assert_eq!(
                    (exit.from, exit.reason),
                    (pid, ExitReason::Normal),
                    "{what}"
                );
            }
            How::Monitored => {
                let down = first::<Down>().await;
                assert_eq!(Some(down.mref), mref, "{what}");
                assert_eq!(down.reason, ExitReason::Normal, "{what}");
            }
        }
        let gone = soon(actor.ping()).await;
        assert!(
            matches!(gone, Err(CallError::NoProc(_))),
            "{what}: {gone:?}"
        );
        assert_eq!(starter.holder(), None, "{what}");

        let ignored = starter.start(None, |_| Init::ignore()).await;
        assert!(matches!(ignored, Err(StartError::Ignored)), "{what}");
        let failed = starter.start(None, |_| Init::error("no")).await;
        match failed {
            Err(StartError::Init(error)) => assert_eq!(error.to_string(), "no"),
            other => panic!("{what}: {other:?}"),
        }
        let stopped = starter.start(None, |_| Init::stop(boom())).await;
        match stopped {
            Err(StartError::Exit(reason)) => assert!(is_boom(&reason), "{what}: {reason:?}"),
            other => panic!("{what}: {other:?}"),
        }
        nothing_else().await;
        assert_eq!(starter.holder(), None, "{what}");
    }
}

/// `init` takes too long: it is killed, its name is free, and no message is left.
#[beamish::test(start_paused)]
async fn og01_a_start_that_takes_too_long_fails_in_every_form() {
    #[genserver]
    struct Slow;

    #[genserver]
    impl Slow {
        #[init]
        async fn init() -> Self {
            std::future::pending().await
        }
    }

    process::trap_exit(true);
    let directory = Directory::default();
    for form in Form::ALL {
        for linked in [false, true] {
            let start = || {
                let start = if linked {
                    Slow::start_link()
                } else {
                    Slow::start()
                };
                let start = start.timeout(SECOND);
                match form {
                    Form::None => start,
                    Form::Local => start.name("slow"),
                    Form::Global => start.global("slow"),
                    Form::Via => start.via(&directory, ("slow", 1)),
                }
            };
            let before = Instant::now();
            let plain = soon(start()).await;
            assert!(matches!(plain, Err(StartError::Timeout)), "{plain:?}");
            assert_eq!(before.elapsed(), SECOND);
            let monitored = soon(start().monitor()).await;
            assert!(
                matches!(monitored, Err(StartError::Timeout)),
                "{monitored:?}"
            );
            nothing_else().await;
            assert_eq!(process::whereis("slow"), None);
            assert_eq!(beamish::global::whereis_name("slow"), None);
            assert_eq!(directory.len(), 0);
        }
    }
}

/// Without an own trap a linked starter dies with a start that stops, and outlives one that ignores.
#[beamish::test]
async fn og01_a_linked_starter_that_does_not_trap_dies_with_a_stopped_start() {
    let starter = |then: fn(Actor) -> Init<Actor>| {
        spawn(async move {
            let (log, _) = mpsc::unbounded_channel();
            let failed = Actor::start_link(log, begin(then)).await;
            assert!(failed.is_err());
            exit(ExitReason::other("outlived it"))
        })
    };
    assert!(is_boom(&end_of(starter(|_| Init::stop(boom()))).await));
    for then in [|_: Actor| Init::ignore(), |_: Actor| Init::error("no")] {
        let reason = end_of(starter(then)).await;
        assert!(
            matches!(&reason, ExitReason::Other(term) if term.downcast_ref() == Some(&"outlived it")),
            "{reason:?}"
        );
    }
}

/// The starter hears of a failed start only when the process is gone and the name is free. A bad value cannot be returned.
#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn og15_the_process_is_gone_when_a_failed_start_returns() {
    /// Where the process of a start that failed is found.
    type Slot = Arc<Mutex<Option<Pid>>>;

    process::trap_exit(true);
    let failures: [fn() -> Init<Actor>; 6] = [
        || Init::stop(boom()),
        || Init::error("no"),
        Init::ignore,
        || panic!("as planned"),
        || exit(boom()),
        || exit(ExitReason::Normal),
    ];
    for starter in Starter::all() {
        for failure in failures {
            for _ in 0..20 {
                let slot = Slot::default();
                let its_slot = Arc::clone(&slot);
                let failed = starter
                    .start(None, move |_| {
                        *its_slot.lock().unwrap() = Some(self_pid());
                        failure()
                    })
                    .await;
                assert!(
                    !matches!(failed, Ok(_) | Err(StartError::AlreadyStarted(_))),
                    "{failed:?}"
                );
                let pid = slot.lock().unwrap().take().expect("init ran");
                assert!(!process::alive(pid));
                assert!(process::info(pid).is_none());
                assert_eq!(starter.holder(), None);
            }
        }
    }
    nothing_else().await;
}

/// So it is after a start that took too long; each start is under the same name.
#[beamish::test(start_paused)]
async fn og15_the_process_is_gone_when_a_start_took_too_long() {
    #[genserver(name = "slow")]
    struct Slow;

    #[genserver]
    impl Slow {
        #[init]
        async fn init(pid: oneshot::Sender<Pid>) -> Self {
            let _ = pid.send(self_pid());
            std::future::pending().await
        }
    }

    process::trap_exit(true);
    for round in 0..40 {
        let (pid, its_pid) = oneshot::channel();
        let start = if round % 2 == 0 {
            Slow::start(pid)
        } else {
            Slow::start_link(pid)
        };
        let failed = soon(start.timeout(ms(10))).await;
        assert!(matches!(failed, Err(StartError::Timeout)), "{failed:?}");
        assert!(process::info(its_pid.await.unwrap()).is_none());
        assert_eq!(process::whereis("slow"), None);
    }
    nothing_else().await;
}

#[beamish::test(flavor = "multi_thread", worker_threads = 2)]
async fn og50_the_name_is_free_when_a_start_that_ignored_or_stopped_returns() {
    process::trap_exit(true);
    for starter in Starter::all().filter(|starter| starter.form != Form::None) {
        for then in [|_: Actor| Init::ignore(), |_: Actor| Init::stop(boom())] {
            for _ in 0..50 {
                assert!(starter.start(None, then).await.is_err());
                assert_eq!(starter.holder(), None);
            }
        }
        let (actor, _) = starter.start(None, Init::ok).await.unwrap();
        soon(actor.stop()).await.unwrap();
        if starter.how != How::Plain {
            drop(soon(process::receive::<beamish::Info>()).await);
        }
    }
    nothing_else().await;
}
