//! Waivers: who accepts what, why, and until when.

use super::error::WaiverProblem;
use super::version_range::VersionRange;
use crate::model::{
    Detail, Ecosystem, Finding, Gap, Lapse, Purl, Subject, VexJustification, VexStatus,
};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// An accepted finding or gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// A rule or gap id, an advisory id or alias, or, with a path, a secret kind.
    pub id: String,
    /// Any component where absent.
    pub component: Option<ComponentName>,
    /// Versions of the component; any where absent.
    pub versions: Option<VersionRange>,
    /// A file, or a directory ending in `/`; any place where absent.
    pub path: Option<String>,
    /// The key of one secret: it covers that and nothing else.
    pub secret: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day it holds, UTC.
    pub expires: Date,
    /// What a VEX document made from the policy says of the product.
    pub vex: WaiverVex,
}

/// The component that a waiver is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComponentName {
    /// `name` or `name@version`.
    Label(String),
    /// A purl; without a version and qualifiers it is any of the package.
    Purl(Purl),
}

/// What a waiver says to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverVex {
    /// The product is affected, and that is accepted.
    Affected,
    /// The product is not affected; the reason of the waiver says why, or a label.
    NotAffected(Option<VexJustification>),
}

impl WaiverVex {
    /// The status of the statement.
    #[must_use]
    pub fn status(self) -> VexStatus {
        match self {
            Self::Affected => VexStatus::Affected,
            Self::NotAffected(_) => VexStatus::NotAffected,
        }
    }

    /// The label that goes with it.
    #[must_use]
    pub fn justification(self) -> Option<VexJustification> {
        match self {
            Self::Affected => None,
            Self::NotAffected(label) => label,
        }
    }
}

/// What a waiver is to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaiverMatch {
    /// It is about something else.
    Other,
    /// It names the finding, and does not cover the version in use.
    Lapsed(Lapse),
    /// It covers the finding, if it has not expired.
    Covers,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WaiverDocument {
    pub(super) id: String,
    component: Option<String>,
    versions: Option<String>,
    path: Option<String>,
    reason: String,
    owner: String,
    expires: Expiry,
    /// A link for people; not used.
    #[serde(rename = "ticket")]
    _ticket: Option<String>,
    status: Option<StatusWord>,
    justification: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusWord {
    Affected,
    NotAffected,
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
            ("versions", document.versions.as_ref()),
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
            vex: waiver_vex(document.status, document.justification)?,
            id: document.id,
            component: document.component.map(component_name).transpose()?,
            versions: document.versions.map(version_range).transpose()?,
            path: document.path,
            secret: None,
            reason: document.reason,
            owner: document.owner,
            expires,
        })
    }
}

fn component_name(text: String) -> Result<ComponentName, WaiverProblem> {
    if !text.starts_with("pkg:") {
        return Ok(ComponentName::Label(text));
    }
    match Purl::parse(&text) {
        Ok(purl) => Ok(ComponentName::Purl(purl)),
        Err(error) => Err(WaiverProblem::BadPurl {
            text,
            reason: error.reason,
        }),
    }
}

fn version_range(text: String) -> Result<VersionRange, WaiverProblem> {
    VersionRange::parse(&text).map_err(|reason| WaiverProblem::BadVersions { text, reason })
}

/// A justification is one for not being affected.
fn waiver_vex(
    status: Option<StatusWord>,
    justification: Option<String>,
) -> Result<WaiverVex, WaiverProblem> {
    let justification = justification
        .map(|label| {
            VexJustification::from_label(&label).ok_or(WaiverProblem::BadJustification(label))
        })
        .transpose()?;
    match (status, justification) {
        (Some(StatusWord::Affected), Some(label)) => {
            Err(WaiverProblem::JustifiedButAffected(label.as_str()))
        }
        (Some(StatusWord::NotAffected), label) | (None, label @ Some(_)) => {
            Ok(WaiverVex::NotAffected(label))
        }
        (Some(StatusWord::Affected) | None, None) => Ok(WaiverVex::Affected),
    }
}

impl ComponentName {
    fn is(&self, purl: &Purl, label: &str) -> bool {
        match self {
            Self::Label(text) => {
                let name = label
                    .rfind('@')
                    .filter(|at| *at > 0)
                    .map_or(label, |at| label.split_at(at).0);
                text == label || text == name
            }
            Self::Purl(named) if named.version().is_some() => named == purl,
            Self::Purl(named) => {
                let qualifiers = named.qualifiers();
                named.without_version() == purl.without_version()
                    && qualifiers.iter().all(|q| purl.qualifiers().contains(q))
                    && named
                        .subpath()
                        .is_none_or(|path| purl.subpath() == Some(path))
            }
        }
    }
}

impl Waiver {
    /// The waiver of one secret, from the exceptions of its repository. `kind` is the kind
    /// of secret, `key` its key there.
    #[must_use]
    pub fn of_secret(
        kind: String,
        key: String,
        owner: String,
        reason: String,
        until: Date,
    ) -> Self {
        Self {
            id: kind,
            component: None,
            versions: None,
            path: None,
            secret: Some(key),
            reason,
            owner,
            expires: until,
            vex: WaiverVex::Affected,
        }
    }

    /// Whole days from the day of `now` (UTC) to the last day; negative when it is over.
    #[must_use]
    pub fn days_left(&self, now: Timestamp) -> i64 {
        let today = now.to_zoned(TimeZone::UTC).date();
        i64::from((self.expires - today).get_days())
    }

    /// What it is to a finding, expired or not. A version that cannot be compared with its
    /// bounds is not covered.
    #[must_use]
    pub fn matches(&self, finding: &Finding) -> WaiverMatch {
        if self.secret.is_some() {
            return match &finding.detail {
                Detail::Secret(secret) if secret.exception == self.secret => WaiverMatch::Covers,
                _ => WaiverMatch::Other,
            };
        }
        let is_about = self.names(finding)
            && self.matches_subject(&finding.subject)
            && self.matches_places(finding);
        match (is_about, &self.versions) {
            (false, _) => WaiverMatch::Other,
            (true, None) => WaiverMatch::Covers,
            (true, Some(range)) => match &finding.subject {
                Subject::File { .. } => WaiverMatch::Other,
                Subject::Component { purl, .. } => match contains(range, purl) {
                    Some(true) => WaiverMatch::Covers,
                    Some(false) => WaiverMatch::Lapsed(Lapse::OtherVersion),
                    None => WaiverMatch::Lapsed(Lapse::VersionUnknown),
                },
            },
        }
    }

    /// Whether it is about this gap.
    #[must_use]
    pub fn matches_gap(&self, gap: &Gap) -> bool {
        if self.secret.is_some() {
            return false;
        }
        let place = match (&self.path, &gap.location) {
            (None, _) => true,
            (Some(path), Some(location)) => path_covers(path, &location.path),
            (Some(_), None) => false,
        };
        self.id == gap.id && self.component.is_none() && self.versions.is_none() && place
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
            Detail::Yanked(_) | Detail::Registry(_) => false,
        }
    }

    fn matches_subject(&self, subject: &Subject) -> bool {
        let Some(component) = &self.component else {
            return true;
        };
        match subject {
            Subject::Component { purl, label } => component.is(purl, label),
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

fn contains(range: &VersionRange, purl: &Purl) -> Option<bool> {
    range.contains(
        Ecosystem::from_purl_type(purl.purl_type())?,
        purl.version()?,
    )
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
