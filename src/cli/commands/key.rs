//! `sealgate key`, and the options of every command that signs.

use crate::cli::exit::{CliError, Exit};
pub use crate::cli::forms::{ResultFormat, in_file, usage, with_ending};
use crate::cli::key_source::{KeySource, KmsOptions, exit_of, key_source};
use crate::cli::settings::Settings;
use crate::cli::targets::check_target;
use crate::cli::terminal;
use crate::model::terminal_safe;
use crate::signing::{
    self, MAX_KEY_FILE_BYTES, Passphrase, PublicKey, Signer, SigningAlgorithm, SigningError,
};
use crate::support::files;
use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longer passphrases are refused.
const MAX_PASSPHRASE_BYTES: u64 = 4096;

/// Signing keys: generate, import from cosign, and show the public part
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub enum KeyCommand {
    /// Make a key pair: PREFIX.key (encrypted, PKCS#8) and PREFIX.pub (SPKI)
    Generate(GenerateArgs),
    /// Take over a private key of cosign: PREFIX.key and PREFIX.pub, same passphrase
    Import(ImportArgs),
    /// Print the public key of a key file, or of a key in AWS KMS or a PKCS#11 token, PEM
    Public(Box<PublicArgs>),
}

/// Options of `key generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate key generate --output tester
  sealgate key generate --output builder --algorithm ed25519 --passphrase-file pass.txt")]
pub struct GenerateArgs {
    /// The kind of key
    #[arg(long, value_enum, default_value_t = Algorithm::EcdsaP256)]
    pub algorithm: Algorithm,
    /// Path of the new files without their endings
    #[arg(long, value_name = "PREFIX", default_value = "sealgate")]
    pub output: PathBuf,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
}

/// Options of `key import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate key import cosign.key --output release
  sealgate key import cosign.key --output release --passphrase-file pass.txt")]
pub struct ImportArgs {
    /// A private key as `cosign generate-key-pair` writes it
    pub file: PathBuf,
    /// Path of the new files without their endings
    #[arg(long, value_name = "PREFIX")]
    pub output: PathBuf,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
}

/// Options of `key public`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate key public tester.key > tester.pub
  sealgate key public tester.pub
  sealgate key public awskms:///alias/release > release.pub")]
pub struct PublicArgs {
    /// A private key (`.key`), a public one (`.pub`), or a key in AWS KMS (`awskms:///…`) or in
    /// a token (`pkcs11:…`)
    #[arg(value_parser = key_source())]
    pub file: KeySource,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
    /// How KMS is reached.
    #[command(flatten)]
    pub kms: KmsOptions,
}

/// Algorithms by their names on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256: artifacts of any size
    EcdsaP256,
    /// Ed25519: artifacts of up to 1 GiB, which are held in memory
    Ed25519,
}

/// The key of a command that signs.
#[derive(Debug, clap::Args)]
pub struct KeyOptions {
    /// What to sign with: an encrypted private key, a key in AWS KMS (`awskms:///alias/NAME`,
    /// `awskms:///ARN`), or one in a PKCS#11 token (`pkcs11:token=LABEL;object=LABEL`)
    #[arg(long, value_name = "FILE", value_parser = key_source())]
    pub key: KeySource,
    /// Where its passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
    /// How KMS is reached.
    #[command(flatten)]
    pub kms: KmsOptions,
}

impl KeyOptions {
    /// The signer.
    ///
    /// # Errors
    /// Those of [`load_signer`].
    pub fn signer(&self, settings: &Settings) -> Result<Box<dyn Signer>, CliError> {
        load_signer(&self.key, &self.passphrase, &self.kms, settings)
    }
}

/// Where a passphrase comes from: one of these, else `SEALGATE_PASSPHRASE`, else a prompt.
/// Never an argument: arguments are seen by every user of the machine.
#[derive(Debug, Default, clap::Args)]
pub struct PassphraseOptions {
    /// Read the passphrase from a file of one line [else: SEALGATE_PASSPHRASE, or a prompt]
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_fd")]
    pub passphrase_file: Option<PathBuf>,
    /// Read the passphrase from an open file descriptor
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<u32>,
}

/// Runs the command.
///
/// # Errors
/// Exit 2 for a key, passphrase or file that cannot be used.
pub fn run(args: &KeyArgs, settings: &Settings) -> Result<Exit, CliError> {
    match &args.command {
        KeyCommand::Generate(args) => generate(args, settings),
        KeyCommand::Import(args) => import(args, settings),
        KeyCommand::Public(args) => public(args, settings),
    }
}

fn generate(args: &GenerateArgs, settings: &Settings) -> Result<Exit, CliError> {
    let targets = targets(&args.output, args.force)?;
    let passphrase = read_passphrase(&args.passphrase, settings, Ask::Twice)?;
    let algorithm = match args.algorithm {
        Algorithm::EcdsaP256 => SigningAlgorithm::EcdsaP256,
        Algorithm::Ed25519 => SigningAlgorithm::Ed25519,
    };
    let key = signing::generate_key(algorithm, &passphrase).map_err(|e| usage(&e))?;
    write_key(&targets, &key)
}

fn import(args: &ImportArgs, settings: &Settings) -> Result<Exit, CliError> {
    let targets = targets(&args.output, args.force)?;
    for target in &targets {
        check_target(target, [args.file.as_path()])?;
    }
    let bytes =
        Zeroizing::new(files::read_bounded(&args.file, MAX_KEY_FILE_BYTES).map_err(|e| usage(&e))?);
    let passphrase = read_passphrase(&args.passphrase, settings, Ask::Once)?;
    let key = signing::import_cosign_key(&bytes, &passphrase)
        .map_err(|e| in_file(&args.file, Exit::Usage, &e))?;
    write_key(&targets, &key)
}

/// The private and the public file of a key pair; neither is there unless `force`.
fn targets(output: &Path, force: bool) -> Result<[PathBuf; 2], CliError> {
    let targets = [with_ending(output, ".key"), with_ending(output, ".pub")];
    for path in &targets {
        check_target(path, [])?;
        // A dangling link counts too: writing would go through it.
        if !force && path.symlink_metadata().is_ok() {
            return Err(
                CliError::new(Exit::Usage, format!("`{}` already exists", path.display()))
                    .with_hint("choose another --output, or replace it with --force"),
            );
        }
    }
    Ok(targets)
}

fn write_key(
    [private, public]: &[PathBuf; 2],
    key: &signing::GeneratedKey,
) -> Result<Exit, CliError> {
    let pem = key.public_key.to_pem().map_err(|e| usage(&e))?;
    files::write_atomic_private(private, key.private_pem.as_bytes()).map_err(|e| usage(&e))?;
    files::write_atomic(public, pem.as_bytes()).map_err(|e| usage(&e))?;
    terminal::result(&format!(
        "{} (private, encrypted) and {} (public)\nkey {}\n",
        terminal_safe(&private.display().to_string()),
        terminal_safe(&public.display().to_string()),
        key.public_key.id()
    ))?;
    Ok(Exit::Pass)
}

fn public(args: &PublicArgs, settings: &Settings) -> Result<Exit, CliError> {
    let private = || load_signer(&args.file, &args.passphrase, &args.kms, settings);
    let public_key = match &args.file {
        KeySource::AwsKms(_) | KeySource::Pkcs11(_) => private()?.public_key().clone(),
        KeySource::File(path) => {
            let bytes = files::read_bounded(path, MAX_KEY_FILE_BYTES).map_err(|e| usage(&e))?;
            match PublicKey::from_pem(&Zeroizing::new(bytes)) {
                Ok(key) => key,
                Err(SigningError::NotAPublicKey { .. }) => private()?.public_key().clone(),
                Err(error) => return Err(in_file(path, Exit::Usage, &error)),
            }
        }
    };
    terminal::result(&public_key.to_pem().map_err(|e| usage(&e))?)?;
    Ok(Exit::Pass)
}

/// How often a prompt asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Once,
    Twice,
}

/// The signer in an encrypted key file, in KMS or in a token.
///
/// # Errors
/// Exit 2: unreadable file, no passphrase, wrong passphrase, unsupported key; for KMS as
/// [`crate::cli::key_source::exit_of`] says.
pub fn load_signer(
    key: &KeySource,
    passphrase: &PassphraseOptions,
    kms: &KmsOptions,
    settings: &Settings,
) -> Result<Box<dyn Signer>, CliError> {
    let path = match key {
        KeySource::File(path) => path,
        KeySource::AwsKms(reference) => return Ok(Box::new(kms.open(reference, settings)?)),
        KeySource::Pkcs11(uri) => {
            let token = kms.token(uri)?;
            let pin = match token.needs_pin() {
                true => Some(read_passphrase(passphrase, settings, Ask::Once)?),
                false => None,
            };
            let signer = token.signer(pin.as_ref());
            return Ok(Box::new(signer.map_err(|e| CliError::of(exit_of(&e), &e))?));
        }
    };
    let failed = |error: SigningError| in_file(path, Exit::Usage, &error);
    // The file is looked at first: nobody should type a passphrase for a missing key.
    let encrypted = signing::read_key_file(path).map_err(failed)?;
    let passphrase = read_passphrase(passphrase, settings, Ask::Once)?;
    Ok(Box::new(encrypted.decrypt(&passphrase).map_err(failed)?))
}

fn read_passphrase(
    options: &PassphraseOptions,
    settings: &Settings,
    ask: Ask,
) -> Result<Passphrase, CliError> {
    let text = if let Some(path) = &options.passphrase_file {
        first_line(path, &path.display().to_string())?
    } else if let Some(descriptor) = options.passphrase_fd {
        if !cfg!(unix) {
            return Err(
                CliError::new(Exit::Usage, "--passphrase-fd needs a Unix system")
                    .with_hint("use --passphrase-file"),
            );
        }
        let path = PathBuf::from(format!("/dev/fd/{descriptor}"));
        first_line(&path, &format!("file descriptor {descriptor}"))?
    } else if let Some(passphrase) = &settings.passphrase {
        passphrase.clone()
    } else {
        return prompt(ask);
    };
    Passphrase::new(text).map_err(|e| usage(&e))
}

/// The only line of a file, pipe or descriptor, without its line break.
fn first_line(path: &Path, name: &str) -> Result<Zeroizing<String>, CliError> {
    let failed = |reason: String| {
        CliError::new(
            Exit::Usage,
            format!("cannot read the passphrase from {name}: {reason}"),
        )
        .with_hint("give it as one line of UTF-8 text")
    };
    let mut text = Zeroizing::new(String::with_capacity(256));
    File::open(path)
        .map_err(|e| failed(e.to_string()))?
        .take(MAX_PASSPHRASE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|e| failed(e.to_string()))?;
    if text.len() as u64 > MAX_PASSPHRASE_BYTES {
        return Err(failed(format!(
            "it is longer than {MAX_PASSPHRASE_BYTES} bytes"
        )));
    }
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| {
        line.strip_suffix('\r').unwrap_or(line)
    });
    if line.contains('\n') {
        return Err(failed("it has more than one line".to_owned()));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn prompt(ask: Ask) -> Result<Passphrase, CliError> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(CliError::new(
            Exit::Usage,
            "no passphrase given, and no terminal to ask on",
        )
        .with_hint("use --passphrase-file, --passphrase-fd or SEALGATE_PASSPHRASE"));
    }
    let ask_for = |label: &str| {
        rpassword::prompt_password(label)
            .map(Zeroizing::new)
            .map_err(|e| CliError::new(Exit::Usage, format!("cannot ask for the passphrase: {e}")))
            .and_then(|text| Passphrase::new(text).map_err(|e| usage(&e)))
    };
    let passphrase = ask_for("Passphrase: ")?;
    if ask == Ask::Twice && !passphrase.same_as(&ask_for("Once more: ")?) {
        return Err(CliError::new(
            Exit::Usage,
            "the two passphrases are not the same",
        ));
    }
    Ok(passphrase)
}
