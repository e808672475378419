//! Who must have signed and with what evidence, from the command line.

use crate::cli::exit::{CliError, Exit};
use crate::cli::forms::{in_file, parse_root_digest};
use crate::model::Digest;
use crate::signing::sigstore::{
    AnchoredPattern, EvidencePolicy, IdentityKind, IdentityPattern, Instance, LogPolicy,
    RequiredClaim, SctPolicy, SignerPolicy, TrustedRoot, Verifier, VerifyError, read_pinned_root,
};
use crate::signing::{SigningError, TrustedKey, read_public_key, read_trusted_keys};
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Who must have signed: the holder of a key, or of a certificate.
#[derive(Debug, Default, clap::Args)]
pub struct SignerOptions {
    /// A public key, PEM: P-256, P-384, Ed25519 or RSA from 2048 bits; again for several
    #[arg(
        long,
        value_name = "PUB",
        required_unless_present_any = [
            "certificate_identity", "certificate_identity_regexp", "trusted_keys"
        ],
        conflicts_with_all = ["certificate_identity", "certificate_identity_regexp"]
    )]
    pub key: Vec<PathBuf>,
    /// A file of public keys, each with the time in which it counts
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["key", "certificate_identity", "certificate_identity_regexp"]
    )]
    pub trusted_keys: Option<PathBuf>,
    /// The name in the signing certificate, compared byte by byte
    #[arg(long, value_name = "ID", requires = "issuer")]
    pub certificate_identity: Option<String>,
    /// A regular expression for all of the name: `^…$`
    #[arg(
        long,
        value_name = "PATTERN",
        requires = "issuer",
        conflicts_with = "certificate_identity"
    )]
    pub certificate_identity_regexp: Option<String>,
    /// The kind of name that it must be
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "key")]
    pub certificate_identity_kind: Option<Kind>,
    /// The issuer that vouched for the name, compared byte by byte
    #[arg(long, value_name = "URL", conflicts_with = "key", group = "issuer")]
    pub certificate_oidc_issuer: Option<String>,
    /// The certificate must name no issuer, as GitHub's for release attestations; only with
    /// an instance other than the public ones
    #[arg(long, conflicts_with = "key", group = "issuer")]
    pub without_issuer: bool,
    /// What the certificate must claim, such as `build-trigger=push`; again for several
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "key")]
    pub require_claim: Vec<String>,
}

/// Kinds of names by their spelling on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// An e-mail address
    Email,
    /// A URI
    Uri,
}

impl From<Kind> for IdentityKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Email => Self::Email,
            Kind::Uri => Self::Uri,
        }
    }
}

/// What must stand beside the signature, and who is trusted for it.
#[derive(Debug, Default, clap::Args)]
pub struct EvidenceOptions {
    /// The trusted root to verify with [default: Sigstore's public-good instance, built in]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["staging", "github"])]
    pub trusted_root: Option<PathBuf>,
    /// The SHA-256 that it must have, as `trusted-root show` prints it: `sha256:…`
    #[arg(long, value_name = "DIGEST", requires = "trusted_root", value_parser = parse_root_digest)]
    pub trusted_root_digest: Option<Digest>,
    /// Trust Sigstore's staging instance (built in); for tests only
    #[arg(long, conflicts_with = "github")]
    pub staging: bool,
    /// Trust GitHub's own instance (built in), which has timestamps but no log and no SCTs
    #[arg(long)]
    pub github: bool,
    /// Exactly so many log entries, each of another log [default: 1; with --key none is
    /// needed; with --github 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=16))]
    pub log_entries: Option<u8>,
    /// Accept certificates without a certificate transparency timestamp
    #[arg(long, conflicts_with = "key")]
    pub without_sct: bool,
    /// Accept bundle versions 0.1 and 0.2; the log's proof is required all the same
    #[arg(long)]
    pub allow_old_bundles: bool,
}

/// Everything that a bundle is judged by.
#[derive(Debug)]
pub struct Judge {
    /// Who must have signed.
    pub signer: RequiredSigner,
    /// The time of this run, for keys that do not always count.
    pub now: Timestamp,
    /// Log entries that a key's signature must have; none are required where it is none.
    pub key_log: Option<LogPolicy>,
    /// What a certificate's signature must have.
    pub evidence: EvidencePolicy,
    verifier: LazyVerifier,
}

/// A verifier, made when it is first needed: reading a trusted root takes longer than
/// verifying a signature by key.
#[derive(Debug)]
struct LazyVerifier {
    instance: Instance,
    made: OnceLock<Result<Verifier, String>>,
}

/// Who must have signed.
#[derive(Debug)]
pub enum RequiredSigner {
    /// One of these.
    Keys(Vec<TrustedKey>),
    /// This one.
    Certificate(SignerPolicy),
}

impl Judge {
    /// Reads the keys and the trusted root.
    ///
    /// # Errors
    /// Exit 2 for a key, a trusted root, or a condition that cannot be used.
    pub fn new(
        signer: &SignerOptions,
        evidence: &EvidenceOptions,
        now: Timestamp,
    ) -> Result<Self, CliError> {
        // The public instances always name the issuer: there it can only be a mistake.
        if signer.without_issuer && !evidence.github && evidence.trusted_root.is_none() {
            return Err(CliError::new(
                Exit::Usage,
                "--without-issuer needs --github or --trusted-root",
            )
            .with_hint("name the issuer with --certificate-oidc-issuer"));
        }
        let required = match (signer.key.as_slice(), &signer.trusted_keys) {
            (_, Some(path)) => RequiredSigner::Keys(
                read_trusted_keys(path).map_err(|e| in_file(path, Exit::Usage, &e))?,
            ),
            ([], None) => RequiredSigner::Certificate(signer_policy(signer)?),
            (paths, None) => RequiredSigner::Keys(
                paths
                    .iter()
                    .map(|path| {
                        read_public_key(path)
                            .map(TrustedKey::always)
                            .map_err(|e| in_file(path, Exit::Usage, &e))
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        let log = evidence.log_entries.map(|count| {
            NonZeroUsize::new(count.into()).map_or(LogPolicy::TimestampsOnly, LogPolicy::Entries)
        });
        let default_log = match evidence.github {
            true => LogPolicy::TimestampsOnly,
            false => LogPolicy::ONE,
        };
        Ok(Self {
            signer: required,
            now,
            key_log: log,
            evidence: EvidencePolicy {
                old_bundles: evidence.allow_old_bundles,
                log: log.unwrap_or(default_log),
                sct: match evidence.without_sct || evidence.github {
                    true => SctPolicy::NotIssued,
                    false => SctPolicy::Required,
                },
            },
            verifier: verifier(evidence)?,
        })
    }

    /// Verifies certificates, log entries and timestamps.
    ///
    /// # Errors
    /// [`VerifyError::BadTrustedRoot`]; not for what this program was made with.
    pub fn verifier(&self) -> Result<&Verifier, SigningError> {
        self.verifier
            .made
            .get_or_init(|| {
                TrustedRoot::of(self.verifier.instance)
                    .and_then(Verifier::new)
                    .map_err(|e| e.to_string())
            })
            .as_ref()
            .map_err(|reason| {
                VerifyError::BadTrustedRoot {
                    reason: reason.clone(),
                }
                .into()
            })
    }
}

fn verifier(options: &EvidenceOptions) -> Result<LazyVerifier, CliError> {
    let instance = match (options.staging, options.github) {
        (true, _) => Instance::Staging,
        (_, true) => Instance::GitHub,
        _ => Instance::PublicGood,
    };
    let made = OnceLock::new();
    // A root of the caller's own is read at once: what is wrong with it is said first.
    if let Some(path) = &options.trusted_root {
        let verifier = read_pinned_root(path, options.trusted_root_digest.as_ref())
            .and_then(Verifier::new)
            .map_err(|e| in_file(path, Exit::Usage, &e))?;
        let _ = made.set(Ok(verifier));
    }
    Ok(LazyVerifier { instance, made })
}

fn signer_policy(options: &SignerOptions) -> Result<SignerPolicy, CliError> {
    let kind = options.certificate_identity_kind.map(IdentityKind::from);
    let usage = |e| CliError::of(Exit::Usage, &e);
    let identity = match (
        &options.certificate_identity,
        &options.certificate_identity_regexp,
    ) {
        (Some(text), _) => IdentityPattern::exact(text, kind).map_err(usage)?,
        (None, Some(pattern)) => IdentityPattern::Pattern {
            pattern: AnchoredPattern::parse(pattern).map_err(usage)?,
            kind,
        },
        // The command line asks for one of them.
        (None, None) => return Err(CliError::new(Exit::Usage, "no signer was given")),
    };
    let issuer = options.certificate_oidc_issuer.clone();
    if issuer.is_none() && !options.without_issuer {
        return Err(CliError::new(Exit::Usage, "no issuer was given"));
    }
    let claims = options
        .require_claim
        .iter()
        .map(|text| RequiredClaim::parse(text).map_err(usage))
        .collect::<Result<_, _>>()?;
    Ok(SignerPolicy {
        identity,
        issuer,
        claims,
    })
}
