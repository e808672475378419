use super::*;
use crate::model::Purl;
use crate::sbom::facts::{Completeness, Family, Format, LicenceFacts};

fn component(purl: &str) -> ComponentFacts {
    let purl = Purl::parse(purl).unwrap();
    ComponentFacts {
        name: Stated::Known(purl.name().to_owned()),
        version: Stated::of(purl.version()),
        purl: Some(purl),
        depends_on: Some(BTreeSet::new()),
        ..ComponentFacts::default()
    }
}

/// A product that depends on all of them.
fn document(components: Vec<ComponentFacts>) -> Facts {
    let mut product = component("pkg:cargo/app@1.0.0");
    product.depends_on = Some((1..=components.len()).collect());
    let mut all = vec![product];
    all.extend(components);
    Facts {
        format: Format {
            family: Family::CycloneDx,
            version: "1.6".to_owned(),
        },
        authors: Vec::new(),
        tools: BTreeSet::new(),
        timestamp: None,
        generation_context: Stated::Missing,
        uri: None,
        vulnerabilities: 0,
        product: Some(0),
        components: all,
        dangling: BTreeSet::new(),
        completeness: Completeness::Complete,
        unread: Vec::new(),
    }
}

fn of(purls: &[&str]) -> Facts {
    document(purls.iter().map(|purl| component(purl)).collect())
}

/// `from > to` for changed versions, `+label`, `-label`.
fn shown(diff: &Diff) -> Vec<String> {
    let changed = diff.changed.iter().filter_map(|changed| {
        let version = changed.version.as_ref()?;
        let text = |side: &Option<String>| side.clone().unwrap_or_default();
        Some(format!("{}>{}", text(&version.from), text(&version.to)))
    });
    let mut all: Vec<String> = changed
        .chain(diff.added.iter().map(|item| format!("+{}", item.label())))
        .chain(diff.removed.iter().map(|item| format!("-{}", item.label())))
        .collect();
    all.sort();
    all
}

#[test]
fn a_document_does_not_differ_from_itself() {
    let a = of(&["pkg:cargo/a@1.0.0", "pkg:cargo/b@1.0.0"]);
    let diff = compare(&a, &a);
    assert!(diff.is_empty());
    assert_eq!(diff.unchanged, 3);
    assert!(compare(&of(&[]), &of(&[])).is_empty());
}

#[test]
fn several_versions_of_a_package_are_matched_by_their_nearness() {
    for (before, after, wanted) in [
        // The equal one is matched first, so the other was upgraded.
        (
            vec!["1.0.0", "2.0.0"],
            vec!["2.0.0", "3.0.0"],
            vec!["1.0.0>3.0.0"],
        ),
        (
            vec!["1.2.3", "2.0.0"],
            vec!["1.2.4", "2.5.0"],
            vec!["1.2.3>1.2.4", "2.0.0>2.5.0"],
        ),
        // One too many: the one of another line was removed.
        (
            vec!["1.0.0", "2.0.0"],
            vec!["2.1.0"],
            vec!["-a@1.0.0", "2.0.0>2.1.0"],
        ),
        (
            vec!["1.9.0"],
            vec!["1.10.0", "0.9.0"],
            vec!["+a@0.9.0", "1.9.0>1.10.0"],
        ),
        // The later one goes on.
        (
            vec!["1.9.0", "1.10.0"],
            vec!["1.11.0"],
            vec!["-a@1.9.0", "1.10.0>1.11.0"],
        ),
        (vec!["1.0.0-rc.1"], vec!["1.0.0"], vec!["1.0.0-rc.1>1.0.0"]),
        (vec![], vec!["1.0.0"], vec!["+a@1.0.0"]),
        (vec!["1.0.0"], vec![], vec!["-a@1.0.0"]),
    ] {
        let purls = |versions: &[&str]| {
            let components = versions
                .iter()
                .map(|version| component(&format!("pkg:npm/a@{version}")));
            document(components.collect())
        };
        let diff = compare(&purls(&before), &purls(&after));
        assert_eq!(shown(&diff), wanted, "{before:?} {after:?}");
    }
}

#[test]
fn packages_of_two_ecosystems_are_two_packages() {
    let diff = compare(&of(&["pkg:cargo/a@1.0.0"]), &of(&["pkg:npm/a@1.0.0"]));
    assert_eq!(shown(&diff), ["+a@1.0.0", "-a@1.0.0"]);
}

#[test]
fn every_kind_of_change_is_told() {
    let mut before = component("pkg:npm/a@1.0.0");
    before.hashes = [("sha256".to_owned(), ["00".to_owned()].into())].into();
    before.licences = [licence("MIT")].into();
    before.scope = Some("runtime".to_owned());
    let mut after = before.clone();
    after.hashes = [("sha256".to_owned(), ["11".to_owned()].into())].into();
    after.licences = [licence("GPL-3.0-only")].into();
    after.scope = Some("dev".to_owned());
    let diff = compare(&document(vec![before]), &document(vec![after]));
    assert_eq!(diff.unchanged, 1, "the product");
    let [changed] = diff.changed.as_slice() else {
        panic!("{:?}", diff.changed)
    };
    assert_eq!(changed.version, None);
    assert!(changed.hashes[0].contradicts());
    let sides = |change: &Option<Change>| {
        let change = change.clone().unwrap();
        (change.from.unwrap(), change.to.unwrap())
    };
    assert_eq!(
        sides(&changed.licence),
        ("MIT".into(), "GPL-3.0-only".into())
    );
    assert_eq!(sides(&changed.scope), ("runtime".into(), "dev".into()));
}

fn licence(text: &str) -> LicenceFacts {
    LicenceFacts {
        text: Stated::of(Some(text)),
        is_spdx: true,
        acknowledgement: None,
    }
}

#[test]
fn one_more_hash_of_the_same_bytes_contradicts_nothing() {
    let one: Hashes = [("sha256".to_owned(), ["00".to_owned()].into())].into();
    let mut two = one.clone();
    two.insert("sha512".to_owned(), ["22".to_owned()].into());
    let changes = hash_changes(&one, &two);
    assert_eq!(changes.len(), 1);
    assert!(!changes[0].contradicts());
}

#[test]
fn an_edge_follows_its_target_through_an_upgrade_and_not_to_another_one() {
    let linked = |versions: [&str; 2], to: usize| {
        let mut parent = component("pkg:npm/parent@1.0.0");
        parent.depends_on = Some([to].into());
        let [one, two] = versions.map(|version| component(&format!("pkg:npm/x@{version}")));
        document(vec![parent, one, two])
    };
    let upgrade = compare(
        &linked(["1.0.0", "2.0.0"], 2),
        &linked(["1.1.0", "2.0.0"], 2),
    );
    assert!(upgrade.changed.iter().all(|c| c.edges_added.is_empty()));
    let moved = compare(
        &linked(["1.0.0", "2.0.0"], 2),
        &linked(["1.0.0", "2.0.0"], 3),
    );
    let [changed] = moved.changed.as_slice() else {
        panic!("{:?}", moved.changed)
    };
    assert_eq!(changed.edges_added, ["x@2.0.0".to_owned()].into());
    assert_eq!(changed.edges_removed, ["x@1.0.0".to_owned()].into());
}

#[test]
fn edges_that_one_side_does_not_write_are_counted_and_not_invented() {
    let with = of(&["pkg:npm/a@1.0.0"]);
    let mut without = with.clone();
    without.components[1].depends_on = None;
    let diff = compare(&with, &without);
    assert!(diff.is_empty());
    assert_eq!(diff.edges_not_compared, 1);
}

#[test]
fn ten_thousand_versions_of_one_package_are_compared_at_once() {
    let versions = |major: usize| {
        let all = (0..10_000).map(|minor| component(&format!("pkg:npm/a@{major}.{minor}.0")));
        document(all.collect())
    };
    let diff = compare(&versions(1), &versions(2));
    assert_eq!(diff.changed.len(), 10_000);
    assert_eq!(diff.unchanged, 1, "the product gains and loses no edge");
}

mod drift_of_a_binary {
    use super::*;

    fn scoped(purl: &str, scope: &str) -> ComponentFacts {
        let mut component = component(purl);
        component.scope = Some(scope.to_owned());
        component
    }

    fn labels(items: &[Item]) -> Vec<String> {
        items.iter().map(Item::label).collect()
    }

    #[test]
    fn what_is_linked_as_declared_is_no_drift() {
        let source = of(&["pkg:cargo/a@1.0.0"]);
        let drift = drift(&source, &source);
        assert_eq!(drift.matched, 1);
        assert_eq!(
            drift,
            Drift {
                matched: 1,
                ..Drift::default()
            }
        );
    }

    #[test]
    fn each_way_to_be_undeclared_is_told() {
        let digest =
            |value: &str| -> Hashes { [("sha256".to_owned(), [value.to_owned()].into())].into() };
        let mut declared = component("pkg:cargo/hash@1.0.0");
        declared.hashes = digest("00");
        let mut linked = declared.clone();
        linked.hashes = digest("11");
        let source = document(vec![
            component("pkg:cargo/version@1.0.0"),
            component("pkg:cargo/origin@1.0.0?repository_url=https:%2F%2Fa.example"),
            declared,
        ]);
        let binary = document(vec![
            component("pkg:cargo/none@1.0.0"),
            component("pkg:cargo/version@1.0.1"),
            component("pkg:cargo/origin@1.0.0?repository_url=https:%2F%2Fb.example"),
            linked,
        ]);
        let drift = drift(&source, &binary);
        let why: Vec<(String, &Why)> = drift
            .undeclared
            .iter()
            .map(|undeclared| (undeclared.item.label(), &undeclared.why))
            .collect();
        assert_eq!(why.len(), 4);
        assert!(matches!(why[0].1, Why::OtherHash(_)), "{why:?}");
        assert!(matches!(why[1].1, Why::NotDeclared), "{why:?}");
        assert!(matches!(why[2].1, Why::OtherOrigin(_)), "{why:?}");
        assert!(
            matches!(why[3].1, Why::OtherVersion(versions) if versions.contains("1.0.0")),
            "{why:?}"
        );
    }

    #[test]
    fn an_origin_that_only_the_source_knows_is_no_drift() {
        let source = of(&["pkg:cargo/a@1.0.0?repository_url=https:%2F%2Fa.example"]);
        let binary = of(&["pkg:cargo/a@1.0.0"]);
        assert_eq!(drift(&source, &binary).undeclared, []);
        assert_eq!(drift(&source, &binary).matched, 1);
    }

    #[test]
    fn what_only_builds_is_listed_apart_and_does_not_fail() {
        let source = document(vec![
            component("pkg:cargo/used@1.0.0"),
            component("pkg:cargo/feature-off@1.0.0"),
            component("pkg:cargo/cc@1.0.0"),
            scoped("pkg:cargo/tester@1.0.0", "dev"),
        ]);
        let binary = document(vec![
            component("pkg:cargo/used@1.0.0"),
            scoped("pkg:cargo/cc@1.0.0", "build"),
            scoped("pkg:cargo/odd@1.0.0", "build"),
        ]);
        let drift = drift(&source, &binary);
        assert_eq!(drift.undeclared, []);
        assert_eq!(labels(&drift.build_only), ["cc@1.0.0", "odd@1.0.0"]);
        assert_eq!(labels(&drift.build_only_undeclared), ["odd@1.0.0"]);
        assert_eq!(labels(&drift.not_linked), ["feature-off@1.0.0"]);
        assert_eq!(labels(&drift.not_for_running), ["tester@1.0.0"]);
    }

    #[test]
    fn a_module_with_another_checksum_is_another_module() {
        let module = |value: &str| {
            let mut module = component("pkg:golang/a.example/m@v1.0.0");
            module.checksums = [("go-h1".to_owned(), [value.to_owned()].into())].into();
            document(vec![module])
        };
        assert_eq!(drift(&module("h1:A="), &module("h1:A=")).undeclared, []);
        // Their case is part of base64.
        let other = drift(&module("h1:A="), &module("h1:a="));
        assert!(matches!(other.undeclared[0].why, Why::OtherHash(_)));
    }

    #[test]
    fn the_standard_library_of_go_comes_with_the_compiler() {
        let source = of(&["pkg:golang/a.example/m@v1.0.0"]);
        let binary = of(&["pkg:golang/a.example/m@v1.0.0", "pkg:golang/stdlib@1.25.1"]);
        let drift = drift(&source, &binary);
        assert_eq!(drift.undeclared, []);
        assert_eq!(labels(&drift.toolchain), ["stdlib@1.25.1"]);
        let older = of(&["pkg:golang/stdlib@1.24.0"]);
        let drift = super::drift(&older, &binary);
        assert_eq!(drift.not_linked, []);
    }

    #[test]
    fn the_member_of_a_workspace_that_was_built_is_linked() {
        let mut source = of(&["pkg:cargo/a@1.0.0", "pkg:cargo/cli@1.0.0"]);
        source.components[0] = component("pkg:cargo/workspace@0.0.0");
        let mut binary = of(&["pkg:cargo/a@1.0.0"]);
        binary.components[0] = component("pkg:cargo/cli@1.0.0");
        let drift = drift(&source, &binary);
        assert_eq!(drift.undeclared, []);
        assert_eq!(drift.not_linked, []);
    }
}
