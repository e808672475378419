//! Parts of the index that were used lately.

use std::collections::HashMap;
use std::sync::Arc;

/// Parts by their numbers. When the young ones are as many as may be, they become the old
/// ones, and what was old and has not been used since is let go.
pub(super) struct Recent {
    most: usize,
    most_bytes: usize,
    bytes: usize,
    young: HashMap<u64, Arc<Vec<u8>>>,
    old: HashMap<u64, Arc<Vec<u8>>>,
}

impl Recent {
    /// Keeps twice `most` parts, and not many more than twice `most_bytes` bytes.
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self {
            most,
            most_bytes,
            bytes: 0,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// A part that is kept.
    pub(super) fn get(&mut self, number: u64) -> Option<Arc<Vec<u8>>> {
        if let Some(part) = self.young.get(&number) {
            return Some(Arc::clone(part));
        }
        let part = self.old.remove(&number)?;
        self.put(number, Arc::clone(&part));
        Some(part)
    }

    /// Keeps a part.
    pub(super) fn put(&mut self, number: u64, part: Arc<Vec<u8>>) {
        let bytes = self.bytes.saturating_add(part.len());
        if self.young.len() >= self.most || bytes > self.most_bytes {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(part.len());
        self.young.insert(number, part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(length: usize) -> Arc<Vec<u8>> {
        Arc::new(vec![0; length])
    }

    #[test]
    fn what_is_used_again_stays_and_the_rest_goes() {
        let mut recent = Recent::new(3, 1000);
        for number in 0..100 {
            recent.put(number, part(1));
            assert!(recent.get(0).is_some(), "{number}");
            assert!(recent.young.len() + recent.old.len() <= 6);
        }
        assert!(recent.get(99).is_some() && recent.get(50).is_none());
    }

    #[test]
    fn few_large_parts_are_kept() {
        let mut recent = Recent::new(10, 100);
        for number in 0..100 {
            recent.put(number, part(60));
        }
        assert_eq!(recent.young.len() + recent.old.len(), 2);
        recent.put(100, part(5000));
        assert!(recent.get(100).is_some());
    }
}
