//! Packages in the `node_modules` of the tree: in the places of npm and Yarn
//! (`node_modules/NAME`, nested), and of pnpm (`node_modules/.pnpm/KEY/node_modules/NAME`).

use super::store::Store;
use super::{Told, Untold, digests};
use crate::inventory::formats::package_lock::licence_text;
use crate::inventory::formats::{directory_of, join};
use crate::model::{Component, ComponentKind, Digest, Ecosystem, Licence, LicenceSource, Origin};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

/// Packages that are looked at.
const PACKAGE_LIMIT: usize = 200_000;

/// Scripts that npm runs when it installs a package
/// (<https://docs.npmjs.com/cli/using-npm/scripts#npm-install>).
const INSTALL_SCRIPTS: &[&str] = &["preinstall", "install", "postinstall"];

/// One installed package.
struct Copy {
    licence: Licence,
    runs_install_code: bool,
    /// Of the package file, as npm noted it.
    integrity: Vec<Digest>,
}

/// What is installed, by name and version.
pub struct Installed(BTreeMap<(String, String), Vec<Copy>>);

impl Installed {
    /// What is installed beside the lockfiles of npm's kind and in the workspaces of the
    /// tree; `None` where it cannot be opened or holds no such lockfile.
    pub fn read(tree: &Path, components: &[Component]) -> Option<Self> {
        let npm = || components.iter().filter(|c| c.ecosystem == Ecosystem::Npm);
        let mut bases = BTreeSet::new();
        for component in npm() {
            for place in &component.occurrences {
                let directory = directory_of(&place.location.path);
                bases.insert(directory.to_owned());
                if let (ComponentKind::Own, Origin::Path { path }) = (component.kind, &place.origin)
                {
                    bases.insert(join(directory, path));
                }
            }
        }
        if bases.is_empty() {
            return None;
        }
        let mut walk = Walk {
            store: Store::open(tree)?,
            wanted: npm().map(|component| component.name.as_str()).collect(),
            seen: HashSet::new(),
            installed: BTreeMap::new(),
        };
        for base in bases {
            walk.base(&base);
        }
        Some(Self(walk.installed))
    }

    /// What the first copy says that is not another package than the locked one.
    pub fn tell(&self, component: &Component) -> Result<Told, Untold> {
        let version = component.version.clone().ok_or(Untold::Absent)?;
        let copies = self.0.get(&(component.name.clone(), version));
        let locked = digests(component, None);
        let copy = copies
            .ok_or(Untold::Absent)?
            .iter()
            .find(|copy| agrees(&copy.integrity, &locked))
            .ok_or(Untold::Unproved)?;
        Ok(Told {
            licence: copy.licence.clone(),
            runs_install_code: Some(copy.runs_install_code),
        })
    }
}

/// Whether two sets of digests may be of one file: of every algorithm that both have,
/// they share a value.
fn agrees(installed: &[Digest], locked: &BTreeSet<&Digest>) -> bool {
    installed.iter().all(|one| {
        let mut same = locked
            .iter()
            .filter(|other| other.algorithm() == one.algorithm())
            .peekable();
        same.peek().is_none() || same.any(|other| *other == one)
    })
}

struct Walk<'c> {
    store: Store,
    wanted: HashSet<&'c str>,
    seen: HashSet<String>,
    installed: BTreeMap<(String, String), Vec<Copy>>,
}

impl Walk<'_> {
    /// Everything below one `node_modules`.
    fn base(&mut self, base: &str) {
        let noted = self.noted(base);
        let mut waiting = vec![join(base, "node_modules")];
        while let Some(modules) = waiting.pop() {
            for name in self.store.directories(&modules) {
                let path = format!("{modules}/{name}");
                match name.as_str() {
                    ".pnpm" => {
                        let keys = self.store.directories(&path);
                        waiting.extend(keys.iter().map(|key| format!("{path}/{key}/node_modules")));
                    }
                    name if name.starts_with('.') => {}
                    name if name.starts_with('@') => {
                        for inner in self.store.directories(&path) {
                            self.package(base, format!("{path}/{inner}"), &noted, &mut waiting);
                        }
                    }
                    _ => self.package(base, path, &noted, &mut waiting),
                }
            }
        }
    }

    fn package(
        &mut self,
        base: &str,
        path: String,
        noted: &HashMap<String, Vec<Digest>>,
        waiting: &mut Vec<String>,
    ) {
        if self.seen.len() >= PACKAGE_LIMIT || !self.seen.insert(path.clone()) {
            return;
        }
        if let Some((name, version, mut copy)) = self.manifest(&path) {
            let inside = match base {
                "" => Some(path.as_str()),
                base => path
                    .strip_prefix(base)
                    .and_then(|rest| rest.strip_prefix('/')),
            };
            if let Some(integrity) = inside.and_then(|inside| noted.get(inside)) {
                copy.integrity.clone_from(integrity);
            }
            self.installed
                .entry((name, version))
                .or_default()
                .push(copy);
        }
        waiting.push(format!("{path}/node_modules"));
    }

    /// The manifest of a package that a lockfile names.
    fn manifest(&self, path: &str) -> Option<(String, String, Copy)> {
        let text = self.store.read(&format!("{path}/package.json"))?;
        let manifest: Value = serde_json::from_str(&text).ok()?;
        let of = |key: &str| manifest.get(key);
        let name = of("name")?.as_str()?;
        if !self.wanted.contains(name) {
            return None;
        }
        let licence = of("license")
            .or_else(|| of("licenses"))
            .and_then(licence_text);
        let scripts = of("scripts");
        let has_script = INSTALL_SCRIPTS.iter().any(|script| {
            scripts
                .and_then(|scripts| scripts.get(script))
                .is_some_and(Value::is_string)
        });
        // Without a script of its own npm builds what has a `binding.gyp`.
        let builds = of("gypfile") != Some(&Value::Bool(false))
            && self.store.has_file(&format!("{path}/binding.gyp"));
        let integrity = of("_integrity").and_then(Value::as_str);
        let copy = Copy {
            licence: licence.map_or_else(
                || Licence::unknown("the package states none"),
                |text| Licence::of_text(&text, LicenceSource::NodeModules),
            ),
            runs_install_code: has_script || builds,
            integrity: integrity.map(sri).unwrap_or_default(),
        };
        Some((name.to_owned(), of("version")?.as_str()?.to_owned(), copy))
    }

    /// What npm 7 and later note of what they installed, by path.
    fn noted(&self, base: &str) -> HashMap<String, Vec<Digest>> {
        let text = self
            .store
            .read(&join(base, "node_modules/.package-lock.json"));
        let lock: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        lock.as_ref()
            .and_then(|lock| lock.get("packages")?.as_object())
            .into_iter()
            .flatten()
            .filter_map(|(path, entry)| {
                let integrity = entry.get("integrity")?.as_str()?;
                Some((path.clone(), sri(integrity)))
            })
            .collect()
    }
}

fn sri(text: &str) -> Vec<Digest> {
    Digest::parse_sri(text).unwrap_or_default()
}
