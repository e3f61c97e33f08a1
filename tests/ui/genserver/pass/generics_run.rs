//! Generic servers with defaults, const parameters, bounds and closures, at work.
#![deny(warnings)]
use std::collections::VecDeque;
use std::fmt::{Debug, Display};

use beamish::prelude::*;

/// The last `N` entries, as text.
#[genserver]
struct Ring<T = String, const N: usize = 2>
where
    T: Debug,
{
    last: VecDeque<T>,
}

#[genserver(message(derive(Clone, Debug)))]
impl<T, const N: usize> Ring<T, N>
where
    T: Clone + Debug + Display + Send + 'static,
    [T; N]: Debug,
{
    #[init]
    fn init() -> Self {
        Self { last: VecDeque::new() }
    }

    #[handle_cast]
    fn push(&mut self, #[into] entry: T) {
        self.last.push_back(entry);
        self.last.drain(..self.last.len().saturating_sub(N));
    }

    #[handle_call]
    fn all(&self) -> Option<[T; N]> {
        <[T; N]>::try_from(Vec::from(self.last.clone())).ok()
    }

    #[handle_call]
    async fn text(&mut self) -> String {
        self.last.iter().map(T::to_string).collect()
    }
}

/// A server around a function, as Elixir's `Agent`.
#[genserver]
struct Agent<S, F> {
    state: S,
    update: F,
}

#[genserver]
impl<S: Clone + Send + 'static, F: FnMut(&mut S, i64) + Send + 'static> Agent<S, F> {
    #[init]
    fn init(start: Box<dyn FnOnce() -> S + Send>, update: F) -> Self {
        Self { state: start(), update }
    }

    #[handle_call]
    fn update(&mut self, by: i64) -> S {
        (self.update)(&mut self.state, by);
        self.state.clone()
    }
}

#[beamish::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ring: RingRef = Ring::start_link().await?;
    for entry in ["a", "b", "c"] {
        ring.push(entry);
    }
    assert_eq!(ring.all().await?, Some(["b".to_owned(), "c".to_owned()]));
    let three = Ring::<u8, 3>::start_link().await?;
    three.push(1);
    assert_eq!(three.all().await?, None);
    assert_eq!(three.text().await?, "1");
    let agent = Agent::start_link(Box::new(|| 40), |state: &mut i64, by| *state += by).await?;
    assert_eq!(agent.update(2).await?, 42);
    Ok(())
}
