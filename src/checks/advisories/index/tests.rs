use super::attachments::Attachments;
use super::build::{Part, build};
use super::described::Place;
use super::read::Database;
use super::*;
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::{Affected, Feed, Parsed, Range, Record, RecordMetadata};
use crate::support::files::write_atomic;
use crate::support::hash::sha256;
use crate::versions::EventKind;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

fn record(number: usize) -> Record {
    Record {
        feed: Feed::Osv,
        metadata: RecordMetadata {
            id: format!("X-{number:05}"),
            source: "OSV npm".to_owned(),
            summary: format!("summary {number} {}", number * 7919 % 10007),
            withdrawn: number
                .is_multiple_of(10)
                .then(|| "2026-01-01T00:00:00Z".to_owned()),
            ..RecordMetadata::default()
        },
        affected: vec![Affected {
            ecosystem: Ecosystem::Npm,
            name: format!("package-{}", number / 3),
            release: String::new(),
            ranges: vec![Range {
                events: vec![
                    (EventKind::Introduced, "0".to_owned()),
                    (EventKind::Fixed, format!("{number}.0.0")),
                ],
                incomplete: false,
            }],
            versions: vec![format!("0.{number}.0"), "0.0.1".to_owned()],
        }],
        notes: Vec::new(),
        also_about: Vec::new(),
    }
}

/// The index of some records, read by two threads that took turns.
fn bytes_of(records: impl IntoIterator<Item = Record>) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let mut parts = vec![Part::new(directory.path()), Part::new(directory.path())];
    for (index, record) in records.into_iter().enumerate() {
        let parsed = Parsed::Record(Box::new(record));
        parts[index % 2].take("place.json", parsed).unwrap();
    }
    let mut file = build(parts, &[], tempfile::tempfile().unwrap()).unwrap();
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn open(directory: &Path, bytes: &[u8]) -> Result<Database, DatabaseError> {
    write_atomic(&directory.join(FILE_NAME), bytes).unwrap();
    Database::open(directory)
}

/// Everything that the database says about some packages.
fn answers(database: &Database, packages: &[usize]) -> Result<String, DatabaseError> {
    let mut text = String::new();
    for package in packages {
        let name = format!("package-{package}");
        for row in database.lookup(Ecosystem::Npm, &name, None)?.records {
            let metadata = database.metadata(row.ordinal)?;
            text.push_str(&format!("{row:?} {metadata:?}\n"));
        }
    }
    Ok(text)
}

#[test]
fn what_was_written_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(directory.path(), &bytes_of((0..2000).map(record))).unwrap();
    for package in [0, 1, 333, 666] {
        let rows = database
            .lookup(Ecosystem::Npm, &format!("package-{package}"), None)
            .unwrap()
            .records;
        assert_eq!(rows.len(), if package == 666 { 2 } else { 3 });
        for (offset, row) in rows.iter().enumerate() {
            let number = package * 3 + offset;
            assert_eq!(row.withdrawn, number.is_multiple_of(10));
            assert_eq!(row.ranges[0].events[1].1, format!("{number}.0.0"));
            assert!(row.versions.contains(&"0.0.1".to_owned()));
            let metadata = database.metadata(row.ordinal).unwrap();
            assert_eq!(metadata, record(number).metadata);
        }
    }
    for (ecosystem, name) in [
        (Ecosystem::Cargo, "package-1"),
        (Ecosystem::Npm, "package-667"),
    ] {
        let found = database.lookup(ecosystem, name, None).unwrap();
        assert!(found.records.is_empty(), "{name}");
    }
    assert!(database.verify().unwrap() > 5);
}

#[test]
fn a_cursor_finds_the_same_in_any_order() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(directory.path(), &bytes_of((0..3000).map(record))).unwrap();
    let key = |name: String| (Place::of(Ecosystem::Npm, &name), name);
    let there = (0..1000).map(|number| key(format!("package-{number}")));
    let missing = (0..1000).map(|number| key(format!("missing-{number}")));
    let unsorted: Vec<_> = there.chain(missing).collect();
    let mut sorted = unsorted.clone();
    sorted.sort();
    let twice = sorted.iter().flat_map(|key| [key.clone(), key.clone()]);
    let backwards = sorted.iter().rev().cloned();
    for order in [
        unsorted,
        sorted.clone(),
        twice.collect(),
        backwards.collect(),
    ] {
        let mut cursor = database.cursor();
        for (place, name) in order {
            let found = cursor.lookup(place, &name, None).unwrap();
            assert_eq!(found.records.is_empty(), name.starts_with("missing"));
            let alone = database.lookup(Ecosystem::Npm, &name, None).unwrap();
            assert_eq!(found, alone, "{name}");
        }
    }
    let mut cursor = database.cursor();
    for ecosystem in [Ecosystem::Npm, Ecosystem::Pypi, Ecosystem::Npm] {
        let place = Place::of(ecosystem, "package-7");
        let found = cursor.lookup(place, "package-7", None).unwrap();
        assert_eq!(found.records.is_empty(), ecosystem == Ecosystem::Pypi);
    }
}

#[test]
fn the_order_of_records_does_not_change_the_bytes() {
    let forward = bytes_of((0..50).map(record));
    assert_eq!(forward, bytes_of((0..50).rev().map(record)));
    let shuffled = (0..50).map(|number| record(number * 7 % 50));
    assert_eq!(forward, bytes_of(shuffled));
}

#[test]
fn an_empty_index_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = bytes_of([]);
    let database = open(directory.path(), &bytes).unwrap();
    let found = database.lookup(Ecosystem::Npm, "x", None).unwrap();
    assert!(found.records.is_empty());
    assert!(!database.covers(Ecosystem::Npm));
    assert!(database.metadata(0).is_err());
}

#[test]
fn every_changed_byte_of_a_small_index_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = bytes_of((0..5).map(record));
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(
            matches!(
                open(directory.path(), &damaged),
                Err(DatabaseError::Corrupt { .. } | DatabaseError::Format { .. })
            ),
            "byte {at} of {}",
            bytes.len()
        );
    }
}

#[test]
fn a_changed_byte_of_a_large_index_is_an_error_or_changes_no_answer() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = bytes_of((0..2000).map(record));
    let packages = [0, 5, 300, 666];
    let sound = answers(&open(directory.path(), &bytes).unwrap(), &packages).unwrap();
    let (mut errors, mut same) = (0, 0);
    for at in (0..bytes.len()).step_by(1499) {
        let mut damaged = bytes.clone();
        damaged[at] = damaged[at].wrapping_add(1);
        let database = open(directory.path(), &damaged);
        match database.and_then(|database| answers(&database, &packages)) {
            Ok(text) => {
                assert_eq!(text, sound, "byte {at}");
                same += 1;
                // Whoever reads all of it sees the change.
                let database = Database::open(directory.path()).unwrap();
                assert!(matches!(
                    database.verify(),
                    Err(DatabaseError::Corrupt { .. })
                ));
            }
            Err(DatabaseError::Corrupt { .. } | DatabaseError::Format { .. }) => errors += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(
        errors > 20 && same > 20,
        "{errors} errors, {same} without effect"
    );
}

#[test]
fn a_truncated_or_extended_index_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = bytes_of((0..300).map(record));
    for length in (0..bytes.len()).step_by(101).chain([bytes.len() - 1]) {
        assert!(
            matches!(
                open(directory.path(), &bytes[..length]),
                Err(DatabaseError::Corrupt { .. } | DatabaseError::Format { .. })
            ),
            "{length} bytes"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(matches!(
        open(directory.path(), &longer),
        Err(DatabaseError::Corrupt { .. })
    ));
}

/// The same header and body with digests that fit.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let body_length = u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize;
    let mut file = bytes[..HEADER_BYTES + body_length].to_vec();
    let mut sealed = file[..HEADER_BYTES].to_vec();
    for chunk in file[HEADER_BYTES..].chunks(CHUNK_BYTES) {
        sealed.extend_from_slice(sha256(chunk).bytes());
    }
    let root = sha256(&sealed);
    file.extend_from_slice(&sealed[HEADER_BYTES..]);
    file.extend_from_slice(root.bytes());
    file.extend(Attachments::default().to_bytes());
    file
}

/// Start and length in the file of a section.
fn section(bytes: &[u8], section: Section) -> (usize, usize) {
    let number = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let at = 24 + section as usize * 16;
    (HEADER_BYTES + number(at), number(at + 8))
}

/// Tables that point to the same bytes again and again would make a small file take days
/// to read.
#[test]
fn an_index_whose_tables_repeat_is_not_verified() {
    let directory = tempfile::tempdir().unwrap();
    // More than one block of metadata.
    let bytes = bytes_of((0..400).map(record));
    let result = |bytes: &[u8]| open(directory.path(), &sealed(bytes)).and_then(|d| d.verify());
    assert!(result(&bytes).is_ok());
    let cases = [
        (Section::Records, RECORD_BYTES, "follow each other"),
        (Section::Blocks, BLOCK_BYTES, "follow each other"),
        (Section::Names, NAME_BYTES, "package"),
    ];
    for (of, width, expected) in cases {
        let (start, length) = section(&bytes, of);
        let start = start
            + if of == Section::Names {
                NAME_HEAD_BYTES
            } else {
                0
            };
        assert!(length >= 2 * width, "{of:?}");
        let mut hostile = bytes.clone();
        hostile.copy_within(start..start + width, start + width);
        let error = result(&hostile).unwrap_err();
        assert!(
            matches!(&error, DatabaseError::Corrupt { what, .. } if what.contains(expected)),
            "{of:?}: {error}"
        );
    }
}

/// An attacker who can write the file can also make all digests fit. Then offsets and
/// lengths must not lead outside of it.
#[test]
fn hostile_offsets_under_valid_digests_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = bytes_of((0..40).map(record));
    let body_length = u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize;
    let packages: Vec<_> = (0..14).collect();
    let mut outcomes = [0, 0];
    // The names, rows, record and block tables are all full of offsets and lengths.
    for at in (HEADER_BYTES..HEADER_BYTES + body_length).step_by(3) {
        let mut hostile = bytes.clone();
        hostile[at] = 0xff;
        let hostile = sealed(&hostile);
        let result = open(directory.path(), &hostile).and_then(|d| answers(&d, &packages));
        outcomes[usize::from(result.is_ok())] += 1;
    }
    assert!(outcomes[0] > 20, "{outcomes:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_the_index_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(directory.path().join(FILE_NAME))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: mkfifo is not there");
        return;
    }
    assert!(matches!(
        Database::open(directory.path()),
        Err(DatabaseError::Format { .. })
    ));
}

#[test]
fn a_missing_index_is_told_apart_from_a_damaged_one() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(
        Database::open(directory.path()),
        Err(DatabaseError::Missing { .. })
    ));
    std::fs::create_dir(directory.path().join(FILE_NAME)).unwrap();
    assert!(matches!(
        Database::open(directory.path()),
        Err(DatabaseError::Format { .. } | DatabaseError::Read { .. })
    ));
    std::fs::remove_dir(directory.path().join(FILE_NAME)).unwrap();
    assert!(matches!(
        open(directory.path(), &[b'x'; 5000]),
        Err(DatabaseError::Format { .. })
    ));
}

/// One record about a package in two releases of a distribution and, in a part, in all.
fn of_releases() -> Record {
    let mut record = record(1);
    let template = record.affected.remove(0);
    for (release, version) in [
        ("11", "1.0.0"),
        ("12", "2.0.0"),
        ("", "3.0.0"),
        ("12", "2.5.0"),
    ] {
        record.affected.push(Affected {
            release: release.to_owned(),
            ranges: Vec::new(),
            versions: vec![version.to_owned()],
            ..template.clone()
        });
    }
    record
}

#[test]
fn a_known_release_asks_for_its_own_entries_and_those_of_all() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(directory.path(), &bytes_of([of_releases(), record(2)])).unwrap();
    let versions = |release: &str| {
        let found = database.lookup(Ecosystem::Npm, "package-0", Some(release));
        let records = found.unwrap().records;
        let mut all: Vec<_> = records.iter().flat_map(|r| r.versions.clone()).collect();
        assert!(records.iter().all(|record| record.by_release.is_empty()));
        all.retain(|version| !version.starts_with("0."));
        all
    };
    assert_eq!(versions("11"), ["1.0.0", "3.0.0"]);
    assert_eq!(versions("12"), ["2.0.0", "3.0.0", "2.5.0"]);
    assert_eq!(versions("13"), ["3.0.0"]);
}

#[test]
fn without_a_release_all_of_them_must_agree() {
    use crate::checks::advisories::matching::UsedVersion;
    use crate::versions::Membership::{Affected, Indeterminate, NotAffected};
    let directory = tempfile::tempdir().unwrap();
    let mut record = of_releases();
    record.affected[0].versions.push("2.0.0".to_owned());
    let database = open(directory.path(), &bytes_of([record])).unwrap();
    let rows = database
        .lookup(Ecosystem::Npm, "package-0", None)
        .unwrap()
        .records;
    let [rows] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(rows.by_release.len(), 2);
    for (version, expected) in [
        ("1.0.0", Indeterminate),
        ("2.5.0", Indeterminate),
        ("2.0.0", Affected),
        ("3.0.0", Affected),
        ("4.0.0", NotAffected),
    ] {
        let used = UsedVersion::read(Ecosystem::Npm, version);
        assert_eq!(used.membership(rows), expected, "{version}");
    }
}

#[test]
fn of_records_with_one_id_the_newest_is_in_use_in_any_order() {
    let with = |number: usize, modified: &str, summary: &str| {
        let mut record = record(number);
        record.metadata.modified = Some(modified.to_owned());
        record.metadata.summary = summary.to_owned();
        record
    };
    let records = [
        with(1, "2026-01-01T00:00:00Z", "old"),
        with(1, "2026-03-01T00:00:00Z", "new a"),
        with(2, "2026-01-01T00:00:00Z", "other"),
        with(1, "2026-03-01T00:00:00Z", "new b"),
        with(1, "2026-02-01T00:00:00Z", "middle"),
    ];
    let bytes = bytes_of(records.clone());
    assert_eq!(bytes, bytes_of(records.into_iter().rev()));
    let directory = tempfile::tempdir().unwrap();
    let database = open(directory.path(), &bytes).unwrap();
    assert_eq!(database.status().replaced, 3);
    assert_eq!(database.status().records(), 2);
    let rows = database
        .lookup(Ecosystem::Npm, "package-0", None)
        .unwrap()
        .records;
    let summaries: Vec<_> = rows
        .iter()
        .map(|row| database.metadata(row.ordinal).unwrap().summary)
        .collect();
    assert_eq!(summaries, ["new b", "other"]);
}
