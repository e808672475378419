//! SARIF 2.1.0 (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>) within the limits of GitHub
//! code scanning: every result has a place, addresses are relative to the repository,
//! results are sorted worst first before they are cut.

mod properties;
mod rules;
mod wire;

use super::{advice, facts, text};
use crate::model::{
    Decision, Detail, Disposition, Finding, JudgedFinding, JudgedGap, Location, Report, Severity,
    fold_url_credentials, terminal_safe_json,
};
use rules::Rules;
use wire::{
    ArtifactLocation, AutomationDetails, BaseUri, Driver, Invocation, Log, Message, Notification,
    PartialFingerprints, Physical, Place, Reference, Region, RelatedPlace, ResultEntry,
    ResultProperties, Run, RunProperties, Suppression, Tool,
};

/// Most results in one run; GitHub refuses more and shows the first 5,000.
const RESULTS: usize = 25_000;
/// Most places of one result; GitHub shows 100.
const PLACES: usize = 100;
/// Most notifications about gaps.
const NOTIFICATIONS: usize = 1_000;
/// The base that relative addresses refer to.
const ROOT: &str = "%SRCROOT%";

/// What the caller knows and the report does not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Tells uploads for one commit apart; several runs with one category replace each
    /// other at GitHub. `None`: `sealgate/` and the checks that ran.
    pub category: Option<String>,
}

/// The report as indented SARIF with a line break at its end. Secrets are masked, and
/// characters that could steer a terminal are escaped.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: vec![run(report, options)],
    };
    // Structures of strings and numbers cannot fail to serialise.
    let json = serde_json::to_string_pretty(&log).unwrap_or_default();
    let mut json = terminal_safe_json(json);
    json.push('\n');
    json
}

fn run(report: &Report, options: &Options) -> Run {
    let all = text::worst_first(&report.verdict);
    let left_out = all.len().saturating_sub(RESULTS);
    let mut rules = Rules::default();
    let mut upgrades = advice::by_finding(report);
    let results = all
        .into_iter()
        .take(RESULTS)
        .map(|judged| {
            let mut entry = result(judged, report, &mut rules);
            entry.properties.upgrade = upgrades.remove(judged.finding.fingerprint.as_str());
            entry
        })
        .collect();
    let gaps = text::gaps_worst_first(&report.verdict);
    let mut ids: Vec<&'static str> = gaps.iter().map(|judged| judged.gap.id).collect();
    ids.sort_unstable();
    ids.dedup();
    Run {
        tool: Tool {
            driver: Driver {
                name: report.tool.name,
                version: report.tool.version,
                semantic_version: report.tool.version,
                rules: rules.into_descriptors(),
                notifications: ids.into_iter().map(rules::gap_descriptor).collect(),
            },
        },
        automation_details: AutomationDetails {
            id: category(report, options),
        },
        original_uri_base_ids: std::collections::BTreeMap::from([(
            ROOT,
            BaseUri {
                description: Message::of("The root of the judged tree"),
            },
        )]),
        invocations: vec![Invocation {
            execution_successful: checked_everything(report, &gaps),
            end_time_utc: report.time.clone(),
            tool_execution_notifications: notifications(&gaps, left_out, report),
        }],
        column_kind: "unicodeCodePoints",
        results,
        properties: RunProperties {
            decision: report.verdict.decision.as_str(),
            summary: text::line(&report.verdict.summary),
            policy: text::line(&report.policy.name),
            policy_digest: report.policy.digest.clone(),
            database_digest: report.database.as_ref().map(|d| d.digest.clone()),
            database_sources: properties::sources(report),
            vex_documents: report.vex.iter().map(properties::document).collect(),
        },
    }
}

/// GitHub takes what stands before the last `/` as the category.
fn category(report: &Report, options: &Options) -> String {
    let category = options
        .category
        .clone()
        .unwrap_or_else(|| format!("sealgate/{}", report.checks.join("+")));
    format!("{}/", text::clipped(&category, 200).trim_end_matches('/'))
}

/// Whether nothing that the policy requires was left unchecked.
fn checked_everything(report: &Report, gaps: &[&JudgedGap]) -> bool {
    report.verdict.decision != Decision::Inconclusive
        && gaps.iter().all(|judged| !holds_up(judged.disposition))
}

fn holds_up(disposition: Disposition) -> bool {
    matches!(disposition, Disposition::Block | Disposition::Inconclusive)
}

fn result(judged: &JudgedFinding, report: &Report, rules: &mut Rules) -> ResultEntry {
    let finding = &judged.finding;
    let (rule_id, rule_index) = rules.add(finding);
    let mut locations = vec![place(&finding.location, report)];
    locations.extend(
        finding
            .also_at
            .iter()
            .take(PLACES - 1)
            .map(|location| place(location, report)),
    );
    ResultEntry {
        rule_id,
        rule_index,
        level: level(judged),
        message: Message::of(&format!(
            "{}{}. Fix: {}",
            plain(&finding.message),
            facts::marks(finding),
            plain(&finding.remedy)
        )),
        locations,
        related_locations: related(finding, report),
        partial_fingerprints: PartialFingerprints {
            primary_location_line_hash: finding.fingerprint.clone(),
        },
        // Present on every result or on none: SARIF 2.1.0, 3.27.23.
        suppressions: suppressions(judged),
        properties: ResultProperties {
            severity: finding.severity.as_str(),
            disposition: judged.disposition.as_str(),
            reason: text::line(&judged.reason),
            subject: text::subject(&finding.subject),
            more_places: finding.also_at.len().saturating_sub(PLACES - 1),
            waiver: judged.waiver.as_ref().map(properties::waiver),
            lapsed_waivers: judged.lapsed.iter().map(properties::lapsed).collect(),
            vex: judged.vex.iter().map(properties::vex).collect(),
            advisory: properties::advisory(finding),
            reach: finding.reach().map(properties::reach),
            upgrade: None,
        },
    }
}

fn level(judged: &JudgedFinding) -> &'static str {
    match (judged.disposition, judged.finding.severity) {
        (Disposition::Block, _) => "error",
        (Disposition::Inconclusive, _)
        | (_, Severity::Critical | Severity::High | Severity::Medium) => "warning",
        (_, Severity::Unknown | Severity::Low | Severity::Info) => "note",
    }
}

fn suppressions(judged: &JudgedFinding) -> Vec<Suppression> {
    if judged.disposition != Disposition::Waived {
        return Vec::new();
    }
    let justification = match &judged.waiver {
        Some(waiver) => format!(
            "{} (owner {}, until {})",
            text::line(&waiver.reason),
            text::line(&waiver.owner),
            text::line(&waiver.expires)
        ),
        None => text::line(&judged.reason),
    };
    vec![Suppression {
        kind: "external",
        status: "accepted",
        justification,
    }]
}

/// A line of plain text in which `[text](target)` is no link (SARIF 2.1.0, 3.11.6).
fn plain(message: &str) -> String {
    text::line(message).replace("](", "] (")
}

/// The lines of configuration that lead to a finding, what each says as its message. One
/// outside of the tree has no address that a viewer could open, so its message names it.
fn related(finding: &Finding, report: &Report) -> Vec<RelatedPlace> {
    let Detail::Registry(detail) = &finding.detail else {
        return Vec::new();
    };
    let places = detail.configuration.iter().take(PLACES).enumerate();
    places
        .map(|(id, configured)| {
            let path = &configured.location.path;
            let is_outside =
                path.starts_with(['/', '~', '$']) || path.starts_with("../") || path.contains(':');
            let says = text::line(&configured.says);
            let (physical, says) = match is_outside {
                true => (
                    None,
                    format!("{}: {says}", text::place(&configured.location)),
                ),
                false => {
                    let place = place(&configured.location, report);
                    (Some(place.physical_location), says)
                }
            };
            RelatedPlace {
                id,
                physical_location: physical,
                message: Message::of(&says),
            }
        })
        .collect()
}

fn place(location: &Location, report: &Report) -> Place {
    Place {
        physical_location: Physical {
            artifact_location: ArtifactLocation {
                uri: relative_uri(&location.path)
                    .or_else(|| relative_uri(&report.target))
                    .unwrap_or_else(|| "unknown".to_owned()),
                uri_base_id: ROOT,
            },
            region: Region {
                // GitHub wants a line; a whole file is shown at its first one.
                start_line: location.line.unwrap_or(1).max(1),
                start_column: location.line.and(location.column).map(|c| c.max(1)),
            },
        },
    }
}

/// The path as a relative URI reference (RFC 3986, 4.2): percent-encoded, without empty,
/// `.` and `..` parts; `None` where nothing is left.
fn relative_uri(path: &str) -> Option<String> {
    let folded = fold_url_credentials(path);
    let parts: Vec<String> = folded
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .map(|part| {
            let mut encoded = String::with_capacity(part.len());
            for byte in part.bytes() {
                // A `:` in the first part would read as a scheme, so it is encoded too.
                if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@".contains(&byte) {
                    encoded.push(char::from(byte));
                } else {
                    encoded.push_str(&format!("%{byte:02X}"));
                }
            }
            encoded
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn notifications(gaps: &[&JudgedGap], left_out: usize, report: &Report) -> Vec<Notification> {
    let mut all: Vec<Notification> = gaps
        .iter()
        .take(NOTIFICATIONS)
        .map(|judged| Notification {
            descriptor: Some(Reference { id: judged.gap.id }),
            level: if holds_up(judged.disposition) {
                "error"
            } else {
                "warning"
            },
            message: Message::of(&format!(
                "Not checked: {}. Fix: {}",
                plain(&judged.gap.message),
                plain(&judged.gap.remedy)
            )),
            locations: judged
                .gap
                .location
                .iter()
                .map(|location| place(location, report))
                .collect(),
        })
        .collect();
    let more_gaps = gaps.len().saturating_sub(NOTIFICATIONS);
    for (number, what) in [(left_out, "results"), (more_gaps, "gaps")] {
        if number > 0 {
            all.push(Notification {
                descriptor: None,
                level: "warning",
                message: Message::of(&format!(
                    "{number} {what} are left out, the least urgent ones; the JSON report has all of them"
                )),
                locations: Vec::new(),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_relative_uri_inside_of_the_repository() {
        for (path, uri) in [
            ("web/package-lock.json", Some("web/package-lock.json")),
            ("a b/ü#?%.lock", Some("a%20b/%C3%BC%23%3F%25.lock")),
            ("c:/x\\y", Some("c%3A/x%5Cy")),
            ("/../../etc/./passwd", Some("etc/passwd")),
            ("x\n::error::y", Some("x%0A%3A%3Aerror%3A%3Ay")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(relative_uri(path).as_deref(), uri, "{path}");
        }
    }

    #[test]
    fn a_message_holds_no_link() {
        assert_eq!(
            plain("[click](https://evil.example)"),
            "[click] (https://evil.example)"
        );
    }
}
