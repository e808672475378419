//! References that must mean exactly one entry.

use std::collections::HashMap;
use std::hash::Hash;

/// Places of entries by a key that may be ambiguous.
#[derive(Debug)]
pub struct UniqueIndex<K>(HashMap<K, Option<usize>>);

impl<K> Default for UniqueIndex<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> UniqueIndex<K> {
    /// Notes that the entry at `place` has this key.
    pub fn add(&mut self, key: K, place: usize) {
        self.0
            .entry(key)
            .and_modify(|found| *found = None)
            .or_insert(Some(place));
    }

    /// Whether any entry has the key.
    pub fn has(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    /// The entry with the key, if it is exactly one.
    pub fn one(&self, key: &K) -> Option<usize> {
        self.0.get(key).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ambiguous_key_means_nothing() {
        let mut index = UniqueIndex::default();
        index.add("a", 0);
        index.add("b", 1);
        index.add("b", 2);
        assert_eq!(index.one(&"a"), Some(0));
        assert_eq!(index.one(&"b"), None);
        assert!(index.has(&"b") && !index.has(&"c"));
    }
}
