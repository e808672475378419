//! Configuration files and variables, read with limits and never through a link of the
//! tree. What is there and cannot be read is a gap.

use super::rules_gap;
use super::text::{Toml, odd_line_end};
use crate::checks::registry::rules;
use crate::model::{ConfiguredAt, Gap, Location, terminal_safe};
use crate::support::files::{FileError, read_bounded};
use crate::support::lines::{Lines, SyntaxError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use toml::de::DeTable;

/// Bytes of one configuration file; real ones have some hundred.
const FILE_LIMIT: u64 = 1024 * 1024;

/// Bytes of a lockfile, as the inventory reads it.
const LOCKFILE_LIMIT: u64 = 100 * 1000 * 1000;

/// Files of one directory that are looked at.
const LISTED_LIMIT: usize = 10_000;

/// Directories between a lockfile and the root that are looked into.
const DEPTH_LIMIT: usize = 64;

/// Directories above the root that are looked into, where the machine counts.
const ABOVE_LIMIT: usize = 16;

/// What of this machine counts besides the tree: whoever starts sealgate decides that.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Home directory of the user whose configuration counts.
    pub home: Option<PathBuf>,
    /// Where the system's configuration lies: `/` but in tests.
    pub system: Option<PathBuf>,
    /// Environment variables by name.
    pub variables: BTreeMap<String, String>,
}

impl fmt::Debug for Machine {
    /// Without values: variables hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables = self.variables.len();
        f.debug_struct("Machine")
            .field("variables", &variables)
            .finish_non_exhaustive()
    }
}

/// A configuration file.
#[derive(Debug)]
pub(in crate::checks::registry) struct File {
    /// Relative to the root; `~/…` in the home; absolute in the system.
    pub shown: String,
    pub text: String,
    /// It belongs to the tree.
    pub in_tree: bool,
}

impl File {
    /// A line of the file and what it says.
    pub(in crate::checks::registry) fn at(
        &self,
        line: u32,
        says: impl Into<String>,
    ) -> ConfiguredAt {
        ConfiguredAt {
            location: Location::line(&self.shown, line),
            says: says.into(),
        }
    }
}

/// Access to configuration.
pub(in crate::checks::registry) struct Files<'a> {
    root: &'a Path,
    machine: Option<&'a Machine>,
    kept: RefCell<BTreeMap<String, Option<Rc<File>>>>,
    gaps: RefCell<BTreeSet<Gap>>,
}

impl<'a> Files<'a> {
    pub(in crate::checks::registry) fn new(root: &'a Path, machine: Option<&'a Machine>) -> Self {
        Self {
            root,
            machine,
            kept: RefCell::default(),
            gaps: RefCell::default(),
        }
    }

    /// Whether home, system and environment count.
    pub(in crate::checks::registry) fn reads_machine(&self) -> bool {
        self.machine.is_some()
    }

    pub(in crate::checks::registry) fn into_gaps(self) -> Vec<Gap> {
        self.gaps.into_inner().into_iter().collect()
    }

    /// Says that something could not be understood.
    pub(in crate::checks::registry) fn note(&self, location: Location, message: &str) {
        let gap = rules_gap(&rules::UNREADABLE_CONFIGURATION, Some(location), message);
        self.gaps.borrow_mut().insert(gap);
    }

    /// Says that it cannot be told which of several settings counts.
    pub(in crate::checks::registry) fn undecided(&self, location: Location, message: &str) {
        let gap = rules_gap(&rules::UNDECIDED_CONFIGURATION, Some(location), message);
        self.gaps.borrow_mut().insert(gap);
    }

    /// An environment variable, if they count and it is not empty.
    pub(in crate::checks::registry) fn variable(&self, name: &str) -> Option<&'a str> {
        let value = self.machine?.variables.get(name)?;
        (!value.is_empty()).then_some(value.as_str())
    }

    /// The variables whose name begins so, without that beginning.
    pub(in crate::checks::registry) fn variables(
        &self,
        prefix: &str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.machine.map(|machine| machine.variables.iter());
        all.into_iter().flatten().filter_map(move |(name, value)| {
            Some((name.strip_prefix(prefix)?, value.as_str()))
                .filter(|(_, value)| !value.is_empty())
        })
    }

    /// A file of the tree by its path relative to the root.
    pub(in crate::checks::registry) fn tree(&self, path: &str) -> Option<Rc<File>> {
        if let Some(kept) = self.kept.borrow().get(path) {
            return kept.clone();
        }
        let read = self.read_tree(path);
        self.kept.borrow_mut().insert(path.to_owned(), read.clone());
        read
    }

    fn read_tree(&self, path: &str) -> Option<Rc<File>> {
        let mut absolute = self.root.to_owned();
        for part in path.split('/') {
            if matches!(part, "" | "." | "..") || part.contains('\\') {
                return None;
            }
            absolute.push(part);
            match std::fs::symlink_metadata(&absolute) {
                Ok(found) if found.file_type().is_symlink() => {
                    let message = format!(
                        "`{}` is, or lies behind, a symbolic link, which is not followed",
                        terminal_safe(path)
                    );
                    self.note(Location::file(path), &message);
                    return None;
                }
                Ok(_) => {}
                Err(error) if is_absent(&error) => return None,
                Err(error) => {
                    let message = format!("`{}` cannot be read: {error}", terminal_safe(path));
                    self.note(Location::file(path), &message);
                    return None;
                }
            }
        }
        self.read(&absolute, path, true)
    }

    /// A file of the home, if it counts.
    pub(in crate::checks::registry) fn home(&self, path: &str) -> Option<Rc<File>> {
        let home = self.machine?.home.as_ref()?;
        self.outside(&home.join(path), &format!("~/{path}"))
    }

    /// A file below the user's configuration directory: `$XDG_CONFIG_HOME`, else
    /// `~/.config` (<https://specifications.freedesktop.org/basedir-spec/latest/>). The
    /// variable replaces the default also where the file is not there. A relative value is
    /// read by some clients and passed over by others: it is a gap.
    pub(in crate::checks::registry) fn config(&self, path: &str) -> Option<Rc<File>> {
        const NAME: &str = "XDG_CONFIG_HOME";
        match self.variable(NAME) {
            Some(directory) if Path::new(directory).is_absolute() => {
                self.at(&format!("{directory}/{path}"), &format!("${NAME}/{path}"))
            }
            Some(_) => {
                let message =
                    format!("`{NAME}` is no absolute path, which clients read in different ways");
                self.undecided(Location::file(format!("environment:{NAME}")), &message);
                self.home(&format!(".config/{path}"))
            }
            None => self.home(&format!(".config/{path}")),
        }
    }

    /// The same for clients that follow the platform (go, Poetry, pip before its
    /// [`Self::config`]): on macOS a file below `~/Library/Application Support`.
    pub(in crate::checks::registry) fn platform_config(&self, path: &str) -> Option<Rc<File>> {
        match cfg!(target_os = "macos") {
            true => self.home(&format!("Library/Application Support/{path}")),
            false => self.config(path),
        }
    }

    /// The files below the system's configuration directories, the one that counts first:
    /// each of `$XDG_CONFIG_DIRS`, else `/etc/xdg`.
    pub(in crate::checks::registry) fn system_config(&self, path: &str) -> Vec<Rc<File>> {
        let directories = self.variable("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
        directories
            .split(':')
            .filter(|directory| directory.starts_with('/'))
            .take(DEPTH_LIMIT)
            .filter_map(|directory| self.system(&join(directory.trim_end_matches('/'), path)))
            .collect()
    }

    /// A file of the system by its absolute path, if it counts.
    pub(in crate::checks::registry) fn system(&self, path: &str) -> Option<Rc<File>> {
        let system = self.machine?.system.as_ref()?;
        self.outside(&system.join(path.trim_start_matches('/')), path)
    }

    /// A file at an absolute path that a variable or a default gives, if the machine
    /// counts, shown under another name. A relative one is a gap.
    pub(in crate::checks::registry) fn at(&self, absolute: &str, shown: &str) -> Option<Rc<File>> {
        self.machine?;
        let path = PathBuf::from(absolute);
        if !path.is_absolute() {
            let message = format!(
                "where `{}` lies depends on the directory that its client is started in",
                terminal_safe(shown)
            );
            self.undecided(Location::file(shown), &message);
            return None;
        }
        self.outside(&path, shown)
    }

    /// The beginning of a lockfile of the tree, at most 4 KiB.
    pub(in crate::checks::registry) fn lockfile_start(&self, path: &str) -> String {
        self.lockfile_up_to(path, 4096)
    }

    /// A lockfile of the tree.
    pub(in crate::checks::registry) fn lockfile(&self, path: &str) -> String {
        self.lockfile_up_to(path, LOCKFILE_LIMIT)
    }

    fn lockfile_up_to(&self, path: &str, limit: u64) -> String {
        use std::io::Read as _;
        let mut start = Vec::new();
        let opened = std::fs::File::open(self.root.join(path));
        // The inventory read it already, and says so where it cannot be read.
        let read = opened.and_then(|file| file.take(limit).read_to_end(&mut start));
        match read {
            Ok(_) => String::from_utf8_lossy(&start).into_owned(),
            Err(_) => String::new(),
        }
    }

    /// A file that a variable names, if they count. Shown by the name of the variable, so
    /// that no path of this machine leaves.
    pub(in crate::checks::registry) fn named_by(&self, variable: &str) -> Option<Rc<File>> {
        let path = PathBuf::from(self.variable(variable)?);
        let path = match path.is_absolute() {
            true => path,
            false => self.root.join(path),
        };
        if let Some(inside) = self.inside(&path) {
            return self.tree(&inside);
        }
        let read = self.outside(&path, &format!("environment:{variable}"));
        if read.is_none() {
            let message = format!("the file that `{variable}` names is not there");
            self.note(Location::file(format!("environment:{variable}")), &message);
        }
        read
    }

    /// A file in the directory that a variable names, if they count; nothing where it is not
    /// there. Shown by the name of the variable.
    pub(in crate::checks::registry) fn in_variable(
        &self,
        variable: &str,
        name: &str,
    ) -> Option<Rc<File>> {
        let path = self.root.join(self.variable(variable)?).join(name);
        match self.inside(&path) {
            Some(inside) => self.tree(&inside),
            None => self.outside(&path, &format!("environment:{variable}/{name}")),
        }
    }

    /// The files of a directory of the tree whose names end so, by name.
    pub(in crate::checks::registry) fn beside(
        &self,
        directory: &str,
        endings: &[&str],
    ) -> Vec<Rc<File>> {
        let Ok(listed) = std::fs::read_dir(self.root.join(directory)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = listed
            .take(LISTED_LIMIT)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
            .collect();
        names.sort();
        let files = names.iter().map(|name| self.tree(&join(directory, name)));
        files.flatten().collect()
    }

    /// Where a program of the search path lies, links followed, if the machine counts.
    pub(in crate::checks::registry) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.variable("PATH")?;
        std::env::split_paths(path)
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join(name))
            .find(|program| std::fs::metadata(program).is_ok_and(|found| found.is_file()))
            .and_then(|program| program.canonicalize().ok())
    }

    /// The path below the root, if it is one.
    fn inside(&self, path: &Path) -> Option<String> {
        let (root, path) = (self.root.canonicalize().ok()?, path.canonicalize().ok()?);
        let parts = path.strip_prefix(&root).ok()?.components();
        let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }

    fn outside(&self, absolute: &Path, shown: &str) -> Option<Rc<File>> {
        if let Some(kept) = self.kept.borrow().get(shown) {
            return kept.clone();
        }
        let read = match std::fs::metadata(absolute) {
            Err(error) if is_absent(&error) => None,
            // The home may be the root, or lie in it.
            _ => self.read(absolute, shown, false),
        };
        self.kept
            .borrow_mut()
            .insert(shown.to_owned(), read.clone());
        read
    }

    fn read(&self, absolute: &Path, shown: &str, in_tree: bool) -> Option<Rc<File>> {
        let safe = terminal_safe(shown).into_owned();
        let bytes = match read_bounded(absolute, FILE_LIMIT) {
            Ok(bytes) => bytes,
            // A directory may have the name.
            Err(FileError::NotAFile { .. }) => return None,
            Err(error) => {
                let why = match &error {
                    FileError::TooLarge { limit, .. } => {
                        format!("it is larger than the limit of {limit} bytes")
                    }
                    FileError::Read { source, .. } => source.to_string(),
                    _ => "it is no regular file".to_owned(),
                };
                self.note(
                    Location::file(shown),
                    &format!("`{safe}` cannot be read: {why}"),
                );
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(Rc::new(File {
                shown: shown.to_owned(),
                text: text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned(),
                in_tree,
            })),
            Err(_) => {
                self.note(
                    Location::file(shown),
                    &format!("`{safe}` is not valid UTF-8"),
                );
                None
            }
        }
    }

    /// For each directory from one of the tree up to the root, nearest first: the first
    /// of these files that is there. Where the machine counts, also above the root.
    pub(in crate::checks::registry) fn upwards(
        &self,
        directory: &str,
        names: &[&str],
    ) -> Vec<Rc<File>> {
        let mut found = Vec::new();
        let mut here = Some(directory);
        for _ in 0..DEPTH_LIMIT {
            let Some(at) = here else { break };
            let mut files = names.iter().map(|name| self.tree(&join(at, name)));
            found.extend(files.find_map(|file| file));
            here = match at {
                "" => None,
                at => Some(at.rsplit_once('/').map_or("", |(above, _)| above)),
            };
        }
        if self.machine.is_some() {
            found.extend(self.above(names));
        }
        found
    }

    fn above(&self, names: &[&str]) -> Vec<Rc<File>> {
        let Ok(root) = self.root.canonicalize() else {
            return Vec::new();
        };
        let home = self.machine.and_then(|machine| machine.home.as_deref());
        let mut found = Vec::new();
        for (steps, directory) in root.ancestors().skip(1).take(ABOVE_LIMIT).enumerate() {
            let dots = "../".repeat(steps + 1);
            let mut files = names.iter().map(|name| {
                let shown = match home.is_some_and(|home| home == directory) {
                    true => format!("~/{name}"),
                    false => format!("{dots}{name}"),
                };
                self.outside(&directory.join(name), &shown)
            });
            found.extend(files.find_map(|file| file));
        }
        found
    }

    /// The TOML document of a file; what is none is a gap.
    pub(in crate::checks::registry) fn toml<'t>(&self, file: &'t File) -> Option<Toml<'t>> {
        match DeTable::parse(&file.text) {
            Ok(root) => Some(Toml {
                root: root.into_inner(),
                lines: Lines::new(&file.text),
            }),
            Err(error) => {
                let lines = Lines::new(&file.text);
                let line = lines.at(error.span().map_or(0, |span| span.start));
                let reason = error.message().lines().collect::<Vec<_>>().join(" ");
                self.broken(file, &SyntaxError { line, reason });
                None
            }
        }
    }

    /// Says that a file has lines which its client sees and other readers do not: behind a
    /// lone carriage return, or behind one of these.
    pub(in crate::checks::registry) fn line_ends(&self, file: &File, more: &[char]) {
        if let Some(line) = odd_line_end(&file.text, more) {
            let message = format!(
                "`{}` has a control character that ends a line for its client and for no editor",
                terminal_safe(&file.shown)
            );
            self.note(Location::line(&file.shown, line), &message);
        }
    }

    /// Says that a file breaks off.
    pub(in crate::checks::registry) fn broken(&self, file: &File, error: &SyntaxError) {
        let message = format!(
            "`{}` cannot be read: {}",
            terminal_safe(&file.shown),
            terminal_safe(&error.reason)
        );
        self.note(Location::line(&file.shown, error.line), &message);
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

/// A name in a directory; the root is empty.
pub(in crate::checks::registry) fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_looked_for_up_to_the_root_and_not_above_it() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        for place in ["a/b/x.toml", "x.toml"] {
            crate::support::files::write_atomic(&root.join(place), b"k = 1").unwrap();
        }
        crate::support::files::write_atomic(&outer.path().join("x.toml"), b"k = 1").unwrap();
        let shown = |machine: Option<&Machine>| {
            let found = Files::new(&root, machine).upwards("a/b", &["x.toml"]);
            found.iter().map(|f| f.shown.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shown(None), ["a/b/x.toml", "x.toml"]);
        let machine = Machine::default();
        assert_eq!(shown(Some(&machine)), ["a/b/x.toml", "x.toml", "../x.toml"]);
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn the_configuration_directory_is_the_one_that_the_variable_names() {
        let outer = tempfile::tempdir().unwrap();
        let home = outer.path().join("home");
        let other = outer.path().join("other");
        for place in [home.join(".config/x"), other.clone()] {
            std::fs::create_dir_all(&place).unwrap();
        }
        crate::support::files::write_atomic(&home.join(".config/x/a"), b"a").unwrap();
        crate::support::files::write_atomic(&other.join("b"), b"b").unwrap();
        let shown = |value: &str, path: &str| {
            let variables = [("XDG_CONFIG_HOME".to_owned(), value.to_owned())];
            let machine = Machine {
                home: Some(home.clone()),
                system: None,
                variables: variables.into(),
            };
            let files = Files::new(outer.path(), Some(&machine));
            let found = files.config(path).map(|file| file.shown.clone());
            assert_eq!(found, files.platform_config(path).map(|f| f.shown.clone()));
            (found, files.into_gaps().len())
        };
        let other = other.to_str().unwrap();
        assert_eq!(shown("", "x/a"), (Some("~/.config/x/a".to_owned()), 0));
        assert_eq!(shown(other, "x/a"), (None, 0));
        assert_eq!(
            shown(other, "b"),
            (Some("$XDG_CONFIG_HOME/b".to_owned()), 0)
        );
        assert_eq!(shown("other", "x/a"), (Some("~/.config/x/a".to_owned()), 1));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_file_over_the_limit_are_gaps() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("link")).unwrap();
        let big = vec![b'#'; 1024 * 1024 + 1];
        crate::support::files::write_atomic(&root.path().join("big"), &big).unwrap();
        let files = Files::new(root.path(), None);
        assert!(files.tree("link").is_none() && files.tree("big").is_none());
        assert!(files.tree("absent").is_none() && files.tree("../x").is_none());
        let gaps = files.into_gaps();
        assert_eq!(gaps.len(), 2);
        assert!(
            gaps.iter()
                .all(|g| g.id == rules::UNREADABLE_CONFIGURATION.id)
        );
    }
}
