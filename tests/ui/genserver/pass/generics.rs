//! Type and const parameters, defaults, bounds and where clauses.
use std::collections::HashMap;
use std::hash::Hash;

use beamish::prelude::*;

#[genserver]
pub struct Cache<K, V = i64, const N: usize = 4> {
    entries: HashMap<K, [V; N]>,
}

#[genserver]
impl<K: Eq + Hash, V, const N: usize> Cache<K, V, N>
where
    K: Send + 'static,
    V: Copy + Send + 'static,
{
    #[init]
    fn init(entries: HashMap<K, [V; N]>) -> Self {
        Self { entries }
    }

    #[handle_call]
    fn fetch(&self, key: K) -> Option<[V; N]> {
        self.entries.get(&key).copied()
    }

    #[handle_call]
    async fn count(&mut self) -> usize {
        self.entries.len()
    }

    #[handle_cast]
    fn merge(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }
}

/// Only a phantom uses the parameter in the messages.
#[genserver]
struct Unused<T>(Vec<T>);

#[genserver]
impl<T: Send + 'static> Unused<T> {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A block for one argument alone.
#[genserver]
struct Only<T>(T);

#[genserver]
impl Only<u8> {
    #[init]
    fn init() -> Self {
        Self(1)
    }

    #[handle_call]
    fn get(&self) -> u8 {
        self.0
    }
}

async fn client() -> Result<(), Box<dyn std::error::Error>> {
    let cache: CacheRef<String> = Cache::start(HashMap::new()).await?;
    let _: Option<[i64; 4]> = cache.fetch("a".to_owned()).await?;
    let _: usize = Unused::<u8>::start().await?.len().await?;
    let _: u8 = Only::start().await?.get().await?;
    Ok(())
}

fn main() {
    drop(client());
}
