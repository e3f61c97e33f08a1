use beamish::prelude::*;

enum Message {
    Ping(u64),
}

async fn wait() -> u64 {
    receive! {
        Message::Ping(x) => x,
    }
}

fn main() {
    drop(wait());
}
