//! Rules about checksums.

use super::*;

#[test]
fn a_missing_checksum_is_found_where_the_format_has_one() {
    let registry = || index("https://r.example/index", false);
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let url = || Origin::Url {
        url: "https://files.example/lib.tgz".to_owned(),
    };
    for (ecosystem, format, origin) in [
        (Ecosystem::Cargo, "cargo-lock", registry()),
        (Ecosystem::Npm, "package-lock", tarball()),
        (Ecosystem::Npm, "package-lock", Origin::Unrecorded),
        (Ecosystem::Npm, "pnpm-lock", Origin::Unrecorded),
        (Ecosystem::Pypi, "poetry-lock", Origin::ImpliedDefault),
        (Ecosystem::Pypi, "uv-lock", registry()),
        (Ecosystem::Golang, "go-mod", Origin::Unrecorded),
    ] {
        let found = judge(ecosystem, format, "lib", at(3, origin.clone(), &[]));
        assert_eq!(ids(&found), ["registry/missing-checksum"], "{format}");
        let twin = at(3, origin, &[sha256(1)]);
        assert!(judge(ecosystem, format, "lib", twin).is_empty(), "{format}");
    }
    let found = judge(Ecosystem::Npm, "package-lock", "lib", at(3, url(), &[]));
    assert_eq!(
        ids(&found),
        ["registry/missing-checksum", "registry/url-dependency"]
    );
}

#[test]
fn a_checksum_that_the_format_never_had_is_not_missing() {
    let bundled = Origin::Bundled {
        inside: "npm@6.0.0".to_owned(),
    };
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &["lib"]);
    let entry = component(Ecosystem::Npm, "lib", vec![at(1, bundled, &[])]);
    let outcome = check_inventory(&inventory("package-lock", vec![entry]), &settings);
    assert_eq!(outcome, Outcome::default());
    let berry = at(1, Origin::Unrecorded, &[]);
    assert!(judge(Ecosystem::Npm, "yarn-berry", "lib", berry).is_empty());
    let plain = at(1, Origin::Unrecorded, &[]);
    assert!(judge(Ecosystem::Pypi, "requirements", "lib", plain).is_empty());
}

#[test]
fn a_requirements_line_without_hash_is_found_beside_lines_with_one() {
    let components = vec![
        component(
            Ecosystem::Pypi,
            "bare",
            vec![at(1, Origin::Unrecorded, &[])],
        ),
        component(
            Ecosystem::Pypi,
            "hashed",
            vec![at(2, Origin::Unrecorded, &[sha256(1)])],
        ),
    ];
    let inventory = inventory("requirements", components);
    let found = check_inventory(&inventory, &RegistrySettings::default()).findings;
    assert_eq!(ids(&found), ["registry/missing-checksum"]);
    assert_eq!(found[0].location.line, Some(1));
}

#[test]
fn a_go_module_needs_one_go_sum_line_in_any_of_its_places() {
    let opaque = |scheme| Checksum::Opaque {
        scheme,
        value: "h1:x".to_owned(),
    };
    for scheme in ["go-h1", "go-mod-h1"] {
        let entries = vec![
            at(1, Origin::Unrecorded, &[]),
            at(2, Origin::Unrecorded, &[opaque(scheme)]),
        ];
        let module = component(Ecosystem::Golang, "git.example/a/b", entries);
        let found = check_inventory(
            &inventory("go-mod", vec![module]),
            &RegistrySettings::default(),
        );
        assert!(found.findings.is_empty(), "{scheme}");
    }
}

#[test]
fn a_weak_checksum_is_found_only_without_a_strong_one() {
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let weak = at(1, tarball(), &[sha1()]);
    let found = judge(Ecosystem::Npm, "package-lock", "lib", weak);
    assert_eq!(ids(&found), ["registry/weak-checksum"]);
    let both = at(1, tarball(), &[sha1(), sha256(1)]);
    assert!(judge(Ecosystem::Npm, "package-lock", "lib", both).is_empty());
}

#[test]
fn contradicting_checksums_are_one_finding_that_names_every_place() {
    let url = "https://r.example/index";
    let entries = |second: u8| {
        vec![
            at(3, index(url, false), &[sha256(1)]),
            at(90, index(url, false), &[sha256(second)]),
        ]
    };
    let judge = |ecosystem, second| {
        let conflicting = component(ecosystem, "lib", entries(second));
        check_inventory(
            &inventory("", vec![conflicting]),
            &RegistrySettings::default(),
        )
        .findings
    };
    let found = judge(Ecosystem::Cargo, 2);
    assert_eq!(ids(&found), ["registry/checksum-conflict"]);
    assert_eq!(found[0].location.line, Some(3));
    assert_eq!(found[0].also_at, [Location::line("web/lock", 90)]);
    assert!(
        found[0]
            .message
            .contains("`0101010101010101…`, `0202020202020202…`"),
        "{}",
        found[0].message
    );
    assert!(judge(Ecosystem::Cargo, 1).is_empty());
    // PyPI has several files per version.
    assert!(judge(Ecosystem::Pypi, 2).is_empty());
}

#[test]
fn an_sri_with_several_digests_does_not_contradict_one_of_them() {
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let entries = vec![
        at(3, tarball(), &[sha256(1), sha256(2)]),
        at(4, tarball(), &[sha256(2)]),
    ];
    let inventory = inventory("", vec![component(Ecosystem::Npm, "lib", entries)]);
    assert!(
        check_inventory(&inventory, &RegistrySettings::default())
            .findings
            .is_empty()
    );
}

#[test]
fn one_file_a_version_is_compared_in_every_ecosystem_that_has_one() {
    let file = |ecosystem, second: u8| {
        let entries = vec![
            at(3, Origin::Unrecorded, &[sha256(1)]),
            at(90, Origin::Unrecorded, &[sha256(second)]),
        ];
        let name = match ecosystem {
            Ecosystem::Composer => "acme/lib",
            _ => "lib",
        };
        let inventory = inventory("", vec![component(ecosystem, name, entries)]);
        let found = check_inventory(&inventory, &RegistrySettings::default()).findings;
        found
            .iter()
            .filter(|f| f.rule.id == "registry/checksum-conflict")
            .count()
    };
    for ecosystem in [Ecosystem::Gem, Ecosystem::Composer] {
        assert_eq!(file(ecosystem, 2), 1, "{ecosystem}");
        assert_eq!(file(ecosystem, 1), 0, "{ecosystem}");
    }
    let opaque = |ecosystem, scheme, values: [&[&str]; 2]| {
        let all = |values: &[&str]| -> Vec<Checksum> {
            let values = values.iter();
            values
                .map(|value| Checksum::Opaque {
                    scheme,
                    value: (*value).to_owned(),
                })
                .collect()
        };
        let entries = vec![
            at(3, Origin::Unrecorded, &all(values[0])),
            at(90, Origin::Unrecorded, &all(values[1])),
        ];
        let inventory = inventory("", vec![component(ecosystem, "lib", entries)]);
        let found = check_inventory(&inventory, &RegistrySettings::default()).findings;
        let found = found
            .into_iter()
            .find(|f| f.rule.id == "registry/checksum-conflict");
        found.map(|f| (f.location.line, f.also_at.len()))
    };
    for (ecosystem, scheme) in [
        (Ecosystem::Golang, "go-h1"),
        (Ecosystem::Golang, "go-mod-h1"),
        (Ecosystem::Nuget, "nuget-content-hash"),
    ] {
        let judge = |values| opaque(ecosystem, scheme, values);
        assert_eq!(judge([&["h1:a"], &["h1:b"]]), Some((Some(3), 1)));
        // Two lines of one go.sum.
        assert_eq!(judge([&["h1:a", "h1:b"], &[]]), Some((Some(3), 0)));
        assert_eq!(judge([&["h1:a"], &["h1:a"]]), None);
        assert_eq!(judge([&["h1:a"], &[]]), None);
    }
}
