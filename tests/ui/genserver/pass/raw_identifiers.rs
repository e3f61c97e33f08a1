//! Names that are keywords, and names that meet ours.
use beamish::prelude::*;

#[genserver]
struct r#Loop;

#[genserver]
impl r#Loop {
    #[init]
    fn init(r#type: u64) -> Self {
        let _ = r#type;
        Self
    }

    #[handle_call]
    fn r#match(&self, r#in: u64) -> u64 {
        r#in
    }

    #[handle_call]
    async fn r#await(
        &mut self,
        message: u64,
        caller: u64,
        reply: u64,
        info: u64,
        value: u64,
    ) -> u64 {
        message + caller + reply + info + value
    }

    #[handle_cast]
    fn stop(&mut self) {}

    #[handle_cast]
    fn self_(&mut self) {}
}

async fn client(server: LoopRef) -> Result<u64, CallError> {
    server.stop();
    server.self_();
    server.r#await(1, 2, 3, 4, 5).await?;
    let _ = LoopMessage::Match { r#in: 1 };
    server.r#match(1).await
}

fn main() {
    drop(client(LoopRef::to("a")));
    drop(r#Loop::start(1));
}
