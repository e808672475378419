//! Predicate types by the short names that people type.
//!
//! Sources: `spec/predicates/` of github.com/in-toto/attestation, slsa.dev, and the names
//! of `cosign attest --type`. Left out are `custom`, which wraps its content, and `link`,
//! which the two write differently. `sbom` and `scan` are what this program calls the types
//! of its own attestations.

use super::error::AttestError;
use super::predicates::{CYCLONEDX_TYPE, SCAN_TYPE, TEST_RESULT_TYPE, VSA_TYPE};

/// Longest type, in bytes.
const MAX_TYPE_BYTES: usize = 1024;

const SLSA_0_2: &str = "https://slsa.dev/provenance/v0.2";
const SLSA_1: &str = "https://slsa.dev/provenance/v1";
const SPDX: &str = "https://spdx.dev/Document";

/// Short names and their URIs, sorted by name.
pub const PREDICATE_TYPES: &[(&str, &str)] = &[
    ("cyclonedx", CYCLONEDX_TYPE),
    ("openvex", "https://openvex.dev/ns"),
    ("release", "https://in-toto.io/attestation/release/v0.1"),
    (
        "runtime-trace",
        "https://in-toto.io/attestation/runtime-trace/v0.1",
    ),
    ("sbom", CYCLONEDX_TYPE),
    ("scai", "https://in-toto.io/attestation/scai/v0.3"),
    ("scan", SCAN_TYPE),
    ("slsaprovenance", SLSA_0_2),
    ("slsaprovenance02", SLSA_0_2),
    ("slsaprovenance1", SLSA_1),
    ("spdx", SPDX),
    ("spdxjson", SPDX),
    ("test-result", TEST_RESULT_TYPE),
    ("vsa", VSA_TYPE),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
    ("vulns", "https://in-toto.io/attestation/vulns/v0.2"),
];

/// The URI of a predicate type as it is typed: one of [`PREDICATE_TYPES`], or a URI, which
/// is taken as it is.
///
/// # Errors
/// [`AttestError::UnknownPredicateType`] for anything that has no scheme, has spaces,
/// control characters or letters that are not ASCII, or is longer than 1024 bytes.
pub fn predicate_type(text: &str) -> Result<&str, AttestError> {
    if let Some((_, uri)) = PREDICATE_TYPES.iter().find(|(name, _)| *name == text) {
        return Ok(uri);
    }
    // RFC 3986, section 3.1.
    let has_scheme = text.split_once(':').is_some_and(|(scheme, rest)| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(allowed)
            && !rest.is_empty()
    });
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic());
    if has_scheme && is_plain && text.len() <= MAX_TYPE_BYTES {
        return Ok(text);
    }
    let names = PREDICATE_TYPES.iter().map(|(name, _)| *name);
    let near = names.map(|name| (strsim::damerau_levenshtein(name, text), name));
    let nearest = near.min().filter(|(distance, _)| *distance <= 2);
    Err(AttestError::UnknownPredicateType {
        got: text.chars().take(80).collect(),
        nearest: nearest.map(|(_, name)| name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_those_of_other_tools_and_uris_are_taken_as_they_are() {
        for (text, expected) in [
            ("slsaprovenance1", SLSA_1),
            ("spdxjson", "https://spdx.dev/Document"),
            ("cyclonedx", "https://cyclonedx.org/bom"),
            (
                "test-result",
                "https://in-toto.io/attestation/test-result/v0.1",
            ),
            (
                "https://acme.example/review/v1",
                "https://acme.example/review/v1",
            ),
            ("urn:acme:review", "urn:acme:review"),
        ] {
            assert_eq!(predicate_type(text).unwrap(), expected);
        }
        let names: Vec<_> = PREDICATE_TYPES.iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn what_is_no_uri_is_refused_with_the_nearest_name() {
        for (text, expected) in [
            ("slsaprovenance11", Some("slsaprovenance1")),
            ("cyclondx", Some("cyclonedx")),
            ("acme.example/review", None),
            ("https:", None),
            ("urn:acme review", None),
            ("urn:acme:r\u{435}view", None),
            ("urn:\u{1b}[2J", None),
            ("", None),
        ] {
            let Err(AttestError::UnknownPredicateType { nearest, .. }) = predicate_type(text)
            else {
                panic!("{text}");
            };
            assert_eq!(nearest, expected, "{text}");
        }
        assert!(predicate_type(&format!("urn:{}", "x".repeat(1021))).is_err());
    }
}
