//! How old sources may be, and what must be there.

use super::*;

fn source(name: &str, newest: Option<&str>) -> SourceInfo {
    SourceInfo {
        name: name.to_owned(),
        records: 1,
        bad_records: 0,
        newest: newest.map(str::to_owned),
        used_for: SourceUse::of_source(name, &ecosystems()),
    }
}

fn ecosystems() -> BTreeSet<Ecosystem> {
    BTreeSet::from([Ecosystem::Npm, Ecosystem::Cargo])
}

/// The messages of gaps of one id.
fn gaps(policy: &Policy, sources: Vec<SourceInfo>, id: &str) -> Vec<String> {
    let checked = Checked {
        database: Some(DatabaseInfo {
            digest: String::new(),
            sources,
        }),
        ecosystems: ecosystems(),
        ..Checked::default()
    };
    let verdict = evaluate(policy, checked, now()).unwrap();
    let gaps = verdict.gaps.into_iter();
    gaps.filter(|judged| judged.gap.id == id)
        .inspect(|judged| assert_eq!(judged.disposition, Disposition::Inconclusive))
        .map(|judged| judged.gap.message)
        .collect()
}

fn stale(rest: &str, sources: Vec<SourceInfo>) -> Vec<String> {
    gaps(&policy(rest), sources, "advisories/stale-database")
}

const YESTERDAY: Option<&str> = Some("2026-11-22T00:00:00Z");
const LAST_MONTH: Option<&str> = Some("2026-10-22T00:00:00Z");

#[test]
fn an_old_source_of_the_database_is_a_gap_where_the_policy_names_an_age() {
    let sources = || {
        vec![
            source("OSV npm", YESTERDAY),
            source("RustSec", Some("2026-01-01T00:00:00Z")),
            source("undated", None),
            source("tomorrow's clock", Some("2026-11-24T00:00:00Z")),
            source("next year's", Some("2027-11-24T00:00:00Z")),
            source("no date", Some("yesterday")),
            SourceInfo {
                records: 0,
                bad_records: 1,
                ..source("unreadable", None)
            },
        ]
    };
    let found = stale("[advisories]\nmax-age-days = 30\n", sources());
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found.contains(
            &"the newest record of RustSec is from 2026-01-01T00:00:00Z, older than \
              `max-age-days = 30` under [advisories] allows"
                .to_owned()
        ),
        "{found:?}"
    );
    assert_eq!(stale("", sources()), [""; 0]);
}

#[test]
fn a_source_has_its_own_age_before_the_wildcard_and_that_before_the_common_one() {
    let sources = || vec![source("OSV npm", LAST_MONTH), source("RustSec", LAST_MONTH)];
    let of = |rest: &str| stale(rest, sources()).len();
    assert_eq!(of("[advisories.max-age]\n\"OSV npm\" = \"7d\"\n"), 1);
    assert_eq!(
        of("[advisories.max-age]\n\"OSV npm\" = \"7d\"\n\"*\" = \"90d\"\n"),
        1
    );
    assert_eq!(
        of("[advisories.max-age]\n\"OSV npm\" = \"90d\"\n\"*\" = \"1h\"\n"),
        1
    );
    assert_eq!(of("[advisories.max-age]\n\"*\" = \"4w\"\n"), 2);
    assert_eq!(
        of("[advisories]\nmax-age-days = 7\n[advisories.max-age]\n\"*\" = \"90d\"\n"),
        0
    );
    assert_eq!(
        of("[advisories]\nmax-age-days = 7\n[advisories.max-age]\n\"OSV npm\" = \"90d\"\n"),
        1
    );
}

#[test]
fn a_source_that_says_nothing_about_this_inventory_cannot_be_too_old() {
    let rest = "[advisories.max-age]\n\"*\" = \"7d\"\n";
    assert_eq!(stale(rest, vec![source("OSV PyPI", LAST_MONTH)]), [""; 0]);
    assert_eq!(
        stale(rest, vec![source("OSV crates.io", LAST_MONTH)]).len(),
        1
    );
    // A private directory tells by its name nothing of what it is about.
    assert_eq!(stale(rest, vec![source("in-house", LAST_MONTH)]).len(), 1);
    let of = |key: &str, name: &str| {
        let rest = format!("[advisories]\n{key}\n{rest}");
        stale(&rest, vec![source(name, LAST_MONTH)]).len()
    };
    assert_eq!(of("block-known-exploited = true", "KEV"), 1);
    assert_eq!(of("block-known-exploited = false", "KEV"), 0);
    assert_eq!(of("block-epss = 0.1", "EPSS"), 1);
    assert_eq!(of("", "EPSS"), 0);
}

#[test]
fn a_source_that_the_policy_names_must_be_there_if_it_matters() {
    let of = |name: &str| {
        let rest = format!("[advisories.max-age]\n\"{name}\" = \"7d\"\n");
        stale(&rest, vec![source("OSV npm", YESTERDAY)])
    };
    assert_eq!(
        of("RustSec"),
        ["the database has no source `RustSec`, which [advisories.max-age] names"]
    );
    assert_eq!(of("in-house").len(), 1);
    assert_eq!(of("OSV npm").len(), 0);
    assert_eq!(of("OSV Go").len(), 0, "no module in the inventory");
    let text = format!("{HEAD}[advisories.max-age]\n\"OSV NPM\" = \"7d\"\n");
    assert!(matches!(
        Policy::parse(text.as_bytes(), "p", IDS).unwrap_err(),
        PolicyError::UnknownSource { nearest: Some(nearest), .. } if nearest == "OSV npm"
    ));
}

#[test]
fn knowledge_about_attacks_that_the_policy_judges_by_must_be_there() {
    let absent = |rest: &str, sources| gaps(&policy(rest), sources, "advisories/no-exploit-data");
    let npm = || source("OSV npm", YESTERDAY);
    let empty = || SourceInfo {
        records: 0,
        ..source("KEV", YESTERDAY)
    };
    assert_eq!(absent("", vec![npm()]).len(), 1, "exploited is on");
    assert_eq!(absent("", vec![npm(), empty()]).len(), 1);
    assert_eq!(absent("", vec![npm(), source("KEV", YESTERDAY)]), [""; 0]);
    let off = "[advisories]\nblock-known-exploited = false\n";
    assert_eq!(absent(off, vec![npm()]), [""; 0]);
    let scores = format!("{off}block-epss = 0.2\n");
    assert_eq!(
        absent(&scores, vec![npm()]),
        ["the database has no EPSS scores, so `block-epss` of the policy judged nothing"]
    );
    assert_eq!(
        absent(&scores, vec![npm(), source("EPSS", YESTERDAY)]),
        [""; 0]
    );
}
