//! What every service of AWS has in common: keys, where they come from, and requests that
//! are signed with them (Signature Version 4). Nothing here reads the environment: it is
//! given as an [`Environment`].

mod credentials;
mod environment;
mod profile;

pub use credentials::{Chain, CredentialsError};
pub use environment::{Environment, domain_of, is_region};
pub use profile::{Profile, Profiles};

use crate::model::Redacted;
use crate::support::http::Address;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use std::time::SystemTime;

/// AWS credentials of the caller.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The access key's id.
    pub key_id: Redacted,
    /// The secret key.
    pub secret: Redacted,
    /// The session token of temporary credentials.
    pub token: Option<Redacted>,
}

impl Keys {
    /// What must not be shown where a server repeats it.
    #[must_use]
    pub fn secrets(&self) -> Vec<&Redacted> {
        [Some(&self.key_id), Some(&self.secret), self.token.as_ref()]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// A request that is to be signed.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Where it goes, with its query.
    pub address: &'a Address,
    /// Headers that the signature covers besides host and date, lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body; empty for `GET`.
    pub body: &'a [u8],
    /// The service's name in signatures: `kms`.
    pub service: &'a str,
    /// The region's name.
    pub region: &'a str,
}

/// The headers of a signed request: its own and those of the signature. `time` is now,
/// whatever time a verdict is as of: AWS refuses signatures that are older than some
/// minutes. `None` where a part cannot be in a request at all.
#[must_use]
pub fn signed_headers(
    call: &Call<'_>,
    keys: &Keys,
    time: SystemTime,
) -> Option<Vec<(String, Redacted)>> {
    let token = keys.token.as_ref().map(|token| token.expose().to_owned());
    let identity = Credentials::new(
        keys.key_id.expose(),
        keys.secret.expose(),
        token,
        None,
        "sealgate",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(call.region)
        .name(call.service)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .ok()?
        .into();
    let request = SignableRequest::new(
        call.method,
        call.address.as_str(),
        call.headers.iter().copied(),
        SignableBody::Bytes(call.body),
    )
    .ok()?;
    let (instructions, _) = sign(request, &params).ok()?.into_parts();
    let own = call.headers.iter().copied();
    Some(
        own.chain(instructions.headers())
            .map(|(name, value)| (name.to_owned(), Redacted::new(value)))
            .collect(),
    )
}
