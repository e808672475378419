//! Words that several formats share. Everything here is safe to show at a terminal.

use crate::model::{
    Detail, Disposition, Finding, JudgedFinding, JudgedGap, Location, Origin, Purl, Subject,
    Verdict, fold_url_credentials, terminal_safe,
};
use jiff::Timestamp;
use packageurl::PackageUrl;
use std::borrow::Cow;
use std::cmp::Reverse;

/// Longest piece of text from outside that is shown whole, in characters.
const LINE_CHARACTERS: usize = 600;

/// One harmless line of at most 600 characters, addresses without credentials.
pub(super) fn line(text: &str) -> String {
    clipped(text, LINE_CHARACTERS)
}

/// One harmless line of at most `limit` characters and `…`, addresses without credentials.
pub(super) fn clipped(text: &str, limit: usize) -> String {
    clip(text, limit).into_owned()
}

/// The same, copied only where something of it is to be changed.
fn clip(text: &str, limit: usize) -> Cow<'_, str> {
    let safe = match fold_url_credentials(text) {
        Cow::Borrowed(text) => terminal_safe(text),
        Cow::Owned(folded) => Cow::Owned(terminal_safe(&folded).into_owned()),
    };
    // No text has more characters than bytes.
    if safe.len() <= limit {
        return safe;
    }
    match safe.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", safe.get(..end).unwrap_or_default()).into(),
        None => safe,
    }
}

/// `path:line:column` as far as known.
pub(super) fn place(location: &Location) -> String {
    clipped(&location.to_string(), 300)
}

/// The purl, with credentials folded in qualifiers such as `vcs_url`.
pub(super) fn purl(purl: &Purl) -> Cow<'_, str> {
    let text = purl.as_str();
    if !text.contains('?') {
        return clip(text, LINE_CHARACTERS);
    }
    let Ok(mut parsed) = text.parse::<PackageUrl<'_>>() else {
        return clip(text, LINE_CHARACTERS);
    };
    let folded: Vec<(String, String)> = parsed
        .qualifiers()
        .iter()
        .map(|(key, value)| (key.to_string(), fold_url_credentials(value).into_owned()))
        .collect();
    parsed.clear_qualifiers();
    for (key, value) in folded {
        if parsed.add_qualifier(key, value).is_err() {
            return clip(text.split('?').next().unwrap_or_default(), LINE_CHARACTERS);
        }
    }
    line(&parsed.to_string()).into()
}

/// `name@version` of a component, or the path of a file.
pub(super) fn subject(subject: &Subject) -> String {
    match subject {
        Subject::Component { label, .. } => clipped(label, 120),
        Subject::File { path } => clipped(path, 300),
    }
}

/// The origin in words.
pub(super) fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Registry {
            index: Some(index),
            file: Some(file),
            ..
        } => format!("{} (file {})", clipped(index, 200), clipped(file, 200)),
        Origin::Registry {
            index: Some(one), ..
        }
        | Origin::Registry {
            file: Some(one), ..
        }
        | Origin::Url { url: one }
        | Origin::Path { path: one } => clipped(one, 200),
        Origin::Registry { .. } => "a registry without an address".to_owned(),
        Origin::ImpliedDefault => "the ecosystem's default registry, by omission".to_owned(),
        Origin::Git { url, commit, .. } => match commit {
            Some(commit) => format!("{} at {}", clipped(url, 200), clipped(commit, 64)),
            None => clipped(url, 200),
        },
        Origin::Bundled { inside } => format!("bundled in {}", clipped(inside, 120)),
        Origin::Unrecorded => "not recorded".to_owned(),
    }
}

/// Every finding, worst first: what blocks, what is inconclusive, what is reported, what
/// is waived; then what attackers are known to use, then by severity, then by place.
pub(super) fn worst_first(verdict: &Verdict) -> Vec<&JudgedFinding> {
    let mut all: Vec<&JudgedFinding> = verdict.findings.iter().collect();
    all.sort_by_key(|judged| {
        let finding = &judged.finding;
        (
            urgency(judged.disposition),
            Reverse(finding.urgency()),
            &finding.location,
            finding.rule.id,
            &finding.subject,
            &finding.fingerprint,
        )
    });
    all
}

/// Every gap, the ones that matter to the verdict first, then by id and place.
pub(super) fn gaps_worst_first(verdict: &Verdict) -> Vec<&JudgedGap> {
    let mut all: Vec<&JudgedGap> = verdict.gaps.iter().collect();
    all.sort_by_key(|judged| {
        let gap = &judged.gap;
        (
            urgency(judged.disposition),
            gap.id,
            &gap.location,
            &gap.message,
        )
    });
    all
}

fn urgency(disposition: Disposition) -> u8 {
    match disposition {
        Disposition::Block => 0,
        Disposition::Inconclusive => 1,
        Disposition::Report => 2,
        Disposition::Waived => 3,
    }
}

/// The rule's id, with the advisory's id after it.
pub(super) fn headline_id(finding: &Finding) -> String {
    match &finding.detail {
        Detail::Advisory(detail) => format!("{} {}", finding.rule.id, clipped(&detail.id, 80)),
        Detail::Yanked(_) | Detail::Registry(_) | Detail::Secret(_) => finding.rule.id.to_owned(),
    }
}

/// `: a, b and 3 more` of what a waiver is about; empty where that is nothing.
pub(super) fn about(about: &[String]) -> String {
    const NAMED: usize = 3;
    let shown: Vec<String> = about
        .iter()
        .take(NAMED)
        .map(|one| clipped(one, 120))
        .collect();
    let more = about.len().saturating_sub(NAMED);
    match (shown.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", shown.join(", ")),
        (false, more) => format!(": {} and {more} more", shown.join(", ")),
    }
}

/// `1 finding`, `2 findings`, `1,200 findings`.
pub(super) fn count(number: u64, singular: &str, plural: &str) -> String {
    let word = if number == 1 { singular } else { plural };
    format!("{} {word}", grouped(number))
}

/// A number with `,` between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in a unit that people read.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    // Tenths of the unit, in integers: the same on every machine.
    let mut tenths = u128::from(number) * 10 / 1024;
    let mut unit = "KiB";
    for next in UNITS.into_iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Whole days from one RFC 3339 time to another; `None` where one of them is none.
pub(super) fn days_between(from: &str, to: &str) -> Option<i64> {
    let from: Timestamp = from.parse().ok()?;
    let to: Timestamp = to.parse().ok()?;
    Some(to.as_second().saturating_sub(from.as_second()) / 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(count(1_000, "file", "files"), "1,000 files");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(226 * 1024 * 1024), "226.0 MiB");
        assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
    }

    #[test]
    fn a_purl_does_not_show_the_credentials_of_its_repository() {
        let password = "open-sesame".to_owned() + "-42";
        let with = Purl::parse(&format!(
            "pkg:cargo/lib@1.0.0?vcs_url=git%2Bhttps:%2F%2Fbob:{password}%40git.example%2Flib"
        ))
        .unwrap();
        let shown = purl(&with);
        assert!(!shown.contains(&password), "{shown}");
        assert!(shown.starts_with("pkg:cargo/lib@1.0.0?vcs_url="), "{shown}");
        let without = Purl::parse("pkg:npm/%40acme/ui@1.0.0?a=b&c=d").unwrap();
        assert_eq!(purl(&without), without.as_str());
    }

    #[test]
    fn days_are_whole_and_may_be_negative() {
        let later = "2026-11-23T12:00:00Z";
        assert_eq!(days_between("2026-11-20T13:00:00Z", later), Some(2));
        assert_eq!(days_between(later, "2026-11-20T12:00:00Z"), Some(-3));
        assert_eq!(days_between("yesterday", later), None);
    }
}
