use super::*;
use crate::inventory::formats::testing::{edges, gaps, parse};
use crate::model::Origin;

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/dotnet-deps/typical/Shop.Web.deps.json");

fn read(text: &str) -> Parsed {
    parse(&DotnetDeps, "out/Shop.Web.deps.json", text, &[]).unwrap()
}

#[test]
fn a_typical_file_gives_what_the_program_loads() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        edges(&parsed),
        [
            "Shop.Web@2.4.0 -> Legacy.Billing@1.0.0.0",
            "Shop.Web@2.4.0 -> Microsoft.NETCore.App.Runtime.linux-x64@8.0.4",
            "Shop.Web@2.4.0 -> Serilog@3.1.1",
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("Serilog").scope, Scope::Runtime);
    assert_eq!(of("Analyzer.Kit").scope, Scope::Build);
    assert!(matches!(of("Legacy.Billing").origin, Origin::Path { .. }));
    assert!(of("Legacy.Billing").checksums.is_empty());
    assert_eq!(parsed.root.as_ref().unwrap().name, "Shop.Web");
}

#[test]
fn a_file_of_another_tool_says_nothing() {
    assert_eq!(read("{\"modules\": []}"), Parsed::default());
    // What has .NET's lists and no target is damaged.
    let lists = "{\"runtimeTargt\": {},\n\"libraries\": {\"a/1.0.0\": {}}}";
    assert!(matches!(
        parse(&DotnetDeps, "a.deps.json", lists, &[]),
        Err(FormatError::Shape { line: 2, .. })
    ));
    assert!(!DotnetDeps.matches("", ".deps.json") && DotnetDeps.matches("", "a.deps.json"));
}

#[test]
fn a_broken_file_is_refused_or_read_up_to_the_break() {
    let error = parse(&DotnetDeps, "a.deps.json", "{\"runtimeTarget\": {}, ", &[]).unwrap_err();
    assert!(matches!(error, FormatError::Syntax { .. }));
    let text = TYPICAL
        .split("\"Analyzer.Kit/1.0.0\": { \"type\"")
        .next()
        .unwrap();
    let parsed = read(text);
    assert_eq!(parsed.packages.len(), 3);
    assert!(gaps(&parsed).contains(&("inventory/unreadable-lockfile", 34)));
}

#[test]
fn many_libraries_are_read_in_time() {
    let libraries: Vec<String> = (0..50_000)
        .map(|n| format!("\"L{n}/1\": {{\"type\": \"package\", \"sha512\": \"\"}}"))
        .collect();
    let targets: Vec<String> = (0..50_000).map(|n| format!("\"L{n}/1\": {{}}")).collect();
    let parsed = read(&format!(
        "{{\"runtimeTarget\": {{}}, \"targets\": {{\"t\": {{{}}}}}, \"libraries\": {{{}}}}}",
        targets.join(","),
        libraries.join(",")
    ));
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (50_000, 0));
}
