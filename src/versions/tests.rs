use super::*;

mod ecosystems;
mod properties;

fn order(ecosystem: Ecosystem, a: &str, b: &str) -> Ordering {
    compare(ecosystem, a, b).unwrap()
}

#[test]
fn zero_alone_stands_before_every_semver_version() {
    assert_eq!(order(Ecosystem::Cargo, "0", "0.0.0-0"), Ordering::Less);
    assert_eq!(order(Ecosystem::Npm, "0.0.0", "0"), Ordering::Greater);
    assert_eq!(order(Ecosystem::Golang, "0", "0"), Ordering::Equal);
    assert_eq!(order(Ecosystem::Cargo, "0", "0.0"), Ordering::Less);
}

#[test]
fn go_pseudo_versions_are_pre_releases_of_the_next_version() {
    let go = |a, b| order(Ecosystem::Golang, a, b);
    assert_eq!(
        go(
            "v0.0.0-20190101000000-abcdefabcdef",
            "v0.0.0-20200101000000-000000000000"
        ),
        Ordering::Less
    );
    assert_eq!(
        go("v1.2.4-0.20190101000000-abcdefabcdef", "1.2.3"),
        Ordering::Greater
    );
    assert_eq!(
        go("v1.2.4-0.20190101000000-abcdefabcdef", "1.2.4"),
        Ordering::Less
    );
    assert_eq!(go("v2.0.0+incompatible", "2.0.0"), Ordering::Equal);
}

#[test]
fn missing_numbers_are_zero_and_build_metadata_does_not_count() {
    assert_eq!(order(Ecosystem::Npm, "1.2", "1.2.0+x"), Ordering::Equal);
    assert_eq!(order(Ecosystem::Npm, "1", "1.0.0-rc.1"), Ordering::Greater);
}

#[test]
fn what_semver_does_not_order_is_incomparable() {
    for text in [
        "",
        "x",
        "1.2.x",
        "1..2",
        "1.2.3-",
        "1.2.3-a..b",
        "1.2.3-ä",
        ">=1",
        "v",
    ] {
        assert!(
            compare(Ecosystem::Npm, text, "1.0.0").is_err(),
            "`{text}` was ordered"
        );
    }
    assert!(compare(Ecosystem::Npm, "1.2.3.4", "1.2.3.5").is_err());
    assert_eq!(order(Ecosystem::Npm, "1.2.3.4", "1.2.4"), Ordering::Less);
    assert!(compare(Ecosystem::Npm, &"1".repeat(600), "1.0.0").is_err());
}

#[test]
fn python_knows_epochs_development_post_and_local_versions() {
    let py = |a, b| order(Ecosystem::Pypi, a, b);
    assert_eq!(py("1!0.1", "99.0"), Ordering::Greater);
    assert_eq!(py("1.0.dev3", "1.0a1"), Ordering::Less);
    assert_eq!(py("1.0.post1", "1.0"), Ordering::Greater);
    assert_eq!(py("1.2.3+corp1", "1.2.3"), Ordering::Greater);
    assert_eq!(py("1.0", "1.0.0"), Ordering::Equal);
    assert_eq!(py("1.0-1", "1.0.post1"), Ordering::Equal);
}

#[test]
fn a_python_number_over_64_bits_is_incomparable_and_not_taken_for_an_old_version() {
    assert!(compare(Ecosystem::Pypi, "99999999999999999999.1", "1.0").is_err());
    assert!(compare(Ecosystem::Pypi, "", "1.0").is_err());
}

#[test]
fn versions_equal_in_order_have_one_canonical_text() {
    let canonical = |scheme, text| Version::parse(scheme, text).unwrap().canonical();
    assert_eq!(canonical(Scheme::Semver, "v01.2-RC.01+b"), "1.2.0-RC.1");
    assert_eq!(canonical(Scheme::Pep440, "1.0.0.POST0"), "1.post0");
    assert_eq!(canonical(Scheme::Pep440, "0.0"), "0");
}

#[test]
fn compatible_versions_follow_the_caret_rule() {
    let compatible = |ecosystem, a, b| {
        let scheme = Scheme::of(ecosystem);
        Version::parse(scheme, a)
            .unwrap()
            .is_compatible_with(&Version::parse(scheme, b).unwrap(), ecosystem)
    };
    assert!(compatible(Ecosystem::Cargo, "1.2.0", "1.9.0"));
    assert!(!compatible(Ecosystem::Cargo, "1.2.0", "2.0.0"));
    assert!(compatible(Ecosystem::Npm, "0.2.7", "0.2.23"));
    assert!(!compatible(Ecosystem::Cargo, "0.1.40", "0.2.23"));
    assert!(!compatible(Ecosystem::Cargo, "0.0.1", "0.0.2"));
    assert!(compatible(Ecosystem::Golang, "v0.1.0", "v0.3.7"));
    assert!(compatible(Ecosystem::Pypi, "3.1", "3.2.14"));
    assert!(!compatible(Ecosystem::Pypi, "3.1", "4.0"));
}

#[test]
fn ecosystem_names_are_known_in_every_case() {
    assert_eq!(Scheme::from_name("PyPI"), Some(Scheme::Pep440));
    assert_eq!(Scheme::from_name("CRATES.IO"), Some(Scheme::Semver));
    assert_eq!(Scheme::from_name("go"), Some(Scheme::Semver));
    assert_eq!(Scheme::from_name("Debian:12"), Some(Scheme::Debian));
    assert_eq!(Scheme::from_name("Ubuntu:22.04:LTS"), Some(Scheme::Debian));
    assert_eq!(Scheme::from_name("alpine:v3.20"), Some(Scheme::Alpine));
    assert_eq!(Scheme::from_name("Rocky Linux:9"), Some(Scheme::Rpm));
    assert_eq!(Scheme::from_name("bitnami"), Some(Scheme::Bitnami));
    for unknown in ["", "generic", "Debian 12", "python", ":12"] {
        assert_eq!(Scheme::from_name(unknown), None, "{unknown}");
    }
    for name in Scheme::names() {
        assert!(Scheme::from_name(name).is_some(), "{name}");
    }
}

fn membership(version: &str, events: &[(EventKind, &str)]) -> Membership {
    let events: Vec<_> = events
        .iter()
        .map(|(kind, version)| Event {
            kind: *kind,
            version,
        })
        .collect();
    let version = Version::parse(Scheme::Semver, version).ok();
    evaluate_range(Scheme::Semver, version.as_ref(), &events)
}

#[test]
fn events_are_sorted_before_they_are_scanned() {
    use EventKind::{Fixed, Introduced};
    let events = [
        (Fixed, "2.3.0"),
        (Introduced, "2.0.0"),
        (Fixed, "1.5.0"),
        (Introduced, "0"),
    ];
    for (version, affected) in [
        ("0.0.0-0", true),
        ("1.4.9", true),
        ("1.5.0", false),
        ("1.9.0", false),
        ("2.0.0-rc.1", false),
        ("2.0.0", true),
        ("2.3.0-beta", true),
        ("2.3.0", false),
    ] {
        assert_eq!(
            membership(version, &events) == Membership::Affected,
            affected,
            "{version}"
        );
    }
}

#[test]
fn the_last_affected_version_is_affected_and_limits_end_the_range() {
    use EventKind::{Introduced, LastAffected, Limit};
    let last = [(Introduced, "1.0.0"), (LastAffected, "1.2.0")];
    assert_eq!(membership("1.2.0", &last), Membership::Affected);
    assert_eq!(membership("1.2.1", &last), Membership::NotAffected);
    let limit = [(Introduced, "0"), (Limit, "2.0.0")];
    assert_eq!(membership("1.9.9", &limit), Membership::Affected);
    assert_eq!(membership("2.0.0", &limit), Membership::NotAffected);
    let open = [(Introduced, "0"), (Limit, "*")];
    assert_eq!(membership("9.0.0", &open), Membership::Affected);
}

#[test]
fn what_cannot_be_compared_is_indeterminate_unless_everything_is_affected() {
    use EventKind::{Fixed, Introduced};
    let range = [(Introduced, "0"), (Fixed, "1.0.0")];
    assert_eq!(membership("latest", &range), Membership::Indeterminate);
    let odd = [(Introduced, "0"), (Fixed, "1.x")];
    assert_eq!(membership("1.0.0", &odd), Membership::Indeterminate);
    assert_eq!(
        membership("1.0.0", &[(Fixed, "2.0.0")]),
        Membership::Indeterminate
    );
    assert_eq!(
        membership("latest", &[(Introduced, "0")]),
        Membership::Affected
    );
}

#[test]
fn a_bound_from_before_pep_440_decides_nothing_about_a_version_of_today() {
    use EventKind::{Fixed, Introduced};
    let of_python = |version: &str, fixed| {
        let version = Version::parse(Scheme::Pep440, version).unwrap();
        let events =
            [(Introduced, "0"), (Fixed, fixed)].map(|(kind, version)| Event { kind, version });
        evaluate_range(Scheme::Pep440, Some(&version), &events)
    };
    assert_eq!(of_python("0.1.0", "0.2.0-n653"), Membership::Indeterminate);
    assert_eq!(of_python("0.1.0", "0.2.0"), Membership::Affected);
}

#[test]
fn a_line_needs_two_versions_and_a_sign() {
    let lines = parse_order_lines("# c\n\n// c\n 1.0 < 2.0 \n1 = 1\n").unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].number, 4);
    assert_eq!(lines[0].failure(Scheme::Semver), None);
    for (text, line) in [("1.0 < 2.0\n1.0 <2.0", 2), ("1 == 1", 1), ("1 < 2 < 3", 1)] {
        assert!(
            matches!(parse_order_lines(text), Err(LineError::Malformed { line: l, .. }) if l == line),
            "{text}"
        );
    }
    let long = format!("1 < {}", "2".repeat(MAX_LINE_BYTES));
    assert!(matches!(
        parse_order_lines(&long),
        Err(LineError::TooLong { line: 1 })
    ));
}

#[test]
fn a_line_that_does_not_hold_says_what_does() {
    let lines = parse_order_lines("2.0 < 1.0\n1.x > 1.0").unwrap();
    assert_eq!(
        lines[0].failure(Scheme::Semver).unwrap(),
        "in fact 2.0 > 1.0"
    );
    assert!(
        lines[1]
            .failure(Scheme::Semver)
            .unwrap()
            .contains("cannot be ordered")
    );
}
