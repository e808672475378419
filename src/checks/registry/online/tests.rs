//! Whom a name is asked of, and what several answers come to. The protocols are tested
//! against servers in `tests/it/registry_online/`.

use super::super::tests::{at, component, file, index, inventory, settings, sha256};
use super::question::questions;
use super::*;
use crate::checks::registry::RegistrySettings;
use crate::model::{Availability, Checksum, Ecosystem, Inventory, Origin};
use std::collections::BTreeMap;

const ONE: &str = "https://one.example/npm/";
const TWO: &str = "https://two.example/npm/";

fn asked(origin: Origin, approved: &[&str], internal: &[&str]) -> Vec<String> {
    let entry = at(1, origin, &[]);
    let inventory = inventory("", vec![component(Ecosystem::Npm, "left-pad", vec![entry])]);
    let settings = settings(Ecosystem::Npm, approved, internal);
    let questions = questions(&inventory);
    assert_eq!(questions.len(), 1);
    questions[0]
        .registries(&settings)
        .into_iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_registry_that_the_lockfile_names_is_asked_if_it_is_approved() {
    let both = [ONE, TWO];
    let two = file("https://two.example/npm/left-pad/-/left-pad-1.3.0.tgz");
    assert_eq!(asked(two, &both, &[]), [TWO]);
    // Else all that are approved, and never the one of the lockfile.
    let evil = file("https://evil.example/npm/left-pad/-/left-pad-1.3.0.tgz");
    assert_eq!(asked(evil, &both, &[]), both);
    assert_eq!(asked(Origin::Unrecorded, &both, &[]), both);
}

#[test]
fn the_default_is_asked_where_the_lockfile_means_it_and_never_for_internal_names() {
    let default = "default=https://one.example/npm/";
    let all = [default, TWO];
    assert_eq!(asked(Origin::ImpliedDefault, &all, &[]), [default]);
    assert_eq!(
        asked(index("https://x.example/", true), &all, &[]),
        [default]
    );
    assert_eq!(asked(Origin::ImpliedDefault, &all, &["left-*"]), [TWO]);
    assert!(asked(Origin::ImpliedDefault, &[default], &["left-*"]).is_empty());
}

#[test]
fn the_longest_approved_path_is_the_registry() {
    let deep = "https://one.example/npm/team/";
    let origin = file("https://one.example/npm/team/left-pad/-/left-pad-1.3.0.tgz");
    assert_eq!(asked(origin, &[ONE, deep], &[]), [deep]);
}

fn present(checksum: &str) -> Reply {
    let facts = VersionFacts {
        files: vec![FileFacts {
            checksums: vec![checksum.to_owned()],
            ..FileFacts::default()
        }],
        ..VersionFacts::default()
    };
    Reply::Present {
        document: String::new(),
        versions: BTreeMap::from([("1.3.0".to_owned(), facts)]),
    }
}

fn failed() -> Reply {
    Reply::Unreachable(Failure {
        kind: FailureKind::NoConnection,
        reason: "no route".to_owned(),
        remedy: "find one".to_owned(),
    })
}

fn world() -> (Inventory, RegistrySettings) {
    let entry = at(1, Origin::Unrecorded, &[sha256(0xaa)]);
    let inventory = inventory("", vec![component(Ecosystem::Npm, "left-pad", vec![entry])]);
    (inventory, settings(Ecosystem::Npm, &[ONE, TWO], &[]))
}

fn answers_of(replies: [Reply; 2]) -> Answers {
    let answers = [ONE, TWO]
        .iter()
        .zip(replies)
        .map(|(registry, reply)| PackageAnswer {
            ecosystem: "npm".to_owned(),
            name: "left-pad".to_owned(),
            registry: (*registry).to_owned(),
            reply,
        })
        .collect();
    Answers::new("2026-11-20T00:00:00Z".to_owned(), answers)
}

fn words(replies: [Reply; 2]) -> Vec<&'static str> {
    let (inventory, settings) = world();
    let now = "2026-11-20T00:00:00Z".parse().unwrap();
    let (_, asked) = judge(
        &inventory,
        &settings,
        &OnlineSettings::default(),
        &answers_of(replies),
        false,
        now,
    );
    asked.components[0].answers.clone()
}

#[test]
fn one_good_answer_is_enough_and_a_silent_registry_excuses_nothing() {
    let good = || present(&format!("sha256:{}", "aa".repeat(32)));
    let bad = || present(&format!("sha256:{}", "bb".repeat(32)));
    assert_eq!(words([good(), Reply::Absent]), ["approved"]);
    assert_eq!(words([failed(), good()]), ["approved"]);
    assert_eq!(words([bad(), good()]), ["approved"]);
    assert_eq!(words([bad(), Reply::Absent]), ["checksum-mismatch"]);
    assert_eq!(
        words([bad(), failed()]),
        ["checksum-mismatch", "unreachable"]
    );
    assert_eq!(words([Reply::Absent, failed()]), ["unreachable"]);
    assert_eq!(words([Reply::Absent, Reply::Absent]), ["absent"]);
    assert_eq!(
        words([present("sha1:00"), Reply::Absent]),
        ["checksum-unknown"]
    );
}

#[test]
fn checksums_that_no_registry_can_give_are_a_gap_and_none_are_not() {
    let words = |checksums: &[Checksum]| {
        let entry = at(1, Origin::Unrecorded, checksums);
        let component = component(Ecosystem::Npm, "left-pad", vec![entry]);
        let (outcome, asked) = judge(
            &inventory("", vec![component]),
            &world().1,
            &OnlineSettings::default(),
            &answers_of([
                present(&format!("sha256:{}", "aa".repeat(32))),
                Reply::Absent,
            ]),
            false,
            "2026-11-20T00:00:00Z".parse().unwrap(),
        );
        let gaps: Vec<_> = outcome.gaps.iter().map(|gap| gap.id).collect();
        (asked.components[0].answers.clone(), gaps)
    };
    let of_yarn = Checksum::Opaque {
        scheme: "yarn-berry",
        value: format!("10c0/{}", "ab".repeat(64)),
    };
    let unknown = (vec!["checksum-unknown"], vec!["registry/checksum-unknown"]);
    assert_eq!(words(std::slice::from_ref(&of_yarn)), unknown);
    let approved = (vec!["approved"], Vec::new());
    assert_eq!(words(&[of_yarn, sha256(0xaa)]), approved);
    assert_eq!(words(&[]), approved);
}

#[test]
fn what_a_registry_says_of_withdrawals_goes_into_the_inventory() {
    let (mut inventory, settings) = world();
    let mut yanked = present("");
    if let Reply::Present { versions, .. } = &mut yanked {
        versions.get_mut("1.3.0").unwrap().yanked = Some(String::new());
    }
    fill_availability(
        &mut inventory,
        &settings,
        &answers_of([yanked, Reply::Absent]),
    );
    assert!(matches!(
        inventory.components[0].availability,
        Availability::Withdrawn { reason: None, .. }
    ));
    fill_availability(
        &mut inventory,
        &settings,
        &answers_of([present(""), failed()]),
    );
    assert!(matches!(
        inventory.components[0].availability,
        Availability::Offered(_)
    ));
}

#[test]
fn a_snapshot_survives_its_file_and_is_sorted_by_it() {
    let answers = answers_of([failed(), present("sha256:00")]);
    let text = answers.render();
    assert_eq!(Answers::parse(text.as_bytes(), "a.json").unwrap(), answers);
    let mut reversed = answers.clone();
    reversed.answers.reverse();
    assert_eq!(
        Answers::parse(reversed.render().as_bytes(), "a.json").unwrap(),
        answers
    );
}
