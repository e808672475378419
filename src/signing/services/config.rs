//! Which services are asked: Sigstore's signing configuration.
//!
//! Source: `SigningConfig` 0.2 in `sigstore_trustroot.proto` of
//! github.com/sigstore/protobuf-specs.

use super::ask::service_address;
use super::error::{Service, ServiceError};
use super::rekor::{LogService, RekorVersion};
use crate::signing::error::SigningError;
use crate::signing::json::parse_json;
use crate::signing::sigstore::Instance;
use crate::support::files;
use crate::support::http::Address;
use jiff::Timestamp;
use serde_json::Value;
use sigstore_trust_root::signing_config::{
    ServiceConfiguration, ServiceEndpoint, ServiceSelector, SigningConfig as LibraryConfig,
};
use sigstore_trust_root::{SIGSTORE_PRODUCTION_SIGNING_CONFIG, SIGSTORE_STAGING_SIGNING_CONFIG};
use std::path::Path;

/// Larger signing configurations are refused; the public ones have 2 kB.
pub const MAX_SIGNING_CONFIG_BYTES: u64 = 1024 * 1024;
/// Most logs, and most timestamp authorities, for one signature.
const MAX_SERVICES: usize = 8;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.signingconfig.v0.2+json";

/// The services for one signature.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// Where tokens come from by browser.
    pub issuer: Option<Address>,
    /// Fulcio.
    pub authority: Option<Address>,
    /// Rekor; each of another log.
    pub logs: Vec<LogService>,
    /// Timestamp authorities, the whole address.
    pub timestamps: Vec<Address>,
}

/// A well-formed signing configuration.
#[derive(Debug, Clone)]
pub struct SigningConfig {
    config: LibraryConfig,
    /// Whether it says how to choose logs, and timestamp authorities: then there must be some.
    says_how: (bool, bool),
}

impl SigningConfig {
    /// That of an instance, as it was when this program was made; none for GitHub's, which
    /// signs for GitHub alone.
    ///
    /// # Errors
    /// [`ServiceError::BadConfig`]; not for what this program was made with.
    pub fn of(instance: Instance) -> Result<Option<Self>, ServiceError> {
        let json = match instance {
            Instance::PublicGood => SIGSTORE_PRODUCTION_SIGNING_CONFIG,
            Instance::Staging => SIGSTORE_STAGING_SIGNING_CONFIG,
            Instance::GitHub => return Ok(None),
        };
        Self::parse(json.as_bytes()).map(Some)
    }

    /// Reads one of at most [`MAX_SIGNING_CONFIG_BYTES`].
    ///
    /// # Errors
    /// [`ServiceError::BadConfig`], also for a key twice and trailing bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ServiceError> {
        let limit = usize::try_from(MAX_SIGNING_CONFIG_BYTES).unwrap_or(usize::MAX);
        let value = parse_json(bytes, limit).map_err(|e| bad(e.to_string()))?;
        let says_how = (
            says_how(&value, "rekorTlogConfig")?,
            says_how(&value, "tsaConfig")?,
        );
        let config: LibraryConfig =
            serde_json::from_value(value).map_err(|e| bad(e.to_string()))?;
        if config.media_type != MEDIA_TYPE {
            return Err(bad(format!("its media type is `{}`", config.media_type)));
        }
        Ok(Self { config, says_how })
    }

    /// The services to ask at a time.
    ///
    /// 1. Only services whose window contains the time, and whose API is known, count.
    /// 2. Each operator gives one: of the highest version, of those the newest.
    /// 3. `ANY` takes the best one, `EXACT` so many, `ALL` one of each operator. Where a
    ///    kind is not listed at all, none is asked, unless it says `ANY` or `EXACT`.
    ///
    /// Without `keyless` neither certificates nor tokens are needed, and without `logged` no
    /// logs: none are chosen.
    ///
    /// # Errors
    /// [`ServiceError::BadConfig`] where there are too few, and for a selector that says
    /// nothing; [`ServiceError::PlainAddress`], [`ServiceError::Unusable`].
    pub fn services(
        &self,
        now: Timestamp,
        keyless: bool,
        logged: bool,
    ) -> Result<Services, ServiceError> {
        let any = ServiceConfiguration::default();
        let config = &self.config;
        let addresses = |kind, list: &[ServiceEndpoint], how| {
            let chosen = choose(kind, list, how, now, &[1])?;
            let texts = chosen.into_iter().map(|endpoint| &endpoint.url);
            texts
                .map(|text| service_address(kind, text))
                .collect::<Result<Vec<_>, _>>()
        };
        let how = (&config.rekor_tlog_config, self.says_how.0);
        let logs = match logged {
            true => choose(Service::Log, &config.rekor_tlog_urls, how, now, &[2, 1])?,
            false => Vec::new(),
        };
        let logs = logs.into_iter().map(|endpoint| {
            Ok(LogService {
                address: service_address(Service::Log, &endpoint.url)?,
                version: match endpoint.major_api_version {
                    2 => RekorVersion::V2,
                    _ => RekorVersion::V1,
                },
            })
        });
        let one = |kind, list: &[ServiceEndpoint]| match keyless {
            true => addresses(kind, list, (&any, false)).map(|mut list| list.pop()),
            false => Ok(None),
        };
        Ok(Services {
            issuer: one(Service::Identity, &config.oidc_urls)?,
            authority: one(Service::Authority, &config.ca_urls)?,
            logs: logs.collect::<Result<_, ServiceError>>()?,
            timestamps: addresses(
                Service::Timestamp,
                &config.tsa_urls,
                (&config.tsa_config, self.says_how.1),
            )?,
        })
    }
}

/// Whether a configuration says how to choose services of a kind.
///
/// # Errors
/// [`ServiceError::BadConfig`] for a count that does not say what it is the count of.
fn says_how(config: &Value, name: &str) -> Result<bool, ServiceError> {
    let there = |key: &str| {
        let value = config.get(name).and_then(|how| how.get(key));
        value.is_some_and(|value| !value.is_null())
    };
    match (there("selector"), there("count")) {
        (false, true) => Err(bad(format!("`{name}` has a count without a selector"))),
        (says, _) => Ok(says),
    }
}

fn choose<'a>(
    service: Service,
    list: &'a [ServiceEndpoint],
    (how, says_how): (&ServiceConfiguration, bool),
    now: Timestamp,
    versions: &[u32],
) -> Result<Vec<&'a ServiceEndpoint>, ServiceError> {
    if list.is_empty() && (!says_how || how.selector == ServiceSelector::All) {
        return Ok(Vec::new());
    }
    // 1. Window and version.
    let mut eligible: Vec<&ServiceEndpoint> = list
        .iter()
        .filter(|endpoint| endpoint.valid_for.contains(now))
        .filter(|endpoint| versions.contains(&endpoint.major_api_version))
        .collect();
    let rank = |e: &&ServiceEndpoint| std::cmp::Reverse((e.major_api_version, e.valid_for.start));
    eligible.sort_by_key(rank);
    // 2. Operators; one without a name is one of its own.
    let mut chosen: Vec<&ServiceEndpoint> = Vec::new();
    for endpoint in eligible {
        let same_operator = |other: &&ServiceEndpoint| match (&other.operator, &endpoint.operator) {
            (Some(other), Some(own)) => other == own,
            _ => other.url == endpoint.url,
        };
        if !chosen.iter().any(same_operator) {
            chosen.push(endpoint);
        }
    }
    // 3. Number.
    let count = match how.selector {
        ServiceSelector::Any => 1,
        ServiceSelector::All => chosen.len().max(1),
        ServiceSelector::Exact => match how.count.and_then(|count| usize::try_from(count).ok()) {
            Some(count) if count > 0 => count,
            _ => return Err(bad(format!("EXACT without a count for a {service}"))),
        },
        _ => return Err(bad(format!("it does not say how to choose a {service}"))),
    };
    if chosen.len() < count {
        return Err(bad(format!(
            "it asks for {count} of the kind {service}, but only {} of {} can be used at {now}",
            chosen.len(),
            list.len()
        )));
    }
    if count > MAX_SERVICES {
        return Err(bad(format!(
            "it asks for more than {MAX_SERVICES} of the kind {service}"
        )));
    }
    chosen.truncate(count);
    Ok(chosen)
}

/// The signing configuration in a file.
///
/// # Errors
/// [`SigningError::File`], [`ServiceError::BadConfig`].
pub fn read_signing_config(path: &Path) -> Result<SigningConfig, SigningError> {
    let bytes = files::read_bounded(path, MAX_SIGNING_CONFIG_BYTES)?;
    Ok(SigningConfig::parse(&bytes)?)
}

fn bad(reason: String) -> ServiceError {
    ServiceError::BadConfig { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(url: &str, version: u32, range: (&str, Option<&str>), operator: &str) -> Value {
        let mut window = json!({"start": format!("{}T00:00:00Z", range.0)});
        if let Some(end) = range.1 {
            window["end"] = format!("{end}T00:00:00Z").into();
        }
        json!({"url": url, "majorApiVersion": version, "validFor": window, "operator": operator})
    }

    fn logs(list: Value, how: Value) -> Result<Vec<(String, u32)>, String> {
        let config = json!({
            "mediaType": MEDIA_TYPE, "rekorTlogUrls": list, "rekorTlogConfig": how,
        });
        let config = SigningConfig::parse(config.to_string().as_bytes()).unwrap();
        let services = config.services("2026-06-01T00:00:00Z".parse().unwrap(), true, true);
        let logs = services.map_err(|e| e.to_string())?.logs;
        let logs = logs.into_iter();
        Ok(logs
            .map(|log| (log.address.to_string(), log.version.number()))
            .collect())
    }

    #[test]
    fn services_are_chosen_by_window_version_and_operator() {
        let list = json!([
            service("https://a1.example/", 1, ("2020-01-01", None), "a"),
            service("https://a2.example/", 2, ("2025-01-01", None), "a"),
            service("https://a-next.example/", 2, ("2026-07-01", None), "a"),
            service("https://a-newer.example/", 2, ("2026-01-01", None), "a"),
            service("https://a3.example/", 3, ("2020-01-01", None), "a"),
            service(
                "https://b-old.example/",
                2,
                ("2020-01-01", Some("2026-05-31")),
                "b"
            ),
            service(
                "https://b1.example/",
                1,
                ("2020-01-01", Some("2026-06-01")),
                "b"
            ),
        ]);
        let a = ("https://a-newer.example/".to_owned(), 2);
        let b = ("https://b1.example/".to_owned(), 1);
        for (how, expected) in [
            (json!({"selector": "ANY"}), vec![a.clone()]),
            (json!({}), vec![a.clone()]),
            (json!({"selector": "EXACT", "count": 1}), vec![a.clone()]),
            (
                json!({"selector": "EXACT", "count": 2}),
                vec![a.clone(), b.clone()],
            ),
            (json!({"selector": "ALL"}), vec![a, b]),
        ] {
            assert_eq!(logs(list.clone(), how.clone()), Ok(expected), "{how}");
        }
        for (how, text) in [
            (json!({"selector": "EXACT", "count": 3}), "asks for 3"),
            (json!({"selector": "EXACT"}), "without a count"),
            (
                json!({"selector": "SERVICE_SELECTOR_UNDEFINED"}),
                "does not say how",
            ),
        ] {
            let error = logs(list.clone(), how).unwrap_err();
            assert!(error.contains(text), "{error}");
        }
        // Nothing that counts is not the same as nothing that is listed.
        let old = json!([service(
            "https://a/",
            1,
            ("2020-01-01", Some("2021-01-01")),
            "a"
        )]);
        assert!(logs(old, json!({"selector": "ANY"})).is_err());
        assert_eq!(logs(json!([]), json!({})), Ok(Vec::new()));
        assert_eq!(logs(json!([]), json!({"selector": "ALL"})), Ok(Vec::new()));
    }

    #[test]
    fn services_that_are_asked_for_must_be_listed() {
        let config = |more: Value| {
            let mut config = json!({"mediaType": MEDIA_TYPE});
            let fields = more.as_object().unwrap().clone();
            config.as_object_mut().unwrap().extend(fields);
            SigningConfig::parse(config.to_string().as_bytes())
        };
        let at = "2026-06-01T00:00:00Z".parse().unwrap();
        for how in [
            json!({"selector": "EXACT", "count": 1}),
            json!({"selector": "EXACT"}),
            json!({"selector": "ANY"}),
            json!({"selector": "SERVICE_SELECTOR_UNDEFINED"}),
        ] {
            for name in ["rekorTlogConfig", "tsaConfig"] {
                let parsed = config(json!({ name: how })).unwrap();
                let error = parsed.services(at, false, true).unwrap_err();
                assert!(matches!(error, ServiceError::BadConfig { .. }), "{how}");
                // Where no log is wanted, nothing is missing.
                let without = parsed.services(at, false, false);
                assert_eq!(without.is_ok(), name == "rekorTlogConfig", "{how}");
            }
        }
        for name in ["rekorTlogConfig", "tsaConfig"] {
            let error = config(json!({ name: {"count": 2} })).unwrap_err();
            assert!(error.to_string().contains("without a selector"), "{error}");
            for how in [json!({}), json!({"selector": "ALL"})] {
                let parsed = config(json!({ name: how })).unwrap();
                assert!(parsed.services(at, false, true).is_ok(), "{how}");
            }
        }
    }

    #[test]
    fn addresses_are_encrypted_and_the_configuration_is_strict() {
        let plain = json!([service("http://a.example/", 1, ("2020-01-01", None), "a")]);
        assert!(
            logs(plain, json!({}))
                .unwrap_err()
                .contains("not encrypted")
        );
        for text in [
            "{}".to_owned(),
            json!({"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.1+json"})
                .to_string(),
            format!("{{\"mediaType\":\"{MEDIA_TYPE}\",\"mediaType\":\"{MEDIA_TYPE}\"}}"),
            json!({"mediaType": MEDIA_TYPE, "tsaConfig": {"selector": "SOME"}}).to_string(),
        ] {
            let error = SigningConfig::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, ServiceError::BadConfig { .. }), "{text}");
        }
        for instance in [Instance::PublicGood, Instance::Staging] {
            let config = SigningConfig::of(instance).unwrap().unwrap();
            let services = config.services("2026-11-01T00:00:00Z".parse().unwrap(), true, true);
            let services = services.unwrap();
            assert!(services.authority.is_some() && services.issuer.is_some());
            assert_eq!((services.logs.len(), services.timestamps.len()), (1, 1));
        }
    }
}
