//! The release of a distribution that a component is from, as OSV names it.

use crate::model::{Component, Ecosystem};

/// Releases of Debian by their names (<https://www.debian.org/releases/>).
const CODE_NAMES: [(&str, &str); 7] = [
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("duke", "15"),
];

/// `12` for Debian 12 and `v3.20` for Alpine 3.20.1, from the `distro` qualifier of the
/// package URL (<https://github.com/package-url/purl-spec>, `types/deb-definition.json`).
/// `None` where it is not told in numbers: then what is said of any release counts.
pub(super) fn release_of(component: &Component) -> Option<String> {
    let qualifiers = component.purl.qualifiers();
    let (_, distro) = qualifiers.iter().find(|(key, _)| key == "distro")?;
    // trivy leaves the name of Alpine out, others write the code name of Debian alone.
    let (distribution, version) = match distro.split_once('-') {
        Some((distribution, version)) => (distribution, version),
        None => (component.purl.namespace()?, distro.as_str()),
    };
    let version = match CODE_NAMES.iter().find(|(name, _)| *name == version) {
        Some((_, number)) => number,
        None => version,
    };
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

    fn release(ecosystem: Ecosystem, purl: &str) -> Option<String> {
        let mut component = component(ecosystem, "curl", Some("1"));
        component.purl = Purl::parse(purl).unwrap();
        release_of(&component)
    }

    #[test]
    fn a_distribution_is_told_by_its_qualifier_or_not_at_all() {
        let deb = |distro| {
            release(
                Ecosystem::Deb,
                &format!("pkg:deb/debian/curl@1?distro={distro}"),
            )
        };
        assert_eq!(deb("debian-12").as_deref(), Some("12"));
        assert_eq!(deb("debian-12.4").as_deref(), Some("12"));
        assert_eq!(deb("bookworm").as_deref(), Some("12"));
        assert_eq!(deb("debian-bullseye").as_deref(), Some("11"));
        assert_eq!(deb("12").as_deref(), Some("12"));
        assert_eq!(deb("sid"), None);
        assert_eq!(deb("debian-sid"), None);
        assert_eq!(deb("ubuntu-22.04"), None);
        assert_eq!(release(Ecosystem::Deb, "pkg:deb/debian/curl@1"), None);
        let apk = |distro| {
            release(
                Ecosystem::Apk,
                &format!("pkg:apk/alpine/curl@1?distro={distro}"),
            )
        };
        assert_eq!(apk("alpine-3.18.4").as_deref(), Some("v3.18"));
        assert_eq!(apk("alpine-3.20").as_deref(), Some("v3.20"));
        assert_eq!(apk("alpine-edge"), None);
        assert_eq!(apk("3.20.1").as_deref(), Some("v3.20"));
        assert_eq!(apk("edge"), None);
    }
}
