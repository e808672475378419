//! TOML documents with the line of every value.

use super::formats::Parsed;
use super::shape::{Shapes, Wrong, wrong_in_toml};
use crate::support::lines::Lines;
pub use crate::support::lines::SyntaxError;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML document, perhaps only the part before an error.
#[derive(Debug)]
pub struct Document<'a> {
    /// The root table.
    pub root: DeTable<'a>,
    /// Line numbers of spans.
    pub lines: Lines<'a>,
    /// What ended the reading early; then `root` holds the part before it.
    pub broken: Option<SyntaxError>,
}

impl<'a> Document<'a> {
    /// Reads a document. After a syntax error the text up to the last `[[table]]` header
    /// before it is read instead, so that whole entries are kept.
    ///
    /// # Errors
    /// [`SyntaxError`] where not even that part can be read.
    pub fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        let lines = Lines::new(text);
        let error = match DeTable::parse(text) {
            Ok(root) => {
                return Ok(Self {
                    root: root.into_inner(),
                    lines,
                    broken: None,
                });
            }
            Err(error) => error,
        };
        let offset = error.span().map_or(0, |span| span.start);
        let broken = SyntaxError {
            line: lines.at(offset),
            reason: error.message().lines().collect::<Vec<_>>().join(" "),
        };
        let whole = text
            .get(..offset)
            .and_then(|before| before.rfind("\n[["))
            .and_then(|end| text.get(..end))
            .and_then(|whole| DeTable::parse(whole).ok());
        match whole {
            Some(root) => Ok(Self {
                root: root.into_inner(),
                lines,
                broken: Some(broken),
            }),
            None => Err(broken),
        }
    }

    /// What looks like an entry of the lockfile and stands where none is read: lists of
    /// tables under names that the format does not have, and a name outside of any table.
    /// With the line of each. Other unknown members are the business of newer tools.
    pub fn strays(&self, known: &[&str]) -> Vec<(String, u32)> {
        let members = self.root.iter();
        let unknown = members.filter(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        let mut strays: Vec<(String, u32)> = unknown
            .filter(|(key, value)| match value.get_ref() {
                DeValue::Array(items) => items.iter().any(|item| item.get_ref().is_table()),
                DeValue::String(_) => key.get_ref() == "name",
                _ => false,
            })
            .map(|(key, _)| (key.get_ref().to_string(), self.lines.at(key.span().start)))
            .collect();
        strays.sort_by_key(|(_, line)| *line);
        strays
    }

    /// Notes what of the whole file could not be read: lists of entries under other names
    /// than `entries`, members that are not as `file` says, the error that ended the reading.
    pub fn note(&self, parsed: &mut Parsed, path: &str, entries: &str, file: &'static Shapes) {
        parsed.note_strays(path, &self.strays(&[entries]));
        parsed.note_wrong_file(path, &self.wrong(&self.root, file));
        if let Some(broken) = &self.broken {
            parsed.note_broken(path, broken.line, &broken.reason);
        }
    }

    /// The fields of one of its tables that are not as they should be.
    pub fn wrong(&self, table: &DeTable<'_>, shapes: &'static Shapes) -> Vec<Wrong> {
        wrong_in_toml(table, shapes, |offset| self.lines.at(offset))
    }

    /// The line of a value.
    pub fn line(&self, value: &Spanned<DeValue<'_>>) -> u32 {
        self.lines.at(value.span().start)
    }
}

/// A string member of a table.
pub fn text<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t str> {
    table.get(key)?.get_ref().as_str()
}

/// A table member of a table.
pub fn table<'t, 'a>(of: &'t DeTable<'a>, key: &str) -> Option<&'t DeTable<'a>> {
    of.get(key)?.get_ref().as_table()
}

/// A boolean member of a table.
pub fn flag(table: &DeTable<'_>, key: &str) -> Option<bool> {
    table.get(key)?.get_ref().as_bool()
}

/// The items of an array member; none where it is absent or no array.
pub fn items<'t, 'a>(
    table: &'t DeTable<'a>,
    key: &str,
) -> impl Iterator<Item = &'t Spanned<DeValue<'a>>> {
    table
        .get(key)
        .and_then(|value| value.get_ref().as_array())
        .into_iter()
        .flat_map(|array| array.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_before_a_syntax_error_are_kept() {
        let document = Document::parse("a = 1\n[[p]]\nn = 'x'\n[[p]]\nn = ?\n").unwrap();
        assert_eq!(items(&document.root, "p").count(), 1);
        assert_eq!(document.broken.unwrap().line, 5);
        assert_eq!(Document::parse("a = ?").unwrap_err().line, 1);
    }

    #[test]
    fn entries_under_a_name_that_nobody_reads_are_told() {
        let text =
            "name = 'a'\nnew = 1\nmarks = ['x']\n[[p]]\nn = 'x'\n[[q]]\nn = 'y'\n[s]\n[[s.t]]\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(
            document.strays(&["p"]),
            [("name".to_owned(), 1), ("q".to_owned(), 6)]
        );
    }

    #[test]
    fn depth_is_refused_without_overflowing_the_stack() {
        let arrays = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Document::parse(&arrays).is_err());
        let tables = format!("a = {}{}", "{a=".repeat(100_000), "}".repeat(100_000));
        assert!(Document::parse(&tables).is_err());
        let keys = format!("[{}a]\n", "a.".repeat(100_000));
        assert!(Document::parse(&keys).is_err());
    }
}
