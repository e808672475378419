//! Line numbers of byte offsets, and errors with a line.

/// Where the lines of a text start.
#[derive(Debug)]
pub struct Lines {
    /// Offsets of the line feeds, ascending.
    feeds: Vec<usize>,
}

impl Lines {
    /// The lines of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            feeds: memchr::memchr_iter(b'\n', text.as_bytes()).collect(),
        }
    }

    /// The 1-based line that a byte offset lies in.
    #[must_use]
    pub fn at(&self, offset: usize) -> u32 {
        let before = self.feeds.partition_point(|feed| *feed < offset);
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }
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
}
