//! Licences as SPDX expressions; what is none gets a `LicenseRef-` with its text.

use super::ids::word;
use super::{NO_ASSERTION, NONE};
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{Extra, Format, LicenceChoice, LicenceText};
use crate::sbom::licence::is_listed;
use crate::sbom::loss::{LossReason, Losses};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;
use std::collections::BTreeMap;

/// Licences outside the SPDX list, by their id.
#[derive(Default)]
pub struct Extracted(BTreeMap<String, Reference>);

/// One of them.
pub struct Reference {
    /// What it calls itself.
    pub name: String,
    /// Its text, or its name where there is none.
    pub text: String,
}

/// The expressions of a component.
#[derive(Debug, PartialEq, Eq)]
pub struct Expressions {
    /// What its author says.
    pub declared: Option<String>,
    /// What someone found.
    pub concluded: Option<String>,
}

impl Extracted {
    /// By id, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.0
            .iter()
            .map(|(id, reference)| (id.as_str(), reference))
    }

    /// The expressions of licences. Several are joined with `AND`: all of them are said
    /// to apply.
    pub fn expressions(
        &mut self,
        choices: &[LicenceChoice],
        format: Format,
        at: &At<'_>,
        losses: &mut Losses,
    ) -> Expressions {
        let at = at.key("licenses");
        let (mut declared, mut concluded) = (Vec::new(), Vec::new());
        for (index, choice) in choices.iter().enumerate() {
            let here = at.index(index);
            let kept_text = self.add(choice, &here, losses);
            for key in telling_keys(&choice.extra).chain(telling_keys(&choice.outer_extra)) {
                if !(key == "text" && kept_text.1) {
                    losses.add(&here.key(key), LossReason::NoPlace(format));
                }
            }
            match choice.acknowledgement.as_deref() {
                Some("concluded") => concluded.push(kept_text.0),
                None | Some("declared") => declared.push(kept_text.0),
                Some(_) => {
                    losses.add(&here.key("acknowledgement"), LossReason::NoPlace(format));
                    declared.push(kept_text.0);
                }
            }
        }
        if declared.len() > 1 || concluded.len() > 1 {
            let into = "one expression with `AND`".to_owned();
            losses.add(&at, LossReason::Changed { into });
        }
        Expressions {
            declared: joined(&declared),
            concluded: joined(&concluded),
        }
    }

    /// The expression of one licence, and whether its text was kept.
    fn add(&mut self, choice: &LicenceChoice, at: &At<'_>, losses: &mut Losses) -> (String, bool) {
        let text = choice.text.as_str();
        match &choice.text {
            LicenceText::Id(id) if is_listed(id) => return (id.clone(), false),
            LicenceText::Expression(expression) => {
                if let Some(expression) = self.expression(expression) {
                    return (expression, false);
                }
                let into = format!("the licence name `{text}`");
                losses.add(&at.key("expression"), LossReason::Changed { into });
            }
            LicenceText::Id(_) => {
                let into = format!("the licence name `{text}`");
                losses.add(&at.key("id"), LossReason::Changed { into });
            }
            LicenceText::Name(_) => {}
        }
        let attached = choice.extra.get("text").and_then(plain_text);
        let id = self.reference(text, attached);
        (id, attached.is_some())
    }

    fn reference(&mut self, name: &str, text: Option<&str>) -> String {
        let content = format!("{name}\n{}", text.unwrap_or_default());
        let hash = hex::encode(digest(&SHA256, content.as_bytes()).as_ref());
        let short: String = hash.chars().take(8).collect();
        let id = format!("LicenseRef-{}-{short}", word(name));
        let text = text.unwrap_or(name);
        self.0.entry(id.clone()).or_insert_with(|| Reference {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        id
    }

    /// An expression that SPDX takes; the `LicenseRef-`s in it are listed.
    fn expression(&mut self, text: &str) -> Option<String> {
        let expression = spdx::Expression::parse(text).ok()?;
        for requirement in expression.requirements() {
            if let spdx::LicenseItem::Other(other) = &requirement.req.license {
                let id = other.to_string();
                // One of another document cannot be listed here.
                if !id.starts_with("LicenseRef-") {
                    return None;
                }
                self.0.entry(id.clone()).or_insert(Reference {
                    name: id,
                    text: NO_ASSERTION.to_owned(),
                });
            }
        }
        Some(text.to_owned())
    }
}

/// The content of an attachment that is not encoded.
fn plain_text(attachment: &Value) -> Option<&str> {
    match attachment.get("encoding") {
        None => attachment.get("content").and_then(Value::as_str),
        Some(_) => None,
    }
    .filter(|text| !text.trim().is_empty())
}

fn joined(expressions: &[String]) -> Option<String> {
    match expressions {
        [] => None,
        [one] => Some(one.clone()),
        several => {
            let bracketed = several.iter().map(|one| match one.contains(' ') {
                true => format!("({one})"),
                false => one.clone(),
            });
            Some(bracketed.collect::<Vec<_>>().join(" AND "))
        }
    }
}

/// The licences that a field of a package names; `None` where it says nothing, or that
/// there is none.
pub fn read(field: &str, extracted: &BTreeMap<String, Reference>) -> Option<LicenceChoice> {
    let field = field.trim();
    if field.is_empty() || field == NO_ASSERTION || field == NONE {
        return None;
    }
    if let Some(reference) = extracted.get(field).filter(|r| r.text != NO_ASSERTION) {
        let mut choice = LicenceChoice::from(LicenceText::Name(reference.name.clone()));
        if reference.text != reference.name {
            let mut attachment = Extra::new();
            let content = Value::String(reference.text.clone());
            attachment.insert("content".to_owned(), content);
            choice
                .extra
                .insert("text".to_owned(), Value::Object(attachment));
        }
        return Some(choice);
    }
    let text = field.to_owned();
    Some(LicenceChoice::from(match is_listed(field) {
        true => LicenceText::Id(text),
        false => LicenceText::Expression(text),
    }))
}
