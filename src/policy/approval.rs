//! The entry of the policy that would let a package pass, and who may add it.

use super::document::Policy;
use super::version_range::VersionRange;
use super::waiver::{ComponentName, Waiver, WaiverMatch, WaiverVex};
use crate::model::{Approval, Detail, EntryPlace, Finding, Purl, Subject};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// Longest time of an entry, in days; the policy may allow less.
const MAX_DAYS: u32 = 90;
/// What stands in an entry until its owner writes the reason.
const REASON: &str = "to be written by who approves it";
/// Who answers for an entry where the policy names no approvers.
const OWNER: &str = "to be named by who approves it";

/// The entry that settles a finding about a component: the line of `[registry.approved]`
/// where approving its origin is enough, else a waiver for this version that lasts 90 days,
/// or as long as the policy allows. `None` for a finding about a file, and where no waiver
/// would cover the finding.
#[must_use]
pub fn approval(policy: &Policy, finding: &Finding, now: Timestamp) -> Option<Approval> {
    let Subject::Component { purl, label } = &finding.subject else {
        return None;
    };
    let (place, entry) = match registries(finding, purl) {
        Some(entry) => (EntryPlace::ApprovedRegistries, entry),
        None => (
            EntryPlace::Waiver,
            waiver(policy, finding, purl, label, now)?,
        ),
    };
    Some(Approval {
        approvers: policy.registry.approvers.clone(),
        place,
        entry,
    })
}

/// The whole line of the ecosystem, since a key can stand in a table once.
fn registries(finding: &Finding, purl: &Purl) -> Option<String> {
    let Detail::Registry(detail) = &finding.detail else {
        return None;
    };
    if detail.approvals.is_empty() {
        return None;
    }
    let entries: Vec<String> = detail
        .approved
        .iter()
        .chain(&detail.approvals)
        .map(|entry| quoted(entry))
        .collect();
    let ecosystem = purl.purl_type();
    Some(format!(
        "[registry.approved]\n{ecosystem} = [{}]",
        entries.join(", ")
    ))
}

/// A waiver for this version, by its purl; by its label where the version has no place in
/// an order.
fn waiver(
    policy: &Policy,
    finding: &Finding,
    purl: &Purl,
    label: &str,
    now: Timestamp,
) -> Option<String> {
    let id = finding.id();
    let owner = policy.registry.approvers.first();
    let owner = owner.map_or(OWNER, String::as_str);
    let expires = last_day(policy, now);
    let by_purl = purl.version().map(|version| {
        let component = purl.without_version();
        let text = component.as_str().to_owned();
        (ComponentName::Purl(component), text, Some(version))
    });
    let by_label = (
        ComponentName::Label(label.to_owned()),
        label.to_owned(),
        None,
    );
    let names = by_purl.into_iter().chain([by_label]);
    for (component, text, version) in names {
        let range = match version.map(VersionRange::parse) {
            Some(Err(_)) => continue,
            Some(Ok(range)) => Some(range),
            None => None,
        };
        let is_a_purl = text.starts_with("pkg:");
        if is_a_purl != matches!(component, ComponentName::Purl(_)) {
            continue;
        }
        let waiver = Waiver {
            id: id.to_owned(),
            component: Some(component),
            versions: range,
            path: None,
            secret: None,
            reason: REASON.to_owned(),
            owner: owner.to_owned(),
            expires,
            vex: WaiverVex::Affected,
        };
        if waiver.matches(finding) != WaiverMatch::Covers {
            continue;
        }
        let versions = version.map_or_else(String::new, |version| {
            format!("versions = {}\n", quoted(version))
        });
        return Some(format!(
            "[[waiver]]\nid = {}\ncomponent = {}\n{versions}owner = {}\nreason = {}\nexpires = {expires}",
            quoted(id),
            quoted(&text),
            quoted(owner),
            quoted(REASON),
        ));
    }
    None
}

fn last_day(policy: &Policy, now: Timestamp) -> Date {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = policy.waiver_max_days.min(MAX_DAYS);
    today.checked_add(i64::from(days).days()).unwrap_or(today)
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_toml_whatever_a_name_holds() {
        for text in ["a\"b", "a\\b", "a'b\"c", "a\nid = \"x\"", "\u{1b}[31m"] {
            let line = format!("x = {}", quoted(text));
            let table: toml::Table = toml::from_str(&line).unwrap();
            assert_eq!(table["x"].as_str(), Some(text), "{line}");
        }
    }
}
