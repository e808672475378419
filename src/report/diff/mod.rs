//! Two reports of the advisory check: what is new, what is gone and why, what blocks now
//! and did not.
//!
//! Findings are the same where they are about one component and share an id: a group of
//! records may gain and lose ids. Where the component moved to another version and the
//! advisory went along, that is one finding that moved, neither fixed nor new.

pub mod human;
pub mod json;
pub mod markdown;
mod read;
#[cfg(test)]
mod tests;
mod words;

use crate::model::{Disposition, Purl};
pub use read::{MAX_REPORT_BYTES, ReadError, ReadReport};
use read::{ReadFinding, ReadGap};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a finding. The order is that of every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is in the new report only.
    New,
    /// It blocks, and did not.
    Blocks,
    /// Its waiver is over.
    WaiverExpired,
    /// It was waived and is not any more, for another reason.
    Unwaived,
    /// The component has another version, which it is about as well.
    Moved,
    /// Something else that the policy or a reader looks at is different.
    Changed,
    /// A waiver or a VEX statement covers it now.
    Waived,
    /// It blocked, and does not any more.
    Unblocked,
    /// The component is gone, or has a version that it is not about.
    Fixed,
    /// The component is still there, or it is not known that it is gone.
    NotReported,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::Blocks,
        Self::WaiverExpired,
        Self::Unwaived,
        Self::Moved,
        Self::Changed,
        Self::Waived,
        Self::Unblocked,
        Self::Fixed,
        Self::NotReported,
    ];

    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Blocks => "blocks",
            Self::WaiverExpired => "waiver-expired",
            Self::Unwaived => "unwaived",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::Waived => "waived",
            Self::Unblocked => "unblocked",
            Self::Fixed => "fixed",
            Self::NotReported => "not-reported",
        }
    }
}

/// What became of one finding, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'r> {
    kind: ChangeKind,
    before: Option<&'r ReadFinding>,
    after: Option<&'r ReadFinding>,
    why: String,
}

impl<'r> Change<'r> {
    /// The finding as it is now, or as it was.
    fn finding(&self) -> Option<&'r ReadFinding> {
        self.after.or(self.before)
    }

    /// It blocks, and nothing of it blocked before.
    fn is_new_block(&self) -> bool {
        let blocks = |finding: Option<&ReadFinding>| {
            finding.is_some_and(|finding| finding.disposition == Disposition::Block)
        };
        blocks(self.after) && !blocks(self.before)
    }
}

/// How two reports differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDiff<'r> {
    old: &'r ReadReport,
    new: &'r ReadReport,
    /// Sorted by kind, then by disposition, then by component and id.
    changes: Vec<Change<'r>>,
    /// Findings that are in both and alike.
    unchanged: usize,
    /// Gaps that only the new report has, sorted.
    new_gaps: Vec<&'r ReadGap>,
    /// Gaps that only the old report has, sorted.
    gone_gaps: Vec<&'r ReadGap>,
}

impl ReportDiff<'_> {
    /// Whether something blocks in the new report that did not in the old one.
    #[must_use]
    pub fn has_new_block(&self) -> bool {
        let mut gaps = self.new_gaps.iter();
        self.changes.iter().any(Change::is_new_block)
            || gaps.any(|gap| gap.disposition == Disposition::Block)
    }

    /// Whether the new report lacks something that the old one had checked, so that the
    /// silence about it means nothing.
    #[must_use]
    pub fn is_less_checked(&self) -> bool {
        let mut gaps = self.new_gaps.iter();
        gaps.any(|gap| gap.disposition == Disposition::Inconclusive)
    }

    fn count(&self, kind: ChangeKind) -> usize {
        self.changes
            .iter()
            .filter(|change| change.kind == kind)
            .count()
    }
}

/// Compares two reports.
#[must_use]
pub fn compare<'r>(old: &'r ReadReport, new: &'r ReadReport) -> ReportDiff<'r> {
    let sides = Sides::of(old, new);
    let mut changes = Vec::new();
    let mut unchanged = 0;
    let mut matched: BTreeSet<usize> = BTreeSet::new();
    for after in &new.findings {
        let same = sides.old_findings_like(after);
        matched.extend(same.iter().copied());
        let best = same
            .iter()
            .filter_map(|place| old.findings.get(*place))
            .max_by_key(|before| shared(before, after));
        match best {
            Some(before) => match sides.changed(before, after) {
                Some(change) => changes.push(change),
                None => unchanged += 1,
            },
            None => changes.push(Change {
                kind: ChangeKind::New,
                before: None,
                after: Some(after),
                why: sides.why_new(after),
            }),
        }
    }
    for (place, before) in old.findings.iter().enumerate() {
        if !matched.contains(&place) {
            changes.push(sides.gone(before));
        }
    }
    changes.sort_by(|a, b| {
        let key = |change: &Change<'r>| {
            let finding = change.finding();
            (
                change.kind,
                finding.map(|finding| finding.disposition),
                finding.map(|finding| (&finding.purl, &finding.ids, &finding.rule)),
            )
        };
        key(a).cmp(&key(b))
    });
    ReportDiff {
        old,
        new,
        changes,
        unchanged,
        new_gaps: only_in(&new.gaps, &old.gaps),
        gone_gaps: only_in(&old.gaps, &new.gaps),
    }
}

fn only_in<'r>(these: &'r [ReadGap], those: &[ReadGap]) -> Vec<&'r ReadGap> {
    let known: BTreeSet<(&str, &str)> = those
        .iter()
        .map(|gap| (gap.id.as_str(), gap.message.as_str()))
        .collect();
    let mut only: Vec<&ReadGap> = these
        .iter()
        .filter(|gap| !known.contains(&(gap.id.as_str(), gap.message.as_str())))
        .collect();
    only.sort();
    only.dedup();
    only
}

/// Ids that two findings share; versions that were withdrawn share the fact.
fn shared(a: &ReadFinding, b: &ReadFinding) -> usize {
    if a.ids.is_empty() && b.ids.is_empty() {
        return 1;
    }
    a.ids.iter().filter(|id| b.ids.contains(id)).count()
}

/// A package in any version: its purl without version and qualifiers.
fn package_of(purl: &str) -> String {
    match Purl::parse(purl) {
        Ok(purl) => purl.without_version().to_string(),
        Err(_) => purl.to_owned(),
    }
}

fn version_of(purl: &str) -> String {
    let version = Purl::parse(purl).ok();
    let version = version.as_ref().and_then(|purl| purl.version());
    version.unwrap_or("another version").to_owned()
}

/// Both reports, prepared for asking.
struct Sides<'r> {
    old: &'r ReadReport,
    new: &'r ReadReport,
    old_by_purl: BTreeMap<&'r str, Vec<usize>>,
    /// Of components that the new report does not have any more.
    old_by_package: BTreeMap<String, Vec<usize>>,
    old_purls: Components<'r>,
    new_purls: Components<'r>,
}

/// The components of a report.
struct Components<'r> {
    /// `None` where the report has no list.
    purls: Option<BTreeSet<&'r str>>,
    by_package: BTreeMap<String, Vec<&'r str>>,
}

impl<'r> Components<'r> {
    fn of(report: &'r ReadReport) -> Self {
        let mut by_package: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for purl in report.purls.iter().flatten() {
            by_package.entry(package_of(purl)).or_default().push(purl);
        }
        Self {
            purls: report
                .purls
                .as_ref()
                .map(|purls| purls.iter().map(String::as_str).collect()),
            by_package,
        }
    }

    /// Whether the component is there; `None` where that is not known.
    fn has(&self, purl: &str) -> Option<bool> {
        Some(self.purls.as_ref()?.contains(purl))
    }

    /// Versions of the same package.
    fn versions(&self, purl: &str) -> Vec<String> {
        let purls = self.by_package.get(&package_of(purl));
        let mut versions: Vec<String> = purls
            .into_iter()
            .flatten()
            .map(|purl| version_of(purl))
            .collect();
        versions.dedup();
        versions
    }
}

impl<'r> Sides<'r> {
    fn of(old: &'r ReadReport, new: &'r ReadReport) -> Self {
        let (old_purls, new_purls) = (Components::of(old), Components::of(new));
        let mut old_by_purl: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut old_by_package: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, finding) in old.findings.iter().enumerate() {
            old_by_purl.entry(&finding.purl).or_default().push(place);
            if new_purls.has(&finding.purl) == Some(false) {
                let package = package_of(&finding.purl);
                old_by_package.entry(package).or_default().push(place);
            }
        }
        Self {
            old,
            new,
            old_by_purl,
            old_by_package,
            old_purls,
            new_purls,
        }
    }

    /// Places of old findings that are the same as a new one: of the same component, else
    /// of one that moved.
    fn old_findings_like(&self, after: &ReadFinding) -> Vec<usize> {
        let alike = |place: &usize| {
            let before = self.old.findings.get(*place);
            before.is_some_and(|before| shared(before, after) > 0)
        };
        let of = |places: Option<&Vec<usize>>| -> Vec<usize> {
            let places = places.into_iter().flatten().copied();
            places.filter(|place| alike(place)).collect()
        };
        let same = of(self.old_by_purl.get(after.purl.as_str()));
        // A component that was there before did not come from another version.
        if !same.is_empty() || self.old_purls.has(&after.purl) == Some(true) {
            return same;
        }
        of(self.old_by_package.get(&package_of(&after.purl)))
    }

    /// How a finding that both reports have differs; `None` where it does not.
    fn changed(&self, before: &'r ReadFinding, after: &'r ReadFinding) -> Option<Change<'r>> {
        use Disposition::{Block, Waived};
        let change = |kind, why: String| {
            Some(Change {
                kind,
                before: Some(before),
                after: Some(after),
                why,
            })
        };
        if after.is_withdrawn_record && !before.is_withdrawn_record {
            return change(
                ChangeKind::NotReported,
                "its record was withdrawn".to_owned(),
            );
        }
        match (before.disposition, after.disposition) {
            (Waived, Waived) => {}
            (Waived, _) => {
                return match &after.expired {
                    Some(waiver) => change(
                        ChangeKind::WaiverExpired,
                        format!("the waiver of {waiver} is over; {}", after.reason),
                    ),
                    None => change(ChangeKind::Unwaived, after.reason.clone()),
                };
            }
            (_, Waived) => return change(ChangeKind::Waived, after.reason.clone()),
            (Block, Block) => {}
            (_, Block) => return change(ChangeKind::Blocks, after.reason.clone()),
            (Block, _) => return change(ChangeKind::Unblocked, after.reason.clone()),
            (a, b) if a != b => return change(ChangeKind::Changed, after.reason.clone()),
            _ => {}
        }
        if before.purl != after.purl {
            let why = format!("was {}", before.label);
            return change(ChangeKind::Moved, why);
        }
        if before.severity != after.severity {
            let why = format!("the severity was {}", before.severity);
            return change(ChangeKind::Changed, why);
        }
        None
    }

    fn why_new(&self, after: &ReadFinding) -> String {
        match self.old_purls.has(&after.purl) {
            None => "the old report does not list components".to_owned(),
            Some(false) => {
                let versions = self.old_purls.versions(&after.purl);
                match versions.is_empty() {
                    true => "the component is new".to_owned(),
                    false => format!("the component was {}", versions.join(", ")),
                }
            }
            Some(true) => match self.database_changed() {
                Some(true) => "the database did not report it".to_owned(),
                None if self.old.database.is_none() => "it was not looked up before".to_owned(),
                _ => self.other_reason().to_owned(),
            },
        }
    }

    /// What became of a finding that only the old report has.
    fn gone(&self, before: &'r ReadFinding) -> Change<'r> {
        let (kind, why) = self.why_gone(before);
        Change {
            kind,
            before: Some(before),
            after: None,
            why,
        }
    }

    fn why_gone(&self, before: &ReadFinding) -> (ChangeKind, String) {
        let not_reported = |why: &str| (ChangeKind::NotReported, why.to_owned());
        match self.new_purls.has(&before.purl) {
            None => not_reported("the new report does not list components"),
            Some(true) => match self.database_changed() {
                None if self.new.database.is_none() => {
                    not_reported("it was not looked up: the new report used no database")
                }
                Some(true) => not_reported(
                    "the database changed: its record is gone, or no longer about this version",
                ),
                _ => not_reported(self.other_reason()),
            },
            Some(false) => {
                let unread = self
                    .new
                    .gaps
                    .iter()
                    .find(|gap| gap.id.starts_with("inventory/"));
                if let Some(gap) = unread {
                    return not_reported(&format!(
                        "the component is not there, and the new report has not read everything ({})",
                        gap.id
                    ));
                }
                let versions = self.new_purls.versions(&before.purl);
                match versions.is_empty() {
                    true => (ChangeKind::Fixed, "the component is gone".to_owned()),
                    false if self.new.database.is_none() => {
                        not_reported("the component moved, and its new version was not looked up")
                    }
                    false => (
                        ChangeKind::Fixed,
                        format!("the component is {} now", versions.join(", ")),
                    ),
                }
            }
        }
    }

    /// `None` where one of the reports used none.
    fn database_changed(&self) -> Option<bool> {
        Some(self.old.database.as_ref()? != self.new.database.as_ref()?)
    }

    fn other_reason(&self) -> &'static str {
        match self.old.tool_version == self.new.tool_version {
            true => "the same database and component, judged otherwise",
            false => "another version of sealgate",
        }
    }
}
