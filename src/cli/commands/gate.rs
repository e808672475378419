//! `sealgate gate`: may this artifact enter this environment.

mod render;

use super::key::{ResultFormat, in_file, usage, with_ending};
use crate::cli::exit::{CliError, Exit};
use crate::cli::key_source::{KeySource, exit_of};
use crate::cli::policies::{self, LoadedPolicy};
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::targets::{check_target, remove_old};
use crate::cli::terminal;
use crate::gate::{Examined, GateOutcome, SummaryRequest, evaluate, examine, summary_statement};
use crate::model::Decision;
use crate::policy::environments::{
    Condition, EnvironmentError, Required, TrustedIdentity, TrustedRoles, requirements,
    resolve_roles,
};
use crate::signing::{Artifact, Bundle, BundleMaker, KeyId, PublicKey, SigningError, read_bundles};
use crate::support::files::{self, FileError};
use std::path::{Path, PathBuf};

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate gate app --env staging --policy environments.toml --key promoter-staging.key
  sealgate gate app --env prod --policy environments.toml --key promoter-prod.key \\
      --vsa-in from-staging/app.staging.vsa.json
  sealgate gate app --env prod --policy environments.toml --keyless
  sealgate gate app --env dev --policy environments.toml --no-vsa")]
pub struct GateArgs {
    /// The artifact
    pub artifact: PathBuf,
    /// The environment that it is to enter
    #[arg(long, value_name = "NAME")]
    pub env: String,
    /// The policy with `[roles]` and `[environments]`
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// Bundles about the artifact; may be given again [default: ARTIFACT.attestations.jsonl]
    #[arg(long, value_name = "FILE")]
    pub attestations: Vec<PathBuf>,
    /// A verification summary of another environment; may be given again [default:
    /// ARTIFACT.OTHER.vsa.json where ENV requires one of OTHER]
    #[arg(long, value_name = "FILE")]
    pub vsa_in: Vec<PathBuf>,
    /// Where the summary goes [default: ARTIFACT.ENV.vsa.json]
    #[arg(long, value_name = "OUT")]
    pub vsa: Option<PathBuf>,
    /// Decide without writing a summary; no key is needed
    #[arg(long, conflicts_with_all = ["vsa", "key", "keyless"])]
    pub no_vsa: bool,
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ResultFormat,
    /// The promoter, who signs the verification summary.
    #[command(flatten)]
    pub signing: SigningOptions,
}

/// Decides, and leaves a signed verification summary behind.
///
/// # Errors
/// Exit 2 for a policy, environment, key or file that cannot be used; exit 3 for a file of
/// bundles that is there and cannot be read, and where KMS or a service of Sigstore gives no
/// usable answer.
pub fn run(args: &GateArgs, settings: &Settings) -> Result<Exit, CliError> {
    let LoadedPolicy { policy, info, .. } = policies::load(&args.policy.to_string_lossy())?;
    let failed = |error: EnvironmentError| in_file(&args.policy, Exit::Usage, &error);
    let required = requirements(&policy.environments, &args.env, &info.digest).map_err(
        |error| match error {
            EnvironmentError::UnknownEnvironment { .. } => {
                let mut error = failed(error);
                error.message = format!("gate/unknown-environment: {}", error.message);
                error
            }
            error => failed(error),
        },
    )?;
    let base = args.policy.parent().unwrap_or(Path::new(""));
    let roles = resolve_roles(&policy.roles, base).map_err(failed)?;
    let promoter = policy
        .environments
        .get(&args.env)
        .and_then(|environment| environment.promoter.as_deref());
    let artifact = Artifact::new(&args.artifact);
    artifact.check_is_file().map_err(|e| usage(&e))?;
    let output = args
        .vsa
        .clone()
        .unwrap_or_else(|| with_ending(&args.artifact, &format!(".{}.vsa.json", args.env)));
    if signs(args) {
        let summaries = summaries(args, &required);
        let files = [&args.artifact, &args.policy];
        let inputs = files.into_iter().chain(&args.attestations);
        let inputs = inputs.chain(&summaries).map(PathBuf::as_path);
        check_target(&output, inputs.chain(args.signing.files()))?;
        // Before anything else can fail: an older summary may say PASSED.
        remove_old(&output)?;
    }
    let promoter = promoter_of(args, settings, promoter, &roles)?;
    if settings.time_is_given {
        terminal::warning(&format!(
            "judged as of {} (--at), not by the clock; a summary will say so",
            settings.now
        ));
    }

    let bundles = examine_bundles(args, &required, &roles)?;
    let digest = artifact.digest().map_err(|e| usage(&e))?;
    let outcome = evaluate(digest, &bundles, &required, settings.now);

    let page = render::Page {
        artifact: artifact.name(),
        digest: digest.to_string(),
        environment: args.env.clone(),
        policy: &info,
        time: settings.now,
        outcome: &outcome,
    };
    if let Some(promoter) = &promoter {
        let request = SummaryRequest {
            artifact_name: &artifact.name(),
            artifact: digest,
            environment: &args.env,
            policy: &info,
            now: settings.now,
        };
        write_summary(promoter, request, &outcome, &output)?;
    }
    terminal::result(&match args.format {
        ResultFormat::Human => page.human(),
        ResultFormat::Json => page.json()?,
    })?;
    Ok(outcome.decision.into())
}

fn write_summary(
    promoter: &Promoter<'_>,
    request: SummaryRequest<'_>,
    outcome: &GateOutcome,
    output: &Path,
) -> Result<(), CliError> {
    let statement = summary_statement(request, outcome)
        .and_then(|statement| statement.to_bytes())
        .map_err(|e| usage(&e))?;
    let bundle = promoter.sign(&statement)?;
    let mut line = bundle.to_json().map_err(|e| usage(&e))?;
    line.push('\n');
    files::write_atomic(output, line.as_bytes()).map_err(|e| usage(&e))?;
    let word = match outcome.decision {
        Decision::Pass => "PASSED",
        Decision::Fail | Decision::Inconclusive => "FAILED",
    };
    terminal::note(&format!(
        "verification summary ({word}): {}",
        output.display()
    ));
    Ok(())
}

/// Whether a summary is to be signed.
fn signs(args: &GateArgs) -> bool {
    args.signing.key.is_some() || args.signing.keyless
}

/// Who signs the summary: it must be the promoter, or the next environment would not accept
/// what this gate says.
struct Promoter<'a> {
    role: &'a str,
    maker: BundleMaker,
    /// Who a certificate has to be for.
    identity: Option<&'a TrustedIdentity>,
}

impl Promoter<'_> {
    /// A summary that the next environment accepts.
    fn sign(&self, statement: &[u8]) -> Result<Bundle, CliError> {
        let bundle = self.maker.sign_statement(statement);
        let bundle = bundle.map_err(|e| CliError::of(exit_of(&e), &e))?;
        if let Some(identity) = self.identity {
            identity.verify(&bundle).map_err(|e| {
                let mut of = CliError::of(Exit::Usage, &e);
                of.message = format!(
                    "the summary would not count as one of the role `{}`: {}",
                    self.role, of.message
                );
                of.with_hint(
                    "sign as the promoter that the policy names, or decide without a summary: \
                     --no-vsa",
                )
            })?;
        }
        Ok(bundle)
    }
}

fn promoter_of<'a>(
    args: &GateArgs,
    settings: &Settings,
    promoter: Option<&'a str>,
    roles: &'a TrustedRoles,
) -> Result<Option<Promoter<'a>>, CliError> {
    if !signs(args) {
        if args.no_vsa {
            return Ok(None);
        }
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "no key to sign the summary of environment `{}` with",
                args.env
            ),
        )
        .with_hint(match promoter {
            Some(role) => format!(
                "name the key of role `{role}` with --key, or --keyless, or decide without: \
                 --no-vsa"
            ),
            None => {
                "this environment has no promoter: decide without a summary: --no-vsa".to_owned()
            }
        }));
    }
    let Some(role) = promoter else {
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "environment `{}` has no promoter to sign a summary",
                args.env
            ),
        )
        .with_hint("name one in the policy, or decide without a summary: --no-vsa"));
    };
    let of_role = roles.identities().find(|(name, _)| *name == role);
    let identity = of_role.map(|(_, identity)| identity);
    if args.signing.keyless != identity.is_some() {
        let (has, hint) = match identity {
            Some(_) => ("an identity", "sign with --keyless"),
            None => ("a key", "sign with it: --key"),
        };
        return Err(CliError::new(
            Exit::Usage,
            format!(
                "the promoter of `{}` (role `{role}`) has {has} in the policy",
                args.env
            ),
        )
        .with_hint(format!("{hint}, or decide without a summary: --no-vsa")));
    }
    let maker = args.signing.maker(settings)?;
    if let Some(key) = &args.signing.key {
        check_key(args, role, key, maker.key_id(), roles.key(role))?;
    }
    Ok(Some(Promoter {
        role,
        maker,
        identity,
    }))
}

/// Fails unless the key is the promoter's.
fn check_key(
    args: &GateArgs,
    role: &str,
    key: &KeySource,
    got: Option<&KeyId>,
    expected: Option<&PublicKey>,
) -> Result<(), CliError> {
    let (Some(got), Some(expected)) = (got, expected) else {
        return Err(CliError::new(
            Exit::Usage,
            format!("the role `{role}` has no key in the policy"),
        )
        .with_hint("name one there, or decide without a summary: --no-vsa"));
    };
    if got == expected.id() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        format!(
            "`{key}` is the key {got}, but the promoter of `{}` (role `{role}`) has the key {}",
            args.env,
            expected.id()
        ),
    )
    .with_hint("sign with the promoter's key, or decide without a summary: --no-vsa"))
}

/// The files of other environments' summaries: those that are named, else those that are
/// there and required.
fn summaries(args: &GateArgs, required: &[Required]) -> Vec<PathBuf> {
    if !args.vsa_in.is_empty() {
        return args.vsa_in.clone();
    }
    let beside = required
        .iter()
        .filter_map(|required| match &required.condition {
            Condition::Vsa { from, .. } => {
                Some(with_ending(&args.artifact, &format!(".{from}.vsa.json")))
            }
            _ => None,
        });
    beside
        .filter(|path| path.symlink_metadata().is_ok())
        .collect()
}

fn examine_bundles(
    args: &GateArgs,
    required: &[Required],
    roles: &TrustedRoles,
) -> Result<Vec<Examined>, CliError> {
    let mut paths = args.attestations.clone();
    if paths.is_empty() {
        let default = with_ending(&args.artifact, ".attestations.jsonl");
        // Without attestations the gate still decides: everything required is missing.
        if default.symlink_metadata().is_ok() {
            paths.push(default);
        } else {
            terminal::warning(&format!(
                "no attestations: `{}` does not exist",
                default.display()
            ));
        }
    }
    paths.extend(summaries(args, required));
    let mut bundles = Vec::new();
    for path in &paths {
        let sources = read_bundles(path).map_err(|error| {
            let missing = matches!(
                &error,
                SigningError::File(FileError::Read { source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound
            );
            // A mistyped path is the caller's; a file that is there and cannot be read
            // may hold what speaks against the artifact.
            let exit = if missing {
                Exit::Usage
            } else {
                Exit::Inconclusive
            };
            in_file(path, exit, &error)
        })?;
        bundles.extend(
            sources
                .into_iter()
                .map(|source| examine(source.name, source.bundle, roles)),
        );
    }
    Ok(bundles)
}
