//! Texts inside texts, and files inside files: what is encoded or packed is searched like
//! what is not, within limits.
//!
//! * `segments` finds what is written in base64, hex, escapes or joined literals.
//! * `utf16` reads text of two bytes a character.
//! * `archive` opens gzip, zip and tar.

mod archive;
mod segments;
mod utf16;

use super::engine::{Claims, MAX_FINDINGS, Rules, claims};
use super::file::{FileContext, Format};
use super::finding::findings_of;
use super::rules::{ARCHIVE_LIMIT, PASSWORD, TOO_MANY_FINDINGS, UNREADABLE_ARCHIVE};
use super::value::is_template;
use crate::model::{Confidence, Detail, Finding, Gap, Location, Redacted, terminal_safe};
use archive::{Budget, Container, Unsearched};
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
}

/// Searches the bytes of one file and what is written or packed in them.
pub(super) fn search(path: &str, bytes: &[u8], rules: &Rules) -> Found {
    let mut search = Search {
        rules,
        root: path,
        budget: Budget::default(),
        gaps: Vec::new(),
        templates: Vec::new(),
    };
    let findings = search.file(path, bytes, 0);
    Found {
        findings,
        gaps: search.gaps,
    }
}

struct Search<'a> {
    rules: &'a Rules,
    /// The path of the file itself: places are told in it.
    root: &'a str,
    budget: Budget,
    gaps: Vec<Gap>,
    /// Where the text at hand has a reference to a value elsewhere, encoded.
    templates: Vec<Range<usize>>,
}

impl Search<'_> {
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
        let Claims {
            mut kept,
            mut masks,
            omitted,
            ..
        } = claims(file, bytes, self.rules);
        if omitted > 0 {
            self.gaps.push(too_many(self.root, file.path, omitted));
        }
        let mut inner = match file.format {
            // What a program put between other bytes is found where it begins with its
            // name; to look for more costs time and finds chance.
            Format::Binary => Vec::new(),
            _ => self.inner(file, bytes, 0, 1),
        };
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
        let mut findings = findings_of(file.path, bytes, kept, masks);
        if !inner.is_empty() {
            findings.extend(placed(inner, bytes));
            findings.sort_by(|a, b| a.location.cmp(&b.location));
        }
        findings
    }

    /// What is written in a text from `start` on, with the range that holds it.
    fn inner(
        &mut self,
        file: FileContext<'_>,
        bytes: &[u8],
        start: usize,
        depth: usize,
    ) -> Vec<(Range<usize>, Finding)> {
        let is_notebook = depth == 1 && file.name.ends_with(".ipynb");
        let mut found = Vec::new();
        for segment in segments::find(bytes, start, is_notebook) {
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
        let Claims {
            mut kept,
            mut masks,
            ..
        } = claims(file, bytes, self.rules);
        kept.retain(|claim| claim.value.end > prefix);
        let inner = match depth < MAX_TEXT_DEPTH {
            true => self.inner(file, bytes, prefix, depth + 1),
            false => Vec::new(),
        };
        kept.retain(|claim| !inner.iter().any(|(range, _)| overlap(&claim.value, range)));
        masks.extend(inner.iter().map(|(range, _)| range.clone()));
        let mut findings = findings_of(file.path, bytes, kept, masks);
        findings.extend(inner.into_iter().map(|(_, finding)| finding));
        findings
    }
}

/// Places findings where what they were written in begins, and says how it is written.
fn placed(mut inner: Vec<(Range<usize>, Finding)>, bytes: &[u8]) -> Vec<Finding> {
    inner.sort_by_key(|(range, _)| range.start);
    let (mut at, mut line) = (0, 1_u32);
    let mut findings = Vec::with_capacity(inner.len());
    for (range, mut finding) in inner {
        let passed = bytes.get(at..range.start).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count();
        line = line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        at = range.start;
        finding.location.line = Some(line);
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
