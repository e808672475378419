//! Known vulnerabilities, hostile packages and abandoned ones: advisories come in as OSV
//! and RustSec files and go into one index; an inventory comes in, findings and gaps go
//! out.

mod advice;
mod check;
mod error;
mod finding;
mod groups;
mod import;
mod index;
mod matching;
mod osv;
mod paths;
mod read_ahead;
mod record;
mod releases;
pub mod rules;
mod rustsec_tree;
mod severity;
mod signals;
mod yanked;

pub use advice::advise;
pub use check::{check_damaged, check_inventory, database_info};
pub use error::DatabaseError;
pub use import::import;
pub use index::read::Database;
pub use index::{FILE_NAME, FORMAT_VERSION, IndexInfo, Remarks, SourceKind, SourceStatus};
pub use record::BadRecord;
pub use rules::{GAPS, RULES};
pub use signals::{EPSS_SOURCE, Epss, KEV_SOURCE, Kev, Signals};

#[cfg(test)]
mod tests;
