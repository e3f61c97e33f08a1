//! SUP-4 as decided for children that cannot be killed, since they block their thread.

use std::sync::mpsc;

use super::*;

#[genserver]
struct Blocks;

#[genserver]
impl Blocks {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn block(&mut self, reached: oneshot::Sender<()>, until: Arc<Mutex<mpsc::Receiver<()>>>) {
        // From another thread: what this one wakes could be left to it alone.
        std::thread::spawn(move || reached.send(()));
        let _ = until.lock().unwrap().recv_timeout(Duration::from_secs(30));
    }
}

/// SUP-4, SUP-3: a child that outlives its kill by five seconds is abandoned: reported as killed, its name free, and
/// the supervisor goes on.
#[beamish::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_child_that_blocks_its_thread_is_abandoned() {
    let stage = Stage::new();
    let blocks = ChildSpec::new(|| Blocks::start_link().name("blocks"))
        .id("blocks")
        .shutdown(Shutdown::BrutalKill);
    let supervisor = workers(["a"], &stage)
        .child(blocks)
        .child(Worker::spec("b", &stage));
    let supervisor = started(supervisor).await;
    let pid = pid_of(&supervisor, "blocks").await;
    let (reached, blocked) = oneshot::channel();
    let (release, until) = mpsc::channel();
    BlocksRef::try_from(pid)
        .unwrap()
        .block(reached, Arc::new(Mutex::new(until)));
    soon(blocked).await.unwrap();
    let end = process::monitored(pid);
    let stopped = tokio::time::timeout(Duration::from_secs(10), supervisor.stop()).await;
    let name = process::whereis("blocks");
    release.send(()).unwrap();
    assert!(
        stopped.is_ok(),
        "the supervisor waits for a child that cannot end"
    );
    assert_eq!(soon(end).await, ExitReason::Killed);
    assert_eq!(name, None);
    assert_eq!(stage.log(), "+a +b -b -a");
}
