//! The real records, and the crate `rustsec` as the oracle for crates.io. Skipped where
//! the data is not there.

use super::*;
use crate::checks::advisories::matching::UsedVersion;
use crate::versions::Membership;
use rustsec::database::Query;
use semver::{BuildMetadata, Prerelease, Version};
use std::path::PathBuf;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/advisories")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/advisories/{name} is not there");
    None
}

/// Unpacks the RustSec tree; gives its root.
fn rustsec_tree(directory: &Path) -> Option<PathBuf> {
    let file = std::fs::File::open(shared("rustsec.tar.gz")?).unwrap();
    tar::Archive::new(flate2::read::GzDecoder::new(file))
        .unpack(directory)
        .unwrap();
    Some(directory.join("rustsec"))
}

#[test]
fn the_real_records_are_all_counted() {
    let (Some(osv), directory) = (shared("osv"), tempfile::tempdir().unwrap()) else {
        return;
    };
    let Some(tree) = rustsec_tree(directory.path()) else {
        return;
    };
    let db = directory.path().join("db");
    let database = import(&[osv], &db).unwrap();
    let info = database.status();
    let counts = |name: &str| {
        let source = &info.sources[name];
        (source.records, source.withdrawn, source.bad_records)
    };
    assert_eq!(counts("OSV crates.io"), (1206, 13, 0));
    assert_eq!(counts("OSV PyPI"), (2661, 10, 0));
    assert_eq!(counts("OSV Go"), (4291, 17, 0));
    assert_eq!(counts("OSV npm"), (463, 0, 0));
    assert_eq!(counts("OSV Packagist"), (1585, 0, 0));
    assert_eq!(counts("OSV Julia"), (1703, 4, 0));
    assert_eq!(counts("OSV Hackage"), (32, 0, 0));
    assert_eq!(counts("OSV CRAN"), (14, 0, 0));
    let not_used: Vec<_> = info
        .not_used
        .iter()
        .map(|(n, c)| (n.as_str(), *c))
        .collect();
    assert_eq!(not_used, [("Bitnami", 7444), ("GHC", 3)]);
    assert_eq!(info.seen(), 19_402);
    assert_eq!((info.bad, info.replaced), (0, 0));
    let notes = database.remarks().unwrap().notes;
    let malformed: Vec<_> = notes
        .iter()
        .filter(|note| note.contains("GIT range"))
        .filter_map(|note| note.split(':').next())
        .collect();
    assert_eq!(
        malformed,
        [
            "PYSEC-2017-27",
            "PYSEC-2019-155",
            "PYSEC-2021-371",
            "PYSEC-2021-424",
            "PYSEC-2021-425",
            "PYSEC-2021-436",
            "PYSEC-2023-80",
        ]
    );
    known_facts(&database);
    let database = import(&[tree], &db).unwrap();
    let info = database.status();
    let source = &info.sources["RustSec"];
    assert_eq!(
        (source.records, source.withdrawn, source.bad_records),
        (1205, 13, 0)
    );
    assert_eq!(info.not_used["Rust toolchain"], 20);
}

/// Package, version, an id, and whether the id is about the version.
type Fact = (Ecosystem, &'static str, &'static str, &'static str, bool);

const FACTS: &[Fact] = &[
    (Ecosystem::Cargo, "time", "0.1.40", "CVE-2020-26235", true),
    (
        Ecosystem::Cargo,
        "time",
        "0.2.0",
        "RUSTSEC-2020-0071",
        false,
    ),
    (
        Ecosystem::Cargo,
        "time",
        "0.2.22",
        "RUSTSEC-2020-0071",
        true,
    ),
    (
        Ecosystem::Cargo,
        "time",
        "0.2.23",
        "RUSTSEC-2020-0071",
        false,
    ),
    (
        Ecosystem::Cargo,
        "smallvec",
        "1.6.0",
        "RUSTSEC-2021-0003",
        true,
    ),
    (
        Ecosystem::Cargo,
        "smallvec",
        "0.6.14",
        "RUSTSEC-2021-0003",
        false,
    ),
    (
        Ecosystem::Golang,
        "golang.org/x/text",
        "v0.3.6",
        "GO-2021-0113",
        true,
    ),
    (
        Ecosystem::Golang,
        "golang.org/x/text",
        "v0.3.7",
        "GO-2021-0113",
        false,
    ),
    // Its first range is of commits and malformed.
    (
        Ecosystem::Pypi,
        "Python_Fedora",
        "0.8.0",
        "PYSEC-2017-27",
        true,
    ),
    (
        Ecosystem::Pypi,
        "python-fedora",
        "0.9.0",
        "PYSEC-2017-27",
        false,
    ),
    (Ecosystem::Npm, "bassmaster", "1.5.1", "CVE-2014-7205", true),
    (
        Ecosystem::Npm,
        "bassmaster",
        "1.5.2",
        "CVE-2014-7205",
        false,
    ),
    (
        Ecosystem::Composer,
        "GuzzleHttp/guzzle",
        "v6.5.7",
        "CVE-2022-31090",
        true,
    ),
    (
        Ecosystem::Composer,
        "guzzlehttp/guzzle",
        "7.4.5",
        "CVE-2022-31090",
        false,
    ),
    (
        Ecosystem::Julia,
        "OpenSSL_jll",
        "3.5.6+1",
        "JLSEC-2026-1133",
        true,
    ),
    (
        Ecosystem::Julia,
        "OpenSSL_jll",
        "3.5.7+0",
        "JLSEC-2026-1133",
        false,
    ),
    (
        Ecosystem::Hackage,
        "aeson",
        "2.0.0.0",
        "CVE-2022-3433",
        true,
    ),
    (
        Ecosystem::Hackage,
        "aeson",
        "2.0.1.0",
        "CVE-2022-3433",
        false,
    ),
    (Ecosystem::Cran, "igraph", "1.2.2", "RSEC-2023-4", true),
    (Ecosystem::Cran, "igraph", "1.2.2-2", "RSEC-2023-4", false),
];

fn known_facts(database: &Database) {
    for &(ecosystem, name, version, id, affected) in FACTS {
        let outcome = check(database, vec![component(ecosystem, name, Some(version))]);
        let found = outcome
            .findings
            .iter()
            .map(detail)
            .any(|detail| detail.id == id || detail.aliases.iter().any(|alias| alias == id));
        assert_eq!(found, affected, "{name} {version} {id}");
    }
}

/// Versions at, just below and just above a bound, with pre-releases.
fn around(bound: &Version) -> Vec<Version> {
    let mut plain = bound.clone();
    plain.pre = Prerelease::EMPTY;
    plain.build = BuildMetadata::EMPTY;
    let step = |change: &dyn Fn(&mut Version)| {
        let mut version = plain.clone();
        change(&mut version);
        version
    };
    let pre = |text: &str| {
        let mut version = plain.clone();
        version.pre = Prerelease::new(text).unwrap();
        version
    };
    let mut exact = bound.clone();
    exact.build = BuildMetadata::EMPTY;
    vec![
        exact,
        plain.clone(),
        step(&|v| v.patch += 1),
        step(&|v| v.patch = v.patch.saturating_sub(1)),
        step(&|v| {
            v.minor = v.minor.saturating_sub(1);
            v.patch = 99;
        }),
        step(&|v| {
            v.minor += 1;
            v.patch = 0;
        }),
        step(&|v| v.major += 1),
        pre("0"),
        pre("alpha.1"),
        pre("rc.1"),
    ]
}

fn boundary_versions(advisories: &[&rustsec::Advisory]) -> BTreeSet<Version> {
    let mut versions = BTreeSet::from([Version::new(0, 0, 0), Version::new(999, 0, 0)]);
    for advisory in advisories {
        for range in rustsec::osv::ranges_for_advisory(&advisory.versions) {
            for bound in [range.introduced, range.fixed].into_iter().flatten() {
                versions.extend(around(&bound));
            }
        }
        let requirements = advisory.versions.patched().iter();
        for requirement in requirements.chain(advisory.versions.unaffected()) {
            for comparator in &requirement.comparators {
                versions.extend(around(&Version::new(
                    comparator.major,
                    comparator.minor.unwrap_or(0),
                    comparator.patch.unwrap_or(0),
                )));
            }
        }
    }
    versions
}

/// Every crate with an advisory, at every version around every bound: what the crate
/// `rustsec` finds is what is found from its tree and from its OSV export.
#[test]
fn matching_agrees_with_the_crate_rustsec_at_every_bound() {
    let directory = tempfile::tempdir().unwrap();
    let (Some(export), Some(tree)) = (
        shared("osv/crates.io/all.zip"),
        rustsec_tree(directory.path()),
    ) else {
        return;
    };
    let oracle = rustsec::Database::open(&tree).unwrap();
    let open = |from: PathBuf, name: &str| {
        let db = directory.path().join(name);
        import(&[from], &db).unwrap();
        Database::open(&db).unwrap()
    };
    let databases = [open(export, "export"), open(tree, "tree")];
    let mut by_crate: BTreeMap<String, Vec<&rustsec::Advisory>> = BTreeMap::new();
    for advisory in oracle.iter() {
        if advisory.metadata.collection == Some(rustsec::Collection::Crates) {
            let name = advisory.metadata.package.to_string();
            by_crate.entry(name).or_default().push(advisory);
        }
    }
    let (mut comparisons, mut affected) = (0_usize, 0_usize);
    for (name, advisories) in &by_crate {
        let rows = databases
            .each_ref()
            .map(|database| ids_and_rows(database, Ecosystem::Cargo, name));
        for version in boundary_versions(advisories) {
            let wanted = ids_of_the_oracle(&oracle, name, &version);
            for rows in &rows {
                assert_eq!(affecting_ids(rows, &version), wanted, "{name} {version}");
                comparisons += 1;
                affected += wanted.len();
            }
        }
    }
    println!("{comparisons} comparisons, {affected} matches");
    assert!(
        comparisons > 20_000 && affected > 10_000,
        "{comparisons} {affected}"
    );
}

fn ids_of_the_oracle(
    oracle: &rustsec::Database,
    name: &str,
    version: &Version,
) -> BTreeSet<String> {
    let query = Query::new()
        .collection(rustsec::Collection::Crates)
        .package_name(name.parse().unwrap())
        .package_version(version.clone())
        .withdrawn(false);
    let advisories = oracle.query(&query);
    advisories.iter().map(|a| a.id().to_string()).collect()
}

fn affecting_ids(rows: &[IdAndRows], version: &Version) -> BTreeSet<String> {
    let used = UsedVersion::read(Ecosystem::Cargo, &version.to_string());
    rows.iter()
        .filter(|(_, row)| !row.withdrawn)
        .filter(|(_, row)| used.membership(row) == Membership::Affected)
        .map(|(id, _)| id.clone())
        // In the export only; in the tree the same CVE is RUSTSEC-2025-0065.
        .filter(|id| id != "RUSTSEC-2025-0000")
        .collect()
}

type IdAndRows = (String, crate::checks::advisories::index::rows::RecordRows);

fn ids_and_rows(database: &Database, ecosystem: Ecosystem, name: &str) -> Vec<IdAndRows> {
    database
        .lookup(ecosystem, name, None)
        .unwrap()
        .records
        .into_iter()
        .map(|row| (database.metadata(row.ordinal).unwrap().id, row))
        .collect()
}

/// The PyPI records list every affected version beside their ranges; the lists were made
/// by the Python database's own tools, so they are an oracle for PEP 440 and for ranges.
#[test]
fn python_ranges_hold_the_versions_that_their_records_list() {
    let Some(export) = shared("osv/PyPI/all.zip") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("db");
    import(std::slice::from_ref(&export), &db).unwrap();
    let database = Database::open(&db).unwrap();
    let mut archive = zip::ZipArchive::new(std::fs::File::open(export).unwrap()).unwrap();
    let mut packages = BTreeMap::new();
    let (mut inside, mut outside) = (0_usize, BTreeMap::<String, usize>::new());
    let mut old = 0_usize;
    for index in 0..archive.len() {
        let record: Value = serde_json::from_reader(archive.by_index(index).unwrap()).unwrap();
        let id = record["id"].as_str().unwrap();
        let affected = &record["affected"][0];
        let name = super::super::record::normalised_name(
            Ecosystem::Pypi,
            affected["package"]["name"].as_str().unwrap(),
        );
        let rows = packages
            .entry(name)
            .or_insert_with_key(|name| ids_and_rows(&database, Ecosystem::Pypi, name));
        let (_, row) = rows.iter_mut().find(|(own, _)| own == id).unwrap();
        row.versions.clear();
        if row.ranges.is_empty() {
            continue;
        }
        for version in affected["versions"].as_array().into_iter().flatten() {
            let version = version.as_str().unwrap();
            let used = UsedVersion::read(Ecosystem::Pypi, version);
            match used.membership(row) {
                Membership::Affected => inside += 1,
                Membership::Indeterminate => old += 1,
                Membership::NotAffected => *outside.entry(id.to_owned()).or_insert(0) += 1,
            }
        }
    }
    println!("{inside} listed versions lie inside of the ranges");
    // Texts from before PEP 440 have no place in a range; their lists match them.
    assert_eq!((inside, old), (140_729, 108));
    // Three records contradict themselves: overlapping intervals in one list of events
    // (2.11.6 is fixed in one and not in the other), a list that ends above the fix, and
    // pre-releases below the version where the range starts. Their lists still match.
    let outside: Vec<_> = outside.iter().map(|(id, n)| (id.as_str(), *n)).collect();
    assert_eq!(
        outside,
        [
            ("PYSEC-2021-114", 1),
            ("PYSEC-2023-177", 2),
            ("PYSEC-2023-61", 6)
        ]
    );
}
