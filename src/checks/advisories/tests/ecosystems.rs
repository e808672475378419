//! One record and versions around its fix for each ecosystem: what the record and the
//! lockfile spell differently must meet, and versions follow the ecosystem's own order.

use super::*;

struct Case {
    ecosystem: Ecosystem,
    /// As the record names the package, and as the lockfile does.
    record: &'static str,
    lockfile: &'static str,
    fixed: &'static str,
    affected: &'static [&'static str],
    free: &'static [&'static str],
    /// Versions without a place in the order.
    unclear: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        ecosystem: Ecosystem::Maven,
        record: "org.example:Web_2.13",
        lockfile: "org.example:Web_2.13",
        fixed: "5.3.21",
        affected: &["5.3.20.RELEASE", "5.3.21-RC1", "5.3.21-SNAPSHOT"],
        free: &["5.3.21.RELEASE", "5.3.21-jre", "5.3.22.Final"],
        unclear: &[],
    },
    Case {
        ecosystem: Ecosystem::Nuget,
        record: "Example.Json",
        lockfile: "example.json",
        fixed: "13.0.1",
        affected: &["12.0", "13.0.1-beta2", "13.0.0.9"],
        free: &["13.0.1.0", "13.0.1+build", "13.0.1.1-a"],
        unclear: &["v13", "13.*"],
    },
    Case {
        ecosystem: Ecosystem::Gem,
        record: "RedExample",
        lockfile: "RedExample",
        fixed: "2.0.0.rc2",
        affected: &["1.9", "2.0.0.beta10", "2.0.0.rc1"],
        free: &["2.0.0.rc2", "2.0", "2.0.0.1"],
        unclear: &["2.0.0_1"],
    },
    Case {
        ecosystem: Ecosystem::Composer,
        record: "Example/Http-Kernel",
        lockfile: "example/http-kernel",
        fixed: "5.0.0",
        affected: &["v4.4.9", "5.0.0-RC1", "4.x-dev"],
        free: &["5", "v5.0", "5.0.0-p1", "5.0.x-dev"],
        unclear: &["dev-master", "dev-main"],
    },
    Case {
        ecosystem: Ecosystem::Swift,
        record: "https://github.com/Example/swift-example.git",
        lockfile: "github.com/example/swift-example",
        fixed: "2.0.0",
        affected: &["1.9.0", "2.0.0-beta.1"],
        free: &["2.0.0", "2.0.0+1"],
        unclear: &["main"],
    },
    Case {
        ecosystem: Ecosystem::Hex,
        record: "phoenix_example",
        lockfile: "phoenix_example",
        fixed: "1.7.0",
        affected: &["1.7.0-rc.3", "1.6.16"],
        free: &["1.7.0", "1.10.0"],
        unclear: &["latest"],
    },
    Case {
        ecosystem: Ecosystem::Pub,
        record: "example_client",
        lockfile: "example_client",
        fixed: "0.13.3+2",
        affected: &["0.13.3", "0.13.3+1"],
        free: &["0.13.3+2", "0.13.3+10", "0.13.4-dev"],
        unclear: &["any"],
    },
    Case {
        ecosystem: Ecosystem::Github,
        record: "Example/Changed-Files",
        lockfile: "example/changed-files",
        fixed: "46.0.1",
        affected: &["v45", "v46.0.0"],
        free: &["v46.0.1", "47"],
        unclear: &["0e58ed8671d6b60d0890c21b07f8835ace038e67", "main"],
    },
    Case {
        ecosystem: Ecosystem::Golang,
        record: "github.com/Example/Toml",
        lockfile: "github.com/example/toml",
        fixed: "1.2.0",
        affected: &["v1.1.9", "v1.1.10-0.20200101000000-0123456789ab"],
        free: &["v1.2.0", "v2.0.0+incompatible"],
        unclear: &[],
    },
    Case {
        ecosystem: Ecosystem::Cran,
        record: "exampleR",
        lockfile: "exampleR",
        fixed: "1.2.2-2",
        affected: &["1.2.2", "1.2.2-1", "1.2.2.1"],
        free: &["1.2.2.2", "1.2.2-10"],
        unclear: &["1.2.2a"],
    },
    Case {
        ecosystem: Ecosystem::Hackage,
        record: "Example",
        lockfile: "Example",
        fixed: "0.11.2",
        affected: &["0.11.1.9", "0.11"],
        free: &["0.11.2", "0.11.2.0", "0.12"],
        unclear: &["0.11.2-r1"],
    },
    Case {
        ecosystem: Ecosystem::Julia,
        record: "Example_jll",
        lockfile: "Example_jll",
        fixed: "1.0.7+1",
        affected: &["1.0.7", "1.0.7+0", "1.0.6+9"],
        free: &["1.0.7+1", "1.0.8+0"],
        unclear: &["*"],
    },
];

#[test]
fn every_ecosystem_is_matched_by_its_own_names_and_order() {
    for case in CASES {
        let directory = tempfile::tempdir().unwrap();
        let record = below(
            "X-1",
            &[],
            case.ecosystem.osv_name(),
            case.record,
            case.fixed,
        );
        let database = database(directory.path(), &[record]);
        let found = |version: &str| {
            let part = component(case.ecosystem, case.lockfile, Some(version));
            let outcome = check(&database, vec![part]);
            assert_eq!(outcome.gaps, []);
            let mut details = outcome.findings.iter().map(detail);
            details.next().map(|detail| detail.indeterminate)
        };
        for (versions, expected) in [
            (case.affected, Some(false)),
            (case.free, None),
            (case.unclear, Some(true)),
        ] {
            for version in versions {
                assert_eq!(found(version), expected, "{} {version}", case.lockfile);
            }
        }
    }
}

#[test]
fn listed_versions_meet_in_their_canonical_form() {
    for (ecosystem, name, listed, used) in [
        (Ecosystem::Maven, "org.example:demo", "1.0.0.Final", "1"),
        (Ecosystem::Nuget, "Demo", "1.0-Beta", "1.0.0.0-beta"),
        (Ecosystem::Gem, "demo", "2.0.a", "2.a.0"),
        (Ecosystem::Composer, "a/demo", "v1.0-beta1", "1.0.0.0-b1"),
        (Ecosystem::Cran, "demo", "1.2-3", "1.2.3"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let record = json!({
            "id": "X-1",
            "affected": [{
                "package": { "ecosystem": ecosystem.osv_name(), "name": name },
                "versions": [listed],
            }],
        });
        let database = database(directory.path(), &[record]);
        let outcome = check(&database, vec![component(ecosystem, name, Some(used))]);
        assert_eq!(shown_ids(&outcome), ["X-1"], "{ecosystem}");
    }
}

fn debian(purl: &str) -> Component {
    let mut component = component(Ecosystem::Deb, "libcurl4", Some("7.88.1-10"));
    component.purl = Purl::parse(purl).unwrap();
    component
}

#[test]
fn a_package_of_a_distribution_is_judged_by_its_release_and_source_package() {
    let directory = tempfile::tempdir().unwrap();
    let mut record = below("DSA-1", &[], "Debian:12", "curl", "7.88.1-10+deb12u5");
    let other = below("DSA-1", &[], "Debian:11", "curl", "7.74.0-1");
    let entry = other["affected"][0].clone();
    record["affected"].as_array_mut().unwrap().push(entry);
    let database = database(directory.path(), &[record]);
    let outcome = |qualifiers: &str| {
        let purl = format!("pkg:deb/debian/libcurl4@7.88.1-10?{qualifiers}");
        check(&database, vec![debian(&purl)])
    };
    let found = outcome("distro=debian-12&upstream=curl");
    assert_eq!(shown_ids(&found), ["DSA-1"]);
    assert!(!detail(&found.findings[0]).indeterminate);
    assert_eq!(found.gaps, []);
    assert_eq!(
        outcome("distro=debian-11&upstream=curl"),
        Outcome::default()
    );
    assert_eq!(
        outcome("distro=debian-13&upstream=curl"),
        Outcome::default()
    );
    // The releases do not agree.
    let found = outcome("distro=sid&upstream=curl");
    assert!(detail(&found.findings[0]).indeterminate);
}

#[test]
fn a_package_whose_distribution_or_source_is_not_told_is_a_gap() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(
        directory.path(),
        &[
            below("DSA-1", &[], "Debian:12", "curl", "7.88.1-10+deb12u5"),
            below("GHSA-1", &[], "npm", "demo", "2.0.0"),
        ],
    );
    for purl in [
        "pkg:deb/debian/libcurl4@7.88.1-10?distro=debian-12",
        "pkg:deb/ubuntu/curl@7.88.1-10?distro=ubuntu-22.04&upstream=curl",
        "pkg:deb/curl@7.88.1-10?upstream=curl",
    ] {
        let outcome = check(&database, vec![debian(purl)]);
        assert_eq!(outcome.findings, [], "{purl}");
        assert_eq!(
            gap_ids(&outcome),
            BTreeSet::from(["advisories/ecosystem-not-covered"]),
            "{purl}"
        );
    }
}
