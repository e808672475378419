//! KMS's JSON protocol: one `POST` per question, signed.
//!
//! Source: docs.aws.amazon.com/kms/latest/APIReference, `GetPublicKey`, `Sign` and common
//! errors.

use super::error::{KmsError, Refusal};
use super::reference::{KmsKey, KmsReference};
use crate::model::terminal_safe;
use crate::signing::json::parse_json;
use crate::support::aws::{Call, Chain, Keys, domain_of, is_region, signed_headers};
use crate::support::clock;
use crate::support::http::{
    Address, Client, Limits, Network, Post, Replied, Request, SystemTimer, reason_of_body,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Largest answer that is read. A public key of RSA-4096 in JSON has 1 kB.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;
/// Most attempts for one question.
const ATTEMPTS: u32 = 4;
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What is needed to ask KMS.
#[derive(Debug, Clone)]
pub struct KmsConnection {
    /// Proxies and trusted certificates.
    pub network: Network,
    /// The server; AWS's own of the region where there is none.
    pub endpoint: Option<String>,
    /// The region, where the key's name does not say it.
    pub region: Option<String>,
    /// The endpoint validated after FIPS 140, where AWS's own is asked.
    pub fips: bool,
    /// Whose question it is; looked for when everything else is settled.
    pub credentials: Chain,
    /// Most time for one question with its retries.
    pub within: Duration,
}

/// KMS in one region, ready to be asked.
pub(super) struct Api {
    client: Client,
    address: Address,
    region: String,
    keys: Keys,
}

impl Api {
    /// The KMS that holds a key. Asks nothing yet.
    pub(super) fn of(
        reference: &KmsReference,
        connection: &KmsConnection,
    ) -> Result<Self, KmsError> {
        let region = reference.key().region().map(str::to_owned);
        let region = region
            .or_else(|| connection.region.clone())
            .ok_or(KmsError::NoRegion)?;
        if !is_region(&region) {
            return Err(KmsError::BadRegion {
                got: terminal_safe(&region).into_owned(),
            });
        }
        let endpoint = match reference.endpoint().or_else(|| connection.endpoint.clone()) {
            Some(endpoint) => endpoint,
            None => own_endpoint(&region, connection.fips)?,
        };
        let unusable = |source| KmsError::Unusable { source };
        let address = Address::parse(&endpoint).map_err(unusable)?;
        if address.is_plain() && !address.is_loopback() {
            return Err(KmsError::PlainEndpoint {
                address: address.to_string(),
            });
        }
        let keys = connection
            .credentials
            .find()
            .map_err(|source| KmsError::Credentials { source })?;
        let limits = Limits {
            connect: connection.within.min(Duration::from_secs(10)),
            idle: connection.within,
            total: connection.within,
            attempts: ATTEMPTS,
            first_wait: Duration::from_millis(200),
            redirects: 0,
        };
        let client =
            Client::new(&connection.network, limits, SystemTimer::default()).map_err(unusable)?;
        Ok(Self {
            client,
            address,
            region,
            keys,
        })
    }

    /// Asks one question about a key.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        key: &KmsKey,
        question: &Value,
    ) -> Result<T, KmsError> {
        let body = question.to_string();
        let target = format!("TrentService.{operation}");
        let call = Call {
            method: "POST",
            address: &self.address,
            headers: &[("content-type", CONTENT_TYPE), ("x-amz-target", &target)],
            body: body.as_bytes(),
            service: "kms",
            region: &self.region,
        };
        // Each question has its own time: many files may take longer than a signature lasts.
        let headers = signed_headers(&call, &self.keys, clock::signing_time());
        let mut request = Request::new(self.address.clone(), MAX_ANSWER_BYTES);
        request.headers = headers.ok_or(KmsError::UnusableCredentials)?;
        request.accept = "application/json";
        let post = Post {
            body: body.as_bytes(),
            is_busy: |status, body| {
                error_code(body).is_some_and(|code| Refusal::of(&code, status).is_busy())
            },
        };
        let replied = self
            .client
            .post(&request, &post)
            .map_err(|source| KmsError::Unanswered { operation, source })?;
        if replied.status != 200 {
            return Err(self.refused(operation, key, &replied));
        }
        let limit = usize::try_from(MAX_ANSWER_BYTES).unwrap_or(usize::MAX);
        let malformed = |reason: String| KmsError::Malformed {
            operation,
            reason: terminal_safe(&reason).into_owned(),
        };
        let is_json = replied.body.trim_ascii_start().starts_with(b"{");
        if !is_json {
            return Err(self.not_kms(operation, &replied));
        }
        let value = parse_json(&replied.body, limit).map_err(|e| malformed(e.to_string()))?;
        serde_json::from_value(value).map_err(|e| malformed(e.to_string()))
    }

    fn refused(&self, operation: &'static str, key: &KmsKey, replied: &Replied) -> KmsError {
        let Some(code) = error_code(&replied.body) else {
            return self.not_kms(operation, replied);
        };
        KmsError::Refused {
            operation,
            key: key.to_string(),
            refusal: Refusal::of(&code, replied.status),
            said: reason_of_body(&replied.body, &self.keys.secrets()),
            code,
        }
    }

    fn not_kms(&self, operation: &'static str, replied: &Replied) -> KmsError {
        KmsError::NotKms {
            operation,
            status: replied.status,
            said: reason_of_body(&replied.body, &self.keys.secrets()),
        }
    }
}

/// AWS's own server of a region.
fn own_endpoint(region: &str, fips: bool) -> Result<String, KmsError> {
    let suffix = domain_of(region).ok_or_else(|| KmsError::NoEndpoint {
        region: region.to_owned(),
    })?;
    let service = if fips { "kms-fips" } else { "kms" };
    Ok(format!("https://{service}.{region}.{suffix}/"))
}

/// KMS's name of a refusal: `__type` of the body without its namespace. `None` where the
/// body is none of KMS.
fn error_code(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let named = value.get("__type")?.as_str()?;
    let code = named.rsplit('#').next().unwrap_or(named);
    let is_code = !code.is_empty() && code.len() <= 80;
    let is_code = is_code && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_has_its_own_servers() {
        for (region, fips, expected) in [
            (
                "eu-central-1",
                false,
                "https://kms.eu-central-1.amazonaws.com/",
            ),
            (
                "us-gov-west-1",
                true,
                "https://kms-fips.us-gov-west-1.amazonaws.com/",
            ),
            (
                "cn-north-1",
                false,
                "https://kms.cn-north-1.amazonaws.com.cn/",
            ),
        ] {
            assert_eq!(own_endpoint(region, fips).unwrap(), expected);
        }
        assert!(matches!(
            own_endpoint("us-iso-east-1", false),
            Err(KmsError::NoEndpoint { .. })
        ));
    }

    #[test]
    fn where_and_as_whom_is_settled_before_anything_is_sent() {
        let reference = |text: &str| KmsReference::parse(text).unwrap();
        let connection = |region: Option<&str>, endpoint: Option<&str>| KmsConnection {
            network: Network::default(),
            endpoint: endpoint.map(str::to_owned),
            region: region.map(str::to_owned),
            fips: false,
            credentials: Chain::default().without_instance(),
            within: Duration::from_secs(1),
        };
        let error = |text: &str, region, endpoint| {
            Api::of(&reference(text), &connection(region, endpoint))
                .err()
                .unwrap()
        };
        let alias = "awskms:///alias/a";
        assert!(matches!(error(alias, None, None), KmsError::NoRegion));
        assert!(matches!(
            error(alias, Some("evil.example/#"), None),
            KmsError::BadRegion { .. }
        ));
        assert!(matches!(
            error(alias, Some("eu-west-1"), Some("http://kms.example/")),
            KmsError::PlainEndpoint { .. }
        ));
        assert!(matches!(
            error(alias, Some("eu-west-1"), Some("ftp://kms.example/")),
            KmsError::Unusable { .. }
        ));
        let arn = "awskms:///arn:aws:kms:eu-west-1:123456789012:alias/a";
        for (text, region) in [(arn, None), (alias, Some("eu-west-1"))] {
            let error = error(text, region, None);
            assert!(matches!(error, KmsError::Credentials { .. }), "{error}");
        }
    }

    #[test]
    fn the_name_of_a_refusal_has_no_namespace_and_nothing_else_is_one() {
        for (body, expected) in [
            (
                r#"{"__type":"AccessDeniedException"}"#,
                Some("AccessDeniedException"),
            ),
            (
                r#"{"__type":"com.amazonaws.kms#NotFoundException"}"#,
                Some("NotFoundException"),
            ),
            (r#"{"__type":"x\u001b[2J"}"#, None),
            (r#"{"__type":7}"#, None),
            (r#"{"message":"no"}"#, None),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(error_code(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
