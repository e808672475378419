//! Reads a lockfile entry by entry, without a document tree: that of a whole file is several
//! times as large as the file, and most of the time would go into memory that is used once.
//!
//! What is read in this way is what cargo writes: plain fields, each once, in one
//! `[[package]]` after the other. At anything else the reading stops, and the whole file is
//! read as one document instead, which also says what is wrong.

use super::{Entry, FormatError, Input, PACKAGE_LIMIT, Parsed, Reader, check_version};
use crate::support::both::both;
use crate::support::lines::Lines;
use memchr::memmem;
use std::borrow::Cow;
use std::collections::HashMap;
use toml::de::DeTable;
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::lexer::Token;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

/// What cargo begins each entry with. Where it is a part of something else, such as a text
/// of several lines, no piece is an entry.
const HEADER: &str = "\n[[package]]\n";

/// Fewer entries are read before a second thread has begun.
const WORTH_A_THREAD: usize = 256;

/// A part of the file that may be an entry, and where it begins.
type Piece<'t> = (usize, &'t str);

/// The packages of a lockfile of version 2 to 4; `None` where it is not as cargo writes it.
///
/// # Errors
/// As of the whole.
pub(super) fn read(input: &Input<'_>, lines: &Lines<'_>) -> Option<Result<Parsed, FormatError>> {
    let text = input.text;
    // The line feed before a header belongs to the piece before it.
    let starts = memmem::find_iter(text.as_bytes(), HEADER).map(|feed| feed + 1);
    let starts: Vec<usize> = starts.collect();
    let head = DeTable::parse(text.get(..*starts.first()?)?).ok()?;
    if head.get_ref().keys().any(|key| key.get_ref() != "version") {
        return None;
    }
    if let Err(error) = check_version(head.get_ref(), lines) {
        return Some(Err(error));
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let pieces = starts.iter().zip(ends);
    let pieces = pieces.map(|(start, end)| Some((*start, text.get(*start..end)?)));
    let pieces: Vec<Piece<'_>> = pieces.collect::<Option<_>>()?;
    let mut reader = Reader::new(input.path, lines);
    reader.make_room(pieces.len().min(PACKAGE_LIMIT));
    match read_pieces(&pieces, &mut reader)? {
        Ok(()) => Some(Ok(reader.finish())),
        Err(error) => Some(Err(error)),
    }
}

/// Hands the entries of all pieces to the reader. What they say is read by two threads where
/// they are many: that is most of the work.
fn read_pieces<'t>(
    pieces: &[Piece<'t>],
    reader: &mut Reader<'t>,
) -> Option<Result<(), FormatError>> {
    if pieces.len() < WORTH_A_THREAD {
        return take_all(entries(pieces), reader);
    }
    // The reader takes them on this thread only, so this one begins with fewer.
    let (front, back) = pieces.split_at(pieces.len() / 4);
    // So many and those of the front are more than are allowed, and are refused.
    let back = back.get(..PACKAGE_LIMIT).unwrap_or(back);
    let (front, back) = both(
        || take_all(entries(front), reader),
        || entries(back).collect::<Option<Vec<_>>>(),
    );
    match front? {
        Ok(()) => take_all(back?.into_iter().map(Some), reader),
        Err(error) => Some(Err(error)),
    }
}

/// Hands entries to the reader, up to the first that is not as cargo writes it.
fn take_all<'t>(
    entries: impl Iterator<Item = Option<Entry<'t>>>,
    reader: &mut Reader<'t>,
) -> Option<Result<(), FormatError>> {
    let none = HashMap::new();
    for entry in entries {
        if let Err(error) = reader.entry(entry?, &none) {
            return Some(Err(error));
        }
    }
    Some(Ok(()))
}

/// The entry of each piece.
fn entries<'t>(pieces: &[Piece<'t>]) -> impl Iterator<Item = Option<Entry<'t>>> {
    let mut tokens = Vec::new();
    pieces.iter().map(move |(start, piece)| {
        let mut entry = read_entry(piece, &mut tokens)?;
        entry.base = *start;
        Some(entry)
    })
}

/// The one entry that a piece is; `tokens` is room that is used again.
fn read_entry<'t>(piece: &'t str, tokens: &mut Vec<Token>) -> Option<Entry<'t>> {
    let source = Source::new(piece);
    tokens.clear();
    tokens.extend(source.lex());
    let mut fields = Fields {
        source,
        expected: Expected::Header,
        is_plain: true,
        has_dependencies: false,
        entry: Entry::default(),
    };
    let mut error: Option<ParseError> = None;
    parse_document(tokens, &mut fields, &mut error);
    let is_whole = fields.expected == Expected::Key && error.is_none();
    let entry = fields.entry;
    let is_named = entry.name.is_some() && entry.version.is_some();
    (fields.is_plain && is_whole && is_named).then_some(entry)
}

/// A field of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Version,
    Source,
    Checksum,
    Replace,
    Dependencies,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Header,
    HeaderName,
    HeaderEnd,
    Key,
    Value(Field),
    Item,
}

/// An entry that is being read.
struct Fields<'t> {
    source: Source<'t>,
    expected: Expected,
    /// Nothing else than what cargo writes has come.
    is_plain: bool,
    has_dependencies: bool,
    entry: Entry<'t>,
}

impl<'t> Fields<'t> {
    /// Goes from one expectation to the next.
    fn step(&mut self, from: Expected, to: Expected) {
        self.is_plain &= self.expected == from;
        self.expected = to;
    }

    fn raw(&self, span: Span, kind: Option<Encoding>) -> Option<Raw<'t>> {
        let raw = self.source.input().get(span.start()..span.end())?;
        Some(Raw::new_unchecked(raw, kind, span))
    }

    /// A text on one line; `None` for every other value.
    fn text(
        &self,
        span: Span,
        kind: Option<Encoding>,
        error: &mut dyn ErrorSink,
    ) -> Option<Cow<'t, str>> {
        if kind == Some(Encoding::BasicString)
            && let Some(text) = self.plain_text(span)
        {
            return Some(Cow::Borrowed(text));
        }
        let is_line = matches!(kind, Some(Encoding::BasicString | Encoding::LiteralString));
        let mut text = Cow::Borrowed("");
        let raw = self.raw(span, kind).filter(|_| is_line)?;
        (raw.decode_scalar(&mut text, error) == ScalarKind::String).then_some(text)
    }

    /// A text between `"` of which each byte stands for itself: almost every one. To decode
    /// it gives the same and takes more instructions.
    fn plain_text(&self, span: Span) -> Option<&'t str> {
        let raw = self.source.input().get(span.start()..span.end())?;
        let text = raw.strip_prefix('"')?.strip_suffix('"')?;
        let is_plain = |b: u8| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\';
        text.bytes().all(is_plain).then_some(text)
    }

    /// Takes the value of a field; `None` where it has one already.
    fn set(&mut self, field: Field, text: Cow<'t, str>, at: usize) -> Option<()> {
        let entry = &mut self.entry;
        let place = match field {
            Field::Name => {
                entry.name_at = at;
                &mut entry.name
            }
            Field::Version => &mut entry.version,
            Field::Source => &mut entry.source,
            Field::Checksum => &mut entry.checksum,
            Field::Replace => &mut entry.replaced_by,
            Field::Dependencies => return None,
        };
        place.is_none().then(|| *place = Some(text))
    }
}

impl EventReceiver for Fields<'_> {
    fn array_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.step(Expected::Header, Expected::HeaderName);
    }

    fn array_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.step(Expected::HeaderEnd, Expected::Key);
    }

    fn simple_key(&mut self, span: Span, kind: Option<Encoding>, _error: &mut dyn ErrorSink) {
        let key = self.raw(span, kind).filter(|_| kind.is_none());
        let key = key.map_or("", |raw| raw.as_str());
        if self.expected == Expected::HeaderName {
            self.is_plain &= key == "package";
            self.expected = Expected::HeaderEnd;
            return;
        }
        let field = match key {
            "name" => Field::Name,
            "version" => Field::Version,
            "source" => Field::Source,
            "checksum" => Field::Checksum,
            "replace" => Field::Replace,
            // A second list would be added to the first.
            "dependencies" if !std::mem::replace(&mut self.has_dependencies, true) => {
                Field::Dependencies
            }
            _ => {
                self.is_plain = false;
                return;
            }
        };
        self.step(Expected::Key, Expected::Value(field));
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, error: &mut dyn ErrorSink) {
        let text = self.text(span, kind, error);
        let taken = match (self.expected, text) {
            (Expected::Item, Some(text)) => {
                self.entry.dependencies.push((text, span.start()));
                Some(())
            }
            (Expected::Value(field), Some(text)) => {
                self.expected = Expected::Key;
                self.set(field, text, span.start())
            }
            _ => None,
        };
        self.is_plain &= taken.is_some();
    }

    fn array_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.step(Expected::Value(Field::Dependencies), Expected::Item);
        self.is_plain
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.step(Expected::Item, Expected::Key);
    }

    fn std_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.is_plain = false;
    }

    fn inline_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.is_plain = false;
        false
    }

    /// Of a key with dots.
    fn key_sep(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.is_plain = false;
    }

    /// Its characters are checked where the whole is read.
    fn comment(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.is_plain = false;
    }

    /// A carriage return alone is none, and with a line feed none that cargo writes.
    fn newline(&mut self, span: Span, _error: &mut dyn ErrorSink) {
        let raw = self.raw(span, None);
        self.is_plain &= raw.is_some_and(|raw| raw.as_str() == "\n");
    }

    fn error(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.is_plain = false;
    }
}
