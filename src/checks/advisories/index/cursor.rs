//! Looks packages up one after the other, in the order in which the index has them.

use super::Section;
use super::described::Place;
use super::lookup::{NameEntry, read_name, read_range};
use super::read::{Database, Reader};
use super::rows::{self, PackageRows};
use crate::checks::advisories::error::DatabaseError;
use crate::model::Ecosystem;

/// A search that goes on from where the one before it ended: of many packages in the order of
/// their places each part of the index is read once. Any other order is right too, and slower.
pub(in crate::checks::advisories) struct Cursor<'d> {
    database: &'d Database,
    names: Reader<'d>,
    packages: Reader<'d>,
    /// The names of one ecosystem: its code, the first one and how many.
    range: Option<(u8, u64, u64)>,
    /// What is asked for lies here or behind, if it was asked for in order.
    low: u64,
    last: Option<Place>,
    /// What was read of the last package.
    package: Vec<u8>,
}

impl Database {
    /// A search that begins with the first package.
    pub(in crate::checks::advisories) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            database: self,
            names: self.reader(),
            packages: self.reader(),
            range: None,
            low: 0,
            last: None,
            package: Vec::new(),
        }
    }

    /// What the records say about a package, by record; empty where none names it. `name`
    /// is normalised. With a release of a distribution (`12` of Debian) only what is about
    /// it or about all of them is given back; without one, everything.
    pub(in crate::checks::advisories) fn lookup(
        &self,
        ecosystem: Ecosystem,
        name: &str,
        release: Option<&str>,
    ) -> Result<PackageRows, DatabaseError> {
        let place = Place::of(ecosystem, name);
        self.cursor().lookup(place, name, release)
    }
}

impl Cursor<'_> {
    /// As [`Database::lookup`], of a package whose place is known.
    pub(in crate::checks::advisories) fn lookup(
        &mut self,
        place: Place,
        name: &str,
        release: Option<&str>,
    ) -> Result<PackageRows, DatabaseError> {
        let (first, count) = match self.range {
            Some((code, first, count)) if code == place.code => (first, count),
            _ => read_range(&mut self.names, place.code)?,
        };
        if self
            .last
            .is_none_or(|last| last > place || last.code != place.code)
        {
            self.low = 0;
        }
        self.range = Some((place.code, first, count));
        self.last = Some(place);
        self.low = self.first_from(place.hash, first, count)?;
        // Names with the same hash follow each other.
        let mut at = self.low;
        while at < count {
            let entry = read_name(&mut self.names, first, at)?;
            if entry.hash != place.hash {
                break;
            }
            if let Some(found) = self.read_if_named(&entry, name, release)? {
                return Ok(found);
            }
            at += 1;
        }
        Ok(PackageRows::default())
    }

    /// The first name at `low` or behind it whose hash is not smaller: steps that double, then
    /// a binary search between the last two.
    fn first_from(&mut self, wanted: u64, first: u64, count: u64) -> Result<u64, DatabaseError> {
        let (mut low, mut high, mut step) = (self.low.min(count), count, 1);
        while low < high {
            let at = low + (step - 1).min(high - low - 1);
            if read_name(&mut self.names, first, at)?.hash >= wanted {
                high = at;
                break;
            }
            low = at + 1;
            step *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if read_name(&mut self.names, first, middle)?.hash < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The rows of an entry if they are those of the package: hashes may be alike.
    fn read_if_named(
        &mut self,
        entry: &NameEntry,
        name: &str,
        release: Option<&str>,
    ) -> Result<Option<PackageRows>, DatabaseError> {
        let (offset, length) = (u64::from(entry.offset), u64::from(entry.length));
        let packages = &mut self.packages;
        packages.read(Section::Packages, offset, length, &mut self.package)?;
        let database = self.database;
        let malformed = |_| database.corrupt("what it says about a package cannot be read");
        let mut bytes = self.package.as_slice();
        if rows::take::<&str>(&mut bytes).map_err(malformed)? != name {
            return Ok(None);
        }
        rows::read_package(bytes, release)
            .map(Some)
            .map_err(malformed)
    }
}
