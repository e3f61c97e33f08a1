//! OTP's `sys_SUITE`: what servers answer besides their own calls.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use beamish::prelude::*;
use beamish::sys::{self, Event, EventKind, SysError};
use beamish::{Call, GenServer, Handler, Next, ServerOptions, ServerRef, Start};
use tokio::time::Instant;

use crate::kit::{SECOND, counts, nothing_came, one_for_one, soon, started};
use crate::listening::Reports;
use crate::process_kit::{first, idle, known};
use crate::server_kit::{Stack, StackRef, paused};

const TRACE: &str = "beamish::trace";

async fn stack(items: impl Into<Vec<u32>>) -> StackRef {
    soon(Stack::start_link(items.into())).await.unwrap()
}

async fn log_of(stack: &StackRef) -> Vec<Event> {
    soon(sys::get_log(stack)).await.unwrap()
}

/// A call, a cast and a message that no handler takes.
async fn be_busy(stack: &StackRef) {
    stack.push(7);
    assert_eq!(soon(stack.pop()).await.unwrap(), Some(7));
    send(stack.pid().unwrap(), 0_u8);
    soon(sys::get_status(stack)).await.unwrap();
}

/// What that is to who looks at it.
fn busy() -> [Event; 6] {
    let came = |kind, message, from| Event::In {
        kind,
        message,
        contents: None,
        from,
    };
    let me = Some(self_pid());
    [
        came(EventKind::Cast, "push", None),
        Event::NoReply,
        came(EventKind::Call, "pop", me),
        Event::Out { to: me },
        came(EventKind::Info, "u8", None),
        Event::NoReply,
    ]
}

/// OY01: the last events of a server are kept in order, from the moment on at which that is switched on, until it is
/// switched off.
#[beamish::test]
async fn oy01_events_are_kept_while_that_is_on() {
    let stack = stack([]).await;
    be_busy(&stack).await;
    assert_eq!(log_of(&stack).await, []);

    soon(sys::log(&stack, 100)).await.unwrap();
    assert_eq!(log_of(&stack).await, []);
    be_busy(&stack).await;
    assert_eq!(log_of(&stack).await, busy());
    be_busy(&stack).await;
    assert_eq!(log_of(&stack).await, [busy(), busy()].concat());

    soon(sys::log(&stack, 0)).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(log_of(&stack).await, []);

    soon(sys::log(&stack, 2)).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(log_of(&stack).await, busy()[4..]);
}

/// OY02: the events are written to a file, a line each, until that is switched off.
#[beamish::test]
async fn oy02_events_are_written_to_a_file() {
    let stack = stack([]).await;
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("oy02");
    let lines = || fs::read_to_string(&path).unwrap();
    let file = File::create(&path).unwrap();
    soon(sys::log_to_file(&stack, Some(file))).await.unwrap();
    assert_eq!(lines(), "");
    be_busy(&stack).await;

    let (pid, me) = (stack.pid().unwrap(), self_pid());
    let server = format!("{pid} {}", known(pid).type_name);
    let written = [
        format!("{server} got cast push\n"),
        format!("{server} sent no answer\n"),
        format!("{server} got call pop from {me}\n"),
        format!("{server} sent an answer to {me}\n"),
        format!("{server} got info u8\n"),
        format!("{server} sent no answer\n"),
    ]
    .concat();
    assert_eq!(lines(), written);

    soon(sys::log_to_file(&stack, None)).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(lines(), written);
    fs::remove_file(&path).unwrap();
}

/// OY03: what comes in and goes out is counted from the moment on at which that is switched on; when it is off, there is
/// nothing to tell.
#[beamish::test(start_paused)]
async fn oy03_messages_are_counted_while_that_is_on() {
    let stack = stack([]).await;
    let counted = async || {
        let statistics = soon(sys::get_statistics(&stack)).await.unwrap();
        statistics.map(|all| (all.messages_in, all.messages_out, all.since.elapsed()))
    };
    be_busy(&stack).await;
    assert_eq!(counted().await, None);

    soon(sys::statistics(&stack, true)).await.unwrap();
    process::sleep(SECOND).await;
    let (came, went, since) = counted().await.unwrap();
    assert_eq!((came, went), (0, 0));
    assert_eq!(since.as_secs(), 1);
    be_busy(&stack).await;
    be_busy(&stack).await;
    let (came, went, _) = counted().await.unwrap();
    assert_eq!((came, went), (6, 2));

    soon(sys::statistics(&stack, false)).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(counted().await, None);
    soon(sys::statistics(&stack, true)).await.unwrap();
    be_busy(&stack).await;
    let (came, went, since) = counted().await.unwrap();
    assert_eq!((came, went, since.as_secs()), (3, 1, 0));
}

/// OY04: events are printed as they happen, while that is on.
#[beamish::test]
async fn oy04_events_are_printed_as_they_happen() {
    let (reports, _guard) = Reports::listen();
    let stack = stack([1]).await;
    let (pid, me) = (stack.pid().unwrap(), self_pid());
    let printed = || reports.about(TRACE, pid);
    be_busy(&stack).await;
    assert_eq!(printed(), [] as [&str; 0]);

    soon(sys::trace(&stack, true)).await.unwrap();
    assert_eq!(soon(stack.pop()).await.unwrap(), Some(1));
    soon(sys::get_status(&stack)).await.unwrap();
    let mut events = vec![
        format!("got call pop from {me}"),
        format!("sent an answer to {me}"),
    ];
    let events_are = |events: &[String]| {
        let lines = printed();
        assert_eq!(lines.len(), events.len(), "{lines:?}");
        for (line, event) in lines.iter().zip(events) {
            assert!(line.ends_with(&format!(" event={event}")), "{line}");
        }
    };
    events_are(&events);
    let told = paused(&stack).await;
    events.push("got cast pause".to_owned());
    events_are(&events);
    told.send(None).unwrap();
    soon(sys::get_status(&stack)).await.unwrap();
    events.push("sent no answer".to_owned());
    events_are(&events);

    soon(sys::trace(&stack, false)).await.unwrap();
    be_busy(&stack).await;
    events_are(&events);
}

async fn is_suspended(stack: &StackRef) -> bool {
    soon(sys::get_status(stack)).await.unwrap().is_suspended
}

/// OY05: a suspended server answers no call, but every system request, and says that it is suspended; when it goes on, it
/// handles in order what waited. To suspend it twice, or let it go on twice, does no harm.
#[beamish::test(start_paused)]
async fn oy05_suspended_server_answers_system_requests_only() {
    let stack = stack([7]).await;
    assert!(!is_suspended(&stack).await);
    for times in 1..3 {
        for _ in 0..times {
            soon(sys::suspend(&stack)).await.unwrap();
            assert!(is_suspended(&stack).await);
        }
        let began = Instant::now();
        let error = stack.pop().await.unwrap_err();
        assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
        assert_eq!(began.elapsed().as_secs(), 5);
        stack.push(1);
        stack.push(7);
        let status = soon(sys::get_status(&stack)).await.unwrap();
        assert_eq!((status.is_suspended, status.message_queue_len), (true, 3));
        let state = soon(sys::get_state(&stack)).await.unwrap();
        assert_eq!(state.items().last(), Some(&7));
        assert_eq!(state.items().len(), times);

        for _ in 0..times {
            soon(sys::resume(&stack)).await.unwrap();
            assert!(!is_suspended(&stack).await);
        }
        // The call that nobody waits for any more, then the casts.
        let state = soon(sys::get_state(&stack)).await.unwrap();
        assert_eq!(state.items().len(), times + 1);
    }
    let mut items = Vec::new();
    while let Some(item) = soon(stack.pop()).await.unwrap() {
        items.push(item);
    }
    assert_eq!(items, [7, 1, 1]);
    nothing_came();
}

/// OY05: the same for a supervisor.
#[beamish::test(start_paused)]
async fn oy05_suspended_supervisor_answers_system_requests_only() {
    let supervisor = started(one_for_one().child(Stack::child_spec(vec![]))).await;
    soon(sys::suspend(&supervisor)).await.unwrap();
    let asked = tokio::time::timeout(5 * SECOND, supervisor.count_children()).await;
    assert!(asked.is_err(), "{asked:?}");
    assert!(
        soon(sys::get_status(&supervisor))
            .await
            .unwrap()
            .is_suspended
    );
    soon(sys::resume(&supervisor)).await.unwrap();
    assert_eq!(counts(&supervisor).await, (1, 1, 0, 1));
}

/// What a function that is installed saw.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Event>>>);

impl Seen {
    fn look(&self) -> impl FnMut(&Event) + Send + use<> {
        let seen = self.clone();
        move |event| seen.0.lock().unwrap().push(event.clone())
    }

    fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// OY06: a function that is installed sees each event; a second one with the same id is not installed; one is removed by
/// its id, or all with all else that looks at the server.
#[beamish::test]
async fn oy06_installed_functions_see_each_event_until_they_are_removed() {
    let stack = stack([]).await;
    let [first, second, other, nameless] = [(); 4].map(|()| Seen::default());
    let saw = || [first.take(), second.take(), other.take(), nameless.take()];
    soon(sys::install_as(&stack, "it", first.look()))
        .await
        .unwrap();
    soon(sys::install_as(&stack, "it", second.look()))
        .await
        .unwrap();
    soon(sys::install_as(&stack, "other", other.look()))
        .await
        .unwrap();
    soon(sys::install(&stack, nameless.look())).await.unwrap();
    let (all, none) = (busy().to_vec(), Vec::new());
    be_busy(&stack).await;
    assert_eq!(saw(), [all.clone(), none.clone(), all.clone(), all.clone()]);

    soon(sys::remove(&stack, "nobody")).await.unwrap();
    soon(sys::remove(&stack, "it")).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(
        saw(),
        [none.clone(), none.clone(), all.clone(), all.clone()]
    );
    // Its id is free again.
    soon(sys::install_as(&stack, "it", second.look()))
        .await
        .unwrap();
    be_busy(&stack).await;
    assert_eq!(saw(), [none.clone(), all.clone(), all.clone(), all]);

    soon(sys::log(&stack, 10)).await.unwrap();
    soon(sys::statistics(&stack, true)).await.unwrap();
    assert!(soon(sys::get_status(&stack)).await.unwrap().is_debugged);
    soon(sys::no_debug(&stack)).await.unwrap();
    be_busy(&stack).await;
    assert_eq!(saw(), [const { Vec::new() }; 4]);
    assert_eq!(log_of(&stack).await, []);
    assert_eq!(soon(sys::get_statistics(&stack)).await.unwrap(), None);
    assert!(!soon(sys::get_status(&stack)).await.unwrap().is_debugged);
}

/// A server by hand, without the macros.
#[derive(Clone, Debug, PartialEq)]
struct Special {
    value: u32,
    tell: Pid,
}

/// The reason with which it ends.
struct Ends(ExitReason);

impl ServerOptions for Special {}

impl GenServer for Special {
    type Args = Pid;
    type Message = ();
    type Reply = u32;
    type Ref = ServerRef<Self>;

    async fn init(tell: Pid) -> Init<Self> {
        Init::ok(Self { value: 1, tell })
    }

    fn handle_now(&mut self, (): ()) -> Result<Next<Self>, ()> {
        Ok(Next::reply(self.value))
    }

    async fn terminate(&mut self, reason: &ExitReason) {
        send(self.tell, Ends(reason.clone()));
    }
}

/// OY07: a server that is written by hand lets its state be read and replaced; a function that panics changes nothing and
/// fails for who asked alone. It is ended with a reason, and its name is free then. Differs: a process that is no server
/// cannot take part.
#[beamish::test]
async fn oy07_server_by_hand_is_looked_at_changed_and_ended() {
    static VALUE: Handler = Handler::new("value");
    let special = Start::<Special>::unlinked(self_pid()).name("special");
    let special = soon(special).await.unwrap();
    let value = async || soon(Call::new(&special, &VALUE, (), Some)).await.unwrap();
    let tell = self_pid();
    let state = |value| Ok(Special { value, tell });
    assert_eq!(soon(sys::get_state(&special)).await, state(1));

    let doubled = sys::replace_state(&special, |old| Special {
        value: old.value + 1,
        ..old.clone()
    });
    assert_eq!(soon(doubled).await, state(2));
    assert_eq!(soon(sys::get_state(&special)).await, state(2));
    assert_eq!(value().await, 2);

    let failed = sys::replace_state(&special, |_| panic!("no state"));
    let failed = soon(failed).await;
    assert!(
        matches!(&failed, Err(SysError::Callback(ExitReason::Panic(info))) if info.message() == "no state"),
        "{failed:?}"
    );
    let reason = ExitReason::other("no state");
    let raised = reason.clone();
    let failed = sys::replace_state(&special, move |_| exit(raised));
    assert_eq!(soon(failed).await, Err(SysError::Callback(reason)));
    assert_eq!(soon(sys::get_state(&special)).await, state(2));
    assert_eq!(value().await, 2);

    for suspended in [false, true] {
        let special = if suspended {
            let again = Start::<Special>::unlinked(tell).name("special");
            let again = soon(again).await.unwrap();
            soon(sys::suspend(&again)).await.unwrap();
            again
        } else {
            special.clone()
        };
        let (pid, reason) = (special.pid().unwrap(), ExitReason::other("ended"));
        let end = process::monitored(pid);
        soon(sys::terminate(&special, reason.clone()))
            .await
            .unwrap();
        assert_eq!(soon(end).await, reason);
        let Ends(told) = first().await;
        assert_eq!(told, reason);
        assert_eq!(process::whereis("special"), None);
        let error = soon(sys::get_state(&special)).await.unwrap_err();
        assert_eq!(error, SysError::NoProc(pid.into()));
    }

    let plain = idle();
    let error = soon(sys::get_status(plain)).await.unwrap_err();
    assert_eq!(error, SysError::NotAServer(plain));
    nothing_came();
}
