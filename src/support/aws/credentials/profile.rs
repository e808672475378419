//! The credentials of a profile of the shared files.
//!
//! In a profile a role goes before single sign-on, that before a program, that before keys;
//! in a profile that is another's source, keys go first. Source:
//! docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html, and the
//! order of docs.rs/aws-config `profile::credentials`.

use super::sts::Role;
use super::{Asked, Chain, CredentialsError};
use crate::model::terminal_safe;
use crate::support::aws::Keys;
use crate::support::aws::profile::Profile;

/// Most profiles that lead to one another.
const MAX_PROFILES: usize = 8;

impl Chain {
    pub(super) fn of_profile(&self, tried: &mut Vec<String>) -> Asked {
        let name = self.environment.profile_name();
        let source_name = named(name);
        if let Some(reason) = &self.environment.unreadable {
            return Err(CredentialsError::Configuration {
                source_name,
                problem: reason.clone(),
                remedy: "name readable files by absolute paths, outside the working directory and the judged tree, in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or give keys in the environment".to_owned(),
            });
        }
        let is_named = self.environment.named_profile().is_some();
        if self.environment.profile().is_none() && !is_named {
            tried.push(format!("{source_name} (the shared files have none)"));
            return Ok(None);
        }
        let keys = self.keys_of(name, &mut Vec::new())?;
        if keys.is_none() {
            tried.push(format!("{source_name} (it names no credentials)"));
        }
        Ok(keys)
    }

    /// The credentials of a profile; `visited` are those that led to it.
    fn keys_of(&self, name: &str, visited: &mut Vec<String>) -> Asked {
        let wrong = |problem: String| {
            CredentialsError::Configuration {
            source_name: named(name),
            problem,
            remedy: "look at the files of AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/config and ~/.aws/credentials".to_owned(),
        }
        };
        let profile = self.environment.profiles.profile(name);
        let profile = profile.ok_or_else(|| wrong("there is no such profile".to_owned()))?;
        if !visited.is_empty()
            && let Some(keys) = static_keys(name, profile)?
        {
            return Ok(Some(keys));
        }
        if visited.iter().any(|other| other == name) || visited.len() >= MAX_PROFILES {
            return Err(wrong(format!(
                "its sources lead in a circle or over more than {MAX_PROFILES} profiles"
            )));
        }
        visited.push(name.to_owned());
        if let Some(role) = profile.text("role_arn") {
            return self.of_role(name, role, profile, visited).map(Some);
        }
        let has = |key: &str| profile.value(key).is_some();
        if has("sso_session") || has("sso_start_url") {
            return self.of_sso(name, profile, &named(name)).map(Some);
        }
        if let Some(command) = profile.text("credential_process") {
            return self.of_process(command, &named(name)).map(Some);
        }
        if has("login_session") {
            return Err(CredentialsError::Configuration {
                source_name: named(name),
                problem: "the login of `login_session` is not read here".to_owned(),
                remedy: "put the keys that `aws configure export-credentials --format env` prints into the environment".to_owned(),
            });
        }
        static_keys(name, profile)
    }

    fn of_role(
        &self,
        name: &str,
        role: &str,
        profile: &Profile,
        visited: &mut Vec<String>,
    ) -> Result<Keys, CredentialsError> {
        let wrong = |problem: &str, remedy: &str| CredentialsError::Configuration {
            source_name: named(name),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        };
        // The role's own region goes first: its trust is there.
        let region = profile.text("region").or_else(|| self.environment.region());
        let session = profile
            .text("role_session_name")
            .or_else(|| self.environment.variable("AWS_ROLE_SESSION_NAME"));
        let token = profile.text("web_identity_token_file");
        let source = (
            profile.text("source_profile"),
            profile.text("credential_source"),
        );
        let keys = match (source, token) {
            ((None, None), Some(file)) => return self.assume_by_token(role, file, session, region),
            ((Some(_), Some(_)), _) => {
                return Err(wrong(
                    "it has both `source_profile` and `credential_source`",
                    "leave one of them out",
                ));
            }
            ((Some(source), None), _) => self.keys_of(source, visited)?.ok_or_else(|| {
                wrong(
                    &format!(
                        "its `source_profile` `{}` names no credentials",
                        terminal_safe(source)
                    ),
                    "give that profile keys",
                )
            })?,
            ((None, Some(source)), _) => self.of_named_source(name, source)?,
            ((None, None), None) => {
                return Err(wrong(
                    "it has `role_arn` and no `source_profile`, `credential_source` or `web_identity_token_file`",
                    "say whose credentials the role is asked for with",
                ));
            }
        };
        if profile.value("mfa_serial").is_some() {
            return Err(wrong(
                "`mfa_serial` asks for a code, and nobody is asked here",
                "get keys with `aws configure export-credentials --format env` and put them into the environment",
            ));
        }
        let role = Role {
            arn: role,
            session,
            external_id: profile.text("external_id"),
            duration: profile.text("duration_seconds"),
        };
        self.assume(&role, &keys, region)
    }

    fn of_named_source(&self, name: &str, source: &str) -> Result<Keys, CredentialsError> {
        let wrong = |problem: String, remedy: &str| CredentialsError::Configuration {
            source_name: named(name),
            problem,
            remedy: remedy.to_owned(),
        };
        let mut tried = Vec::new();
        let keys = match source {
            "Environment" => self.of_variables(&mut tried)?,
            "EcsContainer" => self.of_container(&mut tried)?,
            "Ec2InstanceMetadata" => self.of_instance(&mut tried)?,
            other => {
                return Err(wrong(
                    format!("`{}` is no `credential_source`", terminal_safe(other)),
                    "the sources are Environment, EcsContainer and Ec2InstanceMetadata",
                ));
            }
        };
        keys.ok_or_else(|| {
            wrong(
                format!("its `credential_source` has none: {}", tried.join("; ")),
                "run where that source is, or name another",
            )
        })
    }
}

fn named(name: &str) -> String {
    format!("the profile `{}`", terminal_safe(name))
}

/// The keys that stand in a profile itself.
fn static_keys(name: &str, profile: &Profile) -> Asked {
    let key_id = profile.value("aws_access_key_id");
    let (set, missing) = match (key_id, profile.value("aws_secret_access_key")) {
        (Some(key_id), Some(secret)) => {
            return Ok(Some(Keys {
                key_id: key_id.clone(),
                secret: secret.clone(),
                token: profile.value("aws_session_token").cloned(),
            }));
        }
        (None, None) => return Ok(None),
        (Some(_), None) => ("aws_access_key_id", "aws_secret_access_key"),
        (None, Some(_)) => ("aws_secret_access_key", "aws_access_key_id"),
    };
    Err(CredentialsError::Configuration {
        source_name: named(name),
        problem: format!("it has `{set}` and no `{missing}`"),
        remedy: "give both or none of them".to_owned(),
    })
}
