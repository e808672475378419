//! Secrets: a tree or the bytes of a file in, findings and gaps out. No network, no
//! execution, no link followed; a found value never leaves unmasked.
//!
//! * `rules/*.toml` say what the tokens of a provider look like (one file each).
//! * `recognise/` holds what no provider issues: URLs, headers, keys, assignments.
//! * `credential_files/` holds the formats that programs keep logins in.
//! * `own/` reads rules of the builder's own.
//! * `engine` finds keywords in one pass and asks these at each place.

mod candidate;
mod checksum;
mod credential_files;
mod engine;
mod error;
mod file;
mod finding;
mod judge;
mod kind;
mod matcher;
mod name;
mod own;
mod recognise;
mod rules;
mod shape;
mod token;
mod tree;
mod value;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use engine::{Rules, check_bytes, mask_secrets};
pub use error::SecretsError;
pub use own::{MAX_FILE as MAX_RULE_FILE, OwnRules, OwnRulesError, RuleFault};
pub use rules::{GAPS, RULES};
pub use tree::{Options, check_tree};
