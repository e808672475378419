use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::Checksum;

const TYPICAL: &str = include_str!("../../../../testdata/inventory/go-mod/typical/go.mod");
const SUMS: &str = include_str!("../../../../testdata/inventory/go-mod/typical/go.sum");

fn read(text: &str, sums: &str) -> Parsed {
    parse(&GoMod, "go.mod", text, &[("go.sum", sums)]).unwrap()
}

#[test]
fn a_typical_module_has_its_replacements_and_exclusions_applied() {
    let parsed = read(TYPICAL, SUMS);
    assert_eq!(gaps(&parsed), []);
    let seen: Vec<(&str, Option<&str>, ComponentKind)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.version.as_deref(), p.kind))
        .collect();
    use ComponentKind::{Dependency, Own};
    assert_eq!(
        seen,
        [
            ("corp.example/gateway", None, Own),
            ("github.com/BurntSushi/toml", Some("v1.4.0"), Dependency),
            ("corp.example/auth", Some("v0.0.0"), Own),
            ("github.com/new/name", Some("v1.0.1"), Dependency),
            ("golang.org/x/text", Some("v0.16.0"), Dependency),
            ("github.com/skip/me", Some("v1.2.0"), Dependency),
            ("corp.example/copy", Some("v1.5.0"), Dependency),
        ]
    );
    assert_eq!(
        edges(&parsed).len(),
        4,
        "an indirect requirement is no edge"
    );
    assert!(matches!(parsed.packages[6].origin, Origin::Path { .. }));
    assert_eq!(parsed.also_read[0].packages, 3);
    assert_eq!(parsed.root.unwrap().name, "corp.example/gateway");
}

#[test]
fn checksums_keep_the_name_of_their_scheme() {
    let parsed = read(TYPICAL, SUMS);
    let schemes = |place: usize| -> Vec<&str> {
        parsed.packages[place]
            .checksums
            .iter()
            .map(|checksum| match checksum {
                Checksum::Opaque { scheme, .. } => *scheme,
                Checksum::File(_) => "file",
            })
            .collect()
    };
    assert_eq!(schemes(1), ["go-h1", "go-mod-h1"]);
    assert_eq!(schemes(4), ["go-mod-h1"]);
    assert_eq!(schemes(6), [""; 0]);
}

#[test]
fn a_line_of_the_sums_alone_is_no_component() {
    let parsed = read(TYPICAL, SUMS);
    assert!(
        !parsed
            .packages
            .iter()
            .any(|p| p.version.as_deref() == Some("v1.3.0"))
    );
}

#[test]
fn every_line_holds_the_module_that_is_required() {
    let plain: String = TYPICAL
        .lines()
        .filter(|line| !line.contains("=>"))
        .map(|line| format!("{line}\n"))
        .collect();
    lines_hold_names(&plain, &read(&plain, ""));
}

#[test]
fn before_one_seventeen_the_list_is_not_whole() {
    for go in ["", "go 1.16\n"] {
        let text = format!("module m\n{go}require a.example/b v1.0.0\n");
        let parsed = read(&text, "");
        assert_eq!(gaps(&parsed)[0].0, "inventory/incomplete-lockfile", "{go}");
    }
    assert_eq!(
        gaps(&read(
            "module m\ngo 1.21rc1\nrequire a.example/b v1.0.0\n",
            ""
        )),
        []
    );
}

#[test]
fn a_requirement_in_an_excluded_version_is_not_built_and_leaves_the_version_open() {
    let both = "module m\ngo 1.22\nrequire a.example/b v1.0.0\nrequire a.example/b v1.1.0\n\
                exclude a.example/b v1.0.0\n";
    let read_versions = |text: &str| -> (Vec<Option<String>>, Vec<(&str, u32)>) {
        let parsed = read(text, "");
        let versions = parsed.packages.iter().skip(1).map(|p| p.version.clone());
        (versions.collect(), gaps(&parsed))
    };
    assert_eq!(
        read_versions(both),
        (vec![Some("v1.1.0".to_owned())], vec![])
    );
    let alone = both.replace("require a.example/b v1.1.0\n", "");
    let open = vec![("inventory/unresolved-dependency", 3)];
    assert_eq!(read_versions(&alone), (vec![], open));
}

#[test]
fn a_directive_that_go_does_not_know_is_a_gap() {
    let known = "module m\ngo 1.22\ntoolchain go1.22.5\ngodebug default=go1.21\n\
                 retract v1.0.0\ntool a.example/b\nignore ./x\n";
    assert_eq!(gaps(&read(known, "")), []);
    let odd = read(
        "module m\ngo 1.22\nrequires (\n\ta.example/b v1.0.0\n)\n",
        "",
    );
    assert_eq!(gaps(&odd), [("inventory/incomplete-entry", 4)]);
}

#[test]
fn a_module_without_requirements_is_only_itself() {
    let parsed = read("module \"m\" // name\n", "");
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), []);
    assert!(matches!(
        parse(&GoMod, "go.mod", "", &[]),
        Err(FormatError::Shape { .. })
    ));
}

#[test]
fn a_broken_file_keeps_what_stands_before_the_break() {
    let open = read("module m\ngo 1.22\nrequire (\n\ta.example/b v1.0.0\n", "");
    assert_eq!(open.packages.len(), 2);
    assert_eq!(gaps(&open), [("inventory/unreadable-lockfile", 4)]);
    let quote = read(
        "module m\ngo 1.22\nrequire a.example/b v1.0.0\nrequire \"x\n",
        "",
    );
    assert_eq!(quote.packages.len(), 2);
    assert_eq!(gaps(&quote), [("inventory/unreadable-lockfile", 4)]);
    let bad = read(
        "module m\ngo 1.22\nrequire a.example/b\nreplace x => \n",
        "nonsense\n",
    );
    assert_eq!(
        gaps(&bad),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 1)
        ]
    );
}

#[test]
fn a_hostile_file_costs_no_more_than_its_size() {
    let words = "a ".repeat(200_000);
    let parsed = read(&format!("module m\n{words}\n({words}\n"), &words);
    assert_eq!(parsed.packages.len(), 1);
    let slashes = read(&format!("module m\n{}\n", "/".repeat(200_000)), "");
    assert_eq!(slashes.packages.len(), 1);
}

#[test]
fn the_vendor_directory_lists_what_an_old_module_leaves_out() {
    let text = "module m.example/m\ngo 1.16\nrequire a.example/a v1.0.0\n";
    let listing = "# a.example/a v1.0.0\n## explicit\na.example/a\n# b.example/b v1.2.0\nb.example/b/c\n\
                   # c.example/c v1.0.0\n## explicit\n";
    let read = |text: &str, listing: &str| {
        parse(&GoMod, "go.mod", text, &[("vendor/modules.txt", listing)]).unwrap()
    };
    let old = read(text, listing);
    assert_eq!(gaps(&old), []);
    let places: Vec<(&str, Option<&str>, u32)> = old
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.path.as_deref(), p.line))
        .collect();
    let vendor = Some("vendor/modules.txt");
    assert_eq!(
        places,
        [
            ("m.example/m", None, 1),
            ("a.example/a", None, 3),
            ("a.example/a", vendor, 1),
            // Required by no go.mod that is here, yet built.
            ("b.example/b", vendor, 4),
            // `c.example/c` is named without a package: nothing of it is there.
        ]
    );
    assert_eq!(old.also_read[0].format, "go-vendor");
    // Since 1.17 go.mod lists all that is built, so the same listing contradicts it.
    let new = read(&text.replace("1.16", "1.17"), listing);
    assert_eq!(gaps(&new), [("inventory/unresolved-dependency", 4)]);
    assert_eq!(new.packages.len(), 4);
    let odd = read(text, "a.example/a\n# odd\n");
    assert_eq!(
        gaps(&odd),
        [
            ("inventory/incomplete-entry", 1),
            ("inventory/incomplete-entry", 2)
        ]
    );
}

#[test]
fn a_control_character_ends_the_reading_and_is_a_gap() {
    let plain = "module a.example/x\n\ngo 1.21\n\nrequire b.example/y v1.0.0\n";
    let sums = "b.example/y v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    assert_eq!(gaps(&read(plain, sums)), []);
    let with_nul = format!("{plain}\0\0\0\n");
    let parsed = read(&with_nul, sums);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 6)]);
    assert_eq!(parsed.packages.len(), 2, "what stands before it is kept");
}
