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
mod query;
mod read_ahead;
mod record;
pub mod rules;
mod rustsec_tree;
mod severity;
mod signals;
mod store;
mod yanked;

pub use advice::advise;
pub use check::{check_damaged, check_inventory, database_info};
pub use error::DatabaseError;
pub use import::{Input, Origin, import, import_inputs};
pub use index::attachments::{Attachments, SourceOrigin};
pub use index::read::Database;
pub use index::{FILE_NAME, FORMAT_VERSION, IndexInfo, Remarks, SourceKind, SourceStatus};
pub use paths::{Paths, reach};
pub use record::BadRecord;
pub use rules::{GAPS, RULES};
pub use signals::epss::is_scores;
pub use signals::{EPSS_SOURCE, Epss, KEV_SOURCE, Kev, Signals};
pub use store::{Generation, KEPT, UpdateLock, export, generations, with_digest};

#[cfg(test)]
mod tests;
