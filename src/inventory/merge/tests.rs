use super::*;
use crate::model::Scope;
use proptest::prelude::*;

fn package(name: &str, version: &str) -> Package {
    let mut package = Package::new(name, 1);
    package.version = Some(version.to_owned());
    package
}

fn merged(ecosystem: Ecosystem, locks: Vec<(&str, Parsed)>) -> Merged {
    let mut merge = Merge::default();
    for (path, parsed) in locks {
        merge.add(path, ecosystem, parsed);
    }
    merge.finish()
}

fn parsed(packages: Vec<Package>, edges: &[(usize, usize)]) -> Parsed {
    Parsed {
        packages,
        edges: edges.to_vec(),
        ..Parsed::default()
    }
}

fn purls<'p>(purls: impl IntoIterator<Item = &'p Purl>) -> Vec<&'p str> {
    purls.into_iter().map(Purl::as_str).collect()
}

#[test]
fn one_package_in_two_lockfiles_is_one_component_with_two_places() {
    let mut other = package("a", "1.0.0");
    other.licence = Some("MIT".to_owned());
    other.runs_install_code = Some(true);
    let merged = merged(
        Ecosystem::Npm,
        vec![
            (
                "x/package-lock.json",
                parsed(vec![package("a", "1.0.0")], &[]),
            ),
            ("package-lock.json", parsed(vec![other], &[])),
        ],
    );
    let [component] = &merged.components[..] else {
        panic!("{:?}", merged.components);
    };
    assert_eq!(component.occurrences.len(), 2);
    assert_eq!(component.occurrences[0].location.path, "package-lock.json");
    assert_eq!(component.licence.text(), Some("MIT"));
    assert_eq!(component.runs_install_code, Some(true));
}

#[test]
fn an_address_in_place_of_a_version_brings_no_password_into_the_purl() {
    let password = ["hun", "ter2"].concat();
    let address = format!("https://u:{password}@h.example/a.tgz");
    let merged = merged(
        Ecosystem::Npm,
        vec![("l", parsed(vec![package("a", &address)], &[]))],
    );
    let [component] = &merged.components[..] else {
        panic!("{:?}", merged.components);
    };
    let shown = format!("{component:?}");
    assert!(!shown.contains(&password), "{shown}");
}

#[test]
fn the_product_reaches_every_component_even_in_circles() {
    let names = ["a", "b", "c", "d", "e"];
    let packages = names.iter().map(|name| package(name, "1")).collect();
    // a -> b; c -> d -> c is a circle that nothing leads to; e stands alone.
    let lock = parsed(packages, &[(0, 1), (2, 3), (3, 2)]);
    let merged = merged(Ecosystem::Npm, vec![("package-lock.json", lock)]);
    assert_eq!(
        purls(&merged.direct),
        ["pkg:npm/a@1", "pkg:npm/c@1", "pkg:npm/e@1"]
    );
}

#[test]
fn an_edge_to_itself_is_left_out() {
    let lock = parsed(vec![package("a", "1"), package("a", "1")], &[(0, 1)]);
    let merged = merged(Ecosystem::Npm, vec![("package-lock.json", lock)]);
    assert!(merged.edges.is_empty());
}

#[test]
fn an_own_package_and_a_fetched_one_of_its_version_stay_apart() {
    let mut own = package("a", "1.0.0");
    own.kind = ComponentKind::Own;
    own.origin = Origin::Path {
        path: ".".to_owned(),
    };
    let lock = parsed(vec![own, package("a", "1.0.0")], &[]);
    let merged = merged(Ecosystem::Cargo, vec![("app/Cargo.lock", lock)]);
    assert_eq!(
        purls(merged.components.iter().map(|c| &c.purl)),
        [
            "pkg:cargo/a@1.0.0",
            "pkg:cargo/a@1.0.0?download_url=file:.%2Fapp"
        ]
    );
}

#[test]
fn go_modules_that_differ_in_case_stay_apart() {
    let lock = parsed(
        vec![
            package("github.com/Sirupsen/logrus", "v1.0.0"),
            package("github.com/sirupsen/logrus", "v1.0.0"),
        ],
        &[],
    );
    let merged = merged(Ecosystem::Golang, vec![("go.mod", lock)]);
    assert_eq!(merged.components.len(), 2);
    assert_eq!(merged.components[0].name, "github.com/sirupsen/logrus");
    assert_eq!(merged.components[1].name, "github.com/Sirupsen/logrus");
}

#[test]
fn packages_from_different_places_have_different_purls_without_credentials() {
    let mut one = package("a", "1.0.0");
    one.origin = Origin::Git {
        url: "https://user:word@h.example/a".to_owned(),
        reference: GitReference::Default,
        commit: Some("0f".to_owned()),
    };
    let mut two = one.clone();
    two.origin = Origin::Git {
        url: "https://h.example/a".to_owned(),
        reference: GitReference::Tag("t".to_owned()),
        commit: None,
    };
    let mut three = package("a", "1.0.0");
    three.origin = Origin::Registry {
        index: Some("https://r.example/".to_owned()),
        file: None,
        default: false,
    };
    let lock = parsed(vec![one, two, three, package("a", "1.0.0")], &[]);
    let merged = merged(Ecosystem::Cargo, vec![("Cargo.lock", lock)]);
    assert_eq!(
        purls(merged.components.iter().map(|c| &c.purl)),
        [
            "pkg:cargo/a@1.0.0",
            "pkg:cargo/a@1.0.0?repository_url=https:%2F%2Fr.example%2F",
            "pkg:cargo/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fa%400f",
            "pkg:cargo/a@1.0.0?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fa%40t",
        ]
    );
}

#[test]
fn a_name_that_is_none_is_a_gap() {
    let lock = parsed(vec![package("", "1"), package("b", "1")], &[(0, 1)]);
    let merged = merged(Ecosystem::Npm, vec![("package-lock.json", lock)]);
    assert_eq!(merged.components.len(), 1);
    assert_eq!(merged.gaps[0].id, "inventory/incomplete-entry");
    assert!(merged.edges.is_empty());
}

proptest! {
    #[test]
    fn the_order_of_entries_does_not_matter(
        order in Just((0..10_usize).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let made = |order: &[usize]| {
            let place = |number: usize| order.iter().position(|n| *n == number).unwrap();
            let packages = order
                .iter()
                .map(|number| {
                    // Several entries are the same package; each keeps its own line.
                    let mut package = package(&format!("p{}", number / 2), "1");
                    package.line = u32::try_from(*number).unwrap() + 1;
                    package.licence = (number % 3 == 0).then(|| format!("L{number}"));
                    package.scope = if number % 2 == 0 { Scope::Dev } else { Scope::Runtime };
                    package
                })
                .collect();
            let edges: Vec<(usize, usize)> = (0..9).map(|n| (place(n), place(n + 1))).collect();
            let merged = merged(Ecosystem::Npm, vec![("lock", parsed(packages, &edges))]);
            (merged.components, merged.edges, merged.direct)
        };
        let sorted: Vec<usize> = (0..10).collect();
        prop_assert_eq!(made(&order), made(&sorted));
    }
}
