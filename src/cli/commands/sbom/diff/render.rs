//! The result of a comparison, for people and as JSON.

use crate::cli::exit::{CliError, Exit};
use crate::model::terminal_safe;
use crate::sbom::diff::{Change, Changed, Diff, Drift, HashChange, Item, Undeclared, Why};
use crate::sbom::facts::Facts;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

const GREEN: Style = AnsiColor::Green.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Characters of a hash that are shown to people.
const SHOWN_DIGITS: usize = 12;

/// One of the two inputs.
pub(super) struct Side {
    /// As it was given.
    pub(super) name: String,
    format: String,
    components: usize,
    is_incomplete: bool,
    /// What could not be read, and what is referred to and not there.
    pub(super) unread: Vec<String>,
}

impl Side {
    pub(super) fn of(path: &Path, facts: &Facts) -> Self {
        let dangling = facts.dangling.iter();
        let dangling =
            dangling.map(|reference| format!("`{reference}` is referred to and is not in it"));
        Self {
            name: path.display().to_string(),
            format: facts.format.to_string(),
            components: facts.components.len(),
            is_incomplete: facts.is_incomplete(),
            unread: facts.unread.iter().cloned().chain(dangling).collect(),
        }
    }

    fn line(&self, label: &str) -> String {
        let incomplete = if self.is_incomplete {
            ", incomplete"
        } else {
            ""
        };
        format!(
            "{label:<8}{}  ({}, {} components{incomplete})\n",
            terminal_safe(&self.name),
            self.format,
            self.components
        )
    }

    fn wire(&self) -> WireSide<'_> {
        WireSide {
            input: &self.name,
            format: &self.format,
            components: self.components,
            incomplete: self.is_incomplete,
            unread: &self.unread,
        }
    }
}

/// Everything that the page of a diff shows.
pub(super) struct DiffPage<'a> {
    pub(super) before: Side,
    pub(super) after: Side,
    pub(super) diff: &'a Diff,
}

impl DiffPage<'_> {
    pub(super) fn human(&self) -> String {
        let diff = self.diff;
        let mut text = self.before.line("before");
        text.push_str(&self.after.line("after"));
        list(
            &mut text,
            "added",
            &format!("{GREEN}+{GREEN:#}"),
            &diff.added,
        );
        list(
            &mut text,
            "removed",
            &format!("{RED}-{RED:#}"),
            &diff.removed,
        );
        if !diff.changed.is_empty() {
            let _ = writeln!(text, "\nchanged ({})", diff.changed.len());
        }
        for changed in &diff.changed {
            changed_lines(&mut text, changed);
        }
        let _ = writeln!(
            text,
            "\n{} added, {} removed, {} changed, {} the same",
            diff.added.len(),
            diff.removed.len(),
            diff.changed.len(),
            diff.unchanged
        );
        if diff.edges_not_compared > 0 {
            let _ = writeln!(
                text,
                "the dependencies of {} components were not compared: only one side writes them",
                diff.edges_not_compared
            );
        }
        text
    }

    pub(super) fn json(&self) -> Result<String, CliError> {
        let diff = self.diff;
        to_json(&WireDiff {
            schema: "sealgate/sbom-diff/v1",
            before: self.before.wire(),
            after: self.after.wire(),
            added: diff.added.iter().map(WireItem::of).collect(),
            removed: diff.removed.iter().map(WireItem::of).collect(),
            changed: diff.changed.iter().map(WireChanged::of).collect(),
            unchanged: diff.unchanged,
            edges_not_compared: diff.edges_not_compared,
        })
    }
}

/// Everything that the page of a drift shows.
pub(super) struct DriftPage<'a> {
    pub(super) source: Side,
    pub(super) binary: Side,
    pub(super) drift: &'a Drift,
    pub(super) exit: Exit,
}

impl DriftPage<'_> {
    pub(super) fn human(&self) -> String {
        let drift = self.drift;
        let mut text = self.source.line("source");
        text.push_str(&self.binary.line("binary"));
        if !drift.undeclared.is_empty() {
            let _ = writeln!(
                text,
                "\nlinked but not declared ({})",
                drift.undeclared.len()
            );
        }
        for undeclared in &drift.undeclared {
            let label = undeclared.item.label();
            let _ = writeln!(
                text,
                "  {RED}!{RED:#} {}: {}",
                terminal_safe(&label),
                terminal_safe(&why(&undeclared.why))
            );
        }
        let yellow = format!("{YELLOW}-{YELLOW:#}");
        list(
            &mut text,
            "declared but not linked",
            &yellow,
            &drift.not_linked,
        );
        if !drift.build_only.is_empty() {
            let _ = writeln!(text, "\nused to build only ({})", drift.build_only.len());
        }
        for item in &drift.build_only {
            let note = match drift.build_only_undeclared.contains(item) {
                true => format!("  {YELLOW}not declared{YELLOW:#}"),
                false => String::new(),
            };
            let _ = writeln!(text, "  = {}{note}", terminal_safe(&item.label()));
        }
        list(
            &mut text,
            "linked, and part of the compiler",
            "=",
            &drift.toolchain,
        );
        let _ = writeln!(
            text,
            "\n{} linked and declared, {} declared for building or testing only",
            drift.matched,
            drift.not_for_running.len()
        );
        let _ = match self.exit {
            Exit::Pass => writeln!(text, "{GREEN}PASS{GREEN:#}: all that is linked is declared"),
            Exit::Fail => writeln!(
                text,
                "{RED}FAIL{RED:#}: the binary holds what its source does not declare"
            ),
            Exit::Usage | Exit::Inconclusive => writeln!(
                text,
                "{YELLOW}INCONCLUSIVE{YELLOW:#}: what is linked into the binary is not fully known"
            ),
        };
        text
    }

    pub(super) fn json(&self) -> Result<String, CliError> {
        let drift = self.drift;
        to_json(&WireDrift {
            schema: "sealgate/sbom-drift/v1",
            verdict: match self.exit {
                Exit::Pass => "pass",
                Exit::Fail => "fail",
                Exit::Usage | Exit::Inconclusive => "inconclusive",
            },
            source: self.source.wire(),
            binary: self.binary.wire(),
            undeclared: drift.undeclared.iter().map(WireUndeclared::of).collect(),
            not_linked: drift.not_linked.iter().map(WireItem::of).collect(),
            not_for_running: drift.not_for_running.iter().map(WireItem::of).collect(),
            build_only: drift.build_only.iter().map(WireItem::of).collect(),
            build_only_undeclared: drift
                .build_only_undeclared
                .iter()
                .map(WireItem::of)
                .collect(),
            toolchain: drift.toolchain.iter().map(WireItem::of).collect(),
            matched: drift.matched,
        })
    }
}

fn to_json(wire: &impl Serialize) -> Result<String, CliError> {
    let mut text = serde_json::to_string_pretty(wire)
        .map_err(|error| CliError::new(Exit::Usage, format!("cannot write JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

fn list(text: &mut String, title: &str, mark: &str, items: &[Item]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title} ({})", items.len());
    for item in items {
        let label = item.label();
        let scope = item.scope.as_deref().unwrap_or_default();
        let scope = match scope {
            "" | "runtime" | "required" | "unknown" => String::new(),
            other => format!("  [{other}]"),
        };
        let _ = writeln!(
            text,
            "  {mark} {}{}",
            terminal_safe(&label),
            terminal_safe(&scope)
        );
    }
}

fn changed_lines(text: &mut String, changed: &Changed) {
    let item = &changed.item;
    let _ = match &changed.version {
        Some(version) => writeln!(
            text,
            "  {YELLOW}~{YELLOW:#} {}  {}",
            terminal_safe(&item.name),
            arrow(version)
        ),
        None => writeln!(
            text,
            "  {YELLOW}~{YELLOW:#} {}",
            terminal_safe(&item.label())
        ),
    };
    for hash in &changed.hashes {
        let note = match hash.contradicts() {
            true => format!("  {RED}other bytes under the same version{RED:#}"),
            false => String::new(),
        };
        let _ = writeln!(
            text,
            "      {}  {} -> {}{note}",
            terminal_safe(&hash.algorithm),
            digests(&hash.from),
            digests(&hash.to)
        );
    }
    for (title, change) in [("licence", &changed.licence), ("scope", &changed.scope)] {
        if let Some(change) = change {
            let _ = writeln!(text, "      {title}  {}", arrow(change));
        }
    }
    for label in &changed.edges_added {
        let _ = writeln!(text, "      depends on  +{}", terminal_safe(label));
    }
    for label in &changed.edges_removed {
        let _ = writeln!(text, "      depends on  -{}", terminal_safe(label));
    }
}

fn arrow(change: &Change) -> String {
    let side = |value: &Option<String>| {
        let text = value.as_deref().unwrap_or("not stated");
        terminal_safe(text).into_owned()
    };
    format!("{} -> {}", side(&change.from), side(&change.to))
}

fn digests(values: &BTreeSet<String>) -> String {
    let Some(first) = values.first() else {
        return "not stated".to_owned();
    };
    let short: String = first.chars().take(SHOWN_DIGITS).collect();
    let more = match values.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    format!("{}…{more}", terminal_safe(&short))
}

fn why(why: &Why) -> String {
    let listed = |values: &BTreeSet<String>| {
        values
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    match why {
        Why::NotDeclared => "the source does not name it".to_owned(),
        Why::OtherVersion(versions) => format!("the source declares {}", listed(versions)),
        Why::OtherOrigin(purls) => format!("the source declares it from {}", listed(purls)),
        Why::OtherHash(changes) => {
            let algorithms: Vec<&str> = changes.iter().map(|c| c.algorithm.as_str()).collect();
            format!("the source declares another {}", algorithms.join(", "))
        }
    }
}

#[derive(Serialize)]
struct WireSide<'a> {
    input: &'a str,
    format: &'a str,
    components: usize,
    incomplete: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unread: &'a [String],
}

#[derive(Serialize)]
struct WireItem<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

impl<'a> WireItem<'a> {
    fn of(item: &'a Item) -> Self {
        Self {
            name: &item.name,
            version: item.version.as_deref(),
            purl: item.purl.as_deref(),
            scope: item.scope.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WireChange<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl<'a> WireChange<'a> {
    fn of(change: &'a Change) -> Self {
        Self {
            from: change.from.as_deref(),
            to: change.to.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WireHash<'a> {
    algorithm: &'a str,
    from: &'a BTreeSet<String>,
    to: &'a BTreeSet<String>,
    contradicts: bool,
}

impl<'a> WireHash<'a> {
    fn of(change: &'a HashChange) -> Self {
        Self {
            algorithm: &change.algorithm,
            from: &change.from,
            to: &change.to,
            contradicts: change.contradicts(),
        }
    }
}

#[derive(Serialize)]
struct WireChanged<'a> {
    #[serde(flatten)]
    item: WireItem<'a>,
    changes: WireChanges<'a>,
}

#[derive(Serialize)]
struct WireChanges<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<WireChange<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<WireHash<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<WireChange<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<WireChange<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    edges_added: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    edges_removed: &'a BTreeSet<String>,
}

impl<'a> WireChanged<'a> {
    fn of(changed: &'a Changed) -> Self {
        Self {
            item: WireItem::of(&changed.item),
            changes: WireChanges {
                version: changed.version.as_ref().map(WireChange::of),
                hashes: changed.hashes.iter().map(WireHash::of).collect(),
                licence: changed.licence.as_ref().map(WireChange::of),
                scope: changed.scope.as_ref().map(WireChange::of),
                edges_added: &changed.edges_added,
                edges_removed: &changed.edges_removed,
            },
        }
    }
}

#[derive(Serialize)]
struct WireDiff<'a> {
    schema: &'static str,
    before: WireSide<'a>,
    after: WireSide<'a>,
    added: Vec<WireItem<'a>>,
    removed: Vec<WireItem<'a>>,
    changed: Vec<WireChanged<'a>>,
    unchanged: usize,
    edges_not_compared: usize,
}

#[derive(Serialize)]
struct WireUndeclared<'a> {
    #[serde(flatten)]
    item: WireItem<'a>,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    declared: Option<&'a BTreeSet<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<WireHash<'a>>,
}

impl<'a> WireUndeclared<'a> {
    fn of(undeclared: &'a Undeclared) -> Self {
        let (reason, declared, hashes) = match &undeclared.why {
            Why::NotDeclared => ("not-declared", None, Vec::new()),
            Why::OtherVersion(versions) => ("other-version", Some(versions), Vec::new()),
            Why::OtherOrigin(purls) => ("other-origin", Some(purls), Vec::new()),
            Why::OtherHash(changes) => (
                "other-hash",
                None,
                changes.iter().map(WireHash::of).collect(),
            ),
        };
        Self {
            item: WireItem::of(&undeclared.item),
            reason,
            declared,
            hashes,
        }
    }
}

#[derive(Serialize)]
struct WireDrift<'a> {
    schema: &'static str,
    verdict: &'static str,
    source: WireSide<'a>,
    binary: WireSide<'a>,
    undeclared: Vec<WireUndeclared<'a>>,
    not_linked: Vec<WireItem<'a>>,
    not_for_running: Vec<WireItem<'a>>,
    build_only: Vec<WireItem<'a>>,
    build_only_undeclared: Vec<WireItem<'a>>,
    toolchain: Vec<WireItem<'a>>,
    matched: usize,
}
