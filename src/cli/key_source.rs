//! Where a signing key is: in an encrypted file, or in AWS KMS.

use super::aws;
use super::exit::{CliError, Exit};
use super::network::CertificateArgs;
use super::progress::Progress;
use super::settings::Settings;
use crate::model::Hint as _;
use crate::signing::{AWS_KMS_SCHEME, KmsConnection, KmsReference, KmsSigner, SigningError};
use crate::support::http::Network;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A private key as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// A key in AWS KMS.
    AwsKms(KmsReference),
}

impl KeySource {
    /// Reads an argument. Anything that does not begin with `awskms://` is a path.
    ///
    /// # Errors
    /// What is wrong with the name of a key in KMS, and how it is written.
    pub fn parse(argument: OsString) -> Result<Self, String> {
        match argument.to_str() {
            Some(text) if text.starts_with(AWS_KMS_SCHEME) => KmsReference::parse(text)
                .map(Self::AwsKms)
                .map_err(|error| match error.hint() {
                    Some(hint) => format!("{error}; {hint}"),
                    None => error.to_string(),
                }),
            _ => Ok(Self::File(PathBuf::from(argument))),
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::AwsKms(_) => None,
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::AwsKms(reference) => reference.fmt(f),
        }
    }
}

/// How an option or argument that names a key is read.
#[must_use]
pub fn key_source() -> impl clap::builder::TypedValueParser<Value = KeySource> {
    use clap::builder::TypedValueParser as _;
    clap::builder::OsStringValueParser::new().try_map(KeySource::parse)
}

/// How KMS is reached. Credentials and region come from the environment, as AWS's tools take
/// them.
#[derive(Debug, Clone, clap::Args)]
pub struct KmsOptions {
    /// Address of KMS for `awskms:///…` [else: AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, or
    /// AWS's own of the region]
    #[arg(long, value_name = "URL")]
    kms_endpoint: Option<String>,
    /// Most seconds for one question to KMS, with retries
    #[arg(long, value_name = "SECONDS", default_value = "30",
        value_parser = clap::value_parser!(u64).range(1..=600))]
    kms_timeout: u64,
    /// Whom to trust.
    #[command(flatten)]
    certificates: CertificateArgs,
}

impl KmsOptions {
    /// How everything that signing asks is reached, registries of images too.
    #[must_use]
    pub fn network(&self, settings: &Settings) -> Network {
        self.certificates.network(settings, Vec::new())
    }

    /// The signer with a key in KMS; asks for the public key.
    ///
    /// # Errors
    /// Exit 2 or 3 as [`exit_of`] says.
    pub fn open(
        &self,
        reference: &KmsReference,
        settings: &Settings,
    ) -> Result<KmsSigner, CliError> {
        if let (Some(_), Some(named)) = (&self.kms_endpoint, reference.endpoint()) {
            return Err(CliError::new(
                Exit::Usage,
                format!("--kms-endpoint and the key's own server {named} are both given"),
            )
            .with_hint("leave one of them out"));
        }
        let environment = aws::Environment::read();
        let endpoint = self.kms_endpoint.as_deref();
        let endpoint = endpoint.or_else(|| environment.endpoint("KMS"));
        let network = self.certificates.network(settings, Vec::new());
        let connection = KmsConnection {
            credentials: environment.chain(&network),
            network,
            endpoint: endpoint.map(str::to_owned),
            region: environment.region().map(str::to_owned),
            fips: environment.wants_fips(),
            within: Duration::from_secs(self.kms_timeout),
        };
        let _progress = Progress::start("asking KMS");
        KmsSigner::open(reference, &connection).map_err(|error| {
            let mut of = CliError::of(exit_of(&error), &error);
            of.message = format!("{reference}: {}", of.message);
            of
        })
    }
}

/// The exit code of a signature that was not made: 3 where KMS or a service of Sigstore gave
/// no usable answer, so that the same command may succeed another time; else 2.
#[must_use]
pub fn exit_of(error: &SigningError) -> Exit {
    match error {
        SigningError::Kms(error) if !error.is_configuration() => Exit::Inconclusive,
        SigningError::Service(error) if !error.is_configuration() => Exit::Inconclusive,
        _ => Exit::Usage,
    }
}
