//! Maps by numbers that are counted up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::mem;

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

/// A map by numbers that mostly holds nothing or one entry, and then takes no memory of its own.
#[derive(Debug, Default)]
pub(crate) enum Few<K, V> {
    #[default]
    None,
    One(K, V),
    /// Two or more; after removals, one. In a box, since it is hardly ever there and bigger than the others.
    Many(Box<Numbered<K, V>>),
}

/// Below so many places a map keeps them.
const PLACES: usize = 64;

impl<K: Copy + Ord + Hash, V> Few<K, V> {
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
                *self = Self::Many(Box::new([(one, old), (key, value)].into_iter().collect()));
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
                let value = many.remove(key);
                if many.is_empty() {
                    *self = Self::None;
                } else if many.capacity() > PLACES && many.len() < many.capacity() / 8 {
                    many.shrink_to(many.len() * 2);
                }
                value
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.iter().count()
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
        one.into_iter()
            .chain(many.into_iter().flat_map(|many| many.iter()))
    }
}

/// In the order of the keys.
impl<K: Ord, V> IntoIterator for Few<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Chain<std::option::IntoIter<(K, V)>, std::vec::IntoIter<(K, V)>>;

    fn into_iter(self) -> Self::IntoIter {
        let (one, many) = match self {
            Self::None => (None, Vec::new()),
            Self::One(key, value) => (Some((key, value)), Vec::new()),
            Self::Many(many) => {
                let mut many: Vec<_> = many.into_iter().collect();
                many.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
                (None, many)
            }
        };
        one.into_iter().chain(many)
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
        for keys in [1, 2, 3, 10, 500] {
            let (mut few, mut map) = (Few::default(), BTreeMap::new());
            for step in 0..2_000 {
                let key = below(keys);
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
}
