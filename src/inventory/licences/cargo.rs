//! Cargo's registry cache (<https://doc.rust-lang.org/cargo/guide/cargo-home.html>):
//! `registry/src/INDEX/NAME-VERSION/` is unpacked from
//! `registry/cache/INDEX/NAME-VERSION.crate`, whose SHA-256 the lockfile records.

use super::store::Store;
use super::{Told, Untold, digests, is_one_part};
use crate::inventory::document::{Document, items, table, text};
use crate::model::{Component, DigestAlgorithm, Licence, LicenceSource, Origin};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The cache, and the names of its indexes.
pub struct Registry {
    store: Store,
    indexes: Vec<String>,
}

impl Registry {
    /// The cache in Cargo's home; `None` where there is none.
    pub fn open(cargo_home: &Path) -> Option<Self> {
        let store = Store::open(&cargo_home.join("registry"))?;
        Some(Self {
            indexes: store.directories("src"),
            store,
        })
    }

    /// What the manifest of a crate says.
    pub fn tell(&self, component: &Component) -> Result<Told, Untold> {
        let is_registry = component
            .occurrences
            .iter()
            .all(|place| matches!(place.origin, Origin::Registry { .. }));
        if !is_registry {
            return Err(Untold::OtherOrigin);
        }
        let version = component.version.as_deref().ok_or(Untold::Absent)?;
        let package = format!("{}-{version}", component.name);
        if !is_one_part(&package) {
            return Err(Untold::Absent);
        }
        let locked = digests(component, Some(DigestAlgorithm::Sha256));
        let mut why = Untold::Absent;
        for index in &self.indexes {
            let directory = format!("src/{index}/{package}");
            let Some(manifest) = self.store.read(&format!("{directory}/Cargo.toml")) else {
                continue;
            };
            why = Untold::Unproved;
            let file = self.store.sha256(&format!("cache/{index}/{package}.crate"));
            let is_locked = locked.len() == 1 && file.as_ref() == locked.first().copied();
            if !is_locked {
                continue;
            }
            let has_build_script = self.store.has_file(&format!("{directory}/build.rs"));
            if let Some(told) = read(&manifest, &component.name, version, has_build_script) {
                return Ok(told);
            }
        }
        Err(why)
    }
}

/// What a manifest says; `None` where it is that of another package.
fn read(manifest: &str, name: &str, version: &str, has_build_script: bool) -> Option<Told> {
    let document = Document::parse(manifest).ok()?;
    let package = table(&document.root, "package").or_else(|| table(&document.root, "project"))?;
    if document.broken.is_some()
        || text(package, "name") != Some(name)
        || text(package, "version") != Some(version)
    {
        return None;
    }
    let source = LicenceSource::CargoRegistry;
    let licence = match (text(package, "license"), text(package, "license-file")) {
        (Some(licence), _) => Licence::of_text(licence, source),
        (None, Some(file)) => Licence::unknown(format!("the package names the file `{file}` only")),
        (None, None) => Licence::unknown("the package states none"),
    };
    Some(Told {
        licence,
        runs_install_code: Some(
            has_build_code(package, has_build_script) || is_proc_macro(&document.root),
        ),
    })
}

/// `build = false` turns the file `build.rs` off; anything else is a script's path.
fn has_build_code(package: &DeTable<'_>, has_build_script: bool) -> bool {
    match package.get("build").map(|value| value.get_ref()) {
        None => has_build_script,
        Some(DeValue::Boolean(false)) => false,
        Some(_) => true,
    }
}

fn is_proc_macro(manifest: &DeTable<'_>) -> bool {
    let Some(library) = table(manifest, "lib") else {
        return false;
    };
    let is_set = |key| library.get(key).and_then(|v| v.get_ref().as_bool()) == Some(true);
    let is_type =
        |key| items(library, key).any(|kind| kind.get_ref().as_str() == Some("proc-macro"));
    is_set("proc-macro") || is_set("proc_macro") || is_type("crate-type") || is_type("crate_type")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rest: &str, has_build_script: bool) -> Option<Told> {
        let manifest = format!("[package]\nname = 'a'\nversion = '1.0.0'\n{rest}");
        read(&manifest, "a", "1.0.0", has_build_script)
    }

    #[test]
    fn code_that_runs_at_build_time_is_a_script_or_a_macro() {
        for (rest, file, want) in [
            ("", false, false),
            ("", true, true),
            ("build = false", true, false),
            ("build = 'src/make.rs'", false, true),
            ("build = ['a.rs', 'b.rs']", false, true),
            ("[lib]\nproc-macro = true", false, true),
            ("[lib]\nproc_macro = true", false, true),
            ("[lib]\ncrate-type = ['proc-macro']", false, true),
            ("[lib]\nproc-macro = false", false, false),
        ] {
            let told = told(rest, file).unwrap();
            assert_eq!(told.runs_install_code, Some(want), "{rest}");
        }
    }

    #[test]
    fn a_manifest_of_another_package_says_nothing() {
        let manifest = "[package]\nname = 'a'\nversion = '1.0.0'\n";
        assert!(read(manifest, "a", "1.0.1", false).is_none());
        assert!(read(manifest, "b", "1.0.0", false).is_none());
        assert!(read("", "a", "1.0.0", false).is_none());
        assert!(told("[[bin]]\nx = ?", false).is_none());
    }

    #[test]
    fn a_licence_file_is_named_and_not_taken_for_a_licence() {
        let licence = told("license-file = 'EULA.txt'", false).unwrap().licence;
        assert_eq!(
            licence,
            Licence::unknown("the package names the file `EULA.txt` only")
        );
        let licence = told("license = 'MIT/Apache-2.0'", false).unwrap().licence;
        assert_eq!(licence.text(), Some("MIT OR Apache-2.0"));
    }
}
