//! `sealgate gate`: may this artifact enter this environment.

mod render;
mod subject;

use super::key::{ResultFormat, in_file, usage};
use crate::cli::exit::{CliError, Exit};
use crate::cli::images::ImageOptions;
use crate::cli::key_source::{KeySource, exit_of};
use crate::cli::policies::{self, LoadedPolicy};
use crate::cli::settings::Settings;
use crate::cli::signing::SigningOptions;
use crate::cli::terminal;
use crate::gate::{GateOutcome, SummaryRequest, evaluate, summary_statement};
use crate::model::Decision;
use crate::policy::environments::{
    EnvironmentError, TrustedIdentity, TrustedRoles, requirements, resolve_roles,
};
use crate::signing::{Bundle, BundleMaker, KeyId, PublicKey};
use std::path::{Path, PathBuf};
use subject::GateSubject;

/// Decide whether an artifact may enter an environment
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sealgate gate app --env staging --policy environments.toml --key promoter-staging.key
  sealgate gate app --env prod --policy environments.toml --key promoter-prod.key \\
      --vsa-in from-staging/app.staging.vsa.json
  sealgate gate app --env prod --policy environments.toml --keyless
  sealgate gate app --env dev --policy environments.toml --no-vsa
  sealgate gate oci://registry.example/team/app@sha256:9f86d0… --env prod \\
      --policy environments.toml --key promoter-prod.key")]
pub struct GateArgs {
    /// The artifact: a file, or an image (oci://HOST/REPOSITORY@sha256:…, oci-layout:DIRECTORY)
    pub artifact: PathBuf,
    /// The environment that it is to enter
    #[arg(long, value_name = "NAME")]
    pub env: String,
    /// The policy with `[roles]` and `[environments]`
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// Bundles about the artifact; may be given again [default: ARTIFACT.attestations.jsonl,
    /// or what is attached to the image]
    #[arg(long, value_name = "FILE")]
    pub attestations: Vec<PathBuf>,
    /// A verification summary of another environment; may be given again [default:
    /// ARTIFACT.OTHER.vsa.json where ENV requires one of OTHER]
    #[arg(long, value_name = "FILE")]
    pub vsa_in: Vec<PathBuf>,
    /// Where the summary goes [default: ARTIFACT.ENV.vsa.json, or attached to the image]
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
    /// Which image, and how registries are asked.
    #[command(flatten)]
    pub images: ImageOptions,
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
    let subject = GateSubject::open(args, &required, settings)?;
    if signs(args) {
        // Before anything else can fail: an older summary may say PASSED.
        subject.remove_old_summary()?;
    }
    let promoter = promoter_of(args, settings, promoter, &roles)?;
    if settings.time_is_given {
        terminal::warning(&format!(
            "judged as of {} (--at), not by the clock; a summary will say so",
            settings.now
        ));
    }

    let bundles = subject.examine(args, &required, &roles)?;
    let digest = subject.digest()?;
    let outcome = evaluate(digest, &bundles, &required, settings.now);

    let page = render::Page {
        artifact: subject.name(),
        digest: digest.to_string(),
        environment: args.env.clone(),
        policy: &info,
        time: settings.now,
        outcome: &outcome,
    };
    if let Some(promoter) = &promoter {
        let request = SummaryRequest {
            artifact_name: &subject.name(),
            artifact: digest,
            environment: &args.env,
            policy: &info,
            now: settings.now,
        };
        write_summary(promoter, request, &outcome, &subject, settings)?;
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
    subject: &GateSubject,
    settings: &Settings,
) -> Result<(), CliError> {
    let summary = summary_statement(request, outcome).map_err(|e| usage(&e))?;
    let bundle = promoter.sign(&summary.to_bytes().map_err(|e| usage(&e))?)?;
    let place = subject.deliver(&bundle, &summary.predicate_type, settings)?;
    let word = match outcome.decision {
        Decision::Pass => "PASSED",
        Decision::Fail | Decision::Inconclusive => "FAILED",
    };
    terminal::note(&format!("verification summary ({word}): {place}"));
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
