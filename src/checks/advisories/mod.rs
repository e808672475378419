//! Known vulnerabilities, hostile packages and abandoned ones: advisories come in as OSV
//! and RustSec files and go into one index; an inventory comes in, findings and gaps go
//! out.

mod check;
mod error;
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

pub use check::check_inventory;
pub use error::DatabaseError;
pub use import::{Input, Origin, import, import_inputs};
pub use index::read::Database;
pub use index::{FILE_NAME, FORMAT_VERSION, IndexInfo, Remarks, SourceKind, SourceStatus};
pub use record::BadRecord;
pub use rules::{GAPS, RULES};
pub use signals::epss::is_scores;
pub use signals::{EPSS_SOURCE, Epss, KEV_SOURCE, Kev, Signals};

#[cfg(test)]
mod tests;
