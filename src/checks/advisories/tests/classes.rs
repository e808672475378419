//! Withdrawn records, withdrawn versions, attacks, and how the product comes to it all.

use super::*;
use crate::checks::advisories::{EPSS_SOURCE, KEV_SOURCE, database_info};
use crate::model::{AdvisoryClass, Severity, SourceUse};

fn withdrawn(mut record: Value) -> Value {
    record["withdrawn"] = json!("2026-02-01T00:00:00Z");
    record
}

#[test]
fn a_withdrawn_record_alone_is_a_finding_that_informs() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = withdrawn(below("GHSA-1", &["CVE-1"], "npm", "demo", "2.0.0"));
    record["severity"] = json!([{ "type": "CVSS_V3",
        "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }]);
    let database = database(directory.path(), &[record]);
    let outcome = check(&database, vec![npm("1.0.0"), npm("2.0.0")]);
    let [finding] = outcome.findings.as_slice() else {
        panic!("{outcome:?}");
    };
    assert_eq!(finding.rule.id, "advisories/withdrawn");
    assert_eq!(finding.severity, Severity::Info);
    assert_eq!(
        finding.message,
        "`demo@1.0.0` was meant by the withdrawn GHSA-1: summary of GHSA-1"
    );
    let detail = detail(finding);
    assert_eq!(detail.class, AdvisoryClass::Withdrawn);
    assert_eq!(detail.withdrawn, ["GHSA-1"]);
    assert_eq!((&detail.vector, detail.score_tenths), (&None, None));
    assert_eq!(database.status().sources["OSV npm"].withdrawn, 1);
}

#[test]
fn a_record_that_holds_decides_and_the_withdrawn_one_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[
            withdrawn(below(
                "GHSA-old",
                &["CVE-1", "CVE-9"],
                "npm",
                "demo",
                "3.0.0",
            )),
            below("GHSA-new", &["CVE-1"], "npm", "demo", "2.0.0"),
        ],
    );
    let outcome = check(&database, vec![npm("1.0.0"), npm("2.5.0")]);
    let [finding] = outcome.findings.as_slice() else {
        panic!("{outcome:?}");
    };
    assert_eq!(finding.rule.id, "advisories/vulnerability");
    let detail = detail(finding);
    assert_eq!(detail.id, "GHSA-new");
    assert_eq!(detail.aliases, ["CVE-1", "GHSA-old"]);
    assert_eq!(detail.withdrawn, ["GHSA-old"]);
    assert_eq!(detail.fixed, ["2.0.0"], "its bounds do not hold");
}

#[test]
fn a_withdrawn_record_with_the_native_id_is_not_shown_first() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[
            withdrawn(below("PYSEC-1", &["CVE-1"], "PyPI", "demo", "3.0.0")),
            below("GHSA-1", &["CVE-1"], "PyPI", "demo", "2.0.0"),
        ],
    );
    let outcome = check(
        &database,
        vec![component(Ecosystem::Pypi, "demo", Some("1.0.0"))],
    );
    assert_eq!(shown_ids(&outcome), ["GHSA-1"]);
}

fn with_availability(mut component: Component, availability: Availability) -> Component {
    component.availability = availability;
    component
}

#[test]
fn a_version_that_its_registry_withdrew_is_a_finding_even_without_a_database() {
    let yanked = with_availability(
        component(Ecosystem::Cargo, "demo", Some("1.0.0")),
        Availability::Withdrawn {
            source: AvailabilitySource::CargoIndexCache,
            reason: None,
        },
    );
    let deprecated = with_availability(
        npm("1.0.0"),
        Availability::Withdrawn {
            source: AvailabilitySource::Lockfile,
            reason: Some("use \u{1b}[2Jother".to_owned()),
        },
    );
    let outcome = check_inventory(&Paths::of(&inventory(vec![yanked, deprecated])), None).unwrap();
    let messages: Vec<_> = outcome
        .findings
        .iter()
        .map(|finding| (finding.rule.id, finding.message.as_str()))
        .collect();
    assert_eq!(
        messages,
        [
            (
                "advisories/yanked",
                "`demo@1.0.0` was yanked from its registry"
            ),
            (
                "advisories/yanked",
                "`demo@1.0.0` is deprecated by its publisher: use \\u{1b}[2Jother"
            ),
        ]
    );
    assert_eq!(paths(&outcome.findings[0]), ["product@1.0.0 > demo@1.0.0"]);
    assert_eq!(
        gap_ids(&outcome),
        BTreeSet::from(["advisories/no-database"])
    );
}

#[test]
fn a_package_that_was_given_up_is_unmaintained_even_without_a_database() {
    let abandoned = |name, instead: Option<&str>| {
        with_availability(
            component(Ecosystem::Composer, name, Some("1.0.0")),
            Availability::Abandoned {
                source: AvailabilitySource::Lockfile,
                instead: instead.map(str::to_owned),
            },
        )
    };
    let components = vec![
        abandoned("a/one", Some("b/\u{1b}[2Jnext")),
        abandoned("a/two", None),
    ];
    let outcome = check_inventory(&Paths::of(&inventory(components)), None).unwrap();
    let said: Vec<_> = outcome
        .findings
        .iter()
        .map(|finding| (finding.rule.id, finding.remedy.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "advisories/unmaintained",
                "replace `a/one` by `b/\\u{1b}[2Jnext`, which they name"
            ),
            (
                "advisories/unmaintained",
                "replace `a/two` by a maintained package"
            ),
        ]
    );
    assert_eq!(
        outcome.findings[0].message,
        "`a/one@1.0.0` is unmaintained: it was abandoned by its maintainers"
    );
    assert_eq!(
        gap_ids(&outcome),
        BTreeSet::from(["advisories/no-database"])
    );
}

#[test]
fn where_nothing_says_whether_versions_were_withdrawn_there_is_one_gap_per_ecosystem() {
    let unknown = |ecosystem, name| {
        with_availability(
            component(ecosystem, name, Some("1.0.0")),
            Availability::Unknown,
        )
    };
    let mut git = unknown(Ecosystem::Npm, "c");
    git.occurrences[0].origin = Origin::Git {
        url: "https://git.example/c".to_owned(),
        reference: crate::model::GitReference::Default,
        commit: None,
    };
    let mut own = unknown(Ecosystem::Npm, "d");
    own.kind = ComponentKind::Own;
    let outcome = check_inventory(
        &Paths::of(&inventory(vec![
            unknown(Ecosystem::Npm, "a"),
            unknown(Ecosystem::Npm, "b"),
            unknown(Ecosystem::Cargo, "a"),
            // Maven's registries withdraw nothing.
            unknown(Ecosystem::Maven, "g:a"),
            git,
            own,
        ])),
        None,
    )
    .unwrap();
    let messages: Vec<_> = outcome
        .gaps
        .iter()
        .filter(|gap| gap.id == "advisories/yank-data-absent")
        .map(|gap| gap.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "nothing here says whether 1 version of crates.io was withdrawn",
            "nothing here says whether 2 versions of npm were withdrawn",
        ]
    );
}

/// The records with a catalogue and scores beside them.
fn with_signals(directory: &Path, records: &[Value], catalogue: &Value, scores: &str) -> Database {
    let from = directory.join("osv");
    std::fs::create_dir(&from).unwrap();
    for (index, record) in records.iter().enumerate() {
        let path = from.join(format!("{index}.json"));
        write_atomic(&path, record.to_string().as_bytes()).unwrap();
    }
    let kev = directory.join("known_exploited_vulnerabilities.json");
    write_atomic(&kev, catalogue.to_string().as_bytes()).unwrap();
    let epss = directory.join("epss_scores-2026-11-20.csv");
    write_atomic(&epss, scores.as_bytes()).unwrap();
    let db = directory.join("db");
    import(&[from, kev, epss], &db).unwrap();
    Database::open(&db).unwrap()
}

#[test]
fn the_strongest_word_about_attacks_over_all_ids_of_the_group_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let entry = |id: &str, added: &str, ransomware: &str| {
        json!({
            "cveID": id, "dateAdded": added, "dueDate": "2026-06-01",
            "knownRansomwareCampaignUse": ransomware,
        })
    };
    let catalogue = json!({
        "title": "catalogue", "catalogVersion": "2026.11.20", "count": 3,
        "dateReleased": "2026-11-20T10:00:00.0000Z",
        "vulnerabilities": [
            entry("CVE-2026-0001", "2026-03-01", "Unknown"),
            entry("CVE-2026-0002", "2026-05-01", "Known"),
            entry("CVE-2026-0009", "2026-01-01", "Unknown"),
        ],
    });
    let scores = "#model_version:v2026.03.01,score_date:2026-11-20T00:00:00Z\n\
                  cve,epss,percentile\n\
                  CVE-2026-0001,0.10000,0.90000\n\
                  CVE-2026-0002,0.50000,0.99000\n\
                  CVE-2026-0003,0.90000,0.99900\n";
    let database = with_signals(
        directory.path(),
        &[
            below(
                "GHSA-1",
                &["CVE-2026-0001", "CVE-2026-0002"],
                "npm",
                "demo",
                "2.0.0",
            ),
            below("GHSA-2", &["CVE-2026-0003"], "npm", "demo", "2.0.0"),
        ],
        &catalogue,
        scores,
    );
    let outcome = check(&database, vec![npm("1.0.0")]);
    let first = detail(&outcome.findings[0]);
    assert_eq!(first.id, "GHSA-1");
    let known = first.known_exploited.as_ref().unwrap();
    assert_eq!(
        (known.date_added.as_str(), known.ransomware),
        ("2026-05-01", true)
    );
    assert_eq!(first.exploit_score.as_ref().unwrap().score_e5, 50_000);
    let second = detail(&outcome.findings[1]);
    assert_eq!(second.known_exploited, None);
    assert_eq!(second.exploit_score.as_ref().unwrap().score_e5, 90_000);
    // What sources are of use for follows from the names that they have in the index.
    let uses = |components| {
        let info = database_info(&database, &inventory(components));
        info.sources
            .into_iter()
            .map(|source| (source.name, source.used_for))
            .collect::<Vec<_>>()
    };
    let named = |npm| {
        [
            (EPSS_SOURCE.to_owned(), SourceUse::ExploitScores),
            (KEV_SOURCE.to_owned(), SourceUse::KnownExploited),
            ("OSV npm".to_owned(), npm),
        ]
    };
    assert_eq!(uses(vec![npm("1.0.0")]), named(SourceUse::Advisories));
    let python = component(Ecosystem::Pypi, "demo", Some("1.0.0"));
    assert_eq!(uses(vec![python]), named(SourceUse::Nothing));
}

#[test]
fn a_path_through_each_direct_dependency_is_told_and_more_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[below("GHSA-1", &[], "npm", "demo", "2.0.0")],
    );
    let part = |name: &str| component(Ecosystem::Npm, name, Some("1.0.0"));
    let mut own = part("member");
    own.kind = ComponentKind::Own;
    let names: Vec<String> = (0..8).map(|i| format!("d{i}")).collect();
    let mut components: Vec<Component> = names.iter().map(|name| part(name)).collect();
    components.extend([own.clone(), npm("1.0.0")]);
    let mut inventory = inventory(components);
    inventory.direct = BTreeSet::from([own.purl.clone(), part("d0").purl]);
    let to_demo = |name: &String| (part(name).purl, BTreeSet::from([npm("1.0.0").purl]));
    inventory.edges = names.iter().map(to_demo).collect();
    let direct = names.iter().skip(1).map(|name| part(name).purl);
    inventory.edges.insert(own.purl, direct.collect());
    inventory.components.iter_mut().for_each(|component| {
        component.occurrences[0].scope = Scope::Dev;
    });
    let outcome = check_inventory(&Paths::of(&inventory), Some(&database)).unwrap();
    let finding = &outcome.findings[0];
    assert_eq!(
        paths(finding),
        [
            "product@1.0.0 > d0@1.0.0 > demo@1.0.0",
            "product@1.0.0 > member@1.0.0 > d1@1.0.0 > demo@1.0.0",
            "product@1.0.0 > member@1.0.0 > d2@1.0.0 > demo@1.0.0",
            "product@1.0.0 > member@1.0.0 > d3@1.0.0 > demo@1.0.0",
            "product@1.0.0 > member@1.0.0 > d4@1.0.0 > demo@1.0.0",
        ]
    );
    let reach = finding.reach().unwrap();
    assert_eq!((reach.more_paths, reach.scope), (3, Scope::Dev));
}
