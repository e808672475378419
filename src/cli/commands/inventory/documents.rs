//! `inventory list` and `inventory remove`.

use super::{Shape, StoreArgs, show};
use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::store::Store;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Options of `inventory list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    format: Shape,
}

/// Options of `inventory remove`.
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// SHA-256 of the documents, as `inventory list` shows them
    #[arg(value_name = "DIGEST", required = true, num_args = 1..)]
    digests: Vec<String>,
}

/// Lists the documents.
///
/// # Errors
/// Exit 2 where there is no store, exit 3 where it cannot be read.
pub fn list(args: &ListArgs) -> Result<Exit, CliError> {
    let documents = Store::open(&args.store.store)?.documents()?;
    let text = match args.format {
        Shape::Human => {
            let mut text = String::new();
            for document in &documents {
                let digest = document.digest.get(..12).unwrap_or(&document.digest);
                let (made, shown) = (show::time(document.added_at), show::document(document));
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{digest}  {made}  {shown}");
            }
            let number = documents.len() as u64;
            let _ = writeln!(text, "{}", show::count(number, "document", "documents"));
            text
        }
        Shape::Json => {
            let documents: Vec<Value> = documents.iter().map(show::document_json).collect();
            show::json_text(&json!({
                "schema": "sealgate/inventory-list/v1", "documents": documents,
            }))
        }
    };
    terminal::result(&text)?;
    Ok(Exit::Pass)
}

/// Removes documents.
///
/// # Errors
/// Exit 2 where there is no store, or a digest is none of it or of several; exit 3 where it
/// cannot be read.
pub fn remove(args: &RemoveArgs) -> Result<Exit, CliError> {
    let mut store = Store::open_to_write(&args.store.store)?;
    let documents = store.documents()?;
    let mut digests = Vec::new();
    for wanted in &args.digests {
        let wanted = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        let mut found = documents
            .iter()
            .filter(|d| wanted.len() >= 8 && d.digest.starts_with(&wanted.to_ascii_lowercase()));
        match (found.next(), found.next()) {
            (Some(document), None) => digests.push(document.digest.clone()),
            (None, _) => {
                let message = format!("no document has the digest `{wanted}`");
                return Err(CliError::new(Exit::Usage, message).with_hint(
                    "`sealgate inventory list` shows the digests; their first 8 digits suffice",
                ));
            }
            _ => {
                let message = format!("several documents have a digest that begins `{wanted}`");
                return Err(CliError::new(Exit::Usage, message).with_hint("give more of it"));
            }
        }
    }
    let removed = store.remove(&digests)?;
    terminal::result(&format!(
        "{} removed\n",
        show::count(removed, "document", "documents")
    ))?;
    Ok(Exit::Pass)
}
