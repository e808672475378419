//! What this user's AWS tools would use: keys, region, endpoints.

use super::settings::Settings;
use crate::checks::registry::online::credentials::Variables;
use crate::model::Redacted;
use crate::support::aws::Keys;
use crate::support::aws::profile::Profile;
use crate::support::files::read_bounded;
use std::path::PathBuf;

/// Larger files are no such configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// The environment, and the profile (`AWS_PROFILE`, else `default`) of the shared files.
/// Single sign-on, roles and the metadata of instances and containers are not asked.
pub struct Environment {
    variables: Variables,
    profile: Profile,
}

impl Environment {
    /// Reads it; for commands that ask AWS. A file that cannot be read is none.
    #[must_use]
    pub fn read() -> Self {
        let variables = Settings::variables();
        let text = |named: &str, usual: &str| {
            let path = match (value(&variables, named), value(&variables, "HOME")) {
                (Some(path), _) => PathBuf::from(path),
                (None, home) => PathBuf::from(home?).join(".aws").join(usual),
            };
            String::from_utf8(read_bounded(&path, MAX_BYTES).ok()?).ok()
        };
        let credentials = text("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config = text("AWS_CONFIG_FILE", "config");
        let name = value(&variables, "AWS_PROFILE").unwrap_or("default");
        let profile = Profile::of(name, credentials.as_deref(), config.as_deref());
        Self { variables, profile }
    }

    /// The keys: of the environment, else of the profile.
    #[must_use]
    pub fn keys(&self) -> Option<Keys> {
        let variable = |name: &str| {
            let found = self.variables.get(name);
            found.filter(|value| !value.expose().is_empty()).cloned()
        };
        let key_id = variable("AWS_ACCESS_KEY_ID");
        match (key_id, variable("AWS_SECRET_ACCESS_KEY")) {
            (Some(key_id), Some(secret)) => Some(Keys {
                key_id,
                secret,
                token: variable("AWS_SESSION_TOKEN"),
            }),
            _ => self.profile.keys(),
        }
    }

    /// The region: `AWS_REGION`, `AWS_DEFAULT_REGION`, else the profile's.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .find_map(|name| value(&self.variables, name))
            .or_else(|| self.profile.value("region").map(Redacted::expose))
    }

    /// An endpoint that replaces the service's own: `AWS_ENDPOINT_URL_SERVICE`, else
    /// `AWS_ENDPOINT_URL`; none where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    #[must_use]
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        if self.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        value(&self.variables, &format!("AWS_ENDPOINT_URL_{service}"))
            .or_else(|| value(&self.variables, "AWS_ENDPOINT_URL"))
    }

    /// Whether `AWS_USE_FIPS_ENDPOINT` asks for the validated endpoints.
    #[must_use]
    pub fn wants_fips(&self) -> bool {
        self.is_true("AWS_USE_FIPS_ENDPOINT")
    }

    fn is_true(&self, name: &str) -> bool {
        value(&self.variables, name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn value<'a>(variables: &'a Variables, name: &str) -> Option<&'a str> {
    let value = variables.get(name).map(Redacted::expose);
    value.filter(|value| !value.is_empty())
}
