//! A session with an observer, without a terminal: carries out what the state decides, and brings what comes of it.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::app::{App, Effect, Input};
use crate::client::Client;
use crate::error::RequestError;

/// How often time is looked at.
const TICK: Duration = Duration::from_millis(250);
/// How much may wait to be shown; who is not shown in time waits, and the observer with it.
const INBOX: usize = 64;

/// The state and the connections with the observer. Dropping it ends them.
#[derive(Debug)]
pub struct Session {
    app: App,
    client: Arc<Client>,
    sender: mpsc::Sender<Input>,
    inbox: mpsc::Receiver<Input>,
    tasks: JoinSet<()>,
    stream: Option<AbortHandle>,
    ticks: Interval,
}

impl Session {
    /// A session, which connects at once, for a terminal of `size` columns and rows.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(client: Client, colours: bool, size: (u16, u16)) -> Self {
        let app = App::new(client.address(), colours, size, Instant::now());
        let (sender, inbox) = mpsc::channel(INBOX);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let tasks = JoinSet::new();
        let client = Arc::new(client);
        let mut session = Self {
            app,
            client,
            sender,
            inbox,
            tasks,
            stream: None,
            ticks,
        };
        for effect in session.app.start() {
            session.perform(effect);
        }
        session
    }

    /// The state, to be drawn.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// What comes in next from the observer, or the next look at the time.
    ///
    /// # Panics
    /// If a task of the session did.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing that came in is lost.
    pub async fn next(&mut self) -> Input {
        loop {
            tokio::select! {
                // A panic gave the terminal back: nothing is drawn any more.
                biased;
                Some(ended) = self.tasks.join_next() => {
                    if let Err(error) = ended
                        && error.is_panic()
                    {
                        resume_unwind(error.into_panic());
                    }
                }
                Some(input) = self.inbox.recv() => return input,
                _ = self.ticks.tick() => return Input::Tick,
            }
        }
    }

    /// Takes what came in; breaks if it was the wish to end.
    pub fn take(&mut self, input: Input) -> ControlFlow<()> {
        for effect in self.app.update(Instant::now(), input) {
            if effect == Effect::Quit {
                return ControlFlow::Break(());
            }
            self.perform(effect);
        }
        ControlFlow::Continue(())
    }

    fn perform(&mut self, effect: Effect) {
        let (client, sender) = (Arc::clone(&self.client), self.sender.clone());
        match effect {
            Effect::Ask(request) => {
                self.tasks.spawn(async move {
                    let answer = client.ask(&request).await;
                    // Nobody takes it if the session ended.
                    let _ = sender.send(Input::Answered(request, answer)).await;
                });
            }
            Effect::Connect { last } => {
                if let Some(before) = self.stream.take() {
                    before.abort();
                }
                let stream = self.tasks.spawn(async move {
                    let error = follow(&client, last, &sender).await;
                    let _ = sender.send(Input::Lost(error)).await;
                });
                self.stream = Some(stream);
            }
            Effect::Quit => {}
        }
    }
}

/// Brings what the stream tells, until it ends; why it did.
async fn follow(client: &Client, last: Option<u64>, sender: &mpsc::Sender<Input>) -> RequestError {
    let mut stream = match client.stream(last).await {
        Ok(stream) => stream,
        Err(error) => return error,
    };
    loop {
        match stream.next().await {
            Ok(told) => {
                // Without a session this task is aborted.
                let _ = sender.send(Input::Told(told)).await;
            }
            Err(error) => return error,
        }
    }
}
