//! The rules of a run. GitHub takes the security severity from the rule, not from the
//! result, so each advisory is a rule of its own; other rules take their worst finding.

use super::wire::{Configuration, GapDescriptor, Help, Message, RuleDescriptor, RuleProperties};
use crate::model::{Detail, Finding, Severity};
use crate::report::facts::web_address;
use crate::report::markdown::escape;
use crate::report::text;
use std::collections::BTreeMap;

/// The rules that results refer to, in the order of their first result.
#[derive(Default)]
pub(super) struct Rules {
    index: BTreeMap<String, usize>,
    entries: Vec<Entry>,
}

struct Entry {
    descriptor: RuleDescriptor,
    worst: Severity,
    score_tenths: Option<u8>,
}

impl Rules {
    /// The id and index of the rule of a finding.
    pub(super) fn add(&mut self, finding: &Finding) -> (String, usize) {
        let (id, score_tenths) = match &finding.detail {
            Detail::Advisory(detail) => (
                format!("{}/{}", finding.rule.id, text::clipped(&detail.id, 120)),
                detail.score_tenths,
            ),
            Detail::Yanked(_) | Detail::Registry(_) | Detail::Secret(_) => {
                (finding.rule.id.to_owned(), None)
            }
        };
        if let Some(index) = self.index.get(&id).copied() {
            if let Some(entry) = self.entries.get_mut(index) {
                entry.worst = entry.worst.max(finding.severity);
                entry.score_tenths = entry.score_tenths.max(score_tenths);
            }
            return (id, index);
        }
        let index = self.entries.len();
        self.entries.push(Entry {
            descriptor: descriptor(&id, finding),
            worst: finding.severity,
            score_tenths,
        });
        self.index.insert(id.clone(), index);
        (id, index)
    }

    /// The descriptors, with the severity of the worst finding each.
    pub(super) fn into_descriptors(self) -> Vec<RuleDescriptor> {
        self.entries
            .into_iter()
            .map(|entry| {
                let mut descriptor = entry.descriptor;
                descriptor.properties.security_severity =
                    security_severity(entry.worst, entry.score_tenths);
                descriptor.default_configuration.level = match entry.worst {
                    Severity::Critical | Severity::High => "error",
                    Severity::Medium => "warning",
                    Severity::Unknown | Severity::Low | Severity::Info => "note",
                };
                descriptor
            })
            .collect()
    }
}

/// A number that GitHub maps back to the level (over 9.0 critical, 7.0 high, 4.0 medium,
/// 0.1 low): the CVSS base score where there is one, else a middle of the level. An
/// unknown severity stays unknown.
fn security_severity(worst: Severity, score_tenths: Option<u8>) -> Option<String> {
    if let Some(tenths) = score_tenths.filter(|tenths| (1..=100).contains(tenths)) {
        return Some(format!("{}.{}", tenths / 10, tenths % 10));
    }
    let text = match worst {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Unknown | Severity::Info => return None,
    };
    Some(text.to_owned())
}

fn descriptor(id: &str, finding: &Finding) -> RuleDescriptor {
    let rule = finding.rule;
    let explain = format!("sealgate explain {}", rule.id);
    let (short, full, help_uri) = match &finding.detail {
        Detail::Advisory(detail) => {
            let advisory = text::clipped(&detail.id, 120);
            let summary = text::line(&detail.summary);
            let short = if summary.is_empty() {
                format!("{advisory}: {}", rule.title)
            } else {
                format!("{advisory}: {summary}")
            };
            let mut full = format!("{} {short}", rule.description);
            if !detail.aliases.is_empty() {
                full.push_str(&format!(
                    " Also known as {}.",
                    text::line(&detail.aliases.join(", "))
                ));
            }
            (short, full, detail.url.as_deref().and_then(web_address))
        }
        Detail::Yanked(_) | Detail::Registry(_) | Detail::Secret(_) => {
            (rule.title.to_owned(), rule.description.to_owned(), None)
        }
    };
    RuleDescriptor {
        id: id.to_owned(),
        name: name(rule.id),
        help: Help {
            text: format!("{full} Fix: {} See: {explain}", rule.remedy),
            markdown: format!(
                "{}\n\n**Fix:** {}\n\nSee `{explain}`.",
                escape(&full),
                escape(rule.remedy)
            ),
        },
        short_description: Message::of(&short),
        full_description: Message::of(&full),
        help_uri,
        default_configuration: Configuration { level: "warning" },
        properties: RuleProperties {
            tags: tags(rule.id),
            security_severity: None,
        },
    }
}

/// What the id of a gap means. A gap carries its own words about what was not checked.
pub(super) fn gap_descriptor(id: &'static str) -> GapDescriptor {
    let full = "Something could not be checked, so that its result is not known. The policy says whether the verdict can stand without it.";
    GapDescriptor {
        id,
        name: name(id),
        short_description: Message::of(&format!("Not checked: {id}")),
        full_description: Message::of(full),
        help: Help {
            text: format!("{full} See: sealgate explain {id}"),
            markdown: format!("{full}\n\nSee `sealgate explain {id}`."),
        },
    }
}

/// `registry/plain-http` as `RegistryPlainHttp`, the form of SARIF rule names.
fn name(id: &str) -> String {
    id.split(['/', '-'])
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

/// At most ten tags are shown.
fn tags(id: &'static str) -> Vec<&'static str> {
    let room = id.split('/').next().unwrap_or_default();
    vec!["security", "supply-chain", room]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_pascal_case() {
        assert_eq!(name("registry/plain-http"), "RegistryPlainHttp");
    }

    #[test]
    fn a_severity_maps_back_to_its_level_and_an_unknown_one_stays_unknown() {
        assert_eq!(
            security_severity(Severity::High, Some(75)).as_deref(),
            Some("7.5")
        );
        assert_eq!(
            security_severity(Severity::Critical, None).as_deref(),
            Some("9.5")
        );
        assert_eq!(
            security_severity(Severity::Critical, Some(0)).as_deref(),
            Some("9.5")
        );
        assert_eq!(security_severity(Severity::Unknown, None), None);
    }
}
