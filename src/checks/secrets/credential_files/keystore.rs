//! Stores of keys in binary form, told by their first bytes: Java key stores, PKCS#12,
//! KeePass databases, and private keys in DER. What opens nothing but a list of
//! certificates (a trust store) is no finding.

use crate::checks::secrets::candidate::{Candidate, MADE_UP};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::PRIVATE_KEY;
use crate::model::{Confidence, Severity, Validity};

/// Largest store that is looked at, in bytes.
const MAX_STORE: usize = 16 * 1024 * 1024;
/// Most entries of a Java key store that are looked at.
const MAX_ENTRIES: u32 = 10_000;

const REMEDY: Remedy = Remedy::Rotate {
    revoke: "by withdrawing the certificates of the keys in it",
};

const fn kind(id: &'static str, title: &'static str, severity: Severity, remedy: Remedy) -> Kind {
    Kind {
        id,
        provider: "private key",
        credential: "key store",
        title,
        rule: &PRIVATE_KEY,
        severity,
        remedy,
    }
}

static JAVA: Kind = kind(
    "java-key-store",
    "Java key store with a private key",
    Severity::Medium,
    REMEDY,
);
static PKCS12: Kind = kind(
    "pkcs12-store",
    "PKCS#12 store with a private key",
    Severity::Medium,
    REMEDY,
);
static KEEPASS: Kind = kind(
    "keepass-database",
    "KeePass database",
    Severity::Medium,
    Remedy::Rotate {
        revoke: "by changing every password in it, since it can be guessed open offline",
    },
);
static DER: Kind = kind(
    "der-private-key",
    "Private key in DER",
    Severity::Critical,
    REMEDY,
);
static ENCRYPTED_DER: Kind = kind(
    "encrypted-der-private-key",
    "Encrypted private key in DER",
    Severity::Medium,
    REMEDY,
);

/// `rsaEncryption`, `id-ecPublicKey` and the curves of RFC 8410, with tag and length.
const KEY_ALGORITHMS: &[&[u8]] = &[
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
    b"\x06\x03\x2b\x65",
];
/// PBES2 (RFC 8018), with tag and length.
const PBES2: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
/// `keyBag` and `pkcs8ShroudedKeyBag` of RFC 7292 appendix D begin with this, up to the
/// last byte (1 and 2).
const KEY_BAG: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";

pub(super) fn look(scan: &mut Scan<'_>) {
    let bytes = scan.bytes;
    if bytes.len() > MAX_STORE {
        return;
    }
    let found = match bytes {
        [0xfe, 0xed, 0xfe, 0xed, rest @ ..] | [0xce, 0xce, 0xce, 0xce, rest @ ..] => {
            holds_private_entry(rest).map(|validity| (&JAVA, validity))
        }
        [0x03, 0xd9, 0xa2, 0x9a, 0x65..=0x67, 0xfb, 0x4b, 0xb5, ..] => {
            Some((&KEEPASS, Validity::Valid))
        }
        [0x30, ..] => der(bytes).map(|kind| (kind, Validity::Valid)),
        _ => None,
    };
    if let Some((kind, validity)) = found {
        let mut claim = Candidate::new(0..bytes.len(), kind, Confidence::High);
        claim.validity = validity;
        // Keys in tests and documentation are made for them, as in PEM.
        let made_up = scan.file.made_up;
        let claim = claim.because("the bytes have the form of a store of keys");
        scan.add(claim.doubted(made_up, MADE_UP).doubted(made_up, MADE_UP));
    }
}

/// A PKCS#12 store with a key, or a private key.
fn der(bytes: &[u8]) -> Option<&'static Kind> {
    let inside = content_of(bytes)?;
    let head = inside.get(..40.min(inside.len()))?;
    let names = |oid: &[u8]| memchr::memmem::find(head, oid).is_some();
    match inside {
        [0x02, 0x01, 0x03, 0x30, ..] => {
            let mut bags = memchr::memmem::find_iter(inside, KEY_BAG);
            let is_key = |at: usize| matches!(inside.get(at + KEY_BAG.len()), Some(1 | 2));
            bags.any(is_key).then_some(&PKCS12)
        }
        // PKCS#8: version 0 or 1, then the algorithm.
        [0x02, 0x01, 0 | 1, 0x30, ..] if KEY_ALGORITHMS.iter().any(|oid| names(oid)) => Some(&DER),
        // PKCS#1: version 0, then a long modulus.
        [0x02, 0x01, 0, 0x02, 0x81 | 0x82, ..] => Some(&DER),
        // SEC 1: version 1, then the private half.
        [0x02, 0x01, 1, 0x04, 0x20 | 0x30 | 0x42, ..] => Some(&DER),
        [0x30, _, ..] if names(PBES2) => Some(&ENCRYPTED_DER),
        _ => None,
    }
}

/// The content of one DER or BER SEQUENCE that fills the bytes (X.690 section 8.1).
fn content_of(bytes: &[u8]) -> Option<&[u8]> {
    let (length, content) = match bytes {
        // Indefinite: as some writers of PKCS#12 do.
        [0x30, 0x80, content @ ..] => return Some(content),
        [0x30, 0x83, a, b, c, content @ ..] => {
            let high = usize::from(*a) << 16;
            (high | usize::from(*b) << 8 | usize::from(*c), content)
        }
        [0x30, 0x82, a, b, content @ ..] => (usize::from(*a) << 8 | usize::from(*b), content),
        [0x30, 0x81, a, content @ ..] => (usize::from(*a), content),
        [0x30, a, content @ ..] if *a < 0x80 => (usize::from(*a), content),
        _ => return None,
    };
    (content.len() == length).then_some(content)
}

/// Whether an entry of a Java key store (JKS, JCEKS) is no certificate. Of a store that
/// cannot be read to its end something may be hidden: that is a mismatch.
fn holds_private_entry(bytes: &[u8]) -> Option<Validity> {
    let mut rest = Fields(bytes);
    let _version = rest.number()?;
    let count = rest.number()?;
    for _ in 0..count.min(MAX_ENTRIES) {
        match rest.certificate_entry() {
            Some(true) => {}
            Some(false) => return Some(Validity::Valid),
            None => return Some(Validity::Mismatch),
        }
    }
    (count > MAX_ENTRIES).then_some(Validity::Mismatch)
}

/// What is left of a Java key store: big-endian numbers and texts with their length.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn skip(&mut self, length: usize) -> Option<()> {
        self.0 = self.0.get(length..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn text(&mut self) -> Option<()> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        self.skip(usize::from(u16::from_be_bytes(*length)))
    }

    /// Passes one entry: tag, alias, date, and for a certificate (tag 2) its type and
    /// bytes. Whether it was one.
    fn certificate_entry(&mut self) -> Option<bool> {
        let tag = self.number()?;
        self.text()?;
        self.skip(8)?;
        if tag != 2 {
            return matches!(tag, 1 | 3).then_some(false);
        }
        self.text()?;
        let length = self.number()?;
        self.skip(usize::try_from(length).ok()?)?;
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::secrets::{Rules, check_bytes};
    use crate::model::{Detail, Validity};

    fn found(path: &str, bytes: &[u8]) -> Vec<(String, Validity)> {
        let rules = Rules::load().unwrap();
        check_bytes(path, bytes, &rules)
            .into_iter()
            .map(|finding| match finding.detail {
                Detail::Secret(secret) => (secret.kind, secret.validity),
                _ => panic!("a finding of another check"),
            })
            .collect()
    }

    fn one(kind: &str) -> Vec<(String, Validity)> {
        vec![(kind.to_owned(), Validity::Valid)]
    }

    fn sequence(content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[0x30, 0x82], length.as_slice(), content].concat()
    }

    fn entry(tag: u8, body: &[u8]) -> Vec<u8> {
        [&[0, 0, 0, tag, 0, 3], b"one".as_slice(), &[7; 8], body].concat()
    }

    fn certificate() -> Vec<u8> {
        entry(2, b"\0\x05X.509\0\0\0\x04cert")
    }

    fn java(entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u8::try_from(entries.len()).unwrap();
        let head = [0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, count];
        [head.as_slice(), &entries.concat()].concat()
    }

    #[test]
    fn a_java_store_counts_where_it_has_a_key() {
        let store = java(&[certificate(), entry(1, &[9; 40])]);
        assert_eq!(found("app.jks", &store), one("java-key-store"));
        assert_eq!(found("cacerts", &java(&[certificate(), certificate()])), []);
        let cut = &store[..store.len() - 60];
        assert_eq!(found("app.jks", cut)[0].1, Validity::Mismatch);
    }

    #[test]
    fn a_pkcs12_store_counts_where_it_has_a_key_bag() {
        let bag = |last: u8| {
            let inside = [super::KEY_BAG, &[last], &[5; 300]].concat();
            sequence(&[&[2, 1, 3], sequence(&inside).as_slice()].concat())
        };
        assert_eq!(found("a.p12", &bag(2)), one("pkcs12-store"));
        assert_eq!(found("trust.p12", &bag(3)), []);
    }

    #[test]
    fn private_keys_in_der_are_told_from_public_ones_and_encrypted_ones() {
        let algorithm = sequence(super::KEY_ALGORITHMS[0]);
        let pkcs8 = sequence(&[&[2, 1, 0], algorithm.as_slice(), &[4; 200]].concat());
        assert_eq!(found("a.der", &pkcs8), one("der-private-key"));
        let rsa = sequence(&[&[2, 1, 0, 2, 0x82, 1, 1], [9; 257].as_slice()].concat());
        assert_eq!(found("a.der", &rsa), one("der-private-key"));
        let encrypted = sequence(&[sequence(super::PBES2), vec![4; 200]].concat());
        assert_eq!(found("a.der", &encrypted), one("encrypted-der-private-key"));
        let public = sequence(&[algorithm, vec![3; 200]].concat());
        assert_eq!(found("a.der", &public), []);
        // Something behind the end: no DER file.
        assert_eq!(found("a.der", &[pkcs8, vec![1]].concat()), []);
    }

    #[test]
    fn a_keepass_database_is_found_and_shows_nothing_of_itself() {
        let head = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];
        let base = [head.as_slice(), &[0, 3, 0, 4], &[77; 300]].concat();
        assert_eq!(found("team.kdbx", &base), one("keepass-database"));
        assert_eq!(found("team.kdbx", &base[..7]), []);
    }
}
