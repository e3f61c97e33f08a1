//! What is found by its number: all living processes of all nodes by pid, and who has an alias.
//!
//! The numbers are counted up. So entries stand in blocks of [`BLOCK`] numbers that follow each other, which those
//! that are made or go one after the other share; the next block is in the next shard. A block goes when it is empty,
//! unless it is the newest of its shard: that one will be filled. What outlives its neighbours holds their places
//! too: at worst 144 bytes.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::few::Numbered;
use crate::process::control::ProcessRef;
use crate::sync::Mutex;
use crate::{Alias, Pid};

const SHARDS: u64 = 64;
const BLOCK: u64 = 8;

struct Block<V> {
    entries: [Option<V>; BLOCK as usize],
    used: usize,
}

impl<V> Block<V> {
    fn empty() -> Box<Self> {
        Box::new(Self {
            entries: [const { None }; BLOCK as usize],
            used: 0,
        })
    }
}

struct Shard<V> {
    blocks: Numbered<u64, Box<Block<V>>>,
    /// The newest block.
    newest: u64,
    len: usize,
}

/// Where an entry stands in its shard.
#[derive(Clone, Copy)]
struct Place {
    block: u64,
    /// Below [`BLOCK`].
    at: usize,
}

impl<V> Shard<V> {
    const fn new() -> Self {
        Self {
            blocks: HashMap::with_hasher(BuildHasherDefault::new()),
            newest: 0,
            len: 0,
        }
    }

    /// Gives out what stood there.
    fn insert(&mut self, Place { block, at }: Place, value: V) -> Option<V> {
        if block > self.newest {
            self.leave(self.newest);
            self.newest = block;
        }
        let block = self.blocks.entry(block).or_insert_with(Block::empty);
        let before = block.entries[at].replace(value);
        let added = usize::from(before.is_none());
        block.used += added;
        self.len += added;
        before
    }

    fn remove(&mut self, Place { block, at }: Place) -> Option<V> {
        let entries = self.blocks.get_mut(&block)?;
        let removed = entries.entries[at].take()?;
        entries.used -= 1;
        self.len -= 1;
        if entries.used == 0 && block != self.newest {
            self.blocks.remove(&block);
        }
        Some(removed)
    }

    /// Lets a block go if it is empty.
    fn leave(&mut self, block: u64) {
        if self.blocks.get(&block).is_some_and(|block| block.used == 0) {
            self.blocks.remove(&block);
        }
    }

    fn get(&self, Place { block, at }: Place) -> Option<&V> {
        self.blocks.get(&block)?.entries[at].as_ref()
    }

    fn values(&self) -> impl Iterator<Item = &V> {
        let blocks = self.blocks.values();
        blocks.flat_map(|block| block.entries.iter().flatten())
    }
}

/// A map by numbers that many threads use at once.
struct Table<V>([Mutex<Shard<V>>; SHARDS as usize]);

impl<V: Clone> Table<V> {
    const fn new() -> Self {
        Self([const { Mutex::new(Shard::new()) }; SHARDS as usize])
    }

    fn place(&self, number: u64) -> (&Mutex<Shard<V>>, Place) {
        let block = number / BLOCK;
        let place = Place {
            block: block / SHARDS,
            at: (number % BLOCK) as usize,
        };
        // In bounds: a remainder of SHARDS.
        (&self.0[(block % SHARDS) as usize], place)
    }

    fn insert(&self, number: u64, value: V) {
        let (shard, place) = self.place(number);
        // Bound, so that what it owns is dropped outside of the lock.
        let _before = shard.lock().insert(place, value);
    }

    fn remove(&self, number: u64) {
        let (shard, place) = self.place(number);
        let _value = shard.lock().remove(place);
    }

    fn find(&self, number: u64) -> Option<V> {
        let (shard, place) = self.place(number);
        shard.lock().get(place).cloned()
    }

    fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().len).sum()
    }

    fn all(&self) -> Vec<V> {
        let shards = self.0.iter();
        shards
            .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
            .collect()
    }
}

/// A walk over all entries that holds a lock only to take a few of them.
pub(crate) struct Walk {
    shard: usize,
    /// The blocks of the shard that were not looked at yet.
    blocks: Vec<u64>,
    taken: Vec<ProcessRef>,
}

/// How many blocks a [`Walk`] looks at under one lock.
const STEP: usize = 8;

impl Walk {
    pub(crate) const fn new() -> Self {
        Self {
            shard: 0,
            blocks: Vec::new(),
            taken: Vec::new(),
        }
    }

    pub(crate) fn next(&mut self) -> Option<ProcessRef> {
        self.next_of(&PROCESSES)
    }

    fn next_of(&mut self, table: &Table<ProcessRef>) -> Option<ProcessRef> {
        loop {
            if let Some(process) = self.taken.pop() {
                return Some(process);
            }
            if self.blocks.is_empty() {
                let shard = table.0.get(self.shard)?.lock();
                self.blocks.extend(shard.blocks.keys());
                drop(shard);
                self.shard += 1;
            }
            // The shard that `blocks` is of.
            let shard = table.0.get(self.shard - 1)?.lock();
            let left = self.blocks.len().saturating_sub(STEP);
            for block in self.blocks.drain(left..) {
                let entries = shard.blocks.get(&block).map(|block| &block.entries);
                self.taken
                    .extend(entries.into_iter().flatten().flatten().cloned());
            }
        }
    }
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk")
            .field("shard", &self.shard)
            .finish_non_exhaustive()
    }
}

static PROCESSES: Table<ProcessRef> = Table::new();
static ALIASES: Table<Pid> = Table::new();

/// How many processes there are.
pub(crate) fn len() -> usize {
    PROCESSES.len()
}

pub(crate) fn insert(process: ProcessRef) {
    PROCESSES.insert(process.head().pid.to_bits(), process);
}

pub(crate) fn remove(pid: Pid) {
    PROCESSES.remove(pid.to_bits());
}

pub(crate) fn find(pid: Pid) -> Option<ProcessRef> {
    PROCESSES.find(pid.to_bits())
}

pub(crate) fn insert_alias(alias: Alias, owner: Pid) {
    ALIASES.insert(alias.to_bits(), owner);
}

pub(crate) fn remove_alias(alias: Alias) {
    ALIASES.remove(alias.to_bits());
}

/// Who has an alias, if it is active.
pub(crate) fn alias_owner(alias: Alias) -> Option<Pid> {
    ALIASES.find(alias.to_bits())
}

/// Every process, oldest first.
pub(crate) fn all() -> Vec<ProcessRef> {
    let mut all = PROCESSES.all();
    all.sort_unstable_by_key(|process| process.head().pid);
    all
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::few::chance;

    /// What a `HashMap` does, with numbers that come in order and go in any.
    #[test]
    fn it_is_a_map() {
        let table = Table::new();
        let (mut map, mut numbers) = (HashMap::new(), VecDeque::new());
        let mut below = chance();
        for number in 0..40_000 {
            table.insert(number, number * 2);
            map.insert(number, number * 2);
            numbers.push_back(number);
            // More come than go, then the other way round.
            for _ in 0..below(if number < 20_000 { 3 } else { 4 }) {
                let at = below(numbers.len().max(1) as u64) as usize;
                let Some(gone) = numbers.swap_remove_back(at) else {
                    break;
                };
                table.remove(gone);
                map.remove(&gone);
                assert_eq!(table.find(gone), None);
            }
            assert_eq!(table.len(), map.len());
        }
        let mut all = table.all();
        all.sort_unstable();
        let mut expected: Vec<_> = map.values().copied().collect();
        expected.sort_unstable();
        assert_eq!(all, expected);
        for (number, value) in map {
            assert_eq!(table.find(number), Some(value));
            table.remove(number);
        }
        let blocks: usize = table.0.iter().map(|shard| shard.lock().blocks.len()).sum();
        assert!(
            blocks <= SHARDS as usize,
            "only the newest may be left: {blocks}"
        );
    }
}
