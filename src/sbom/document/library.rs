//! The document's component of an inventory's component.

use super::{DocComponent, ExternalReference, Extra, Hash, LicenceChoice, Place, Property};
use crate::model::{
    CargoFacts, Checksum, Component, ComponentKind, Digest, DigestAlgorithm, Ecosystem, Licence,
    Occurrence, Origin, Scope, fold_url_credentials, terminal_safe,
};
use crate::sbom::licence::written;
use std::collections::{BTreeMap, BTreeSet};

/// A component as a library.
///
/// `hashes` are written only where they are digests of one and the same file. A Python
/// lockfile has one hash for each distribution of a version; these are hashes of
/// different files, so they are properties (`sealgate:distribution:sha256`). External
/// references would need an address for each, which most lockfiles lack.
pub fn library(component: &Component) -> DocComponent {
    let (group, name) = match component.name.rsplit_once('/') {
        // An npm scope is a group; the path of a Go module is its name.
        Some((scope, name)) if component.ecosystem == Ecosystem::Npm => (Some(scope), name),
        _ => (None, component.name.as_str()),
    };
    let digests = digests(&component.occurrences);
    let licence = written(&component.licence);
    DocComponent {
        ref_id: Some(component.purl.to_string()),
        kind: "library".to_owned(),
        group: group.map(str::to_owned),
        name: name.to_owned(),
        version: component.version.clone(),
        purl: Some(component.purl.to_string()),
        scope: scope(component.scope()).map(str::to_owned),
        hashes: one_file(&digests).unwrap_or_default(),
        licences: licence.map(LicenceChoice::from).into_iter().collect(),
        external_references: external_references(component),
        occurrences: component
            .occurrences
            .iter()
            .map(|occurrence| Place {
                location: occurrence.location.path.clone(),
                line: occurrence.location.line.map(u64::from),
                extra: Extra::new(),
            })
            .collect(),
        properties: properties(component, &digests),
        ..DocComponent::default()
    }
}

/// `excluded` is CycloneDX's word for what is used for tests and builds only. A peer that
/// is in the lockfile is installed and can be called.
fn scope(scope: Scope) -> Option<&'static str> {
    match scope {
        Scope::Runtime | Scope::Peer => Some("required"),
        Scope::Optional => Some("optional"),
        Scope::Build | Scope::Dev => Some("excluded"),
        Scope::Unknown => None,
    }
}

/// Digests of files by algorithm.
type Digests<'c> = BTreeMap<DigestAlgorithm, BTreeSet<&'c Digest>>;

fn digests(occurrences: &[Occurrence]) -> Digests<'_> {
    let mut digests: Digests<'_> = BTreeMap::new();
    for checksum in occurrences.iter().flat_map(|place| &place.checksums) {
        if let Checksum::File(digest) = checksum {
            digests
                .entry(digest.algorithm())
                .or_default()
                .insert(digest);
        }
    }
    digests
}

/// The digests as hashes of one file: no algorithm has two values.
fn one_file(digests: &Digests<'_>) -> Option<Vec<Hash>> {
    digests
        .values()
        .map(|values| match values.first() {
            Some(only) if values.len() == 1 => Some(Hash::of(only)),
            _ => None,
        })
        .collect()
}

impl Hash {
    /// A digest as CycloneDX spells its algorithm.
    #[must_use]
    pub fn of(digest: &Digest) -> Self {
        let algorithm = match digest.algorithm() {
            DigestAlgorithm::Md5 => "MD5",
            DigestAlgorithm::Sha1 => "SHA-1",
            DigestAlgorithm::Sha256 => "SHA-256",
            DigestAlgorithm::Sha384 => "SHA-384",
            DigestAlgorithm::Sha512 => "SHA-512",
        };
        Self {
            algorithm: algorithm.to_owned(),
            value: digest.hex(),
        }
    }
}

/// Addresses of files and repositories, without credentials. What is no address is left
/// to the property `sealgate:origin`.
fn external_references(component: &Component) -> Vec<ExternalReference> {
    let mut references = BTreeSet::new();
    for occurrence in &component.occurrences {
        let (kind, url, comment) = match &occurrence.origin {
            Origin::Registry {
                file: Some(file), ..
            } => ("distribution", file, None),
            Origin::Url { url } => ("distribution", url, None),
            Origin::Git { url, commit, .. } => ("vcs", url, commit.clone()),
            _ => continue,
        };
        let Some(url) = iri(url) else {
            continue;
        };
        let comment = comment.map(|commit| format!("commit {}", terminal_safe(&commit)));
        let hashes = match kind {
            // Only what this entry says of this file.
            "distribution" => {
                one_file(&digests(std::slice::from_ref(occurrence))).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        references.insert((kind, url, comment, hashes));
    }
    references
        .into_iter()
        .map(|(kind, url, comment, hashes)| ExternalReference {
            kind: kind.to_owned(),
            url,
            comment,
            hashes,
            extra: Extra::new(),
        })
        .collect()
}

/// An address as a valid IRI: the lockfile may hold anything, and browsers' URLs, which
/// the parser knows, let characters pass that RFC 3987 does not.
fn iri(address: &str) -> Option<String> {
    let url = url::Url::parse(&fold_url_credentials(address)).ok()?;
    let is_safe = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'()*+,;=%".contains(c);
    let text = url.to_string();
    text.chars().all(is_safe).then_some(text)
}

fn properties(component: &Component, digests: &Digests<'_>) -> Vec<Property> {
    let mut properties = BTreeSet::new();
    let mut add = |name: String, value: &str| {
        properties.insert(Property::new(name, terminal_safe(value)));
    };
    add("sealgate:scope".to_owned(), component.scope().as_str());
    if component.kind == ComponentKind::Own {
        add("sealgate:kind".to_owned(), "own");
    }
    if let Some(runs) = component.runs_install_code {
        let runs = if runs { "true" } else { "false" };
        add("sealgate:runs-install-code".to_owned(), runs);
    }
    if let Licence::Unknown { reason } = &component.licence {
        add("sealgate:licence".to_owned(), reason);
    }
    if let Some(source) = component.licence.source() {
        add("sealgate:licence:source".to_owned(), source.as_str());
    }
    for (name, value) in component.cargo.iter().flat_map(|facts| cargo(facts)) {
        add(format!("sealgate:cargo:{name}"), &value);
    }
    for occurrence in &component.occurrences {
        add("sealgate:origin".to_owned(), &origin(&occurrence.origin));
        for checksum in &occurrence.checksums {
            if let Checksum::Opaque { scheme, value } = checksum {
                add(format!("sealgate:checksum:{scheme}"), value);
            }
        }
    }
    if one_file(digests).is_none() {
        for (algorithm, values) in digests {
            for value in values {
                let name = format!("sealgate:distribution:{}", algorithm.as_str());
                add(name, &value.hex());
            }
        }
    }
    properties.into_iter().collect()
}

fn cargo(facts: &CargoFacts) -> Vec<(&'static str, String)> {
    let mut properties = Vec::new();
    properties.extend(facts.features.iter().map(|name| ("feature", name.clone())));
    properties.extend(facts.targets.iter().map(|kind| ("target", kind.clone())));
    for (purl, uses) in &facts.uses {
        for each in uses {
            let kind = each.kind.as_str();
            properties.push(match &each.platform {
                Some(platform) => ("uses", format!("{kind} {purl} {platform}")),
                None => ("uses", format!("{kind} {purl}")),
            });
        }
    }
    properties
}

fn origin(origin: &Origin) -> String {
    let text = match origin {
        Origin::Registry { default: true, .. } => "default registry".to_owned(),
        Origin::Registry {
            index: Some(index), ..
        } => format!("registry {index}"),
        Origin::Registry {
            file: Some(file), ..
        } => format!("registry file {file}"),
        Origin::Registry { .. } => "registry".to_owned(),
        Origin::ImpliedDefault => "default registry, implied".to_owned(),
        Origin::Git { url, commit, .. } => {
            let commit = commit.as_deref().unwrap_or("no commit recorded");
            format!("git {url} {commit}")
        }
        Origin::Url { url } => format!("url {url}"),
        Origin::Path { path } => format!("path {path}"),
        Origin::Bundled { inside } => format!("inside {inside}"),
        Origin::Unrecorded => "not recorded in the lockfile".to_owned(),
    };
    fold_url_credentials(&text).into_owned()
}
