//! Children that are computed when the tree starts, that are there or not, and that share the arguments of the start.
#![deny(warnings)]
use beamish::ChildSpec;
use beamish::prelude::*;

#[genserver]
struct Shard {
    text: String,
}

#[genserver]
impl Shard {
    #[init]
    fn init(directory: String, number: usize) -> Self {
        Self { text: format!("{directory}/{number}") }
    }

    #[handle_call]
    fn text(&self) -> String {
        self.text.clone()
    }
}

#[derive(Clone)]
struct Config {
    directory: String,
    shards: usize,
    metrics: bool,
}

impl Config {
    fn more(&self) -> Vec<ChildSpec> {
        let metrics = Shard::child_spec(self.directory.clone(), 99).id("metrics");
        if self.metrics { vec![metrics] } else { Vec::new() }
    }
}

supervisor! {
    Shards(config: Config, extra: Option<usize>) {
        strategy: rest_for_one,
        max_restarts: config.shards as u32 * 2, max_seconds: 60,
        let directory = config.directory.to_uppercase();
        let (first, last) = (0, config.shards - 1);
        children: [
            Shard::start_link(directory.clone(), *first).name("first") { id: "first" },
            ..(1..config.shards).map(|number| Shard::child_spec(config.directory.clone(), number).id(number)),
            Shard::start_link(directory.clone(), *last) { id: format!("last of {}", config.directory) },
            ..config.more(),
            ..extra.map(|number| Shard::child_spec(directory.clone(), number).id("extra")),
            ..if config.metrics { Some(Shard::child_spec("m".to_owned(), 1).id("more metrics")) } else { None },
            #[cfg(any())]
            Absent::start_link(config.absent),
            #[cfg(all())]
            { let number = config.shards; Shard::start_link(directory.clone(), number) } { id: "block" },
        ],
    }
}

async fn ids(tree: &SupervisorRef) -> Result<Vec<String>, CallError> {
    let children = tree.which_children().await?.into_iter().rev();
    Ok(children.filter_map(|child| child.id).map(|id| id.to_string()).collect())
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut config = Config { directory: "a".to_owned(), shards: 3, metrics: true };
    let tree = Shards::start_link(config.clone(), Some(7)).await?;
    let expected = ["first", "1", "2", "last of a", "metrics", "extra", "more metrics", "block"];
    assert_eq!(ids(&tree).await?, expected);
    let first = ShardRef::to("first");
    assert_eq!(first.text().await?, "A/0");
    process::kill(&first);
    first.when_up(std::time::Duration::from_secs(5)).await?;
    assert_eq!(first.text().await?, "A/0");
    tree.stop().await?;
    (config.shards, config.metrics) = (1, false);
    let tree = Shards::start_link(config, None).await?;
    assert_eq!(ids(&tree).await?, ["first", "last of a", "block"]);
    Ok(())
}
