//! The version of a component of an SBOM, and the source package that it is built from.

use crate::model::{Ecosystem, Purl};
use crate::sbom::document::DocComponent;

/// The version as the ecosystem orders it: with the epoch that some tools write into a
/// qualifier of the purl only.
///
/// # Errors
/// The document's other version, where purl and component differ in more than spelling.
pub(super) fn version_of(
    purl: &Purl,
    ecosystem: Ecosystem,
    component: &DocComponent,
) -> Result<Option<String>, String> {
    let written = component
        .version
        .as_deref()
        .filter(|version| !version.is_empty());
    let of_purl = purl.version();
    if let (Some(a), Some(b)) = (of_purl, written)
        && plain(a) != plain(b)
    {
        return Err(b.to_owned());
    }
    let Some(version) = of_purl.or(written) else {
        return Ok(None);
    };
    if !matches!(ecosystem, Ecosystem::Deb | Ecosystem::Rpm) || version.contains(':') {
        return Ok(Some(version.to_owned()));
    }
    let qualifier = purl.qualifiers().iter().find(|(key, _)| key == "epoch");
    let epoch = qualifier.map(|(_, epoch)| epoch.as_str());
    let of_written = written
        .and_then(|version| version.split_once(':'))
        .map(|(epoch, _)| epoch);
    Ok(Some(match epoch.or(of_written) {
        Some(epoch) if epoch != "0" => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    }))
}

/// Without what tools write or leave out: an epoch, the `v` of Go, case.
fn plain(version: &str) -> String {
    let version = match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => version,
    };
    let version = version.strip_prefix('v').unwrap_or(version);
    version.to_ascii_lowercase()
}

/// `name@version` of the source package, as trivy says it: in properties (CycloneDX) or in
/// `sourceInfo` (SPDX).
pub(super) fn upstream(component: &DocComponent) -> Option<String> {
    let property = |name: &str| component.property(&format!("aquasecurity:trivy:{name}"));
    if let Some(name) = property("SrcName") {
        let Some(version) = property("SrcVersion") else {
            return Some(name.to_owned());
        };
        let epoch = property("SrcEpoch").map(|epoch| format!("{epoch}:"));
        let release = property("SrcRelease").map(|release| format!("-{release}"));
        return Some(format!(
            "{name}@{}{version}{}",
            epoch.unwrap_or_default(),
            release.unwrap_or_default()
        ));
    }
    let info = component.extra.get("sourceInfo")?.as_str()?;
    let (name, version) = info.strip_prefix("built package from: ")?.split_once(' ')?;
    Some(format!("{name}@{version}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sbom::document::Property;

    fn version(purl: &str, written: Option<&str>) -> Result<Option<String>, String> {
        let purl = Purl::parse(purl).unwrap();
        let ecosystem = Ecosystem::from_purl_type(purl.purl_type()).unwrap();
        let component = DocComponent {
            version: written.map(str::to_owned),
            ..DocComponent::default()
        };
        version_of(&purl, ecosystem, &component)
    }

    #[test]
    fn spellings_of_one_version_agree_and_two_versions_do_not() {
        for (purl, written, expected) in [
            ("pkg:npm/a@1.0.0", Some("1.0.0"), Some("1.0.0")),
            ("pkg:npm/a@1.0.0", None, Some("1.0.0")),
            ("pkg:npm/a", Some("1.0.0"), Some("1.0.0")),
            ("pkg:npm/a", Some(""), None),
            ("pkg:golang/a@v1.0.0", Some("1.0.0"), Some("v1.0.0")),
            ("pkg:pypi/a@1.0rc1", Some("1.0RC1"), Some("1.0rc1")),
            ("pkg:deb/debian/a@1:2.0-1", Some("2.0-1"), Some("1:2.0-1")),
            ("pkg:deb/debian/a@2.0-1", Some("1:2.0-1"), Some("1:2.0-1")),
            (
                "pkg:deb/debian/a@2.0-1?epoch=1",
                Some("1:2.0-1"),
                Some("1:2.0-1"),
            ),
            ("pkg:rpm/redhat/a@2.0-1?epoch=3", None, Some("3:2.0-1")),
            ("pkg:rpm/redhat/a@2.0-1?epoch=0", None, Some("2.0-1")),
        ] {
            let expected = Ok(expected.map(str::to_owned));
            assert_eq!(version(purl, written), expected, "{purl} {written:?}");
        }
        assert_eq!(
            version("pkg:npm/a@1.0.0", Some("1.0.1")),
            Err("1.0.1".to_owned())
        );
    }

    #[test]
    fn trivy_names_source_packages_in_both_formats() {
        let mut component = DocComponent {
            properties: [
                ("SrcName", "util-linux"),
                ("SrcVersion", "2.38.1"),
                ("SrcRelease", "5+deb12u3"),
                ("SrcEpoch", "1"),
            ]
            .map(|(name, value)| Property::new(format!("aquasecurity:trivy:{name}"), value))
            .to_vec(),
            ..DocComponent::default()
        };
        let cyclonedx = upstream(&component);
        assert_eq!(cyclonedx.as_deref(), Some("util-linux@1:2.38.1-5+deb12u3"));
        component.properties.clear();
        assert_eq!(upstream(&component), None);
        let info = "built package from: util-linux 2.38.1-5+deb12u3";
        component.extra.insert("sourceInfo".to_owned(), info.into());
        let spdx = upstream(&component);
        assert_eq!(spdx.as_deref(), Some("util-linux@2.38.1-5+deb12u3"));
    }
}
