//! TOML documents with the line of every value.

use super::lines::Lines;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A TOML document, perhaps only the part before an error.
#[derive(Debug)]
pub struct Document<'a> {
    /// The root table.
    pub root: DeTable<'a>,
    /// Line numbers of spans.
    pub lines: Lines,
    /// What ended the reading early; then `root` holds the part before it.
    pub broken: Option<SyntaxError>,
}

/// A syntax error and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// 1-based.
    pub line: u32,
    /// One line.
    pub reason: String,
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
    fn depth_is_refused_without_overflowing_the_stack() {
        let arrays = format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Document::parse(&arrays).is_err());
        let tables = format!("a = {}{}", "{a=".repeat(100_000), "}".repeat(100_000));
        assert!(Document::parse(&tables).is_err());
        let keys = format!("[{}a]\n", "a.".repeat(100_000));
        assert!(Document::parse(&keys).is_err());
    }
}
