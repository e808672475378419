//! Secrets: a tree or the bytes of a file in, findings and gaps out. No network, no
//! execution, no link followed; a found value never leaves unmasked.
//!
//! * `rules/*.toml` say what the tokens of a provider look like (one file each).
//! * `recognise/` holds what no provider issues: URLs, headers, keys, assignments.
//! * `credential_files/` holds the formats that programs keep logins in.
//! * `decode` finds the texts that are written inside others, and opens containers.
//! * `tree`, `staged` and `history` bring the bytes: of a directory, of git's index, of
//!   commits.
//! * `own/` reads rules of the builder's own.
//! * `engine` finds keywords in one pass and asks these at each place.

mod cache;
mod candidate;
mod checksum;
mod credential_files;
mod decode;
mod engine;
mod error;
mod exceptions;
mod file;
mod finding;
mod history;
mod judge;
mod keywords;
mod kind;
mod matcher;
mod name;
mod objects;
mod openpgp;
mod own;
mod plain;
mod public_half;
mod ratchet;
mod recognise;
mod rules;
mod shape;
mod staged;
mod token;
mod tree;
mod value;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use engine::{Rules, check_bytes, mask_secrets};
pub use error::SecretsError;
pub use exceptions::{BadException, Exception, Exceptions, MAX_EXCEPTIONS};
pub use history::{Commits, HistoryOptions, check_history};
pub use objects::MAX_CONTENT;
pub use own::{MAX_FILE as MAX_RULE_FILE, OwnRules, OwnRulesError, RuleFault};
pub use plain::is_plain;
pub use ratchet::only_new;
pub use rules::{GAPS, RULES};
pub use staged::check_staged;
pub use tree::{MAX_FILE, Options, check_stream, check_tree};
