//! What a Fulcio certificate claims about the build that it was issued to.
//!
//! Source: `docs/oid-info.md` of github.com/sigstore/fulcio; the arc 1.3.6.1.4.1.57264.1.

use super::error::ConditionError;
use sigstore_crypto::CertificateInfo;
use std::fmt;

/// What the value of a claim looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Uri,
    /// A git commit: 40 or 64 digits of lower-case hex.
    Commit,
    OneOf(&'static [&'static str]),
}

/// The name of a claim, with its place in the certificate.
#[derive(Clone, Copy)]
pub struct ClaimName {
    name: &'static str,
    oid: u8,
    shape: Shape,
    read: fn(&CertificateInfo) -> Option<&str>,
}

impl ClaimName {
    /// As it is written in conditions: `source-repository-uri`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// The extension that holds it: `1.3.6.1.4.1.57264.1.12`.
    #[must_use]
    pub fn oid(self) -> String {
        format!("1.3.6.1.4.1.57264.1.{}", self.oid)
    }

    /// The claim of a name.
    ///
    /// # Errors
    /// [`ConditionError::UnknownClaim`].
    pub fn parse(name: &str) -> Result<Self, ConditionError> {
        CLAIMS
            .iter()
            .find(|claim| claim.name == name)
            .copied()
            .ok_or_else(|| ConditionError::UnknownClaim {
                got: name.to_owned(),
                nearest: crate::model::nearest(name, CLAIMS.iter().map(|claim| claim.name))
                    .map(str::to_owned),
            })
    }

    pub(super) fn of(self, certificate: &CertificateInfo) -> Option<&str> {
        (self.read)(certificate)
    }
}

impl fmt::Debug for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for ClaimName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ClaimName {}

macro_rules! claims {
    ($($name:literal, $oid:literal, $shape:expr, $($field:ident).+;)*) => {
        /// Every claim, by its number in Fulcio's arc. The first five are GitHub's and
        /// deprecated: Fulcio still writes them beside their successors.
        pub const CLAIMS: &[ClaimName] = &[$(ClaimName {
            name: $name,
            oid: $oid,
            shape: $shape,
            read: |certificate| certificate.$($field).+.as_deref(),
        }),*];
    };
}

claims! {
    "workflow-trigger", 2, Shape::Text, ci_claims.deprecated_github.workflow_trigger;
    "workflow-sha", 3, Shape::Commit, ci_claims.deprecated_github.workflow_sha;
    "workflow-name", 4, Shape::Text, ci_claims.deprecated_github.workflow_name;
    "workflow-repository", 5, Shape::Text, ci_claims.deprecated_github.workflow_repository;
    "workflow-ref", 6, Shape::Text, ci_claims.deprecated_github.workflow_ref;
    "issuer", 8, Shape::Text, issuer;
    "build-signer-uri", 9, Shape::Uri, ci_claims.build_signer_uri;
    "build-signer-digest", 10, Shape::Commit, ci_claims.build_signer_digest;
    "runner-environment", 11, Shape::OneOf(&["github-hosted", "self-hosted", "gitlab-hosted"]), ci_claims.runner_environment;
    "source-repository-uri", 12, Shape::Uri, ci_claims.source_repository_uri;
    "source-repository-digest", 13, Shape::Commit, ci_claims.source_repository_digest;
    "source-repository-ref", 14, Shape::Text, ci_claims.source_repository_ref;
    "source-repository-identifier", 15, Shape::Text, ci_claims.source_repository_identifier;
    "source-repository-owner-uri", 16, Shape::Uri, ci_claims.source_repository_owner_uri;
    "source-repository-owner-identifier", 17, Shape::Text, ci_claims.source_repository_owner_identifier;
    "build-config-uri", 18, Shape::Uri, ci_claims.build_config_uri;
    "build-config-digest", 19, Shape::Commit, ci_claims.build_config_digest;
    "build-trigger", 20, Shape::Text, ci_claims.build_trigger;
    "run-invocation-uri", 21, Shape::Uri, ci_claims.run_invocation_uri;
    "source-repository-visibility", 22, Shape::OneOf(&["public", "private", "internal"]), ci_claims.source_repository_visibility_at_signing;
    "deployment-environment", 23, Shape::Text, ci_claims.deployment_environment;
    "token-subject", 24, Shape::Text, ci_claims.token_subject;
}

/// A claim that a certificate must make, with exactly this value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredClaim {
    name: ClaimName,
    value: String,
}

impl RequiredClaim {
    /// A condition from `NAME=VALUE`.
    ///
    /// # Errors
    /// [`ConditionError::NotACondition`] without `=`, [`ConditionError::UnknownClaim`],
    /// and [`ConditionError::ImpossibleClaim`] for a value that the claim never has: it
    /// would be found out only when nothing verifies any more.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(ConditionError::NotACondition {
                got: text.to_owned(),
            });
        };
        let name = ClaimName::parse(name)?;
        let want = match name.shape {
            _ if value.is_empty() => Some("a value".to_owned()),
            Shape::Text => None,
            Shape::Uri => (!value.contains("://")).then(|| "a URI with `://`".to_owned()),
            Shape::Commit => (!is_commit(value))
                .then(|| "a commit: 40 or 64 digits of lower-case hex".to_owned()),
            Shape::OneOf(known) => {
                (!known.contains(&value)).then(|| format!("one of {}", known.join(", ")))
            }
        };
        match want {
            Some(want) => Err(ConditionError::ImpossibleClaim {
                name: name.name,
                got: value.to_owned(),
                want,
            }),
            None => Ok(Self {
                name,
                value: value.to_owned(),
            }),
        }
    }

    /// Which claim.
    #[must_use]
    pub fn name(&self) -> ClaimName {
        self.name
    }

    /// The value that it must have.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64)
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_a_claim_and_a_value_that_it_can_have() {
        for text in [
            "build-trigger=push",
            "source-repository-uri=https://github.com/acme/app",
            "source-repository-ref=refs/tags/v1=x",
            "runner-environment=github-hosted",
            "source-repository-visibility=private",
        ] {
            let claim = RequiredClaim::parse(text).unwrap();
            assert_eq!(format!("{}={}", claim.name().as_str(), claim.value()), text);
        }
        let commit = format!("workflow-sha={}", "a".repeat(40));
        assert_eq!(RequiredClaim::parse(&commit).unwrap().value().len(), 40);
        for text in [
            "build-trigger=",
            "source-repository-uri=github.com/acme/app",
            "source-repository-digest=main",
            "source-repository-digest=ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD",
            "runner-environment=hosted",
            "source-repository-visibility=Public",
        ] {
            assert!(
                matches!(
                    RequiredClaim::parse(text),
                    Err(ConditionError::ImpossibleClaim { .. })
                ),
                "{text}"
            );
        }
        assert!(matches!(
            RequiredClaim::parse("build-triger=push"),
            Err(ConditionError::UnknownClaim { nearest: Some(known), .. }) if known == "build-trigger"
        ));
        assert!(matches!(
            RequiredClaim::parse("push"),
            Err(ConditionError::NotACondition { .. })
        ));
    }

    #[test]
    fn every_extension_of_the_arc_has_one_name() {
        let numbers: Vec<u8> = CLAIMS.iter().map(|claim| claim.oid).collect();
        // 1 and 8 are both the issuer, 7 is a kind of name and no claim.
        let want: Vec<u8> = (2..=6).chain(8..=24).collect();
        assert_eq!(numbers, want);
        assert_eq!(
            ClaimName::parse("token-subject").unwrap().oid(),
            "1.3.6.1.4.1.57264.1.24"
        );
    }
}
