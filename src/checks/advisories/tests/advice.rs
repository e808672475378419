use super::super::advise;
use super::*;
use crate::model::{Advice, LockfileRead, Means, Upgrade};

/// Everything that the check finds blocks.
fn advice_for(database: &Database, inventory: &Inventory) -> Advice {
    let outcome = check_inventory(&Paths::of(inventory), Some(database)).unwrap();
    let blocking: Vec<&Finding> = outcome.findings.iter().collect();
    let advice = advise(&Paths::of(inventory), &blocking, database).unwrap();
    // Every finding is accounted for once, and the same again gives the same.
    assert_eq!(advice.cleared() + advice.uncleared.len(), blocking.len());
    assert_eq!(
        advise(&Paths::of(inventory), &blocking, database).unwrap(),
        advice
    );
    advice
}

fn advice(records: &[Value], components: Vec<Component>) -> Advice {
    let directory = tempfile::tempdir().unwrap();
    let database = database(directory.path(), records);
    advice_for(&database, &inventory(components))
}

/// `name from,from -> to`, with `!` before a `from` for which it is a break.
fn shown(advice: &Advice) -> Vec<String> {
    let step = |step: &crate::model::Step| {
        let mark = if step.is_compatible { "" } else { "!" };
        format!("{mark}{}", step.from)
    };
    let upgrade = |upgrade: &Upgrade| {
        let from: Vec<String> = upgrade.steps.iter().map(step).collect();
        format!("{} {} -> {}", upgrade.name, from.join(","), upgrade.to)
    };
    advice.upgrades.iter().map(upgrade).collect()
}

/// A record with ranges of introduced and fixed.
fn ranges(id: &str, name: &str, list: &[(&str, Option<&str>)]) -> Value {
    let mut record = below(id, &[], "npm", name, "1");
    let ranges: Vec<Value> = list
        .iter()
        .map(|(introduced, fixed)| {
            let mut events = vec![json!({ "introduced": introduced })];
            events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
            json!({ "type": "SEMVER", "events": events })
        })
        .collect();
    record["affected"][0]["ranges"] = json!(ranges);
    record
}

fn demo(versions: &[&str]) -> Vec<Component> {
    versions.iter().map(|version| npm(version)).collect()
}

#[test]
fn one_upgrade_clears_every_alias_group_of_a_component() {
    let found = advice(
        &[
            ranges("GHSA-1", "demo", &[("0", Some("1.2.0"))]),
            ranges("GHSA-2", "demo", &[("0", Some("1.5.0"))]),
        ],
        demo(&["1.0.0"]),
    );
    assert_eq!(shown(&found), ["demo 1.0.0 -> 1.5.0"]);
    assert_eq!(found.at_least, 1);
    let ids: Vec<&str> = found.upgrades[0].steps[0]
        .clears
        .iter()
        .map(|cleared| cleared.id.as_str())
        .collect();
    assert_eq!(ids, ["GHSA-1", "GHSA-2"]);
    assert!(found.upgrades[0].remaining.is_empty());
}

#[test]
fn a_target_has_no_other_advisory() {
    // 1.2.0 ends the first and is itself meant by the second, which is not in force at 1.0.0.
    let found = advice(
        &[
            ranges("GHSA-1", "demo", &[("0", Some("1.2.0"))]),
            ranges("GHSA-2", "demo", &[("1.1.0", Some("1.3.0"))]),
        ],
        demo(&["1.0.0"]),
    );
    assert_eq!(shown(&found), ["demo 1.0.0 -> 1.3.0"]);
    let none = advice(
        &[
            ranges("GHSA-1", "demo", &[("0", Some("1.2.0"))]),
            ranges("GHSA-2", "demo", &[("1.1.0", None)]),
        ],
        demo(&["1.0.0"]),
    );
    assert!(none.upgrades.is_empty());
    assert_eq!(
        none.uncleared[0].why,
        "every version that fixes it has other advisories: 1.2.0 has GHSA-2"
    );
}

#[test]
fn one_target_for_several_locked_versions_is_fewer_than_one_for_each() {
    let records = [ranges(
        "GHSA-1",
        "demo",
        &[("1.0.0", Some("1.2.0")), ("2.0.0", Some("2.2.0"))],
    )];
    let found = advice(&records, demo(&["1.0.0", "2.0.0"]));
    assert_eq!(shown(&found), ["demo !1.0.0,2.0.0 -> 2.2.0"]);
    assert_eq!(found.at_least, 1);
    let steps = &found.upgrades[0].steps;
    assert_eq!(steps[0].compatible_instead.as_deref(), Some("1.2.0"));
    assert_eq!(steps[1].compatible_instead, None);
    // At equal number the compatible and shorter step is taken.
    let one = advice(&records, demo(&["1.0.0"]));
    assert_eq!(shown(&one), ["demo 1.0.0 -> 1.2.0"]);
}

#[test]
fn where_no_target_fits_all_locked_versions_there_are_several() {
    // What is known of 2.5.0 is not in force at 1.0.0, so that version must not go there.
    let found = advice(
        &[
            ranges(
                "GHSA-1",
                "demo",
                &[("1.0.0", Some("1.5.0")), ("2.0.0", Some("2.5.0"))],
            ),
            ranges("GHSA-2", "demo", &[("2.0.0", None)]),
        ],
        demo(&["1.0.0", "2.0.0"]),
    );
    assert_eq!(
        shown(&found),
        ["demo 1.0.0 -> 1.5.0", "demo 2.0.0 -> 2.5.0"]
    );
    assert_eq!(found.at_least, 2);
    assert_eq!(found.upgrades[1].remaining, ["GHSA-2"]);
    assert_eq!(found.uncleared[0].id, "GHSA-2");
    assert_eq!(found.uncleared[0].why, "no version is known that fixes it");
}

#[test]
fn a_release_is_taken_before_a_pre_release_and_a_release_that_is_here_may_be_the_target() {
    let found = advice(
        &[
            ranges("GHSA-1", "demo", &[("0", Some("2.0.0-rc.1"))]),
            ranges(
                "GHSA-2",
                "demo",
                &[
                    ("2.0.0-beta.1", Some("2.0.0-beta.9")),
                    ("2.0.0-rc.5", Some("2.0.0")),
                ],
            ),
        ],
        demo(&["1.0.0"]),
    );
    assert_eq!(shown(&found), ["demo !1.0.0 -> 2.0.0"]);
    let mut record = below("GHSA-1", &[], "npm", "demo", "1");
    record["affected"][0]["ranges"][0]["events"] =
        json!([{ "introduced": "0" }, { "last_affected": "1.2.5" }]);
    let here = advice(&[record.clone()], demo(&["1.2.5", "1.2.8"]));
    assert_eq!(shown(&here), ["demo 1.2.5 -> 1.2.8"]);
    let alone = advice(&[record], demo(&["1.2.5"]));
    assert_eq!(alone.uncleared[0].why, "no version is known that fixes it");
}

#[test]
fn malicious_and_unordered_versions_are_told_apart() {
    let mut malicious = ranges("MAL-2026-1", "demo", &[("0", None)]);
    malicious["affected"][0]["versions"] = json!([]);
    let found = advice(
        &[
            malicious,
            ranges("GHSA-1", "other", &[("0", Some("1.0.0"))]),
        ],
        vec![
            npm("1.0.0"),
            component(Ecosystem::Npm, "other", Some("not-a-version")),
        ],
    );
    let why: Vec<&str> = found.uncleared.iter().map(|one| one.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "it is malicious: remove it",
            "its version has no place in the order of versions"
        ]
    );
}

/// A product that uses `parent`, which uses `demo`, both also by way of `other`.
fn with_graph(format: &'static str, demo_version: &str) -> Inventory {
    let of = |name: &str, version: &str| component(Ecosystem::Npm, name, Some(version));
    let mut found = inventory(vec![
        of("demo", demo_version),
        of("other", "1.0.0"),
        of("parent", "1.0.0"),
    ]);
    let purl = |name: &str, version: &str| of(name, version).purl;
    let (demo, other, parent) = (
        purl("demo", demo_version),
        purl("other", "1.0.0"),
        purl("parent", "1.0.0"),
    );
    found.direct = BTreeSet::from([other.clone(), parent.clone()]);
    found.edges = BTreeMap::from([
        (parent, BTreeSet::from([demo.clone()])),
        (other, BTreeSet::from([demo])),
    ]);
    found.lockfiles = vec![LockfileRead {
        path: "lock".to_owned(),
        format,
        packages: 3,
        has_graph: true,
        digest: crate::support::hash::sha256(b""),
    }];
    found
}

#[test]
fn a_step_says_what_to_change_through_what_and_how() {
    let directory = tempfile::tempdir().unwrap();
    let record = ranges(
        "GHSA-1",
        "demo",
        &[("0", Some("1.2.0")), ("2.0.0", Some("3.0.0"))],
    );
    let database = database(directory.path(), &[record]);
    let step = |inventory: &Inventory| {
        let advice = advice_for(&database, inventory);
        let step = advice.upgrades[0].steps[0].clone();
        let commands: Vec<String> = step.commands.into_iter().map(|c| c.text).collect();
        (step.means, step.through, commands)
    };
    let both = ["other@1.0.0".to_owned(), "parent@1.0.0".to_owned()];
    let (means, through, commands) = step(&with_graph("package-lock", "1.0.0"));
    assert_eq!((means, through), (Means::Lock, both.to_vec()));
    assert_eq!(commands, ["npm update demo"]);
    let (means, through, commands) = step(&with_graph("package-lock", "2.0.0"));
    assert_eq!((means, through), (Means::Indirect, both.to_vec()));
    assert!(
        commands[0].contains("\"overrides\": {\"demo\": \"3.0.0\"}"),
        "{commands:?}"
    );
    let mut direct = with_graph("package-lock", "2.0.0");
    direct.direct.insert(npm("2.0.0").purl);
    let (means, through, commands) = step(&direct);
    assert_eq!((means, through), (Means::Direct, Vec::new()));
    assert_eq!(commands, ["npm install demo@3.0.0"]);
    for component in &mut direct.components {
        component.occurrences[0].scope = Scope::Dev;
    }
    let (_, _, commands) = step(&direct);
    assert_eq!(commands, ["npm install --save-dev demo@3.0.0"]);
    // An SBOM has no client.
    let (means, _, commands) = step(&with_graph("cyclonedx-json", "1.0.0"));
    assert_eq!((means, commands.len()), (Means::Lock, 0));
}

#[test]
fn advice_about_every_ecosystem_of_a_product_is_one_set() {
    let found = advice(
        &[
            ranges("GHSA-1", "demo", &[("0", Some("1.2.0"))]),
            below("PYSEC-1", &[], "PyPI", "Foo.Bar", "2.0"),
            below("RUSTSEC-1", &[], "crates.io", "time", "0.2.23"),
        ],
        vec![
            npm("1.0.0"),
            component(Ecosystem::Pypi, "foo-bar", Some("1.0")),
            component(Ecosystem::Cargo, "time", Some("0.1.43")),
        ],
    );
    assert_eq!(
        shown(&found),
        [
            "time !0.1.43 -> 0.2.23",
            "demo 1.0.0 -> 1.2.0",
            "foo-bar !1.0 -> 2.0"
        ]
    );
    assert_eq!(found.at_least, 3);
}
