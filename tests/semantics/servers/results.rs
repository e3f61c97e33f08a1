//! What a handler without a reply returns may be a `Result`: its error ends the server, as `NoReply::stop` does (`SRV-6`).

use std::error::Error;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

fn unless(fails: bool) -> Result<(), Refused> {
    if fails { Err(Refused) } else { Ok(()) }
}

#[genserver]
struct Fallible {
    log: Log,
}

struct Info(bool);

struct Next(bool);

#[genserver]
impl Fallible {
    #[init]
    fn init(log: Log) -> Self {
        Self { log }
    }

    #[handle_cast]
    fn cast(&mut self, fails: bool) -> Result<(), Refused> {
        unless(fails)?;
        self.log.write("cast");
        Ok(())
    }

    #[handle_cast]
    async fn awaited(&mut self, fails: bool) -> Result<NoReply<Next>, ExitReason> {
        process::yield_now().await;
        self.log.write("awaited");
        Ok(NoReply::ok().continue_with(Next(fails)))
    }

    #[handle_call]
    fn call(&mut self, fails: bool, reply: ReplyTo<u8>) -> Result<(), Refused> {
        unless(fails)?;
        reply.reply(1);
        Ok(())
    }

    #[handle_info]
    fn info(&mut self, Info(fails): Info) -> Result<(), Refused> {
        unless(fails)
    }

    #[handle_continue]
    async fn next(&mut self, Next(fails): Next) -> Result<NoReply, Refused> {
        unless(fails)?;
        self.log.write("continued");
        Ok(NoReply::ok())
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.log.write(format!("terminate: {reason}"));
    }
}

async fn ends_refused(way: impl FnOnce(&FallibleRef)) {
    let (log, mut seen) = log();
    let server = Fallible::start(log).await.unwrap();
    let mref = server.monitor();
    way(&server);
    receive! {
        Down { mref: m, reason, .. } if m == mref => {
            assert!(matches!(reason, ExitReason::Error(_)), "{reason:?}");
            assert_eq!(reason.to_string(), "refused");
        }
    }
    assert_eq!(seen.rest().last().unwrap(), "terminate: refused");
}

#[beamish::test]
async fn an_error_of_a_handler_without_a_reply_ends_the_server() {
    ends_refused(|server| server.cast(true)).await;
    ends_refused(|server| server.awaited(true)).await;
    ends_refused(|server| send(server.pid().unwrap(), Info(true))).await;
    ends_refused(|server| drop(server.call(true).send_request())).await;
}

#[beamish::test]
async fn without_an_error_the_server_goes_on() {
    let (log, mut seen) = log();
    let server = Fallible::start(log).await.unwrap();
    server.cast(false);
    server.awaited(false);
    send(server.pid().unwrap(), Info(false));
    assert_eq!(server.call(false).await.unwrap(), 1);
    assert_eq!(seen.rest(), ["cast", "awaited", "continued"]);
    let failed = server.call(true).await.unwrap_err();
    assert!(matches!(failed, CallError::Exit(_)), "{failed:?}");
}

/// An error that is none to the compiler, as `anyhow::Error` is.
struct Report(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for Report {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<Report> for Box<dyn Error + Send + Sync> {
    fn from(report: Report) -> Self {
        report.0
    }
}

/// How a callback fails.
#[derive(Clone, Copy, Debug)]
enum Fails {
    Refused,
    Call,
    Start,
    Reason,
}

impl Fails {
    async fn fail(self) -> Result<(), Box<dyn Error + Send + Sync>> {
        match self {
            Self::Refused => unless(true)?,
            Self::Call => drop(FallibleRef::to("nobody").call(false).await?),
            Self::Start => drop(Boxed::start(Some(Self::Reason)).await?),
            Self::Reason => return Err(ExitReason::shutdown_with("reason").into()),
        }
        Ok(())
    }
}

#[genserver]
struct Boxed;

#[genserver]
impl Boxed {
    #[init]
    async fn init(fails: Option<Fails>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        if let Some(fails) = fails {
            fails.fail().await?;
        }
        Ok(Self)
    }

    #[handle_cast]
    async fn boxed(&mut self, fails: Fails) -> Result<(), Box<dyn Error + Send + Sync>> {
        fails.fail().await
    }

    #[handle_cast]
    fn report(&mut self) -> Result<NoReply, Report> {
        unless(true)?;
        Ok(NoReply::ok())
    }

    #[handle_info]
    fn text(&mut self, text: &'static str) -> Result<(), &'static str> {
        Err(text)
    }

    #[handle_info]
    async fn go_on(&mut self, fails: Fails) -> NoReply<Fails> {
        NoReply::ok().continue_with(fails)
    }

    #[handle_continue]
    async fn fail(&mut self, fails: Fails) -> Result<(), Report> {
        fails.fail().await.map_err(Report)
    }
}

async fn reason_after(way: impl FnOnce(&BoxedRef)) -> ExitReason {
    let server = Boxed::start(None).await.unwrap();
    let mref = server.monitor();
    way(&server);
    receive! { Down { mref: m, reason, .. } if m == mref => reason }
}

fn is_refused(reason: &ExitReason) -> bool {
    matches!(reason, ExitReason::Error(error) if error.is::<Refused>())
}

#[beamish::test]
async fn an_error_in_a_box_ends_the_server_as_the_error_does() {
    let reason = reason_after(|server| server.boxed(Fails::Refused)).await;
    assert!(is_refused(&reason), "{reason:?}");
    let reason = reason_after(BoxedRef::report).await;
    assert!(is_refused(&reason), "{reason:?}");
    let reason = reason_after(|server| send(server.pid().unwrap(), "enough")).await;
    assert!(matches!(reason, ExitReason::Error(_)), "{reason:?}");
    assert_eq!(reason.to_string(), "enough");
    for way in [BoxedRef::boxed, |server: &BoxedRef, fails| {
        send(server.pid().unwrap(), fails);
    }] {
        let reason = reason_after(|server| way(server, Fails::Call)).await;
        let ExitReason::Call(info) = reason else {
            panic!("{reason:?}")
        };
        assert_eq!(info.operation(), "call");
        for fails in [Fails::Start, Fails::Reason] {
            let reason = reason_after(|server| way(server, fails)).await;
            let ExitReason::ShutdownWith(term) = reason else {
                panic!("{reason:?}")
            };
            assert_eq!(term.downcast_ref(), Some(&"reason"));
        }
    }
}

#[beamish::test]
async fn an_error_in_a_box_ends_a_process_as_the_error_does() {
    let reason = process::monitored(spawn(Fails::Refused.fail())).await;
    assert!(is_refused(&reason), "{reason:?}");
    let reason = process::monitored(spawn(Fails::Reason.fail())).await;
    assert!(matches!(reason, ExitReason::ShutdownWith(_)), "{reason:?}");
    let report = async { Fails::Refused.fail().await.map_err(Report) };
    let reason = process::monitored(spawn(report)).await;
    assert!(is_refused(&reason), "{reason:?}");
}

#[beamish::test]
async fn an_error_in_a_box_is_what_a_start_gives_and_a_reason_ends_it() {
    let failed = Boxed::start(Some(Fails::Refused)).await.unwrap_err();
    assert!(
        matches!(&failed, StartError::Init(error) if error.is::<Refused>()),
        "{failed:?}"
    );
    let failed = Boxed::start(Some(Fails::Reason)).await.unwrap_err();
    assert!(
        matches!(&failed, StartError::Exit(ExitReason::ShutdownWith(_))),
        "{failed:?}"
    );
}

#[test]
fn a_reason_in_a_box_is_an_error_with_the_same_words() {
    let boxed: Box<dyn Error + Send + Sync> = ExitReason::from(Refused).into();
    assert_eq!(boxed.to_string(), "refused");
    assert!(is_refused(&ExitReason::error(boxed)));
    let boxed: Box<dyn Error + Send + Sync> = ExitReason::Shutdown.into();
    assert_eq!(format!("{boxed:?}, {boxed}"), "Shutdown, shutdown");
    assert_eq!(ExitReason::error(boxed), ExitReason::Shutdown);
}
