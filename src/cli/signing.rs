//! How a command that signs is told what to sign with: a key, or an identity; and what is
//! to stand beside the signatures.

use super::commands::key::{PassphraseOptions, in_file, load_signer, usage};
use super::exit::{CliError, Exit};
use super::forms::parse_root_digest;
use super::identity_source::IdentityOptions;
use super::key_source::{KeySource, KmsOptions, exit_of, key_source};
use super::settings::Settings;
use super::terminal;
use crate::model::Digest;
use crate::signing::services::{
    Caller, LogService, RekorVersion, Service, ServiceConnection, ServiceError, Services,
    SigningConfig, read_signing_config, service_address,
};
use crate::signing::sigstore::{Instance, SctPolicy, TrustedRoot, Verifier, read_pinned_root};
use crate::signing::{BundleMaker, Keyless, SigningError, Witnesses};
use std::path::{Path, PathBuf};
use std::time::Duration;

const HEADING: &str = "Certificates, logs and timestamps";

/// What signs.
#[derive(Debug, clap::Args)]
pub struct SigningOptions {
    /// What to sign with: an encrypted private key, a key in AWS KMS (`awskms:///alias/NAME`,
    /// `awskms:///ARN`), or one in a PKCS#11 token (`pkcs11:token=LABEL;object=LABEL`)
    #[arg(long, value_name = "FILE", value_parser = key_source())]
    pub key: Option<KeySource>,
    /// Sign without a key of one's own: a certificate for an identity, valid for minutes
    #[arg(long, conflicts_with = "key")]
    pub keyless: bool,
    /// Where its passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseOptions,
    /// How KMS is reached.
    #[command(flatten)]
    pub kms: KmsOptions,
    /// Who vouches.
    #[command(flatten)]
    pub identity: IdentityOptions,
    /// What stands beside the signature.
    #[command(flatten)]
    pub services: ServiceOptions,
}

/// Which services are asked.
#[derive(Debug, Clone, clap::Args)]
pub struct ServiceOptions {
    /// The services of an instance: `signing_config.v0.2.json` [default with --keyless: those
    /// of Sigstore's public-good instance, unless --trusted-root names another]
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub signing_config: Option<PathBuf>,
    /// The certificate authority in the place of the configuration's
    #[arg(long, value_name = "URL", requires = "keyless", help_heading = HEADING)]
    pub fulcio_url: Option<String>,
    /// A transparency log in the place of the configuration's; again for several
    #[arg(long, value_name = "URL", conflicts_with = "without_log", help_heading = HEADING)]
    pub rekor_url: Vec<String>,
    /// The version of Rekor behind --rekor-url
    #[arg(long, value_name = "N", default_value = "1", requires = "rekor_url",
        value_parser = clap::value_parser!(u8).range(1..=2), help_heading = HEADING)]
    pub rekor_version: u8,
    /// A timestamp authority in the place of the configuration's, whole address; again for
    /// several
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    pub timestamp_url: Vec<String>,
    /// Enter no signature in a log: nobody can find out later what was signed. The
    /// certificate authority enters the certificate in its own log all the same
    #[arg(long, help_heading = HEADING)]
    pub without_log: bool,
    /// Accept a certificate without a certificate transparency timestamp
    #[arg(long, requires = "keyless", help_heading = HEADING)]
    pub without_sct: bool,
    /// The trusted root that everything must verify with [default: Sigstore's public-good
    /// instance, built in]
    #[arg(long, value_name = "FILE", conflicts_with = "staging", help_heading = HEADING)]
    pub trusted_root: Option<PathBuf>,
    /// The SHA-256 that it must have, as `trusted-root show` prints it: `sha256:…`
    #[arg(long, value_name = "DIGEST", requires = "trusted_root", help_heading = HEADING,
        value_parser = parse_root_digest)]
    pub trusted_root_digest: Option<Digest>,
    /// Sigstore's staging instance (built in); for tests only
    #[arg(long, help_heading = HEADING)]
    pub staging: bool,
    /// Most seconds for one question to a service, with retries
    #[arg(long, value_name = "SECONDS", default_value = "60", help_heading = HEADING,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub service_timeout: u64,
}

impl SigningOptions {
    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let key = self.key.as_ref().and_then(KeySource::file);
        let passphrase = self.passphrase.passphrase_file.as_deref();
        let services = [&self.services.signing_config, &self.services.trusted_root];
        let services = services.into_iter().filter_map(|path| path.as_deref());
        let own = key.into_iter().chain(passphrase);
        own.chain(services).chain(self.identity.files())
    }

    /// What makes bundles with it. Keys are opened and tokens fetched; certificates are
    /// asked for with the first signature.
    ///
    /// # Errors
    /// Exit 2 for a key, passphrase, token or configuration that cannot be used; 3 where KMS
    /// or a service gives no usable answer.
    pub fn maker(&self, settings: &Settings) -> Result<BundleMaker, CliError> {
        let failed = |error: SigningError| CliError::of(exit_of(&error), &error);
        let Some(key) = &self.key else {
            if !self.keyless {
                return Err(
                    CliError::new(Exit::Usage, "nothing to sign with").with_hint(
                        "name a key with --key FILE, or sign for an identity with --keyless",
                    ),
                );
            }
            return self.keyless(settings);
        };
        let services = self.services.for_key()?;
        let Some(services) = services else {
            let signer = load_signer(key, &self.passphrase, &self.kms, settings)?;
            return Ok(BundleMaker::by_key(signer));
        };
        // What is wrong with the services is told before anybody types a passphrase.
        let caller = self.caller(settings)?;
        let verifier = self.services.verifier()?;
        let witnesses =
            Witnesses::new(caller, services, verifier, self.services.sct()).map_err(failed)?;
        let signer = load_signer(key, &self.passphrase, &self.kms, settings)?;
        Ok(BundleMaker::by_witnessed_key(signer, witnesses))
    }

    fn keyless(&self, settings: &Settings) -> Result<BundleMaker, CliError> {
        let failed = |error: SigningError| CliError::of(exit_of(&error), &error);
        let services = self.services.for_identity()?;
        let authority = services.authority.clone().ok_or_else(|| {
            usage(&ServiceError::NoService {
                service: Service::Authority,
                reason: "--keyless needs one".to_owned(),
            })
        })?;
        let verifier = self.services.verifier()?;
        let caller = self.caller(settings)?;
        // Before anybody logs in: afterwards it is too late to think of it.
        for log in &services.logs {
            if !log.address.is_loopback() {
                terminal::note(&format!(
                    "the identity and what is signed are entered in the log {}",
                    log.address
                ));
            }
        }
        if !authority.is_loopback() {
            terminal::note(&format!(
                "the certificate, which names the identity, is entered in a certificate \
                 transparency log by {authority}"
            ));
        }
        let network = self.kms.network(settings);
        let token = self
            .identity
            .token(&caller, services.issuer.as_ref(), &network)?;
        let keyless = Keyless::new(token, &self.identity.oidc_client_id, authority);
        let witnesses =
            Witnesses::new(caller, services, verifier, self.services.sct()).map_err(failed)?;
        Ok(BundleMaker::keyless(keyless, witnesses))
    }

    fn caller(&self, settings: &Settings) -> Result<Caller, CliError> {
        let connection = ServiceConnection {
            network: self.kms.network(settings),
            within: Duration::from_secs(self.services.service_timeout),
        };
        Caller::new(&connection).map_err(|e| usage(&e))
    }
}

impl ServiceOptions {
    fn instance(&self) -> Instance {
        match self.staging {
            true => Instance::Staging,
            false => Instance::PublicGood,
        }
    }

    /// Whether the logs of a configuration are asked.
    fn logs(&self) -> bool {
        !self.without_log && self.rekor_url.is_empty()
    }

    fn sct(&self) -> SctPolicy {
        match self.without_sct {
            true => SctPolicy::NotIssued,
            false => SctPolicy::Required,
        }
    }

    fn verifier(&self) -> Result<Verifier, CliError> {
        let (root, path) = match &self.trusted_root {
            Some(path) => {
                let pin = self.trusted_root_digest.as_ref();
                (read_pinned_root(path, pin), Some(path))
            }
            None => (TrustedRoot::of(self.instance()), None),
        };
        root.and_then(Verifier::new).map_err(|e| match path {
            Some(path) => in_file(path, Exit::Usage, &e),
            None => usage(&e),
        })
    }

    /// The services beside a key's signature; none unless some are named.
    fn for_key(&self) -> Result<Option<Services>, CliError> {
        let is_named = self.signing_config.is_some()
            || !self.rekor_url.is_empty()
            || !self.timestamp_url.is_empty();
        if !is_named {
            if self.trusted_root.is_some() || self.staging || self.without_log {
                return Err(CliError::new(
                    Exit::Usage,
                    "nothing stands beside a signature by key that --trusted-root, --staging or \
                     --without-log could be about",
                )
                .with_hint(
                    "name services with --signing-config, --rekor-url or --timestamp-url, or \
                     leave it out",
                ));
            }
            return Ok(None);
        }
        let configured = self.configured(false)?.unwrap_or_default();
        self.replaced(configured).map(Some)
    }

    /// The services of a keyless signature. Those that are built in are asked only for the
    /// instance whose root is trusted: nothing of a private instance goes into a public log.
    fn for_identity(&self) -> Result<Services, CliError> {
        let configured = match self.configured(true)? {
            Some(services) => services,
            None if self.trusted_root.is_some() => Services::default(),
            None => SigningConfig::of(self.instance())
                .and_then(|config| {
                    let config = config
                        .map(|config| config.services(Settings::real_time(), true, self.logs()));
                    config.transpose()
                })
                .map_err(|e| usage(&e))?
                .unwrap_or_default(),
        };
        let services = self.replaced(configured)?;
        if services.logs.is_empty() && !self.without_log {
            return Err(usage(&ServiceError::NoService {
                service: Service::Log,
                reason: "a keyless signature is logged".to_owned(),
            }));
        }
        Ok(services)
    }

    fn configured(&self, keyless: bool) -> Result<Option<Services>, CliError> {
        let Some(path) = &self.signing_config else {
            return Ok(None);
        };
        read_signing_config(path)
            .and_then(|config| Ok(config.services(Settings::real_time(), keyless, self.logs())?))
            .map(Some)
            .map_err(|e| in_file(path, Exit::Usage, &e))
    }

    /// With what is named one by one.
    fn replaced(&self, mut services: Services) -> Result<Services, CliError> {
        let address =
            |service, text: &String| service_address(service, text).map_err(|e| usage(&e));
        if let Some(text) = &self.fulcio_url {
            services.authority = Some(address(Service::Authority, text)?);
        }
        if !self.timestamp_url.is_empty() {
            let texts = self.timestamp_url.iter();
            let addresses = texts.map(|text| address(Service::Timestamp, text));
            services.timestamps = addresses.collect::<Result<_, _>>()?;
        }
        if !self.rekor_url.is_empty() {
            let version = match self.rekor_version {
                2 => RekorVersion::V2,
                _ => RekorVersion::V1,
            };
            let logs = self.rekor_url.iter().map(|text| {
                let address = address(Service::Log, text)?;
                Ok(LogService { address, version })
            });
            services.logs = logs.collect::<Result<_, CliError>>()?;
        }
        if self.without_log {
            services.logs.clear();
        }
        Ok(services)
    }
}
