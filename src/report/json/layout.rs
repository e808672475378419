//! The layout of the JSON reports: what `serde_json` calls pretty.

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// What stands before an element: a comma, a line break, the indentation of [`LEVELS`] levels.
const START: &[u8] = b",\n                                ";
/// Levels whose indentation is written in one step; a report has fewer.
const LEVELS: usize = 16;

/// The value as indented JSON, in a text that has this much room in bytes from its beginning;
/// empty where it cannot be written.
pub(super) fn indented(wire: &impl Serialize, room: usize) -> String {
    let mut json = Vec::with_capacity(room);
    let mut serializer = Serializer::with_formatter(&mut json, Indented::default());
    // Maps with string keys and plain values cannot fail to serialise.
    match wire.serialize(&mut serializer) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// Writes the same as [`serde_json::ser::PrettyFormatter`], in fewer steps: that one writes the
/// indentation level by level, with some 40 instructions for each of them.
#[derive(Default)]
struct Indented {
    depth: usize,
    has_value: bool,
}

impl Indented {
    fn start_line<W: ?Sized + Write>(&self, writer: &mut W, comma: bool) -> io::Result<()> {
        let from = usize::from(!comma);
        let to = 2 + 2 * self.depth.min(LEVELS);
        writer.write_all(START.get(from..to).unwrap_or_default())?;
        for _ in LEVELS..self.depth {
            writer.write_all(b"  ")?;
        }
        Ok(())
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        writer.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.start_line(writer, false)?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.start_line(out, !first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.start_line(out, !first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn is_pretty(value: &Value) {
        let pretty = serde_json::to_string_pretty(value).unwrap();
        assert_eq!(indented(value, 0), pretty);
    }

    #[test]
    fn the_layout_is_that_of_serde_json() {
        is_pretty(&json!("a"));
        is_pretty(&json!([]));
        is_pretty(&json!({"a": [], "b": {}, "c": [[1, null], {"d": [{}]}, "\u{1}\""], "e": true}));
    }

    #[test]
    fn levels_beyond_those_written_in_one_step_are_indented_too() {
        assert_eq!(START.len(), 2 + 2 * LEVELS);
        let mut deep = json!([1, {"a": 2}]);
        for _ in 0..LEVELS {
            deep = json!({"a": [deep, 3], "b": []});
        }
        is_pretty(&deep);
    }
}
