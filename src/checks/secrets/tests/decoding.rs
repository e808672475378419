//! Secrets that are encoded or packed: every way that people and programs write them.

use super::{LOADED, detail};
use crate::checks::secrets::decode::{Found, search};
use crate::checks::secrets::testing::expand;
use crate::model::{Confidence, Finding, Validity};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

fn found(path: &str, bytes: impl AsRef<[u8]>) -> Found {
    search(path, bytes.as_ref(), &LOADED)
}

/// The one likely finding.
fn one(path: &str, bytes: impl AsRef<[u8]>) -> Finding {
    let found = found(path, bytes);
    assert!(found.gaps.is_empty(), "{path}: {:?}", found.gaps);
    let likely = |f: &Finding| detail(f).confidence > Confidence::Low;
    let mut likely: Vec<Finding> = found.findings.into_iter().filter(likely).collect();
    assert_eq!(likely.len(), 1, "{path}: {likely:?}");
    likely.remove(0)
}

fn base64(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn utf16(text: &str, mark: bool, little: bool) -> Vec<u8> {
    let mark = mark.then_some(0xFEFF_u16);
    let units = mark.into_iter().chain(text.encode_utf16());
    let bytes = |unit: u16| match little {
        true => unit.to_le_bytes(),
        false => unit.to_be_bytes(),
    };
    units.flat_map(bytes).collect()
}

/// A file with a text in it: its path, its bytes, the line where the text is told and how
/// it is written.
type Way = (&'static str, Vec<u8>, Option<u32>, &'static [&'static str]);

/// The ways to write a text into another one.
fn texts(text: &str) -> Vec<Way> {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let escaped: String = text
        .bytes()
        .map(|b| format!("\\u{:04x}", u32::from(b)))
        .collect();
    let percent: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
    let in_env = format!("# a\n{text}\n");
    let (half, rest) = text.split_at(text.len() / 2);
    vec![
        ("a/plain.env", in_env.clone().into_bytes(), Some(2), &[]),
        (
            "a/crlf.env",
            format!("# a\r\n{text}\r\n").into_bytes(),
            Some(2),
            &[],
        ),
        (
            "a/note.ipynb",
            format!(
                "{{\"cells\": [\n {{\"source\": [\n  \"import x\\n\",\n  {}\n]}}]}}",
                json(&format!("{text}\n"))
            )
            .into_bytes(),
            Some(4),
            &[],
        ),
        (
            "a/nested.json",
            format!(
                "{{\"a\": 1,\n\"body\": {}}}",
                json(&format!("{{\"x\": 1, {}: 1}}", json(text)))
            )
            .into_bytes(),
            Some(2),
            &[],
        ),
        (
            "a/once.txt",
            format!("\n\n{}\n", base64(text)).into_bytes(),
            Some(3),
            &["base64"],
        ),
        (
            "a/twice.txt",
            format!("x {}\n", base64(base64(text))).into_bytes(),
            Some(1),
            &["base64", "base64"],
        ),
        (
            "a/hex.txt",
            format!("x {}\n", hex::encode(text)).into_bytes(),
            Some(1),
            &["hex"],
        ),
        (
            "a/url.txt",
            format!("x {percent} y\n").into_bytes(),
            Some(1),
            &["percent escapes"],
        ),
        (
            "a/unicode.js",
            format!("\nx = \"{escaped}\";\n").into_bytes(),
            Some(2),
            &["escaped characters"],
        ),
        (
            "a/two.py",
            format!("x = 1\ny = (\"{half}\"\n     \"{rest}\")\n").into_bytes(),
            Some(2),
            &["joined strings"],
        ),
        (
            "a/two.js",
            format!("const y = '{half}' +\n  '{rest}';\n").into_bytes(),
            Some(1),
            &["joined strings"],
        ),
    ]
}

/// The ways to put a text into files of other kinds.
fn files(text: &str) -> Vec<Way> {
    let in_env = format!("# a\n{text}\n");
    vec![
        ("a/log.env.gz", gzip(&in_env), None, &["gzip"]),
        (
            "a/pack.zip",
            zip(&[("b/x.env", in_env.as_bytes())]),
            None,
            &["zip"],
        ),
        (
            "a/pack.tar.gz",
            gzip(tar(&[("b/x.env", in_env.as_bytes())])),
            None,
            &["gzip", "tar"],
        ),
        (
            "a/outer.zip",
            zip(&[("inner.zip", &zip(&[("b/x.env", in_env.as_bytes())]))]),
            None,
            &["zip", "zip"],
        ),
        (
            "a/text.docx",
            zip(&[("word/document.xml", format!("<w:t>{text}</w:t>").as_bytes())]),
            None,
            &["zip"],
        ),
        ("a/le.env", utf16(&in_env, true, true), Some(2), &[]),
        ("a/be.env", utf16(&in_env, true, false), Some(2), &[]),
        ("a/bare-le.env", utf16(&in_env, false, true), Some(2), &[]),
        ("a/bare-be.env", utf16(&in_env, false, false), Some(2), &[]),
        (
            "a/packed.txt",
            format!("{}\n", base64(gzip(&in_env))).into_bytes(),
            Some(1),
            &["base64", "gzip"],
        ),
    ]
}

#[test]
fn a_token_is_found_however_it_is_written() {
    let token = expand("dop_v1_{hex:64}");
    for (path, bytes, line, encoding) in texts(&token).into_iter().chain(files(&token)) {
        let finding = one(path, &bytes);
        assert_eq!(
            detail(&finding).kind,
            "digitalocean-personal-token",
            "{path}"
        );
        assert_eq!(finding.location.path, path);
        assert_eq!(finding.location.line, line, "{path}");
        assert_eq!(detail(&finding).encoding, encoding, "{path}");
        let shown = format!("{} {:?}", finding.message, finding.excerpt);
        assert!(!shown.contains(&token), "{path}");
        assert!(!shown.contains(&base64(&token)), "{path}");
    }
    // In a binary, after other bytes.
    let mut binary = b"\x7fELF\0\0\0\0".to_vec();
    binary.extend(token.as_bytes());
    binary.push(0);
    assert_eq!(
        detail(&one("a/program", binary)).kind,
        "digitalocean-personal-token"
    );
}

#[test]
fn what_a_container_holds_is_told_by_entry_and_line() {
    let text = format!("# a\n\nkey={}\n", expand("dop_v1_{hex:64}"));
    let inner = zip(&[("b/x.env", text.as_bytes()), ("c.txt", b"nothing")]);
    let outer = tar(&[("deep/inner.zip", &inner)]);
    let message = one("a/outer.tar", outer).message;
    assert!(
        message.contains("`a/outer.tar!/deep/inner.zip!/b/x.env`") && message.ends_with(", line 3"),
        "{message}"
    );
}

#[test]
fn a_password_in_a_kubernetes_secret_is_found_by_its_name() {
    let password = ["Tr0ub", "4dor&3x!"].concat();
    let manifest = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\ndata:\n  user: {}\n  password: {value}\n",
            base64("admin")
        )
    };
    let finding = one("k8s/secret.yaml", manifest(&base64(&password)));
    assert_eq!(
        (finding.location.line, detail(&finding).encoding.as_slice()),
        (Some(5), ["base64"].as_slice())
    );
    assert!(!format!("{finding:?}").contains(&password));
    // The twin holds no value.
    let found = found("k8s/secret.yaml", manifest(&base64("${PASSWORD}")));
    assert!(found.findings.is_empty(), "{:?}", found.findings);
}

#[test]
fn a_quoted_password_is_found_inside_a_string() {
    let password = ["Tr0ub", "4dor&3x!"].concat();
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let code = json(&format!("db_password = \"{password}\"\n"));
    let notebook = format!("{{\"cells\": [{{\"source\": [\n \"import x\\n\",\n {code}\n]}}]}}");
    let finding = one("a/note.ipynb", notebook);
    assert_eq!(finding.location.line, Some(3));
    assert_eq!(detail(&finding).encoding, ["an escaped string"]);
    let body = json(&json(&format!("{{\"password\": \"{password}\"}}")));
    let finding = one("a/body.json", format!("{{\n\"body\": {body}}}"));
    assert_eq!(finding.location.line, Some(2));
    assert_eq!(detail(&finding).encoding.len(), 2);
    assert!(!format!("{finding:?}").contains(&password));
}

#[test]
fn a_secret_is_told_once_where_it_is_plain_and_encoded_at_one_place() {
    let token = expand("dop_v1_{hex:64}");
    // The plain form lies inside an escaped string.
    let json = serde_json::to_string(&format!("{{\"token\": \"{token}\"}}")).unwrap();
    let found = found("a.json", format!("{{\"body\": {json}}}"));
    assert_eq!(found.findings.len(), 1, "{:?}", found.findings);
    assert_eq!(detail(&found.findings[0]).encoding, [] as [&str; 0]);
}

#[test]
fn a_checksum_is_checked_behind_an_encoding_too() {
    let token = expand("ghp_{alnum:30}{github-crc}");
    let mut twin = token.clone();
    let other = if twin.pop() == Some('0') { '1' } else { '0' };
    twin.push(other);
    for (token, validity) in [(token, Validity::Valid), (twin, Validity::Mismatch)] {
        let found = found("a.txt", base64(token));
        assert_eq!(detail(&found.findings[0]).validity, validity);
    }
}

#[test]
fn depth_is_limited_and_a_limit_is_a_gap() {
    let token = expand("dop_v1_{hex:64}");
    let wrap = |count: usize| {
        let mut text = token.clone();
        for _ in 0..count {
            text = base64(text);
        }
        found("a.txt", text)
    };
    assert_eq!(wrap(3).findings.len(), 1);
    assert!(wrap(3).gaps.is_empty());
    let innermost = wrap(4);
    assert_eq!(innermost.findings.len(), 0);
    assert_eq!(innermost.gaps.len(), 1, "{:?}", innermost.gaps);
    assert_eq!(innermost.gaps[0].id, "secrets/decoding-limit");
    let pack = |count: usize| {
        let mut bytes = token.clone().into_bytes();
        for _ in 0..count {
            bytes = zip(&[("x.zip", &bytes)]);
        }
        found("a.zip", bytes)
    };
    assert_eq!(pack(5).findings.len(), 1);
    let too_deep = pack(6);
    assert!(too_deep.findings.is_empty());
    assert_eq!(too_deep.gaps.len(), 1, "{:?}", too_deep.gaps);
    assert_eq!(too_deep.gaps[0].id, "secrets/archive-limit");
}

#[test]
fn a_bomb_ends_at_its_limit() {
    let zeros = vec![0; 60 * 1024 * 1024];
    let found = found("a.gz", gzip(zeros));
    assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
    assert_eq!(found.gaps[0].id, "secrets/archive-limit");
}

#[test]
fn what_is_not_opened_is_a_gap() {
    for magic in [
        &b"BZh91AY&SY"[..],
        b"\xFD7zXZ\0",
        b"\x28\xB5\x2F\xFD",
        b"7z\xBC\xAF\x27\x1C",
        b"Rar!\x1A\x07\x01",
    ] {
        let mut bytes = magic.to_vec();
        bytes.extend([0; 40]);
        let inside = zip(&[("x", &bytes)]);
        for (found, place) in [
            (found("a.x", &bytes), "a.x"),
            (found("a.zip", inside), "a.zip!/x"),
        ] {
            assert_eq!(found.gaps.len(), 1, "{:?}", found.gaps);
            assert_eq!(found.gaps[0].id, "secrets/unreadable-archive");
            assert!(found.gaps[0].message.contains(place), "{:?}", found.gaps);
        }
    }
}

#[test]
fn a_damaged_archive_is_a_gap_and_the_rest_is_searched() {
    let token = expand("dop_v1_{hex:64}");
    let text = format!("{token}\n");
    // An entry whose bytes are not what its checksum says.
    let mut archive = zip(&[("a.env", text.as_bytes()), ("b.env", text.as_bytes())]);
    let at = archive
        .windows(5)
        .position(|bytes| bytes == b"a.env")
        .unwrap();
    archive[at + 5] ^= 0x55;
    let damaged = found("x.zip", &archive);
    assert_eq!(damaged.findings.len(), 1, "{:?}", damaged.findings);
    assert!(damaged.findings[0].message.contains("b.env"));
    assert_eq!(damaged.gaps.len(), 1, "{:?}", damaged.gaps);
    assert_eq!(damaged.gaps[0].id, "secrets/unreadable-archive");
    // What only begins like one is searched as it is.
    let mut fake = b"PK\x03\x04 not a zip\n".to_vec();
    fake.extend(text.as_bytes());
    let fake = found("x.bin", fake);
    assert_eq!((fake.findings.len(), fake.gaps.len()), (1, 1), "{fake:?}");
    // Wherever it is cut or flipped, there is no panic and no silence about a broken end.
    let whole = zip(&[("a.env", text.as_bytes())]);
    for at in 0..whole.len() {
        let cut = found("x.zip", &whole[..at]);
        assert!(at < 4 || !cut.gaps.is_empty(), "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 0xff;
        let flipped = found("x.zip", flipped);
        assert!(
            !flipped.findings.is_empty() || !flipped.gaps.is_empty() || at < 4,
            "flipped at {at}"
        );
    }
    let whole = gzip(tar(&[("a.env", text.as_bytes())]));
    for at in 3..whole.len() {
        assert!(!found("x.tgz", &whole[..at]).gaps.is_empty(), "cut at {at}");
    }
}
