//! The traps of each ecosystem's order.

use super::super::*;

/// Each text comes before the next one.
fn rises(scheme: Scheme, texts: &[&str]) {
    for (i, a) in texts.iter().enumerate() {
        for b in &texts[i + 1..] {
            assert_eq!(compare_in(scheme, a, b), Ok(Ordering::Less), "{a} < {b}");
            assert_eq!(compare_in(scheme, b, a), Ok(Ordering::Greater), "{b} > {a}");
        }
    }
}

/// All texts are one version, and no other text's canonical form is theirs.
fn equal(scheme: Scheme, texts: &[&str]) {
    let canonical = |text: &str| Version::parse(scheme, text).unwrap().canonical();
    for pair in texts.windows(2) {
        assert_eq!(
            compare_in(scheme, pair[0], pair[1]),
            Ok(Ordering::Equal),
            "{pair:?}"
        );
        assert_eq!(canonical(pair[0]), canonical(pair[1]), "{pair:?}");
    }
}

fn without_a_place(scheme: Scheme, texts: &[&str]) {
    for text in texts {
        assert!(
            Version::parse(scheme, text).is_err(),
            "`{text}` was ordered"
        );
    }
}

fn compatible(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let version = |text| Version::parse(Scheme::of(ecosystem), text).unwrap();
    version(a).is_compatible_with(&version(b), ecosystem)
}

#[test]
fn maven_qualifiers_stand_around_the_release() {
    rises(
        Scheme::Maven,
        &[
            "1-alpha-1",
            "1-beta-1",
            "1-milestone-1",
            "1.0.RC1",
            "1-rc-2",
            "1-SNAPSHOT",
            "1.0",
            "1-sp",
            "1-abc",
            "1.0-jre",
            "1-1",
            "1.0.1",
            "1.1",
        ],
    );
    equal(
        Scheme::Maven,
        &["1", "1.0.0", "1.ga", "1-final", "1.0.0.RELEASE", "1-", "1."],
    );
    equal(
        Scheme::Maven,
        &["1a1", "1-alpha-1", "1.0-A1", "1.alpha.0-1"],
    );
    equal(Scheme::Maven, &["1cr2", "1-RC2", "1.0.0-rc-2"]);
    // Letters alone are shorthands before a digit only.
    assert_ne!(
        compare_in(Scheme::Maven, "1-a", "1-alpha"),
        Ok(Ordering::Equal)
    );
    without_a_place(Scheme::Maven, &["", " "]);
}

#[test]
fn maven_is_an_order_where_its_own_tool_has_circles() {
    rises(Scheme::Maven, &["1-rc", "1", "1.jre.1"]);
    equal(Scheme::Maven, &["1-1", "1-ga-1", "1-0-1", "1.0-final-1"]);
}

#[test]
fn spring_and_netty_releases_are_not_taken_for_something_older() {
    rises(
        Scheme::Maven,
        &[
            "5.3.20.RELEASE",
            "5.3.21.RELEASE",
            "5.3.22",
            "6.0.0-M1",
            "6.0.0-RC1",
            "6.0.0",
        ],
    );
    rises(
        Scheme::Maven,
        &[
            "4.1.9.Final",
            "4.1.68.Final",
            "4.1.68.Final-redhat-1",
            "4.1.69",
        ],
    );
    rises(
        Scheme::Maven,
        &["31.1-android", "31.1-jre", "32.0.0-android"],
    );
}

#[test]
fn nuget_has_four_numbers_and_ignores_case_and_metadata() {
    rises(
        Scheme::Nuget,
        &[
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-Alpha",
            "1.0.0-beta",
            "1.0.0-BETA.1",
            "1.0",
            "1.0.0.1-a",
            "1.0.0.1",
        ],
    );
    equal(Scheme::Nuget, &["1", "1.0", "1.0.0.0", "01.0.0+x"]);
    equal(Scheme::Nuget, &["1.0.0-RC.1+b", "1.0-rc.01"]);
    // Labels over 31 bits are words to NuGet.
    rises(
        Scheme::Nuget,
        &["1.0.0-2147483647", "1.0.0-10000000000", "1.0.0-9999999999"],
    );
    without_a_place(
        Scheme::Nuget,
        &[
            "",
            "v1.0",
            "1.0.0.0.0",
            "1.0.0-",
            "1.0.0-a..b",
            "1.0.0-a_b",
            "1.0.0--5",
            "1..0",
            "1.*",
            "1.0+",
        ],
    );
}

#[test]
fn letters_make_a_gem_a_pre_release() {
    rises(
        Scheme::Gem,
        &[
            "0.9",
            "1.0.a.2",
            "1.0.b1",
            "1.0.0.pre",
            "1.0.0.rc1",
            "1.0.0",
            "1.0.1.a",
            "1.0.1",
        ],
    );
    equal(Scheme::Gem, &["1", "1.0", "1.0.0"]);
    equal(Scheme::Gem, &["1.0.a", "1.a", "1.a.0"]);
    equal(Scheme::Gem, &["1.0.0-x", "1.0.0.pre.x", "1-x"]);
    // The platform of `1.2.3-java` is no part of the version: the lockfile keeps it apart.
    rises(Scheme::Gem, &["1.2.3-java", "1.2.3"]);
    without_a_place(
        Scheme::Gem,
        &["", "v1", "1..2", "1.2-", "1_2", "a", "1.2 3", "1beta", ".1"],
    );
}

#[test]
fn composer_knows_stabilities_dates_and_branches() {
    rises(
        Scheme::Composer,
        &[
            "1.0-dev",
            "1.0a1",
            "1.0.0-beta2",
            "1.0.0-RC1",
            "1.0.0",
            "1.0pl1",
            "1.0.0.1",
            "1.0.1",
            "1.x-dev",
            "2.0.0",
        ],
    );
    equal(
        Scheme::Composer,
        &[
            "1",
            "v1.0",
            "1.0.0",
            "1.0.0.0",
            "1.0.0+build",
            "1.0-stable",
            "1.0@beta",
        ],
    );
    equal(Scheme::Composer, &["1.0-b.2", "1.0beta2", "1.0.0_BETA-2"]);
    equal(Scheme::Composer, &["1.0-p1", "1.0.pl1", "1.0-patch.1"]);
    equal(Scheme::Composer, &["2.x-dev", "2.X-dev", "v2.*.x-dev"]);
    rises(
        Scheme::Composer,
        &["2010-01-02", "20100102", "2010.01.02.15-beta", "20100103"][2..],
    );
    rises(
        Scheme::Composer,
        &["201001", "201002", "20100102", "20100103"],
    );
    without_a_place(
        Scheme::Composer,
        &[
            "",
            "dev-master",
            "DEV-foo",
            "master",
            "feature-dev",
            "1.0.0.0.0",
            "1.2.3.#",
            "1.0-foo",
            "12345678901234567890123",
            "4.3-2",
        ],
    );
}

#[test]
fn lists_may_compare_what_composer_apk_and_rubygems_refuse() {
    for (scheme, lines) in [
        (
            Scheme::Composer,
            "dev-foo < 1.0\n1.0 < 1.0.0\n1.2.3.# = 1.2.3\n1.2.3.# = 1.2.3.9\nv1.0 = V1.0",
        ),
        (Scheme::Alpine, "1-r = 1-r0\n1.2.0A < 1.2.0d\n1-ruff < 1"),
        (Scheme::Gem, "1beta < 1\n1beta = 1.beta"),
    ] {
        for line in parse_order_lines(lines).unwrap() {
            assert_eq!(line.failure(scheme), None, "{}", line.text);
        }
    }
    // A check sees `1.0` and `1.0.0` as Composer does: as one version.
    equal(Scheme::Composer, &["1.0", "1.0.0"]);
}

#[test]
fn debian_sorts_tildes_before_the_end_and_letters_before_signs() {
    rises(
        Scheme::Debian,
        &[
            "1~~", "1~~a", "1~", "1", "1a", "1+", "1.", "2", "10", "1:0", "2:0~1",
        ],
    );
    rises(
        Scheme::Debian,
        &[
            "1.2-1~deb12u1",
            "1.2-1",
            "1.2-1+b1",
            "1.2-1.1",
            "1.2-2",
            "1.2a-1",
        ],
    );
    equal(Scheme::Debian, &["1.0", "0:1.0-0", "1.00-", "1.-00"][..2]);
    equal(Scheme::Debian, &["1.0", "1.", "1.00", "1.0-0"]);
    rises(Scheme::Debian, &["2.0-rc1-1", "2.0-rc1-2", "2.0-rc2-1"]);
    without_a_place(
        Scheme::Debian,
        &[
            "",
            "1.0-",
            ":1",
            "a:1",
            "-1:1",
            "1:",
            "-1",
            "99999999999:1",
            "1 0",
            "1.é",
        ],
    );
}

#[test]
fn alpine_suffixes_stand_around_the_release() {
    rises(
        Scheme::Alpine,
        &[
            "1.2_alpha",
            "1.2_alpha2",
            "1.2_beta",
            "1.2_pre2",
            "1.2_rc1_p1",
            "1.2_rc2",
            "1.2",
            "1.2-r0",
            "1.2-r1",
            "1.2-r10",
            "1.2_cvs",
            "1.2_git20200101",
            "1.2_p",
            "1.2_p0",
            "1.2_p1",
            "1.2a",
            "1.2b",
            "1.2.0",
            "1.2.00",
            "1.2.1",
            "1.2.10",
            "1.10",
        ],
    );
    equal(Scheme::Alpine, &["1.2-r1", "01.2-r01"]);
    rises(Scheme::Alpine, &["1.01", "1.1"]);
    rises(Scheme::Alpine, &["1.2_p1~abc-r0", "1.2_p1~abd"]);
    without_a_place(
        Scheme::Alpine,
        &[
            "",
            "v1",
            "1.2-1",
            "1.2-r",
            "1..2",
            "1.2A",
            "1.2ab",
            "1.2_preview",
            "1.2_foo",
            "1.2~",
            "1.2-r0-r1",
            "1.",
        ],
    );
}

#[test]
fn rpm_compares_runs_and_ignores_the_signs_between_them() {
    rises(
        Scheme::Rpm,
        &[
            "1.0~rc1", "1.0", "1.0^git1", "1.0a", "1.0.a", "1.0.1", "1.2", "1.10", "0:2", "1:0",
        ][..3],
    );
    rises(
        Scheme::Rpm,
        &[
            "1.0", "1.0^git1", "1.0.a", "1.0.1", "1.2", "1.10", "0:2", "1:0",
        ],
    );
    equal(Scheme::Rpm, &["1.0", "0:1_0", "1..00", "1.0."]);
    rises(
        Scheme::Rpm,
        &["3.10-229.el7", "3.10-229.1.el7", "3.10-1160.el7"],
    );
    // A bound without a release comes before every release of its version.
    rises(Scheme::Rpm, &["1.0", "1.0-1", "1.0-2", "1.0.1"]);
    rises(Scheme::Rpm, &["a:1", "b:1", "1:1"]);
    without_a_place(Scheme::Rpm, &[""]);
}

#[test]
fn r_and_haskell_count_every_number() {
    rises(
        Scheme::Cran,
        &["0.9", "0.75", "0.75-1", "0.75.2", "1", "1.0", "1.0-0"],
    );
    equal(Scheme::Cran, &["1.2-3", "1.2.3", "01.02.03"]);
    without_a_place(
        Scheme::Cran,
        &["", "1.", "1.a", "1.2rc", "-1", "1..2", "v1"],
    );
    rises(
        Scheme::Hackage,
        &["0.1.26.0", "1", "1.0", "1.0.0", "1.0.1", "1.10"],
    );
    without_a_place(Scheme::Hackage, &["", "1-2", "1.2-rc1", "1."]);
}

#[test]
fn pub_and_julia_order_builds_and_semver_does_not() {
    rises(
        Scheme::Pub,
        &[
            "1.0.0-a",
            "1.0.0-a+1",
            "1.0.0",
            "1.0.0+1",
            "1.0.0+1.1",
            "1.0.0+2",
            "1.0.0+10",
            "1.0.0+a",
        ],
    );
    rises(
        Scheme::Julia,
        &[
            "1.2-", "1.2.0-0", "1.2rc1", "1.2", "1.2.0+0", "1.2.0+1", "1.2.0+10", "1.2.0+a",
            "1.2+", "1.2.1",
        ],
    );
    equal(Scheme::Julia, &["1.2rc1", "v1.2.0-rc1"]);
    without_a_place(
        Scheme::Julia,
        &[
            "",
            "*",
            "1.2.3.4",
            "1.2-+1",
            "1.2.x",
            "1.2.3-a..b",
            "1.2_3",
            "1.2.",
            "nightly",
        ],
    );
    without_a_place(Scheme::Pub, &["1.0.0+", "1.0.0+a..b", "any"]);
    assert_eq!(
        compare_in(Scheme::Semver, "1.0.0+1", "1.0.0+2"),
        Ok(Ordering::Equal)
    );
}

#[test]
fn what_follows_the_dash_is_a_revision_at_bitnami() {
    rises(
        Scheme::Bitnami,
        &[
            "1.2.2-9",
            "1.2.3",
            "1.2.3-0",
            "1.2.3-2",
            "1.2.3-10",
            "1.2.3-rc1",
            "1.2.4",
        ],
    );
    equal(Scheme::Bitnami, &["1.2.3-1+a", "1.2.3-1"]);
    without_a_place(Scheme::Bitnami, &["nightly.2026-03-10.0", "latest", ""]);
}

#[test]
fn versions_of_two_schemes_are_never_compared() {
    let version = |scheme| Version::parse(scheme, "1.2.3").unwrap();
    for (a, b) in [
        (Scheme::Semver, Scheme::Pub),
        (Scheme::Cran, Scheme::Hackage),
        (Scheme::Maven, Scheme::Nuget),
    ] {
        assert!(version(a).compare(&version(b)).is_err());
        assert!(!version(a).is_compatible_with(&version(b), Ecosystem::Generic));
    }
}

#[test]
fn each_ecosystem_has_its_habit_of_compatible_versions() {
    for (ecosystem, a, same, other) in [
        (Ecosystem::Maven, "2.7.1", "2.18.0.RELEASE", "3.0"),
        (Ecosystem::Nuget, "12.0.1", "12.9", "13.0.1-beta"),
        (Ecosystem::Gem, "6.0.3", "6.1.7.1", "7.0.0.rc1"),
        (Ecosystem::Composer, "5.4.0", "v5.4.46", "6.0.0"),
        (Ecosystem::Composer, "0.3.0", "0.3.9", "0.4.0"),
        (Ecosystem::Cran, "1.0-3", "1.9", "2.0"),
        (Ecosystem::Hackage, "2.1.0.0", "2.1.3", "2.2"),
        (Ecosystem::Hex, "1.2.0", "1.9.0", "2.0.0"),
        (Ecosystem::Pub, "0.13.3", "0.13.6+1", "0.14.0"),
        (Ecosystem::Julia, "1.2.0+3", "1.3.0+0", "2.0.0"),
        (
            Ecosystem::Deb,
            "7.88.1-10+deb12u4",
            "7.88.1-10+deb12u5",
            "7.89-1",
        ),
        (Ecosystem::Apk, "3.1.4-r1", "3.1.4-r5", "3.1.5-r0"),
        (
            Ecosystem::Rpm,
            "1:1.1.1k-9.el8",
            "1:1.1.1k-12.el8",
            "1:3.0.7-1",
        ),
    ] {
        assert!(compatible(ecosystem, a, same), "{a} to {same}");
        assert!(!compatible(ecosystem, a, other), "{a} to {other}");
    }
}
