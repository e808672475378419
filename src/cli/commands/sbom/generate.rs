//! `sealgate sbom generate`: the SBOM of a project from its lockfiles, of one lockfile, or of
//! a binary.

use super::losses;
use crate::cli::depth::Depth;
use crate::cli::exit::{CliError, Exit};
use crate::cli::progress::Progress;
use crate::cli::settings::Settings;
use crate::cli::{pipeline, terminal};
use crate::inventory::{self, BinaryError, Options, binary};
use crate::model::{Gap, Inventory};
use crate::sbom::document::{Artifact, Hash, Party, SupplierOf};
use crate::sbom::{self, Document, DocumentOptions, Format};
use crate::support::files;
use crate::support::hash::digests_of_file;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Options of `sbom generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate sbom generate                                    CycloneDX 1.6 on standard output
  sealgate sbom generate app --format spdx-json@3.0.1
  sealgate sbom generate app/Cargo.lock                     what this lockfile holds, no more
  sealgate sbom generate target/release/app                 what is linked into the binary
  sealgate sbom generate --include services/cart            with a project that is left out
  sealgate sbom generate --output cyclonedx-json=app.cdx.json --output spdx-json=app.spdx.json
  sealgate sbom generate --author 'Jo Doe <jo@acme.example>' --supplier Acme --artifact dist/app \\
    --supplier-of 'pkg:npm/@acme/*=Acme'

What no lockfile knows is taken from --author, --supplier, --supplier-of and --artifact, and
never guessed: a dependency whose supplier nobody names says that it is not known.

No network is used and nothing of the project is run, with one exception that has to be
asked for: --with-cargo runs cargo in it.

The document's time is SOURCE_DATE_EPOCH, else --at, else that of the commit that is checked
out, so the same input gives the same bytes. Without any of them it has none (SPDX requires
one: it is 1970-01-01T00:00:00Z then, and a comment says so).

Exit codes: 0 complete, 2 usage, 3 something could not be read: the SBOM is written and
says what is incomplete (with --lenient the code is 0).")]
pub struct GenerateArgs {
    /// Directory of the project, one lockfile, or a binary: Rust with cargo-auditable data,
    /// or Go
    #[arg(default_value = ".", value_name = "PATH|LOCKFILE|BINARY")]
    pub path: PathBuf,
    /// Format on standard output: cyclonedx-json[@1.4|1.5|1.6|1.7] or
    /// spdx-json[@2.3|3.0.1] [default: cyclonedx-json, unless --output is given]
    #[arg(long, value_name = "FORMAT", value_parser = super::parse_format)]
    pub format: Option<Format>,
    /// Write this format to a file (repeatable)
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<SbomTarget>,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    pub include: Vec<String>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    pub depth: Depth,
    /// Who answers for the document: NAME or NAME <E-MAIL>
    #[arg(long, value_name = "NAME", value_parser = author)]
    pub author: Option<Party>,
    /// Who supplies the product: NAME, NAME <E-MAIL> or NAME <URL>
    #[arg(long, value_name = "NAME", value_parser = super::of_text::<Party>)]
    pub supplier: Option<Party>,
    /// Who supplies a dependency, such as pkg:npm/@acme/*=Acme (repeatable)
    #[arg(long, value_name = "PURL=NAME", value_parser = super::of_text::<SupplierOf>)]
    pub supplier_of: Vec<SupplierOf>,
    /// The file that the product is delivered as: its name and digests are written
    #[arg(long, value_name = "FILE")]
    pub artifact: Option<PathBuf>,
    /// Exit 0 although something could not be read; the document still says so
    #[arg(long)]
    pub lenient: bool,
}

fn author(text: &str) -> Result<Party, String> {
    let party: Party = super::of_text(text)?;
    match party.has_url() {
        true => Err("an author is named by an e-mail address, not by a URL".to_owned()),
        false => Ok(party),
    }
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomTarget {
    format: Format,
    path: PathBuf,
}

impl FromStr for SbomTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("write FORMAT=FILE, such as cyclonedx-json=app.cdx.json")?;
        Ok(Self {
            format: super::parse_format(format)?,
            path: PathBuf::from(path),
        })
    }
}

/// What an SBOM is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Tree,
    Lockfile,
    Binary,
}

impl Subject {
    fn of(path: &Path) -> Self {
        if !path.is_file() {
            return Self::Tree;
        }
        match inventory::is_lockfile(path) {
            true => Self::Lockfile,
            false => Self::Binary,
        }
    }

    /// The directory that is read.
    fn root(self, path: &Path) -> &Path {
        match self {
            Self::Tree => path,
            Self::Lockfile | Self::Binary => inventory::directory_of_file(path),
        }
    }
}

fn read_inventory(
    args: &GenerateArgs,
    subject: Subject,
    settings: &Settings,
) -> Result<Inventory, CliError> {
    if subject == Subject::Binary {
        return binary::read_binary(&args.path).map_err(|error| no_binary(&args.path, &error));
    }
    let _progress = Progress::start("reading lockfiles");
    let mut options = Options {
        include: args.include.clone(),
        fallback_name: pipeline::target_name(subject.root(&args.path)),
        ..Options::default()
    };
    args.depth.apply(settings, &mut options)?;
    let read = match subject {
        Subject::Lockfile => {
            inventory::read_lockfile(&args.path, &options).map(|(inventory, _)| inventory)
        }
        _ => inventory::read_tree(&args.path, &options),
    };
    read.map_err(|error| CliError::of(Exit::Usage, &error))
}

/// A file that is no binary is a wrong argument; a binary whose record is not there or not
/// readable leaves open what it is made of.
fn no_binary(path: &Path, error: &BinaryError) -> CliError {
    match error {
        BinaryError::NotABinary { .. } => {
            let error = CliError::of(Exit::Usage, error);
            match super::read_document(path) {
                Ok(_) => error.with_hint("this is an SBOM: `sealgate sbom convert` reads it"),
                Err(_) => error,
            }
        }
        BinaryError::File(_) => CliError::of(Exit::Usage, error),
        _ => CliError::of(Exit::Inconclusive, error),
    }
}

/// What the caller and the settings say beside the inventory. A binary is its own artifact.
fn document_options(
    args: &GenerateArgs,
    subject: Subject,
    settings: &Settings,
) -> Result<DocumentOptions, CliError> {
    let file = match (&args.artifact, subject) {
        (Some(_), Subject::Binary) => {
            let message = "--artifact is for a project: a binary is its own artifact";
            return Err(CliError::new(Exit::Usage, message));
        }
        (None, Subject::Binary) => Some(&args.path),
        (given, _) => given.as_ref(),
    };
    let time = match subject {
        // It may have been built from another commit than the one around it.
        Subject::Binary => settings.document_time,
        _ => settings.time_of_tree(subject.root(&args.path)),
    };
    Ok(DocumentOptions {
        timestamp: time.map(|time| time.to_string()),
        tool_version: pipeline::tool().version.to_owned(),
        author: args.author.clone(),
        supplier: args.supplier.clone(),
        suppliers: args.supplier_of.clone(),
        artifact: file.map(|path| artifact(path)).transpose()?,
        is_of_binary: subject == Subject::Binary,
    })
}

fn artifact(path: &Path) -> Result<Artifact, CliError> {
    let digests = digests_of_file(path).map_err(|error| CliError::of(Exit::Usage, &error))?;
    let name = path.file_name().unwrap_or_default();
    Ok(Artifact {
        file_name: name.to_string_lossy().into_owned(),
        hashes: digests.iter().map(Hash::of).collect(),
    })
}

/// The message of a gap after its file and line, unless it names them itself.
fn placed(gap: &Gap) -> String {
    let place = gap.location.as_ref().map(ToString::to_string);
    match place.filter(|place| !gap.message.contains(place)) {
        Some(place) => format!("{place}: {}", gap.message),
        None => gap.message.to_string(),
    }
}

/// Writes the SBOM everywhere it is asked for: all of it is made before anything is
/// written.
///
/// # Errors
/// Exit 2 for a bad path or output.
pub fn run(args: &GenerateArgs, settings: &Settings) -> Result<Exit, CliError> {
    let mut seen = BTreeSet::new();
    for target in &args.output {
        if !seen.insert(&target.path) {
            let shown = target.path.display();
            let message = format!("two outputs are to be written to `{shown}`");
            return Err(CliError::new(Exit::Usage, message));
        }
    }
    let subject = Subject::of(&args.path);
    let options = document_options(args, subject, settings)?;
    let inventory = read_inventory(args, subject, settings)?;
    let document = Document::of_inventory(&inventory, &options);
    let render = |format: Format| {
        let rendered = sbom::render(&document, format);
        let (bytes, lost) = rendered.map_err(|error| CliError::of(Exit::Usage, &error))?;
        losses::summarise(&lost, format);
        Ok::<_, CliError>(bytes)
    };
    let mut written = Vec::new();
    for target in &args.output {
        written.push((&target.path, render(target.format)?));
    }
    let shown = match (args.format, args.output.is_empty()) {
        (Some(format), _) => Some(render(format)?),
        (None, true) => Some(render(Format::CYCLONEDX)?),
        (None, false) => None,
    };
    for (path, bytes) in &written {
        files::write_atomic(path, bytes).map_err(|error| CliError::of(Exit::Usage, &error))?;
    }
    if let Some(bytes) = shown {
        super::print(&bytes)?;
    }
    for supplier in &args.supplier_of {
        let mut all = inventory.components.iter();
        if !all.any(|component| supplier.is_about(&component.purl)) {
            terminal::warning(&format!("--supplier-of `{supplier}` is about no component"));
        }
    }
    for gap in &inventory.gaps {
        terminal::warning(&format!("{}: {}", gap.id, placed(gap)));
    }
    for gap in inventory::left_out(&inventory) {
        terminal::warning(&format!("{} (add it with --include)", gap.message));
    }
    if inventory.gaps.is_empty() || args.lenient {
        return Ok(Exit::Pass);
    }
    let count = inventory.gaps.len();
    terminal::error(&format!(
        "the SBOM is incomplete: {count} {} could not be read",
        if count == 1 { "thing" } else { "things" }
    ));
    terminal::hint("repair what is named above, or accept it with --lenient");
    Ok(Exit::Inconclusive)
}
