//! Single sign-on: the token that `aws sso login` left, and the keys of a role for it.
//!
//! Sources: docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html;
//! docs.aws.amazon.com/singlesignon/latest/PortalAPIReference, `GetRoleCredentials`. Nobody
//! is logged in here; an expired token of a session is renewed where the login left what that
//! takes ([`super::renewal`]).

use super::answer::{Given, is_over, parse, parse_time};
use super::metadata::content;
use super::renewal::{Renewal, address_of};
use super::{Chain, CredentialsError, MAX_ANSWER_BYTES, private_address, unanswered};
use crate::model::Redacted;
use crate::support::aws::Keys;
use crate::support::aws::profile::Profile;
use crate::support::files::read_bounded;
use crate::support::hash::sha1_parts;
use crate::support::http::Request;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Login {
    access_token: String,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    role_credentials: Given,
}

impl Chain {
    /// The keys of a profile that has `sso_session` or `sso_start_url`.
    pub(super) fn of_sso(
        &self,
        name: &str,
        profile: &Profile,
        source_name: &str,
    ) -> Result<Keys, CredentialsError> {
        let source_name = format!("single sign-on of {source_name}");
        let wrong = |problem: String, remedy: &str| CredentialsError::Configuration {
            source_name: source_name.clone(),
            problem,
            remedy: remedy.to_owned(),
        };
        let session = match profile.text("sso_session") {
            None => None,
            Some(session) => Some((
                session,
                self.environment
                    .profiles
                    .sso_session(session)
                    .ok_or_else(|| {
                        let problem = format!("there is no section [sso-session {session}]");
                        wrong(problem, "add it: `aws configure sso-session`")
                    })?,
            )),
        };
        // The login of a session has its name, one without a session its address.
        let settings = session.map_or(profile, |(_, settings)| settings);
        let need = |from: &Profile, key: &str| {
            from.text(key).map(str::to_owned).ok_or_else(|| {
                wrong(
                    format!("`{key}` is missing"),
                    "complete the profile: `aws configure sso`",
                )
            })
        };
        let region = need(settings, "sso_region")?;
        let account = need(profile, "sso_account_id")?;
        let role = need(profile, "sso_role_name")?;
        let start = need(settings, "sso_start_url")?;
        let session_name = session.map(|(name, _)| name);
        let login = self.login(session_name, &start, &region, name, &source_name)?;
        let endpoint = address_of(&self.environment, "SSO", "portal.sso", &region)
            .map_err(|(problem, remedy)| wrong(problem, &remedy))?;
        let address = private_address(&endpoint, &source_name)?
            .join(&["federation", "credentials"])
            .with_query(&[("account_id", &account), ("role_name", &role)]);
        let mut request = Request::new(address, MAX_ANSWER_BYTES);
        request.accept = "application/json";
        request.headers = vec![("x-amz-sso_bearer_token".to_owned(), login)];
        let client = self.client(request.address.is_loopback(), &source_name)?;
        let body = client.read(&request).map(content);
        let body = body.map_err(|error| unanswered(&source_name, &error))?;
        parse::<RoleCredentials>(&body, &source_name)?
            .role_credentials
            .keys(&source_name)
    }

    /// The token of a login, from the cache of AWS's tools: of a session, or of a profile with
    /// an address alone. What has expired is renewed, if that can be.
    fn login(
        &self,
        session: Option<&str>,
        start: &str,
        region: &str,
        profile: &str,
        source_name: &str,
    ) -> Result<Redacted, CredentialsError> {
        let remedy = format!("log in: `aws sso login --profile {profile}`");
        let wrong = |problem: String| CredentialsError::Configuration {
            source_name: source_name.to_owned(),
            problem,
            remedy: remedy.clone(),
        };
        let home = self.environment.home.as_ref();
        let home = home.ok_or_else(|| wrong("there is no home with a login".to_owned()))?;
        let key = session.unwrap_or(start);
        let file = format!("{}.json", hex::encode(sha1_parts(&[key.as_bytes()])));
        let path = home.join(".aws/sso/cache").join(file);
        let bytes = read_bounded(&path, MAX_ANSWER_BYTES)
            .map_err(|error| wrong(format!("there is no login: {error}")))?;
        let login: Login = parse(&bytes, source_name)
            .map_err(|_| wrong("the file of the login cannot be read".to_owned()))?;
        let time = parse_time(&login.expires_at)
            .ok_or_else(|| wrong("the file of the login says no time of its end".to_owned()))?;
        if !is_over(time) {
            return Ok(Redacted::new(login.access_token));
        }
        // Only logins of a session are renewed, as in AWS's tools.
        if session.is_some()
            && let Some(renewal) = Renewal::of(&bytes)
        {
            let renewed = self.renew(renewal, &path, region, source_name, &remedy);
            // Another process may have renewed it meanwhile, and so ended the refresh token.
            return renewed.or_else(|error| renewed_elsewhere(&path).ok_or(error));
        }
        Err(CredentialsError::Expired {
            source_name: source_name.to_owned(),
            when: time.to_string(),
            remedy,
        })
    }
}

/// The token of a login that has not expired.
fn renewed_elsewhere(path: &Path) -> Option<Redacted> {
    let bytes = read_bounded(path, MAX_ANSWER_BYTES).ok()?;
    let login: Login = serde_json::from_slice(&bytes).ok()?;
    let is_good = !is_over(parse_time(&login.expires_at)?);
    is_good.then(|| Redacted::new(login.access_token))
}
