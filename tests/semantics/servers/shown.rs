//! What a server shows of itself to those who look at it from outside.

use beamish::sys::{self, Event};

use super::*;

/// Shows its state and its messages; `Debug` of a hidden one panics.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    This(u8),
    Hidden(Hidden),
}

#[derive(Clone, PartialEq)]
struct Hidden;

impl std::fmt::Debug for Hidden {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("on purpose")
    }
}

#[genserver(debug)]
#[derive(Debug)]
struct Showing {
    shown: Shown,
}

#[genserver(debug)]
impl Showing {
    #[init]
    fn init(shown: Shown) -> Self {
        Self { shown }
    }

    #[handle_call]
    fn swap(&mut self, shown: Shown) -> Shown {
        std::mem::replace(&mut self.shown, shown)
    }

    #[handle_cast]
    fn set(&mut self, shown: Shown) {
        self.shown = shown;
    }

    /// Ends as told, with another state.
    #[handle_cast]
    fn end(&mut self, shown: Shown, reason: Option<ExitReason>) -> NoReply {
        self.shown = shown;
        match reason {
            Some(reason) => NoReply::stop(reason),
            None => panic!("on purpose"),
        }
    }
}

/// SYS-4: the status has the state as text, as it is then, if the server shows it.
#[beamish::test]
async fn status_has_the_state_where_the_server_shows_it() {
    let server = Showing::start_link(Shown::This(1)).await.unwrap();
    let state = async || sys::get_status(&server).await.unwrap().state;
    assert_eq!(state().await.as_deref(), Some("Showing { shown: This(1) }"));
    server.set(Shown::This(2));
    assert_eq!(state().await.as_deref(), Some("Showing { shown: This(2) }"));
    sys::suspend(&server).await.unwrap();
    assert_eq!(state().await.as_deref(), Some("Showing { shown: This(2) }"));
    sys::resume(&server).await.unwrap();
    server.set(Shown::Hidden(Hidden));
    assert_eq!(state().await, None);
    assert_eq!(
        server.swap(Shown::This(3)).await.unwrap(),
        Shown::Hidden(Hidden)
    );
    let (machine, _seen) = plain_machine().await;
    assert_eq!(sys::get_status(&machine).await.unwrap().state, None);
}

/// SRV-7: the report of a crash has the state as the crash left it, if the server shows it; an ordered end reports nothing.
#[beamish::test]
async fn report_of_a_crash_has_the_state_where_the_server_shows_it() {
    let (reports, _listening) = Reports::listen();
    let state = "Showing { shown: This(2) }";
    for (shown, reason, told) in [
        (Shown::This(2), None, true),
        (Shown::This(2), Some(ExitReason::other("abnormal")), true),
        (Shown::Hidden(Hidden), None, false),
    ] {
        let server = Showing::start(Shown::This(1)).await.unwrap();
        let pid = server.pid().unwrap();
        let end = process::monitored(pid);
        server.end(shown, reason);
        end.await;
        let crashes = reports.crashes(pid);
        assert_eq!(crashes.len(), 1);
        let found = crashes[0].contains(&format!(" state={state:?} "));
        let any = crashes[0].contains(" state=");
        assert_eq!((found, any), (told, told), "{crashes:?}");
    }
    let (machine, _seen) = plain_machine().await;
    let pid = machine.pid().unwrap();
    let end = process::monitored(pid);
    let _ = Via::Call.send(&machine, Act::Panic).await;
    end.await;
    assert!(!reports.crashes(pid)[0].contains(" state="));
}

/// SYS-4: of a server that shows its messages the events tell what they hold.
#[beamish::test]
async fn events_have_the_contents_where_the_server_shows_them() {
    let server = Showing::start_link(Shown::This(1)).await.unwrap();
    sys::log(&server, 100).await.unwrap();
    server.swap(Shown::This(2)).await.unwrap();
    server.set(Shown::Hidden(Hidden));
    send(server.pid().unwrap(), "text");
    let me = self_pid();
    let log = sys::get_log(&server).await.unwrap();
    let came = log.iter().filter(|event| matches!(event, Event::In { .. }));
    let texts: Vec<_> = came.map(Event::to_string).collect();
    let swapped = format!("got call Swap {{ shown: This(2) }} from {me}");
    assert_eq!(texts, [&*swapped, "got cast set", "got info &str"]);
    let Event::In {
        message, contents, ..
    } = &log[0]
    else {
        panic!("{:?}", log[0])
    };
    assert_eq!(
        (*message, contents.as_deref()),
        ("swap", Some("Swap { shown: This(2) }"))
    );
}
