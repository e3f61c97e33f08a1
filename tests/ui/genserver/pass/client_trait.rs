//! The client's methods as a trait: a caller does not see whether it has a server or a stand-in.
#![deny(warnings, missing_docs)]
use std::sync::{Arc, Mutex};

use beamish::prelude::*;
use beamish::{BoxFuture, CallInfo, Full};

mod counter {
    use beamish::prelude::*;

    /// Counts.
    #[genserver]
    pub struct Counter<T: Send + 'static> {
        counts: Vec<(String, T)>,
    }

    #[genserver(
        client = trait,
        mailbox = bounded(8, on_full = refuse),
        message(derive(Debug, PartialEq))
    )]
    impl<T: Copy + Send + 'static> Counter<T>
    where
        T: std::ops::AddAssign,
    {
        #[init]
        fn init() -> Self {
            Self { counts: Vec::new() }
        }

        /// The count of `name`.
        #[handle_call]
        pub fn get(&self, #[into] name: String) -> Option<T> {
            let found = self.counts.iter().find(|(other, _)| *other == name);
            found.map(|(_, count)| *count)
        }

        #[handle_call]
        async fn slow(&mut self, name: String) -> Result<T, String> {
            self.get(name.clone()).ok_or(name)
        }

        #[cfg(any())]
        #[handle_call]
        pub fn never(&self) -> NoSuchType {}

        #[handle_cast]
        pub fn add(&mut self, #[into] name: String, by: T) {
            match self.counts.iter_mut().find(|(other, _)| *other == name) {
                Some((_, count)) => *count += by,
                None => self.counts.push((name, by)),
            }
        }
    }

    /// A server whose casts wait.
    #[genserver]
    pub struct Slow;

    #[genserver(client = trait, mailbox = bounded(1, on_full = wait))]
    impl Slow {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_cast]
        fn r#move(&mut self) {}
    }
}

use counter::{Counter, CounterClient, CounterMessage, Slow, SlowClient, SlowRef};

/// What is to be tested: written for any client.
async fn double(counter: &dyn CounterClient<u64>, name: &str) -> Result<u64, CallError> {
    let count = counter.get(name.to_owned()).await?.unwrap_or(0);
    if let Err(full) = counter.add(name.to_owned(), count) {
        assert!(matches!(full.into_inner(), CounterMessage::Add { .. }));
    }
    Ok(count)
}

#[derive(Default)]
struct StandIn {
    added: Mutex<Vec<u64>>,
}

impl CounterClient<u64> for StandIn {
    fn get(&self, name: String) -> BoxFuture<'_, Result<Option<u64>, CallError>> {
        Box::pin(async move {
            if name == "down" {
                let info = CallInfo::new("counter", "get", ExitReason::NoProc);
                return Err(CallError::NoProc(info.into()));
            }
            Ok(Some(21))
        })
    }

    fn slow(&self, name: String) -> BoxFuture<'_, Result<Result<u64, String>, CallError>> {
        Box::pin(async { Ok(Err(name)) })
    }

    fn add(&self, name: String, by: u64) -> Result<(), Full<CounterMessage<u64>>> {
        if name == "full" {
            return Err(Full::new(CounterMessage::Add { name, by }));
        }
        self.added.lock().map(|mut added| added.push(by)).ok();
        Ok(())
    }
}

/// In the state of another server.
struct Holder {
    counter: Arc<dyn CounterClient<u64>>,
    slow: Box<dyn SlowClient>,
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Counter::start_link().await?;
    server.add("a", 2)?;
    assert_eq!(double(&server, "a").await?, 2);
    assert_eq!(server.get("a").await?, Some(4));

    let stand_in = Arc::new(StandIn::default());
    assert_eq!(double(&*stand_in, "a").await?, 21);
    assert_eq!(double(&*stand_in, "full").await?, 21);
    assert!(matches!(double(&*stand_in, "down").await, Err(CallError::NoProc(_))));
    assert_eq!(stand_in.added.lock().map(|added| added.clone()).ok(), Some(vec![21]));

    let slow: SlowRef = Slow::start_link().await?;
    let holder = Holder {
        counter: Arc::new(server),
        slow: Box::new(slow),
    };
    holder.slow.r#move().await;
    let counter = Arc::clone(&holder.counter);
    let answer = Task::spawn(async move { counter.slow("b".to_owned()).await }).await?;
    assert_eq!(answer?, Err("b".to_owned()));
    Ok(())
}
