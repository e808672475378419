//! What the database is asked about a component.

use super::record::normalised_name;
use super::releases::release_of;
use crate::model::{Component, Ecosystem};

/// A package as advisories name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sought {
    pub ecosystem: Ecosystem,
    /// Normalised.
    pub name: String,
    /// The release of the distribution; `None` where it is not known, and of all others.
    pub release: Option<String>,
}

impl Sought {
    /// The package of a component: of Debian and Alpine the source package, which their
    /// advisories name.
    ///
    /// # Errors
    /// The name of what the component is from, where no advisories are read about it: a
    /// distribution whose packages have the type of another one's (`ubuntu`), or a type that
    /// is not known (`conan`).
    pub(super) fn of(component: &Component) -> Result<Self, String> {
        let ecosystem = component.ecosystem;
        let namespace = component.purl.namespace();
        let expected = match ecosystem {
            Ecosystem::Deb => Some("debian"),
            Ecosystem::Apk => Some("alpine"),
            Ecosystem::Rpm => Some("redhat"),
            Ecosystem::Generic if component.purl.purl_type() != ecosystem.purl_type() => {
                return Err(component.purl.purl_type().to_owned());
            }
            _ => None,
        };
        if let Some(expected) = expected {
            let found = namespace.unwrap_or("a distribution without a name");
            if !found.eq_ignore_ascii_case(expected) {
                return Err(format!("{found} ({})", ecosystem.purl_type()));
            }
        }
        let name = match source_package(component) {
            Some((name, _)) => name,
            None => component.name.as_str(),
        };
        Ok(Self {
            ecosystem,
            name: normalised_name(ecosystem, name),
            release: release_of(component),
        })
    }

    /// The name as a purl and OSV would write it: `Debian:12`, `npm`.
    pub(super) fn osv_name(&self) -> String {
        match &self.release {
            Some(release) => format!("{}:{release}", self.ecosystem.osv_name()),
            None => self.ecosystem.osv_name().to_owned(),
        }
    }
}

/// The version to compare: that of the source package where it has one of its own.
pub(super) fn sought_version(component: &Component) -> Option<&str> {
    match source_package(component) {
        Some((_, Some(version))) => Some(version),
        _ => component.version.as_deref(),
    }
}

/// Name and version of the source package in the qualifier `upstream`, where syft writes
/// it: `util-linux@2.38.1-5`, or the name alone where the versions are the same.
fn source_package(component: &Component) -> Option<(&str, Option<&str>)> {
    if !matches!(component.ecosystem, Ecosystem::Deb | Ecosystem::Apk) {
        return None;
    }
    let qualifiers = component.purl.qualifiers();
    let (_, upstream) = qualifiers.iter().find(|(key, _)| key == "upstream")?;
    match upstream.split_once('@') {
        Some((name, version)) => Some((name, Some(version).filter(|v| !v.is_empty()))),
        None => Some((upstream, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::advisories::tests::component;
    use crate::model::Purl;

    fn of(purl: &str) -> Result<(String, String, Option<String>), String> {
        let purl = Purl::parse(purl).unwrap();
        let known = Ecosystem::from_purl_type(purl.purl_type());
        let mut component = component(Ecosystem::Npm, purl.name(), purl.version());
        component.ecosystem = known.unwrap_or(Ecosystem::Generic);
        component.purl = purl;
        let sought = Sought::of(&component)?;
        let version = sought_version(&component).map(str::to_owned);
        Ok((sought.osv_name(), sought.name, version))
    }

    #[test]
    fn packages_of_a_distribution_are_looked_up_by_source_and_release() {
        let expected = |name: &str, of: &str, version: &str| {
            Ok((of.to_owned(), name.to_owned(), Some(version.to_owned())))
        };
        for (purl, wanted) in [
            (
                "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl",
                expected("openssl", "Debian:12", "3.0.11-1"),
            ),
            (
                "pkg:deb/debian/bsdutils@1:2.38.1-5?distro=debian-12&upstream=util-linux%402.38.1-5",
                expected("util-linux", "Debian:12", "2.38.1-5"),
            ),
            (
                "pkg:apk/alpine/libssl3@3.0.11-r0?distro=3.18.4&upstream=openssl",
                expected("openssl", "Alpine:v3.18", "3.0.11-r0"),
            ),
            ("pkg:deb/debian/curl@7", expected("curl", "Debian", "7")),
            ("pkg:npm/curl@7?upstream=x", expected("curl", "npm", "7")),
        ] {
            assert_eq!(of(purl), wanted, "{purl}");
        }
    }

    #[test]
    fn another_distribution_is_not_taken_for_the_one_of_its_package_type() {
        for (purl, name) in [
            ("pkg:deb/ubuntu/curl@7?distro=ubuntu-22.04", "ubuntu (deb)"),
            ("pkg:deb/curl@7", "a distribution without a name (deb)"),
            ("pkg:apk/wolfi/curl@7", "wolfi (apk)"),
            ("pkg:rpm/fedora/curl@7", "fedora (rpm)"),
            ("pkg:conan/curl@7", "conan"),
        ] {
            assert_eq!(of(purl), Err(name.to_owned()), "{purl}");
        }
        assert!(of("pkg:deb/debian/curl@7").is_ok());
    }
}
