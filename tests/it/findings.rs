//! What findings say and what the policy makes of them, through the program.

use crate::cli::{run, text, write};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

pub const AT: &str = "2026-11-23T12:00:00Z";

/// An OSV record about versions of a package below `fixed`, or about all.
pub fn record(id: &str, ecosystem: &str, name: &str, fixed: Option<&str>) -> Value {
    let mut events = vec![json!({ "introduced": "0" })];
    events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
    json!({
        "id": id, "modified": "2026-11-20T00:00:00Z", "summary": format!("about {id}"),
        "affected": [{
            "package": { "ecosystem": ecosystem, "name": name },
            "ranges": [{ "type": "ECOSYSTEM", "events": events }],
        }],
    })
}

/// Writes records, a catalogue and scores, and imports what there is of them.
pub fn import(root: &Path, records: &[Value], catalogue: &[&str], scores: &[(&str, &str)]) {
    let _ = std::fs::remove_dir_all(root.join("sources"));
    for (index, record) in records.iter().enumerate() {
        write(root, &format!("sources/{index}.json"), record.to_string());
    }
    if !catalogue.is_empty() {
        let entries: Vec<Value> = catalogue
            .iter()
            .map(|id| {
                json!({ "cveID": id, "dateAdded": "2026-03-01", "dueDate": "2026-03-22",
                        "knownRansomwareCampaignUse": "Known" })
            })
            .collect();
        let whole = json!({ "title": "c", "catalogVersion": "2026.11.20", "count": entries.len(),
            "dateReleased": "2026-11-20T10:00:00.0000Z", "vulnerabilities": entries });
        let name = "sources/known_exploited_vulnerabilities.json";
        write(root, name, whole.to_string());
    }
    if !scores.is_empty() {
        let mut csv =
            "#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\n".to_owned();
        for (id, score) in scores {
            csv.push_str(&format!("{id},{score},0.5\n"));
        }
        write(root, "sources/epss_scores-2026-11-20.csv", csv);
    }
    run(root, &["db", "import", "--from", "sources"], 0);
}

/// A project whose package-lock.json holds packages: name, version, more keys.
pub fn project(root: &Path, packages: &[(&str, &str, &str)]) {
    let names: Vec<String> = packages
        .iter()
        .map(|p| format!("\"{}\": \"*\"", p.0))
        .collect();
    let entries: Vec<String> = packages
        .iter()
        .map(|(name, version, more)| {
            format!("    \"node_modules/{name}\": {{ \"version\": \"{version}\"{more} }}")
        })
        .collect();
    write(
        root,
        "app/package-lock.json",
        format!(
            "{{ \"name\": \"app\", \"version\": \"1.0.0\", \"lockfileVersion\": 3, \"packages\": {{\n    \
             \"\": {{ \"name\": \"app\", \"version\": \"1.0.0\", \"dependencies\": {{ {} }} }},\n{}\n}} }}\n",
            names.join(", "),
            entries.join(",\n")
        ),
    );
}

/// The JSON report of a check of advisories alone.
pub fn check(root: &Path, policy: &str, more: &[&str], code: i32) -> Value {
    let mut arguments = vec![
        "check",
        "app",
        "--only",
        "advisories",
        "--at",
        AT,
        "--format",
        "json",
        "--policy",
        policy,
    ];
    arguments.extend(more);
    serde_json::from_str(&text(&run(root, &arguments, code).stdout)).unwrap()
}

fn gap_ids(report: &Value) -> Vec<&str> {
    let gaps = report["gaps"].as_array().unwrap();
    gaps.iter().map(|gap| gap["id"].as_str().unwrap()).collect()
}

fn with_vector(mut record: Value, aliases: &[&str], vector: &str) -> Value {
    record["aliases"] = json!(aliases);
    record["severity"] = json!([{ "type": "CVSS_V3", "score": vector }]);
    record
}

const LOW: &str = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
const CRITICAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

#[test]
fn a_known_exploited_vulnerability_blocks_below_every_threshold_and_comes_first() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let records = [
        with_vector(
            record("GHSA-low", "npm", "tar", None),
            &["CVE-2026-0001"],
            LOW,
        ),
        with_vector(
            record("GHSA-top", "npm", "tar", Some("2.0.0")),
            &["CVE-2026-0002"],
            CRITICAL,
        ),
    ];
    project(root, &[("tar", "1.0.0", "")]);
    import(
        root,
        &records,
        &["CVE-2026-0001"],
        &[("CVE-2026-0002", "0.90000")],
    );
    let report = check(root, "baseline", &[], 1);
    let first = &report["findings"][0];
    assert_eq!(first["advisory"]["id"], "GHSA-low");
    assert_eq!(first["severity"], "low");
    assert_eq!(first["disposition"], "block");
    assert_eq!(
        first["reason"],
        "known exploited since 2026-03-01, and `block-known-exploited = true`"
    );
    assert_eq!(
        first["advisory"]["known_exploited"],
        json!({ "date_added": "2026-03-01", "due": "2026-03-22", "ransomware": true })
    );
    assert_eq!(
        report["findings"][1]["advisory"]["epss"]["score_e5"],
        90_000
    );
    // The twin without the catalogue: low and without a fix, so it is only reported, and
    // what could not be judged is said.
    import(root, &records[..1], &[], &[]);
    let report = check(root, "baseline", &[], 0);
    assert_eq!(report["findings"][0]["disposition"], "report");
    assert!(gap_ids(&report).contains(&"advisories/no-exploit-data"));
    let report = check(root, "strict", &[], 3);
    assert_eq!(report["findings"][0]["disposition"], "report");
    assert!(gap_ids(&report).contains(&"advisories/no-exploit-data"));
}

#[test]
fn a_score_blocks_where_the_policy_names_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &[("tar", "1.0.0", "")]);
    let low = with_vector(
        record("GHSA-low", "npm", "tar", None),
        &["CVE-2026-0001"],
        LOW,
    );
    import(root, &[low], &[], &[("CVE-2026-0001", "0.30000")]);
    for (limit, code) in [("0.3", 1), ("0.30001", 0)] {
        let policy = format!(
            "schema = 1\nname = \"p\"\nversion = 1\nextends = \"baseline\"\n[advisories]\nblock-epss = {limit}\n"
        );
        write(root, "policy.toml", policy);
        check(root, "policy.toml", &[], code);
    }
}

/// How often each format names a finding as one.
fn counts(root: &Path, id: &str) -> Vec<(&'static str, usize)> {
    let arguments = |format: &str| {
        run(
            root,
            &[
                "check",
                "app",
                "--only",
                "advisories",
                "--at",
                AT,
                "--all",
                "--format",
                format,
            ],
            1,
        )
    };
    let out = |format: &str| text(&arguments(format).stdout);
    let json: Value = serde_json::from_str(&out("json")).unwrap();
    let sarif: Value = serde_json::from_str(&out("sarif")).unwrap();
    let of = |list: &Value, is_it: &dyn Fn(&Value) -> bool| {
        list.as_array().unwrap().iter().filter(|v| is_it(v)).count()
    };
    let lines = |text: String, part: &str| text.lines().filter(|l| l.contains(part)).count();
    vec![
        (
            "json",
            of(&json["findings"], &|f| f["advisory"]["id"] == id),
        ),
        (
            "sarif",
            of(&sarif["runs"][0]["results"], &|r| {
                r["ruleId"].as_str().unwrap().ends_with(&format!("/{id}"))
            }),
        ),
        ("junit", lines(out("junit"), &format!("name=\"{id} in "))),
        (
            "markdown",
            lines(out("markdown"), &format!("advisories/vulnerability {id} |")),
        ),
        (
            "github",
            lines(
                out("github"),
                &format!("title=advisories/vulnerability {id}::"),
            ),
        ),
        (
            "human",
            lines(out("human"), &format!("[advisories/vulnerability {id}]")),
        ),
    ]
}

#[test]
fn records_of_one_group_are_one_finding_in_every_format_and_an_umbrella_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &[("tar", "1.0.0", "")]);
    let aliased = |id: &str, aliases: &[&str]| {
        with_vector(record(id, "npm", "tar", Some("2.0.0")), aliases, CRITICAL)
    };
    import(
        root,
        &[
            aliased("GHSA-a", &["CVE-2026-0001"]),
            aliased("PRIVATE-a", &["CVE-2026-0001"]),
            aliased("GHSA-b", &["CVE-2026-0002"]),
            aliased("GHSA-umbrella", &["CVE-2026-0001", "CVE-2026-0002"]),
        ],
        &[],
        &[],
    );
    for (id, expected) in [
        ("GHSA-a", 1),
        ("GHSA-b", 1),
        ("GHSA-umbrella", 1),
        ("PRIVATE-a", 0),
    ] {
        for (format, number) in counts(root, id) {
            assert_eq!(number, expected, "{format} {id}");
        }
    }
    let report = check(root, "baseline", &[], 1);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3);
    let of = |id: &str| findings.iter().find(|f| f["advisory"]["id"] == id).unwrap();
    assert_eq!(
        of("GHSA-a")["advisory"]["related"],
        json!(["GHSA-umbrella"])
    );
    assert_eq!(
        of("GHSA-umbrella")["advisory"]["related"],
        json!([
            "CVE-2026-0001",
            "CVE-2026-0002",
            "GHSA-a",
            "GHSA-b",
            "PRIVATE-a"
        ])
    );
}

#[test]
fn a_withdrawn_record_informs_and_a_deprecated_version_blocks_where_the_policy_is_strict() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(
        root,
        &[("tar", "1.0.0", ", \"deprecated\": \"use another\"")],
    );
    let mut withdrawn = with_vector(record("GHSA-w", "npm", "tar", None), &[], CRITICAL);
    withdrawn["withdrawn"] = json!("2026-11-01T00:00:00Z");
    import(root, &[withdrawn], &["CVE-2026-0009"], &[]);
    let rules = |report: &Value| -> Vec<(String, String)> {
        let findings = report["findings"].as_array().unwrap();
        let text = |f: &Value, key: &str| f[key].as_str().unwrap().to_owned();
        findings
            .iter()
            .map(|f| (text(f, "rule"), text(f, "disposition")))
            .collect()
    };
    let pair = |rule: &str, disposition: &str| (rule.to_owned(), disposition.to_owned());
    let report = check(root, "baseline", &[], 0);
    assert_eq!(
        rules(&report),
        [
            pair("advisories/yanked", "report"),
            pair("advisories/withdrawn", "report")
        ]
    );
    assert_eq!(report["findings"][0]["yanked"]["reason"], "use another");
    assert_eq!(report["findings"][0]["yanked"]["source"], "lockfile");
    let report = check(root, "strict", &[], 1);
    assert_eq!(
        rules(&report),
        [
            pair("advisories/yanked", "block"),
            pair("advisories/withdrawn", "report")
        ]
    );
}

#[test]
fn cargos_index_cache_is_asked_only_with_read_caches_and_only_about_the_locked_package() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let checksum = "ab".repeat(32);
    write(
        root,
        "app/Cargo.lock",
        format!(
            "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"demo\"]\n\n\
             [[package]]\nname = \"demo\"\nversion = \"1.2.3\"\n\
             source = \"registry+https://index.example/crates\"\nchecksum = \"{checksum}\"\n"
        ),
    );
    import(
        root,
        &[record("RUSTSEC-1", "crates.io", "other", None)],
        &["CVE-2026-0009"],
        &[],
    );
    let cached = |yanked: bool, checksum: &str| {
        let mut bytes = vec![3, 2, 0, 0, 0];
        bytes.extend(b"etag: x\01.2.3\0");
        let entry = json!({ "name": "demo", "vers": "1.2.3", "deps": [], "features": {},
                            "cksum": checksum, "yanked": yanked });
        bytes.extend(entry.to_string().bytes());
        bytes.push(0);
        let place = ".cargo/registry/index/index.example-0123456789abcdef/.cache/de/mo/demo";
        write(root, place, bytes);
    };
    let asked = |more: &[&str]| {
        let report = check(root, "baseline", more, 0);
        let rules = report["findings"].as_array().unwrap().iter();
        let rules: Vec<String> = rules
            .map(|f| f["rule"].as_str().unwrap().to_owned())
            .collect();
        (
            rules,
            gap_ids(&report).contains(&"advisories/yank-data-absent"),
        )
    };
    cached(true, &checksum);
    assert_eq!(asked(&[]), (vec![], true));
    let yanked = vec!["advisories/yanked".to_owned()];
    assert_eq!(asked(&["--read-caches"]), (yanked, false));
    cached(false, &checksum);
    assert_eq!(asked(&["--read-caches"]), (vec![], false));
    cached(true, &"cd".repeat(32));
    assert_eq!(asked(&["--read-caches"]), (vec![], true));
}

const HEAD: &str = "schema = 1\nname = \"p\"\nversion = 1\nextends = \"baseline\"\n";

#[test]
fn a_source_that_is_too_old_makes_the_verdict_inconclusive() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &[("tar", "9.0.0", "")]);
    let records = [
        record("GHSA-1", "npm", "tar", Some("2.0.0")),
        record("PYSEC-1", "PyPI", "demo", None),
    ];
    import(root, &records, &["CVE-2026-0009"], &[]);
    let of = |ages: &str, code: i32| {
        write(
            root,
            "policy.toml",
            format!("{HEAD}[advisories.max-age]\n{ages}"),
        );
        check(root, "policy.toml", &[], code)
    };
    let report = of("\"OSV npm\" = \"2d\"\n", 3);
    assert!(gap_ids(&report).contains(&"advisories/stale-database"));
    let source = &report["database"]["sources"];
    let of_npm = source
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "OSV npm");
    assert_eq!(of_npm.unwrap()["age_days"], 3);
    assert_eq!(of_npm.unwrap()["used_for"], "advisories");
    // The twins: young enough, or about an ecosystem that is not there.
    of("\"OSV npm\" = \"4d\"\n", 0);
    of("\"OSV PyPI\" = \"1d\"\n", 0);
    of(
        "\"*\" = \"2d\"\n\"OSV npm\" = \"4d\"\n\"KEV\" = \"4d\"\n",
        0,
    );
    of("\"*\" = \"2d\"\n\"OSV npm\" = \"4d\"\n", 3);
    write(
        root,
        "policy.toml",
        format!("{HEAD}[advisories.max-age]\n\"OSV NPM\" = \"4d\"\n"),
    );
    let bad: Output = run(root, &["check", "app", "--policy", "policy.toml"], 2);
    assert!(
        text(&bad.stderr).contains("did you mean `OSV npm`?"),
        "{bad:?}"
    );
}

#[test]
fn the_scope_of_a_component_is_shown_and_may_have_a_level() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &[("tar", "1.0.0", ", \"dev\": true")]);
    let critical = with_vector(record("GHSA-1", "npm", "tar", Some("2.0.0")), &[], CRITICAL);
    import(root, &[critical], &["CVE-2026-0009"], &[]);
    let report = check(root, "baseline", &[], 1);
    assert_eq!(report["findings"][0]["advisory"]["scope"], "dev");
    assert_eq!(
        report["findings"][0]["advisory"]["introduced_by"],
        json!(["app@1.0.0", "tar@1.0.0"])
    );
    write(
        root,
        "policy.toml",
        format!("{HEAD}[advisories.scopes]\ndev = \"report\"\n"),
    );
    let report = check(root, "policy.toml", &[], 0);
    assert_eq!(
        report["findings"][0]["reason"],
        "`dev` under [advisories.scopes]"
    );
}

#[test]
fn a_waiver_for_versions_covers_those_alone_and_says_so_at_the_finding() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let critical = with_vector(
        record("GHSA-1", "npm", "tar", Some("2.0.0")),
        &["CVE-2026-0001"],
        CRITICAL,
    );
    import(root, &[critical], &["CVE-2026-0009"], &[]);
    write(
        root,
        "policy.toml",
        format!(
            "{HEAD}[[waiver]]\nid = \"CVE-2026-0001\"\ncomponent = \"pkg:npm/tar\"\n\
             versions = \">=1.0.0, <1.2.0\"\nowner = \"o\"\nreason = \"r\"\nexpires = 2026-12-31\n"
        ),
    );
    project(root, &[("tar", "1.1.9", "")]);
    let report = check(root, "policy.toml", &[], 0);
    assert_eq!(report["findings"][0]["disposition"], "waived");
    assert_eq!(report["findings"][0]["waiver"]["id"], "CVE-2026-0001");
    for (version, why) in [("1.2.0", "other-version"), ("next", "version-unknown")] {
        project(root, &[("tar", version, "")]);
        let code = if version == "next" { 3 } else { 1 };
        let report = check(root, "policy.toml", &[], code);
        assert_eq!(report["findings"][0]["lapsed_waivers"][0]["why"], why);
        assert_eq!(report["waivers"][0]["state"], "unused");
        assert_eq!(
            report["waivers"][0]["about"],
            json!([format!("GHSA-1 tar@{version}")])
        );
    }
}
