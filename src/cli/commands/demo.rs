//! `sealgate demo`: the whole story on a small project, through the real commands.
//!
//! Every line between two headings comes from the command that is shown above it, run in
//! this process with the arguments as printed. A step that ends otherwise than the story
//! says ends the demo with exit 1.

use crate::cli::args::Arguments;
use crate::cli::commands;
use crate::cli::exit::{CliError, Exit};
use crate::cli::settings::Settings;
use crate::cli::{report_error, terminal};
use crate::support::files;
use clap::Parser as _;
use std::path::Path;

/// The project, as text; the artifact is made from it by its own build script.
const PROJECT: &[(&str, &str)] = &[
    (
        "package.json",
        include_str!("../../../testdata/demo/shop/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../../testdata/demo/shop/package-lock.json"),
    ),
    (
        "build.sh",
        include_str!("../../../testdata/demo/shop/build.sh"),
    ),
    (
        "test.sh",
        include_str!("../../../testdata/demo/shop/test.sh"),
    ),
    (
        "src/cart.js",
        include_str!("../../../testdata/demo/shop/src/cart.js"),
    ),
    (
        "src/main.js",
        include_str!("../../../testdata/demo/shop/src/main.js"),
    ),
    (".gitignore", "dist/\n"),
];
const FIXED_LOCK: &str = include_str!("../../../testdata/demo/shop/package-lock.fixed.json");
const POLICY: &str = include_str!("../../../testdata/demo/policy.toml");
const ADVISORIES: &[(&str, &str)] = &[
    (
        "GHSA-jf85-cpcp-j695.json",
        include_str!("../../../testdata/demo/osv/GHSA-jf85-cpcp-j695.json"),
    ),
    (
        "GHSA-xvch-5gv4-984h.json",
        include_str!("../../../testdata/demo/osv/GHSA-xvch-5gv4-984h.json"),
    ),
];

/// Show the whole story on a small project in a temporary directory
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The demo needs no network, no configuration and no earlier state. It runs
`sh` for the build and the tests of its project.

Examples:
  sealgate demo
  sealgate demo --keep      leave the project in its directory to look at"
)]
pub struct DemoArgs {
    /// Keep the directory and print where it is
    #[arg(long)]
    pub keep: bool,
}

/// Plays the story in a temporary directory.
///
/// # Errors
/// Exit 1 where a step ends otherwise than the story says; exit 2 where the directory or
/// a file of it cannot be made.
pub fn run(args: &DemoArgs, settings: &Settings) -> Result<Exit, CliError> {
    let io = |error: std::io::Error| {
        CliError::new(
            Exit::Usage,
            format!("the demo cannot use its directory: {error}"),
        )
    };
    let before = std::env::current_dir().map_err(io)?;
    let directory = tempfile::Builder::new()
        .prefix("sealgate-demo-")
        .disable_cleanup(args.keep)
        .tempdir()
        .map_err(|error| {
            io(error.kind().into()).with_hint("set TMPDIR to a directory that can be written")
        })?;
    std::env::set_current_dir(directory.path()).map_err(io)?;
    let story = Story {
        settings: Settings {
            database: Some("advisory-db".into()),
            passphrase: None,
            ..settings.clone()
        },
    };
    let played = story.play();
    std::env::set_current_dir(before).map_err(io)?;
    played?;
    if args.keep {
        terminal::note(&format!("the project is in {}", directory.path().display()));
    }
    Ok(Exit::Pass)
}

struct Story {
    settings: Settings,
}

impl Story {
    fn play(&self) -> Result<(), CliError> {
        self.prepare()?;
        self.check_and_fix()?;
        self.build_test_and_seal()?;
        self.gate()?;
        self.attacks()?;
        say(
            "Done",
            "The tested build may enter staging; everything else was refused.",
        )
    }

    fn prepare(&self) -> Result<(), CliError> {
        say(
            "1. A small project",
            "`shop` has three npm dependencies, a build script, tests and a policy. Two advisory\n\
             records are imported into a database of its own.",
        )?;
        for (path, text) in PROJECT {
            write(&format!("shop/{path}"), text)?;
        }
        for (name, text) in ADVISORIES {
            write(&format!("advisories/{name}"), text)?;
        }
        // Invented, and assembled here so that the source holds no token.
        let token = ["sk", "live", "4bTq9ZrW2mKx7VdLp3HsYc8N"].join("_");
        write(
            "shop/src/config.js",
            &format!("export const paymentKey = \"{token}\";\n"),
        )?;
        write("policy.toml", POLICY)?;
        write("passphrase", "correct horse battery staple\n")?;
        self.expect(Exit::Pass, &["db", "import", "--from", "advisories"])
    }

    fn check_and_fix(&self) -> Result<(), CliError> {
        say("2. The check fails", "")?;
        self.expect(Exit::Fail, &["check", "shop", "--policy", "policy.toml"])?;
        say(
            "3. Fixed",
            "Both packages are upgraded, `left-pad` comes from the approved registry, and the key is\n\
             read from the environment. The check also writes the SBOM and the report to seal.",
        )?;
        write("shop/package-lock.json", FIXED_LOCK)?;
        write(
            "shop/src/config.js",
            "export const paymentKey = process.env.PAYMENT_KEY;\n",
        )?;
        self.expect(
            Exit::Pass,
            &[
                "check",
                "shop",
                "--policy",
                "policy.toml",
                "--output",
                "cyclonedx-json=shop.cdx.json",
                "--output",
                "json=shop.scan.json",
            ],
        )
    }

    fn build_test_and_seal(&self) -> Result<(), CliError> {
        say(
            "4. Built, tested, sealed",
            "The tester's key signs what the tests said about exactly these bytes, with the SBOM and\n\
             the scan. The promoter has a key of its own.",
        )?;
        self.key("tester")?;
        self.key("promoter")?;
        shell("cd shop && sh build.sh")?;
        self.test("shop/dist/shop.js", Exit::Pass)?;
        self.seal("shop/dist/shop.js", "keys/tester.key")
    }

    fn gate(&self) -> Result<(), CliError> {
        say("5. The gate lets this build into staging", "")?;
        self.gate_on("shop/dist/shop.js", "shop/dist/shop.js", Exit::Pass)
    }

    fn attacks(&self) -> Result<(), CliError> {
        say("6. Attack: one byte changed after the tests", "")?;
        shell("cp shop/dist/shop.js tampered.js && printf ' ' >> tampered.js")?;
        self.gate_on("tampered.js", "shop/dist/shop.js", Exit::Fail)?;

        say("7. Attack: the test result of another artifact", "")?;
        shell("cp shop/dist/shop.js other.js && printf '// v2' >> other.js")?;
        self.test("other.js", Exit::Pass)?;
        self.seal("other.js", "keys/tester.key")?;
        self.gate_on("shop/dist/shop.js", "other.js", Exit::Fail)?;

        say("8. Attack: a test result with zero tests", "")?;
        shell("cp shop/dist/shop.js untested.js && printf '// v3' >> untested.js")?;
        self.expect(
            Exit::Fail,
            &[
                "test",
                "untested.js",
                "--report",
                "empty.xml",
                "--",
                "sh",
                "-c",
                "echo '<testsuite/>' > empty.xml",
            ],
        )?;
        self.seal("untested.js", "keys/tester.key")?;
        self.gate_on("untested.js", "untested.js", Exit::Fail)?;

        say("9. Attack: sealed with a key that is not the tester's", "")?;
        self.key("intruder")?;
        shell(
            "cp shop/dist/shop.js forged.js && cp shop/dist/shop.js.test-result.json forged.js.test-result.json",
        )?;
        self.seal("forged.js", "keys/intruder.key")?;
        self.gate_on("forged.js", "forged.js", Exit::Fail)
    }

    fn key(&self, name: &str) -> Result<(), CliError> {
        let prefix = format!("keys/{name}");
        make_directory("keys")?;
        self.expect(
            Exit::Pass,
            &[
                "key",
                "generate",
                "--output",
                &prefix,
                "--passphrase-file",
                "passphrase",
            ],
        )
    }

    fn test(&self, artifact: &str, expected: Exit) -> Result<(), CliError> {
        self.expect(
            expected,
            &[
                "test",
                artifact,
                "--report",
                "dist/junit.xml",
                "--",
                "sh",
                "shop/test.sh",
                artifact,
            ],
        )
    }

    fn seal(&self, artifact: &str, key: &str) -> Result<(), CliError> {
        self.expect(
            Exit::Pass,
            &[
                "seal",
                artifact,
                "--key",
                key,
                "--passphrase-file",
                "passphrase",
                "--sbom",
                "shop.cdx.json",
                "--scan",
                "shop.scan.json",
            ],
        )
    }

    fn gate_on(&self, artifact: &str, sealed: &str, expected: Exit) -> Result<(), CliError> {
        let attestations = format!("{sealed}.attestations.jsonl");
        self.expect(
            expected,
            &[
                "gate",
                artifact,
                "--env",
                "staging",
                "--policy",
                "policy.toml",
                "--attestations",
                &attestations,
                "--key",
                "keys/promoter.key",
                "--passphrase-file",
                "passphrase",
            ],
        )
    }

    /// Runs one command of this program and holds its exit code to the story.
    fn expect(&self, expected: Exit, words: &[&str]) -> Result<(), CliError> {
        terminal::result(&format!("\n$ sealgate {}\n", shown(words)))?;
        let arguments = std::iter::once("sealgate").chain(words.iter().copied());
        let arguments = Arguments::try_parse_from(arguments)
            .map_err(|error| CliError::new(Exit::Fail, error.to_string()))?;
        let exit = match commands::run(arguments.command, &self.settings) {
            Ok(exit) => exit,
            Err(error) => {
                report_error(&error);
                error.exit
            }
        };
        terminal::result(&format!("(exit code {})\n", exit.code()))?;
        if exit == expected {
            return Ok(());
        }
        Err(CliError::new(
            Exit::Fail,
            format!(
                "the demo expected exit code {} here, not {}",
                expected.code(),
                exit.code()
            ),
        ))
    }
}

/// The words as a shell would need them.
fn shown(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| {
            if word
                .chars()
                .any(|c| c.is_whitespace() || "'<>&|".contains(c))
            {
                format!("\"{word}\"")
            } else {
                (*word).to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn say(heading: &str, text: &str) -> Result<(), CliError> {
    let bold = anstyle::Style::new().bold();
    let mut block = format!("\n{bold}{heading}{bold:#}\n");
    if !text.is_empty() {
        block.push_str(text);
        block.push('\n');
    }
    terminal::result(&block)
}

fn shell(script: &str) -> Result<(), CliError> {
    terminal::result(&format!("\n$ {script}\n"))?;
    let status = std::process::Command::new("sh")
        .args(["-c", script])
        .status()
        .map_err(|error| {
            CliError::new(Exit::Usage, format!("the demo cannot run `sh`: {error}"))
                .with_hint("run it where a POSIX shell is on the PATH")
        })?;
    if status.success() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Fail,
        format!("`{script}` ended with {status}"),
    ))
}

fn write(path: &str, text: &str) -> Result<(), CliError> {
    let path = Path::new(path);
    if let Some(parent) = path.parent() {
        make_directory(&parent.to_string_lossy())?;
    }
    files::write_atomic(path, text.as_bytes()).map_err(|error| CliError::of(Exit::Usage, &error))
}

fn make_directory(path: &str) -> Result<(), CliError> {
    std::fs::create_dir_all(path).map_err(|error| {
        CliError::new(
            Exit::Usage,
            format!("cannot make the directory `{path}`: {error}"),
        )
    })
}
