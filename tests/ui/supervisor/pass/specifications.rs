//! A child may be a specification in whatever form: with options, in a block, from either branch. Trees in a function.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver]
struct Worker(u64);

#[genserver]
impl Worker {
    #[init]
    fn init(number: u64) -> Self {
        Self(number)
    }

    #[handle_call]
    fn number(&self) -> u64 {
        self.0
    }
}

mod one {
    beamish::supervisor! { pub(super) Tree { strategy: one_for_one, children: [dynamic Pool {}] } }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    supervisor! {
        Tree(is_large: bool, witness: Pid) {
            strategy: one_for_one,
            let count = if is_large { 10 } else { 1 };
            children: [
                Worker::child_spec(1).id("with an option"),
                if *is_large { Worker::child_spec(*count) } else { Worker::child_spec(0).id("small") } { id: "branch" },
                match count { 1 => Worker::child_spec(2), _ => Task::child(async || {}) } { id: "arm" },
                {
                    let witness = *witness;
                    Task::child(move || async move { send(witness, "ran") })
                },
                if *is_large { Worker::start_link(*count) } else { Worker::start_link(3).name("three") } { id: "start" },
                if *is_large { Worker::child_spec(5) } else { Worker::start_link(5).name("five").once() } { id: "once" },
                match count {
                    1 => Worker::start_link(6).name("six").once(),
                    2 => { one::Tree::start_link().once() }
                    _ => Task::child(async || {}).id("no worker"),
                } { id: "any form" },
                one::Tree::start_link() { id: "one" },
                dynamic Pool {},
            ],
        }
    }
    let tree = Tree::start_link(false, self_pid()).await?;
    receive! { text: &'static str => assert_eq!(text, "ran") }
    let three: WorkerRef = WorkerRef::to("three");
    assert_eq!(three.number().await?, 3);
    assert_eq!(WorkerRef::to("five").number().await?, 5);
    assert_eq!(WorkerRef::to("six").number().await?, 6);
    // Each pool has the name of its module, or of its function.
    let worker = Pool::start_child(Worker::start_link(4).once()).await?;
    assert_eq!(worker.number().await?, 4);
    assert_eq!(Pool::named().count_children().await?.active, 1);
    assert_eq!(one::Pool::named().count_children().await?.active, 0);
    assert_eq!(tree.count_children().await?.supervisors, 2);
    Ok(())
}
