//! Reading the builder's own rules for secrets.

use super::exit::{CliError, Exit};
use super::terminal;
use crate::checks::secrets::{MAX_RULE_FILE, OwnRules};
use crate::support::files;
use std::path::PathBuf;

/// The rules of these files; what in them has no effect is warned about.
///
/// # Errors
/// Exit 2 where a file cannot be read or a rule is malformed.
pub fn load(paths: &[PathBuf]) -> Result<OwnRules, CliError> {
    let mut rules = OwnRules::default();
    for path in paths {
        let name = path.display().to_string();
        let bytes = files::read_bounded(path, MAX_RULE_FILE)
            .map_err(|error| CliError::of(Exit::Usage, &error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| CliError::new(Exit::Usage, format!("`{name}` is not UTF-8")))?;
        let notes = rules
            .add(&name, &text)
            .map_err(|error| CliError::of(Exit::Usage, &error))?;
        for note in notes {
            terminal::warning(&note);
        }
    }
    Ok(rules)
}
