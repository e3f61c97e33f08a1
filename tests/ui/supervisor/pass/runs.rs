//! A tree starts, lends its argument at each start, and restarts its children.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver(name = "worker")]
struct Worker(String);

#[genserver]
impl Worker {
    #[init]
    fn init(text: String) -> Self {
        Self(text)
    }

    #[handle_call]
    fn text(&self) -> String {
        self.0.clone()
    }
}

#[genserver]
struct Conn(u64);

#[genserver]
impl Conn {
    #[init]
    fn init(number: u64) -> Self {
        Self(number)
    }

    #[handle_call]
    fn number(&self) -> u64 {
        self.0
    }
}

supervisor! {
    Tree(text: String) {
        name: "tree",
        strategy: one_for_one,
        let longer = format!("{text}!");
        children: [
            Worker::start_link(longer.clone()),
            supervisor Inner {
                strategy: one_for_all,
                children: [dynamic Connections { max_children: 1 }, Conn::start_link(text.len() as u64)],
            },
            Other::start_link(),
            Another::start_link(),
        ],
    }
}

supervisor! {
    Other { strategy: one_for_one, children: [] }
}

supervisor! {
    Another { strategy: one_for_one, children: [] }
}

struct App;

#[application]
impl App {
    async fn start(text: String) -> Result<SupervisorRef, StartError> {
        Tree::start_link(text).await
    }
}

#[beamish::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = <App as Application>::start("a".to_owned()).await?;
    let worker = WorkerRef::named();
    assert_eq!(worker.text().await?, "a!");
    let old = worker.pid().ok_or("no pid")?;
    let mref = process::monitor(old);
    process::kill(old);
    receive! { Down { mref: m, .. } if m == mref => {} }
    Tree::named().count_children().await?;
    assert_eq!(worker.text().await?, "a!");
    assert_ne!(worker.pid().ok_or("no pid")?, old);
    let conn = Connections::start_child(Conn::start_link(5).once()).await?;
    assert_eq!(conn.number().await?, 5);
    assert!(
        Connections::start_child(Conn::start_link(5).once())
            .await
            .is_err()
    );
    let ids: Vec<_> = Tree::named()
        .which_children()
        .await?
        .into_iter()
        .filter_map(|child| child.id)
        .collect();
    assert_eq!(ids.len(), 4, "{ids:?}");
    drop(app);
    Ok(())
}
