//! What a handler without a reply returns may be a `Result`: its error ends the server, as `NoReply::stop` does (`SRV-6`).

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
