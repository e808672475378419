//! What was typed.

use super::commands;
use clap::{Args, Parser, Subcommand};

/// Only tested builds deploy: SBOM, advisories, registry, secrets, signing and a gate.
#[derive(Debug, Parser)]
#[command(
    name = "sealgate",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Apart from each command's own, which are what is looked for.
const GLOBAL_HEADING: &str = "Options of every command";

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Judge as of this time (RFC 3339, or seconds since 1970) instead of now
    #[arg(long, global = true, value_name = "TIME", help_heading = GLOBAL_HEADING)]
    pub at: Option<String>,
    /// Directory of the advisory database [default: the user's data directory]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SEALGATE_DB",
        help_heading = GLOBAL_HEADING
    )]
    pub db: Option<std::path::PathBuf>,
}

/// The commands.
///
/// The options of a command are made up when it is the one that was typed: those of all of them
/// took a millisecond and half a megabyte at every start. Its line here and the first line of
/// its own page are the same text, written at both.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Check a project: SBOM, advisories, registry and secrets, one verdict
    Check(commands::check::CheckArgs),
    /// Check a project, a lockfile, an SBOM or a binary against advisories alone; compare reports
    Advisories(Box<commands::advisories::AdvisoriesArgs>),
    /// Check where packages come from alone; ask the approved registries, or keep their answers
    Registry(Box<commands::registry::RegistryArgs>),
    /// Search for secrets: a tree, what is staged, commits, standard input
    Secrets(commands::secrets::SecretsArgs),
    /// SBOMs: generate, validate, convert, merge, diff, check
    Sbom(commands::sbom::SbomArgs),
    /// The advisory database: update, import, status, verify, export, rollback, sign
    Db(commands::db::DbArgs),
    /// Which builds use what: add SBOMs and reports, who-uses, rescan, list, remove, export
    Inventory(commands::inventory::InventoryArgs),
    /// Compare version numbers as an ecosystem does
    Version(commands::version::VersionArgs),
    /// VEX documents: generate one from waivers
    Vex(commands::vex::VexArgs),
    /// Signing keys: generate, import from cosign, and show the public part
    Key(commands::key::KeyArgs),
    /// Sign files into Sigstore bundles, and images in registries and OCI layouts
    Sign(commands::sign::SignArgs),
    /// Sign a predicate about artifacts: provenance, an SBOM, a review
    Attest(commands::attest::AttestArgs),
    /// Verify artifacts against Sigstore bundles, by key or by certificate
    Verify(commands::verify::VerifyArgs),
    /// List what is attached to an image: signatures, attestations, anything else
    Discover(commands::discover::DiscoverArgs),
    /// Trusted roots: show what one trusts, export a built-in one
    TrustedRoot(commands::trusted_root::TrustedRootArgs),
    /// Run the tests of an artifact and record the result for its digest
    Test(commands::test::TestArgs),
    /// Sign test result, SBOM and scan result of an artifact
    Seal(commands::seal::SealArgs),
    /// Decide whether an artifact may enter an environment
    Gate(commands::gate::GateArgs),
    /// Show the whole story on a small project in a temporary directory
    Demo(commands::demo::DemoArgs),
    /// Search for secrets before every commit and push: install or remove the hooks
    Hook(commands::hook::HookArgs),
    /// Explain a rule: why it matters and what to do
    Explain(commands::explain::ExplainArgs),
    /// Write shell completions to standard output
    Completions(commands::completions::CompletionsArgs),
    /// Write the manual page to standard output
    Man,
}

#[cfg(test)]
mod tests {
    use super::Arguments;
    use clap::CommandFactory as _;

    #[test]
    fn a_command_is_described_the_same_in_the_list_and_on_its_own_page() {
        let described = |command: &clap::Command| -> Vec<(String, String)> {
            let commands = command.get_subcommands();
            commands
                .filter(|command| command.get_name() != "help")
                .map(|command| {
                    let about = command.get_about().map(ToString::to_string);
                    (command.get_name().to_owned(), about.unwrap_or_default())
                })
                .collect()
        };
        let mut command = Arguments::command();
        let listed = described(&command);
        command.build();
        assert_eq!(described(&command), listed);
        assert!(listed.len() > 20 && listed.iter().all(|(_, about)| !about.is_empty()));
    }
}
