use super::*;
use crate::checks::advisories::DatabaseError;
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Records in use and records that could not be used.
fn counts(database: &Database) -> (u64, u64) {
    (database.status().records(), database.status().bad)
}

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_atomic(path, bytes).unwrap();
}

const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"demo\"\n\
    date = \"2026-01-02\"\naliases = [\"CVE-2026-7\"]\ninformational = \"unsound\"\n\n\
    [versions]\npatched = [\">= 1.4.0\"]\n```\n\n# Reads past the end\n\nText.\n";

#[test]
fn every_layout_gives_the_same_findings() {
    let record = below("GHSA-1", &[], "npm", "demo", "2.0.0").to_string();
    let zipped = archive(&[("GHSA-1.json", record.as_bytes()), ("README.md", b"x")]);
    let root = tempfile::tempdir().unwrap();
    put(&root.path().join("dump/npm/all.zip"), &zipped);
    put(
        &root.path().join("tree/2026/01/GHSA-1.json"),
        record.as_bytes(),
    );
    put(&root.path().join("one.zip"), &zipped);
    put(&root.path().join("one.json"), record.as_bytes());
    let mut digests = BTreeSet::new();
    for from in ["dump", "tree", "one.zip", "one.json", "dump/npm"] {
        let db = root.path().join("db");
        let database = import(&[root.path().join(from)], &db).unwrap();
        assert_eq!(counts(&database), (1, 0), "{from}");
        let database = Database::open(&db).unwrap();
        assert_eq!(
            check(&database, vec![npm("1.0.0")]).findings.len(),
            1,
            "{from}"
        );
        digests.insert(database.info().digest);
    }
    assert_eq!(
        digests.len(),
        1,
        "the same records give the same root digest"
    );
}

#[test]
fn inputs_in_any_order_give_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    let mut newer = below("GHSA-1", &["CVE-1"], "npm", "demo", "3.0.0");
    newer["modified"] = json!("2026-06-01T00:00:00Z");
    put(
        &root.path().join("a/1.json"),
        below("GHSA-1", &[], "npm", "demo", "2.0.0")
            .to_string()
            .as_bytes(),
    );
    put(&root.path().join("b/1.json"), newer.to_string().as_bytes());
    put(
        &root.path().join("c/crates/demo/RUSTSEC-2026-0001.md"),
        ADVISORY.as_bytes(),
    );
    let inputs = |names: &[&str]| -> Vec<PathBuf> {
        names.iter().map(|name| root.path().join(name)).collect()
    };
    let db = root.path().join("db");
    let read = |names: &[&str]| {
        import(&inputs(names), &db).unwrap();
        crate::support::files::read_bounded(&db.join("index.sgdb"), 1 << 24).unwrap()
    };
    let first = read(&["a", "b", "c"]);
    assert_eq!(first, read(&["c", "b", "a"]));
    let database = Database::open(&db).unwrap();
    assert_eq!(database.status().replaced, 1);
    let outcome = check(&database, vec![npm("2.5.0")]);
    assert_eq!(
        shown_ids(&outcome),
        ["GHSA-1"],
        "the newer record is in use"
    );
}

#[test]
fn an_import_replaces_what_was_there() {
    let root = tempfile::tempdir().unwrap();
    put(
        &root.path().join("a/1.json"),
        below("GHSA-1", &[], "npm", "demo", "2.0.0")
            .to_string()
            .as_bytes(),
    );
    put(
        &root.path().join("b/2.json"),
        below("GHSA-2", &[], "npm", "demo", "2.0.0")
            .to_string()
            .as_bytes(),
    );
    let db = root.path().join("db");
    import(&[root.path().join("a")], &db).unwrap();
    import(&[root.path().join("b")], &db).unwrap();
    let database = Database::open(&db).unwrap();
    assert_eq!(shown_ids(&check(&database, vec![npm("1.0.0")])), ["GHSA-2"]);
    assert!(import(&[root.path().join("missing")], &db).is_err());
    let database = Database::open(&db).unwrap();
    assert_eq!(shown_ids(&check(&database, vec![npm("1.0.0")])), ["GHSA-2"]);
    let names: BTreeSet<_> = std::fs::read_dir(&db)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = ["generations", "index.sgdb", "lock"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(expected));
}

#[test]
fn one_rustsec_id_from_both_feeds_is_one_finding() {
    let root = tempfile::tempdir().unwrap();
    let mut exported = below(
        "RUSTSEC-2026-0001",
        &["CVE-2026-7"],
        "crates.io",
        "demo",
        "1.4.0",
    );
    exported["affected"][0]["database_specific"] = json!({ "informational": "unsound" });
    put(
        &root.path().join("osv/1.json"),
        exported.to_string().as_bytes(),
    );
    put(
        &root.path().join("tree/crates/demo/RUSTSEC-2026-0001.md"),
        ADVISORY.as_bytes(),
    );
    put(
        &root.path().join("tree/rust/std/CVE-2015-1.md"),
        ADVISORY.as_bytes(),
    );
    put(&root.path().join("tree/crates/demo/README.txt"), b"x");
    put(&root.path().join("tree/README.md"), b"x");
    let db = root.path().join("db");
    let database = import(&[root.path().join("osv"), root.path().join("tree")], &db).unwrap();
    assert_eq!(database.status().sources["RustSec"].records, 1);
    assert_eq!(database.status().sources["OSV crates.io"].records, 1);
    assert_eq!(database.status().not_used["Rust toolchain"], 1);
    assert_eq!(database.status().seen(), 3);
    let database = Database::open(&db).unwrap();
    let outcome = check(
        &database,
        vec![component(Ecosystem::Cargo, "demo", Some("1.3.9"))],
    );
    assert_eq!(shown_ids(&outcome), ["RUSTSEC-2026-0001"]);
    assert_eq!(outcome.findings[0].rule.id, "advisories/unsound");
    assert_eq!(detail(&outcome.findings[0]).aliases, ["CVE-2026-7"]);
    assert_eq!(detail(&outcome.findings[0]).fixed, ["1.4.0"]);
}

#[test]
fn a_bad_rustsec_advisory_is_a_gap_for_the_crate_of_its_directory() {
    let root = tempfile::tempdir().unwrap();
    let broken = ADVISORY.replace(">= 1.4.0", "whatever");
    put(
        &root.path().join("crates/demo/RUSTSEC-2026-0001.md"),
        broken.as_bytes(),
    );
    put(
        &root.path().join("crates/good/RUSTSEC-2026-0002.md"),
        ADVISORY.replace("demo", "good").as_bytes(),
    );
    let db = root.path().join("db");
    let database = import(&[root.path().to_owned()], &db).unwrap();
    assert_eq!(database.status().sources["RustSec"].bad_records, 1);
    let database = Database::open(&db).unwrap();
    let of = |name| {
        check(
            &database,
            vec![component(Ecosystem::Cargo, name, Some("1.0.0"))],
        )
    };
    assert_eq!(
        gap_ids(&of("demo")),
        BTreeSet::from(["advisories/bad-record"])
    );
    assert_eq!(of("good").gaps, []);
}

#[test]
fn hostile_archives_are_errors_or_bad_records() {
    let root = tempfile::tempdir().unwrap();
    let db = root.path().join("db");
    let huge = vec![b' '; 9 * 1024 * 1024];
    let good = below("GHSA-1", &[], "npm", "demo", "2.0.0").to_string();
    put(
        &root.path().join("bomb.zip"),
        &archive(&[("../../etc/x.json", &huge), ("good.json", good.as_bytes())]),
    );
    let database = import(&[root.path().join("bomb.zip")], &db).unwrap();
    assert_eq!(counts(&database), (1, 1));
    let bad = database.remarks().unwrap().bad;
    assert!(bad[0].reason.contains("larger than"), "{bad:?}");

    let sound = archive(&[("good.json", good.as_bytes())]);
    put(&root.path().join("cut.zip"), &sound[..sound.len() / 2]);
    assert!(matches!(
        import(&[root.path().join("cut.zip")], &db),
        Err(DatabaseError::Archive { .. })
    ));
    put(&root.path().join("empty.zip"), &archive(&[("a.txt", b"x")]));
    assert!(matches!(
        import(&[root.path().join("empty.zip")], &db),
        Err(DatabaseError::NothingRecognised { .. })
    ));
    let mut flipped = sound.clone();
    flipped[50] ^= 0x55;
    put(&root.path().join("flipped.zip"), &flipped);
    if let Ok(database) = import(&[root.path().join("flipped.zip")], &db) {
        assert_eq!(counts(&database), (0, 1));
    }
}

#[test]
fn inputs_that_are_nothing_known_are_errors() {
    let root = tempfile::tempdir().unwrap();
    let db = root.path().join("db");
    put(&root.path().join("dir/a.txt"), b"x");
    put(&root.path().join("a.txt"), b"x");
    for name in ["dir", "a.txt"] {
        assert!(matches!(
            import(&[root.path().join(name)], &db),
            Err(DatabaseError::NothingRecognised { .. })
        ));
    }
    assert!(matches!(
        import(&[root.path().join("missing")], &db),
        Err(DatabaseError::Input(_))
    ));
    assert!(!db.join("index.sgdb").exists());
}

#[cfg(unix)]
#[test]
fn a_link_in_a_tree_is_not_followed_and_not_silent() {
    let root = tempfile::tempdir().unwrap();
    let good = below("GHSA-1", &[], "npm", "demo", "2.0.0").to_string();
    put(&root.path().join("outside/1.json"), good.as_bytes());
    put(&root.path().join("in/2.json"), good.as_bytes());
    std::os::unix::fs::symlink(
        root.path().join("outside/1.json"),
        root.path().join("in/1.json"),
    )
    .unwrap();
    let database = import(&[root.path().join("in")], &root.path().join("db")).unwrap();
    assert_eq!(counts(&database), (1, 1));
    assert_eq!(database.remarks().unwrap().bad[0].place, "1.json");
}
