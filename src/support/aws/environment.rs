//! What an environment says to AWS's tools: variables, and the profile of the shared files.
//! Everything is given; nothing here reads the environment.

use super::profile::{Profile, Profiles};
use crate::model::Redacted;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Variables, profiles, home.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The variables of the process.
    pub variables: BTreeMap<String, Redacted>,
    /// The sections of the shared files.
    pub profiles: Profiles,
    /// Why a shared file that is there was not read, one line.
    pub unreadable: Option<String>,
    /// The user's home.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// A variable that is set and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.redacted(name).map(Redacted::expose)
    }

    pub(super) fn redacted(&self, name: &str) -> Option<&Redacted> {
        let value = self.variables.get(name);
        value.filter(|value| !value.expose().is_empty())
    }

    /// Whether a variable says `true`.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.variable(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The profile that a variable names: `AWS_PROFILE`, else `AWS_DEFAULT_PROFILE`, in the
    /// order of the AWS CLI 2 and the SDK for Go. boto3 and the AWS CLI 1 have the other one
    /// (`botocore/configprovider.py`), other SDKs know `AWS_PROFILE` alone.
    #[must_use]
    pub fn named_profile(&self) -> Option<&str> {
        ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]
            .iter()
            .find_map(|name| self.variable(name))
    }

    /// The name of the profile: what a variable names, else `default`.
    #[must_use]
    pub fn profile_name(&self) -> &str {
        self.named_profile().unwrap_or("default")
    }

    /// The profile, if the files have it.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.profiles.profile(self.profile_name())
    }

    /// The region: `AWS_REGION`, `AWS_DEFAULT_REGION`, else the profile's.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .find_map(|name| self.variable(name))
            .or_else(|| self.profile()?.text("region"))
    }

    /// An endpoint that replaces the service's own (`KMS`, `STS`): `AWS_ENDPOINT_URL_SERVICE`,
    /// `AWS_ENDPOINT_URL`, the `services` section of the profile, its `endpoint_url`; none
    /// where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    #[must_use]
    pub fn endpoint(&self, service: &str) -> Option<&str> {
        if self.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        self.variable(&format!("AWS_ENDPOINT_URL_{service}"))
            .or_else(|| self.variable("AWS_ENDPOINT_URL"))
            .or_else(|| {
                let profile = self.profile()?;
                let name = format!("{}.endpoint_url", service.to_ascii_lowercase());
                profile
                    .text("services")
                    .and_then(|services| self.profiles.services(services)?.text(&name))
                    .or_else(|| profile.text("endpoint_url"))
            })
    }

    /// Whether `AWS_USE_FIPS_ENDPOINT` asks for the validated endpoints.
    #[must_use]
    pub fn wants_fips(&self) -> bool {
        self.is_true("AWS_USE_FIPS_ENDPOINT")
    }
}

/// The domain that AWS's own servers of a region have; `None` for regions without any that
/// are known here.
#[must_use]
pub fn domain_of(region: &str) -> Option<&'static str> {
    match region {
        region if region.contains("-iso") => None,
        region if region.starts_with("cn-") => Some("amazonaws.com.cn"),
        region if region.starts_with("eusc-") => Some("amazonaws.eu"),
        _ => Some("amazonaws.com"),
    }
}

/// Whether a text can be the name of a region, and so part of a host name.
#[must_use]
pub fn is_region(text: &str) -> bool {
    text.len() <= 40
        && text.contains('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
