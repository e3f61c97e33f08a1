//! Arguments and `let` lines in all their forms, used by several children, in options and in nested trees.
#![deny(warnings)]
use std::sync::Arc;

use beamish::prelude::*;

#[genserver]
struct Worker(String);

#[genserver]
impl Worker {
    #[init]
    fn init(number: u64, shared: Arc<str>, #[into] name: String) -> Self {
        Self(format!("{number} {shared} {name}"))
    }

    #[handle_call]
    fn text(&self) -> String {
        self.0.clone()
    }
}

const ID: &str = "id";
const LIMIT: usize = 3;
static NAME: &str = "tree";

struct Names;

impl Names {
    const TREE: &'static str = "inner";
}

supervisor! {
    pub Tree(mut number: u64, shared: Arc<str>, names: Vec<String>,) {
        name: NAME,
        strategy: one_for_one,
        let names: Vec<String> = names.into_iter().rev().collect();
        let Some(first) = names.first().cloned() else { panic!("no name") };
        let number = { number += 1; number };
        children: [
            Worker::start_link(*number, shared.clone(), first.as_str()).name("one") { id: ID },
            Worker::start_link(*number, Arc::clone(shared), first).name("two") { id: number + 1 },
            supervisor Inner {
                name: Names::TREE,
                strategy: one_for_one,
                children: [
                    Worker::start_link(number + 1, shared.clone(), names.concat()).name("three"),
                    dynamic Pool { max_children: LIMIT, name: "pool" },
                ],
            },
        ],
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let names = ["a", "b"].map(str::to_owned).to_vec();
    let tree = Tree::start_link(1, "s".into(), names).await?;
    assert_eq!(tree.count_children().await?.active, 3);
    for (name, text) in [("one", "2 s b"), ("two", "2 s b"), ("three", "3 s ba")] {
        assert_eq!(WorkerRef::to(name).text().await?, text);
    }
    Ok(())
}
