//! `go.sum` and `go.work.sum` (<https://go.dev/ref/mod#go-sum-files>).

use super::super::{AlsoRead, Input, Parsed};
use crate::inventory::rules;
use crate::model::{Checksum, Origin};
use std::collections::{BTreeSet, HashMap};

/// The hashes of one module in one version: scheme and value.
type Hashes = BTreeSet<(&'static str, String)>;

/// The lines of all such files by module and version.
#[derive(Default)]
pub struct Sums {
    files: Vec<HashMap<(String, String), Hashes>>,
}

impl Sums {
    /// Takes in a file, where there is one.
    pub fn read(&mut self, input: &Input<'_>, path: &str, parsed: &mut Parsed) {
        let file = match input.neighbours.read(path) {
            Ok(Some(file)) => file,
            Ok(None) => return,
            Err(reason) => {
                let message = format!("`{path}` cannot be read: {reason}");
                return parsed.note(&rules::UNREADABLE_LOCKFILE, path, 1, &message);
            }
        };
        let mut hashes: HashMap<(String, String), Hashes> = HashMap::new();
        for (line, number) in file.text.lines().zip(1..) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [module, version, hash] if hash.starts_with("h1:") => {
                    let (version, scheme) = match version.strip_suffix("/go.mod") {
                        Some(version) => (version, "go-mod-h1"),
                        None => (*version, "go-h1"),
                    };
                    hashes
                        .entry(((*module).to_owned(), version.to_owned()))
                        .or_default()
                        .insert((scheme, (*hash).to_owned()));
                }
                _ => {
                    let message = "this line is not `module version h1:hash`";
                    parsed.note(&rules::INCOMPLETE_ENTRY, path, number, message);
                }
            }
        }
        self.files.push(hashes);
        parsed.also_read.push(AlsoRead {
            path: file.path,
            format: "go-sum",
            packages: 0,
            digest: file.digest,
        });
    }

    /// Gives every package its hashes.
    pub fn apply(self, parsed: &mut Parsed) {
        let mut used: Vec<BTreeSet<(String, String)>> = vec![BTreeSet::new(); self.files.len()];
        for package in &mut parsed.packages {
            // A directory has no line; one for the same version would be another thing.
            if matches!(package.origin, Origin::Path { .. }) {
                continue;
            }
            let version = package.version.clone().unwrap_or_default();
            let key = (package.name.clone(), version);
            for (file, used) in self.files.iter().zip(&mut used) {
                let Some(hashes) = file.get(&key) else {
                    continue;
                };
                used.insert(key.clone());
                let opaque = hashes.iter().map(|(scheme, value)| Checksum::Opaque {
                    scheme,
                    value: value.clone(),
                });
                package.checksums.extend(opaque);
            }
            package.checksums.sort();
            package.checksums.dedup();
        }
        let files = parsed.also_read.iter_mut();
        for (also, used) in files.filter(|also| also.format == "go-sum").zip(used) {
            also.packages = used.len();
        }
    }
}
