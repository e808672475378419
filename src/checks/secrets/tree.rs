//! The walk over a tree: in parallel, under its `.gitignore` files, never through a
//! symbolic link; then whatever git tracks although it is ignored. What cannot be read is
//! a gap.

use super::decode::{self, Found, Searched};
use super::engine::Rules;
use super::error::SecretsError;
use super::own::OwnRules;
use super::rules::{UNREADABLE_INDEX, UNREADABLE_PATH};
use crate::model::{
    Detail, DroppedCandidates, Finding, Gap, Location, Outcome, SecretsScanned, terminal_safe,
};
use crate::support::files::{FileError, read_bounded};
use crate::support::git_index::tracked_files;
use ignore::{WalkBuilder, WalkState};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What to search.
#[derive(Debug, Clone)]
pub struct Options {
    /// Leave out what the tree's own `.gitignore` files name (`.ignore` files, global
    /// and parent ignore files never count). What git tracks is searched all the same,
    /// and where git tracks nothing (an unpacked archive) the files do not count: they
    /// could hide anything.
    pub respect_gitignore: bool,
    /// How much of a file is searched, in bytes; more is a gap.
    pub max_file_size: u64,
    /// Files that the caller is about to overwrite, relative to the root: reports of an
    /// earlier run would make the next one differ.
    pub leave_out: BTreeSet<String>,
    /// Rules of one's own, beside the built-in ones.
    pub own: OwnRules,
    /// Tell what was dropped as well.
    pub explain: bool,
}

/// How much of a file or stream is searched by default, in bytes: 4 GiB.
pub const MAX_FILE: u64 = 4 * 1024 * 1024 * 1024;
/// Largest file that is read as a whole without a look at it, in bytes.
const MAX_WHOLE: u64 = 8 * 1024 * 1024;
/// Large files that are searched at the same time: each needs memory.
const LARGE_AT_ONCE: usize = 2;

impl Default for Options {
    fn default() -> Self {
        Self {
            respect_gitignore: true,
            max_file_size: MAX_FILE,
            leave_out: BTreeSet::new(),
            own: OwnRules::default(),
            explain: false,
        }
    }
}

/// The secrets of a tree or of a single file, sorted by place, and what could not be
/// searched. Paths are relative to `root` with `/` between their parts; `.git` and
/// symbolic links are left out.
///
/// # Errors
/// [`SecretsError::Root`] where `root` is missing or cannot be opened; a fault of the
/// rules as in [`Rules::load`].
pub fn check_tree(
    root: &Path,
    options: &Options,
) -> Result<(Outcome, SecretsScanned), SecretsError> {
    let failed = |source| SecretsError::Root {
        path: root.display().to_string(),
        source,
    };
    let rules = Rules::load_with(&options.own)?.explaining(options.explain);
    // A root that is itself a link is what the user named: it is followed, once.
    let real_root = root.canonicalize().map_err(failed)?;
    if real_root.is_dir() {
        std::fs::read_dir(&real_root).map_err(failed)?;
    }
    let tracked = match options.respect_gitignore {
        true => tracked_files(&real_root),
        false => Ok(Vec::new()),
    };
    let ignoring = tracked.as_ref().map_or(true, |paths| !paths.is_empty());
    let look = Look {
        root: &real_root,
        rules: &rules,
        options,
        large: std::array::from_fn(|_| Mutex::new(())),
    };
    let mut collected = walk(&look, ignoring);
    match tracked {
        Ok(tracked) => {
            let found = look_at_tracked(&look, tracked, &collected.seen);
            collected.take(found);
        }
        Err(error) => collected.take(Collected::gap(Gap {
            id: UNREADABLE_INDEX,
            message: format!(
                "files that are tracked although ignored were not searched for secrets: {}",
                error.brief()
            ),
            location: None,
            remedy: "search a fresh checkout without ignore rules, or repair the index with `git read-tree HEAD`".to_owned(),
        })),
    }
    collected.outcome.findings.sort_by(by_place);
    collected.outcome.gaps.sort();
    Ok(collected.finish(&rules))
}

/// The secrets of bytes that are in no file, sorted by place; `name` stands for their path.
/// They are read as they are needed; what goes beyond [`Options::max_file_size`] is a gap.
///
/// # Errors
/// [`SecretsError::Stream`] where they cannot be read; a fault of the rules as in
/// [`Rules::load`].
pub fn check_stream(
    name: &str,
    reader: &mut dyn Read,
    options: &Options,
) -> Result<(Outcome, SecretsScanned), SecretsError> {
    let rules = Rules::load_with(&options.own)?.explaining(options.explain);
    let searched = decode::search_stream(name, reader, None, &rules, options.max_file_size)
        .map_err(|source| SecretsError::Stream { source })?;
    Ok(Collected::of(searched.found, searched.bytes).finish(&rules))
}

fn walk(look: &Look<'_>, ignoring: bool) -> Collected {
    let root = look.root;
    let collected = Mutex::new(Collected::default());
    let walker = WalkBuilder::new(root)
        .standard_filters(false)
        .git_ignore(ignoring)
        // Whether there is a repository was looked at before: one around the tree counts.
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            let found = match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    look.at(entry.path())
                }
                Ok(_) => return WalkState::Continue,
                Err(error) => {
                    // The error's own text would show the path of this machine.
                    let cause = error.io_error().map_or_else(
                        || "the walk could not go on".to_owned(),
                        ToString::to_string,
                    );
                    Collected::unreadable(&relative_of(&error, root), &cause)
                }
            };
            collected
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(found);
            WalkState::Continue
        })
    });
    collected
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Searches the tracked files that the walk has left out.
fn look_at_tracked(look: &Look<'_>, tracked: Vec<String>, seen: &BTreeSet<String>) -> Collected {
    let mut collected = Collected::default();
    for path in tracked {
        if seen.contains(&path) {
            continue;
        }
        if path.contains(char::REPLACEMENT_CHARACTER) {
            collected.take(Collected::unreadable(&path, &"its name is not UTF-8"));
        } else if is_plain_file(look.root, &path) {
            collected.take(look.at(&look.root.join(&path)));
        }
    }
    collected
}

/// Whether a path of the index is a regular file below the root with no symbolic link on
/// the way to it.
fn is_plain_file(root: &Path, path: &str) -> bool {
    let mut at = root.to_owned();
    let mut is_file = false;
    for part in Path::new(path).components() {
        let Component::Normal(part) = part else {
            return false;
        };
        at.push(part);
        match at.symlink_metadata() {
            Ok(metadata) if !metadata.is_symlink() => is_file = metadata.is_file(),
            _ => return false,
        }
    }
    is_file
}

pub(super) fn by_place(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    fn kind(finding: &Finding) -> &str {
        match &finding.detail {
            Detail::Secret(secret) => &secret.kind,
            _ => "",
        }
    }
    a.location
        .cmp(&b.location)
        .then_with(|| kind(a).cmp(kind(b)))
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

/// What the threads bring together.
#[derive(Debug, Default)]
struct Collected {
    outcome: Outcome,
    scanned: SecretsScanned,
    dropped: DroppedCandidates,
    /// Relative paths of the files looked at.
    seen: BTreeSet<String>,
}

impl Collected {
    fn take(&mut self, other: Self) {
        self.outcome.add(other.outcome);
        self.scanned.files += other.scanned.files;
        self.scanned.bytes += other.scanned.bytes;
        self.dropped.take(other.dropped);
        self.seen.extend(other.seen);
    }

    fn of(found: Found, bytes: u64) -> Self {
        let mut collected = Self::default();
        collected.scanned.files = 1;
        collected.scanned.bytes = bytes;
        collected.outcome.findings = found.findings;
        collected.outcome.gaps = found.gaps;
        collected.dropped = found.dropped;
        collected
    }

    fn finish(mut self, rules: &Rules) -> (Outcome, SecretsScanned) {
        self.scanned.rules = rules.count();
        self.scanned.dropped = rules.explains().then(|| {
            self.dropped.finish();
            self.dropped
        });
        (self.outcome, self.scanned)
    }

    fn gap(gap: Gap) -> Self {
        let mut collected = Self::default();
        collected.outcome.gaps.push(gap);
        collected
    }

    fn unreadable(path: &str, cause: &dyn std::fmt::Display) -> Self {
        Self::gap(Gap {
            id: UNREADABLE_PATH,
            message: format!(
                "`{}` could not be searched for secrets: {}",
                terminal_safe(path),
                terminal_safe(&cause.to_string())
            ),
            location: Some(Location::file(path)),
            remedy:
                "give the user who runs sealgate the right to read it, or remove it from the tree"
                    .to_owned(),
        })
    }
}

/// How the files of a tree are looked at.
struct Look<'a> {
    root: &'a Path,
    rules: &'a Rules,
    options: &'a Options,
    /// Held while a large file is searched.
    large: [Mutex<()>; LARGE_AT_ONCE],
}

impl Look<'_> {
    /// Searches one regular file.
    fn at(&self, file: &Path) -> Collected {
        let path = relative(file, self.root);
        if self.options.leave_out.contains(&path) {
            return Collected::default();
        }
        let limit = self.options.max_file_size.min(MAX_WHOLE);
        let mut collected = match read_bounded(file, limit) {
            Ok(bytes) => Collected::of(
                decode::search(&path, &bytes, self.rules),
                bytes.len() as u64,
            ),
            Err(FileError::TooLarge { .. }) => match self.at_large(file, &path) {
                Ok(searched) => Collected::of(searched.found, searched.bytes),
                Err(error) => Collected::unreadable(&path, &error),
            },
            Err(FileError::Read { source, .. }) => Collected::unreadable(&path, &source),
            Err(_) => Collected::unreadable(&path, &"it is no longer a regular file"),
        };
        collected.seen.insert(path);
        collected
    }

    /// Searches a file that is not read as a whole.
    fn at_large(&self, file: &Path, path: &str) -> std::io::Result<Searched> {
        let turn = self.large.iter().find_map(|turn| turn.try_lock().ok());
        let _turn = match (turn, self.large.first()) {
            (None, Some(first)) => Some(first.lock().unwrap_or_else(PoisonError::into_inner)),
            (turn, _) => turn,
        };
        let mut opened = File::open(file)?;
        let size = opened.metadata()?.len();
        let limit = self.options.max_file_size;
        decode::search_stream(path, &mut opened, Some(size), self.rules, limit)
    }
}

/// The path below the root, parts joined by `/`; for a root that is a file, its name.
fn relative(path: &Path, root: &Path) -> String {
    let below = match path.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => below,
        _ => Path::new(path.file_name().unwrap_or(path.as_os_str())),
    };
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// The path that an error of the walk is about.
fn relative_of(error: &ignore::Error, root: &Path) -> String {
    fn path_of(error: &ignore::Error) -> Option<PathBuf> {
        match error {
            ignore::Error::WithPath { path, .. } => Some(path.clone()),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
                path_of(err)
            }
            _ => None,
        }
    }
    path_of(error).map_or_else(|| ".".to_owned(), |path| relative(&path, root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::secrets::rules::TOO_LARGE;
    use crate::checks::secrets::testing::expand;
    use crate::support::files::write_atomic;
    use crate::support::git_index::testing::index;
    use tempfile::TempDir;

    fn token(n: u32) -> String {
        expand(&format!("token{n} = dop_v1_{{hex:64}}\n"))
    }

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_atomic(&path, text.as_bytes()).unwrap();
        }
        dir
    }

    fn found(root: &Path, options: &Options) -> (Vec<String>, Vec<Gap>) {
        let (outcome, _) = check_tree(root, options).unwrap();
        let paths = outcome.findings.into_iter().map(|f| f.location.path);
        (paths.collect(), outcome.gaps)
    }

    #[test]
    fn hidden_files_are_searched_and_ignored_ones_and_git_are_not() {
        let dir = tree(&[
            (".hidden/.env", &token(1)),
            ("z.py", &token(2)),
            ("a/b.py", &token(3)),
            ("target/x.py", &token(4)),
            (".git/config", &token(5)),
            (".gitignore", "target/\n"),
            (".ignore", "z.py\n"),
        ]);
        // Not a repository: git would refuse this `.git`, and so there is no index that
        // tells what is left out for good reason.
        let (paths, _) = found(dir.path(), &Options::default());
        assert_eq!(paths, [".hidden/.env", "a/b.py", "target/x.py", "z.py"]);
        write_atomic(&dir.path().join(".git/index"), &index(2, &["z.py"])).unwrap();
        let (paths, gaps) = found(dir.path(), &Options::default());
        assert_eq!(paths, [".hidden/.env", "a/b.py", "z.py"]);
        assert!(gaps.is_empty(), "{gaps:?}");
        let everything = Options {
            respect_gitignore: false,
            ..Options::default()
        };
        let (paths, _) = found(dir.path(), &everything);
        assert_eq!(paths, [".hidden/.env", "a/b.py", "target/x.py", "z.py"]);
        let (again, _) = found(dir.path(), &everything);
        assert_eq!(paths, again);
    }

    #[test]
    fn a_tracked_file_is_searched_although_it_is_ignored() {
        let dir = tree(&[
            ("sub/forced.env", &token(1)),
            ("sub/local.env", &token(2)),
            ("sub/a.py", &token(3)),
            ("other/forced.env", &token(4)),
            (".gitignore", "*.env\n"),
        ]);
        let tracked = [
            "other/forced.env",
            "sub/a.py",
            "sub/forced.env",
            "sub/gone.env",
        ];
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        write_atomic(&dir.path().join(".git/index"), &index(2, &tracked)).unwrap();
        let (paths, gaps) = found(dir.path(), &Options::default());
        assert_eq!(paths, ["other/forced.env", "sub/a.py", "sub/forced.env"]);
        assert!(gaps.is_empty(), "{gaps:?}");
        // A directory below the top is searched as far as it reaches.
        write_atomic(&dir.path().join("sub/.gitignore"), b"*.env\n").unwrap();
        let (paths, _) = found(&dir.path().join("sub"), &Options::default());
        assert_eq!(paths, ["a.py", "forced.env"]);
    }

    #[test]
    fn a_file_that_is_about_to_be_overwritten_is_not_searched() {
        let dir = tree(&[("a.py", &token(1)), ("out/a.py", &token(2))]);
        let options = Options {
            leave_out: BTreeSet::from(["a.py".to_owned()]),
            ..Options::default()
        };
        let (outcome, scanned) = check_tree(dir.path(), &options).unwrap();
        assert_eq!(outcome.findings.len(), 1);
        assert_eq!(outcome.findings[0].location.path, "out/a.py");
        assert_eq!(scanned.files, 1);
    }

    #[test]
    fn a_damaged_index_is_a_gap() {
        let dir = tree(&[("a.py", &token(1)), (".git/index", "no index")]);
        let (paths, gaps) = found(dir.path(), &Options::default());
        assert_eq!(paths, ["a.py"]);
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!(gaps[0].id, "secrets/unreadable-index");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_never_followed_and_a_loop_is_harmless() {
        let outside = tree(&[("secret.py", &token(1))]);
        let dir = tree(&[("a/real.py", &token(2))]);
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
        };
        link(dir.path(), "a/loop");
        link(outside.path(), "out");
        link(&outside.path().join("secret.py"), "out.py");
        link(Path::new("/nowhere/at/all"), "dangling");
        let (paths, gaps) = found(dir.path(), &Options::default());
        assert_eq!(paths, ["a/real.py"]);
        assert!(gaps.is_empty(), "{gaps:?}");
        // What the user names is searched, even through a link.
        let (paths, _) = found(&dir.path().join("out"), &Options::default());
        assert_eq!(paths, ["secret.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_is_a_gap() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tree(&[("closed/a.py", &token(1)), ("b.py", &token(2))]);
        let closed = dir.path().join("closed");
        let mode = |mode| {
            std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o000);
        let is_root = std::fs::read_dir(&closed).is_ok();
        let (paths, gaps) = found(dir.path(), &Options::default());
        mode(0o700);
        if is_root {
            println!("skipped: this user may read everything");
            return;
        }
        assert_eq!(paths, ["b.py"]);
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert_eq!(gaps[0].id, UNREADABLE_PATH);
        assert_eq!(gaps[0].location, Some(Location::file("closed")));
        let own = dir.path().display().to_string();
        assert!(!gaps[0].message.contains(&own), "{}", gaps[0].message);
    }

    #[test]
    fn a_file_over_the_limit_is_a_gap_with_its_path() {
        let dir = tree(&[("big.py", &token(1)), ("small.py", "x = 1\n")]);
        let options = Options {
            max_file_size: 50,
            ..Options::default()
        };
        let (paths, gaps) = found(dir.path(), &options);
        assert!(paths.is_empty());
        assert_eq!(gaps.len(), 1);
        assert_eq!(gaps[0].id, TOO_LARGE);
        assert_eq!(gaps[0].location, Some(Location::file("big.py")));
    }

    #[test]
    fn a_root_may_be_one_file_and_must_exist() {
        let dir = tree(&[("a/b.py", &token(1)), ("empty/.keep", "")]);
        let (paths, _) = found(&dir.path().join("a/b.py"), &Options::default());
        assert_eq!(paths, ["b.py"]);
        let (_, scanned) = check_tree(&dir.path().join("empty"), &Options::default()).unwrap();
        assert_eq!((scanned.files, scanned.bytes), (1, 0));
        assert!(scanned.rules > 180);
        let missing = check_tree(&dir.path().join("none"), &Options::default());
        assert!(matches!(missing, Err(SecretsError::Root { .. })));
    }

    #[test]
    fn the_cause_of_an_unreadable_path_shows_no_path_of_the_machine() {
        let gone = Path::new("/nowhere/at/all/x.py");
        let rules = Rules::load().unwrap();
        let look = Look {
            root: Path::new("/nowhere/at"),
            rules: &rules,
            options: &Options::default(),
            large: Default::default(),
        };
        let seen = look.at(gone);
        let gap = seen.outcome.gaps.first().unwrap();
        assert_eq!(gap.id, UNREADABLE_PATH);
        assert!(gap.message.starts_with("`all/x.py`"), "{}", gap.message);
        assert!(!gap.message.contains("/nowhere"), "{}", gap.message);
    }
}
