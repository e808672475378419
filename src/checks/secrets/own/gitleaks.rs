//! A configuration of gitleaks
//! (<https://github.com/gitleaks/gitleaks#configuration>): its rules with their regular
//! expression, group, entropy, keywords, path and allowlists, and the allowlists for all
//! of them. What else it says has no effect here and is named in a note.

use super::pattern::{Allowlist, Pattern, Target, compiled};
use super::{Described, OwnRules, OwnRulesError, RuleFault, check_keywords, line_of, malformed};
use crate::model::{Severity, terminal_safe};
use regex::bytes::Regex;
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

#[derive(Deserialize)]
struct File {
    rules: Vec<Rule>,
    allowlist: Option<List>,
    #[serde(default)]
    allowlists: Vec<List>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: Spanned<String>,
    description: Option<String>,
    regex: Option<String>,
    #[serde(default)]
    secret_group: usize,
    entropy: Option<f64>,
    #[serde(default)]
    keywords: Vec<String>,
    path: Option<String>,
    allowlist: Option<List>,
    #[serde(default)]
    allowlists: Vec<List>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    condition: Option<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    regexes: Vec<String>,
    regex_target: Option<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    target_rules: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
}

/// Keys that are understood or say nothing about what is found.
const FILE_KEYS: &[&str] = &[
    "title",
    "description",
    "minVersion",
    "rules",
    "allowlist",
    "allowlists",
];
const RULE_KEYS: &[&str] = &[
    "id",
    "description",
    "tags",
    "regex",
    "secretGroup",
    "entropy",
    "keywords",
    "path",
    "allowlist",
    "allowlists",
];

pub(super) fn read(
    file: &str,
    text: &str,
    rules: &mut OwnRules,
) -> Result<Vec<String>, OwnRulesError> {
    let parsed: File = toml::from_str(text).map_err(|e| malformed(file, text, &e))?;
    let mut notes = ignored_keys(file, text);
    let mut shared = Vec::new();
    for list in parsed.allowlist.iter().chain(&parsed.allowlists) {
        let compiled = allowlist(list).map_err(|fault| OwnRulesError::Rule {
            file: file.to_owned(),
            line: 1,
            id: "allowlist".to_owned(),
            fault,
        })?;
        shared.push((compiled, &list.target_rules));
    }
    for rule in &parsed.rules {
        let id = rule.id.get_ref();
        if rule.regex.is_none() {
            notes.push(note(
                file,
                &format!("the rule `{id}` has no `regex` and was left out"),
            ));
            continue;
        }
        let lists = shared
            .iter()
            .filter(|(_, targets)| targets.is_empty() || targets.contains(id))
            .map(|(list, _)| list.clone());
        let pattern = pattern_of(rule, lists.collect())
            .and_then(|pattern| rules.claim_id(id).map(|()| pattern))
            .map_err(|fault| OwnRulesError::Rule {
                file: file.to_owned(),
                line: line_of(text, rule.id.span().start),
                id: id.clone(),
                fault,
            })?;
        rules.patterns.push(Box::leak(Box::new(pattern)));
    }
    let lists = parsed
        .rules
        .iter()
        .flat_map(|r| r.allowlist.iter().chain(&r.allowlists));
    let mut lists = lists.chain(&parsed.allowlist).chain(&parsed.allowlists);
    if lists.any(|list| !list.commits.is_empty()) {
        notes.push(note(file, "`commits` of allowlists have no effect"));
    }
    Ok(notes)
}

fn pattern_of(rule: &Rule, mut allowlists: Vec<Allowlist>) -> Result<Pattern, RuleFault> {
    let regex = compiled("regex", rule.regex.as_deref().unwrap_or_default())?;
    let groups = regex.captures_len() - 1;
    if rule.secret_group > groups {
        return Err(RuleFault::NoGroup {
            group: rule.secret_group,
            groups,
        });
    }
    for list in rule.allowlist.iter().chain(&rule.allowlists) {
        allowlists.push(allowlist(list)?);
    }
    check_keywords(rule.keywords.iter())?;
    let id = rule.id.get_ref();
    let title = format!("Secret by your rule `{id}`");
    let description: String = rule.description.as_deref().map_or_else(
        || id.clone(),
        |text| terminal_safe(text.trim()).chars().take(200).collect(),
    );
    Ok(Pattern {
        kind: Described {
            id,
            provider: "your own rules",
            credential: if description.is_empty() {
                id
            } else {
                &description
            },
            title: &title,
            severity: Severity::High,
            revoke: "where it was issued",
            instead: None,
        }
        .kind()?,
        regex,
        group: rule.secret_group,
        entropy: rule.entropy,
        keywords: rule
            .keywords
            .iter()
            .map(|k| k.to_ascii_lowercase())
            .collect(),
        path: rule
            .path
            .as_deref()
            .map(|text| compiled("path", text))
            .transpose()?,
        allowlists,
    })
}

fn allowlist(list: &List) -> Result<Allowlist, RuleFault> {
    let all = |texts: &[String]| -> Result<Vec<Regex>, RuleFault> {
        texts
            .iter()
            .map(|text| compiled("allowlist", text))
            .collect()
    };
    let word = |field, allowed| RuleFault::Word { field, allowed };
    let allowlist = Allowlist {
        all: match list
            .condition
            .as_deref()
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            None | Some("OR" | "||") => false,
            Some("AND" | "&&") => true,
            _ => return Err(word("condition", "AND, OR")),
        },
        paths: all(&list.paths)?,
        regexes: all(&list.regexes)?,
        target: match list.regex_target.as_deref() {
            None | Some("" | "secret") => Target::Secret,
            Some("match") => Target::Match,
            Some("line") => Target::Line,
            _ => return Err(word("regexTarget", "secret, match, line")),
        },
        stopwords: list
            .stopwords
            .iter()
            .map(|w| w.to_ascii_lowercase())
            .collect(),
    };
    let empty = allowlist.paths.is_empty()
        && allowlist.regexes.is_empty()
        && allowlist.stopwords.is_empty();
    match empty && list.commits.is_empty() {
        true => Err(RuleFault::EmptyAllowlist),
        false => Ok(allowlist),
    }
}

/// Notes about keys that are not understood, each once.
fn ignored_keys(file: &str, text: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let tables = |key: &str| {
        let values = table.get(key).and_then(toml::Value::as_array);
        values
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_table)
    };
    let unknown = |table: &toml::Table, known: &[&str]| -> Vec<String> {
        let keys = table.keys().filter(|key| !known.contains(&key.as_str()));
        keys.cloned().collect()
    };
    let of_file: BTreeSet<String> = unknown(&table, FILE_KEYS).into_iter().collect();
    let of_rules: BTreeSet<String> = tables("rules")
        .flat_map(|t| unknown(t, RULE_KEYS))
        .collect();
    let in_file = of_file
        .iter()
        .map(|key| note(file, &format!("`{key}` has no effect")));
    let in_rules = of_rules
        .iter()
        .map(|key| note(file, &format!("`{key}` of rules has no effect")));
    in_file.chain(in_rules).collect()
}

fn note(file: &str, text: &str) -> String {
    format!("`{file}`: {}", terminal_safe(text))
}
