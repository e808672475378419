//! How a registry wants to be asked: `Basic`, or a token of the service that it names.
//!
//! Source: `docs/content/spec/auth/token.md` and `oauth.md` of
//! github.com/distribution/distribution.
//!
//! The scope is always this repository and what is done with it, never what a challenge asks
//! for: a registry cannot have a token made that is good for something else.

use crate::model::{JsonLimits, Redacted, parse_strict_json, terminal_safe};
use crate::oci::credentials::Credential;
use crate::oci::error::OciError;
use crate::support::http::{
    Address, Client, Exchange, HttpError, Method, Redirects, Request, reason_of_body,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_auth::parser::ChallengeParser;
use serde_json::Value;
use url::form_urlencoded;

/// Largest answer of a token service, and longest token.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;
const CLIENT: &str = "sealgate";

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token of a service.
    Bearer {
        /// The service's address.
        realm: String,
        /// The registry's name there.
        service: Option<String>,
    },
}

/// The challenge of a 401; a token is preferred, since it can do less than a password.
pub(super) fn challenge<'a>(
    host: &str,
    headers: impl Iterator<Item = &'a str>,
) -> Result<Challenge, OciError> {
    let bad = |reason: &str| OciError::BadChallenge {
        host: host.to_owned(),
        reason: reason.to_owned(),
    };
    let mut basic = None;
    let mut known = false;
    for header in headers {
        known = true;
        for challenge in ChallengeParser::new(header) {
            let challenge = challenge.map_err(|_| bad("the challenge is malformed"))?;
            let parameter = |name: &str| {
                let named = challenge.params.iter();
                named
                    .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.to_unescaped())
                    .next()
            };
            if challenge.scheme.eq_ignore_ascii_case("bearer") {
                return Ok(Challenge::Bearer {
                    realm: parameter("realm").ok_or_else(|| bad("it names no token service"))?,
                    service: parameter("service"),
                });
            }
            if challenge.scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Challenge::Basic);
            }
        }
    }
    basic.ok_or_else(|| {
        bad(match known {
            true => "neither `Bearer` nor `Basic`",
            false => "it sends no challenge",
        })
    })
}

/// What a token is asked for.
pub(super) struct Scope<'a> {
    /// The registry's host.
    pub host: &'a str,
    /// The registry is on this machine.
    pub is_loopback: bool,
    /// `repository:NAME:pull`.
    pub scope: &'a str,
}

/// The value of the `Authorization` header that answers a challenge; `None` where there is
/// nothing to be sent.
pub(super) fn authorization(
    client: &Client,
    scope: &Scope<'_>,
    challenge: &Challenge,
    credential: Option<&Credential>,
) -> Result<Option<Redacted>, OciError> {
    match (challenge, credential) {
        (_, Some(Credential::Bearer(token))) => bearer(token.expose(), scope.host).map(Some),
        (Challenge::Basic, Some(Credential::Basic { user, password })) => {
            Ok(Some(basic(user, password)))
        }
        (Challenge::Basic, Some(Credential::Identity(_))) => Err(OciError::BadChallenge {
            host: scope.host.to_owned(),
            reason: "it wants user and password, and there is an identity token".to_owned(),
        }),
        (Challenge::Basic, None) => Ok(None),
        (Challenge::Bearer { realm, service }, credential) => {
            let address = token_service(realm, scope)?;
            token(client, scope, &address, service.as_deref(), credential).map(Some)
        }
    }
}

fn basic(user: &str, password: &Redacted) -> Redacted {
    let pair = format!("{user}:{}", password.expose());
    Redacted::new(format!("Basic {}", STANDARD.encode(pair)))
}

fn bearer(token: &str, service: &str) -> Result<Redacted, OciError> {
    let is_token = !token.is_empty()
        && token.len() as u64 <= MAX_TOKEN_BYTES
        && token.bytes().all(|b| b.is_ascii_graphic());
    match is_token {
        true => Ok(Redacted::new(format!("Bearer {token}"))),
        false => Err(OciError::NoToken {
            service: service.to_owned(),
            reason: "it is no token".to_owned(),
        }),
    }
}

/// The address of the token service: over https, or on this machine where the registry is too.
fn token_service(realm: &str, scope: &Scope<'_>) -> Result<Address, OciError> {
    let bad = |reason: String| OciError::BadChallenge {
        host: scope.host.to_owned(),
        reason,
    };
    let address = Address::parse(realm).map_err(|e| bad(e.to_string()))?;
    if address.has_credentials() {
        return Err(bad(
            "its token service has credentials in its address".to_owned()
        ));
    }
    if address.is_plain() && !(scope.is_loopback && address.is_loopback()) {
        return Err(bad(format!(
            "its token service {address} would get credentials unencrypted"
        )));
    }
    Ok(address)
}

fn token(
    client: &Client,
    scope: &Scope<'_>,
    address: &Address,
    service: Option<&str>,
    credential: Option<&Credential>,
) -> Result<Redacted, OciError> {
    let secret = match credential {
        Some(Credential::Basic { password, .. }) => Some(password),
        Some(Credential::Identity(token)) => Some(token),
        _ => None,
    };
    let mut pairs = vec![("scope", scope.scope)];
    pairs.extend(service.map(|service| ("service", service)));
    let exchanged = if let Some(Credential::Identity(token)) = credential {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT)
            .append_pair("refresh_token", token.expose())
            .extend_pairs(&pairs)
            .finish();
        let request = Request::new(address.clone(), MAX_TOKEN_BYTES);
        let exchange = Exchange {
            method: Method::Post,
            body: Some(("application/x-www-form-urlencoded", body.as_bytes())),
            redirects: Redirects::Refused,
            repeatable: true,
        };
        client.exchange(&request, &exchange)
    } else {
        let mut address = address.clone().with_further_query(&pairs);
        if let Some(Credential::Basic { user, password }) = credential {
            address = address.with_authorization(basic(user, password));
        }
        let request = Request::new(address, MAX_TOKEN_BYTES);
        client.exchange(
            &request,
            &Exchange::asking(Method::Get, Redirects::SameHost),
        )
    };
    let exchanged = exchanged.map_err(|source: HttpError| OciError::Unanswered {
        what: format!("the token service of {}", scope.host),
        action: "asked",
        source,
    })?;
    let said = reason_of_body(&exchanged.body, &Vec::from_iter(secret));
    match exchanged.status {
        200 => {}
        401 | 403 => {
            return Err(OciError::Denied {
                host: address.to_string(),
                what: scope.scope.to_owned(),
                action: "allowed",
                status: exchanged.status,
                reason: said,
                had_credentials: credential.is_some(),
            });
        }
        status => {
            return Err(OciError::NoToken {
                service: address.to_string(),
                reason: match said {
                    Some(said) => format!("HTTP {status}: {said}"),
                    None => format!("HTTP {status}"),
                },
            });
        }
    }
    let limits = JsonLimits {
        depth: 8,
        values: 1000,
    };
    let value = parse_strict_json(&exchanged.body, limits).map_err(|_| OciError::NoToken {
        service: address.to_string(),
        reason: "its answer is no JSON".to_owned(),
    })?;
    let token = ["token", "access_token"]
        .iter()
        .filter_map(|key| value.get(*key).and_then(Value::as_str))
        .find(|token| !token.is_empty())
        .unwrap_or_default();
    bearer(token, &terminal_safe(&address.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Result<Challenge, OciError> {
        challenge("r.example", headers.iter().copied())
    }

    #[test]
    fn a_token_is_preferred_to_a_password() {
        let bearer = Challenge::Bearer {
            realm: "https://auth.example/token".to_owned(),
            service: Some("r.example".to_owned()),
        };
        let written = r#"Bearer realm="https://auth.example/token",service="r.example",scope="repository:other:push""#;
        assert_eq!(read(&[written]).unwrap(), bearer);
        assert_eq!(read(&[r#"Basic realm="x""#, written]).unwrap(), bearer);
        assert_eq!(
            read(&[&format!(r#"basic realm="x", {written}"#)]).unwrap(),
            bearer
        );
        assert_eq!(read(&[r#"Basic realm="x""#]).unwrap(), Challenge::Basic);
    }

    #[test]
    fn other_ways_to_ask_are_refused() {
        for headers in [
            &[][..],
            &["Negotiate"],
            &["Bearer"],
            &[r#"Bearer service="x""#],
            &["Bearer realm=\"unterminated"],
            &["\u{7f}"],
        ] {
            let error = read(headers).unwrap_err();
            assert!(
                matches!(error, OciError::BadChallenge { .. }),
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_token_service_is_encrypted_or_on_this_machine_beside_the_registry() {
        let service = |realm: &str, is_loopback| {
            let scope = Scope {
                host: "r.example",
                is_loopback,
                scope: "repository:a:pull",
            };
            token_service(realm, &scope).is_ok()
        };
        assert!(service("https://auth.example/token", false));
        assert!(service("http://127.0.0.1:1/token", true));
        for (realm, is_loopback) in [
            ("http://auth.example/token", false),
            ("http://auth.example/token", true),
            ("http://127.0.0.1:1/token", false),
            ("https://u:p@auth.example/token", false),
            ("file:///etc/passwd", false),
            ("token", false),
        ] {
            assert!(!service(realm, is_loopback), "{realm}");
        }
    }

    #[test]
    fn what_cannot_be_a_header_is_no_token() {
        assert_eq!(bearer("abc", "s").unwrap().expose(), "Bearer abc");
        for bad in ["", "a b", "a\nb", "ä"] {
            assert!(matches!(bearer(bad, "s"), Err(OciError::NoToken { .. })));
        }
    }
}
