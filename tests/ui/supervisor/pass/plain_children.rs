//! Tasks, plain processes and trees as children; a dynamic supervisor that is filled later.
#![deny(warnings)]
use beamish::prelude::*;

struct Ping(Pid);
struct Pong(u64);

async fn answer(number: u64) {
    process::register("answerer", self_pid()).ok();
    loop {
        receive! { Ping(from): Ping => send(from, Pong(number)) }
    }
}

#[genserver(restart = temporary)]
struct Session(u64);

#[genserver]
impl Session {
    #[init]
    fn init(user: u64) -> Self {
        Self(user)
    }

    #[handle_call]
    fn user(&self) -> u64 {
        self.0
    }
}

supervisor! {
    Inner(witness: Pid) {
        strategy: one_for_one,
        children: [{ let witness = *witness; Task::child(move || async move { send(witness, "ran") }) }],
    }
}

supervisor! {
    Tree(number: u64, witness: Pid) {
        strategy: one_for_one,
        children: [
            { let number = *number; process::child(move || answer(number)) } { id: "answerer" },
            {
                let witness = *witness;
                Task::child(move || async move { send(witness, 1_u8) })
            } { id: "task", restart: transient },
            Inner::start_link(*witness),
            dynamic Sessions { max_children: 2, max_restarts: 1, max_seconds: 1 } { shutdown: infinity },
        ],
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tree = Tree::start_link(42, self_pid()).await?;
    receive! { text: &'static str => assert_eq!(text, "ran") }
    receive! { number: u8 => assert_eq!(number, 1) }
    while process::whereis("answerer").is_none() {
        process::yield_now().await;
    }
    send_named("answerer", Ping(self_pid()))?;
    receive! { Pong(number): Pong => assert_eq!(number, 42) }
    for user in [1, 2] {
        let session: SessionRef = Sessions::start_child(Session::start_link(user).once()).await?;
        assert_eq!(session.user().await?, user);
    }
    assert!(Sessions::start_child(Session::start_link(3).once()).await.is_err());
    assert_eq!(Sessions::named().count_children().await?.active, 2);
    tree.stop().await?;
    assert_eq!(process::whereis("answerer"), None);
    Ok(())
}
