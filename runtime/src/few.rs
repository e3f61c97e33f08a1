//! A map that mostly holds nothing or one entry, and then takes no memory of its own.

use std::collections::BTreeMap;
use std::mem;

/// In the order of the keys.
#[derive(Debug, Default)]
pub(crate) enum Few<K, V> {
    #[default]
    None,
    One(K, V),
    /// Two or more; after removals, one.
    #[expect(
        clippy::box_collection,
        reason = "hardly ever there, and three words where others need one"
    )]
    Many(Box<BTreeMap<K, V>>),
}

impl<K: Ord, V> Few<K, V> {
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
                *self = Self::Many(Box::new(BTreeMap::from([(one, old), (key, value)])));
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
                }
                value
            }
        }
    }

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

impl<K: Ord, V> IntoIterator for Few<K, V> {
    type Item = (K, V);
    type IntoIter = std::iter::Chain<
        std::option::IntoIter<(K, V)>,
        std::iter::Flatten<std::option::IntoIter<BTreeMap<K, V>>>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(key, value) => (Some((key, value)), None),
            Self::Many(many) => (None, Some(*many)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a `BTreeMap` does, step by step.
    #[test]
    fn it_is_a_map() {
        let mut chance = 1_u64;
        let mut below = |limit: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % limit
        };
        for keys in [1, 2, 3, 10] {
            let (mut few, mut map) = (Few::default(), BTreeMap::new());
            for step in 0..2_000 {
                let key = below(keys);
                if below(2) == 0 {
                    assert_eq!(few.insert(key, step), map.insert(key, step));
                } else {
                    assert_eq!(few.remove(&key), map.remove(&key));
                }
                assert!(few.iter().eq(map.iter()));
            }
            assert!(few.into_iter().eq(map));
        }
    }
}
