//! What a private key says of its public half without a passphrase: how long it is and the
//! fingerprint under which logs and `authorized_keys` know it. It says which key to withdraw
//! and is no secret.

use super::openpgp;
use crate::support::hash::sha256_parts;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// `rsaEncryption`, `id-ecPublicKey` (RFC 3279).
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// Curves of RFC 5480, and Ed25519 of RFC 8410, with their names in SSH or none.
const CURVES: &[(&[u8], &str, &str)] = &[
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", "P-256", "nistp256"),
    (b"\x2b\x81\x04\x00\x22", "P-384", "nistp384"),
    (b"\x2b\x81\x04\x00\x23", "P-521", "nistp521"),
    (b"\x2b\x81\x04\x00\x0a", "secp256k1", ""),
    (b"\x2b\x65\x70", "Ed25519", ""),
    (b"\x2b\x65\x71", "Ed448", ""),
];

/// What the text between the marker lines of a PEM key of this kind says; empty where
/// nothing can be told.
pub(super) fn of(kind: &str, body: &[u8]) -> Option<String> {
    let text = base64_only(body);
    if matches!(kind, "pgp-private-key" | "encrypted-pgp-private-key") {
        return openpgp::read(&text).map(|key| key.said);
    }
    let bytes = STANDARD.decode(text).ok()?;
    match kind {
        "rsa-private-key" => rsa(&bytes),
        "ec-private-key" => sec1(&bytes, None),
        "pkcs8-private-key" | "google-cloud-service-account-key" => pkcs8(&bytes),
        "openssh-private-key" | "encrypted-ssh-private-key" => openssh(&bytes),
        _ => None,
    }
}

/// Base64 without line ends, escapes that stand for them, and quotes.
fn base64_only(body: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len());
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => text.push(*byte),
            _ => {}
        }
    }
    text
}

/// An RSAPrivateKey of RFC 8017 appendix A.1.2.
fn rsa(der: &[u8]) -> Option<String> {
    let mut fields = Der(Der(der).take(0x30)?);
    let _version = fields.take(0x02)?;
    let modulus = fields.take(0x02)?;
    let exponent = fields.take(0x02)?;
    // An INTEGER has the form of an mpint (RFC 4251 section 5): both are signed.
    let blob = ssh_fields(&[b"ssh-rsa", exponent, modulus]);
    Some(said(&format!("{} bits", bits(modulus)), &blob))
}

/// An ECPrivateKey of RFC 5915; its curve may stand outside.
fn sec1(der: &[u8], curve: Option<&[u8]>) -> Option<String> {
    let mut fields = Der(Der(der).take(0x30)?);
    let _version = fields.take(0x02)?;
    let _private = fields.take(0x04)?;
    let inside = fields.take(0xa0).and_then(|named| Der(named).take(0x06));
    let (_, name, ssh) = CURVES
        .iter()
        .find(|(oid, ..)| Some(*oid) == inside.or(curve))?;
    let point = fields.take(0xa1).and_then(|bits| Der(bits).take(0x03));
    match point {
        // The first byte counts unused bits.
        Some([0, point @ ..]) if !ssh.is_empty() => {
            let title = format!("ecdsa-sha2-{ssh}");
            let blob = ssh_fields(&[title.as_bytes(), ssh.as_bytes(), point]);
            Some(said(name, &blob))
        }
        _ => Some((*name).to_owned()),
    }
}

/// A PrivateKeyInfo of RFC 5958.
fn pkcs8(der: &[u8]) -> Option<String> {
    let mut fields = Der(Der(der).take(0x30)?);
    let _version = fields.take(0x02)?;
    let mut algorithm = Der(fields.take(0x30)?);
    let name = algorithm.take(0x06)?;
    let inner = fields.take(0x04)?;
    if name == RSA {
        return rsa(inner);
    }
    if name == EC {
        return sec1(inner, algorithm.take(0x06));
    }
    let (_, curve, _) = CURVES.iter().find(|(oid, ..)| *oid == name)?;
    Some((*curve).to_owned())
}

/// The file format of OpenSSH (`PROTOCOL.key`), whose public half is never encrypted.
fn openssh(bytes: &[u8]) -> Option<String> {
    let mut fields = Ssh(bytes.strip_prefix(b"openssh-key-v1\0")?);
    for _cipher_and_kdf in 0..3 {
        fields.text()?;
    }
    fields.skip(4)?;
    let blob = fields.text()?;
    let mut public = Ssh(blob);
    let algorithm = std::str::from_utf8(public.text()?).ok()?;
    let size = match algorithm {
        "ssh-rsa" => {
            let _exponent = public.text()?;
            format!("RSA, {} bits", bits(public.text()?))
        }
        "ssh-ed25519" => "Ed25519".to_owned(),
        "ecdsa-sha2-nistp256" => "P-256".to_owned(),
        "ecdsa-sha2-nistp384" => "P-384".to_owned(),
        "ecdsa-sha2-nistp521" => "P-521".to_owned(),
        "sk-ssh-ed25519@openssh.com" | "sk-ecdsa-sha2-nistp256@openssh.com" => {
            "for a hardware key".to_owned()
        }
        _ => return None,
    };
    Some(said(&size, blob))
}

/// The fingerprint as `ssh-keygen -l` prints it.
fn said(size: &str, blob: &[u8]) -> String {
    let hash = STANDARD_NO_PAD.encode(sha256_parts(&[blob]));
    format!("{size}, public half SHA256:{hash}")
}

/// The length of a big-endian number in bits.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let rest = number.get(zeros..).unwrap_or_default();
    let first = rest.first().map_or(0, |byte| byte.leading_zeros());
    (rest.len() * 8).saturating_sub(usize::try_from(first).unwrap_or(0))
}

fn ssh_fields(fields: &[&[u8]]) -> Vec<u8> {
    let mut blob = Vec::new();
    for field in fields {
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        blob.extend(length.to_be_bytes());
        blob.extend_from_slice(field);
    }
    blob
}

/// What is left of a DER value.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (length, rest) = match self.0 {
            [found, 0x82, a, b, rest @ ..] if *found == tag => {
                (usize::from(*a) << 8 | usize::from(*b), rest)
            }
            [found, 0x81, a, rest @ ..] if *found == tag => (usize::from(*a), rest),
            [found, a, rest @ ..] if *found == tag && *a < 0x80 => (usize::from(*a), rest),
            _ => return None,
        };
        let content = rest.get(..length)?;
        self.0 = rest.get(length..)?;
        Some(content)
    }
}

/// What is left of a message of SSH.
struct Ssh<'a>(&'a [u8]);

impl<'a> Ssh<'a> {
    fn skip(&mut self, length: usize) -> Option<()> {
        self.0 = self.0.get(length..)?;
        Some(())
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let text = rest.get(..length)?;
        self.0 = rest.get(length..)?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), content].concat()
    }

    fn encoded(der: &[u8]) -> Vec<u8> {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        lines.join("\\n").into_bytes()
    }

    /// An RSA key whose modulus has 2048 bits and which is none.
    fn rsa_key() -> (Vec<u8>, Vec<u8>) {
        let modulus = [[0].as_slice(), &[0xc1; 256]].concat();
        let fields = [
            value(2, &[0]),
            value(2, &modulus),
            value(2, &[1, 0, 1]),
            value(2, &[3; 256]),
        ];
        let blob = ssh_fields(&[b"ssh-rsa", &[1, 0, 1], &modulus]);
        (value(0x30, &fields.concat()), blob)
    }

    #[test]
    fn the_public_half_of_an_rsa_key_is_the_same_in_every_form() {
        let (der, blob) = rsa_key();
        let hash = STANDARD_NO_PAD.encode(sha256_parts(&[&blob]));
        let expected = format!("2048 bits, public half SHA256:{hash}");
        let pkcs1 = of("rsa-private-key", &encoded(&der));
        assert_eq!(pkcs1.as_deref(), Some(expected.as_str()));

        let algorithm = value(0x30, &[value(6, RSA), vec![5, 0]].concat());
        let inside = [value(2, &[0]), algorithm, value(4, &der)].concat();
        let wrapped = of("pkcs8-private-key", &encoded(&value(0x30, &inside)));
        assert_eq!(wrapped, pkcs1);

        let mut ssh = b"openssh-key-v1\0".to_vec();
        ssh.extend(ssh_fields(&[b"aes256-ctr", b"bcrypt", b"salt"]));
        ssh.extend([0, 0, 0, 1]);
        ssh.extend(ssh_fields(&[&blob, &[9; 99]]));
        let locked = of("encrypted-ssh-private-key", &encoded(&ssh));
        assert_eq!(locked, Some(format!("RSA, {expected}")));
    }

    #[test]
    fn a_key_on_a_curve_names_it() {
        let (oid, ..) = CURVES[0];
        let point = [[0, 4].as_slice(), &[8; 64]].concat();
        let private = [value(2, &[1]), value(4, &[7; 32])].concat();
        let named = value(0xa0, &value(6, oid));
        let public = value(0xa1, &value(3, &point));
        let full = value(0x30, &[private.clone(), named, public].concat());
        let text = of("ec-private-key", &encoded(&full)).unwrap();
        assert!(text.starts_with("P-256, public half SHA256:"), "{text}");

        let algorithm = value(0x30, &[value(6, EC), value(6, oid)].concat());
        let inner = value(4, &value(0x30, &private));
        let wrapped = value(0x30, &[value(2, &[0]), algorithm, inner].concat());
        let text = of("pkcs8-private-key", &encoded(&wrapped));
        assert_eq!(text.as_deref(), Some("P-256"));
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let (der, _) = rsa_key();
        for cut in [0, 3, 9, 200, 270] {
            assert_eq!(of("rsa-private-key", &encoded(&der[..cut])), None, "{cut}");
        }
        assert_eq!(
            of("openssh-private-key", &encoded(b"openssh-key-v1\0")),
            None
        );
        assert_eq!(of("dsa-private-key", &encoded(&der)), None);
    }
}
