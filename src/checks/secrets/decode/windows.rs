//! What is too large to hold is searched in windows that overlap. Bytes come in through a
//! reader; what goes out is the same as of the bytes as a whole, with a bounded memory.
//!
//! Each window has a core, and what begins in the core is told; around it stands what a
//! finding depends on. Cores follow each other without a gap or an overlap, so nothing is
//! lost and nothing is told twice. A text that is encoded across the end of a core begins
//! the next one.

use super::segments::Segment;
use super::{Container, Found, Progress, Search, archive, segments, utf16};
use crate::checks::secrets::engine::Rules;
use crate::checks::secrets::file::FileContext;
use crate::checks::secrets::rules::{ARCHIVE_LIMIT, TOO_LARGE};
use crate::model::{Gap, Location, terminal_safe};
use std::io::{self, Read};
use std::ops::Range;

/// How large a window is, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Windows {
    /// Up to this size, bytes are searched as a whole; also the size of a window.
    pub size: usize,
    /// Before a core: more than the longest value, the body of a key with 32 KB.
    pub before: usize,
    /// Behind a core.
    pub after: usize,
}

/// 8 MB hold the longest string literal that is looked at twice.
pub(super) const WINDOWS: Windows = Windows {
    size: 8 * 1024 * 1024,
    before: 128 * 1024,
    after: 1024 * 1024,
};

/// Largest container or store of keys that is held and opened, in bytes.
const MAX_CONTAINER: usize = 50 * 1024 * 1024;
/// How far before the end of a window a line end is looked for, in bytes.
const LINE_REACH: usize = 64 * 1024;

/// What a stream gave, and its bytes.
#[derive(Debug)]
pub(in crate::checks::secrets) struct Searched {
    pub found: Found,
    pub bytes: u64,
}

/// Searches what a reader gives, at most `limit` bytes of it; more are a gap. `size` is how
/// many there are, where that is known.
///
/// # Errors
/// Whatever the reader says.
pub(in crate::checks::secrets) fn search_stream(
    path: &str,
    reader: &mut dyn Read,
    size: Option<u64>,
    rules: &Rules,
    limit: u64,
) -> io::Result<Searched> {
    search_in(WINDOWS, path, (reader, size), rules, limit)
}

pub(super) fn search_in(
    windows: Windows,
    path: &str,
    (reader, size): (&mut dyn Read, Option<u64>),
    rules: &Rules,
    limit: u64,
) -> io::Result<Searched> {
    let mut input = Limited {
        reader,
        left: limit,
        read: 0,
        is_over: false,
    };
    let mut head = Vec::new();
    let mut is_all = fill(&mut head, &mut input, windows.size)?;
    let container = container_of(&head);
    let may_fit = size.is_none_or(|size| size <= MAX_CONTAINER as u64);
    if !is_all && container.is_some() && may_fit {
        is_all = fill(&mut head, &mut input, MAX_CONTAINER)?;
    }
    let mut found = if is_all {
        super::search(path, &head, rules)
    } else {
        in_windows(windows, path, head, &mut input, rules)?
    };
    if let Some(name) = container.filter(|name| !is_all && !name.is_empty()) {
        found.gaps.push(unopened(path, name));
    }
    if input.is_over {
        found.gaps.push(beyond(path, limit));
    }
    Ok(Searched {
        found,
        bytes: input.read,
    })
}

/// The name of the container that these bytes begin; empty for a store of keys.
fn container_of(head: &[u8]) -> Option<&'static str> {
    let is_store = matches!(
        head,
        [0x30, 0x80..=0x84, ..]
            | [0xfe, 0xed, 0xfe, 0xed, ..]
            | [0xce, 0xce, 0xce, 0xce, ..]
            | [0x03, 0xd9, 0xa2, 0x9a, ..]
    );
    match Container::of(head) {
        Some(container) => Some(container.as_str()),
        None => is_store.then_some(""),
    }
}

/// Reads until there are more than `size` bytes; says whether there are no more.
fn fill(bytes: &mut Vec<u8>, input: &mut dyn Read, size: usize) -> io::Result<bool> {
    let wanted = (size + 1).saturating_sub(bytes.len());
    // Not twice as much, as a vector grows: this is most of the memory of a run.
    bytes.reserve_exact(wanted);
    input.take(wanted as u64).read_to_end(bytes)?;
    Ok(bytes.len() <= size)
}

/// A reader that ends at a limit, and knows whether that was the end.
struct Limited<'a> {
    reader: &'a mut dyn Read,
    left: u64,
    read: u64,
    is_over: bool,
}

impl Read for Limited<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.is_over |= !into.is_empty() && self.reader.read(&mut [0])? > 0;
            return Ok(0);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(into.len());
        let count = self.reader.read(into.get_mut(..most).unwrap_or_default())?;
        self.left -= count as u64;
        self.read += count as u64;
        Ok(count)
    }
}

fn in_windows(
    windows: Windows,
    path: &str,
    head: Vec<u8>,
    input: &mut dyn Read,
    rules: &Rules,
) -> io::Result<Found> {
    let mut search = Search::new(path, rules);
    if let Some(name) = archive::unopened(&head) {
        let reason = super::Unsearched::Unreadable(format!("{name} is not opened"));
        search.gaps.push(search.gap(path, &reason));
    }
    let order = utf16::order(&head);
    let (mut buffer, mut rest, mut utf8);
    let input: &mut dyn Read = match order {
        Some(order) => {
            buffer = Vec::new();
            rest = io::Cursor::new(head).chain(input);
            utf8 = utf16::Utf8::new(&mut rest, order);
            &mut utf8
        }
        None if head.len() > windows.size + 1 => {
            buffer = Vec::new();
            rest = io::Cursor::new(head).chain(input);
            &mut rest
        }
        None => {
            buffer = head;
            input
        }
    };
    let mut findings = Vec::new();
    let mut progress = Progress::default();
    let mut is_all = fill(&mut buffer, input, windows.size)?;
    let mut file = FileContext::new(path, &buffer);
    file.is_whole = is_all;
    let mut start = 0;
    loop {
        let end = match is_all {
            true => buffer.len(),
            false => end_of(&buffer, windows.after),
        };
        let window = buffer.get(..end).unwrap_or_default();
        let core = match is_all {
            true => start..end,
            false => start..end.saturating_sub(windows.after),
        };
        let (more, core_end) = search.part(file, window, core, &mut progress);
        findings.extend(more);
        search.gaps.sort();
        search.gaps.dedup();
        if is_all {
            break;
        }
        let keep = keep_from(window, core_end.saturating_sub(windows.before), core_end);
        file.in_tests |= file.tests_from(window) < keep;
        progress.before.pass(window, keep);
        buffer.drain(..keep);
        start = core_end - keep;
        is_all = fill(&mut buffer, input, windows.size)?;
    }
    search.tell(file, &progress);
    Ok(search.finish(findings))
}

/// Where a window ends: at the last line end of its tail, so that no literal is cut, else
/// between two characters.
fn end_of(bytes: &[u8], after: usize) -> usize {
    let floor = bytes.len().saturating_sub(LINE_REACH.min(after / 2));
    let tail = bytes.get(floor..).unwrap_or_default();
    match memchr::memrchr(b'\n', tail) {
        Some(at) => floor + at + 1,
        None => character_before(bytes, bytes.len()),
    }
}

/// Where the next window begins: at a line, where one begins soon.
fn keep_from(bytes: &[u8], from: usize, core: usize) -> usize {
    let soon = from + (core - from) / 2;
    let next = bytes.get(from..soon).unwrap_or_default();
    match memchr::memchr(b'\n', next) {
        Some(at) => from + at + 1,
        None => character_before(bytes, from),
    }
}

/// The last place up to `at`, and before the end, at which a character of UTF-8 begins.
fn character_before(bytes: &[u8], at: usize) -> usize {
    let mut at = at.min(bytes.len().saturating_sub(1));
    for _ in 0..3 {
        if bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
            at = at.saturating_sub(1);
        }
    }
    at
}

/// Where a core ends so that no text written in it goes on behind it, and how many do so
/// nevertheless because they are too long. The segments are sorted by place.
pub(super) fn border(
    core: &Range<usize>,
    bytes: &[u8],
    segments: &[Segment],
    cut: u64,
) -> (usize, u64) {
    let open = segments::open_run(bytes)..bytes.len();
    let mut end = core.end;
    let crosses = |range: &Range<usize>, end: usize| range.start < end && end < range.end;
    if crosses(&open, end) {
        end = open.start;
    }
    for segment in segments.iter().rev() {
        if crosses(&segment.range, end) {
            end = segment.range.start;
        }
    }
    // A core of an eighth at least: each byte is looked at a few times at most.
    match end < core.start + core.len() / 8 {
        true => (core.end, cut + 1),
        false => (end, cut),
    }
}

/// The gap of a container that is too large to be held.
fn unopened(path: &str, name: &str) -> Gap {
    Gap {
        id: ARCHIVE_LIMIT,
        message: format!(
            "what is packed in `{}` was not searched for secrets: a {name} file of more than {MAX_CONTAINER} bytes is searched as it is",
            terminal_safe(path)
        ),
        location: Some(Location::file(path)),
        remedy: "keep large archives outside the tree, or search their unpacked content".to_owned(),
    }
}

/// The gap of what goes beyond the limit.
fn beyond(path: &str, limit: u64) -> Gap {
    Gap {
        id: TOO_LARGE,
        message: format!(
            "only the first {limit} bytes of `{}` were searched for secrets: it is larger",
            terminal_safe(path)
        ),
        location: Some(Location::file(path)),
        remedy: "keep large data outside the tree".to_owned(),
    }
}

#[cfg(test)]
mod tests;
