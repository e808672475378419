//! Line numbers of byte offsets, and errors with a line.

/// Bytes of a text whose line feeds are counted together.
const BLOCK: usize = 512;

/// Where the lines of a text start. Only some of them are asked for, so line feeds are
/// counted by block, and inside a block when a line of it is asked for: to find and keep
/// each one takes seven times as many instructions in a lockfile of 300 kB.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t [u8],
    /// How many line feeds stand before each block, and in the whole text at the end.
    before: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// The lines of a text that need not be UTF-8.
    #[must_use]
    pub fn of_bytes(text: &'t [u8]) -> Self {
        let mut before = Vec::with_capacity(text.len().div_ceil(BLOCK).saturating_add(1));
        let mut feeds: usize = 0;
        before.push(feeds);
        for block in text.chunks(BLOCK) {
            feeds = feeds.saturating_add(count(block));
            before.push(feeds);
        }
        Self { text, before }
    }

    /// The 1-based line that a byte offset lies in.
    #[must_use]
    pub fn at(&self, offset: usize) -> u32 {
        let offset = offset.min(self.text.len());
        let block = offset / BLOCK;
        let before = self.before.get(block).copied().unwrap_or_default();
        let inside = self.text.get(block.saturating_mul(BLOCK)..offset);
        let feeds = before.saturating_add(count(inside.unwrap_or_default()));
        u32::try_from(feeds).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// A 1-based line without its line feed; `None` behind the last one.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&'t [u8]> {
        let feeds = usize::try_from(number).ok()?.checked_sub(1)?;
        // The block with the line feed before the line, if there is one.
        let block = self.before.partition_point(|before| *before < feeds);
        let start = match block.checked_sub(1) {
            None => 0,
            Some(block) => {
                let start = block.saturating_mul(BLOCK);
                let nth = feeds.checked_sub(*self.before.get(block)? + 1)?;
                let feed = memchr::memchr_iter(b'\n', self.text.get(start..)?).nth(nth)?;
                start + feed + 1
            }
        };
        let rest = self.text.get(start..)?;
        rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len()))
    }
}

fn count(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// A syntax error and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// 1-based.
    pub line: u32,
    /// One line.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_at_a_line_feed_is_still_in_its_line() {
        let lines = Lines::new("ab\n\ncd");
        let at: Vec<u32> = (0..7).map(|offset| lines.at(offset)).collect();
        assert_eq!(at, [1, 1, 1, 2, 3, 3, 3]);
        assert_eq!(Lines::new("").at(0), 1);
    }

    #[test]
    fn lines_are_found_as_by_splitting_the_text() {
        let long = "x".repeat(3 * BLOCK);
        let text = format!("a\n\n{}{long}\nb\r\n\n{long}", "line\n".repeat(BLOCK));
        for text in [text.as_str(), "", "\n", "a", "a\n\nb\n"] {
            let split: Vec<&str> = text.split('\n').collect();
            let lines = Lines::new(text);
            for number in 0..split.len() + 9 {
                let expected = number.checked_sub(1).and_then(|index| split.get(index));
                let found = lines.line(u32::try_from(number).unwrap());
                assert_eq!(found, expected.map(|line| line.as_bytes()), "line {number}");
            }
        }
    }

    #[test]
    fn lines_are_counted_over_blocks_and_not_beyond_the_end() {
        let text = "0123456\n".repeat(3 * BLOCK / 8);
        let lines = Lines::new(&text);
        for offset in 0..text.len() {
            assert_eq!(lines.at(offset) as usize, offset / 8 + 1);
        }
        let last = u32::try_from(text.len() / 8 + 1).unwrap();
        assert_eq!([lines.at(text.len()), lines.at(usize::MAX)], [last, last]);
    }
}
