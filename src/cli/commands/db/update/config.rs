//! `db.toml`: where advisories come from, and how to reach it.

use super::error::ConfigError;
use super::source::{Kind, Mirror, Source};
use crate::model::{Ecosystem, TomlProblem};
use crate::support::http::Limits;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Name of the file in the database directory.
pub const FILE_NAME: &str = "db.toml";
/// Larger files are refused.
pub const MAX_BYTES: u64 = 1024 * 1024;
/// Longest time limit, in seconds.
const MAX_SECONDS: f64 = 86_400.0;
/// Most attempts.
const MAX_ATTEMPTS: u32 = 100;

/// The ecosystems that OSV has dumps of.
pub fn known_ecosystems() -> impl Iterator<Item = Ecosystem> {
    let all = Ecosystem::ALL.into_iter();
    all.filter(|ecosystem| *ecosystem != Ecosystem::Generic)
}

/// The settings as they are meant.
#[derive(Debug, Default)]
pub struct Config {
    /// The sources, each once.
    pub sources: Vec<Source>,
    /// Ecosystems of OSV; none where none is named.
    pub ecosystems: Vec<Ecosystem>,
    /// Time limits and retries.
    pub limits: Limits,
    /// Further trusted certificates.
    pub certificates: Vec<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    schema: u32,
    #[serde(default)]
    source: Vec<SourceTable>,
    #[serde(default)]
    http: HttpTable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SourceTable {
    kind: String,
    mirrors: Vec<String>,
    name: Option<String>,
    ecosystems: Option<Vec<String>>,
    #[serde(default)]
    redirect_hosts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct HttpTable {
    ca_file: Option<PathBuf>,
    connect_seconds: Option<f64>,
    idle_seconds: Option<f64>,
    total_seconds: Option<f64>,
    retry_seconds: Option<f64>,
    attempts: Option<u32>,
}

impl Config {
    /// Reads the file. `file` is its name for messages; `directory` is what its relative
    /// paths start from.
    ///
    /// # Errors
    /// Every variant of [`ConfigError`] but `NotASource`.
    pub fn parse(bytes: &[u8], file: &str, directory: &Path) -> Result<Self, ConfigError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ConfigError::NotText {
            file: file.to_owned(),
        })?;
        let document: Document =
            toml::from_str(text).map_err(|error| describe(&error, text, file))?;
        if document.schema != 1 {
            return Err(ConfigError::UnknownSchema {
                file: file.to_owned(),
                got: document.schema,
            });
        }
        let mut config = Self {
            limits: document.http.limits(file)?,
            ..Self::default()
        };
        config.certificates = document
            .http
            .ca_file
            .into_iter()
            .map(|path| directory.join(path))
            .collect();
        for (index, table) in document.source.into_iter().enumerate() {
            let place = format!("{file}: source {}", index + 1);
            config.add_table(table, &place, directory)?;
        }
        Ok(config)
    }

    fn add_table(
        &mut self,
        table: SourceTable,
        place: &str,
        directory: &Path,
    ) -> Result<(), ConfigError> {
        let kind = parse_kind(&table.kind, place)?;
        let misplaced = |key, kind: Kind| ConfigError::Misplaced {
            place: place.to_owned(),
            key,
            kind: kind.name(),
        };
        if table.name.is_some() && kind != Kind::Private {
            return Err(misplaced("name", Kind::Private));
        }
        if table.ecosystems.is_some() && kind != Kind::Osv {
            return Err(misplaced("ecosystems", Kind::Osv));
        }
        for name in table.ecosystems.iter().flatten() {
            self.add_ecosystem(parse_ecosystem(name, place)?);
        }
        let mut source = Source::new(kind, table.name);
        if let Some(name) = source.name.as_deref().filter(|name| !is_plain(name)) {
            return Err(ConfigError::BadName {
                place: place.to_owned(),
                name: name.to_owned(),
            });
        }
        source.mirrors = parse_mirrors(table.mirrors.iter().map(String::as_str), place, directory)?;
        source.redirect_hosts = table.redirect_hosts;
        self.add_source(source, place)
    }

    /// Takes the options: where one names a source, those of the file are left out.
    ///
    /// # Errors
    /// [`ConfigError::NotASource`], [`ConfigError::UnknownKind`],
    /// [`ConfigError::UnknownEcosystem`], [`ConfigError::NoMirror`],
    /// [`ConfigError::Mirror`], [`ConfigError::Twice`].
    pub fn take_options(
        &mut self,
        sources: &[String],
        ecosystems: &[String],
        redirect_hosts: &[String],
    ) -> Result<(), ConfigError> {
        if !sources.is_empty() {
            self.sources.clear();
        }
        for option in sources {
            let place = format!("--source {}", crate::model::fold_url_credentials(option));
            let (kind, mirrors) =
                option
                    .split_once('=')
                    .ok_or_else(|| ConfigError::NotASource {
                        place: place.clone(),
                    })?;
            let kind = parse_kind(kind, &place)?;
            // A private source needs no name: it has its place in the order of options.
            let mut source = Source::new(kind, None);
            let private = self.sources.iter().filter(|s| s.kind == Kind::Private);
            let before = private.count();
            if kind == Kind::Private && before > 0 {
                source.name = Some((before + 1).to_string());
            }
            source.mirrors = parse_mirrors(mirrors.split(','), &place, Path::new(""))?;
            self.add_source(source, &place)?;
        }
        if !ecosystems.is_empty() {
            self.ecosystems.clear();
        }
        for name in ecosystems {
            self.add_ecosystem(parse_ecosystem(name, "--ecosystem")?);
        }
        for source in &mut self.sources {
            source.redirect_hosts.extend_from_slice(redirect_hosts);
        }
        Ok(())
    }

    /// Adds one, once.
    pub fn add_ecosystem(&mut self, ecosystem: Ecosystem) {
        if !self.ecosystems.contains(&ecosystem) {
            self.ecosystems.push(ecosystem);
        }
    }

    fn add_source(&mut self, source: Source, place: &str) -> Result<(), ConfigError> {
        if source.mirrors.is_empty() {
            return Err(ConfigError::NoMirror {
                place: place.to_owned(),
            });
        }
        let id = source.id();
        if self.sources.iter().any(|other| other.id() == id) {
            return Err(ConfigError::Twice {
                place: place.to_owned(),
                name: id,
            });
        }
        self.sources.push(source);
        Ok(())
    }
}

impl HttpTable {
    fn limits(&self, file: &str) -> Result<Limits, ConfigError> {
        let default = Limits::default();
        let bad = |key, most| ConfigError::BadLimit {
            file: file.to_owned(),
            key,
            most,
        };
        let seconds = |key, value: Option<f64>, default: Duration| match value {
            None => Ok(default),
            Some(value) if value > 0.0 && value <= MAX_SECONDS => {
                Ok(Duration::from_secs_f64(value))
            }
            Some(_) => Err(bad(key, MAX_SECONDS)),
        };
        let attempts = self.attempts.unwrap_or(default.attempts);
        if attempts == 0 || attempts > MAX_ATTEMPTS {
            return Err(bad("attempts", f64::from(MAX_ATTEMPTS)));
        }
        Ok(Limits {
            connect: seconds("connect-seconds", self.connect_seconds, default.connect)?,
            idle: seconds("idle-seconds", self.idle_seconds, default.idle)?,
            total: seconds("total-seconds", self.total_seconds, default.total)?,
            first_wait: seconds("retry-seconds", self.retry_seconds, default.first_wait)?,
            attempts,
            redirects: default.redirects,
        })
    }
}

fn describe(error: &toml::de::Error, text: &str, file: &str) -> ConfigError {
    let file = file.to_owned();
    match TomlProblem::of(error, text) {
        TomlProblem::UnknownKey { line, key, nearest } => ConfigError::UnknownKey {
            file,
            line,
            key,
            nearest,
        },
        TomlProblem::Malformed { line, message } => ConfigError::Malformed {
            file,
            line,
            message,
        },
    }
}

fn parse_kind(name: &str, place: &str) -> Result<Kind, ConfigError> {
    let mut all = Kind::ALL.into_iter();
    all.find(|kind| kind.name() == name)
        .ok_or_else(|| ConfigError::UnknownKind {
            place: place.to_owned(),
            kind: name.to_owned(),
        })
}

/// By the name that OSV or a purl gives it.
fn parse_ecosystem(name: &str, place: &str) -> Result<Ecosystem, ConfigError> {
    known_ecosystems()
        .find(|ecosystem| {
            let names = [ecosystem.osv_name(), ecosystem.purl_type()];
            names.iter().any(|known| known.eq_ignore_ascii_case(name))
        })
        .ok_or_else(|| ConfigError::UnknownEcosystem {
            place: place.to_owned(),
            name: name.to_owned(),
        })
}

fn parse_mirrors<'a>(
    mirrors: impl Iterator<Item = &'a str>,
    place: &str,
    directory: &Path,
) -> Result<Vec<Mirror>, ConfigError> {
    mirrors
        .map(str::trim)
        .filter(|mirror| !mirror.is_empty())
        .map(|mirror| {
            Mirror::parse(mirror, directory).map_err(|source| ConfigError::Mirror {
                place: place.to_owned(),
                source,
            })
        })
        .collect()
}

/// Whether a name can be the name of a directory everywhere.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hint as _;

    fn parse(rest: &str) -> Result<Config, ConfigError> {
        let text = format!("schema = 1\n{rest}");
        Config::parse(text.as_bytes(), "db.toml", Path::new("/etc/sealgate"))
    }

    #[test]
    fn a_file_says_where_everything_comes_from() {
        let config = parse(
            "[[source]]\nkind = \"osv\"\nmirrors = [\"https://m.example/osv\", \"../osv\"]\n\
             ecosystems = [\"npm\", \"PyPI\", \"npm\"]\nredirect-hosts = [\"files.example\"]\n\
             [[source]]\nkind = \"private\"\nname = \"in-house\"\nmirrors = [\"/srv/own\"]\n\
             [http]\nca-file = \"ca.pem\"\nidle-seconds = 0.5\ntotal-seconds = 60\nattempts = 5\n",
        )
        .unwrap();
        let [osv, private] = config.sources.as_slice() else {
            panic!("two sources expected")
        };
        assert_eq!(osv.mirrors.len(), 2);
        assert!(
            matches!(&osv.mirrors[1], Mirror::Path(p) if p == Path::new("/etc/sealgate/../osv"))
        );
        assert_eq!(osv.redirect_hosts, ["files.example"]);
        assert_eq!(private.id(), "private in-house");
        assert_eq!(config.ecosystems, [Ecosystem::Npm, Ecosystem::Pypi]);
        assert_eq!(config.limits.idle, Duration::from_millis(500));
        assert_eq!(config.limits.total, Duration::from_mins(1));
        assert_eq!(config.limits.attempts, 5);
        assert_eq!(config.certificates, [Path::new("/etc/sealgate/ca.pem")]);
    }

    #[test]
    fn a_typo_names_its_line_and_what_was_meant() {
        let error = parse("[http]\nidle-second = 1\n").unwrap_err();
        assert_eq!(error.to_string(), "db.toml:3: unknown key `idle-second`");
        assert_eq!(error.hint().unwrap(), "did you mean `idle-seconds`?");
        let error = parse("[[source]]\nkind = \"rustsek\"\nmirrors = [\"/x\"]\n").unwrap_err();
        assert_eq!(error.hint().unwrap(), "did you mean `rustsec`?");
        let error =
            parse("[[source]]\nkind = \"osv\"\nmirrors = [\"/x\"]\necosystems = [\"PyPy\"]\n")
                .unwrap_err();
        assert_eq!(error.hint().unwrap(), "did you mean `PyPI`?");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let source = |rest: &str| format!("[[source]]\n{rest}");
        type IsExpected = fn(&ConfigError) -> bool;
        let cases: [(String, IsExpected); 11] = [
            (source("kind = \"kev\"\nmirrors = []\n"), |e| {
                matches!(e, ConfigError::NoMirror { .. })
            }),
            (
                source("kind = \"kev\"\nmirrors = [\"ftp://m.example\"]\n"),
                |e| matches!(e, ConfigError::Mirror { .. }),
            ),
            (
                source("kind = \"kev\"\nmirrors = [\"/x\"]\nname = \"x\"\n"),
                |e| matches!(e, ConfigError::Misplaced { key: "name", .. }),
            ),
            (
                source("kind = \"kev\"\nmirrors = [\"/x\"]\necosystems = []\n"),
                |e| {
                    matches!(
                        e,
                        ConfigError::Misplaced {
                            key: "ecosystems",
                            ..
                        }
                    )
                },
            ),
            (
                source("kind = \"private\"\nmirrors = [\"/x\"]\nname = \"../x\"\n"),
                |e| matches!(e, ConfigError::BadName { .. }),
            ),
            (
                source("kind = \"kev\"\nmirrors = [\"/x\"]\n").repeat(2),
                |e| matches!(e, ConfigError::Twice { .. }),
            ),
            ("[http]\ntotal-seconds = 0\n".to_owned(), |e| {
                matches!(
                    e,
                    ConfigError::BadLimit {
                        key: "total-seconds",
                        ..
                    }
                )
            }),
            ("[http]\nidle-seconds = nan\n".to_owned(), |e| {
                matches!(e, ConfigError::BadLimit { .. })
            }),
            ("[http]\nattempts = 0\n".to_owned(), |e| {
                matches!(
                    e,
                    ConfigError::BadLimit {
                        key: "attempts",
                        ..
                    }
                )
            }),
            (source("kind = \"kev\"\n"), |e| {
                matches!(e, ConfigError::Malformed { .. })
            }),
            ("[[source]\n".to_owned(), |e| {
                matches!(e, ConfigError::Malformed { line: 2, .. })
            }),
        ];
        for (text, is_expected) in cases {
            let error = parse(&text).unwrap_err();
            assert!(is_expected(&error), "{text}: {error:?}");
        }
        let other = Config::parse(b"schema = 2\n", "db.toml", Path::new("")).unwrap_err();
        assert!(matches!(other, ConfigError::UnknownSchema { got: 2, .. }));
        let other = Config::parse(b"\xff", "db.toml", Path::new("")).unwrap_err();
        assert!(matches!(other, ConfigError::NotText { .. }));
    }

    #[test]
    fn options_stand_in_place_of_the_sources_of_the_file() {
        let mut config =
            parse("[[source]]\nkind = \"osv\"\nmirrors = [\"/x\"]\necosystems = [\"npm\"]\n")
                .unwrap();
        let options = [
            "osv=https://a.example/osv,https://b.example/osv",
            "kev=k.json",
            "private=/srv/a",
            "private=/srv/b",
        ];
        let options: Vec<String> = options.map(str::to_owned).into();
        config
            .take_options(&options, &["golang".to_owned()], &["f.example".to_owned()])
            .unwrap();
        let ids: Vec<_> = config.sources.iter().map(Source::id).collect();
        assert_eq!(ids, ["osv", "kev", "private", "private 2"]);
        assert_eq!(config.sources[0].mirrors.len(), 2);
        assert_eq!(config.ecosystems, [Ecosystem::Golang]);
        assert_eq!(config.sources[1].redirect_hosts, ["f.example"]);
        for wrong in ["osv", "osv=", "osv=,", "oss=/x", "osv=ftp://x.example"] {
            let error = config
                .take_options(&[wrong.to_owned()], &[], &[])
                .unwrap_err();
            assert!(error.hint().is_some(), "{wrong}");
        }
        let twice = ["kev=/x".to_owned(), "kev=/y".to_owned()];
        assert!(matches!(
            config.take_options(&twice, &[], &[]).unwrap_err(),
            ConfigError::Twice { .. }
        ));
    }

    #[test]
    fn no_message_shows_a_credential() {
        let secret = ["hush", "hush"].concat();
        for option in [
            format!("osv=ftp://u:{secret}@m.example/"),
            format!("oss=https://u:{secret}@m.example/"),
        ] {
            let error = Config::default()
                .take_options(&[option], &[], &[])
                .unwrap_err();
            assert!(!error.to_string().contains(&secret), "{error}");
        }
    }
}
