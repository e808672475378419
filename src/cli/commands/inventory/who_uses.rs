//! `inventory who-uses`: the builds that use a package.

use super::{Shape, StoreArgs, show};
use crate::cli::exit::{CliError, Exit};
use crate::cli::terminal;
use crate::model::{Ecosystem, Purl, terminal_safe};
use crate::policy::VersionRange;
use crate::store::{Release, Store, Use};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate inventory who-uses pkg:npm/lodash --store store
  sealgate inventory who-uses 'pkg:npm/lodash@>=4.0.0,<4.17.21' --store store
  sealgate inventory who-uses pkg:maven/org.acme/core@2.1.0 --store store --format json

Versions are compared as the ecosystem compares them.

Exit codes: 0 answered (also where nobody uses it), 2 usage, 3 a version in use cannot be
compared with the range, or the store cannot be read.")]
pub struct WhoUsesArgs {
    /// The package: a package URL, its version a version or a range
    #[arg(value_name = "PURL[@RANGE]")]
    package: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = Shape::Human)]
    format: Shape,
}

/// A package and which of its versions.
struct Query {
    package: Purl,
    ecosystem: Option<Ecosystem>,
    range: Option<VersionRange>,
}

impl Query {
    fn parse(text: &str) -> Result<Self, CliError> {
        let usage = |message: String| {
            CliError::new(Exit::Usage, message).with_hint(
                "write it like `pkg:npm/lodash`, `pkg:npm/lodash@4.17.20` or \
                 `pkg:npm/lodash@>=4.0.0,<4.17.21`",
            )
        };
        // A range has signs that no purl has, so it is taken off first. The `@` of an npm
        // scope stands after a slash.
        let (name, range) = match text.rsplit_once('@') {
            Some((name, range)) if !name.ends_with('/') => (name, Some(range)),
            _ => (text, None),
        };
        let package = Purl::parse(name).map_err(|error| usage(error.to_string()))?;
        let ecosystem = Ecosystem::from_purl_type(package.purl_type());
        let range = range
            .map(|range| {
                let range = percent_encoding::percent_decode_str(range).decode_utf8_lossy();
                VersionRange::parse(&range)
                    .map_err(|problem| usage(format!("the range `{range}` {problem}")))
            })
            .transpose()?;
        if range.is_some() && ecosystem.is_none() {
            let message = format!(
                "the versions of `{}` have no order here",
                package.purl_type()
            );
            return Err(usage(message));
        }
        Ok(Self {
            package,
            ecosystem,
            range,
        })
    }

    /// Whether a release is meant; `None` where that cannot be told.
    fn matches(&self, release: &Release) -> Option<bool> {
        match (&self.range, self.ecosystem) {
            (Some(range), Some(ecosystem)) => {
                range.contains(ecosystem, release.version.as_deref()?)
            }
            _ => Some(true),
        }
    }
}

/// Answers.
///
/// # Errors
/// Exit 2 for a package or range that is none and where there is no store; exit 3 where it
/// cannot be read.
pub fn run(args: &WhoUsesArgs) -> Result<Exit, CliError> {
    let query = Query::parse(&args.package)?;
    let store = Store::open(&args.store.store)?;
    let (documents, incomplete) = store.count()?;
    let mut found = Vec::new();
    let mut undecided = Vec::new();
    for release in store.releases_of(&query.package)? {
        let uses = store.users_of(release.id)?;
        match query.matches(&release) {
            Some(true) => found.push((release, uses)),
            Some(false) => {}
            None => undecided.push((release, uses)),
        }
    }
    let answer = Answer {
        query: &args.package,
        documents,
        incomplete,
        found: &found,
        undecided: &undecided,
    };
    terminal::result(&match args.format {
        Shape::Human => answer.human(),
        Shape::Json => answer.json(),
    })?;
    Ok(match undecided.is_empty() {
        true => Exit::Pass,
        false => Exit::Inconclusive,
    })
}

struct Answer<'a> {
    query: &'a str,
    documents: i64,
    incomplete: i64,
    found: &'a [(Release, Vec<Use>)],
    undecided: &'a [(Release, Vec<Use>)],
}

impl Answer<'_> {
    fn human(&self) -> String {
        let mut text = String::new();
        let users: usize = self.found.iter().map(|(_, uses)| uses.len()).sum();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{}: {} of {}",
            terminal_safe(self.query),
            show::count(users as u64, "use", "uses"),
            show::count(self.documents.unsigned_abs(), "document", "documents"),
        );
        lines(&mut text, self.found);
        if !self.undecided.is_empty() {
            let _ = writeln!(text, "cannot be compared with the range:");
            lines(&mut text, self.undecided);
        }
        if self.incomplete > 0 {
            let _ = writeln!(
                text,
                "{} not complete: what is missing in them is not seen here",
                show::count(
                    self.incomplete.unsigned_abs(),
                    "document of the store is",
                    "documents of the store are"
                ),
            );
        }
        text
    }

    fn json(&self) -> String {
        show::json_text(&json!({
            "schema": "sealgate/who-uses/v1",
            "query": self.query,
            "documents": self.documents,
            "incomplete_documents": self.incomplete,
            "uses": values(self.found),
            "undecided": values(self.undecided),
        }))
    }
}

fn lines(text: &mut String, releases: &[(Release, Vec<Use>)]) {
    for (release, uses) in releases {
        for used in uses {
            let _ = writeln!(
                text,
                "  {}  {}  {}",
                release.purl,
                used.scope,
                show::document(&used.document)
            );
        }
    }
}

fn values(releases: &[(Release, Vec<Use>)]) -> Vec<Value> {
    let uses = releases
        .iter()
        .flat_map(|(release, uses)| uses.iter().map(move |used| (release, used)));
    uses.map(|(release, used)| {
        json!({
            "purl": release.purl.as_str(),
            "version": release.version,
            "scope": used.scope,
            "document": show::document_json(&used.document),
        })
    })
    .collect()
}
