//! The form of the built-in rules: one provider, its token kinds, shapes of bytes.

use super::{Described, OwnRules, OwnRulesError, RuleFault};
use super::{check_keywords, kept_all, line_of, malformed};
use crate::checks::secrets::shape::Shape;
use crate::checks::secrets::token::TokenRule;
use crate::model::{Confidence, Severity};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: String,
    revoke: Option<String>,
    #[serde(rename = "reference")]
    _reference: Option<String>,
    token: Vec<Token>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    id: Spanned<String>,
    credential: String,
    title: Option<String>,
    #[serde(default)]
    shapes: Vec<String>,
    #[serde(default)]
    context: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    near: Vec<String>,
    confidence: Option<String>,
    severity: Option<String>,
    revoke: Option<String>,
    instead: Option<String>,
    #[serde(rename = "reference")]
    _reference: Option<String>,
}

pub(super) fn read(file: &str, text: &str, rules: &mut OwnRules) -> Result<(), OwnRulesError> {
    let parsed: File = toml::from_str(text).map_err(|e| malformed(file, text, &e))?;
    for token in &parsed.token {
        let rule = rule_of(&parsed, token)
            .and_then(|rule| rules.claim_id(token.id.get_ref()).map(|()| rule))
            .map_err(|fault| OwnRulesError::Rule {
                file: file.to_owned(),
                line: line_of(text, token.id.span().start),
                id: token.id.get_ref().clone(),
                fault,
            })?;
        rules.tokens.push(Box::leak(Box::new(rule)));
    }
    Ok(())
}

fn rule_of(file: &File, token: &Token) -> Result<TokenRule, RuleFault> {
    check_shapes(token)?;
    let title = format!("{} {}", file.provider, token.credential);
    let kind = Described {
        id: token.id.get_ref(),
        provider: &file.provider,
        credential: &token.credential,
        title: token.title.as_deref().unwrap_or(&title),
        severity: severity(token.severity.as_deref())?,
        revoke: token
            .revoke
            .as_deref()
            .or(file.revoke.as_deref())
            .unwrap_or("where it was issued"),
        instead: token.instead.as_deref(),
    }
    .kind()?;
    Ok(TokenRule {
        kind,
        shapes: kept_all(&token.shapes),
        context: kept_all(&token.context),
        words: kept_all(
            &token
                .words
                .iter()
                .map(|w| w.to_ascii_lowercase())
                .collect::<Vec<_>>(),
        ),
        near: kept_all(&token.near),
        checksum: None,
        confidence: confidence(token.confidence.as_deref())?,
    })
}

fn check_shapes(token: &Token) -> Result<(), RuleFault> {
    let named = !token.context.is_empty() || !token.near.is_empty();
    if token.shapes.is_empty() {
        return Err(RuleFault::NoShape);
    }
    for text in &token.shapes {
        let shape = Shape::parse(text).and_then(|shape| match named {
            true => Ok(()),
            false => shape.anchor().map(|_| ()),
        });
        shape.map_err(|source| RuleFault::Shape {
            shape: text.clone(),
            source,
        })?;
    }
    if token.context.is_empty() && !token.words.is_empty() {
        return Err(RuleFault::WordsWithoutContext);
    }
    let mut keywords = token.context.iter().chain(&token.near);
    if keywords.any(|keyword| keyword.len() < 3) {
        return Err(RuleFault::Keywords);
    }
    check_keywords(token.context.iter().chain(&token.near).chain(&token.words))
}

fn severity(word: Option<&str>) -> Result<Severity, RuleFault> {
    Ok(match word.unwrap_or("high") {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        "info" => Severity::Info,
        _ => {
            return Err(RuleFault::Word {
                field: "severity",
                allowed: "critical, high, medium, low, info",
            });
        }
    })
}

fn confidence(word: Option<&str>) -> Result<Confidence, RuleFault> {
    Ok(match word.unwrap_or("high") {
        "high" => Confidence::High,
        "medium" => Confidence::Medium,
        "low" => Confidence::Low,
        _ => {
            return Err(RuleFault::Word {
                field: "confidence",
                allowed: "high, medium, low",
            });
        }
    })
}
