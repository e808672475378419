//! The database directory: which index is current, which ones were before it, and how one
//! takes the place of another.
//!
//! ```text
//! index.sgdb                          the current index; the only file that a check opens
//! generations/000007-<digest>.sgdb    it and the ones before, by number and root digest
//! lock                                held while the directory is changed
//! .sgdb-…                             being written; left over where an update was killed
//! ```
//!
//! A new index is written to a file of its own and synced, becomes a generation by a
//! rename, and becomes current by a rename of a second link to the generation onto
//! `index.sgdb`; the directories are synced after each. So at every moment `index.sgdb` is
//! the whole old index or the whole new one, a reader has the one that it opened for as
//! long as it likes, and nothing that a reader does can stop an update. Old generations are
//! removed last. What a killed update has left over is removed by the next one.

mod generations;

pub use generations::{Generation, generations, with_digest};

use super::error::DatabaseError;
use super::index::FILE_NAME;
use super::index::attachments::Attachments;
use super::index::read::Database;
use crate::support::files::{FileError, check_is_file, sync_directory};
use generations::{DIRECTORY, file_name};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Generations that are kept, the current one included.
pub const KEPT: usize = 3;
/// Name of the lock.
const LOCK_NAME: &str = "lock";
/// How files that are being written are called.
const TEMPORARY_PREFIX: &str = ".sgdb-";

/// The right to change a database directory; held by one process at a time.
#[derive(Debug)]
pub struct UpdateLock {
    directory: PathBuf,
    /// The system lets go of it when the process ends, however it ends.
    _file: File,
}

impl UpdateLock {
    /// Takes the lock of a directory, which is made where it is missing, and removes what
    /// a killed update has left over.
    ///
    /// # Errors
    /// [`DatabaseError::Busy`] at once where another process has it,
    /// [`DatabaseError::Create`], [`DatabaseError::Write`].
    pub fn take(directory: &Path) -> Result<Self, DatabaseError> {
        std::fs::create_dir_all(directory).map_err(|source| DatabaseError::Create {
            path: directory.to_owned(),
            source,
        })?;
        let path = directory.join(LOCK_NAME);
        let failed = |source| write_failed(&path, source);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DatabaseError::Busy {
                    directory: directory.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let lock = Self {
            directory: directory.to_owned(),
            _file: file,
        };
        for directory in [directory.to_owned(), lock.generations()] {
            remove_leftovers(&directory).map_err(|source| write_failed(&directory, source))?;
        }
        Ok(lock)
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn generations(&self) -> PathBuf {
        self.directory.join(DIRECTORY)
    }

    fn index(&self) -> PathBuf {
        self.directory.join(FILE_NAME)
    }

    /// A file to write an index into; it is removed again where it does not become one.
    pub(super) fn temporary(&self) -> Result<NamedTempFile, DatabaseError> {
        temporary_in(&self.directory).map_err(|source| write_failed(&self.index(), source))
    }

    /// Makes a written index the current one and keeps `kept` generations; an index of the
    /// same content takes the place of its older file.
    pub(super) fn commit(
        &self,
        written: NamedTempFile,
        kept: usize,
    ) -> Result<Database, DatabaseError> {
        let index = self.index();
        let failed = |source| write_failed(&index, source);
        written.as_file().sync_all().map_err(failed)?;
        // What is on the disk is what will be read.
        let digest = Database::open_file(written.path())?.info().digest;
        std::fs::create_dir_all(self.generations()).map_err(failed)?;
        let current = self.adopt_current()?;
        let known = generations(&self.directory)?;
        let newest = known.first().map_or(0, |generation| generation.number);
        let number = match current {
            Some(current) if current.digest == digest => current.number,
            _ => newest + 1,
        };
        let path = self.generations().join(file_name(number, &digest));
        written.persist(&path).map_err(|e| failed(e.error))?;
        sync_directory(&self.generations()).map_err(failed)?;
        self.make_current(&path)?;
        let same = known.iter().filter(|known| known.digest == digest);
        for older in same.filter(|known| known.number != number) {
            let path = older.path(&self.directory);
            std::fs::remove_file(&path).map_err(|source| write_failed(&path, source))?;
        }
        self.prune(number, kept)?;
        Database::open(&self.directory)
    }

    /// Makes an earlier generation the current one: the one before the current one, or the
    /// one whose digest starts with `to`. It is read whole first.
    ///
    /// # Errors
    /// [`DatabaseError::NoGeneration`], and those of [`Database::verify`].
    pub fn rollback(&self, to: Option<&str>) -> Result<Database, DatabaseError> {
        let current = self.adopt_current().unwrap_or(None);
        let known = generations(&self.directory)?;
        let wanted = |generation: &&Generation| match (to, &current) {
            (Some(prefix), _) => generation.digest.starts_with(prefix),
            (None, Some(current)) => generation.number < current.number,
            // The current one is missing or damaged: any that is whole is better.
            (None, None) => true,
        };
        let mut matching: Vec<_> = known.iter().filter(wanted).collect();
        matching.dedup_by_key(|generation| &generation.digest);
        if let (Some(prefix), 2..) = (to, matching.len()) {
            return Err(no_generation(Some(prefix), matching.len()));
        }
        // Where nothing is current the first whole one is taken, else the first one or none.
        let tried = if to.is_none() && current.is_none() {
            usize::MAX
        } else {
            1
        };
        let mut failed = no_generation(to, 0);
        for generation in matching.into_iter().take(tried) {
            let path = generation.path(&self.directory);
            match verified(&path, &generation.digest) {
                Ok(()) => {
                    self.make_current(&path)?;
                    return Database::open(&self.directory);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Makes an exported index the current one. It is copied first and then read whole, so
    /// what was verified is what becomes current.
    ///
    /// # Errors
    /// [`DatabaseError::Input`], and those of [`Database::verify`].
    pub fn adopt(&self, exported: &Path, kept: usize) -> Result<Database, DatabaseError> {
        check_is_file(exported)?;
        // What is no index at all is not copied first.
        Database::open_file(exported)?;
        let mut temporary = self.temporary()?;
        copy_into(exported, temporary.as_file_mut())?;
        Database::open_file(temporary.path())
            .and_then(|database| database.verify())
            .map_err(|error| error.about(exported))?;
        self.commit(temporary, kept)
    }

    /// Attaches a signature to the current index, or takes it off; the digest stays.
    ///
    /// # Errors
    /// Those of opening it, [`DatabaseError::Scratch`], [`DatabaseError::Write`].
    pub fn attach_signature(&self, signature: Option<String>) -> Result<Database, DatabaseError> {
        let database = Database::open(&self.directory)?;
        let attachments = Attachments {
            signature,
            ..database.attachments().clone()
        };
        let mut temporary = self.temporary()?;
        database.copy_with(&attachments, temporary.as_file_mut())?;
        self.commit(temporary, usize::MAX)
    }

    /// The current index as a generation: one that was put there by hand, or by an older
    /// version, becomes one. `None` where there is none that can be opened.
    fn adopt_current(&self) -> Result<Option<Generation>, DatabaseError> {
        let index = self.index();
        let Ok(database) = Database::open_file(&index) else {
            return Ok(None);
        };
        let digest = database.info().digest;
        let known = generations(&self.directory)?;
        if let Some(generation) = known.iter().find(|known| known.digest == digest) {
            return Ok(Some(generation.clone()));
        }
        let number = known.first().map_or(0, |generation| generation.number) + 1;
        let failed = |source| write_failed(&index, source);
        std::fs::create_dir_all(self.generations()).map_err(failed)?;
        let path = self.generations().join(file_name(number, &digest));
        link_or_copy(&index, &path).map_err(failed)?;
        sync_directory(&self.generations()).map_err(failed)?;
        Ok(generations(&self.directory)?
            .into_iter()
            .find(|generation| generation.digest == digest))
    }

    /// Puts a second link to a generation in the place of the current index.
    fn make_current(&self, generation: &Path) -> Result<(), DatabaseError> {
        let index = self.index();
        let failed = |source| write_failed(&index, source);
        if std::fs::symlink_metadata(&index).is_ok_and(|found| found.is_dir()) {
            return Err(DatabaseError::Write(FileError::Occupied { path: index }));
        }
        let link = self.directory.join(format!("{TEMPORARY_PREFIX}current"));
        link_or_copy(generation, &link).map_err(failed)?;
        std::fs::rename(&link, &index).map_err(failed)?;
        // A rename between two links to one file does nothing and leaves both.
        match std::fs::remove_file(&link) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
        sync_directory(&self.directory).map_err(failed)
    }

    /// Removes the oldest generations, never the current one.
    fn prune(&self, current: u64, kept: usize) -> Result<(), DatabaseError> {
        let known = generations(&self.directory)?;
        let mut left = kept.max(1) - 1;
        for generation in known.iter().filter(|known| known.number != current) {
            if left > 0 {
                left -= 1;
                continue;
            }
            let path = generation.path(&self.directory);
            std::fs::remove_file(&path).map_err(|source| write_failed(&path, source))?;
        }
        Ok(())
    }
}

/// Reads a generation whole.
fn verified(path: &Path, digest: &str) -> Result<(), DatabaseError> {
    let database = Database::open_file(path)?;
    database.verify()?;
    if database.info().digest == digest {
        return Ok(());
    }
    Err(DatabaseError::Corrupt {
        path: path.to_owned(),
        what: "its digest is not the one in its name".to_owned(),
    })
}

fn no_generation(wanted: Option<&str>, matching: usize) -> DatabaseError {
    DatabaseError::NoGeneration {
        wanted: wanted.map(str::to_owned),
        matching,
    }
}

/// Writes the current index of a directory, with what is attached to it, to a file of its
/// own: whole or not at all. It is read whole before it takes the name.
///
/// # Errors
/// Those of [`Database::verify`], [`DatabaseError::Write`].
pub fn export(database: &Database, target: &Path) -> Result<(), DatabaseError> {
    let failed = |source| write_failed(target, source);
    if std::fs::symlink_metadata(target).is_ok_and(|found| !found.is_file() && !found.is_symlink())
    {
        return Err(DatabaseError::Write(FileError::Occupied {
            path: target.to_owned(),
        }));
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temporary = temporary_in(directory).map_err(failed)?;
    database.copy_with(database.attachments(), temporary.as_file_mut())?;
    temporary.as_file().sync_all().map_err(failed)?;
    Database::open_file(temporary.path())
        .and_then(|copy| copy.verify())
        .map_err(|error| error.about(target))?;
    temporary.persist(target).map_err(|e| failed(e.error))?;
    sync_directory(directory).map_err(failed)
}

/// Copies a file of any length.
fn copy_into(from: &Path, to: &mut File) -> Result<(), DatabaseError> {
    let mut file = File::open(from).map_err(|source| FileError::Read {
        path: from.to_owned(),
        source,
    })?;
    std::io::copy(&mut file, to).map_err(|source| DatabaseError::Scratch { source })?;
    Ok(())
}

fn write_failed(path: &Path, source: std::io::Error) -> DatabaseError {
    DatabaseError::Write(FileError::Write {
        path: path.to_owned(),
        source,
    })
}

fn temporary_in(directory: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o644));
    }
    // The library names its temporary file in the error; the caller's path says more.
    builder
        .tempfile_in(directory)
        .map_err(|error| error.kind().into())
}

/// A second link to a file; a copy where the file system has none.
fn link_or_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let directory = to.parent().unwrap_or(Path::new("."));
    let mut copy = temporary_in(directory)?;
    std::io::copy(&mut File::open(from)?, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    copy.persist(to).map_err(|error| error.error)?;
    Ok(())
}

fn remove_leftovers(directory: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_leftover = entry
            .file_name()
            .to_string_lossy()
            .starts_with(TEMPORARY_PREFIX);
        if is_leftover && entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
