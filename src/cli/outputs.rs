//! Where a report goes: one format on stdout, any number in files.

use super::exit::{CliError, Exit};
use super::settings::Settings;
use super::{pipeline, terminal};
use crate::model::Report;
use crate::report::{self, Format, ReportError, human};
use crate::sbom::{self, Document, DocumentOptions};
use crate::support::files;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Reads a format name; clap lists the names in help and errors.
pub fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::as_str))
        .try_map(|name| name.parse::<Format>())
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputTarget {
    format: Format,
    path: PathBuf,
}

impl OutputTarget {
    /// The format to write.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }
}

impl FromStr for OutputTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Format::ALL.map(Format::as_str).join(", ");
        let (name, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| format!("write FORMAT=FILE; the formats are {names}"))?;
        let format = name
            .parse()
            .map_err(|error: ReportError| format!("{error}; the formats are {names}"))?;
        Ok(Self {
            format,
            path: PathBuf::from(path),
        })
    }
}

/// The path with its directory resolved, so that two spellings of one file are equal;
/// `None` where the directory does not exist. The file itself need not exist.
fn place(path: &Path) -> Option<PathBuf> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = parent.canonicalize().ok().filter(|found| found.is_dir())?;
    Some(match path.file_name() {
        Some(name) => parent.join(name),
        None => parent,
    })
}

/// All outputs of one run.
pub struct Outputs {
    stdout: Format,
    files: Vec<OutputTarget>,
    places: BTreeSet<PathBuf>,
    all: bool,
    explain: bool,
}

impl Outputs {
    /// Checks the outputs before any work is done.
    ///
    /// # Errors
    /// Exit 2 where two outputs name one file, a directory does not exist, or the name is
    /// taken by a directory or a pipe.
    pub fn new(stdout: Format, files: &[OutputTarget], all: bool) -> Result<Self, CliError> {
        let mut places = BTreeSet::new();
        for target in files {
            let shown = target.path.display();
            let Some(place) = place(&target.path) else {
                return Err(CliError::new(
                    Exit::Usage,
                    format!("cannot write `{shown}`: its directory does not exist"),
                )
                .with_hint("make the directory first"));
            };
            files::check_writable(&target.path)
                .map_err(|error| CliError::of(Exit::Usage, &error))?;
            if !places.insert(place) {
                return Err(CliError::new(
                    Exit::Usage,
                    format!("two outputs are to be written to `{shown}`"),
                ));
            }
        }
        Ok(Self {
            stdout,
            files: files.to_vec(),
            places,
            all,
            explain: false,
        })
    }

    /// The same, and for people it says why each secret counts as one.
    #[must_use]
    pub fn explaining(self, explain: bool) -> Self {
        Self { explain, ..self }
    }

    /// Whether one of the outputs is an SBOM.
    pub fn have_sbom(&self) -> bool {
        let files = self.files.iter().map(|target| target.format);
        let mut all = files.chain([self.stdout]);
        all.any(|format| matches!(format, Format::CyclonedxJson | Format::SpdxJson))
    }

    /// The files that will be written, with their directories resolved.
    pub fn places(&self) -> &BTreeSet<PathBuf> {
        &self.places
    }

    /// Writes the report everywhere: files first, so that a reader of stdout finds them.
    ///
    /// # Errors
    /// Exit 2 where an output cannot be written.
    pub fn write(&self, report: &Report, settings: &Settings) -> Result<(), CliError> {
        self.write_files(report, settings)?;
        terminal::result(&self.render(self.stdout, report, settings, true)?)
    }

    /// Writes the files alone.
    ///
    /// # Errors
    /// Exit 2 where one cannot be written.
    pub fn write_files(&self, report: &Report, settings: &Settings) -> Result<(), CliError> {
        for target in &self.files {
            let text = self.render(target.format, report, settings, false)?;
            files::write_atomic(&target.path, text.as_bytes())
                .map_err(|error| CliError::of(Exit::Usage, &error))?;
        }
        Ok(())
    }

    fn render(
        &self,
        format: Format,
        report: &Report,
        settings: &Settings,
        to_stdout: bool,
    ) -> Result<String, CliError> {
        match format {
            Format::Human => {
                let mut options = human::Options {
                    // `terminal::result` takes the colours out where they are not wanted.
                    color: to_stdout,
                    show_all: self.all,
                    explain: self.explain,
                    ..human::Options::default()
                };
                if let Some(width) = terminal::width().filter(|_| to_stdout) {
                    options.width = width;
                }
                Ok(human::render(report, &options))
            }
            Format::Junit => Ok(report::junit::render(report)),
            Format::Markdown => Ok(report::markdown::render(report)),
            Format::Github => Ok(report::github::render(report)),
            Format::Json => Ok(report::json::render(report)),
            Format::Sarif => Ok(report::sarif::render(
                report,
                &report::sarif::Options::default(),
            )),
            Format::CyclonedxJson => sbom_of(report, settings, sbom::Format::CYCLONEDX),
            Format::SpdxJson => sbom_of(report, settings, sbom::Format::SPDX),
        }
    }
}

/// The SBOM of the report's inventory.
fn sbom_of(report: &Report, settings: &Settings, format: sbom::Format) -> Result<String, CliError> {
    let Some(inventory) = &report.inventory else {
        return Err(CliError::new(
            Exit::Usage,
            "`--only secrets` makes no inventory, so there is no SBOM to write",
        )
        .with_hint("add `sbom` to --only"));
    };
    let options = DocumentOptions {
        timestamp: settings.document_time.map(|time| time.to_string()),
        tool_version: pipeline::tool().version.to_owned(),
        ..DocumentOptions::default()
    };
    let document = Document::of_inventory(inventory, &options);
    let (bytes, _) =
        sbom::render(&document, format).map_err(|error| CliError::of(Exit::Usage, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        CliError::new(
            Exit::Usage,
            "the SBOM is not valid UTF-8: please report this",
        )
    })
}
