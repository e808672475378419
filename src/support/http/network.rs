//! How to reach the network: proxies and trusted certificates, as the settings say.
//!
//! [`Network::client`] is also what the clients of other libraries are given, so that
//! they go the same way.

use super::error::HttpError;
use super::request::Limits;
use crate::model::{Redacted, fold_url_credentials};
use crate::support::files::{FileError, read_bounded};
use reqwest::{NoProxy, Proxy};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

const USER_AGENT: &str = concat!("sealgate/", env!("CARGO_PKG_VERSION"));

/// Largest file of trusted certificates; those of a system have some 250 kB.
const MAX_CERTIFICATE_BYTES: u64 = 16 * 1024 * 1024;

/// This machine, which no proxy is asked for: http goes there with tokens and passwords,
/// because nobody is on the way.
const OWN_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// Proxies and trusted certificates. The default is none and the system's.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Proxy for https addresses.
    pub https_proxy: Option<Redacted>,
    /// Proxy for http addresses.
    pub http_proxy: Option<Redacted>,
    /// Proxy for both where the one above is absent.
    pub all_proxy: Option<Redacted>,
    /// Hosts, domains, addresses and networks without a proxy besides this machine
    /// (`localhost` and the loopback addresses), separated by commas; `*` for all.
    pub no_proxy: String,
    /// File of trusted certificates in place of the system's.
    pub certificate_file: Option<PathBuf>,
    /// Directories of trusted certificates in place of the system's.
    pub certificate_directories: Vec<PathBuf>,
    /// Files of certificates that are trusted besides those.
    pub further_certificates: Vec<PathBuf>,
}

impl Network {
    /// A client of the library with these proxies and certificates, its time limits and
    /// sealgate's name. It follows no redirect and decompresses nothing.
    ///
    /// # Errors
    /// [`HttpError::BadProxy`], [`HttpError::Certificates`], [`HttpError::Setup`].
    pub fn client(&self, limits: &Limits) -> Result<reqwest::Client, HttpError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(self.tls()?)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // Also where another crate switches the features on.
            .no_gzip()
            .no_deflate()
            .no_brotli()
            .no_zstd()
            .connect_timeout(limits.connect)
            .read_timeout(limits.idle)
            // The library's own reading of the environment.
            .no_proxy();
        for proxy in self.proxies()? {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(|error| HttpError::Setup {
            reason: super::innermost(&error),
        })
    }

    pub(super) fn has_proxy(&self) -> bool {
        [&self.https_proxy, &self.http_proxy, &self.all_proxy]
            .into_iter()
            .flatten()
            .any(|proxy| !proxy.expose().trim().is_empty())
    }

    fn proxies(&self) -> Result<Vec<Proxy>, HttpError> {
        // The library takes `*` for names only, not for addresses.
        if self.no_proxy.split(',').any(|entry| entry.trim() == "*") {
            return Ok(Vec::new());
        }
        let all = proxy_address("ALL_PROXY", self.all_proxy.as_ref())?;
        let https = proxy_address("HTTPS_PROXY", self.https_proxy.as_ref())?.or(all.clone());
        let http = proxy_address("HTTP_PROXY", self.http_proxy.as_ref())?.or(all);
        let without = format!("{OWN_MACHINE},{}", self.no_proxy);
        let with = |address: Option<Url>, make: fn(Url) -> reqwest::Result<Proxy>| {
            address
                .map(|address| {
                    make(address)
                        .map(|proxy| proxy.no_proxy(NoProxy::from_string(&without)))
                        .map_err(|error| HttpError::Setup {
                            reason: super::innermost(&error),
                        })
                })
                .transpose()
        };
        Ok(with(https, Proxy::https)?
            .into_iter()
            .chain(with(http, Proxy::http)?)
            .collect())
    }

    fn tls(&self) -> Result<ClientConfig, HttpError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| HttpError::Setup {
                reason: error.to_string(),
            })?
            .with_root_certificates(self.trusted()?)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn trusted(&self) -> Result<RootCertStore, HttpError> {
        let mut store = RootCertStore::empty();
        if self.certificate_file.is_none() && self.certificate_directories.is_empty() {
            // A system has entries that no library takes. Where nothing remains, no
            // server is trusted.
            let system = rustls_native_certs::load_native_certs().certs;
            store.add_parsable_certificates(system);
        }
        for directory in &self.certificate_directories {
            add_directory(&mut store, directory)?;
        }
        for file in self
            .certificate_file
            .iter()
            .chain(&self.further_certificates)
        {
            add_file(&mut store, file)?;
        }
        Ok(store)
    }
}

/// Takes every certificate of a file; one that cannot be used is an error, since the file
/// was named.
fn add_file(store: &mut RootCertStore, path: &Path) -> Result<(), HttpError> {
    let failed = |reason: String| HttpError::Certificates {
        path: path.to_owned(),
        reason,
    };
    let bytes = read_bounded(path, MAX_CERTIFICATE_BYTES).map_err(|error| {
        failed(match error {
            FileError::Read { source, .. } => source.to_string(),
            other => other.to_string(),
        })
    })?;
    let mut count = 0_u32;
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| store.add(certificate).map_err(|error| error.to_string()))
            .map_err(failed)?;
        count += 1;
    }
    match count {
        0 => Err(failed("it holds no certificate".to_owned())),
        _ => Ok(()),
    }
}

fn add_directory(store: &mut RootCertStore, path: &Path) -> Result<(), HttpError> {
    let loaded = rustls_native_certs::load_certs_from_paths(None, Some(path));
    let (added, _) = store.add_parsable_certificates(loaded.certs);
    if added > 0 {
        return Ok(());
    }
    Err(HttpError::Certificates {
        path: path.to_owned(),
        reason: loaded
            .errors
            .first()
            .map_or_else(|| "it holds no certificate".to_owned(), ToString::to_string),
    })
}

/// The address of a proxy, checked here: the library ignores one that it cannot read and
/// would go past it.
fn proxy_address(
    setting: &'static str,
    value: Option<&Redacted>,
) -> Result<Option<Url>, HttpError> {
    let Some(text) = value.map(|value| value.expose().trim()) else {
        return Ok(None);
    };
    if text.is_empty() {
        return Ok(None);
    }
    let full = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    let bad = |reason: String| HttpError::BadProxy {
        setting,
        address: fold_url_credentials(&full).into_owned(),
        reason,
    };
    let url = Url::parse(&full).map_err(|error| bad(error.to_string()))?;
    let is_known = matches!(
        url.scheme(),
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
    );
    if !is_known {
        return Err(bad(format!("`{}` is no kind of proxy", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(bad("it names no host".to_owned()));
    }
    Ok(Some(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(value: &str) -> Result<Vec<Proxy>, HttpError> {
        Network {
            all_proxy: Some(Redacted::new(value)),
            ..Network::default()
        }
        .proxies()
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_and_is_not_passed_by() {
        for value in ["ftp://p.example", "http://", "http://p.example:port", "::"] {
            let error = proxies(value).unwrap_err();
            assert!(
                matches!(
                    &error,
                    HttpError::BadProxy {
                        setting: "ALL_PROXY",
                        ..
                    }
                ),
                "{value}: {error}"
            );
        }
        let error = proxies("ftp://user:secret-tail@p.example").unwrap_err();
        assert!(!error.to_string().contains("secret-tail"), "{error}");
    }

    #[test]
    fn a_proxy_may_be_written_without_a_scheme_and_an_empty_one_is_none() {
        for (value, count) in [
            ("p.example:3128", 2),
            ("socks5h://p.example", 2),
            ("", 0),
            (" ", 0),
        ] {
            assert_eq!(proxies(value).unwrap().len(), count, "{value}");
        }
    }

    #[test]
    fn certificates_that_were_named_must_be_there() {
        let dir = tempfile::tempdir().unwrap();
        let empty = dir.path().join("empty.pem");
        crate::support::files::write_atomic(&empty, b"no certificate").unwrap();
        let broken = dir.path().join("broken.pem");
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        crate::support::files::write_atomic(&broken, pem.as_bytes()).unwrap();
        let missing = dir.path().join("missing.pem");
        for file in [empty, broken, missing] {
            let further = Network {
                further_certificates: vec![file.clone()],
                ..Network::default()
            };
            let instead = Network {
                certificate_file: Some(file),
                ..Network::default()
            };
            for network in [further, instead] {
                let error = network.client(&Limits::default()).unwrap_err();
                assert!(matches!(error, HttpError::Certificates { .. }), "{error}");
            }
        }
        let nothing = dir.path().join("nothing");
        std::fs::create_dir(&nothing).unwrap();
        for directory in [nothing, dir.path().join("no")] {
            let network = Network {
                certificate_directories: vec![directory],
                ..Network::default()
            };
            let error = network.client(&Limits::default()).unwrap_err();
            assert!(matches!(error, HttpError::Certificates { .. }), "{error}");
        }
    }
}
