//! Texts inside texts, and files inside files: what is encoded or packed is searched like
//! what is not, within limits.
//!
//! * `segments` finds what is written in base64, hex, escapes or joined literals.
//! * `utf16` reads text of two bytes a character.
//! * `archive` opens gzip, zip and tar.
//! * `windows` searches what is too large to hold.

mod archive;
mod segments;
mod utf16;
mod windows;

pub(super) use windows::{Searched, search_stream};

use super::engine::{Claims, MAX_FINDINGS, Rules, Tally, claims};
use super::file::{FileContext, Format};
use super::finding::{Before, dropped_of, findings_of};
use super::rules::{
    ARCHIVE_LIMIT, DECODING_LIMIT, PASSWORD, TOO_MANY_FINDINGS, UNREADABLE_ARCHIVE,
};
use super::value::is_template;
use crate::model::{
    Confidence, Detail, DroppedCandidates, Finding, Gap, Location, Redacted, terminal_safe,
};
use archive::{Budget, Container, Unsearched};
use segments::Segment;
use std::ops::Range;

/// Texts that are followed into each other.
const MAX_TEXT_DEPTH: usize = 3;
/// Containers that are opened inside each other.
const MAX_ARCHIVE_DEPTH: usize = 5;

/// What the bytes of one file gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Sorted by place.
    pub findings: Vec<Finding>,
    /// What could not be searched.
    pub gaps: Vec<Gap>,
    /// What looked like a secret and is none, where the rules are asked for it.
    pub dropped: DroppedCandidates,
}

/// Searches the bytes of one file and what is written or packed in them.
pub(super) fn search(path: &str, bytes: &[u8], rules: &Rules) -> Found {
    let mut search = Search::new(path, rules);
    let findings = search.file(path, bytes, 0);
    search.finish(findings)
}

struct Search<'a> {
    rules: &'a Rules,
    /// The path of the file itself: places are told in it.
    root: &'a str,
    budget: Budget,
    gaps: Vec<Gap>,
    /// Where the text at hand has a reference to a value elsewhere, encoded.
    templates: Vec<Range<usize>>,
    dropped: DroppedCandidates,
    /// Texts in which another one is written, deeper than is followed.
    undecoded: u64,
}

/// How far a text is searched: all that was found in what came before it.
#[derive(Debug, Default)]
struct Progress {
    before: Before,
    tally: Tally,
    /// Findings in texts that are written in it.
    inner: usize,
    /// Texts written in it that are longer than is looked at at once.
    cut: u64,
}

impl<'a> Search<'a> {
    fn new(root: &'a str, rules: &'a Rules) -> Self {
        Self {
            rules,
            root,
            budget: Budget::default(),
            gaps: Vec::new(),
            templates: Vec::new(),
            dropped: DroppedCandidates::default(),
            undecoded: 0,
        }
    }

    fn finish(mut self, findings: Vec<Finding>) -> Found {
        if self.undecoded > 0 {
            self.gaps.push(too_deep(self.root, self.undecoded));
        }
        Found {
            findings,
            gaps: self.gaps,
            dropped: self.dropped,
        }
    }

    /// A file: of the tree, or an entry of an archive.
    fn file(&mut self, path: &str, bytes: &[u8], depth: usize) -> Vec<Finding> {
        if let Some(container) = Container::of(bytes) {
            return self.container(container, path, bytes, depth);
        }
        if let Some(name) = archive::unopened(bytes) {
            let reason = Unsearched::Unreadable(format!("{name} is not opened"));
            let gap = self.gap(path, &reason);
            self.gaps.push(gap);
        }
        match utf16::decoded(bytes) {
            Some(text) => self.text(FileContext::new(path, &text), &text),
            None => self.text(FileContext::new(path, bytes), bytes),
        }
    }

    fn container(
        &mut self,
        container: Container,
        path: &str,
        bytes: &[u8],
        depth: usize,
    ) -> Vec<Finding> {
        if depth >= MAX_ARCHIVE_DEPTH {
            let reason = format!("it lies in {MAX_ARCHIVE_DEPTH} archives");
            self.gaps.push(self.gap(path, &Unsearched::Limit(reason)));
            return Vec::new();
        }
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut findings = Vec::new();
        let mut budget = std::mem::take(&mut self.budget);
        let templates = std::mem::take(&mut self.templates);
        let unsearched =
            container.unpack(&name, bytes, &mut budget, &mut |inner, content, left| {
                self.budget = std::mem::take(left);
                let inner = format!("{path}!/{inner}");
                findings.extend(self.file(&inner, content, depth + 1));
                *left = std::mem::take(&mut self.budget);
            });
        self.budget = budget;
        self.templates = templates;
        let is_damaged = unsearched
            .iter()
            .any(|(entry, reason)| entry.is_none() && matches!(reason, Unsearched::Unreadable(_)));
        for (entry, reason) in &unsearched {
            let place = match entry {
                Some(entry) => format!("{path}!/{entry}"),
                None => path.to_owned(),
            };
            let gap = self.gap(&place, reason);
            self.gaps.push(gap);
        }
        for finding in &mut findings {
            self.within(finding, container.as_str());
        }
        if is_damaged {
            // What only looks like a container is searched as it is.
            findings.extend(self.text(FileContext::new(path, bytes), bytes));
        }
        findings
    }

    /// Tells the place of a finding inside a container as one of the file itself.
    fn within(&self, finding: &mut Finding, encoding: &'static str) {
        if let Detail::Secret(detail) = &mut finding.detail {
            detail.encoding.insert(0, encoding);
        }
        if finding.location.path != self.root {
            if let Some(line) = finding.location.line {
                finding.message = format!("{}, line {line}", finding.message);
            }
            finding.location = Location::file(self.root);
        }
    }

    fn gap(&self, path: &str, reason: &Unsearched) -> Gap {
        let (id, reason, remedy) = match reason {
            Unsearched::Unreadable(reason) => (
                UNREADABLE_ARCHIVE,
                reason,
                "repair or remove the archive, or keep it outside the tree",
            ),
            Unsearched::Limit(reason) => (
                ARCHIVE_LIMIT,
                reason,
                "keep large archives outside the tree, or search their unpacked content",
            ),
        };
        Gap {
            id,
            message: format!(
                "`{}` was not searched for secrets: {}",
                terminal_safe(path),
                terminal_safe(reason)
            ),
            location: Some(Location::file(self.root)),
            remedy: remedy.to_owned(),
        }
    }

    /// A text and what is written in it.
    fn text(&mut self, file: FileContext<'_>, bytes: &[u8]) -> Vec<Finding> {
        let mut progress = Progress::default();
        let (findings, _) = self.part(file, bytes, 0..bytes.len(), &mut progress);
        self.tell(file, &progress);
        findings
    }

    /// The gaps of a text that was searched to its end.
    fn tell(&mut self, file: FileContext<'_>, progress: &Progress) {
        if progress.tally.omitted > 0 {
            let omitted = progress.tally.omitted;
            self.gaps.push(too_many(self.root, file.path, omitted));
        }
        if progress.cut > 0 {
            self.gaps.push(too_long(self.root, file.path, progress.cut));
        }
        self.dropped.more += progress.tally.unlisted;
    }

    /// What begins in the range `core` of a text that is not at hand whole, and where this
    /// range ended: before its end where a text that is written there goes on behind it.
    fn part(
        &mut self,
        file: FileContext<'_>,
        bytes: &[u8],
        mut core: Range<usize>,
        progress: &mut Progress,
    ) -> (Vec<Finding>, usize) {
        let mut claims = claims(file, bytes, self.rules);
        let mut segments = match file.format {
            // What a program put between other bytes is found where it begins with its
            // name; to look for more costs time and finds chance.
            Format::Binary => Vec::new(),
            _ => segments::find(bytes, 0, is_notebook(file)),
        };
        if core.end < bytes.len() {
            (core.end, progress.cut) = windows::border(&core, bytes, &segments, progress.cut);
        }
        if core != (0..bytes.len()) {
            claims.kept.retain(|claim| core.contains(&claim.at));
            claims
                .dropped
                .retain(|drop| core.contains(&drop.value.start));
            segments.retain(|segment| core.contains(&segment.range.start));
        }
        progress.tally.limit(&mut claims, self.rules);
        let Claims {
            mut kept,
            mut masks,
            dropped,
            ..
        } = claims;
        let mut inner = self.inner(file, bytes, segments, (1, progress.before.line()));
        if !file.is_whole {
            let left = MAX_FINDINGS.saturating_sub(progress.inner);
            progress.tally.omitted += inner.len().saturating_sub(left);
            inner.truncate(left);
            progress.inner += inner.len();
        }
        let likely = |confidence: Confidence| confidence > Confidence::Low;
        inner.retain(|(range, finding)| {
            !kept.iter().any(|claim| {
                let is_plain = || {
                    let value = bytes.get(claim.value.clone()).unwrap_or_default();
                    is_value(finding, &String::from_utf8_lossy(value))
                };
                // How random an encoded text looks says nothing about what is written in it.
                let is_better =
                    claim.kind.rule.id != PASSWORD.id && claim.confidence > confidence_of(finding);
                overlap(&claim.value, range)
                    && likely(claim.confidence)
                    && (is_better || is_plain())
            })
        });
        let templates = std::mem::take(&mut self.templates);
        kept.retain(|claim| {
            !templates.contains(&claim.value)
                && !inner.iter().any(|(range, _)| overlap(&claim.value, range))
        });
        masks.extend(inner.iter().map(|(range, _)| range.clone()));
        let listed = dropped_of(file.path, bytes, dropped, &progress.before);
        self.dropped.take(DroppedCandidates { listed, more: 0 });
        let line = progress.before.line();
        let mut findings = findings_of(file.path, bytes, kept, masks, &mut progress.before);
        if !inner.is_empty() {
            findings.extend(placed(inner, bytes, line));
            findings.sort_by(|a, b| a.location.cmp(&b.location));
        }
        (findings, core.end)
    }

    /// What is written in parts of a text, with the range that holds it. The text has this
    /// depth, and begins in this line.
    fn inner(
        &mut self,
        file: FileContext<'_>,
        bytes: &[u8],
        segments: Vec<Segment>,
        (depth, first_line): (usize, u32),
    ) -> Vec<(Range<usize>, Finding)> {
        let mut found = Vec::new();
        let mut lines = Lines::from(first_line);
        for segment in segments {
            let outer = std::mem::take(&mut self.dropped);
            let decoded = segment.text.get(segment.prefix..).unwrap_or_default();
            if depth == 1 && is_template(decoded) {
                self.templates.push(segment.range.clone());
            }
            let mut findings = Vec::new();
            if let Some(container) = Container::of(decoded) {
                findings.extend(self.container(container, file.path, decoded, 1));
            } else if let Some(text) = utf16::decoded(decoded) {
                findings.extend(self.layer(file, &text, 0, depth));
            } else {
                findings.extend(self.layer(file, &segment.text, segment.prefix, depth));
            }
            for mut finding in findings {
                if let Detail::Secret(detail) = &mut finding.detail {
                    detail.encoding.insert(0, segment.encoding);
                }
                found.push((segment.range.clone(), finding));
            }
            let mut dropped = std::mem::replace(&mut self.dropped, outer);
            if depth == 1 && !dropped.listed.is_empty() {
                let line = lines.of(bytes, segment.range.start);
                for drop in &mut dropped.listed {
                    (drop.location.line, drop.location.column) = (Some(line), None);
                }
            }
            self.dropped.take(dropped);
        }
        found
    }

    /// A text that was written in another; what lies in its first `prefix` bytes was found
    /// there.
    fn layer(
        &mut self,
        file: FileContext<'_>,
        bytes: &[u8],
        prefix: usize,
        depth: usize,
    ) -> Vec<Finding> {
        // A text of its own is written like code, whatever the file around it is.
        let file = FileContext {
            format: match file.format {
                Format::Generated | Format::Lockfile => Format::Code,
                format => format,
            },
            ..file
        };
        let mut claims = claims(file, bytes, self.rules);
        let mut tally = Tally::default();
        tally.limit(&mut claims, self.rules);
        self.dropped.more += tally.unlisted;
        let Claims {
            mut kept,
            mut masks,
            mut dropped,
            ..
        } = claims;
        kept.retain(|claim| claim.value.end > prefix);
        dropped.retain(|drop| drop.value.end > prefix);
        let listed = dropped_of(file.path, bytes, dropped, &Before::default());
        self.dropped.take(DroppedCandidates { listed, more: 0 });
        let segments = segments::find(bytes, prefix, false);
        let inner = match depth < MAX_TEXT_DEPTH {
            true => self.inner(file, bytes, segments, (depth + 1, 1)),
            false => {
                self.undecoded += u64::from(!segments.is_empty());
                Vec::new()
            }
        };
        kept.retain(|claim| !inner.iter().any(|(range, _)| overlap(&claim.value, range)));
        masks.extend(inner.iter().map(|(range, _)| range.clone()));
        let mut findings = findings_of(file.path, bytes, kept, masks, &mut Before::default());
        findings.extend(inner.into_iter().map(|(_, finding)| finding));
        findings
    }
}

/// Places findings where what they were written in begins, and says how it is written.
fn placed(mut inner: Vec<(Range<usize>, Finding)>, bytes: &[u8], line: u32) -> Vec<Finding> {
    inner.sort_by_key(|(range, _)| range.start);
    let mut lines = Lines::from(line);
    let mut findings = Vec::with_capacity(inner.len());
    for (range, mut finding) in inner {
        finding.location.line = Some(lines.of(bytes, range.start));
        finding.location.column = None;
        if let Detail::Secret(detail) = &finding.detail {
            finding.message = format!(
                "{}, written in {}",
                finding.message,
                detail.encoding.join(" in ")
            );
        }
        findings.push(finding);
    }
    findings
}

/// Counts lines forwards only.
struct Lines {
    at: usize,
    line: u32,
}

impl Lines {
    fn from(line: u32) -> Self {
        Self { at: 0, line }
    }

    /// The line of a place that is not before the last one asked for.
    fn of(&mut self, bytes: &[u8], place: usize) -> u32 {
        let passed = bytes.get(self.at..place).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count();
        let lines = u32::try_from(lines).unwrap_or(u32::MAX);
        self.line = self.line.saturating_add(lines);
        self.at = self.at.max(place);
        self.line
    }
}

fn is_notebook(file: FileContext<'_>) -> bool {
    file.name.ends_with(".ipynb")
}

fn confidence_of(finding: &Finding) -> Confidence {
    match &finding.detail {
        Detail::Secret(detail) => detail.confidence,
        _ => Confidence::Low,
    }
}

/// Whether a finding is about this value.
fn is_value(finding: &Finding, value: &str) -> bool {
    match &finding.detail {
        Detail::Secret(detail) => detail.value == Redacted::new(value.to_owned()),
        _ => false,
    }
}

fn overlap(one: &Range<usize>, two: &Range<usize>) -> bool {
    one.start < two.end && two.start < one.end
}

/// The gap of a file with more findings than are listed.
fn too_many(root: &str, path: &str, omitted: usize) -> Gap {
    Gap {
        id: TOO_MANY_FINDINGS,
        message: format!(
            "`{}` holds {omitted} findings more than the {MAX_FINDINGS} that are listed",
            terminal_safe(path),
        ),
        location: Some(Location::file(root)),
        remedy: "deal with the findings listed, then run the check again".to_owned(),
    }
}

/// The gap of a file with texts that are written in each other deeper than is followed.
fn too_deep(root: &str, count: u64) -> Gap {
    Gap {
        id: DECODING_LIMIT,
        message: format!(
            "what is encoded more than {MAX_TEXT_DEPTH} times over in `{}` was not searched for secrets (places: {count})",
            terminal_safe(root)
        ),
        location: Some(Location::file(root)),
        remedy: "store the text encoded once, or search it decoded: `sealgate secrets --stdin`"
            .to_owned(),
    }
}

/// The gap of a large file with encoded texts that are searched in pieces.
fn too_long(root: &str, path: &str, count: u64) -> Gap {
    Gap {
        id: DECODING_LIMIT,
        message: format!(
            "encoded texts in `{}` that are too long to be decoded at once were searched for secrets only in pieces (places: {count})",
            terminal_safe(path)
        ),
        location: Some(Location::file(root)),
        remedy: "keep large encoded data outside the tree, or search it decoded: `sealgate secrets --stdin`"
            .to_owned(),
    }
}
