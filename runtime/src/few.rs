//! Maps by numbers that are counted up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::iter::{Chain, FilterMap};
use std::{mem, option, vec};

/// Sixteen numbers that follow each other stand side by side, as they are made and as they often go: a map of a million does
/// not fit into a cache. The map looks at the lower bits for the place, and at the uppermost to tell apart what stands there.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let spread = (number >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // The lower bits of a product know nothing of the upper ones of the number: numbers in even steps would meet.
        let spread = spread.rotate_left(26);
        let beside = number & 15;
        self.0 ^= (spread << 4) ^ beside ^ (beside << 57);
    }
}

/// A map by numbers.
pub(crate) type Numbered<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// What a map by numbers has as its keys: each new one is greater than those that were made before.
pub(crate) trait Number: Copy + Ord + Hash {
    fn number(self) -> u64;
}

#[cfg(test)]
impl Number for u64 {
    fn number(self) -> u64 {
        self
    }
}

/// A map by numbers that mostly holds nothing or one entry, and then takes no memory of its own.
#[derive(Debug, Default)]
pub(crate) enum Few<K, V> {
    #[default]
    None,
    One(K, V),
    /// Two or more; after removals, one. In a box, since it is hardly ever there and bigger than the others.
    Many(Box<Many<K, V>>),
}

/// Entries in the order of their keys, as they mostly come; an entry that was removed leaves a gap.
#[derive(Debug)]
pub(crate) struct Many<K, V> {
    line: Vec<(K, Option<V>)>,
    /// How many entries of `line` are no gaps.
    used: usize,
    /// What came too late for the line: most of it would have had to move. No key of the line is here.
    late: Option<Box<Numbered<K, V>>>,
}

/// So far from its end an entry may still be put into the line.
const LATE: usize = 16;

/// Below so many places a map keeps them.
const PLACES: usize = 64;

impl<K: Number, V> Many<K, V> {
    fn new(entries: [(K, V); 2]) -> Self {
        let mut line = Vec::with_capacity(8);
        line.extend(entries.map(|(key, value)| (key, Some(value))));
        line.sort_unstable_by_key(|(key, _)| *key);
        Self {
            line,
            used: 2,
            late: None,
        }
    }

    /// Where a key stands in the line, or would stand: near where it would if all were as far from each other.
    fn place(&self, key: K) -> Result<usize, usize> {
        let (Some((first, _)), Some((last, _))) = (self.line.first(), self.line.last()) else {
            return Err(0);
        };
        let end = self.line.len();
        if key > *last {
            return Err(end);
        }
        if key < *first {
            return Err(0);
        }
        let (first, last) = (first.number(), last.number());
        let (ahead, all) = (key.number() - first, (last - first).max(1));
        // Where numbers follow each other, each stands as far from the first as it is greater.
        if let Some(at) = usize::try_from(ahead).ok().filter(|at| *at < end)
            && self.line[at].0 == key
        {
            return Ok(at);
        }
        if end <= LATE {
            return self.line.binary_search_by_key(&key, |(key, _)| *key);
        }
        let guess = (ahead as f64 / all as f64 * (end - 1) as f64) as usize;
        // In bounds: the key is not beyond the last.
        let mut at = guess.min(end - 1);
        let mut step = 1;
        let (from, to) = if self.line[at].0 <= key {
            let mut to = end;
            while at + step < end {
                if self.line[at + step].0 > key {
                    to = at + step;
                    break;
                }
                at += step;
                step *= 2;
            }
            (at, to)
        } else {
            let mut to = at;
            loop {
                at = at.saturating_sub(step);
                if self.line[at].0 <= key {
                    break (at, to);
                }
                to = at;
                step *= 2;
            }
        };
        let found = self.line[from..to].binary_search_by_key(&key, |(key, _)| *key);
        found.map(|at| from + at).map_err(|at| from + at)
    }

    fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(key) {
            Ok(at) => {
                let before = self.line[at].1.replace(value);
                self.used += usize::from(before.is_none());
                before
            }
            Err(at) if self.line.len() - at <= LATE && !self.is_late(key) => {
                self.line.insert(at, (key, Some(value)));
                self.used += 1;
                None
            }
            Err(_) => self.late.get_or_insert_default().insert(key, value),
        }
    }

    fn is_late(&self, key: K) -> bool {
        (self.late.as_ref()).is_some_and(|late| late.contains_key(&key))
    }

    fn remove(&mut self, key: K) -> Option<V> {
        let Ok(at) = self.place(key) else {
            return self.remove_late(key);
        };
        let value = self.line[at].1.take()?;
        self.used -= 1;
        if at + 1 == self.line.len() {
            while self.line.pop_if(|(_, value)| value.is_none()).is_some() {}
        } else if self.line.len() > PLACES && self.used < self.line.len() / 2 {
            self.line.retain(|(_, value)| value.is_some());
        }
        if self.line.capacity() > PLACES && self.line.len() < self.line.capacity() / 8 {
            self.line.shrink_to(self.line.len() * 2);
        }
        Some(value)
    }

    #[cold]
    fn remove_late(&mut self, key: K) -> Option<V> {
        let late = self.late.as_mut()?;
        let value = late.remove(&key);
        if late.is_empty() {
            self.late = None;
        } else if late.capacity() > PLACES && late.len() < late.capacity() / 8 {
            late.shrink_to(late.len() * 2);
        }
        value
    }

    const fn is_empty(&self) -> bool {
        self.used == 0 && self.late.is_none()
    }

    #[cold]
    fn take_late(&mut self) {
        let late = self.late.take().into_iter().flat_map(|late| *late);
        self.line
            .extend(late.map(|(key, value)| (key, Some(value))));
        self.line.sort_unstable_by_key(|(key, _)| *key);
    }
}

impl<K: Number, V> Few<K, V> {
    /// Gives out the value that stood there.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self {
            Self::None => {
                *self = Self::One(key, value);
                None
            }
            Self::One(one, old) if *one == key => Some(mem::replace(old, value)),
            Self::One(..) => {
                let Self::One(one, old) = mem::take(self) else {
                    unreachable!("it was matched");
                };
                *self = Self::Many(Box::new(Many::new([(one, old), (key, value)])));
                None
            }
            Self::Many(many) => many.insert(key, value),
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Self::One(one, _) if one == key => match mem::take(self) {
                Self::One(_, value) => Some(value),
                _ => None,
            },
            Self::None | Self::One(..) => None,
            Self::Many(many) => {
                let value = many.remove(*key);
                if many.is_empty() {
                    *self = Self::None;
                }
                value
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(..) => 1,
            Self::Many(many) => many.used + many.late.as_ref().map_or(0, |late| late.len()),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    /// In no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(key, value) => (Some((key, value)), None),
            Self::Many(many) => (None, Some(many)),
        };
        let line = many.into_iter().flat_map(|many| many.line.iter());
        let line = line.filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let late = many.into_iter().flat_map(|many| many.late.iter());
        one.into_iter()
            .chain(line)
            .chain(late.flat_map(|late| late.iter()))
    }
}

/// What a line holds, without its gaps.
type Used<K, V> = FilterMap<vec::IntoIter<(K, Option<V>)>, fn((K, Option<V>)) -> Option<(K, V)>>;

/// In the order of the keys.
impl<K: Number, V> IntoIterator for Few<K, V> {
    type Item = (K, V);
    type IntoIter = Chain<option::IntoIter<(K, V)>, Used<K, V>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, line) = match self {
            Self::None => (None, Vec::new()),
            Self::One(key, value) => (Some((key, value)), Vec::new()),
            Self::Many(mut many) => {
                if many.late.is_some() {
                    many.take_late();
                }
                (None, many.line)
            }
        };
        let used: Used<K, V> = line
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        one.into_iter().chain(used)
    }
}

/// Numbers for tests, each below the limit that it is asked for with, the same in every run.
#[cfg(test)]
pub(crate) fn chance() -> impl FnMut(u64) -> u64 {
    let mut chance = 1_u64;
    move |limit| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance % limit
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Numbers in steps of any width spread over the groups of sixteen places in which a map looks.
    #[test]
    fn numbers_in_even_steps_spread() {
        use std::collections::HashSet;
        for step in [1_u64, 16, 64, 1_024, 4_096, 65_536, 1 << 32] {
            let places: HashSet<u64> = (0..4_096_u64)
                .map(|number| {
                    let mut hasher = NumberHasher::default();
                    hasher.write_u64(number * step);
                    hasher.finish() % 8_192 / 16
                })
                .collect();
            assert!(places.len() > 100, "{step}: {}", places.len());
        }
    }

    /// What a `BTreeMap` does, step by step.
    #[test]
    fn it_is_a_map() {
        let mut below = chance();
        for (keys, counted_up) in [
            (1, 0),
            (2, 0),
            (3, 0),
            (10, 0),
            (500, 0),
            (20, 1),
            (300, 1),
            (300, 5),
        ] {
            let (mut few, mut map) = (Few::default(), BTreeMap::new());
            for step in 0..2_000 {
                let key = step / 2 * counted_up + below(keys);
                if below(2) == 0 {
                    assert_eq!(few.insert(key, step), map.insert(key, step));
                } else {
                    assert_eq!(few.remove(&key), map.remove(&key));
                }
                let mut entries: Vec<_> = few.iter().collect();
                entries.sort();
                assert!(entries.into_iter().eq(map.iter()));
                assert_eq!(few.is_empty(), map.is_empty());
            }
            assert!(few.into_iter().eq(map));
        }
    }

    /// Many numbers in whatever order they come and go: no step looks at, or moves, a good part of the others.
    #[test]
    fn many_come_and_go_in_any_order() {
        let mut below = chance();
        let in_order: Vec<u64> = (0..100_000).collect();
        let backwards: Vec<u64> = in_order.iter().rev().copied().collect();
        let uneven: Vec<u64> = in_order.iter().map(|number| number.pow(3)).collect();
        let mut at_random = in_order.clone();
        for at in 1..at_random.len() {
            at_random.swap(at, below(at as u64 + 1) as usize);
        }
        let mut uneven_backwards = uneven.clone();
        uneven_backwards.reverse();
        for (came, went) in [
            (&in_order, &in_order),
            (&in_order, &backwards),
            (&in_order, &at_random),
            (&backwards, &in_order),
            (&at_random, &at_random),
            (&at_random, &backwards),
            (&uneven, &uneven),
            (&uneven, &uneven_backwards),
        ] {
            let mut few = Few::default();
            for number in came {
                assert_eq!(few.insert(*number, number + 1), None);
            }
            assert_eq!(few.iter().count(), came.len());
            for number in went {
                assert_eq!(few.remove(number), Some(number + 1));
                assert_eq!(few.remove(number), None);
            }
            assert!(few.is_empty());
        }
    }
}
