//! The result of a profile, for people and as JSON.

use crate::cli::exit::{CliError, Exit};
use crate::model::terminal_safe;
use crate::sbom::profile::{FieldResult, Lacking, Level, ProfileResult};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Components of one field that are listed without `--all`.
const SHOWN: usize = 5;

/// Everything that the page shows.
pub(super) struct Page<'a> {
    pub(super) file: String,
    pub(super) result: &'a ProfileResult,
    pub(super) unread: &'a [String],
    pub(super) is_full: bool,
}

impl Page<'_> {
    /// What could not be read may lack anything.
    pub(super) fn exit(&self) -> Exit {
        match (self.result.is_met, self.unread.is_empty()) {
            (false, _) => Exit::Fail,
            (true, false) => Exit::Inconclusive,
            (true, true) => Exit::Pass,
        }
    }

    pub(super) fn human(&self) -> String {
        let result = self.result;
        let mut text = format!(
            "{}  ({}, {} components)\n{}\n\n",
            terminal_safe(&self.file),
            result.format,
            result.components,
            result.title
        );
        for field in &result.fields {
            self.field_lines(&mut text, field);
        }
        for line in self.unread {
            let _ = writeln!(text, "{YELLOW}not read{YELLOW:#}: {}", terminal_safe(line));
        }
        let _ = writeln!(text, "\nnot checked: {}", result.not_checked);
        let lacking: Vec<&FieldResult> = result
            .fields
            .iter()
            .filter(|field| field.level == Level::Required && !field.is_met)
            .collect();
        let _ = match self.exit() {
            Exit::Pass => writeln!(text, "{GREEN}PASS{GREEN:#}: `{}` is met", result.profile),
            Exit::Fail | Exit::Usage => writeln!(
                text,
                "{RED}FAIL{RED:#}: `{}` is not met: {}",
                result.profile,
                lacking
                    .iter()
                    .map(|field| field.id)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            Exit::Inconclusive => writeln!(
                text,
                "{YELLOW}INCONCLUSIVE{YELLOW:#}: the document could not be read in full"
            ),
        };
        text
    }

    fn field_lines(&self, text: &mut String, field: &FieldResult) {
        let (style, mark) = match (field.is_met, field.level) {
            (true, _) => (GREEN, "ok     "),
            (false, Level::Required) => (RED, "missing"),
            (false, Level::Advised) => (YELLOW, "advised"),
        };
        let counts = match field.of_document {
            true => String::new(),
            false => {
                let unknown = match field.unknown {
                    0 => String::new(),
                    count => format!(", {count} stated as not known"),
                };
                format!("  {} of {}{unknown}", field.given, field.total)
            }
        };
        let _ = writeln!(text, "{style}{mark}{style:#}  {}{counts}", field.title);
        if field.is_met {
            return;
        }
        for (reason, components) in by_reason(&field.lacking) {
            if field.of_document {
                let _ = writeln!(text, "           {reason}");
                continue;
            }
            let shown = if self.is_full {
                components.len()
            } else {
                SHOWN
            };
            let listed: Vec<_> = components
                .iter()
                .take(shown)
                .map(|component| terminal_safe(component))
                .collect();
            let more = match components.len().saturating_sub(shown) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let count = match components.len() {
                1 => "1 component".to_owned(),
                count => format!("{count} components"),
            };
            let _ = writeln!(
                text,
                "           {count}: {reason}: {}{more}",
                listed.join(", ")
            );
        }
        if !field.unknown_counts.is_accepted() && field.unknown > 0 {
            let _ = writeln!(
                text,
                "           \"not known\" counts as missing: {}",
                field.unknown_counts.reason()
            );
        }
        if let Some(advice) = field.advice {
            let _ = writeln!(text, "           {advice}  [{}]", field.source);
        }
    }

    /// The page as JSON, schema `sealgate/sbom-check/v1`.
    pub(super) fn json(&self) -> Result<String, CliError> {
        let result = self.result;
        let wire = WirePage {
            schema: "sealgate/sbom-check/v1",
            file: &self.file,
            format: &result.format,
            components: result.components,
            profile: result.profile,
            title: result.title,
            verdict: match self.exit() {
                Exit::Pass => "pass",
                Exit::Fail | Exit::Usage => "fail",
                Exit::Inconclusive => "inconclusive",
            },
            fields: result.fields.iter().map(WireField::of).collect(),
            not_checked: result.not_checked,
            unread: self.unread,
        };
        let mut text = serde_json::to_string_pretty(&wire)
            .map_err(|error| CliError::new(Exit::Usage, format!("cannot write JSON: {error}")))?;
        text.push('\n');
        Ok(text)
    }
}

fn by_reason(lacking: &[Lacking]) -> BTreeMap<&'static str, Vec<&str>> {
    let mut reasons: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for lacking in lacking {
        reasons
            .entry(lacking.reason)
            .or_default()
            .push(&lacking.component);
    }
    reasons
}

#[derive(Serialize)]
struct WirePage<'a> {
    schema: &'static str,
    file: &'a str,
    format: &'a str,
    components: usize,
    profile: &'static str,
    title: &'static str,
    verdict: &'static str,
    fields: Vec<WireField<'a>>,
    not_checked: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unread: &'a [String],
}

#[derive(Serialize)]
struct WireField<'a> {
    id: &'static str,
    title: &'static str,
    source: &'static str,
    level: &'static str,
    of: &'static str,
    met: bool,
    total: usize,
    given: usize,
    unknown: usize,
    unknown_counts_as: &'static str,
    unknown_reason: &'static str,
    missing: usize,
    lacking: Vec<WireLacking<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
}

#[derive(Serialize)]
struct WireLacking<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    component: &'a str,
    reason: &'static str,
}

impl<'a> WireField<'a> {
    fn of(field: &'a FieldResult) -> Self {
        Self {
            id: field.id,
            title: field.title,
            source: field.source,
            level: match field.level {
                Level::Required => "required",
                Level::Advised => "advised",
            },
            of: if field.of_document {
                "document"
            } else {
                "component"
            },
            met: field.is_met,
            total: field.total,
            given: field.given,
            unknown: field.unknown,
            unknown_counts_as: match field.unknown_counts.is_accepted() {
                true => "given",
                false => "missing",
            },
            unknown_reason: field.unknown_counts.reason(),
            missing: field.lacking.len(),
            lacking: field
                .lacking
                .iter()
                .map(|lacking| WireLacking {
                    component: &lacking.component,
                    reason: lacking.reason,
                })
                .collect(),
            advice: field.advice,
        }
    }
}
