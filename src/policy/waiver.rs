//! Waivers: who accepts what, why, and until when.

use super::error::WaiverProblem;
use crate::model::{Detail, Finding, Gap, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// An accepted finding or gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// A rule or gap id, an advisory id or alias, or, with a path, a secret kind.
    pub id: String,
    /// `name`, `name@version` or a purl; any component where absent.
    pub component: Option<String>,
    /// A file, or a directory ending in `/`; any place where absent.
    pub path: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it holds, UTC.
    pub expires: Date,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WaiverDocument {
    pub(super) id: String,
    component: Option<String>,
    path: Option<String>,
    reason: String,
    owner: String,
    expires: Expiry,
    /// A link for people; not used.
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
}

/// TOML has dates of its own; a quoted date is as clear.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expiry {
    Quoted(String),
    Plain(toml::value::Datetime),
}

impl TryFrom<WaiverDocument> for Waiver {
    type Error = WaiverProblem;

    fn try_from(document: WaiverDocument) -> Result<Self, WaiverProblem> {
        for (name, value) in [
            ("id", Some(&document.id)),
            ("reason", Some(&document.reason)),
            ("owner", Some(&document.owner)),
            ("component", document.component.as_ref()),
            ("path", document.path.as_ref()),
        ] {
            if value.is_some_and(|value| value.trim().is_empty()) {
                return Err(WaiverProblem::Empty(name));
            }
        }
        if let Some(path) = &document.path
            && !is_relative(path)
        {
            return Err(WaiverProblem::BadPath(path.clone()));
        }
        let text = match document.expires {
            Expiry::Quoted(text) => text,
            Expiry::Plain(date) => date.to_string(),
        };
        let expires: Date = text
            .parse()
            .map_err(|_| WaiverProblem::BadDate(text.clone()))?;
        // A rule id holds a slash, an advisory id does not: waiving a whole rule
        // everywhere is a level in `[rules]`, in the open.
        if document.id.contains('/') && document.component.is_none() && document.path.is_none() {
            return Err(WaiverProblem::TooWide);
        }
        Ok(Self {
            id: document.id,
            component: document.component,
            path: document.path,
            reason: document.reason,
            owner: document.owner,
            expires,
        })
    }
}

impl Waiver {
    /// Whole days from the day of `now` (UTC) to the last day; negative when it is over.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        let today = now.to_zoned(TimeZone::UTC).date();
        i64::from((self.expires - today).get_days())
    }

    /// Whether it is about this finding, expired or not.
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> bool {
        self.names(finding)
            && self.matches_subject(&finding.subject)
            && self.matches_places(finding)
    }

    /// Whether it is about this gap.
    #[must_use]
    pub fn matches_gap(&self, gap: &Gap) -> bool {
        let place = match (&self.path, &gap.location) {
            (None, _) => true,
            (Some(path), Some(location)) => path_covers(path, &location.path),
            (Some(_), None) => false,
        };
        self.id == gap.id && self.component.is_none() && place
    }

    fn names(&self, finding: &Finding) -> bool {
        if self.id == finding.rule.id {
            return true;
        }
        match &finding.detail {
            Detail::Advisory(advisory) => {
                self.id == advisory.id || advisory.aliases.contains(&self.id)
            }
            // A kind everywhere would be as wide as a rule.
            Detail::Secret(secret) => self.id == secret.kind && self.path.is_some(),
            Detail::Registry(_) => false,
        }
    }

    fn matches_subject(&self, subject: &Subject) -> bool {
        let Some(component) = &self.component else {
            return true;
        };
        match subject {
            Subject::Component { purl, label } => {
                let name = label
                    .rfind('@')
                    .filter(|at| *at > 0)
                    .map_or(label.as_str(), |at| label.split_at(at).0);
                component == purl.as_str() || component == label || component == name
            }
            Subject::File { .. } => false,
        }
    }

    /// Every place must be covered: a second copy elsewhere was not accepted.
    fn matches_places(&self, finding: &Finding) -> bool {
        self.path.as_ref().is_none_or(|path| {
            std::iter::once(&finding.location)
                .chain(&finding.also_at)
                .all(|location| path_covers(path, &location.path))
        })
    }
}

/// Whether a path is written as the paths of findings are.
fn is_relative(path: &str) -> bool {
    let parts = path.strip_suffix('/').unwrap_or(path);
    parts
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn path_covers(pattern: &str, path: &str) -> bool {
    if pattern.ends_with('/') {
        path.starts_with(pattern)
    } else {
        path == pattern
    }
}
