//! What a component is asked for in the database.
//!
//! Packages of distributions need more than a name and a version. Records are about one
//! distribution and mostly about one release of it, and they name source packages, while
//! what is installed are the binary packages built from them. All of that is told by the
//! package URL or not at all
//! (<https://github.com/package-url/purl-spec>, `types/deb-definition.json`, `apk`, `rpm`).

use super::record::normalised_name;
use crate::model::{Component, Ecosystem};

/// A question to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// As records name the package; `None` where no record can be about it.
    pub name: Option<String>,
    /// The release of the distribution, as OSV names it; without it, what is said of any
    /// release counts.
    pub release: Option<String>,
    /// Silence means that nothing is known against the component. Not so where its source
    /// package is not told: it may have another name.
    pub is_certain: bool,
}

/// The question for a component.
pub(super) fn query(component: &Component) -> Query {
    let vendor = match component.ecosystem {
        Ecosystem::Deb => "debian",
        Ecosystem::Apk => "alpine",
        Ecosystem::Rpm => "redhat",
        _ => {
            return Query {
                name: Some(normalised_name(component.ecosystem, &component.name)),
                release: None,
                is_certain: true,
            };
        }
    };
    // Ubuntu's `curl` is not Debian's.
    if component.purl.namespace() != Some(vendor) {
        return Query {
            name: None,
            release: None,
            is_certain: false,
        };
    }
    let source = match qualifier(component, "arch") {
        Some("source") => Some(component.name.as_str()),
        _ => qualifier(component, "upstream").map(|source| {
            let (name, _version) = source.split_once('@').unwrap_or((source, ""));
            name
        }),
    };
    Query {
        name: Some(source.unwrap_or(&component.name).to_owned()),
        release: release_of(component),
        is_certain: source.is_some(),
    }
}

fn qualifier<'a>(component: &'a Component, wanted: &str) -> Option<&'a str> {
    let qualifiers = component.purl.qualifiers().iter();
    let mut values = qualifiers.filter(|(key, _)| key == wanted);
    values.next().map(|(_, value)| value.as_str())
}

/// `12` for Debian 12 and `v3.20` for Alpine 3.20.1, from the qualifier `distro`. `None`
/// where it is not told in numbers.
fn release_of(component: &Component) -> Option<String> {
    let (distribution, version) = qualifier(component, "distro")?.split_once('-')?;
    let mut numbers = version.split('.');
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let first = numbers.next().filter(|number| is_number(number))?;
    match (component.ecosystem, distribution) {
        (Ecosystem::Deb, "debian") => Some(first.to_owned()),
        (Ecosystem::Apk, "alpine") => {
            let second = numbers.next().filter(|number| is_number(number))?;
            Some(format!("v{first}.{second}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::advisories::tests::component;
    use crate::model::Purl;

    fn asked(ecosystem: Ecosystem, purl: &str) -> (Option<String>, Option<String>, bool) {
        let mut component = component(ecosystem, "libcurl4", Some("1"));
        component.purl = Purl::parse(purl).unwrap();
        let query = query(&component);
        (query.name, query.release, query.is_certain)
    }

    #[test]
    fn a_package_of_a_distribution_is_asked_for_by_source_and_release() {
        let deb = |rest: &str| asked(Ecosystem::Deb, &format!("pkg:deb/{rest}"));
        let is = |name: Option<&str>, release: Option<&str>, certain| {
            (name.map(str::to_owned), release.map(str::to_owned), certain)
        };
        for (purl, expected) in [
            (
                "debian/libcurl4@1?distro=debian-12&upstream=curl%407.88",
                is(Some("curl"), Some("12"), true),
            ),
            (
                "debian/libcurl4@1?arch=source&distro=debian-12.4",
                is(Some("libcurl4"), Some("12"), true),
            ),
            (
                "debian/libcurl4@1?distro=bookworm&upstream=curl",
                is(Some("curl"), None, true),
            ),
            ("debian/libcurl4@1", is(Some("libcurl4"), None, false)),
            ("ubuntu/libcurl4@1?upstream=curl", is(None, None, false)),
            ("libcurl4@1", is(None, None, false)),
        ] {
            assert_eq!(deb(purl), expected, "{purl}");
        }
        for (distro, release) in [
            ("alpine-3.18.4", Some("v3.18")),
            ("alpine-3.20", Some("v3.20")),
            ("alpine-edge", None),
            ("3.20", None),
        ] {
            let purl = format!("pkg:apk/alpine/libcurl@1?distro={distro}&upstream=curl");
            let expected = is(Some("curl"), release, true);
            assert_eq!(asked(Ecosystem::Apk, &purl), expected, "{distro}");
        }
    }
}
