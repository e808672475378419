//! Where a signing key is: in an encrypted file, in AWS KMS, or in a PKCS#11 token.

use super::aws;
use super::exit::{CliError, Exit};
use super::network::CertificateArgs;
use super::progress::Progress;
use super::settings::Settings;
use crate::model::Hint;
use crate::signing::{
    AWS_KMS_SCHEME, KmsConnection, KmsReference, KmsSigner, PKCS11_SCHEME, Pkcs11Token, Pkcs11Uri,
    SigningError,
};
use crate::support::http::Network;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use std::ffi::{OsStr, OsString};
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
    /// A key in a PKCS#11 token.
    Pkcs11(Pkcs11Uri),
}

impl KeySource {
    /// Reads an argument. Anything that does not begin with `awskms://` or `pkcs11:` is a
    /// path.
    ///
    /// # Errors
    /// What is wrong with the name of a key in KMS or in a token, and how it is written.
    pub fn parse(argument: OsString) -> Result<Self, String> {
        let said = |error: &dyn Hint| match error.hint() {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        };
        match argument.to_str() {
            Some(text) if text.starts_with(AWS_KMS_SCHEME) => KmsReference::parse(text)
                .map(Self::AwsKms)
                .map_err(|e| said(&e)),
            Some(text) if is_pkcs11(text) => Pkcs11Uri::parse(text)
                .map(Self::Pkcs11)
                .map_err(|e| said(&e)),
            _ => Ok(Self::File(PathBuf::from(argument))),
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::AwsKms(_) | Self::Pkcs11(_) => None,
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::AwsKms(reference) => reference.fmt(f),
            Self::Pkcs11(uri) => uri.fmt(f),
        }
    }
}

/// Whether a name is meant for a token; schemes of URIs have no case, and what is wrongly
/// written may hold a PIN.
fn is_pkcs11(text: &str) -> bool {
    let scheme = text.get(..PKCS11_SCHEME.len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(PKCS11_SCHEME))
}

/// How an option or argument that names a key is read.
#[must_use]
pub fn key_source() -> impl TypedValueParser<Value = KeySource> {
    KeySourceParser
}

#[derive(Debug, Clone)]
struct KeySourceParser;

impl TypedValueParser for KeySourceParser {
    type Value = KeySource;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<KeySource, clap::Error> {
        if value.to_str().is_some_and(is_pkcs11) {
            // Without the value, which clap would repeat: it may hold a PIN.
            return KeySource::parse(value.to_owned()).map_err(|reason| {
                let name = argument.map_or_else(|| "the key".to_owned(), ToString::to_string);
                let message = format!("invalid value for '{name}': {reason}\n");
                clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
            });
        }
        OsStringValueParser::new()
            .try_map(KeySource::parse)
            .parse_ref(command, argument, value)
    }
}

/// How keys that are not in files are reached. Credentials and region for KMS come from the
/// environment, as AWS's tools take them.
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
    /// The PKCS#11 library for `pkcs11:…`, in the place of its `module-path`; it runs as part
    /// of this program
    #[arg(long, value_name = "FILE", env = "SEALGATE_PKCS11_MODULE")]
    pkcs11_module: Option<PathBuf>,
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

    /// The token with a key.
    ///
    /// # Errors
    /// Exit 2 or 3 as [`exit_of`] says.
    pub fn token<'a>(&self, uri: &'a Pkcs11Uri) -> Result<Pkcs11Token<'a>, CliError> {
        let _progress = Progress::start("asking the token");
        Pkcs11Token::open(uri, self.pkcs11_module.as_deref())
            .map_err(|error| CliError::of(exit_of(&error), &error))
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

/// The exit code of a signature that was not made: 3 where KMS, a token or a service of Sigstore gave
/// no usable answer, so that the same command may succeed another time; else 2.
#[must_use]
pub fn exit_of(error: &SigningError) -> Exit {
    match error {
        SigningError::Kms(error) if !error.is_configuration() => Exit::Inconclusive,
        SigningError::Pkcs11(error) if !error.is_configuration() => Exit::Inconclusive,
        SigningError::Service(error) if !error.is_configuration() => Exit::Inconclusive,
        _ => Exit::Usage,
    }
}
