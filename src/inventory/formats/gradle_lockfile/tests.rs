use super::*;
use crate::inventory::formats::testing::{gaps, lines_hold_names, parse};
use crate::model::{Checksum, DigestAlgorithm};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/gradle-lockfile/typical/gradle.lockfile");
const SETTINGS: &str =
    include_str!("../../../../testdata/inventory/gradle-lockfile/typical/settings.gradle.kts");
const SUMS: &str = include_str!(
    "../../../../testdata/inventory/gradle-lockfile/typical/gradle/verification-metadata.xml"
);

fn read(path: &str, text: &str) -> Parsed {
    let neighbours = [
        ("settings.gradle.kts", SETTINGS),
        ("gradle/verification-metadata.xml", SUMS),
    ];
    parse(&GradleLockfile, path, text, &neighbours).unwrap()
}

#[test]
fn a_typical_lockfile_gives_modules_with_their_scopes() {
    let parsed = read("gradle.lockfile", TYPICAL);
    lines_hold_names(TYPICAL, &parsed);
    let found: Vec<(&str, Scope)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.scope))
        .collect();
    assert_eq!(
        found,
        [
            ("com.google.auto.value:auto-value", Scope::Build),
            ("com.google.guava:guava", Scope::Runtime),
            ("com.acme:sdk", Scope::Runtime),
            ("org.acme.tools:packer", Scope::Unknown),
            ("org.junit.jupiter:junit-jupiter", Scope::Dev),
        ]
    );
    assert_eq!(parsed.root.as_ref().unwrap().name, "shop");
    assert!(parsed.edges.is_empty() && !GradleLockfile.has_graph());
}

#[test]
fn checksums_are_those_of_the_file_that_is_built_against() {
    for path in ["gradle.lockfile", "core/gradle.lockfile"] {
        let parsed = read(path, TYPICAL);
        let sums = |name: &str| {
            &parsed
                .packages
                .iter()
                .find(|p| p.name == name)
                .unwrap()
                .checksums
        };
        let [Checksum::File(first), Checksum::File(second)] = &sums("com.google.guava:guava")[..]
        else {
            panic!("{:?}", sums("com.google.guava:guava"))
        };
        assert!(first.hex().starts_with("6d4e2b5a"));
        assert_eq!(second.algorithm(), DigestAlgorithm::Sha512);
        assert_eq!(sums("com.acme:sdk").len(), 1);
        assert!(sums("org.acme.tools:packer").is_empty());
        // The value `xyz` is no checksum.
        assert_eq!(gaps(&parsed), [("inventory/incomplete-entry", 29)]);
        assert_eq!(parsed.also_read[0].packages, 3);
    }
}

#[test]
fn other_lockfiles_of_a_build_say_the_scope_by_their_name() {
    let text = "a:a:1=classpath\n";
    assert_eq!(
        read("buildscript-gradle.lockfile", text).packages[0].scope,
        Scope::Build
    );
    let older = |file: &str| {
        let path = format!("gradle/dependency-locks/{file}");
        assert!(GradleLockfile.matches("dependency-locks", file));
        read(&path, "# x\na:a:1\n").packages[0].scope
    };
    assert_eq!(older("compileClasspath.lockfile"), Scope::Runtime);
    assert_eq!(older("testRuntimeClasspath.lockfile"), Scope::Dev);
    assert_eq!(older("buildscript-classpath.lockfile"), Scope::Build);
    assert!(!GradleLockfile.matches("gradle", "x.lockfile"));
}

#[test]
fn configurations_are_told_by_their_words() {
    for (name, want) in [
        ("debugAndroidTestCompileClasspath", Scope::Dev),
        ("latestRuntimeClasspath", Scope::Runtime),
        ("kapt", Scope::Build),
        ("kotlinCompilerPluginClasspathMain", Scope::Build),
        ("checkstyle", Scope::Build),
        ("shadow", Scope::Unknown),
        ("", Scope::Unknown),
    ] {
        assert_eq!(scope_of(name), want, "{name}");
    }
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    let parsed = parse(
        &GradleLockfile,
        "gradle.lockfile",
        "# x\nempty=compileClasspath\n",
        &[],
    );
    assert_eq!(parsed.unwrap(), Parsed::default());
}

#[test]
fn a_broken_line_is_a_gap_and_the_rest_is_read() {
    let text = "a:b=x\na:b:1\n::=x\na:b:1:2=x\na:b:2=compileClasspath\nempty=\n";
    let parsed = parse(
        &GradleLockfile,
        "gradle.lockfile",
        text,
        &[(
            "gradle/verification-metadata.xml",
            "<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a/>",
        )],
    )
    .unwrap();
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 1),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/unreadable-lockfile", 1),
        ]
    );
}

#[test]
fn a_lockfile_that_breaks_off_between_two_lines_is_a_gap() {
    let read = |name: &str, text: &str| gaps(&parse(&GradleLockfile, name, text, &[]).unwrap());
    assert_eq!(read("gradle.lockfile", "a:b:1=x\na:c:1=x\nempty=\n"), []);
    let cut = read("app/gradle.lockfile", "a:b:1=x\n");
    assert_eq!(cut, [("inventory/incomplete-entry", 1)]);
    // The older form has no such line.
    assert_eq!(
        read("gradle/dependency-locks/compile.lockfile", "a:b:1\n"),
        []
    );
}

#[test]
fn a_file_that_is_no_lockfile_has_a_bounded_number_of_gaps() {
    let parsed = parse(
        &GradleLockfile,
        "gradle.lockfile",
        &format!("{}empty=\n", "x\n".repeat(10_000)),
        &[],
    )
    .unwrap();
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 10_000);
    assert!(parsed.gaps.len() <= crate::inventory::formats::GAP_LIMIT);
}

#[test]
fn two_lines_that_became_one_are_a_gap() {
    let text = "a.example:b:1.0=runtimeClasspatha.example:c:1.0=runtimeClasspath\na.example:d:1.0=x\u{1a}y\nempty=\n";
    let parsed = parse(&GradleLockfile, "gradle.lockfile", text, &[]).unwrap();
    let incomplete = "inventory/incomplete-entry";
    assert_eq!(gaps(&parsed), [(incomplete, 1), (incomplete, 2)]);
}

#[test]
fn a_checksum_without_a_value_is_a_gap_and_those_beside_it_are_read() {
    let sums = |entry: &str| {
        format!(
            "<verification-metadata><components>\n<component group='a' name='b' version='1'>\n\
             <artifact name='b-1.jar'>\n{entry}\n<sha1 value='{}'/></artifact>\n\
             </component></components></verification-metadata>",
            "ab".repeat(20)
        )
    };
    let read = |entry: &str| {
        let beside = sums(entry);
        let beside = [("gradle/verification-metadata.xml", beside.as_str())];
        parse(
            &GradleLockfile,
            "gradle.lockfile",
            "a:b:1=x\nempty=\n",
            &beside,
        )
        .unwrap()
    };
    for entry in ["<sha256/>", "<sha256><value>ab</value></sha256>"] {
        let parsed = read(entry);
        assert_eq!(
            gaps(&parsed),
            [("inventory/incomplete-entry", 4)],
            "{entry}"
        );
        assert_eq!(parsed.packages[0].checksums.len(), 1);
    }
    let whole = read(&format!("<sha256 value='{}'/>", "ab".repeat(32)));
    assert_eq!(
        (gaps(&whole).len(), whole.packages[0].checksums.len()),
        (0, 2)
    );
}
