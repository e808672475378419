use super::*;
use crate::inventory::formats::testing::{edges, gaps, parse};
use crate::model::{Checksum, ComponentKind, Origin};

macro_rules! fixture {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!(
                "../../../../testdata/inventory/go-work/typical/",
                $path
            )),
        )
    };
}

const WORK: (&str, &str) = fixture!("go.work");
const FILES: &[(&str, &str)] = &[
    fixture!("api/go.mod"),
    fixture!("worker/go.mod"),
    fixture!("worker/go.sum"),
    fixture!("lib/common/go.mod"),
    fixture!("go.work.sum"),
];
const VENDOR: (&str, &str) = fixture!("vendor/modules.txt");

fn read(text: &str, files: &[(&str, &str)]) -> Parsed {
    parse(&GoWork, "go.work", text, files).unwrap()
}

/// Name, version, file and line of the entries of one module.
fn entries<'p>(parsed: &'p Parsed, name: &str) -> Vec<(&'p str, &'p str, u32)> {
    let found = parsed.packages.iter().filter(|p| p.name == name);
    found
        .map(|p| {
            let version = p.version.as_deref().unwrap_or("-");
            (version, p.path.as_deref().unwrap_or("-"), p.line)
        })
        .collect()
}

#[test]
fn every_member_gets_the_highest_version_that_one_requires() {
    let parsed = read(WORK.1, FILES);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        entries(&parsed, "go.uber.org/zap"),
        [
            ("v1.27.0", "api/go.mod", 8),
            ("v1.27.0", "worker/go.mod", 7)
        ]
    );
    assert_eq!(
        entries(&parsed, "golang.org/x/text"),
        [
            ("v0.34.0", "api/go.mod", 13),
            ("v0.34.0", "lib/common/go.mod", 5),
            ("v0.34.0", "worker/go.mod", 13)
        ]
    );
    assert_eq!(entries(&parsed, "go.uber.org/multierr").len(), 2);
    let mut also: Vec<(&str, &str, usize)> = parsed
        .also_read
        .iter()
        .map(|also| (also.path.as_str(), also.format, also.packages))
        .collect();
    also.sort_unstable();
    assert_eq!(
        also,
        [
            ("api/go.mod", "go-mod", 6),
            ("go.work.sum", "go-sum", 1),
            ("lib/common/go.mod", "go-mod", 2),
            ("worker/go.mod", "go-mod", 6),
            ("worker/go.sum", "go-sum", 2),
        ]
    );
}

#[test]
fn a_member_that_another_requires_is_own_and_linked() {
    let parsed = read(WORK.1, FILES);
    let own = parsed
        .packages
        .iter()
        .filter(|p| p.kind == ComponentKind::Own);
    let names: Vec<&str> = own.map(|p| p.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "corp.example/api",
            "corp.example/common",
            "corp.example/worker"
        ]
    );
    assert_eq!(
        edges(&parsed),
        [
            "corp.example/api@? -> corp.example/common@?",
            "corp.example/api@? -> github.com/pelletier/go-toml/v2@v2.2.4",
            "corp.example/api@? -> go.uber.org/zap@v1.27.0",
            "corp.example/common@? -> golang.org/x/text@v0.34.0",
            "corp.example/worker@? -> corp.example/common@?",
            "corp.example/worker@? -> go.uber.org/zap@v1.27.0",
            "corp.example/worker@? -> golang.org/x/net@v0.25.0",
        ]
    );
    assert_eq!(parsed.root, None);
}

#[test]
fn a_replacement_of_the_workspace_goes_before_that_of_a_member() {
    let parsed = read(WORK.1, FILES);
    let toml = parsed
        .packages
        .iter()
        .find(|p| p.name.contains("toml"))
        .unwrap();
    assert_eq!(toml.name, "github.com/pelletier/go-toml/v2");
    let path = "./third_party/toml".to_owned();
    assert_eq!(toml.origin, Origin::Path { path });
    let without = WORK.1.split("replace").next().unwrap();
    let parsed = read(without, FILES);
    assert_eq!(
        entries(&parsed, "github.com/fork/toml/v2"),
        [("v2.9.0", "api/go.mod", 7)]
    );
}

#[test]
fn checksums_come_from_every_sum_file_of_the_workspace() {
    let parsed = read(WORK.1, FILES);
    let sums = |name: &str| -> Vec<usize> {
        let found = parsed.packages.iter().filter(|p| p.name == name);
        found.map(|p| p.checksums.len()).collect()
    };
    assert_eq!(sums("go.uber.org/zap"), [1, 1]);
    assert_eq!(sums("golang.org/x/net"), [2]);
    assert_eq!(sums("golang.org/x/text"), [1, 1, 1]);
    // Two files that disagree are both shown.
    let mut files = FILES.to_vec();
    files.push(("api/go.sum", "golang.org/x/net v0.25.0 h1:other=\n"));
    let parsed = read(WORK.1, &files);
    let net = parsed
        .packages
        .iter()
        .find(|p| p.name == "golang.org/x/net")
        .unwrap();
    let other = Checksum::Opaque {
        scheme: "go-h1",
        value: "h1:other=".to_owned(),
    };
    assert!(net.checksums.contains(&other) && net.checksums.len() == 3);
}

#[test]
fn the_vendor_directory_is_a_second_witness() {
    let mut files = FILES.to_vec();
    files.push(VENDOR);
    let parsed = read(WORK.1, &files);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        entries(&parsed, "golang.org/x/net").last(),
        Some(&("v0.25.0", "vendor/modules.txt", 14))
    );
    // Replaced by a member: its own package, not one that is held there.
    assert_eq!(entries(&parsed, "corp.example/common").len(), 1);
    let changed = VENDOR.1.replace("net v0.25.0", "net v0.24.0")
        + "# a.example/extra v1.0.0\na.example/extra\n";
    files.pop();
    files.push((VENDOR.0, &changed));
    let parsed = read(WORK.1, &files);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unresolved-dependency", 14),
            ("inventory/unresolved-dependency", 21)
        ]
    );
    assert_eq!(entries(&parsed, "golang.org/x/net").len(), 2);
    assert_eq!(entries(&parsed, "a.example/extra").len(), 1);
    // That of a single module says nothing of a workspace.
    let of_module = changed.replace("## workspace\n", "");
    files.pop();
    files.push((VENDOR.0, &of_module));
    assert_eq!(read(WORK.1, &files), read(WORK.1, FILES));
}

#[test]
fn an_empty_workspace_holds_nothing() {
    assert_eq!(read("go 1.24\n", &[]), Parsed::default());
    assert_eq!(read("", &[]), Parsed::default());
}

#[test]
fn what_cannot_be_read_of_a_workspace_is_a_gap_and_the_rest_is_read() {
    let text = "go 1.24\nuse (\n\t./a\n\t./gone\n\t../outside\n\t./b\n\t./a/\n\t./old c\n)\n";
    let files = [
        (
            "a/go.mod",
            "module x.example/a\ngo 1.24\nrequire x.example/d v1.0.0\nrequire odd\n",
        ),
        ("b/go.mod", "go 1.24\nrequire (\n\tx.example/d v1.1.0\n"),
    ];
    let parsed = read(text, &files);
    assert_eq!(
        entries(&parsed, "x.example/d"),
        [("v1.1.0", "a/go.mod", 3), ("v1.1.0", "b/go.mod", 3)]
    );
    let mut seen: Vec<(&str, String)> = parsed
        .gaps
        .iter()
        .map(|gap| (gap.id, gap.location.as_ref().unwrap().to_string()))
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            ("inventory/incomplete-entry", "a/go.mod:4".to_owned()),
            ("inventory/incomplete-entry", "go.work:8".to_owned()),
            ("inventory/unreadable-lockfile", "b/go.mod:1".to_owned()),
            ("inventory/unreadable-lockfile", "b/go.mod:3".to_owned()),
            ("inventory/unreadable-lockfile", "go.work:4".to_owned()),
            ("inventory/unreadable-lockfile", "go.work:5".to_owned()),
        ]
    );
    assert!(matches!(
        parse(&GoWork, "go.work", "use \"a\n", &[]),
        Err(FormatError::Syntax { line: 1, .. })
    ));
    let broken = read("use ./a\nuse \"b\n", &files);
    assert_eq!(
        gaps(&broken).last(),
        Some(&("inventory/unreadable-lockfile", 2))
    );
}

#[test]
fn versions_are_ordered_as_go_does() {
    for (high, low) in [
        ("v1.10.0", "v1.9.0"),
        ("v1.0.0", "v1.0.0-rc.1"),
        (
            "v0.0.0-20240101000000-000000000000",
            "v0.0.0-20230101000000-ffffffffffff",
        ),
        ("v1.2.4-0.20210101000000-abcdefabcdef", "v1.2.3"),
        ("v0.1.0", "master"),
    ] {
        assert!(
            is_higher(high, low) && !is_higher(low, high),
            "{high} {low}"
        );
    }
    assert!(!is_higher("v2.0.0+incompatible", "v2.0.0"));
    assert!(!is_higher("v2.0.0", "v2.0.0+incompatible"));
}

#[test]
fn too_many_members_are_refused() {
    let text = "use ./a\n".repeat(MEMBER_LIMIT + 1);
    assert!(matches!(
        parse(&GoWork, "go.work", &text, &[]),
        Err(FormatError::TooManyPackages {
            limit: MEMBER_LIMIT
        })
    ));
    let same = "use ./a\n".repeat(MEMBER_LIMIT);
    let parsed = read(&same, &[("a/go.mod", "module a.example/a\n")]);
    assert_eq!(parsed.packages.len(), 1);
}
