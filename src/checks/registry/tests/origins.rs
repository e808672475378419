//! Rules about origins and package files.

use super::*;

#[test]
fn an_origin_off_the_list_is_unapproved_and_one_on_it_is_not() {
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &[]);
    let found = judge_with(
        &settings,
        Ecosystem::Npm,
        "left-pad",
        file("https://mirror.example/left-pad/-/left-pad-1.3.0.tgz"),
    );
    assert_eq!(ids(&found), ["registry/unapproved-origin"]);
    assert_eq!(found[0].location, Location::line("web/lock", 7));
    assert_eq!(found[0].severity, Severity::High);
    assert_eq!(
        found[0].message,
        "`left-pad@1.3.0` comes from `https://mirror.example/left-pad/-/left-pad-1.3.0.tgz`, which is not approved for npm"
    );
    assert!(found[0].remedy.contains(INTERNAL), "{}", found[0].remedy);
    let twin = judge_with(
        &settings,
        Ecosystem::Npm,
        "left-pad",
        file("https://npm.acme.example/left-pad/-/left-pad-1.3.0.tgz"),
    );
    assert!(twin.is_empty(), "{twin:?}");
}

#[test]
fn the_default_registry_is_approved_by_its_word_only() {
    let public = || index("https://github.com/rust-lang/crates.io-index", true);
    let by_word = settings(Ecosystem::Cargo, &["default"], &[]);
    assert!(judge_with(&by_word, Ecosystem::Cargo, "serde", public()).is_empty());
    let internal = settings(
        Ecosystem::Cargo,
        &["sparse+https://cargo.acme.example/index/"],
        &[],
    );
    assert_eq!(
        ids(&judge_with(&internal, Ecosystem::Cargo, "serde", public())),
        ["registry/unapproved-origin"]
    );
    assert!(
        judge_with(
            &internal,
            Ecosystem::Cargo,
            "serde",
            index("https://cargo.acme.example/index", false)
        )
        .is_empty()
    );
    assert_eq!(
        ids(&judge_with(
            &internal,
            Ecosystem::Cargo,
            "serde",
            Origin::ImpliedDefault
        )),
        ["registry/unapproved-origin"]
    );
}

#[test]
fn an_unrecorded_origin_counts_only_where_registries_are_approved() {
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &[]);
    let found = judge_with(&settings, Ecosystem::Npm, "left-pad", Origin::Unrecorded);
    assert_eq!(ids(&found), ["registry/source-unknown"]);
    let entry = at(7, Origin::Unrecorded, &[sha256(1)]);
    assert!(judge(Ecosystem::Npm, "pnpm-lock", "left-pad", entry).is_empty());
}

#[test]
fn plain_http_is_found_except_on_loopback_and_worse_without_a_checksum() {
    let http = "http://r.example/left-pad/-/left-pad-1.3.0.tgz";
    let found = judge(
        Ecosystem::Npm,
        "",
        "left-pad",
        at(1, file(http), &[sha256(1)]),
    );
    assert_eq!(ids(&found), ["registry/plain-http"]);
    assert_eq!(found[0].severity, Severity::Medium);
    let found = judge(Ecosystem::Npm, "", "left-pad", at(1, file(http), &[sha1()]));
    assert_eq!(
        ids(&found),
        ["registry/plain-http", "registry/weak-checksum"]
    );
    assert_eq!(found[0].severity, Severity::High);
    let loopback = "http://127.0.0.1:4873/left-pad/-/left-pad-1.3.0.tgz";
    let entry = at(1, file(loopback), &[sha256(1)]);
    assert!(judge(Ecosystem::Npm, "", "left-pad", entry).is_empty());
}

#[test]
fn a_git_dependency_is_found_and_also_when_nothing_pins_it() {
    let url = "https://git.example/team/lib.git";
    let branch = || GitReference::Branch("main".to_owned());
    let pinned = at(1, git(url, branch(), Some(COMMIT)), &[]);
    assert_eq!(
        ids(&judge(Ecosystem::Cargo, "cargo-lock", "lib", pinned)),
        ["registry/git-dependency"]
    );
    let revision = GitReference::Revision(COMMIT.to_owned());
    let by_revision = at(1, git(url, revision, None), &[]);
    assert_eq!(
        ids(&judge(Ecosystem::Npm, "package-lock", "lib", by_revision)),
        ["registry/git-dependency"]
    );
    for loose in [
        git(url, branch(), None),
        git(url, branch(), Some("0123456")),
        git(url, GitReference::Revision("0123456".to_owned()), None),
        git(url, GitReference::Tag("v1".to_owned()), None),
        git(url, GitReference::Default, None),
    ] {
        assert_eq!(
            ids(&judge(
                Ecosystem::Pypi,
                "requirements",
                "lib",
                at(1, loose, &[])
            )),
            ["registry/git-dependency", "registry/mutable-git-reference"]
        );
    }
}

#[test]
fn an_approved_git_server_is_no_unapproved_origin_but_still_no_registry() {
    let settings = settings(
        Ecosystem::Cargo,
        &["default", "https://git.acme.example/team/"],
        &[],
    );
    let dependency = |url: &str| git(url, GitReference::Default, Some(COMMIT));
    let found = judge_with(
        &settings,
        Ecosystem::Cargo,
        "lib",
        dependency("https://git.acme.example/team/lib.git"),
    );
    assert_eq!(ids(&found), ["registry/git-dependency"]);
    assert_eq!(found[0].severity, Severity::Info);
    let found = judge_with(
        &settings,
        Ecosystem::Cargo,
        "lib",
        dependency("https://git.evil.example/team/lib.git"),
    );
    assert_eq!(
        ids(&found),
        ["registry/git-dependency", "registry/unapproved-origin"]
    );
    assert_eq!(found[0].severity, Severity::Medium);
}

#[test]
fn files_at_addresses_and_paths_are_found_and_registry_packages_are_not() {
    let url = Origin::Url {
        url: "https://files.example/lib-1.3.0.tgz".to_owned(),
    };
    let found = judge(Ecosystem::Npm, "", "lib", at(1, url, &[sha256(1)]));
    assert_eq!(ids(&found), ["registry/url-dependency"]);
    for (path, severity) in [
        ("vendor/lib", Severity::Low),
        ("a/../vendor/lib", Severity::Low),
        ("../lib", Severity::Medium),
        ("a/../../lib", Severity::Medium),
        ("file:/srv/lib", Severity::Medium),
        ("C:\\lib", Severity::Medium),
    ] {
        let origin = Origin::Path {
            path: path.to_owned(),
        };
        let found = judge(Ecosystem::Pypi, "uv-lock", "lib", at(1, origin, &[]));
        assert_eq!(ids(&found), ["registry/path-dependency"], "{path}");
        assert_eq!(found[0].severity, severity, "{path}");
    }
    let registry = at(1, index("https://r.example/simple", false), &[sha256(1)]);
    assert!(judge(Ecosystem::Pypi, "uv-lock", "lib", registry).is_empty());
}

#[test]
fn an_internal_name_must_come_from_an_approved_internal_registry() {
    let settings = settings(
        Ecosystem::Npm,
        &["default=https://public.example/", INTERNAL],
        &["@acme/*"],
    );
    let tarball =
        |host: &str, package: &str| file(&format!("https://{host}/{package}/-/ui-1.3.0.tgz"));
    let judge = |origin| judge_with(&settings, Ecosystem::Npm, "@acme/ui", origin);
    let public = judge(tarball("public.example", "@acme/ui"));
    assert_eq!(ids(&public), ["registry/internal-name-outside"]);
    assert_eq!(public[0].severity, Severity::Critical);
    assert_eq!(
        ids(&judge(tarball("evil.example", "@acme/ui"))),
        [
            "registry/internal-name-outside",
            "registry/unapproved-origin"
        ]
    );
    let unrecorded = judge(Origin::Unrecorded);
    assert_eq!(
        ids(&unrecorded),
        ["registry/internal-name-outside", "registry/source-unknown"]
    );
    assert_eq!(unrecorded[0].severity, Severity::High);
    assert!(judge(tarball("npm.acme.example", "@acme%2fui")).is_empty());
    let other = judge_with(
        &settings,
        Ecosystem::Npm,
        "@other/ui",
        tarball("public.example", "@other/ui"),
    );
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn an_internal_name_is_judged_although_nothing_is_approved() {
    let mut settings = settings(Ecosystem::Cargo, &[], &["acme-*"]);
    settings.approved.clear();
    let public = index("https://github.com/rust-lang/crates.io-index", true);
    assert_eq!(
        ids(&judge_with(
            &settings,
            Ecosystem::Cargo,
            "acme_core",
            public
        )),
        ["registry/internal-name-outside"]
    );
}

#[test]
fn credentials_in_an_address_are_found_and_never_shown() {
    let password = "s3cr3t".to_owned() + "-but-long";
    for url in [
        format!("https://bob:{password}@r.example/lib/-/lib-1.3.0.tgz"),
        format!("https://{password}@r.example/lib/-/lib-1.3.0.tgz"),
        format!("https://r.example/lib/-/lib-1.3.0.tgz?token={password}"),
    ] {
        let found = judge(Ecosystem::Npm, "", "lib", at(1, file(&url), &[sha256(1)]));
        assert_eq!(ids(&found), ["registry/url-credentials"], "{url}");
        assert!(!format!("{found:?}").contains(&password), "{found:?}");
    }
    let ssh = git(
        "ssh://git@git.example/lib",
        GitReference::Default,
        Some(COMMIT),
    );
    assert_eq!(
        ids(&judge(Ecosystem::Npm, "", "lib", at(1, ssh, &[]))),
        ["registry/git-dependency"]
    );
}

#[test]
fn a_package_file_of_another_package_or_version_is_found() {
    let judge = |name, url: &str| {
        ids(&judge(
            Ecosystem::Npm,
            "",
            name,
            at(1, file(url), &[sha256(1)]),
        ))
    };
    for (name, url) in [
        ("lib", "https://r.example/evil/-/evil-1.3.0.tgz"),
        ("lib", "https://r.example/lib/-/lib-1.2.0.tgz"),
        ("lib", "https://r.example/lib/-/evil-1.3.0.tgz"),
        ("lib", "https://r.example/@x/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@y%2flib/-/lib-1.3.0.tgz"),
    ] {
        assert_eq!(judge(name, url), ["registry/name-mismatch"], "{url}");
    }
    for (name, url) in [
        ("lib", "https://r.example/npm/team/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@x/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@x%2Flib/-/lib-1.3.0.tgz"),
        (
            "@x/lib",
            "https://r.example/%40x/lib/-/@x/lib-1.3.0.tgz?a=b",
        ),
        // Layouts that say nothing about the name.
        ("lib", "https://r.example/download/1234/abcdef"),
        ("lib", "https://r.example/-/lib"),
        ("lib", "https://r.example/evil/-/a/b/c.tgz"),
    ] {
        assert!(judge(name, url).is_empty(), "{url}");
    }
}
