//! A server's own client, and links by a client.

use super::*;

#[genserver]
struct Selfish {
    own: SelfishRef,
}

#[genserver]
impl Selfish {
    #[init]
    fn init() -> Self {
        Self {
            own: SelfishRef::this(),
        }
    }

    #[handle_call]
    fn here(&self) -> (SelfishRef, SelfishRef) {
        (self.own.clone(), Server::this())
    }

    #[handle_call]
    async fn awaited(&mut self) -> SelfishRef {
        process::yield_now().await;
        SelfishRef::this()
    }

    #[handle_call]
    fn another(&self) -> GenericRef<u8> {
        GenericRef::this()
    }

    #[handle_cast]
    fn fail(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Timeout)
    }
}

#[genserver]
struct Generic<T> {
    values: Vec<T>,
}

#[genserver]
impl<T: Send + 'static> Generic<T> {
    #[init]
    fn init() -> Self {
        Self { values: Vec::new() }
    }

    #[handle_cast]
    fn add(&mut self, value: T) {
        self.values.push(value);
    }
}

#[beamish::test]
async fn a_server_has_its_own_client() {
    let server = Selfish::start().await.unwrap();
    assert_eq!(
        server.here().await.unwrap(),
        (server.clone(), server.clone())
    );
    assert_eq!(server.awaited().await.unwrap(), server);
    let failed = server.another().await.unwrap_err().to_string();
    assert!(failed.contains("`this()` was called for a"), "{failed}");
}

#[beamish::test]
async fn code_that_is_no_server_has_no_client() {
    let (_, mref) = spawn_monitor(async { drop(SelfishRef::this()) });
    receive! {
        Down { mref: m, reason, .. } if m == mref => assert!(matches!(reason, ExitReason::Panic(_)))
    }
    let thread = std::thread::spawn(SelfishRef::this);
    assert!(thread.join().is_err());
}

#[beamish::test]
async fn a_client_links_and_unlinks() {
    process::trap_exit(true);
    let ended = async |server: &SelfishRef| {
        let mref = server.monitor();
        server.fail();
        receive! { Down { mref: m, .. } if m == mref => {} }
    };
    let server = Selfish::start().await.unwrap();
    server.link();
    ended(&server).await;
    let exit = process::receive::<Exit>().await;
    assert_eq!(
        (Some(exit.from), exit.reason),
        (server.pid(), ExitReason::Timeout)
    );
    server.link();
    let exit = process::receive::<Exit>().await;
    assert_eq!(
        (Some(exit.from), exit.reason),
        (server.pid(), ExitReason::NoProc)
    );
    let server = Selfish::start().name("selfish").await.unwrap();
    SelfishRef::to("selfish").link();
    SelfishRef::to("selfish").unlink();
    ended(&server).await;
    assert_mailbox_empty().await;
}

#[beamish::test]
async fn a_link_with_nobody_is_a_link_with_a_dead_process() {
    process::trap_exit(true);
    SelfishRef::to("nobody").unlink();
    SelfishRef::to("nobody").link();
    let exit = process::receive::<Exit>().await;
    assert_eq!((exit.from, exit.reason), (self_pid(), ExitReason::NoProc));
    let (_, mref) = spawn_monitor(async {
        SelfishRef::to("nobody").link();
        std::future::pending::<()>().await;
    });
    receive! { Down { mref: m, reason, .. } if m == mref => assert_eq!(reason, ExitReason::NoProc) }
}
