//! The frame round one finding: place, source line, notes, in the layout of rustc.
//!
//! It is our own because the excerpts are masked and cut: `annotate-snippets` derives the
//! column of the file from the place in the excerpt, which would be wrong here, and its
//! arithmetic overflows on extreme widths.

use super::{BLUE, BOLD, Options, RED};
use crate::model::Location;
use crate::report::text;
use std::ops::Range;

/// Longest excerpt that is looked at, in characters.
const EXCERPT_CHARACTERS: usize = 200;

/// The margin in which the line number stands, and how to draw it.
pub(super) struct Frame<'a> {
    options: &'a Options,
    line: Option<u32>,
    /// Characters of the line number.
    margin: usize,
}

impl<'a> Frame<'a> {
    pub(super) fn of(location: &Location, options: &'a Options) -> Self {
        Self {
            options,
            line: location.line,
            margin: location.line.map_or(1, |line| line.to_string().len()),
        }
    }

    fn bar(&self) -> &'static str {
        if self.options.ascii { "|" } else { "│" }
    }

    /// `--> path:line:column`.
    pub(super) fn place(&self, out: &mut String, location: &Location) {
        let arrow = if self.options.ascii {
            "-->"
        } else {
            "╭─▸"
        };
        out.push_str(&format!(
            "{:margin$}{} {}\n",
            "",
            self.options.paint(BLUE, arrow),
            text::place(location),
            margin = self.margin
        ));
    }

    /// The source line beside its number, and below it a line under the first whole word
    /// `wanted`. Nothing where the line number is not known or the excerpt is blank.
    pub(super) fn source(&self, out: &mut String, excerpt: &str, wanted: &str) {
        let Some(line) = self.line else { return };
        let excerpt = text::clipped(excerpt, EXCERPT_CHARACTERS);
        if excerpt.trim().is_empty() {
            return;
        }
        let room = self.options.columns().saturating_sub(self.margin + 3);
        let (shown, marked) = window(&excerpt, whole_word(&excerpt, wanted), room);
        let bar = self.options.paint(BLUE, self.bar());
        let empty = format!("{:margin$} {bar}", "", margin = self.margin);
        let number = self.options.paint(BLUE, &line.to_string());
        out.push_str(&format!("{empty}\n{number} {bar} {shown}\n"));
        // The place on the screen is only known for characters of one column each.
        if let Some(marked) = marked.filter(|marked| {
            shown
                .chars()
                .take(marked.end)
                .all(|c| c.is_ascii() || c == '…')
        }) {
            let mark = self.options.paint(RED, &"^".repeat(marked.len()));
            out.push_str(&format!(
                "{empty} {:start$}{mark}\n",
                "",
                start = marked.start
            ));
        }
    }

    /// `= name: value`, wrapped between words and indented below the value.
    pub(super) fn note(&self, out: &mut String, name: &str, value: &str) {
        let indent = self.margin + 3 + name.chars().count() + 2;
        let room = self.options.columns().saturating_sub(indent);
        let mark = self.options.paint(BLUE, "=");
        let name = self.options.paint(BOLD, name);
        out.push_str(&format!(
            "{:margin$} {mark} {name}: ",
            "",
            margin = self.margin
        ));
        if value.contains('\n') {
            // Text to copy: a line of its own each, never wrapped, and no space after the name.
            out.truncate(out.trim_end_matches(' ').len());
            for line in value.split('\n') {
                out.push_str(&format!("\n{:indent$}{line}", "", indent = self.margin + 5));
            }
            out.push('\n');
            return;
        }
        let mut used = 0;
        for word in value.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                out.push_str(&format!("\n{:indent$}", ""));
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += length;
        }
        out.push('\n');
    }
}

/// The bytes of the first `wanted` that is not part of a longer word.
fn whole_word(excerpt: &str, wanted: &str) -> Option<Range<usize>> {
    if wanted.is_empty() {
        return None;
    }
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    excerpt.match_indices(wanted).find_map(|(start, found)| {
        let (before, rest) = excerpt.split_at(start);
        let after = rest.strip_prefix(found)?;
        let whole = !joins(before.chars().next_back()) && !joins(after.chars().next());
        whole.then(|| start..start + found.len())
    })
}

/// At most `room` characters of the line, with `…` where it is cut, so that the marked
/// bytes stay in view; and the marked characters in what is left.
fn window(line: &str, marked: Option<Range<usize>>, room: usize) -> (String, Option<Range<usize>>) {
    let characters: Vec<char> = line.chars().collect();
    let marked = marked.map(|bytes| {
        let start = line.get(..bytes.start).unwrap_or_default().chars().count();
        let length = line.get(bytes).unwrap_or_default().chars().count();
        start..start + length
    });
    if characters.len() <= room {
        return (line.to_owned(), marked);
    }
    // Two characters for the cuts; a quarter of the room before what is marked.
    let room = room.saturating_sub(2).max(1);
    let wanted = marked.as_ref().map_or(0, |m| m.start);
    let last = characters.len().saturating_sub(room);
    let from = if marked.as_ref().is_none_or(|m| m.end <= room) {
        0
    } else {
        wanted.saturating_sub(room / 4).min(last)
    };
    let mut shown = String::new();
    if from > 0 {
        shown.push('…');
    }
    shown.extend(characters.iter().skip(from).take(room));
    if from < last {
        shown.push('…');
    }
    let shift = |at: usize| at.saturating_sub(from) + usize::from(from > 0);
    let end = usize::from(from > 0) + room;
    let marked = marked.map(|m| shift(m.start).min(end)..shift(m.end).min(end));
    (shown, marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_round_what_is_marked() {
        let line = format!("{}TARGET{}", "a ".repeat(40), " b".repeat(40));
        let at = line.find("TARGET").unwrap();
        let (shown, marked) = window(&line, Some(at..at + 6), 30);
        assert_eq!(shown.chars().count(), 30);
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        let marked = marked.unwrap();
        let text: String = shown
            .chars()
            .skip(marked.start)
            .take(marked.len())
            .collect();
        assert_eq!(text, "TARGET");
    }

    #[test]
    fn a_line_that_fits_is_left_alone() {
        assert_eq!(window("abc", Some(1..2), 3), ("abc".to_owned(), Some(1..2)));
        assert_eq!(window("abcd", None, 4), ("abcd".to_owned(), None));
    }

    #[test]
    fn the_mark_never_leaves_the_line() {
        for room in 0..60 {
            for start in 0..50 {
                let line = "x".repeat(start) + "TARGET" + &"y".repeat(50);
                let (shown, marked) = window(&line, Some(start..start + 6), room);
                let length = shown.chars().count();
                assert!(length <= room.max(3), "{room} {start} {shown}");
                assert!(marked.unwrap().end <= length, "{room} {start} {shown}");
            }
        }
    }
}
