//! A queue of jobs: so many run at a time, each in a process of its own, and are tried again when they fail.

use std::collections::{HashSet, VecDeque};
use std::error::Error;
use std::time::Duration;

use beamish::prelude::*;

/// What is done, at each attempt once more.
pub type Job = Box<dyn FnMut() -> Result<(), Box<dyn Error>> + Send>;

/// Does one job.
#[genserver]
pub struct Worker {
    job: Job,
    attempts_left: i32,
}

struct Run;

#[genserver]
impl Worker {
    #[init]
    fn init(job: Job, attempts_left: i32) -> Self {
        send(self_pid(), Run);
        Self { job, attempts_left }
    }

    #[handle_info]
    fn run(&mut self, _: Run) -> NoReply {
        if self.attempts_left == 0 || (self.job)().is_ok() {
            return NoReply::stop(ExitReason::Normal);
        }
        process::send_after(self_pid(), Run, backoff(self.attempts_left));
        self.attempts_left -= 1;
        NoReply::ok()
    }
}

/// 100 ms before the third last attempt, and twice as long before each that follows.
fn backoff(attempts_left: i32) -> Duration {
    Duration::from_millis(100).mul_f64(2f64.powi(3 - attempts_left))
}

#[genserver(name = "JobQueue")]
pub struct JobQueue {
    queue: VecDeque<(Job, i32)>,
    running: HashSet<MonitorRef>,
    max_concurrency: usize,
}

#[genserver]
impl JobQueue {
    #[init]
    fn init(max_concurrency: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            running: HashSet::new(),
            max_concurrency,
        }
    }

    #[handle_cast]
    pub async fn enqueue(&mut self, job: Job, attempts: i32) {
        self.queue.push_back((job, attempts));
        self.start_next().await;
    }

    #[handle_info]
    async fn down(&mut self, Down { mref, .. }: Down) {
        self.running.remove(&mref);
        self.start_next().await;
    }

    async fn start_next(&mut self) {
        while self.running.len() < self.max_concurrency
            && let Some((job, attempts)) = self.queue.pop_front()
        {
            let worker = Workers::start_child(Worker::start_link(job, attempts).once()).await;
            let worker = worker.expect("nothing refuses it");
            self.running.insert(worker.monitor());
        }
    }
}

supervisor! {
    /// The workers, and the queue that starts them.
    pub JobSupervisor {
        strategy: one_for_one,
        children: [dynamic Workers {}, JobQueue::start_link(4)],
    }
}
