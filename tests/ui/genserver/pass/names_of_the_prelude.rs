//! Types, handlers and parameters of one's own with the names that the prelude and the expansion have.
#![deny(warnings)]
use beamish::prelude::*;

struct Info {
    text: String,
}

struct Timeout(u64);

#[genserver]
struct Caller {
    message: String,
}

#[genserver(client = trait)]
impl Caller {
    #[init]
    fn init() -> Self {
        Self { message: String::new() }
    }

    #[handle_info]
    fn info(&mut self, info: Info) {
        self.message = info.text;
    }

    #[handle_call]
    fn option(&self, none: Option<()>, some: u64, ok: u64, err: u64) -> Result<u64, ()> {
        none.map_or(Ok(some + ok + err), |()| Err(()))
    }

    #[handle_call]
    async fn next(&mut self, next: Timeout, this: u64, cast: u64, server: u64) -> u64 {
        next.0 + this + cast + server
    }

    #[handle_call]
    fn message(&self) -> String {
        self.message.clone()
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let caller = Caller::start_link().await?;
    send(caller.pid().ok_or("no pid")?, Info { text: "a".to_owned() });
    assert_eq!(caller.message().await?, "a");
    assert_eq!(caller.next(Timeout(1), 2, 3, 4).await?, 10);
    assert_eq!(caller.option(None, 1, 2, 3).await?, Ok(6));
    send(self_pid(), Info { text: "b".to_owned() });
    let text = receive! { Info { text } => text };
    assert_eq!(text, "b");
    Ok(())
}
