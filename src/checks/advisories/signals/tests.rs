//! Signals through an import and the index.

use super::*;
use crate::checks::advisories::{Database, IndexInfo, Remarks, SourceKind, import};
use crate::support::files::write_atomic;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const CATALOGUE: &str = r#"{ "title": "t", "catalogVersion": "2026.01.02",
  "dateReleased": "2026-01-02T17:04:19.9796Z", "count": 5, "vulnerabilities": [
  { "cveID": "CVE-2021-44228", "dateAdded": "2021-12-10", "dueDate": "2021-12-24",
    "knownRansomwareCampaignUse": "Known", "new": [1] },
  { "cveID": "CVE-2024-0001", "dateAdded": "someday", "knownRansomwareCampaignUse": "Unknown" },
  { "cveID": "CVE-oops", "dateAdded": "2024-01-01" },
  "no entry",
  { "cveID": "CVE-2025-123456", "dateAdded": "2025-03-01", "dueDate": null }
] }"#;

const SCORES: &str = "#model_version:v2026.01.01,score_date:2026-01-03T12:55:00Z\n\
    cve,epss,percentile\n\
    CVE-2021-44228,0.94358,0.99961\n\
    CVE-1999-0001,1.4e-2,0.5\n\
    CVE-2020-1,0.1,0.1\n\
    CVE-2020-0002,1.1,0.1\n\
    CVE-2020-0003,nan,0.1\n\
    CVE-2020-0004,0.1\n\
    CVE-2020-0005,0,1\n";

fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_atomic(path, bytes).unwrap();
}

fn gz(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn imported(root: &Path, from: &[&str]) -> (IndexInfo, Remarks, Database) {
    let inputs: Vec<PathBuf> = from.iter().map(|name| root.join(name)).collect();
    let database = import(&inputs, &root.join("db")).unwrap();
    database.verify().unwrap();
    let remarks = database.remarks().unwrap();
    (database.status().clone(), remarks, database)
}

#[test]
fn a_catalogue_and_scores_say_what_is_known_about_an_id() {
    let root = tempfile::tempdir().unwrap();
    put(&root.path().join("in/known.json"), CATALOGUE.as_bytes());
    put(
        &root.path().join("in/epss_scores-2026-01-03.csv.gz"),
        &gz(SCORES),
    );
    let (info, remarks, database) = imported(root.path(), &["in"]);
    assert_eq!(
        database.signals("CVE-2021-44228").unwrap(),
        Signals {
            kev: Some(Kev {
                date_added: "2021-12-10".to_owned(),
                due: Some("2021-12-24".to_owned()),
                ransomware: true,
            }),
            epss: Some(Epss {
                score_e5: 94_358,
                percentile_e5: 99_961,
                date: Some("2026-01-03".to_owned()),
            }),
        }
    );
    let kev = database.signals("CVE-2024-0001").unwrap().kev.unwrap();
    assert_eq!((kev.date_added.as_str(), kev.due), ("unknown", None));
    let epss = database.signals("CVE-1999-0001").unwrap().epss.unwrap();
    assert_eq!((epss.score_e5, epss.percentile_e5), (1400, 50_000));
    for id in [
        "CVE-2021-44229",
        "CVE-1998-0001",
        "CVE-9999-0001",
        "GHSA-x",
        "",
    ] {
        assert_eq!(database.signals(id).unwrap(), Signals::default(), "{id}");
    }
    let kev = &info.sources[KEV_SOURCE];
    assert_eq!(
        (kev.kind, kev.records, kev.bad_records),
        (SourceKind::Signals, 3, 2)
    );
    assert_eq!(kev.newest.as_deref(), Some("2026-01-02T17:04:19.9796Z"));
    let epss = &info.sources[EPSS_SOURCE];
    assert_eq!((epss.records, epss.bad_records), (3, 4));
    assert_eq!(epss.newest.as_deref(), Some("2026-01-03T12:55:00Z"));
    let places: Vec<_> = remarks.bad.iter().map(|bad| bad.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "epss_scores-2026-01-03.csv.gz:5",
            "epss_scores-2026-01-03.csv.gz:6",
            "epss_scores-2026-01-03.csv.gz:7",
            "epss_scores-2026-01-03.csv.gz:8",
            "known.json:3",
            "known.json:4",
        ]
    );
    assert_eq!(
        remarks.notes,
        ["KEV CVE-2024-0001: its `dateAdded` is no day"]
    );
    assert_eq!(
        (info.records(), info.seen()),
        (0, 0),
        "signals are no records"
    );
}

#[test]
fn of_several_files_the_newest_word_holds_in_any_order() {
    let root = tempfile::tempdir().unwrap();
    let older = SCORES.replace("2026-01-03T12:55:00Z", "2025-06-01T00:00:00+0000");
    let older = older.replace("0.94358", "0.99999") + "CVE-2018-7777,0.5,0.5\n";
    put(&root.path().join("a/old.csv"), older.as_bytes());
    put(&root.path().join("b/new.csv"), SCORES.as_bytes());
    let bytes = |from: &[&str]| {
        let (_, _, database) = imported(root.path(), from);
        let of = |id| database.signals(id).unwrap().epss.unwrap();
        assert_eq!(of("CVE-2021-44228").score_e5, 94_358);
        assert_eq!(of("CVE-2018-7777").date.as_deref(), Some("2025-06-01"));
        crate::support::files::read_bounded(&root.path().join("db/index.sgdb"), 1 << 24).unwrap()
    };
    assert_eq!(bytes(&["a", "b"]), bytes(&["b", "a"]));
}

#[test]
fn every_score_of_a_large_file_is_found_and_none_besides() {
    let root = tempfile::tempdir().unwrap();
    let mut text = String::from("cve,percentile,epss\n");
    for number in 0..3000_u32 {
        let id = number * 7 + 1000;
        text.push_str(&format!(
            "CVE-2023-{id:04},0.5,{}\n",
            f64::from(number) / 1e5
        ));
    }
    put(
        &root.path().join("epss_scores-2023-12-31.csv"),
        text.as_bytes(),
    );
    let (_, _, database) = imported(root.path(), &["epss_scores-2023-12-31.csv"]);
    for number in 0..3000_u32 {
        let id = number * 7 + 1000;
        let found = database.signals(&format!("CVE-2023-{id:04}")).unwrap().epss;
        let found = found.unwrap();
        assert_eq!((found.score_e5, found.percentile_e5), (number, 50_000));
        assert_eq!(found.date.as_deref(), Some("2023-12-31"));
        let next = database
            .signals(&format!("CVE-2023-{:04}", id + 1))
            .unwrap();
        assert_eq!(next, Signals::default());
    }
}

#[test]
fn files_that_are_called_like_signals_and_are_none_are_bad() {
    let root = tempfile::tempdir().unwrap();
    put(&root.path().join("in/epss_scores-x.csv.gz"), b"not gzip");
    put(&root.path().join("in/epss_scores-y.csv"), b"a,b\n1,2\n");
    put(&root.path().join("in/epss_scores-z.csv"), b"");
    put(
        &root.path().join("in/known_exploited_vulnerabilities.json"),
        b"{}",
    );
    put(
        &root
            .path()
            .join("in/known_exploited_vulnerabilities.json.gz"),
        &gz(CATALOGUE)[..40],
    );
    put(&root.path().join("in/other.csv"), b"a,b\n1,2\n");
    put(&root.path().join("in/other.json.gz"), &gz("{}"));
    let (info, _, _) = imported(root.path(), &["in"]);
    assert_eq!(info.sources[KEV_SOURCE].bad_records, 2);
    assert_eq!(info.sources[EPSS_SOURCE].bad_records, 3);
    assert_eq!(info.bad, 5);
}

#[test]
fn a_record_that_quotes_a_catalogue_stays_a_record() {
    let root = tempfile::tempdir().unwrap();
    let record = r#"{ "id": "X-1", "vulnerabilities": [], "catalogVersion": "1", "affected": [
        { "package": { "ecosystem": "npm", "name": "demo" }, "versions": ["1.0.0"] }] }"#;
    put(&root.path().join("in/1.json"), record.as_bytes());
    let (info, _, _) = imported(root.path(), &["in"]);
    assert_eq!(info.records(), 1);
}

#[test]
fn the_real_catalogue_is_read_whole() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/advisories/kev/known_exploited_vulnerabilities.json.gz");
    if !path.exists() {
        println!("skipped: ../shared/advisories/kev is not there");
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let database = import(&[path], root.path()).unwrap();
    let kev = &database.status().sources[KEV_SOURCE];
    assert_eq!((kev.records, kev.bad_records), (1404, 0));
    assert_eq!(kev.newest.as_deref(), Some("2025-08-25T17:04:19.9796Z"));
    let found = database.signals("CVE-2021-44228").unwrap().kev.unwrap();
    assert_eq!(found.date_added, "2021-12-10");
    assert!(found.ransomware);
}
