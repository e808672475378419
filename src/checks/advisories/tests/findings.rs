use super::*;
use crate::model::{AdvisoryClass, Severity};

#[test]
fn one_finding_for_a_group_with_the_native_id_first() {
    let directory = tempfile::tempdir().unwrap();
    let mut ghsa = below("GHSA-aaaa", &["CVE-2026-1"], "PyPI", "Foo.Bar", "2.0");
    ghsa["severity"] = json!([{ "type": "CVSS_V3",
        "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }]);
    let pysec = below("PYSEC-2026-1", &["CVE-2026-1"], "PyPI", "foo_bar", "1.9");
    let database = database(directory.path(), &[ghsa, pysec]);
    let component = component(Ecosystem::Pypi, "foo-bar", Some("1.0"));
    let outcome = check(&database, vec![component.clone()]);
    assert_eq!(outcome.gaps, []);
    let [finding] = outcome.findings.as_slice() else {
        panic!("{:?}", outcome.findings);
    };
    assert_eq!(finding.rule.id, "advisories/vulnerability");
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.location, Location::line("lock", 7));
    assert_eq!(
        finding.message,
        "`foo-bar@1.0` is affected by PYSEC-2026-1: summary of PYSEC-2026-1"
    );
    // 1.9 ends the one record only: both must be free.
    assert_eq!(
        finding.remedy,
        "upgrade `foo-bar` to 2.0; it is not compatible with the version in use, so expect changes"
    );
    let detail = detail(finding);
    assert_eq!(detail.id, "PYSEC-2026-1");
    assert_eq!(detail.aliases, ["CVE-2026-1", "GHSA-aaaa"]);
    assert_eq!(detail.fixed, ["2.0"]);
    assert_eq!(detail.score_tenths, Some(98));
    assert_eq!(
        detail.reach.paths,
        [vec!["product@1.0.0".to_owned(), "foo-bar@1.0".to_owned()]]
    );
    assert_eq!(finding.fingerprint.len(), 32);
    let again = check(&database, vec![component]);
    assert_eq!(again, outcome);
}

#[test]
fn the_boundaries_of_a_range_are_exact_for_pre_releases_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("GHSA-1", &[], "npm", "demo", "2.0.0");
    record["affected"][0]["ranges"][0]["events"][0] = json!({ "introduced": "1.0.0" });
    let database = database(directory.path(), &[record]);
    for (version, affected) in [
        ("0.9.9", false),
        ("1.0.0-rc.1", false),
        ("1.0.0", true),
        ("2.0.0-rc.1", true),
        ("2.0.0", false),
    ] {
        let outcome = check(&database, vec![npm(version)]);
        assert_eq!(!outcome.findings.is_empty(), affected, "{version}");
        assert_eq!(outcome.gaps, [], "{version}");
    }
}

#[test]
fn listed_versions_match_whatever_the_ranges_say() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("PYSEC-1", &[], "PyPI", "demo", "1.0");
    record["affected"][0]["versions"] = json!(["3.0.0", "corp-build"]);
    let database = database(directory.path(), &[record]);
    let found = |version| {
        let component = component(Ecosystem::Pypi, "demo", Some(version));
        let outcome = check(&database, vec![component]);
        outcome.findings.iter().any(|f| !detail(f).indeterminate)
    };
    assert!(found("3.0"), "3.0 and 3.0.0 are one version");
    assert!(found("corp-build"));
    assert!(!found("3.0.1"));
}

#[test]
fn a_version_that_cannot_be_compared_is_an_indeterminate_finding() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[below("GHSA-1", &[], "npm", "demo", "2.0.0")],
    );
    let outcome = check(&database, vec![npm("latest")]);
    let [finding] = outcome.findings.as_slice() else {
        panic!("{outcome:?}");
    };
    assert!(detail(finding).indeterminate);
    assert!(
        finding.message.contains("may be affected by"),
        "{}",
        finding.message
    );
}

#[test]
fn a_summary_that_begins_with_the_id_says_it_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("CVE-1", &[], "npm", "demo", "2.0.0");
    record["summary"] = json!("CVE-1: it leaks");
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.0.0")]);
    assert_eq!(
        outcome.findings[0].message,
        "`demo@1.0.0` is affected by CVE-1: it leaks"
    );
}

#[test]
fn a_bound_from_before_pep_440_hides_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let records = ["0.2.0-n653", "2019-09-12", "1.0"];
    let name = |place| format!("PYSEC-{place}");
    let records: Vec<_> = (0..)
        .zip(records)
        .map(|(place, fixed)| below(&name(place), &[], "PyPI", "demo", fixed))
        .collect();
    let database = database(directory.path(), &records);
    let component = component(Ecosystem::Pypi, "demo", Some("1.0"));
    let outcome = check(&database, vec![component]);
    assert_eq!(shown_ids(&outcome), [name(0), name(1)]);
    let mut findings = outcome.findings.iter();
    assert!(findings.all(|finding| detail(finding).indeterminate));
}

#[test]
fn a_range_of_an_unknown_type_is_indeterminate_and_others_still_decide() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("GHSA-1", &[], "npm", "demo", "2.0.0");
    record["affected"][0]["ranges"]
        .as_array_mut()
        .unwrap()
        .insert(
            0,
            json!({ "type": "CALVER", "events": [{ "introduced": "2020.1" }] }),
        );
    let database = database(directory.path(), &[record]);
    assert!(!detail(&check(&database, vec![npm("1.0.0")]).findings[0]).indeterminate);
    assert!(detail(&check(&database, vec![npm("2.0.0")]).findings[0]).indeterminate);
}

#[test]
fn an_unknown_event_keeps_not_affected_from_following() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("GHSA-1", &[], "npm", "demo", "2.0.0");
    record["affected"][0]["ranges"][0]["events"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "reintroduced": "3.0.0" }));
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.0.0"), npm("3.1.0")]);
    let seen: Vec<_> = outcome
        .findings
        .iter()
        .map(|finding| detail(finding).indeterminate)
        .collect();
    assert_eq!(seen, [false, true]);
}

#[test]
fn an_umbrella_record_is_a_finding_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[
            below("GHSA-u", &["CVE-1", "CVE-2"], "npm", "demo", "3.0.0"),
            below("GHSA-1", &["CVE-1"], "npm", "demo", "2.0.0"),
            below("GHSA-2", &["CVE-2"], "npm", "demo", "3.0.0"),
        ],
    );
    let outcome = check(&database, vec![npm("1.0.0")]);
    assert_eq!(shown_ids(&outcome), ["GHSA-1", "GHSA-2", "GHSA-u"]);
    assert_eq!(detail(&outcome.findings[0]).related, ["GHSA-u"]);
    assert_eq!(
        detail(&outcome.findings[2]).related,
        ["CVE-1", "CVE-2", "GHSA-1", "GHSA-2"]
    );
    assert_eq!(detail(&outcome.findings[2]).aliases, [""; 0]);
}

#[test]
fn classes_have_rules_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let informational = |id: &str, kind: &str| {
        let mut record = below(id, &[], "crates.io", "demo", "9.0.0");
        record["affected"][0]["database_specific"] = json!({ "informational": kind });
        record
    };
    let database = database(
        directory.path(),
        &[
            below("MAL-2026-1", &[], "crates.io", "demo", "9.0.0"),
            informational("RUSTSEC-1", "unmaintained"),
            informational("RUSTSEC-2", "unsound"),
            informational("RUSTSEC-3", "notice"),
        ],
    );
    let component = component(Ecosystem::Cargo, "demo", Some("1.0.0"));
    let outcome = check(&database, vec![component]);
    let seen: Vec<_> = outcome
        .findings
        .iter()
        .map(|f| (f.rule.id, detail(f).class, f.severity))
        .collect();
    assert_eq!(
        seen,
        [
            (
                "advisories/malicious",
                AdvisoryClass::Malicious,
                Severity::Critical
            ),
            (
                "advisories/unmaintained",
                AdvisoryClass::Unmaintained,
                Severity::Unknown
            ),
            (
                "advisories/unsound",
                AdvisoryClass::Unsound,
                Severity::Unknown
            ),
            (
                "advisories/notice",
                AdvisoryClass::Notice,
                Severity::Unknown
            ),
        ]
    );
    assert!(outcome.findings[0].remedy.starts_with("remove `demo`"));
}

#[test]
fn the_nearest_compatible_fix_is_advised_and_all_are_listed_nearest_first() {
    let directory = tempfile::tempdir().unwrap();
    let record = json!({
        "id": "GHSA-1", "affected": [{
            "package": { "ecosystem": "npm", "name": "demo" },
            "ranges": [{ "type": "SEMVER", "events": [
                { "introduced": "3.0.0" }, { "fixed": "3.0.5-0" },
                { "introduced": "0" }, { "fixed": "1.8.3" },
                { "introduced": "2.0.0" }, { "fixed": "2.1.0" },
            ] }],
        }],
    });
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.2.0"), npm("3.0.1")]);
    assert_eq!(
        detail(&outcome.findings[0]).fixed,
        ["1.8.3", "2.1.0", "3.0.5"]
    );
    assert_eq!(outcome.findings[0].remedy, "upgrade `demo` to 1.8.3");
    assert_eq!(detail(&outcome.findings[1]).fixed, ["3.0.5"]);
}

#[test]
fn single_free_versions_among_affected_ones_are_not_advised() {
    let directory = tempfile::tempdir().unwrap();
    let record = json!({
        "id": "RUSTSEC-1", "affected": [{
            "package": { "ecosystem": "crates.io", "name": "demo" },
            "ranges": [{ "type": "SEMVER", "events": [
                { "introduced": "0.0.0-0" }, { "fixed": "0.2.0" },
                { "introduced": "0.2.1-0" }, { "fixed": "0.2.1" },
                { "introduced": "0.2.7-0" }, { "fixed": "0.2.23" },
            ] }],
        }],
    });
    let database = database(directory.path(), &[record]);
    let outcome = check(
        &database,
        vec![component(Ecosystem::Cargo, "demo", Some("0.1.40"))],
    );
    let finding = &outcome.findings[0];
    assert_eq!(detail(finding).fixed, ["0.2.0", "0.2.1", "0.2.23"]);
    assert!(
        finding
            .remedy
            .starts_with("upgrade `demo` to 0.2.23; it is not")
    );
}

#[test]
fn a_record_without_a_fix_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("GHSA-1", &[], "npm", "demo", "2.0.0");
    record["affected"][0]["ranges"][0]["events"] = json!([{ "introduced": "0" }]);
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.0.0"), npm("nightly")]);
    assert!(outcome.findings[0].remedy.starts_with("no fixed version:"));
    // Everything is affected, so the odd version is too.
    assert!(!detail(&outcome.findings[1]).indeterminate);
}

#[test]
fn own_components_are_not_looked_up_and_git_ones_are() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[below("GHSA-1", &[], "npm", "demo", "2.0.0")],
    );
    let mut own = npm("1.0.0");
    own.kind = ComponentKind::Own;
    assert_eq!(check(&database, vec![own]), Outcome::default());
    let mut git = npm("1.0.0");
    git.occurrences[0].origin = Origin::Git {
        url: "https://git.example/demo".to_owned(),
        reference: crate::model::GitReference::Default,
        commit: None,
    };
    assert_eq!(check(&database, vec![git]).findings.len(), 1);
}

#[test]
fn the_shortest_path_is_told_first_and_other_places_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[below("GHSA-1", &[], "npm", "demo", "2.0.0")],
    );
    let part = |name: &str| component(Ecosystem::Npm, name, Some("1.0.0"));
    let mut target = npm("1.0.0");
    let mut second = target.occurrences[0].clone();
    second.location = Location::line("a/lock", 3);
    target.occurrences.push(second);
    let mut inventory = inventory(vec![part("a"), part("b"), part("c"), target.clone()]);
    let purl = |name: &str| part(name).purl;
    inventory.direct = BTreeSet::from([purl("a"), purl("c")]);
    inventory.edges = BTreeMap::from([
        (purl("a"), BTreeSet::from([purl("b")])),
        (purl("b"), BTreeSet::from([target.purl.clone(), purl("a")])),
        (purl("c"), BTreeSet::from([target.purl.clone()])),
    ]);
    let outcome = check_inventory(&Paths::of(&inventory), Some(&database)).unwrap();
    let finding = &outcome.findings[0];
    assert_eq!(
        paths(finding),
        [
            "product@1.0.0 > c@1.0.0 > demo@1.0.0",
            "product@1.0.0 > a@1.0.0 > b@1.0.0 > demo@1.0.0",
        ]
    );
    assert_eq!(finding.location, Location::line("a/lock", 3));
    assert_eq!(finding.also_at, [Location::line("lock", 7)]);
    inventory.direct.clear();
    let outcome = check_inventory(&Paths::of(&inventory), Some(&database)).unwrap();
    assert_eq!(paths(&outcome.findings[0]), [""; 0]);
}

#[test]
fn text_of_a_record_cannot_steer_a_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("GHSA-1", &[], "npm", "demo", "2.0.0");
    record["summary"] = json!("a\u{1b}[2Jb\nsecond line");
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.0.0")]);
    assert_eq!(detail(&outcome.findings[0]).summary, "a\\u{1b}[2Jb");
    assert!(outcome.findings[0].message.ends_with("a\\u{1b}[2Jb"));
}

#[test]
fn without_a_database_there_is_a_gap_and_nothing_else() {
    let outcome = check_inventory(&Paths::of(&inventory(vec![npm("1.0.0")])), None).unwrap();
    assert_eq!(outcome.findings, []);
    assert_eq!(
        gap_ids(&outcome),
        BTreeSet::from(["advisories/no-database"])
    );
    assert!(outcome.gaps[0].remedy.contains("db import"));
}

#[test]
fn what_the_database_cannot_say_is_a_gap() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[
            below("GHSA-1", &[], "npm", "demo", "2.0.0"),
            json!({ "affected": [{ "package": { "ecosystem": "npm", "name": "demo" } }] }),
            json!(["no", "record"]),
        ],
    );
    let mut unpinned = component(Ecosystem::Npm, "other", None);
    unpinned.occurrences[0].location = Location::line("lock", 9);
    let outcome = check(
        &database,
        vec![
            npm("2.0.0"),
            unpinned,
            component(Ecosystem::Golang, "example.org/x", Some("v1.0.0")),
        ],
    );
    assert_eq!(outcome.findings, []);
    let seen: Vec<_> = outcome
        .gaps
        .iter()
        .map(|gap| (gap.id, gap.location.as_ref().and_then(|l| l.line)))
        .collect();
    assert_eq!(
        seen,
        [
            ("advisories/bad-record", Some(7)),
            ("advisories/bad-record", None),
            ("advisories/ecosystem-not-covered", None),
            ("advisories/no-version", Some(9)),
        ]
    );
    assert_eq!(database.status().bad, 2);
    assert!(
        outcome.gaps[2].message.contains("Go"),
        "{}",
        outcome.gaps[2].message
    );
}

#[test]
fn a_database_damaged_after_opening_is_an_error_and_not_a_clean_result() {
    let directory = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..600)
        .map(|i| {
            below(
                &format!("GHSA-{i}"),
                &[],
                "npm",
                &format!("demo-{i}"),
                "2.0.0",
            )
        })
        .collect();
    let database = database(directory.path(), &records);
    let path = directory.path().join("db/index.sgdb");
    let mut bytes = crate::support::files::read_bounded(&path, 1 << 24).unwrap();
    for byte in &mut bytes[20_000..] {
        *byte = !*byte;
    }
    // The same file is written over in place, under the open handle.
    use std::io::Write as _;
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .write_all(&bytes)
        .unwrap();
    let components = (0..600)
        .map(|i| component(Ecosystem::Npm, &format!("demo-{i}"), Some("1.0.0")))
        .collect();
    let result = check_inventory(&Paths::of(&inventory(components)), Some(&database));
    assert!(matches!(
        result,
        Err(super::super::DatabaseError::Corrupt { .. })
    ));
}
