//! Handlers with the names of the client's own methods and of the trait's: the client calls the handlers.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver(name = "phone")]
struct Phone {
    calls: u64,
}

#[genserver(client = trait)]
impl Phone {
    #[init]
    fn init() -> Self {
        Self { calls: 0 }
    }

    #[handle_call]
    fn call(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    #[handle_call]
    fn start(&self) -> &'static str {
        "start"
    }

    #[handle_cast]
    fn stop(&mut self) {
        self.calls = 0;
    }

    #[handle_call]
    fn pid(&self) -> Pid {
        self_pid()
    }

    #[handle_cast]
    fn link(&mut self, to: u64) {
        self.calls += to;
    }

    #[handle_call]
    async fn this(&self) -> &'static str {
        "this"
    }

    #[handle_call]
    fn clone(&self) -> u64 {
        self.calls
    }

    #[handle_call]
    async fn handle(&mut self) -> &'static str {
        "handle"
    }

    #[handle_call]
    fn handle_now(&self, cast: u64, server_ref: u64, server: u64) -> u64 {
        cast + server_ref + server
    }

    #[handle_call]
    fn message_name(&self) -> &'static str {
        "message_name"
    }

    #[handle_call]
    fn server_ref(&self) -> &'static str {
        "server_ref"
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let phone = Phone::start_link().await?;
    assert_eq!(phone.call().await?, 1);
    phone.link(40);
    assert_eq!(phone.clone().await?, 41);
    assert_eq!(phone.start().await?, "start");
    phone.stop();
    assert_eq!(phone.call().await?, 1);
    assert_eq!(phone.this().await?, "this");
    assert_eq!(phone.handle().await?, "handle");
    assert_eq!(phone.handle_now(1, 2, 3).await?, 6);
    assert_eq!(phone.message_name().await?, "message_name");
    assert_eq!(phone.server_ref().await?, "server_ref");
    // The client's own are the trait's.
    let pid = phone.pid().await?;
    assert_eq!(Server::pid(&phone), Some(pid));
    let same = Clone::clone(&phone);
    assert_eq!(same, phone);
    Server::stop(&same).await?;
    assert_eq!(Server::pid(&PhoneRef::named()), None);
    Ok(())
}
