//! The part of SARIF 2.1.0 that we write, under its own names.

use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Log {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: Vec<Run>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub tool: Tool,
    pub automation_details: AutomationDetails,
    pub original_uri_base_ids: BTreeMap<&'static str, BaseUri>,
    pub invocations: Vec<Invocation>,
    pub column_kind: &'static str,
    pub results: Vec<ResultEntry>,
    pub properties: RunProperties,
}

#[derive(Serialize)]
pub(super) struct Tool {
    pub driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver {
    pub name: &'static str,
    pub version: &'static str,
    pub semantic_version: &'static str,
    pub rules: Vec<RuleDescriptor>,
    pub notifications: Vec<GapDescriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleDescriptor {
    pub id: String,
    pub name: String,
    pub short_description: Message,
    pub full_description: Message,
    pub help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<String>,
    pub default_configuration: Configuration,
    pub properties: RuleProperties,
}

#[derive(Serialize)]
pub(super) struct Configuration {
    pub level: &'static str,
}

#[derive(Serialize)]
pub(super) struct RuleProperties {
    pub tags: Vec<&'static str>,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    pub security_severity: Option<String>,
}

/// What a gap's id means; GitHub asks for the same texts as of a rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GapDescriptor {
    pub id: &'static str,
    pub name: String,
    pub short_description: Message,
    pub full_description: Message,
    pub help: Help,
}

#[derive(Serialize)]
pub(super) struct Help {
    pub text: String,
    pub markdown: String,
}

#[derive(Serialize)]
pub(super) struct AutomationDetails {
    pub id: String,
}

#[derive(Serialize)]
pub(super) struct BaseUri {
    pub description: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub execution_successful: bool,
    pub end_time_utc: String,
    pub tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub(super) struct Notification {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptor: Option<Reference>,
    pub level: &'static str,
    pub message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Place>,
}

#[derive(Serialize)]
pub(super) struct Reference {
    pub id: &'static str,
}

#[derive(Serialize)]
pub(super) struct Message {
    pub text: String,
}

impl Message {
    pub(super) fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultEntry {
    pub rule_id: String,
    pub rule_index: usize,
    pub level: &'static str,
    pub message: Message,
    pub locations: Vec<Place>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<RelatedPlace>,
    pub partial_fingerprints: PartialFingerprints,
    pub suppressions: Vec<Suppression>,
    pub properties: ResultProperties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartialFingerprints {
    pub primary_location_line_hash: String,
}

#[derive(Serialize)]
pub(super) struct Suppression {
    pub kind: &'static str,
    pub status: &'static str,
    pub justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultProperties {
    pub severity: &'static str,
    pub disposition: &'static str,
    pub reason: String,
    pub subject: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub more_places: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<WaiverProperties>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lapsed_waivers: Vec<LapsedProperties>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vex: Vec<VexProperties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advisory: Option<AdvisoryProperties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<ReachProperties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WaiverProperties {
    pub id: String,
    pub owner: String,
    pub reason: String,
    pub expires: String,
    pub ends_soon: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LapsedProperties {
    pub id: String,
    pub owner: String,
    pub expires: String,
    pub why: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VexProperties {
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    pub author: String,
    pub document: String,
    pub accepted: bool,
    pub decides: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdvisoryProperties {
    pub id: String,
    pub aliases: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<String>,
    pub class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    pub fixed: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub indeterminate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_exploited: Option<KnownExploitedProperties>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<EpssProperties>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KnownExploitedProperties {
    pub date_added: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    pub ransomware: bool,
}

/// Hundred-thousandths, as in the JSON report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EpssProperties {
    pub score_e5: u32,
    pub percentile_e5: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReachProperties {
    pub scope: &'static str,
    pub paths: Vec<Vec<String>>,
    #[serde(skip_serializing_if = "is_zero")]
    pub more_paths: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    pub physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RelatedPlace {
    pub id: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub physical_location: Option<Physical>,
    pub message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Physical {
    pub artifact_location: ArtifactLocation,
    pub region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub uri: String,
    pub uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_column: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunProperties {
    pub decision: &'static str,
    pub summary: String,
    pub policy: String,
    pub policy_digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_digest: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub database_sources: Vec<SourceProperties>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vex_documents: Vec<DocumentProperties>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SourceProperties {
    pub name: String,
    pub records: u64,
    pub bad_records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_days: Option<i64>,
    pub used_for: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentProperties {
    pub file: String,
    pub digest: String,
    pub author: String,
    pub accepted: bool,
}
