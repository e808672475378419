//! Credentials in JSON, as containers, instances, programs and single sign-on give them.

use super::CredentialsError;
use crate::model::{Redacted, terminal_safe};
use crate::support::aws::Keys;
use crate::support::clock;
use jiff::Timestamp;
use serde::Deserialize;

/// Keys as they came.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(rename = "AccessKeyId", alias = "accessKeyId")]
    pub key_id: String,
    #[serde(rename = "SecretAccessKey", alias = "secretAccessKey")]
    pub secret: String,
    #[serde(
        default,
        rename = "Token",
        alias = "SessionToken",
        alias = "sessionToken"
    )]
    pub token: Option<String>,
    /// RFC 3339, or milliseconds since 1970.
    #[serde(default, rename = "Expiration", alias = "expiration")]
    pub expires: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Moment {
    Text(String),
    Milliseconds(i64),
}

impl Moment {
    /// `None` where it is no time.
    fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => parse_time(text),
            Self::Milliseconds(milliseconds) => Timestamp::from_millisecond(*milliseconds).ok(),
        }
    }
}

/// RFC 3339; older versions of AWS's tools wrote `UTC` in the place of `Z`.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = match text.strip_suffix("UTC") {
        Some(bare) => format!("{bare}Z"),
        None => text.to_owned(),
    };
    text.parse().ok()
}

/// Whether a time is over.
pub(super) fn is_over(time: Timestamp) -> bool {
    Timestamp::try_from(clock::signing_time()).is_ok_and(|now| time <= now)
}

/// Reads JSON; the reason for a failure names no value of it.
pub(super) fn parse<T: serde::de::DeserializeOwned>(
    body: &[u8],
    source_name: &str,
) -> Result<T, CredentialsError> {
    serde_json::from_slice(body).map_err(|error| CredentialsError::Malformed {
        source_name: source_name.to_owned(),
        // Its words may repeat a value, which may be a secret.
        reason: match error.classify() {
            serde_json::error::Category::Data => "a field is missing or of another type".to_owned(),
            _ => format!("no JSON at line {}", error.line()),
        },
    })
}

impl Given {
    /// The keys, if they can be in a request and are not of the past.
    pub(super) fn keys(self, source_name: &str) -> Result<Keys, CredentialsError> {
        let malformed = |reason: &str| CredentialsError::Malformed {
            source_name: source_name.to_owned(),
            reason: reason.to_owned(),
        };
        let token = self.token.filter(|token| !token.is_empty());
        let parts = [&self.key_id, &self.secret].into_iter().chain(&token);
        for part in parts {
            if part.is_empty() || !part.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(malformed(
                    "a key is empty or has characters that no key has",
                ));
            }
        }
        if let Some(moment) = &self.expires {
            let time = moment
                .time()
                .ok_or_else(|| malformed("`Expiration` is no time"))?;
            if is_over(time) {
                return Err(CredentialsError::Expired {
                    source_name: terminal_safe(source_name).into_owned(),
                    when: time.to_string(),
                    remedy: "get new temporary credentials, and check this machine's clock"
                        .to_owned(),
                });
            }
        }
        Ok(Keys {
            key_id: Redacted::new(self.key_id),
            secret: Redacted::new(self.secret),
            token: token.map(Redacted::new),
        })
    }
}
