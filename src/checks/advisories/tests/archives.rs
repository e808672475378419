//! Archives, sound and hostile.

use super::*;
use crate::checks::advisories::DatabaseError;
use std::io::{Cursor, Read as _, Write as _};
use std::path::PathBuf;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type Entry<'a> = (&'a str, &'a [u8]);

fn zipped(entries: &[Entry<'_>], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn deflated(entries: &[Entry<'_>]) -> Vec<u8> {
    zipped(entries, SimpleFileOptions::default())
}

fn record(number: usize) -> String {
    below(&format!("GHSA-{number}"), &[], "npm", "demo", "2.0.0").to_string()
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("in").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, bytes).unwrap();
        path
    }

    fn import(&self, name: &str, bytes: &[u8]) -> Result<Database, DatabaseError> {
        import(&[self.put(name, bytes)], &self.0.path().join("db"))
    }

    /// Records in use, and why others are not.
    fn read(&self, name: &str, bytes: &[u8]) -> (u64, Vec<String>) {
        let database = self.import(name, bytes).unwrap();
        database.verify().unwrap();
        let bad = database.remarks().unwrap().bad;
        let reasons = bad.into_iter().map(|bad| bad.reason).collect();
        (database.status().records(), reasons)
    }
}

/// Places of the central directory's records and of the local headers before them.
fn headers(archive: &[u8], signature: &[u8; 4]) -> Vec<usize> {
    memchr::memmem::find_iter(archive, signature).collect()
}

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

#[test]
fn entries_may_be_stored_or_deflated_or_streamed_and_in_any_number() {
    let place = Place::new();
    let records: Vec<_> = (0..700).map(record).collect();
    let names: Vec<_> = (0..700).map(|n| format!("{n}.json")).collect();
    let entries: Vec<_> = names
        .iter()
        .zip(&records)
        .map(|(name, record)| (name.as_str(), record.as_bytes()))
        .collect();
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    assert_eq!(
        place.read("a.zip", &zipped(&entries, stored)),
        (700, vec![])
    );
    let digest = place
        .import("a.zip", &deflated(&entries))
        .unwrap()
        .info()
        .digest;
    // Lengths stand behind the entries, not before them.
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in entries.iter().rev() {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    let streamed = writer.finish().unwrap().into_inner();
    let database = place.import("b.zip", &streamed).unwrap();
    assert_eq!(database.info().digest, digest);
}

#[test]
fn names_that_climb_out_are_only_names() {
    let place = Place::new();
    let (a, b, c) = (record(1), record(2), record(3));
    let archive = deflated(&[
        ("../../outside.json", a.as_bytes()),
        ("/etc/outside.json", b.as_bytes()),
        ("..\\outside.json", c.as_bytes()),
        ("../dir.json/", b""),
    ]);
    assert_eq!(place.read("a.zip", &archive), (3, vec![]));
    for path in ["outside.json", "../outside.json", "db/outside.json"] {
        assert!(!place.0.path().join(path).exists(), "{path}");
    }
}

#[test]
fn entries_that_are_more_or_other_than_they_say_are_bad_records() {
    let place = Place::new();
    let good = record(1);
    let bomb = vec![b' '; 9 * 1024 * 1024];
    let sound = deflated(&[
        ("bad.json", record(2).as_bytes()),
        ("good.json", good.as_bytes()),
    ]);
    let patched = |central: usize, local: usize, bytes: &[u8]| {
        let mut archive = sound.clone();
        for (signature, offset) in [(CENTRAL, central), (LOCAL, local)] {
            let at = headers(&archive, signature)[0] + offset;
            archive[at..at + bytes.len()].copy_from_slice(bytes);
        }
        archive
    };
    for (archive, reason) in [
        (
            deflated(&[("bad.json", &bomb), ("good.json", good.as_bytes())]),
            "it is larger than",
        ),
        // Flags, method, checksum, length.
        (patched(8, 6, &[1, 0]), "it is encrypted"),
        (
            patched(10, 8, &[12, 0]),
            "compressed in a way that is not known",
        ),
        (patched(16, 14, &[1, 2, 3, 4]), "not the recorded one"),
        (patched(24, 22, &[9, 0, 0, 0]), "not the recorded one"),
        // A compressed length that ends in the middle, and one beyond the end of the file.
        (patched(20, 18, &[40, 0, 0, 0]), "it ends too early"),
        (patched(20, 18, &[0, 0, 64, 0]), "it cannot be decompressed"),
        (patched(20, 18, &[0, 0, 0, 16]), "it is larger than"),
        // A local header that is somewhere else.
        (patched(42, 26, &[7, 0, 0, 0]), "it cannot be decompressed"),
    ] {
        let (records, bad) = place.read("a.zip", &archive);
        assert_eq!(records, 1, "{bad:?}");
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert!(bad[0].contains(reason), "{bad:?}, not {reason}");
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .add_symlink("bad.json", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    writer
        .start_file("good.json", SimpleFileOptions::default())
        .unwrap();
    writer.write_all(good.as_bytes()).unwrap();
    let archive = writer.finish().unwrap().into_inner();
    let (records, bad) = place.read("a.zip", &archive);
    assert_eq!(
        (records, bad),
        (1, vec!["it is a symbolic link".to_owned()])
    );
}

#[test]
fn an_archive_that_is_not_whole_is_an_error() {
    let place = Place::new();
    let (a, b) = (record(1), record(2));
    let sound = deflated(&[("a.json", a.as_bytes()), ("b.json", b.as_bytes())]);
    let is_archive_error = |name: &str, bytes: &[u8]| {
        let found = place.import(name, bytes);
        assert!(
            matches!(found, Err(DatabaseError::Archive { .. })),
            "{name}: {found:?}"
        );
    };
    for length in [
        0,
        1,
        21,
        22,
        sound.len() / 3,
        sound.len() / 2,
        sound.len() - 1,
    ] {
        is_archive_error("cut.zip", &sound[..length]);
    }
    // One entry of the directory is cut out, and the end knows the new length but not the
    // new number.
    let central = headers(&sound, CENTRAL);
    let end = headers(&sound, END)[0];
    let mut shorter = sound.clone();
    shorter.drain(central[1]..end);
    let at = shorter.len() - 22 + 12;
    let length = u32::try_from(central[1] - central[0]).unwrap();
    shorter[at..at + 4].copy_from_slice(&length.to_le_bytes());
    is_archive_error("shorter.zip", &shorter);
    assert!(!place.0.path().join("db/index.sgdb").exists());
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tarred(entries: &[Entry<'_>]) -> tar::Builder<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // `set_path` refuses what a hostile archive may hold.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder
}

const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"demo\"\n\
    date = \"2026-01-02\"\n\n[versions]\npatched = [\">= 1.4.0\"]\n```\n\n# Title\n\nText.\n";

#[test]
fn a_tar_archive_of_a_rustsec_tree_is_read_like_the_tree() {
    let place = Place::new();
    let record = record(1);
    let entries: [Entry<'_>; 6] = [
        ("tree/README.md", b"# no advisory"),
        ("tree/crates/demo/RUSTSEC-2026-0001.md", ADVISORY.as_bytes()),
        ("../tree/crates/other/RUSTSEC-2026-0002.md", b"broken"),
        ("/tree/rust/std/CVE-2015-1.md", ADVISORY.as_bytes()),
        ("tree/in-house/1.json", record.as_bytes()),
        ("tree/crates/demo/notes.txt", b"x"),
    ];
    let archive = tarred(&entries).into_inner().unwrap();
    let mut digests = BTreeSet::new();
    for (name, bytes) in [
        ("a.tar", archive.clone()),
        ("a.tar.gz", gz(&archive)),
        ("a.tgz", gz(&archive)),
    ] {
        let database = place.import(name, &bytes).unwrap();
        let info = database.status();
        assert_eq!(info.sources["RustSec"].records, 1, "{name}");
        assert_eq!(info.sources["OSV npm"].records, 1, "{name}");
        assert_eq!(info.not_used["Rust toolchain"], 1, "{name}");
        let bad = database.remarks().unwrap().bad;
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert_eq!(
            bad[0].packages,
            [("crates.io".to_owned(), "other".to_owned())]
        );
        digests.insert(bad[0].reason.clone());
    }
    assert_eq!(digests.len(), 1);
}

#[test]
fn a_commit_that_an_archive_tells_is_told_as_its_origin() {
    let place = Place::new();
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let mut builder = tar::Builder::new(Vec::new());
    let comment = format!("52 comment={commit}\n");
    assert_eq!(comment.len(), 52);
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::XGlobalHeader);
    header.set_size(52);
    header.set_cksum();
    builder.append(&header, comment.as_bytes()).unwrap();
    let mut header = tar::Header::new_ustar();
    header
        .set_path("t/crates/demo/RUSTSEC-2026-0001.md")
        .unwrap();
    header.set_size(ADVISORY.len() as u64);
    header.set_cksum();
    builder.append(&header, ADVISORY.as_bytes()).unwrap();
    let archive = builder.into_inner().unwrap();
    let database = place.import("tree.tar.gz", &gz(&archive)).unwrap();
    let [origin] = database.attachments().origins.as_slice() else {
        panic!("{:?}", database.attachments());
    };
    assert_eq!(origin.source, "RustSec");
    assert_eq!(origin.name, "tree.tar.gz");
    assert_eq!(origin.commit.as_deref(), Some(commit));
}

#[test]
fn hostile_tar_archives_are_errors_or_bad_records() {
    let place = Place::new();
    let name = "t/crates/demo/RUSTSEC-2026-0001.md";
    let sound = tarred(&[(name, ADVISORY.as_bytes())]).into_inner().unwrap();
    let packed = gz(&sound);
    for length in [0, 10, packed.len() / 2, packed.len() - 1] {
        let found = place.import("cut.tar.gz", &packed[..length]);
        assert!(
            matches!(
                found,
                Err(DatabaseError::Archive { .. } | DatabaseError::NothingRecognised { .. })
            ),
            "{length}: {found:?}"
        );
    }
    // The checksum at the end of the compression, behind everything that is read.
    let mut other = packed.clone();
    let at = other.len() - 6;
    other[at] ^= 1;
    let found = place.import("checksum.tar.gz", &other);
    assert!(
        matches!(found, Err(DatabaseError::Archive { .. })),
        "{found:?}"
    );
    // A link is not followed and not passed over.
    let mut builder = tarred(&[("t/crates/good/RUSTSEC-2026-0002.md", ADVISORY.as_bytes())]);
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_path(name).unwrap();
    header.set_link_name("/etc/passwd").unwrap();
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, &b""[..]).unwrap();
    let archive = builder.into_inner().unwrap();
    let (records, bad) = place.read("link.tar", &archive);
    assert_eq!(records, 1);
    assert!(bad[0].contains("symbolic link"), "{bad:?}");
    // A record over the limit, and an archive over it that is a hundred times smaller.
    let large = vec![b'x'; 9 * 1024 * 1024];
    let archive = tarred(&[(name, &large), ("t/1.json", record(1).as_bytes())]);
    let (records, bad) = place.read("large.tar.gz", &gz(&archive.into_inner().unwrap()));
    assert_eq!(records, 1);
    assert!(bad[0].contains("it is larger than"), "{bad:?}");
    let mut bomb = tarred(&[("t/1.json", record(1).as_bytes())]);
    let mut header = tar::Header::new_ustar();
    header.set_path("t/large.bin").unwrap();
    header.set_size(300 * 1024 * 1024);
    header.set_cksum();
    bomb.append(&header, std::io::repeat(0).take(300 * 1024 * 1024))
        .unwrap();
    let found = place.import("bomb.tar.gz", &gz(&bomb.into_inner().unwrap()));
    assert!(
        matches!(found, Err(DatabaseError::Limit { .. })),
        "{found:?}"
    );
}
