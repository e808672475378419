//! Whether registries still offer the locked versions, from Cargo's copies of registry
//! indexes: read only where [`Caches`] names Cargo's home, because what it holds differs
//! between machines.
//!
//! `registry/index/INDEX/.cache/ab/cd/abcd` is one file per crate
//! (<https://github.com/rust-lang/cargo/blob/master/src/cargo/sources/registry/index/cache.rs>):
//! a byte for the version of the format, four for that of the index, a text and NUL, then
//! version, NUL, JSON, NUL for every version. An entry counts only where its `cksum` is the
//! locked one, so that a crate of that name in another registry says nothing. What is not
//! there or cannot be read leaves the answer unknown.

use super::licences::Caches;
use super::licences::store::Store;
use crate::model::{
    Availability, AvailabilitySource, Checksum, Component, DigestAlgorithm, Ecosystem,
};
use serde::Deserialize;

/// Versions of the format with this layout.
const KNOWN_FORMATS: [&str; 2] = ["\u{2}", "\u{3}"];
/// The two version numbers before the first text.
const HEAD_BYTES: usize = 5;
/// Longest entry that is read; the largest today has some 30 kB.
const ENTRY_LIMIT: usize = 1024 * 1024;

/// Adds what Cargo's indexes say to crates of which nothing else says it.
pub fn fill(caches: &Caches, components: &mut [Component]) {
    let Some(home) = &caches.cargo_home else {
        return;
    };
    let Some(store) = Store::open(&home.join("registry/index")) else {
        return;
    };
    let indexes = store.directories("");
    for component in components {
        if component.ecosystem == Ecosystem::Cargo
            && component.availability == Availability::Unknown
        {
            component.availability = indexes
                .iter()
                .map(|index| ask(&store, index, component))
                .max()
                .unwrap_or_default();
        }
    }
}

/// The part of an index entry that is of use.
#[derive(Deserialize)]
struct IndexEntry {
    name: String,
    vers: String,
    cksum: String,
    yanked: Option<bool>,
}

fn ask(store: &Store, index: &str, component: &Component) -> Availability {
    let answer = || {
        let version = component.version.as_deref()?;
        let locked = locked_digest(component)?;
        let place = index_path(&component.name)?;
        let file = store.read(&format!("{index}/.cache/{place}"))?;
        let entry = entry_of(&file, version)?;
        let is_locked = entry.name == component.name
            && entry.vers == version
            && entry.cksum.eq_ignore_ascii_case(&locked);
        entry.yanked.filter(|_| is_locked)
    };
    let source = AvailabilitySource::CargoIndexCache;
    match answer() {
        None => Availability::Unknown,
        Some(false) => Availability::Offered(source),
        Some(true) => Availability::Withdrawn {
            source,
            reason: None,
        },
    }
}

/// The one SHA-256 that the lockfiles record, hex.
fn locked_digest(component: &Component) -> Option<String> {
    let mut digests: Vec<String> = component
        .occurrences
        .iter()
        .flat_map(|place| &place.checksums)
        .filter_map(|checksum| match checksum {
            Checksum::File(digest) if digest.algorithm() == DigestAlgorithm::Sha256 => {
                Some(digest.hex())
            }
            _ => None,
        })
        .collect();
    digests.sort();
    digests.dedup();
    digests.pop().filter(|_| digests.is_empty())
}

/// Where an index keeps a crate
/// (<https://doc.rust-lang.org/cargo/reference/registry-index.html#index-files>).
fn index_path(name: &str) -> Option<String> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if name.is_empty() || !name.bytes().all(is_plain) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    Some(match name.len() {
        1 => format!("1/{name}"),
        2 => format!("2/{name}"),
        3 => format!("3/{}/{name}", name.get(..1)?),
        _ => format!("{}/{}/{name}", name.get(..2)?, name.get(2..4)?),
    })
}

fn entry_of(file: &str, version: &str) -> Option<IndexEntry> {
    let known = KNOWN_FORMATS.iter().any(|format| file.starts_with(format));
    // A lossy reading may have moved a boundary; then this is no such file.
    let rest = file.get(HEAD_BYTES..).filter(|_| known)?;
    let mut texts = rest.split('\0').skip(1);
    while let (Some(found), Some(json)) = (texts.next(), texts.next()) {
        if found == version {
            let json = Some(json).filter(|json| json.len() <= ENTRY_LIMIT)?;
            return serde_json::from_str(json).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ComponentKind, Digest, Licence, Location, Occurrence, Origin, Purl, Scope};
    use crate::support::files::write_atomic;
    use crate::support::hash::sha256;

    fn package() -> Digest {
        sha256(b"the package")
    }

    fn component(name: &str, checksums: Vec<Checksum>) -> Component {
        Component {
            purl: Purl::of_package(Ecosystem::Cargo, name, Some("1.0.0"), &[]).unwrap(),
            ecosystem: Ecosystem::Cargo,
            name: name.to_owned(),
            version: Some("1.0.0".to_owned()),
            kind: ComponentKind::Dependency,
            licence: Licence::default(),
            runs_install_code: None,
            availability: Availability::Unknown,
            cargo: None,
            occurrences: vec![Occurrence {
                location: Location::line("Cargo.lock", 1),
                origin: Origin::ImpliedDefault,
                checksums,
                scope: Scope::Unknown,
            }],
        }
    }

    /// A file as cargo writes it.
    fn file(format: u8, entries: &[(&str, String)]) -> Vec<u8> {
        let mut bytes = vec![format, 2, 0, 0, 0];
        bytes.extend(b"etag: \"0a\"\0");
        for (version, json) in entries {
            bytes.extend(version.as_bytes());
            bytes.push(0);
            bytes.extend(json.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    fn entry(yanked: &str) -> String {
        format!(
            r#"{{"name":"demo","vers":"1.0.0","deps":[],"cksum":"{}","features":{{}}{yanked}}}"#,
            package().hex()
        )
    }

    fn asked(files: &[(&str, Vec<u8>)], component: Component) -> Availability {
        let home = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = home.path().join("registry/index").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_atomic(&path, bytes).unwrap();
        }
        let caches = Caches {
            cargo_home: Some(home.path().to_owned()),
            ..Caches::default()
        };
        let mut all = [component];
        fill(&caches, &mut all);
        let [component] = all;
        component.availability
    }

    fn locked() -> Component {
        component("demo", vec![Checksum::File(package())])
    }

    const PLACE: &str = "one.example-01/.cache/de/mo/demo";

    fn told(bytes: Vec<u8>) -> Availability {
        asked(&[(PLACE, bytes)], locked())
    }

    #[test]
    fn a_yanked_version_is_withdrawn_and_another_is_offered() {
        let other = ("0.9.0", "not looked at".to_owned());
        let yanked = ("1.0.0", entry(r#","yanked":true"#));
        let offered = ("1.0.0", entry(r#","yanked":false"#));
        let source = AvailabilitySource::CargoIndexCache;
        assert_eq!(
            told(file(3, &[other.clone(), yanked.clone()])),
            Availability::Withdrawn {
                source,
                reason: None
            }
        );
        assert_eq!(
            told(file(2, &[other, offered.clone()])),
            Availability::Offered(source)
        );
        // One index says so, an older copy does not know it yet.
        let both = [
            (PLACE, file(3, &[offered])),
            ("two.example-02/.cache/de/mo/demo", file(3, &[yanked])),
        ];
        assert!(matches!(
            asked(&both, locked()),
            Availability::Withdrawn { .. }
        ));
    }

    #[test]
    fn an_entry_that_is_not_surely_the_locked_package_says_nothing() {
        let bytes = || file(3, &[("1.0.0", entry(r#","yanked":true"#))]);
        for checksums in [
            Vec::new(),
            vec![Checksum::File(sha256(b"another package"))],
            vec![
                Checksum::File(package()),
                Checksum::File(sha256(b"another package")),
            ],
        ] {
            let unproved = component("demo", checksums);
            assert_eq!(asked(&[(PLACE, bytes())], unproved), Availability::Unknown);
        }
        let renamed = entry(r#","yanked":true"#).replace("\"demo\"", "\"Demo\"");
        assert_eq!(told(file(3, &[("1.0.0", renamed)])), Availability::Unknown);
    }

    #[test]
    fn a_file_of_another_format_or_a_damaged_one_says_nothing() {
        let yanked = entry(r#","yanked":true"#);
        for bytes in [
            file(9, &[("1.0.0", yanked.clone())]),
            file(3, &[("2.0.0", yanked.clone())]),
            file(3, &[("1.0.0", entry(""))]),
            file(3, &[("1.0.0", "{".to_owned())]),
            file(3, &[("1.0.0", r#"{"yanked":true}"#.to_owned())]),
            vec![3, 2],
            vec![3, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            Vec::new(),
        ] {
            assert_eq!(told(bytes.clone()), Availability::Unknown, "{bytes:?}");
        }
    }

    #[test]
    fn a_name_decides_the_place_and_leads_nowhere_else() {
        for (name, place) in [
            ("A", Some("1/a")),
            ("ab", Some("2/ab")),
            ("abc", Some("3/a/abc")),
            ("Ab-c_1", Some("ab/-c/ab-c_1")),
            ("../../x", None),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(index_path(name).as_deref(), place, "{name}");
        }
    }
}
