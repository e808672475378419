//! `sealgate explain`: the page of a rule or gap, from the program itself.

use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::model::nearest;

include!(concat!(env!("OUT_DIR"), "/rule_pages.rs"));

/// Explain a rule: why it matters and what to do
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate explain                                 list every id
  sealgate explain registry/unapproved-origin      why it matters and what to do
  sealgate explain secrets                         list the ids of one room")]
pub struct ExplainArgs {
    /// A rule or gap id, or a room; all ids are listed without it
    #[arg(value_name = "RULE")]
    pub id: Option<String>,
}

/// Writes one page, or the list of ids, to stdout.
///
/// # Errors
/// Exit 2 where no page has the id.
pub fn run(args: &ExplainArgs) -> Result<Exit, CliError> {
    let id = args.id.as_deref().unwrap_or_default();
    if let Some((_, page)) = RULE_PAGES.iter().find(|(known, _)| *known == id) {
        terminal::result(page)?;
        return Ok(Exit::Pass);
    }
    let room = format!("{id}/");
    let listed: Vec<&str> = known_ids()
        .filter(|known| id.is_empty() || known.starts_with(&room))
        .collect();
    if listed.is_empty() {
        return Err(unknown(id));
    }
    terminal::result(&format!("{}\n", listed.join("\n")))?;
    Ok(Exit::Pass)
}

/// Every id that has a page; a test holds them equal to the ids of all rooms.
pub fn known_ids() -> impl Iterator<Item = &'static str> {
    RULE_PAGES.iter().map(|(id, _)| *id)
}

fn unknown(id: &str) -> CliError {
    let error = CliError::new(Exit::Usage, format!("no rule has the id `{id}`"));
    match nearest(id, known_ids()) {
        Some(known) => error.with_hint(format!("did you mean `{known}`?")),
        None => error.with_hint("`sealgate explain` lists every id"),
    }
}
