//! The lockfile formats, one file each. To add one: write the file, list it in
//! [`FORMATS`], and give it an empty, a typical, a broken and a hostile input.

pub mod bun_lock;
pub mod cargo_lock;
pub mod composer_lock;
pub mod dotnet_deps;
pub mod gemfile_lock;
pub mod github_actions;
pub mod go_mod;
pub mod go_work;
pub mod gradle_lockfile;
pub mod mix_lock;
pub mod nuget_assets;
pub mod nuget_lock;
pub mod package_lock;
pub mod package_resolved;
pub mod pdm_lock;
pub mod pipfile_lock;
pub mod pnpm_lock;
pub mod poetry_lock;
pub mod pom;
pub mod pubspec_lock;
pub mod pylock_toml;
pub mod requirements;
pub mod uv_lock;
pub mod yarn_lock;

use super::cargo_manifests::CargoManifest;
use super::error::FormatError;
pub use super::parsed::{AlsoRead, EDGE_LIMIT, Edges, GAP_LIMIT, Package, Parsed};
use crate::model::{Digest, Ecosystem};
use std::rc::Rc;

/// Packages that one lockfile, and one inventory, may hold.
pub const PACKAGE_LIMIT: usize = 1_000_000;

/// Directories of one directory that are looked at for members of a workspace.
pub const DIRECTORY_LIMIT: usize = 10_000;

/// Every format that is read.
pub const FORMATS: &[&dyn Format] = &[
    &bun_lock::BunLock,
    &cargo_lock::CargoLock,
    &composer_lock::ComposerLock,
    &dotnet_deps::DotnetDeps,
    &gemfile_lock::GemfileLock,
    &github_actions::GithubActions,
    &go_mod::GoMod,
    &go_work::GoWork,
    &gradle_lockfile::GradleLockfile,
    &mix_lock::MixLock,
    &nuget_assets::NugetAssets,
    &nuget_lock::NugetLock,
    &package_lock::PackageLock,
    &package_resolved::PackageResolved,
    &pdm_lock::PdmLock,
    &pipfile_lock::PipfileLock,
    &pnpm_lock::PnpmLock,
    &poetry_lock::PoetryLock,
    &pom::Pom,
    &pubspec_lock::PubspecLock,
    &pylock_toml::PylockToml,
    &requirements::Requirements,
    &uv_lock::UvLock,
    &yarn_lock::YarnLock,
];

/// A lockfile format.
pub trait Format: Sync {
    /// Its name in reports: the file's name here with dashes.
    fn name(&self) -> &'static str;
    /// What its packages are.
    fn ecosystem(&self) -> Ecosystem;
    /// Whether it holds the dependency graph.
    fn has_graph(&self) -> bool;
    /// Patterns of the file names that the walk should look at, in gitignore syntax.
    fn globs(&self) -> &'static [&'static str];
    /// Whether a file is one of its lockfiles, by its name and that of its directory. No
    /// I/O: this is asked for every file.
    fn matches(&self, directory: &str, file: &str) -> bool;
    /// As [`Format::matches`], with the whole path below the root besides: for a format
    /// whose lockfiles one directory does not tell.
    fn matches_at(&self, _path: &str, directory: &str, file: &str) -> bool {
        self.matches(directory, file)
    }
    /// As [`Format::matches_at`], by the path alone.
    fn matches_path(&self, path: &str) -> bool {
        let (directory, file) = names_of(path);
        self.matches_at(path, directory, file)
    }
    /// Whether a lockfile below another one of its kind is the product too, because each
    /// project of a build has its own.
    fn is_per_project(&self) -> bool {
        false
    }
    /// What the lockfile says. Pure, but for the neighbours that it asks for.
    ///
    /// # Errors
    /// [`FormatError`] where nothing of it can be read; a part that cannot be read is a
    /// gap in the result.
    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError>;
}

/// What a format is given.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Path of the lockfile, relative to the root, for messages.
    pub path: &'a str,
    /// Its text, without a byte order mark.
    pub text: &'a str,
    /// Other files of the tree.
    pub neighbours: &'a dyn Neighbours,
    /// Poms of packages and of the tree, kept between lockfiles.
    pub maven: &'a pom::Shelf,
}

/// Other files that belong to a lockfile: `go.sum`, a manifest, an included file.
pub trait Neighbours {
    /// A file by its path relative to the root; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read: it lies outside, is a link, is too large.
    fn read(&self, path: &str) -> Result<Option<Neighbour>, String>;

    /// The names of the directories in a directory (empty for the root), sorted, links
    /// left out; none where there is no such directory.
    ///
    /// # Errors
    /// Why they cannot be listed; more than [`DIRECTORY_LIMIT`].
    fn directories(&self, path: &str) -> Result<Vec<String>, String>;

    /// A `Cargo.toml` by its path; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn cargo_manifest(&self, path: &str) -> Result<Option<Rc<CargoManifest>>, String> {
        let Some(file) = self.read(path)? else {
            return Ok(None);
        };
        match CargoManifest::parse(&file.text) {
            Ok(manifest) => Ok(Some(Rc::new(manifest))),
            Err(error) => Err(error.reason),
        }
    }
}

/// A file beside a lockfile.
#[derive(Debug, Clone)]
pub struct Neighbour {
    /// Path relative to the root.
    pub path: String,
    /// Its text.
    pub text: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// The names of a file's directory and of the file itself.
pub fn names_of(path: &str) -> (&str, &str) {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = directory.rsplit('/').next().unwrap_or_default();
    (directory, file)
}

/// The directory of a path, empty for the root.
#[must_use]
pub fn directory_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A path in a directory; the directory may be empty.
#[must_use]
pub fn join(directory: &str, path: &str) -> String {
    if directory.is_empty() {
        path.to_owned()
    } else {
        format!("{directory}/{path}")
    }
}

#[cfg(test)]
pub mod testing {
    //! Neighbours out of memory.

    use super::{FormatError, Input, Neighbour, Neighbours, Parsed};
    use crate::support::hash::sha256;
    use std::collections::BTreeMap;

    /// Files by path.
    #[derive(Default)]
    pub struct Files(pub BTreeMap<String, String>);

    impl Files {
        /// From pairs of path and text.
        pub fn of(files: &[(&str, &str)]) -> Self {
            Self(
                files
                    .iter()
                    .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                    .collect(),
            )
        }
    }

    impl Neighbours for Files {
        fn read(&self, path: &str) -> Result<Option<Neighbour>, String> {
            let path = crate::inventory::tree::normalise(path)
                .ok_or_else(|| "it lies outside the project".to_owned())?;
            Ok(self.0.get(&path).map(|text| Neighbour {
                digest: sha256(text.as_bytes()),
                text: text.clone(),
                path,
            }))
        }

        fn directories(&self, path: &str) -> Result<Vec<String>, String> {
            let mut names: Vec<String> = self
                .0
                .keys()
                .filter_map(|file| match path {
                    "" => Some(file.as_str()),
                    path => file.strip_prefix(path)?.strip_prefix('/'),
                })
                .filter_map(|inside| Some(inside.split_once('/')?.0.to_owned()))
                .collect();
            names.sort();
            names.dedup();
            Ok(names)
        }
    }

    /// Parses a lockfile with neighbours.
    pub fn parse(
        format: &dyn super::Format,
        path: &str,
        text: &str,
        neighbours: &[(&str, &str)],
    ) -> Result<Parsed, FormatError> {
        format.parse(&Input {
            path,
            text,
            neighbours: &Files::of(neighbours),
            maven: &super::pom::Shelf::default(),
        })
    }

    /// `name@version` of every edge, sorted.
    pub fn edges(parsed: &Parsed) -> Vec<String> {
        let label = |index: usize| {
            let package = &parsed.packages[index];
            let version = package.version.as_deref().unwrap_or("?");
            format!("{}@{version}", package.name)
        };
        let mut edges: Vec<String> = parsed
            .edges
            .iter()
            .map(|(from, to)| format!("{} -> {}", label(*from), label(*to)))
            .collect();
        edges.sort();
        edges.dedup();
        edges
    }

    /// Ids of the gaps with their lines.
    pub fn gaps(parsed: &Parsed) -> Vec<(&'static str, u32)> {
        parsed
            .gaps
            .iter()
            .map(|gap| {
                let line = gap.location.as_ref().and_then(|place| place.line);
                (gap.id, line.unwrap_or(0))
            })
            .collect()
    }

    /// Asserts that the line of every entry holds its name.
    pub fn lines_hold_names(text: &str, parsed: &Parsed) {
        let lines: Vec<&str> = text.lines().collect();
        for package in &parsed.packages {
            let line = lines[package.line as usize - 1];
            assert!(line.contains(&package.name), "{}: {line}", package.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn typical(format: &dyn Format) -> Vec<(String, String)> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/inventory")
            .join(format.name())
            .join("typical");
        let mut files: Vec<(String, String)> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| {
                let bytes = crate::support::files::read_bounded(&path, 1_000_000).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, String::from_utf8(bytes).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Cuts, doubles and overwrites parts of a real lockfile.
        #[test]
        fn no_change_to_a_lockfile_makes_a_parser_panic(
            at in 0.0..1.0_f64,
            length in 0..40_usize,
            put in prop_oneof![
                Just(String::new()),
                "[\\[\\]{}\"'=:,\\\\@#/.\n \u{e9}-]{0,6}",
                Just("\"\"".to_owned()),
                Just("null".to_owned()),
                Just("[[package]]\n".to_owned()),
            ],
        ) {
            for format in FORMATS {
                let files = typical(*format);
                let neighbours: Vec<(&str, &str)> =
                    files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
                for (name, text) in &files {
                    let place = (text.len() as f64 * at) as usize;
                    let end = (place + length).min(text.len());
                    let bytes = [&text.as_bytes()[..place], put.as_bytes(), &text.as_bytes()[end..]];
                    let changed = String::from_utf8_lossy(&bytes.concat()).into_owned();
                    let read = testing::parse(*format, name, &changed, &neighbours);
                    if let Ok(parsed) = read {
                        for (from, to) in parsed.edges {
                            prop_assert!(from.max(to) < parsed.packages.len());
                        }
                    }
                }
            }
        }
    }

    /// One of the entries under a name that no reader of the format knows.
    #[test]
    fn a_misspelt_list_of_entries_is_a_gap_in_every_format_of_toml() {
        for (format, header) in [
            (&cargo_lock::CargoLock as &dyn Format, "[[package]]"),
            (&pdm_lock::PdmLock, "[[package]]"),
            (&poetry_lock::PoetryLock, "[[package]]"),
            (&pylock_toml::PylockToml, "[[packages]]"),
            (&uv_lock::UvLock, "[[package]]"),
        ] {
            let (name, text) = typical(format)
                .into_iter()
                .find(|(_, text)| text.contains(header))
                .unwrap();
            let changed = text.replacen(header, "[[pakage]]", 1);
            let parsed = testing::parse(format, &name, &changed, &[]).unwrap();
            let found = testing::gaps(&parsed);
            let has = |id: &str| found.iter().any(|(found, _)| *found == id);
            assert!(has("inventory/unreadable-lockfile"), "{name}: {found:?}");
        }
    }

    #[test]
    fn the_list_of_formats_is_the_directory() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/inventory/formats");
        let mut files: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.is_dir() && !path.ends_with("mod.rs"))
            .map(|path| {
                path.file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .replace('_', "-")
            })
            .collect();
        files.sort();
        let listed: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        assert_eq!(listed, files);
    }
}
