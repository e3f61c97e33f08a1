//! Nested trees that end themselves when their significant children have, and the tree above them.
#![deny(warnings)]
use beamish::prelude::*;

#[genserver(restart = temporary)]
struct Job;

#[genserver]
impl Job {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn finish(&mut self) -> NoReply {
        NoReply::stop(ExitReason::Normal)
    }
}

#[genserver(significant, restart = transient)]
struct Leader;

#[genserver]
impl Leader {
    #[init]
    fn init() -> Self {
        Self
    }
}

supervisor! {
    Jobs {
        name: "jobs",
        strategy: one_for_one,
        auto_shutdown: any_significant,
        children: [
            supervisor Batch {
                name: "batch",
                strategy: one_for_all,
                auto_shutdown: all_significant,
                children: [
                    Job::start_link().name("first") { id: 1, significant: true },
                    Job::start_link().name("second") { id: 2, significant: true },
                    Job::start_link().name("third") { id: 3 },
                ],
            } { restart: temporary, significant: true },
            supervisor Led {
                strategy: rest_for_one,
                auto_shutdown: any_significant,
                children: [Leader::start_link()],
            } { restart: transient },
        ],
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let jobs = Jobs::start().await?;
    let batch = process::whereis("batch").ok_or("no batch")?;
    JobRef::to("first").finish();
    process::monitored(&JobRef::to("first")).await;
    assert!(process::alive(batch));
    JobRef::to("second").finish();
    assert!(process::monitored(batch).await.is_shutdown());
    assert!(matches!(process::monitored(&jobs).await, ExitReason::Shutdown));
    assert_eq!(process::whereis("third"), None);
    Ok(())
}
