//! Where an identity token comes from: a file, the build system, or a login by browser.

use super::aws;
use super::commands::key::{in_file, usage};
use super::exit::{CliError, Exit};
use super::key_source::exit_of;
use super::settings::Settings;
use super::terminal;
use crate::checks::registry::online::credentials::Variables;
use crate::model::{Redacted, terminal_safe};
use crate::signing::SigningError;
use crate::signing::identity::{
    BrowserLogin, BuildkiteJob, DEFAULT_AUDIENCE, GithubJob, IdentityToken, MAX_TOKEN_BYTES,
    StsConnection, TokenError,
};
use crate::signing::services::{Caller, Service, ServiceError, service_address};
use crate::support::aws::Keys;
use crate::support::http::{Address, Network};
use crate::support::{files, process};
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

const HEADING: &str = "Keyless";

/// Who vouches for the signer.
#[derive(Debug, Clone, clap::Args)]
pub struct IdentityOptions {
    /// A file that holds nothing but an identity token
    #[arg(long, value_name = "FILE", requires = "keyless", conflicts_with = "oidc_provider",
        help_heading = HEADING)]
    pub identity_token_file: Option<PathBuf>,
    /// Who is asked for a token [default: the build system that this runs in, else a browser
    /// where there is a terminal]
    #[arg(long, value_enum, value_name = "NAME", requires = "keyless", help_heading = HEADING)]
    pub oidc_provider: Option<Provider>,
    /// The identity provider for a login by browser [default: the instance's]
    #[arg(long, value_name = "URL", requires = "keyless", help_heading = HEADING)]
    pub oidc_issuer: Option<String>,
    /// Audience of tokens, and this program's name at the identity provider
    #[arg(long, value_name = "ID", default_value = DEFAULT_AUDIENCE, help_heading = HEADING)]
    pub oidc_client_id: String,
}

/// Who gives tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Provider {
    /// GitHub Actions; the job needs `permissions: id-token: write`
    GithubActions,
    /// The variable `SIGSTORE_ID_TOKEN`, which GitLab's `id_tokens` can set
    #[value(name = "gitlab", alias = "envvar")]
    Gitlab,
    /// The API of Buildkite's agent
    BuildkiteAgent,
    /// The variables `CIRCLE_OIDC_TOKEN_V2` and `CIRCLE_OIDC_TOKEN`
    Circleci,
    /// `GetWebIdentityToken` of AWS STS, as in CodeBuild
    Aws,
    /// A login by browser
    Browser,
}

/// What this process was told by the system that runs it.
struct Surroundings(Variables);

impl Surroundings {
    fn value(&self, name: &str) -> Option<&Redacted> {
        let value = self.0.get(name);
        value.filter(|value| !value.expose().is_empty())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|value| value.expose().to_owned())
    }

    fn github(&self) -> Option<GithubJob> {
        Some(GithubJob {
            address: self.text("ACTIONS_ID_TOKEN_REQUEST_URL")?,
            token: self.value("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?.clone(),
        })
    }

    fn buildkite(&self) -> Option<BuildkiteJob> {
        let endpoint = self.text("BUILDKITE_AGENT_ENDPOINT");
        Some(BuildkiteJob {
            endpoint: endpoint.unwrap_or_else(|| "https://agent.buildkite.com/v3".to_owned()),
            token: self.value("BUILDKITE_AGENT_ACCESS_TOKEN")?.clone(),
            job: self.text("BUILDKITE_JOB_ID")?,
        })
    }

    fn circleci(&self) -> Option<&Redacted> {
        self.value("CIRCLE_OIDC_TOKEN_V2")
            .or_else(|| self.value("CIRCLE_OIDC_TOKEN"))
    }

    /// The provider of the system that this runs in.
    fn provider(&self) -> Option<Provider> {
        let is_true = |name| self.text(name).as_deref() == Some("true");
        if self.value("SIGSTORE_ID_TOKEN").is_some() {
            Some(Provider::Gitlab)
        } else if self.github().is_some() || is_true("GITHUB_ACTIONS") {
            Some(Provider::GithubActions)
        } else if is_true("GITLAB_CI") {
            Some(Provider::Gitlab)
        } else if self.buildkite().is_some() {
            Some(Provider::BuildkiteAgent)
        } else if self.circleci().is_some() {
            Some(Provider::Circleci)
        } else if self.value("CODEBUILD_BUILD_ID").is_some() {
            Some(Provider::Aws)
        } else {
            None
        }
    }
}

impl IdentityOptions {
    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &std::path::Path> {
        self.identity_token_file.as_deref().into_iter()
    }

    /// A token that is for the right audience and still valid. `issuer` is where one logs in
    /// by browser.
    ///
    /// # Errors
    /// Exit 2 where there is no usable token; 3 where its provider gave no usable answer.
    pub fn token(
        &self,
        caller: &Caller,
        issuer: Option<&Address>,
        network: &Network,
    ) -> Result<IdentityToken, CliError> {
        let failed = |error: SigningError| CliError::of(exit_of(&error), &error);
        let token = match &self.identity_token_file {
            Some(path) => {
                let bytes = files::read_bounded(path, MAX_TOKEN_BYTES).map_err(|e| usage(&e))?;
                let bytes = Zeroizing::new(bytes);
                let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
                IdentityToken::parse(&text).map_err(|e| in_file(path, Exit::Usage, &e))?
            }
            None => self.ask(caller, issuer, network)?,
        };
        token
            .check(&self.oidc_client_id, Settings::real_time())
            .map_err(|error| match &self.identity_token_file {
                Some(path) => in_file(path, Exit::Usage, &error),
                None => failed(error.into()),
            })?;
        Ok(token)
    }

    fn ask(
        &self,
        caller: &Caller,
        issuer: Option<&Address>,
        network: &Network,
    ) -> Result<IdentityToken, CliError> {
        let failed = |error: SigningError| CliError::of(exit_of(&error), &error);
        let surroundings = Surroundings(Settings::variables());
        let by_browser = self.oidc_issuer.as_ref().map(|_| Provider::Browser);
        let provider = self.oidc_provider.or(by_browser);
        let provider = provider.or_else(|| surroundings.provider());
        let audience = self.oidc_client_id.as_str();
        match provider {
            Some(Provider::GithubActions) => surroundings
                .github()
                .ok_or_else(|| {
                    missing(
                        "GitHub Actions gives this job no identity token",
                        "give the job `permissions: id-token: write`",
                    )
                })?
                .token(caller, audience)
                .map_err(failed),
            Some(Provider::Gitlab) => in_variable(
                surroundings.value("SIGSTORE_ID_TOKEN"),
                "SIGSTORE_ID_TOKEN",
                &format!("set it in the job: `id_tokens: SIGSTORE_ID_TOKEN: aud: {audience}`"),
            ),
            Some(Provider::BuildkiteAgent) => surroundings
                .buildkite()
                .ok_or_else(|| {
                    missing(
                        "BUILDKITE_AGENT_ACCESS_TOKEN or BUILDKITE_JOB_ID is not set",
                        "run in a job of Buildkite, and pass these variables on",
                    )
                })?
                .token(caller, audience)
                .map_err(failed),
            Some(Provider::Circleci) => in_variable(
                surroundings.circleci(),
                "CIRCLE_OIDC_TOKEN_V2",
                "give the job a context, without which CircleCI makes no token",
            ),
            Some(Provider::Aws) => sts(network)?.token(caller, audience).map_err(failed),
            Some(Provider::Browser) => self.log_in(caller, issuer),
            None if std::io::stderr().is_terminal() => self.log_in(caller, issuer),
            None => Err(missing(
                "no identity token: no build system gives one, and there is no terminal to log \
                 in from",
                "name one with --identity-token-file FILE, or say who gives one with \
                 --oidc-provider",
            )),
        }
    }

    fn log_in(&self, caller: &Caller, issuer: Option<&Address>) -> Result<IdentityToken, CliError> {
        let failed = |error: SigningError| CliError::of(exit_of(&error), &error);
        let named = self.oidc_issuer.as_deref();
        let named = named.map(|text| service_address(Service::Identity, text));
        let named = named.transpose().map_err(|e| usage(&e))?;
        let issuer = named.as_ref().or(issuer).ok_or_else(|| {
            usage(&ServiceError::NoService {
                service: Service::Identity,
                reason: "a login by browser needs one".to_owned(),
            })
        })?;
        let (login, address) =
            BrowserLogin::start(caller, issuer, &self.oidc_client_id).map_err(failed)?;
        open_browser(&address.0);
        terminal::note(&format!(
            "log in with a browser of this machine:\n{}",
            terminal_safe(&address.0)
        ));
        login.finish(caller).map_err(failed)
    }
}

fn in_variable(
    value: Option<&Redacted>,
    name: &str,
    hint: &str,
) -> Result<IdentityToken, CliError> {
    let value = value.ok_or_else(|| missing(&format!("{name} is not set"), hint))?;
    IdentityToken::parse(value.expose()).map_err(|error: TokenError| {
        let mut of = usage(&error);
        of.message = format!("{name}: {}", of.message);
        of
    })
}

fn sts(network: &Network) -> Result<StsConnection, CliError> {
    let environment = aws::Environment::read();
    let region = environment.region().filter(|region| {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        region.contains('-') && region.len() <= 40 && region.bytes().all(allowed)
    });
    let region = region.ok_or_else(|| {
        missing(
            "no AWS region is known to ask STS in",
            "set AWS_REGION to the region's name",
        )
    })?;
    let keys = aws_keys(&environment, network)?;
    Ok(StsConnection {
        endpoint: environment.endpoint("STS").map(str::to_owned),
        region: region.to_owned(),
        keys,
    })
}

/// The credentials that KMS would be asked with.
fn aws_keys(environment: &aws::Environment, network: &Network) -> Result<Keys, CliError> {
    environment
        .chain(network)
        .find()
        .map_err(|error| match error.is_configuration() {
            true => CliError::of(Exit::Usage, &error),
            false => CliError::of(Exit::Inconclusive, &error),
        })
}

/// Opens the address if that can be; it is printed anyway. The program is that of the
/// system, found by absolute directories of the `PATH` alone.
fn open_browser(address: &str) {
    let has_screen = cfg!(not(target_os = "linux"))
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| Settings::variables().contains_key(*name));
    let name = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let path = Settings::variables()
        .get("PATH")
        .map(|path| path.expose().into());
    if let Some(program) = process::find_program(name, path).filter(|_| has_screen) {
        // One that cannot be started opens nothing, and the address is there to be copied.
        let _ = Command::new(program)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}

fn missing(message: &str, hint: &str) -> CliError {
    CliError::new(Exit::Usage, message).with_hint(hint)
}
