//! `sealgate vex`: what a policy's waivers say, as a VEX document for others.

use crate::checks::secrets::OwnRules;
use crate::cli::database::Wanted;
use crate::cli::depth::Depth;
use crate::cli::exit::{CliError, Exit};
use crate::cli::input::Kind;
use crate::cli::pipeline::{self, Check, Request};
use crate::cli::registry_answers::RegistrySource;
use crate::cli::settings::Settings;
use crate::cli::targets::check_target;
use crate::cli::{policies, terminal};
use crate::model::{
    AdvisoryClass, Detail, Disposition, JudgedFinding, Report, Subject, VexStatus, WaiverUse,
};
use crate::support::{files, hash};
use crate::vex::{Draft, DraftStatement, Product, Written};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// VEX documents: generate one from waivers
#[derive(Debug, clap::Args)]
pub struct VexArgs {
    #[command(subcommand)]
    command: VexCommand,
}

#[derive(Debug, clap::Subcommand)]
enum VexCommand {
    /// Write a VEX document from the waivers of a policy that cover findings of a project
    ///
    /// A waiver with `justification` or `status = "not_affected"` becomes the statement that
    /// the product is not affected. Any other accepts a risk: it becomes `affected`, with the
    /// reason and the end of the waiver as what is done about it.
    Generate(GenerateArgs),
}

/// Options of `vex generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate vex generate --policy policy.toml > app.openvex.json
  sealgate vex generate app --policy policy.toml --format cyclonedx --output app.vex.json
  sealgate vex generate app.cdx.json --policy policy.toml

The document's time is SOURCE_DATE_EPOCH, else --at, else now; its id follows from its
content. The same input gives the same bytes.

Exit codes: 0 written, 2 usage or configuration, 3 no waiver covers an advisory finding, or
the findings could not be made.")]
struct GenerateArgs {
    /// Directory, lockfile, SBOM or binary
    #[arg(default_value = ".", value_name = "PATH|SBOM|BINARY")]
    path: PathBuf,
    /// The policy with the waivers
    #[arg(long, value_name = "FILE")]
    policy: String,
    /// Format of the document
    #[arg(long, value_enum, default_value_t = VexFormat::Openvex)]
    format: VexFormat,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Who answers for the document [default: the owners of the waivers]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Treat this lockfile or directory as part of the product (repeatable)
    #[arg(long, value_name = "PATH")]
    include: Vec<String>,
    /// What the inventory reads beyond lockfiles and manifests.
    #[command(flatten)]
    depth: Depth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum VexFormat {
    /// OpenVEX 0.2.0
    Openvex,
    /// CycloneDX 1.6 with vulnerabilities only
    Cyclonedx,
}

impl From<VexFormat> for Written {
    fn from(format: VexFormat) -> Self {
        match format {
            VexFormat::Openvex => Self::OpenVex,
            VexFormat::Cyclonedx => Self::CycloneDx,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a bad path, policy or output; exit 3 where there is nothing to state.
pub fn run(args: &VexArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        VexCommand::Generate(args) => generate(args, settings),
    }
}

fn generate(args: &GenerateArgs, settings: &Settings) -> Result<Exit, CliError> {
    if let Some(output) = &args.output {
        check_target(output, [])?;
    }
    let kind = Kind::of(&args.path)?;
    let options = args.depth.options(&args.include, kind, settings)?;
    let report = pipeline::run(Request {
        path: &args.path,
        kind,
        checks: vec![Check::Advisories],
        inventory: options,
        policy: policies::load(&args.policy)?,
        database: Some(Wanted::current(settings.database()?)),
        registry: RegistrySource::Offline,
        about: None,
        own_rules: OwnRules::default(),
        vex: &[],
        machine: None,
        now: settings.now,
        outputs: &BTreeSet::new(),
    })?;
    if report.database.is_none() {
        return Err(CliError::new(
            Exit::Inconclusive,
            "there is no advisory database that can be used, so nothing is known to be waived",
        )
        .with_hint("import one with `sealgate db import --from DIR`"));
    }
    for judged in &report.verdict.gaps {
        if judged.disposition != Disposition::Report {
            terminal::warning(&format!("{}: {}", judged.gap.id, judged.gap.message));
        }
    }
    let text = draft(args, settings, &report)?.render(args.format.into());
    match &args.output {
        Some(path) => files::write_atomic(path, text.as_bytes())
            .map_err(|error| CliError::of(Exit::Usage, &error))?,
        None => terminal::result(&text)?,
    }
    Ok(Exit::Pass)
}

fn draft(args: &GenerateArgs, settings: &Settings, report: &Report) -> Result<Draft, CliError> {
    let waived: Vec<(&JudgedFinding, &WaiverUse)> = report
        .verdict
        .findings
        .iter()
        .filter_map(|judged| Some((judged, judged.waiver.as_ref()?)))
        .collect();
    let statements: Vec<DraftStatement> = waived
        .iter()
        .filter_map(|(judged, waiver)| statement(judged, waiver))
        .collect();
    if statements.is_empty() {
        return Err(CliError::new(
            Exit::Inconclusive,
            format!(
                "no waiver of {} covers an advisory finding of {}",
                report.policy.source, report.target
            ),
        )
        .with_hint("`sealgate check --only advisories` shows findings and waivers"));
    }
    let owners: BTreeSet<&str> = waived.iter().map(|(_, w)| w.owner.as_str()).collect();
    let owners = owners.into_iter().collect::<Vec<_>>().join(", ");
    let product = report.inventory.as_ref().map(Product::of_inventory);
    let unnamed = || CliError::new(Exit::Usage, "the product has no name that a purl can hold");
    let product = product.ok_or_else(unnamed)?;
    let mut draft = Draft {
        id: [0; 16],
        author: args.author.clone().unwrap_or(owners),
        timestamp: settings.document_time.unwrap_or(settings.now),
        tool_version: report.tool.version.to_owned(),
        product: product.purl().cloned().ok_or_else(unnamed)?,
        product_name: product.name,
        product_version: product.version,
        statements,
    };
    let digest = hash::sha256(draft.render(Written::OpenVex).as_bytes());
    for (to, from) in draft.id.iter_mut().zip(digest.bytes()) {
        *to = *from;
    }
    Ok(draft)
}

fn statement(judged: &JudgedFinding, waiver: &WaiverUse) -> Option<DraftStatement> {
    let (Detail::Advisory(detail), Subject::Component { purl, .. }) =
        (&judged.finding.detail, &judged.finding.subject)
    else {
        return None;
    };
    if detail.class == AdvisoryClass::Withdrawn {
        return None;
    }
    Some(DraftStatement {
        vulnerability: detail.id.clone(),
        aliases: detail.aliases.clone(),
        component: purl.clone(),
        status: waiver.status,
        justification: waiver.justification,
        text: match waiver.status {
            VexStatus::NotAffected => waiver.reason.clone(),
            _ => format!(
                "accepted by {} until {}: {}",
                waiver.owner, waiver.expires, waiver.reason
            ),
        },
    })
}
