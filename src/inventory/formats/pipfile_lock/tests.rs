use super::*;
use crate::inventory::formats::testing::{gaps, lines_hold_names, parse};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/pipfile-lock/typical/Pipfile.lock");

fn read(text: &str) -> Parsed {
    parse(&PipfileLock, "Pipfile.lock", text, &[]).unwrap()
}

/// A lockfile with two sources and these categories, on one line each.
fn with(categories: &str) -> String {
    format!(
        "{{\"_meta\": {{\"pipfile-spec\": 6, \"sources\": [{{\"name\": \"a\", \"url\": \"https://a.example/simple\"}}, {{\"name\": \"b\", \"url\": \"https://b.example/simple\"}}]}},\n{categories}}}"
    )
}

#[test]
fn an_empty_lockfile_holds_nothing_and_an_empty_file_is_none() {
    let empty = with("\"default\": {}, \"develop\": {}");
    assert_eq!(read(&empty), Parsed::default());
    for text in ["", "[]", "{}", "{\"_meta\": 7}"] {
        assert!(
            parse(&PipfileLock, "Pipfile.lock", text, &[]).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_real_lockfile_is_read_by_category() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(parsed.packages.len(), 13);
    lines_hold_names(TYPICAL, &parsed);
    let scopes = |name: &str| -> Vec<Scope> {
        let found = parsed.packages.iter().filter(|p| p.name == name);
        found.map(|p| p.scope).collect()
    };
    assert_eq!(scopes("requests"), [Scope::Runtime]);
    assert_eq!(scopes("packaging"), [Scope::Dev, Scope::Optional]);
    let django = parsed.packages.iter().find(|p| p.name == "django").unwrap();
    // `==` is not part of the version.
    assert!(
        django
            .version
            .as_ref()
            .unwrap()
            .starts_with(char::is_numeric)
    );
    assert_eq!(django.checksums.len(), 2);
    assert!(parsed.packages.iter().all(|p| p.origin
        == Origin::Registry {
            index: Some("https://index.example/simple".to_owned()),
            file: None,
            default: false
        }));
}

#[test]
fn each_kind_of_source_is_told_apart() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let text = with(&format!(
        "\"default\": {{\"a\": {{\"git\": \"https://h.example/a.git\", \"ref\": \"{commit}\"}},\n\
         \"b\": {{\"git\": \"https://h.example/b.git\", \"ref\": \"main\"}},\n\
         \"c\": {{\"path\": \".\", \"editable\": true}},\n\
         \"d\": {{\"file\": \"https://f.example/d.zip\"}},\n\
         \"e\": {{\"path\": \"./e-1-py3-none-any.whl\"}},\n\
         \"f\": {{\"version\": \"==1\", \"index\": \"b\"}},\n\
         \"g\": {{\"version\": \"==1\"}}}}"
    ));
    let parsed = read(&text);
    assert_eq!(gaps(&parsed), []);
    let origins: Vec<&Origin> = parsed.packages.iter().map(|p| &p.origin).collect();
    assert!(matches!(origins[0], Origin::Git { commit: Some(found), .. } if found == commit));
    assert!(matches!(origins[1], Origin::Git { commit: None, .. }));
    assert!(matches!(origins[2], Origin::Path { path } if path == "."));
    assert_eq!(parsed.packages[2].kind, ComponentKind::Own);
    assert!(matches!(origins[3], Origin::Url { .. }));
    assert!(matches!(origins[4], Origin::Path { .. }));
    assert_eq!(parsed.packages[4].kind, ComponentKind::Dependency);
    assert!(
        matches!(origins[5], Origin::Registry { index: Some(url), .. } if url.contains("b.example"))
    );
    // Two sources, and the entry names none.
    assert_eq!(origins[6], &Origin::Unrecorded);
}

#[test]
fn a_bad_entry_is_a_gap_and_the_rest_is_read() {
    let text = with(
        "\"default\": {\"a\": {\"version\": \">=1\"},\n\
         \"b\": {\"version\": false},\n\
         \"c\": 7,\n\
         \"d\": {\"version\": \"==1\", \"hashes\": [\"sha256:zz\"], \"index\": \"gone\"},\n\
         \"e\": {},\n\
         \"f\": {\"version\": \"==1\"},\n\
         \"f\": {\"version\": \"==2\"}},\n\"odd\": []",
    );
    let parsed = read(&text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f", "f"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unreadable-lockfile", 8),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 9),
        ]
    );
}

#[test]
fn a_lockfile_that_breaks_off_keeps_what_stands_before() {
    let whole = with(
        "\"default\": {\"a\": {\"version\": \"==1\"}},\n\"develop\": {\"b\": {\"version\": \"==2\"},\n\"c\": {\"version\": \"==3\"}}",
    );
    let cut = whole.split("\"==3").next().unwrap();
    let parsed = read(cut);
    let found: Vec<(&str, u32, Scope)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.line, p.scope))
        .collect();
    assert_eq!(found, [("a", 2, Scope::Runtime), ("b", 3, Scope::Dev)]);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 4)]);
}

#[test]
fn other_specifications_are_refused_by_name() {
    let spec = |spec: &str| {
        let text = format!("{{\"_meta\":\n{{\"pipfile-spec\": {spec}}}, \"default\": {{}}}}");
        parse(&PipfileLock, "Pipfile.lock", &text, &[]).unwrap_err()
    };
    assert!(matches!(spec("5"), FormatError::OldVersion { found, .. } if found == "5"));
    assert!(
        matches!(spec("7"), FormatError::UnknownVersion { line: 1, found, .. } if found == "7")
    );
    assert!(matches!(spec("\"6\""), FormatError::UnknownVersion { .. }));
    assert!(matches!(spec("null"), FormatError::Shape { .. }));
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let parsed = read(&with(&format!("\"default\": {{\"a\": {deep}}}")));
    assert_eq!(gaps(&parsed), [("inventory/incomplete-entry", 2)]);
    assert_eq!(parsed.packages.len(), 1);
}
