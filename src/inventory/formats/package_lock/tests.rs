use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::{ComponentKind, GitReference, Origin, Scope};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/package-lock/typical/package-lock.json");

fn read(text: &str) -> Parsed {
    parse(&PackageLock, "package-lock.json", text, &[]).unwrap()
}

fn lock(packages: &str) -> String {
    format!("{{\"lockfileVersion\": 3, \"packages\": {{\n{packages}\n}}}}")
}

#[test]
fn the_scheme_of_an_address_has_no_case() {
    let of = |resolved: &str| {
        let text = lock(&format!(
            "\"\": {{\"dependencies\": {{\"a\": \"1\"}}}},\n\"node_modules/a\": {{\"version\": \"1.0.0\", \"resolved\": \"{resolved}\"}}"
        ));
        let parsed = read(&text);
        let mut packages = parsed.packages.into_iter();
        packages.find(|package| package.name == "a").unwrap().origin
    };
    for resolved in ["https://r.example/a.tgz", "HTTPS://R.example:443/a.tgz"] {
        let file = Some(resolved.to_owned());
        let origin = of(resolved);
        assert!(
            matches!(&origin, Origin::Registry { file: found, .. } if *found == file),
            "{origin:?}"
        );
    }
    assert!(matches!(of("ftp://r.example/a.tgz"), Origin::Url { .. }));
}

#[test]
fn a_typical_lockfile_is_resolved_as_node_does() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        edges(&parsed),
        [
            "@corp/ui@1.2.0 -> helper@1.9.0",
            "@corp/ui@1.2.0 -> runner@5.1.0",
            "@web/shared@0.1.0 -> helper@2.0.0",
            "runner@5.1.0 -> helper@2.0.0",
            "runner@5.1.0 -> inner@1.0.0",
            "web@2.0.0 -> @corp/ui@1.2.0",
            "web@2.0.0 -> left-pad@1.3.0",
            "web@2.0.0 -> native@1.0.0",
            "web@2.0.0 -> runner@5.1.0",
            "web@2.0.0 -> theme@2.1.0",
            "web@2.0.0 -> tool@1.0.0",
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("runner").scope, Scope::Dev);
    assert_eq!(of("native").scope, Scope::Optional);
    assert_eq!(of("native").runs_install_code, Some(true));
    assert_eq!(of("@web/shared").kind, ComponentKind::Own);
    assert_eq!(of("left-pad").licence.as_deref(), Some("WTFPL"));
    assert_eq!(
        of("inner").origin,
        Origin::Bundled {
            inside: "runner@5.1.0".to_owned()
        }
    );
    assert!(matches!(&of("tool").origin, Origin::Url { .. }));
    assert!(matches!(
        &of("@corp/ui").origin,
        Origin::Registry { file: Some(_), .. }
    ));
    assert_eq!(
        of("theme").origin,
        Origin::Git {
            url: "ssh://git@git.corp.example/theme.git".to_owned(),
            reference: GitReference::Revision("v2".to_owned()),
            commit: Some("9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b".to_owned()),
        }
    );
    assert_eq!(parsed.root.unwrap().name, "web");
}

#[test]
fn every_line_is_that_of_the_key() {
    let parsed = read(TYPICAL);
    let lines: Vec<&str> = TYPICAL.lines().collect();
    for package in parsed.packages {
        let line = lines[package.line as usize - 1];
        let last = package.name.rsplit('/').next().unwrap();
        let key = match package.name.as_str() {
            "left-pad" => "node_modules/left\"",
            "web" => "\"\": {",
            _ => last,
        };
        assert!(line.contains(key) && line.ends_with('{'), "{key}: {line}");
    }
}

#[test]
fn keys_with_escapes_and_doubled_keys_do_not_shift_lines() {
    let text = lock(
        " \"node_modules/a\": {\"version\": \"1.0.0\", \"x\": \"}\\\"{\\n\"},\n\
          \"node_modules/\\u0062\":\n\n {\"version\": \"2.0.0\"},\n\
          \"node_modules/c\": {\"version\": \"1.0.0\"},\n\
          \"node_modules/c\": {\"version\": \"3.0.0\"}",
    );
    let parsed = read(&text);
    let seen: Vec<(&str, u32)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.line))
        .collect();
    assert_eq!(seen, [("a", 2), ("b", 5), ("c", 7)]);
    assert_eq!(parsed.packages[2].version.as_deref(), Some("3.0.0"));
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 7)]);
}

#[test]
fn a_lockfile_with_two_packages_objects_is_a_gap() {
    let text = "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a\": {\"version\": \"1\"}},\n\
                \"packages\": {\"node_modules/b\": {\"version\": \"1\"}}}";
    let parsed = read(text);
    assert_eq!(parsed.packages[0].name, "b");
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 1)]);
}

#[test]
fn nested_modules_shadow_outer_ones_and_optional_ones_may_be_missing() {
    let text = lock(
        "\"\": {\"dependencies\": {\"a\": \"1\", \"gone\": \"1\"}, \"optionalDependencies\": {\"mac\": \"1\"}},\n\
         \"node_modules/a\": {\"version\": \"1.0.0\", \"dependencies\": {\"b\": \"2\", \"mac\": \"1\"}, \"optionalDependencies\": {\"mac\": \"1\"}, \"devDependencies\": {\"never\": \"1\"}},\n\
         \"node_modules/a/node_modules/b\": {\"version\": \"2.0.0\", \"dependencies\": {\"c\": \"1\"}},\n\
         \"node_modules/b\": {\"version\": \"1.0.0\"},\n\
         \"node_modules/c\": {\"version\": \"1.0.0\", \"peerDependencies\": {\"b\": \"*\", \"gone\": \"*\"}}",
    );
    let parsed = read(&text);
    assert_eq!(
        edges(&parsed),
        [
            "a@1.0.0 -> b@2.0.0",
            "b@2.0.0 -> c@1.0.0",
            "c@1.0.0 -> b@1.0.0"
        ]
    );
    // The root has no name: it is no package, and its dependencies are direct.
    assert_eq!(parsed.direct, [0]);
    assert_eq!(gaps(&parsed), [("inventory/unresolved-dependency", 2)]);
}

#[test]
fn a_link_leads_to_its_target_and_is_no_package() {
    let text = lock(
        "\"\": {\"name\": \"r\", \"dependencies\": {\"w\": \"*\", \"x\": \"*\"}},\n\
         \"node_modules/w\": {\"link\": true, \"resolved\": \"libs/w\"},\n\
         \"node_modules/x\": {\"link\": true, \"resolved\": \"../x\"},\n\
         \"libs/w\": {\"version\": \"0.1.0\", \"devDependencies\": {\"d\": \"1\"}},\n\
         \"libs/w/node_modules/d\": {\"version\": \"1.0.0\", \"dev\": true}",
    );
    let parsed = read(&text);
    assert_eq!(edges(&parsed), ["r@? -> w@0.1.0", "w@0.1.0 -> d@1.0.0"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unresolved-dependency", 2),
            ("inventory/unresolved-dependency", 4)
        ]
    );
}

#[test]
fn an_empty_lockfile_has_no_packages() {
    assert_eq!(read(&lock("")), Parsed::default());
}

#[test]
fn a_broken_lockfile_keeps_the_entries_before_the_break() {
    let whole = lock(
        "\"node_modules/a\": {\"version\": \"1.0.0\"},\n\"node_modules/b\": {\"version\": \"1.0.0\"}",
    );
    let (broken, _) = whole.split_at(whole.len() - 12);
    let parsed = read(broken);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 3)]);
    let merge = parse(&PackageLock, "p", "<<<<<<< HEAD\n", &[]);
    assert!(matches!(merge, Err(FormatError::Syntax { line: 1, .. })));
}

#[test]
fn versions_that_are_not_read_are_told_apart() {
    let read = |text: &str| parse(&PackageLock, "p", text, &[]).unwrap_err();
    assert!(matches!(
        read("{\n\"lockfileVersion\": 4, \"packages\": {}}"),
        FormatError::UnknownVersion { line: 2, .. }
    ));
    assert!(matches!(
        read("{\"lockfileVersion\": 3}"),
        FormatError::Shape { .. }
    ));
    assert!(matches!(read("{}"), FormatError::Shape { .. }));
}

#[test]
fn a_bad_field_is_a_gap_and_the_rest_of_the_entry_is_kept() {
    let text = lock(
        "\"node_modules/a\": {\"version\": 7, \"integrity\": \"sha9-x\", \"license\": {\"type\": \"MIT\"}},\n\
         \"node_modules/b\": [],\n\
         \"node_modules/c\": {\"version\": \"1.0.0\", \"dev\": \"yes\", \"dependencies\": []}",
    );
    let parsed = read(&text);
    assert_eq!(parsed.packages.len(), 2);
    assert_eq!(parsed.packages[0].licence.as_deref(), Some("MIT"));
    let at: Vec<u32> = gaps(&parsed).iter().map(|(_, line)| *line).collect();
    assert_eq!(at, [2, 3, 4, 4, 2, 2]);
    assert!(
        gaps(&parsed)
            .iter()
            .all(|(id, _)| *id == "inventory/incomplete-entry")
    );
}

#[test]
fn a_hostile_lockfile_costs_no_more_than_its_size() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let parsed = read(&lock(&format!(
        "\"node_modules/a\": {{\"version\": {deep}}}"
    )));
    assert_eq!(gaps(&parsed), [("inventory/incomplete-entry", 2)]);
    let long = format!("\"{}node_modules/a\": {{}}", "x/".repeat(1000));
    assert_eq!(
        gaps(&read(&lock(&long))),
        [("inventory/incomplete-entry", 2)]
    );
    // A path of 400 directories that asks for 5,000 modules at the top.
    let names: Vec<String> = (0..5000).map(|n| format!("\"m{n}\": \"1\"")).collect();
    let mut entries: Vec<String> = (0..5000)
        .map(|n| format!("\"node_modules/m{n}\": {{\"version\": \"1.0.0\"}}"))
        .collect();
    entries.push(format!(
        "\"{}node_modules/z\": {{\"version\": \"1.0.0\", \"dependencies\": {{{}}}}}",
        "x/".repeat(400),
        names.join(",")
    ));
    let text = lock(&entries.join(",\n"));
    let parsed = read(&text);
    assert_eq!(parsed.edges.len(), 5000);
    lines_hold_names(&text, &parsed);
}

#[test]
fn a_deprecation_is_kept_with_the_words_of_the_publisher() {
    let text = lock(
        r#""node_modules/a": {"version": "1.0.0", "deprecated": "use b"},
           "node_modules/b": {"version": "1.0.0", "deprecated": ""},
           "node_modules/c": {"version": "1.0.0", "deprecated": true},
           "node_modules/d": {"version": "1.0.0", "deprecated": 7}"#,
    );
    let parsed = read(&text);
    let of = |name: &str| {
        let found = parsed.packages.iter().find(|package| package.name == name);
        found.unwrap().withdrawn.clone()
    };
    assert_eq!(of("a").as_deref(), Some("use b"));
    assert_eq!(of("b"), None);
    assert_eq!(of("c").as_deref(), Some(""));
    assert_eq!(of("d"), None);
    assert_eq!(parsed.gaps.len(), 1);
    assert!(parsed.gaps[0].message.contains("`deprecated`"));
}

#[test]
fn integrity_may_hold_several_algorithms_of_one_file() {
    let parsed = read(TYPICAL);
    let helper = parsed
        .packages
        .iter()
        .find(|p| p.version.as_deref() == Some("2.0.0") && p.name == "helper")
        .unwrap();
    assert_eq!(helper.checksums.len(), 2);
}

#[test]
fn a_key_that_stands_twice_in_an_entry_is_a_gap_and_the_last_counts() {
    let text = r#"{"lockfileVersion": 3, "packages": {"": {},
"node_modules/a": {"version": "1.0.0", "version": "2.0.0"},
"node_modules/b": {"version": "1.0.0", "dependencies": {"a": 1}}}}"#;
    let parsed = parse(&PackageLock, "package-lock.json", text, &[]).unwrap();
    let versions: Vec<Option<&str>> = parsed
        .packages
        .iter()
        .map(|p| p.version.as_deref())
        .collect();
    assert_eq!(versions, [Some("2.0.0"), Some("1.0.0")]);
    let incomplete = "inventory/incomplete-entry";
    assert_eq!(gaps(&parsed), [(incomplete, 2), (incomplete, 3)]);
}

#[test]
fn an_entry_that_is_nested_too_deep_is_left_out_with_the_limit() {
    let nested = |depth: usize| {
        let value = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\n\"node_modules/a\": {{\"version\": \"1.0.0\", \"x\": {value}}}}}}}"
        );
        parse(&PackageLock, "package-lock.json", &text, &[]).unwrap()
    };
    let deep = nested(100);
    assert_eq!(deep.packages.len(), 0);
    assert!(
        deep.gaps[0].message.contains("nested deeper than 64"),
        "{:?}",
        deep.gaps
    );
    assert_eq!(nested(10).packages.len(), 1);
}
