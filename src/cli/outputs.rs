//! Where a report goes: one format on stdout, any number in files.

use super::exit::{CliError, Exit};
use super::settings::Settings;
use super::{pipeline, terminal};
use crate::model::Report;
use crate::report;
use crate::sbom::cyclonedx::{self, CycloneDxOptions};
use crate::support::files;
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// The whole report; schema in docs/schema.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// CycloneDX 1.6.
    CyclonedxJson,
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputTarget {
    format: Format,
    path: PathBuf,
}

impl FromStr for OutputTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || {
            Format::value_variants()
                .iter()
                .filter_map(ValueEnum::to_possible_value)
                .map(|value| value.get_name().to_owned())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (name, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| format!("write FORMAT=FILE; the formats are {}", names()))?;
        let format = Format::from_str(name, false)
            .map_err(|_| format!("`{name}` is no format; the formats are {}", names()))?;
        Ok(Self {
            format,
            path: PathBuf::from(path),
        })
    }
}

/// All outputs of one run.
pub struct Outputs {
    stdout: Format,
    files: Vec<OutputTarget>,
    all: bool,
}

impl Outputs {
    /// Checks the outputs before any work is done.
    ///
    /// # Errors
    /// Exit 2 where two outputs name one file or a directory does not exist.
    pub fn new(stdout: Format, files: &[OutputTarget], all: bool) -> Result<Self, CliError> {
        let mut seen = BTreeSet::new();
        for target in files {
            let shown = target.path.display();
            if !seen.insert(&target.path) {
                return Err(CliError::new(
                    Exit::Usage,
                    format!("two outputs are to be written to `{shown}`"),
                ));
            }
            let parent = target.path.parent().filter(|p| !p.as_os_str().is_empty());
            if parent.is_some_and(|parent| !parent.is_dir()) {
                return Err(CliError::new(
                    Exit::Usage,
                    format!("cannot write `{shown}`: its directory does not exist"),
                )
                .with_hint("make the directory first"));
            }
        }
        Ok(Self {
            stdout,
            files: files.to_vec(),
            all,
        })
    }

    /// Writes the report everywhere: files first, so that a reader of stdout finds them.
    ///
    /// # Errors
    /// Exit 2 where an output cannot be written.
    pub fn write(&self, report: &Report, settings: &Settings) -> Result<(), CliError> {
        for target in &self.files {
            let text = self.render(target.format, report, settings)?;
            let text = anstream::adapter::strip_str(&text).to_string();
            files::write_atomic(&target.path, text.as_bytes())
                .map_err(|error| CliError::of(Exit::Usage, &error))?;
        }
        terminal::result(&self.render(self.stdout, report, settings)?)
    }

    fn render(
        &self,
        format: Format,
        report: &Report,
        settings: &Settings,
    ) -> Result<String, CliError> {
        match format {
            Format::Human => Ok(report::human::render(
                report,
                &report::human::Options {
                    show_all: self.all,
                    ..report::human::Options::default()
                },
            )),
            Format::Json => Ok(report::json::render(report)),
            Format::Sarif => Ok(report::sarif::render(
                report,
                &report::sarif::Options::default(),
            )),
            Format::CyclonedxJson => {
                let Some(inventory) = &report.inventory else {
                    return Err(CliError::new(
                        Exit::Usage,
                        "`--only secrets` makes no inventory, so there is no SBOM to write",
                    )
                    .with_hint("add `sbom` to --only"));
                };
                let bytes = cyclonedx::render(
                    inventory,
                    &CycloneDxOptions {
                        timestamp: settings.document_time.map(|time| time.to_string()),
                        tool_version: pipeline::tool().version.to_owned(),
                    },
                );
                String::from_utf8(bytes).map_err(|_| {
                    CliError::new(Exit::Usage, "the SBOM is not valid UTF-8: please report this")
                })
            }
        }
    }
}
