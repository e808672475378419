//! The commands, one file each.

pub mod advisories;
pub mod attest;
pub mod check;
pub mod completions;
pub mod db;
pub mod demo;
pub mod discover;
pub mod explain;
pub mod gate;
pub mod hook;
pub mod image;
pub mod inventory;
pub mod key;
pub mod registry;
pub mod sbom;
pub mod seal;
pub mod secrets;
pub mod sign;
pub mod test;
pub mod trusted_root;
pub mod verify;
pub mod version;
pub mod vex;

use super::args::Command;
use super::exit::{CliError, Exit};
use super::settings::Settings;

/// Runs one command.
///
/// # Errors
/// What ended it, with its exit code.
pub fn run(command: Command, settings: &Settings) -> Result<Exit, CliError> {
    match command {
        Command::Check(args) => check::run(&args, settings),
        Command::Advisories(args) => advisories::run(&args, settings),
        Command::Registry(args) => registry::run(&args, settings),
        Command::Sbom(args) => sbom::run(&args, settings),
        Command::Db(args) => db::run(&args, settings),
        Command::Inventory(args) => inventory::run(&args, settings),
        Command::Version(args) => version::run(&args),
        Command::Vex(args) => vex::run(&args, settings),
        Command::Key(args) => key::run(&args, settings),
        Command::Sign(args) => sign::run(&args, settings),
        Command::Verify(args) => verify::run(&args, settings),
        Command::Discover(args) => discover::run(&args, settings),
        Command::TrustedRoot(args) => trusted_root::run(&args, settings),
        Command::Test(args) => test::run(&args, settings),
        Command::Secrets(args) => secrets::run(&args, settings),
        Command::Attest(args) => attest::run(&args, settings),
        Command::Seal(args) => seal::run(&args, settings),
        Command::Gate(args) => gate::run(&args, settings),
        Command::Demo(args) => demo::run(&args, settings),
        Command::Hook(args) => hook::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man => completions::man(),
    }
}
