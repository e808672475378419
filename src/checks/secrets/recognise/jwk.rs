//! JSON Web Keys and sets of them with private members (RFC 7517, RFC 7518 section 6): an
//! object with `kty` and `d`, or `k` for a symmetric one. Public halves are no finding.

use crate::checks::secrets::candidate::{Candidate, MADE_UP, MISMATCH};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::PRIVATE_KEY;
use crate::model::{Confidence, Severity, Validity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["\"kty\""];

/// How far to either side of `kty` its object reaches at most: a 16384-bit RSA key with all
/// its members has 15 KB.
const REACH: usize = 32 * 1024;

static PRIVATE: Kind = Kind {
    id: "jwk-private-key",
    provider: "private key",
    credential: "JSON Web Key",
    title: "Private JSON Web Key",
    rule: &PRIVATE_KEY,
    severity: Severity::Critical,
    remedy: Remedy::Rotate {
        revoke: "by taking its public half out of every published key set",
    },
};

static SYMMETRIC: Kind = Kind {
    id: "jwk-symmetric-key",
    provider: "private key",
    credential: "symmetric JSON Web Key",
    title: "Symmetric JSON Web Key",
    rule: &PRIVATE_KEY,
    severity: Severity::Critical,
    remedy: Remedy::Rotate {
        revoke: "wherever tokens are signed or read with it",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let Some(object) = object_around(scan, &hit) else {
        return;
    };
    let text = scan.text(object.clone());
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(text) else {
        return;
    };
    let member = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
    let (name, kind) = match member("kty") {
        Some("oct") => ("k", &SYMMETRIC),
        Some("RSA" | "EC" | "OKP" | "AKP") => ("d", &PRIVATE),
        _ => return,
    };
    let Some(value) = member(name).filter(|value| value.len() >= 16) else {
        return;
    };
    let Some(at) = memchr::memmem::find(text, value.as_bytes()) else {
        return;
    };
    let expected = member("crv").and_then(size_of);
    let size = URL_SAFE_NO_PAD.decode(value).map(|bytes| bytes.len());
    let validity = match (size, expected) {
        (Ok(size), Some(expected)) if size != expected => Validity::Mismatch,
        (Ok(_), _) => Validity::Valid,
        (Err(_), _) => Validity::Mismatch,
    };
    let start = object.start + at;
    let mut claim = Candidate::new(start..start + value.len(), kind, Confidence::High);
    claim.validity = validity;
    let claim = claim
        .because("a JSON Web Key with its private member")
        .doubted(validity == Validity::Mismatch, MISMATCH);
    // Keys in tests and documentation are made for them, as in PEM.
    let made_up = scan.is_made_up(hit.start);
    let claim = claim.doubted(made_up, MADE_UP);
    scan.add(claim.doubted(made_up, MADE_UP));
}

/// The JSON object that a member stands in. Each byte is looked at twice at most, however
/// many members there are: backwards not beyond the place where the last look ended,
/// forwards not beyond the next member of this name.
fn object_around(scan: &mut Scan<'_>, hit: &Range<usize>) -> Option<Range<usize>> {
    let floor = scan.object_end.max(hit.start.saturating_sub(REACH));
    let before = scan.text(floor..hit.start);
    let ceiling = scan.bytes.len().min(hit.end.saturating_add(REACH));
    let after = scan.text(hit.end..ceiling);
    let next = KEYWORDS
        .iter()
        .filter_map(|k| memchr::memmem::find(after, k.as_bytes()));
    let after = after.get(..next.min().unwrap_or(after.len()))?;
    scan.work.add(before.len() + after.len());
    scan.object_end = hit.end + after.len();
    let start = floor + memchr::memrchr(b'{', before)?;
    let mut depth = 1_usize;
    let close = after.iter().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let end = hit.end + close + 1;
    scan.object_end = end;
    Some(start..end)
}

/// Bytes of the private member of a key on this curve (RFC 7518 section 6.2.2.1, RFC 8037).
fn size_of(curve: &str) -> Option<usize> {
    match curve {
        "P-256" | "secp256k1" | "Ed25519" | "X25519" => Some(32),
        "P-384" => Some(48),
        "P-521" => Some(66),
        "Ed448" => Some(57),
        "X448" => Some(56),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::secrets::testing::expand;
    use crate::checks::secrets::{Rules, check_bytes};
    use crate::model::{Confidence, Detail, Validity};

    /// Kind, validity, confidence and line of what is found in a template.
    fn found(template: &str) -> Vec<(String, Validity, Confidence, Option<u32>)> {
        let rules = Rules::load().unwrap();
        check_bytes("keys/set.json", expand(template).as_bytes(), &rules)
            .into_iter()
            .map(|finding| match finding.detail {
                Detail::Secret(s) => (s.kind, s.validity, s.confidence, finding.location.line),
                _ => panic!("a finding of another check"),
            })
            .collect()
    }

    const EC: &str =
        r#"{"kty": "EC", "crv": "P-256", "x": "{base64url:43}", "y": "{base64url:43}""#;

    #[test]
    fn private_members_are_found_each_at_its_place() {
        let rsa = r#"{"e":"AQAB","d":"{base64url:341}A","n":"{base64url:342}","kty":"RSA"}"#;
        let set =
            format!("{{\"keys\": [\n{EC}}},\n{EC}, \"d\": \"{{base64url:42}}A\"}},\n{rsa}]}}");
        let key = |line| {
            (
                "jwk-private-key".to_owned(),
                Validity::Valid,
                Confidence::High,
                Some(line),
            )
        };
        assert_eq!(found(&set), [key(3), key(4)]);
        let symmetric = found("{\n\"kty\":\"oct\",\n\"k\":\"{base64url:42}A\"}");
        assert_eq!(symmetric.len(), 1, "{symmetric:?}");
        assert_eq!(symmetric[0].0, "jwk-symmetric-key");
        assert_eq!(symmetric[0].3, Some(3));
    }

    #[test]
    fn a_private_member_of_another_size_is_a_mismatch() {
        let short = found(&format!("{EC}, \"d\": \"{{base64url:31}}A\"}}"));
        assert_eq!(short.len(), 1, "{short:?}");
        assert_eq!(short[0].1, Validity::Mismatch);
        assert_eq!(short[0].2, Confidence::Medium);
    }

    #[test]
    fn public_keys_and_what_is_no_key_are_left_alone() {
        for text in [
            format!("{{\"keys\": [{EC}}}, {EC}}}]}}"),
            r#"{"kty": "RSA", "n": "{base64url:342}", "e": "AQAB"}"#.to_owned(),
            r#"{"kty": "thing", "d": "{base64url:43}"}"#.to_owned(),
            r#"{"kty": "EC", "d": "short"}"#.to_owned(),
            r#"if (key["kty"] === "EC") { d = "abcdefghijklmnopqrst" }"#.to_owned(),
            r#"{"kty": "EC", "d": "{base64url:43}""#.to_owned(),
        ] {
            assert_eq!(found(&text), [], "{text}");
        }
    }
}
