//! What was typed, together with the environment and the defaults, resolved once. No
//! other file reads the environment.

use super::args::Global;
use super::exit::{CliError, Exit};
use super::terminal;
use crate::checks::registry::clients::Machine;
use crate::checks::registry::online::credentials::Variables;
use crate::inventory::Caches;
use crate::model::Redacted;
use crate::support::http::Network;
use crate::support::{clock, git_repository, process};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every command is given.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The time of the verdict.
    pub now: Timestamp,
    /// `now` was given with `--at`, not read from the clock.
    pub time_is_given: bool,
    /// The time that documents carry: `SOURCE_DATE_EPOCH`, else `--at`, so that the same
    /// input gives the same bytes; see [`Settings::time_of_tree`].
    pub document_time: Option<Timestamp>,
    /// Directory of the advisory database, which may not exist; see
    /// [`Settings::database`].
    pub database: Option<PathBuf>,
    /// Directory of the directories of updated trusted roots, which may not exist.
    pub trusted_roots: Option<PathBuf>,
    /// This user's caches of package managers; read only where a command is told to.
    pub caches: Caches,
    /// The cargo of `CARGO`, else of the `PATH`; run only where a command is told to.
    pub cargo: Option<PathBuf>,
    /// Proxies and trusted certificates; used only by commands that fetch.
    pub network: Network,
    /// Passphrase of a signing key from `SEALGATE_PASSPHRASE`.
    pub passphrase: Option<zeroize::Zeroizing<String>>,
}

impl Settings {
    /// Resolves the settings from options and the process environment.
    ///
    /// # Errors
    /// Exit 2 where a time is malformed or the passphrase is not text.
    pub fn from_environment(global: &Global) -> Result<Self, CliError> {
        Self::resolve(global, &|name| std::env::var_os(name))
    }

    /// What the package managers of this machine are configured by beside the tree; for
    /// commands that are told to let it count.
    #[must_use]
    pub fn machine() -> Machine {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = ["HOME", "USERPROFILE"]
            .iter()
            .filter_map(|name| variables.get(*name).map(PathBuf::from))
            .find(|path| path.is_absolute());
        Machine {
            home,
            system: Some(PathBuf::from("/")),
            variables,
        }
    }

    /// Every variable of the process that is text; for the credentials of registries, which
    /// configuration files may take from any of them.
    #[must_use]
    pub fn variables() -> Variables {
        std::env::vars_os()
            .filter_map(|(name, value)| {
                let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
                Some((name, Redacted::new(value)))
            })
            .collect()
    }

    /// The time now, whatever time is judged as of: services and tokens live by the clock.
    #[must_use]
    pub fn real_time() -> Timestamp {
        clock::system_now()
    }

    /// Directory of the advisory database; it may not exist.
    ///
    /// # Errors
    /// Exit 2 where none is given and there is no home directory to keep it in.
    pub fn database(&self) -> Result<&Path, CliError> {
        self.database.as_deref().ok_or_else(|| {
            CliError::new(
                Exit::Usage,
                "no home directory to keep the advisory database in",
            )
            .with_hint("name one with --db DIR or SEALGATE_DB")
        })
    }

    /// The time of a document about a tree: the given one, else that of the commit that is
    /// checked out, else none. A repository that does not tell is warned about.
    #[must_use]
    pub fn time_of_tree(&self, root: &Path) -> Option<Timestamp> {
        if self.document_time.is_some() {
            return self.document_time;
        }
        git_repository::commit_time(root).unwrap_or_else(|error| {
            terminal::warning(&format!("the document has no time: {error}"));
            terminal::hint("give one with SOURCE_DATE_EPOCH or --at");
            None
        })
    }

    fn resolve(
        global: &Global,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, CliError> {
        let at = global
            .at
            .as_deref()
            .map(|text| parse_time("--at", text))
            .transpose()?;
        let epoch = variable("SOURCE_DATE_EPOCH")
            .filter(|value| !value.is_empty())
            .map(|value| parse_time("SOURCE_DATE_EPOCH", &value.to_string_lossy()))
            .transpose()?;
        let database = global
            .db
            .clone()
            .or_else(|| data_directory(variable).map(|base| base.join("sealgate/db")));
        let trusted_roots = data_directory(variable).map(|base| base.join("sealgate/trusted-root"));
        let passphrase = variable("SEALGATE_PASSPHRASE")
            .map(|value| {
                value.into_string().map_err(|_| {
                    CliError::new(Exit::Usage, "SEALGATE_PASSPHRASE is not valid UTF-8")
                })
            })
            .transpose()?
            .map(zeroize::Zeroizing::new);
        Ok(Self {
            now: at.unwrap_or_else(clock::system_now),
            time_is_given: at.is_some(),
            document_time: epoch.or(at),
            database,
            trusted_roots,
            caches: Self::caches(variable),
            cargo: cargo(variable),
            network: network(variable),
            passphrase,
        })
    }
}

/// A time of the command line: RFC 3339, or seconds since 1970. `source` names the option.
///
/// # Errors
/// Exit 2 where it is none.
pub fn parse_time(source: &str, text: &str) -> Result<Timestamp, CliError> {
    let parsed = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok(),
        Err(_) => text.parse::<Timestamp>().ok(),
    };
    parsed.ok_or_else(|| {
        CliError::new(Exit::Usage, format!("{source}: `{text}` is not a time"))
            .with_hint("write it as 2026-11-23T00:00:00Z or as seconds since 1970")
    })
}

/// Cargo tells the programs that it starts which cargo it is.
fn cargo(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let named = variable("CARGO").map(PathBuf::from);
    named
        .filter(|path| path.is_absolute())
        .or_else(|| process::find_program("cargo", variable("PATH")))
}

/// Proxies and certificates, from the variables that other tools read too. Of two
/// spellings the one in capitals wins, if it is not empty.
fn network(variable: &dyn Fn(&str) -> Option<OsString>) -> Network {
    let text = |name: &str| {
        [name.to_owned(), name.to_ascii_lowercase()]
            .iter()
            .filter_map(|name| variable(name))
            .find(|value| !value.is_empty())
            // What is not text is no address, and the client says so.
            .map(|value| value.to_string_lossy().into_owned())
    };
    let proxy = |name: &str| text(name).map(Redacted::new);
    Network {
        https_proxy: proxy("HTTPS_PROXY"),
        http_proxy: proxy("HTTP_PROXY"),
        all_proxy: proxy("ALL_PROXY"),
        no_proxy: text("NO_PROXY").unwrap_or_default(),
        certificate_file: variable("SSL_CERT_FILE").map(PathBuf::from),
        certificate_directories: variable("SSL_CERT_DIR")
            .map(|list| std::env::split_paths(&list).collect())
            .unwrap_or_default(),
        further_certificates: Vec::new(),
    }
}

/// Where users' data is kept.
fn data_directory(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .or_else(|| absolute("LOCALAPPDATA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(at: Option<&str>, variables: &[(&str, &str)]) -> Result<Settings, CliError> {
        let global = Global {
            at: at.map(str::to_owned),
            db: None,
        };
        Settings::resolve(&global, &|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn source_date_epoch_dates_documents_and_at_dates_the_verdict() {
        let settings = resolve(
            Some("2026-01-02T03:04:05Z"),
            &[("SOURCE_DATE_EPOCH", "1000"), ("HOME", "/h")],
        )
        .unwrap();
        assert_eq!(settings.now.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(settings.document_time.unwrap().as_second(), 1000);
        assert_eq!(
            settings.database().unwrap(),
            Path::new("/h/.local/share/sealgate/db")
        );
    }

    #[test]
    fn only_a_command_that_needs_the_database_misses_a_home_directory() {
        let settings = resolve(None, &[]).unwrap();
        assert_eq!(settings.database().unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn proxies_and_certificates_are_those_of_other_tools() {
        let network = |variables: &[(&str, &str)]| resolve(None, variables).unwrap().network;
        let lower = network(&[
            ("https_proxy", "http://a.example"),
            ("no_proxy", "b.example"),
        ]);
        assert_eq!(lower.https_proxy.unwrap().expose(), "http://a.example");
        assert_eq!(lower.no_proxy, "b.example");
        let both = network(&[
            ("HTTPS_PROXY", "http://a.example"),
            ("https_proxy", "http://b.example"),
            ("HTTP_PROXY", ""),
            ("http_proxy", "http://c.example"),
            ("SSL_CERT_FILE", "/f.pem"),
            ("SSL_CERT_DIR", "/a:/b"),
        ]);
        assert_eq!(both.https_proxy.unwrap().expose(), "http://a.example");
        assert_eq!(both.http_proxy.unwrap().expose(), "http://c.example");
        assert_eq!(both.certificate_file.unwrap(), Path::new("/f.pem"));
        assert_eq!(both.certificate_directories.len(), 2);
    }

    #[test]
    fn a_malformed_time_is_a_usage_error() {
        let error = resolve(Some("tomorrow"), &[("HOME", "/h")]).unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("--at"), "{}", error.message);
        assert!(resolve(None, &[("SOURCE_DATE_EPOCH", "x"), ("HOME", "/h")]).is_err());
    }
}
