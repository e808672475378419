//! Package URLs (<https://github.com/package-url/purl-spec>).
//!
//! `packageurl` does the syntax; the rules of our own four types are applied here,
//! because it departs from their definitions: it folds the case of npm names (`JSONStream`
//! and `jsonstream` are two packages), keeps the case of Go module names and keeps the
//! dots of PyPI names, which PEP 503 makes equal to dashes.

use super::Ecosystem;
use packageurl::PackageUrl;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A type without rules in `packageurl`: stands in for npm, so that names keep their case.
const WITHOUT_RULES: &str = "x";

/// Why a package URL could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid package URL: {reason}")]
pub struct PurlError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The parts of a package URL, decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PurlParts<'a> {
    /// `npm`, `cargo`, …; any case.
    pub purl_type: &'a str,
    /// Segments separated by `/`; an npm scope keeps its `@`.
    pub namespace: Option<&'a str>,
    /// Never empty.
    pub name: &'a str,
    /// As the ecosystem writes it.
    pub version: Option<&'a str>,
    /// Keys and values; pairs with an empty value are left out.
    pub qualifiers: &'a [(&'a str, &'a str)],
    /// A path inside the package.
    pub subpath: Option<&'a str>,
}

/// A package URL in canonical form; equal packages have equal text. Cheap to clone.
#[derive(Clone)]
pub struct Purl(Arc<Inner>);

struct Inner {
    /// It alone decides equality and order; the rest follows from it.
    canonical: String,
    /// Where the type ends in it.
    slash: usize,
    parts: Parts,
}

/// What follows the type.
enum Parts {
    /// A name, and perhaps `@` and a version, which stand in the canonical text as they are.
    Plain {
        /// Where the name ends in the text.
        name_end: usize,
    },
    /// Parts that the text holds with escapes, or more parts.
    Decoded(Box<Decoded>),
}

struct Decoded {
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: Vec<(String, String)>,
    subpath: Option<String>,
}

/// What each package URL begins with.
const SCHEME: &str = "pkg:";

impl Purl {
    /// Reads and canonicalises a package URL of any type.
    ///
    /// # Errors
    /// [`PurlError`] with the reason.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        if has_broken_escape(text) {
            return Err(PurlError {
                text: text.to_owned(),
                reason: "a `%` in it is not followed by two hexadecimal digits".to_owned(),
            });
        }
        let mut purl = read(text, text)?;
        let purl_type = purl.ty().to_owned();
        if purl_type == Ecosystem::Npm.purl_type() {
            // A second reading under a type without rules keeps the case of the name.
            let rest = text
                .split_once(':')
                .and_then(|(_, rest)| rest.trim_start_matches('/').split_once('/'))
                .map_or("", |(_, rest)| rest);
            purl = read(&format!("pkg:{WITHOUT_RULES}/{rest}"), text)?;
        }
        let qualifiers: Vec<(&str, &str)> = purl
            .qualifiers()
            .iter()
            .map(|(key, value)| (key.as_ref(), value.as_ref()))
            .collect();
        Self::build(&PurlParts {
            purl_type: &purl_type,
            namespace: purl.namespace(),
            name: purl.name(),
            version: purl.version(),
            qualifiers: &qualifiers,
            subpath: purl.subpath(),
        })
    }

    /// Puts a package URL together from its parts, in canonical form.
    ///
    /// # Errors
    /// [`PurlError`] where a part breaks a rule of the specification or of its type.
    pub fn build(parts: &PurlParts<'_>) -> Result<Self, PurlError> {
        match Self::plain(parts) {
            Some(purl) => Ok(purl),
            None => Self::encoded(parts),
        }
    }

    /// The short way for almost every package: where nothing needs an escape, the canonical
    /// text is the parts put together. `None` where the syntax has to be looked at.
    fn plain(parts: &PurlParts<'_>) -> Option<Self> {
        let ecosystem = Ecosystem::from_purl_type(parts.purl_type)?;
        let is_without_rules = matches!(
            ecosystem,
            Ecosystem::Cargo | Ecosystem::Npm | Ecosystem::Pypi
        );
        let is_bare =
            parts.namespace.is_none() && parts.qualifiers.is_empty() && parts.subpath.is_none();
        let is_plain = is_plain(parts.name) && parts.version.is_none_or(is_plain);
        if !is_without_rules || !is_bare || !is_plain {
            return None;
        }
        let (name, version) = match ecosystem {
            Ecosystem::Pypi => (
                Cow::Owned(normalise_pypi(parts.name)),
                parts
                    .version
                    .map(|version| version.to_ascii_lowercase().into()),
            ),
            _ => (Cow::Borrowed(parts.name), parts.version.map(Cow::Borrowed)),
        };
        Some(Self::put_together(ecosystem, &name, version.as_deref()))
    }

    /// The text in one piece, without `format!`: there is one for every package.
    fn put_together(ecosystem: Ecosystem, name: &str, version: Option<&str>) -> Self {
        let purl_type = ecosystem.purl_type();
        let bytes = [purl_type, name, version.unwrap_or_default()].map(str::len);
        let marks = SCHEME.len() + "/@".len();
        let mut canonical = String::with_capacity(bytes.iter().sum::<usize>() + marks);
        canonical.push_str(SCHEME);
        canonical.push_str(purl_type);
        let slash = canonical.len();
        canonical.push('/');
        canonical.push_str(name);
        let name_end = canonical.len();
        if let Some(version) = version {
            canonical.push('@');
            canonical.push_str(version);
        }
        let parts = Parts::Plain { name_end };
        Self(Arc::new(Inner {
            canonical,
            slash,
            parts,
        }))
    }

    fn encoded(parts: &PurlParts<'_>) -> Result<Self, PurlError> {
        let failed = |reason: String| PurlError {
            text: format!("pkg:{}/{}", parts.purl_type, parts.name),
            reason,
        };
        let purl_type = parts.purl_type.to_ascii_lowercase();
        let ecosystem = Ecosystem::from_purl_type(&purl_type);
        let name = canonical_name(ecosystem, parts.name);
        let carrier = match ecosystem {
            Some(Ecosystem::Npm) => WITHOUT_RULES.to_owned(),
            _ => purl_type.clone(),
        };
        let mut purl =
            PackageUrl::new(carrier, name.as_str()).map_err(|error| failed(error.to_string()))?;
        let namespace = canonical_path(parts.namespace, |segment| match ecosystem {
            Some(Ecosystem::Golang) => segment.to_lowercase(),
            _ => segment.to_owned(),
        });
        if let Some(namespace) = &namespace {
            purl.with_namespace(namespace.as_str())
                .map_err(|error| failed(error.to_string()))?;
        }
        let version = parts.version.filter(|version| !version.is_empty());
        let version = version.map(|version| match ecosystem {
            // "case_sensitive": false in the type's definition.
            Some(Ecosystem::Pypi) => version.to_lowercase(),
            _ => version.to_owned(),
        });
        if let Some(version) = &version {
            purl.with_version(version.as_str())
                .map_err(|error| failed(error.to_string()))?;
        }
        for (key, value) in parts.qualifiers.iter().filter(|(_, v)| !v.is_empty()) {
            purl.add_qualifier(*key, *value)
                .map_err(|error| failed(error.to_string()))?;
        }
        if let Some(subpath) = canonical_path(parts.subpath, str::to_owned) {
            purl.with_subpath(subpath)
                .map_err(|error| failed(error.to_string()))?;
        }
        // Applies what only reading applies (mlflow's case rule), and refuses what would
        // not read back.
        let purl = read(&purl.to_string(), &purl.to_string())?;
        Ok(Self::from_canonical(&purl_type, &purl))
    }

    fn from_canonical(purl_type: &str, purl: &PackageUrl<'_>) -> Self {
        let text = purl.to_string();
        let rest = text.split_once('/').map_or("", |(_, rest)| rest);
        let mut qualifiers: Vec<(String, String)> = purl
            .qualifiers()
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        qualifiers.sort();
        Self(Arc::new(Inner {
            canonical: format!("{SCHEME}{purl_type}/{rest}"),
            slash: SCHEME.len() + purl_type.len(),
            parts: Parts::Decoded(Box::new(Decoded {
                namespace: purl.namespace().map(str::to_owned),
                name: purl.name().to_owned(),
                version: purl.version().map(str::to_owned),
                qualifiers,
                subpath: purl.subpath().map(str::to_owned),
            })),
        }))
    }

    /// The purl of a package under its ecosystem's own name: `@scope/name` for npm, a
    /// module path for Go, `group:artifact` for Maven, `vendor/name` for Composer. Qualifiers are sorted; empty values are left out.
    ///
    /// # Errors
    /// [`PurlError`] where the name cannot be a package name.
    pub fn of_package(
        ecosystem: Ecosystem,
        name: &str,
        version: Option<&str>,
        qualifiers: &[(&str, &str)],
    ) -> Result<Self, PurlError> {
        let (namespace, name) = match ecosystem {
            Ecosystem::Npm if name.starts_with('@') => split_last(name),
            Ecosystem::Golang | Ecosystem::Composer | Ecosystem::Swift | Ecosystem::Github => {
                split_last(name)
            }
            Ecosystem::Maven => match name.split_once(':') {
                Some((group, artifact)) => (Some(group), artifact),
                None => (None, name),
            },
            _ => (None, name),
        };
        Self::build(&PurlParts {
            purl_type: ecosystem.purl_type(),
            namespace,
            name,
            version,
            qualifiers,
            subpath: None,
        })
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.canonical
    }

    /// The type, lower-case: `npm`.
    #[must_use]
    pub fn purl_type(&self) -> &str {
        let range = SCHEME.len()..self.0.slash;
        self.0.canonical.get(range).unwrap_or_default()
    }

    fn decoded(&self) -> Option<&Decoded> {
        match &self.0.parts {
            Parts::Plain { .. } => None,
            Parts::Decoded(decoded) => Some(decoded),
        }
    }

    /// The namespace, decoded: `@scope`, `github.com/owner`.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.decoded()?.namespace.as_deref()
    }

    /// The name, decoded, without the namespace.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0.parts {
            Parts::Plain { name_end } => {
                let range = self.0.slash + 1..*name_end;
                self.0.canonical.get(range).unwrap_or_default()
            }
            Parts::Decoded(decoded) => &decoded.name,
        }
    }

    /// The version, decoded.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match &self.0.parts {
            Parts::Plain { name_end } => self.0.canonical.get(name_end + 1..),
            Parts::Decoded(decoded) => decoded.version.as_deref(),
        }
    }

    /// The name as its ecosystem writes it: `@scope/name` for npm, a module path for Go,
    /// `group:artifact` for Maven, `vendor/name` for Composer. Go's is in lower case here.
    #[must_use]
    pub fn package_name(&self) -> String {
        let ecosystem = Ecosystem::from_purl_type(self.purl_type());
        match (self.namespace(), ecosystem) {
            (Some(group), Some(Ecosystem::Maven)) => format!("{group}:{}", self.name()),
            (
                Some(namespace),
                Some(
                    Ecosystem::Npm
                    | Ecosystem::Golang
                    | Ecosystem::Composer
                    | Ecosystem::Swift
                    | Ecosystem::Github,
                ),
            ) => format!("{namespace}/{}", self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// The qualifiers, decoded, sorted by key.
    #[must_use]
    pub fn qualifiers(&self) -> &[(String, String)] {
        let decoded = self.decoded();
        decoded.map_or(&[], |decoded| decoded.qualifiers.as_slice())
    }

    /// The path inside the package, decoded.
    #[must_use]
    pub fn subpath(&self) -> Option<&str> {
        self.decoded()?.subpath.as_deref()
    }

    /// A part of the same package: a path inside it, segments separated by `/`.
    ///
    /// # Errors
    /// [`PurlError`] where the path cannot be part of a package URL.
    pub fn with_subpath(&self, subpath: &str) -> Result<Self, PurlError> {
        self.rebuilt(self.version(), Some(subpath))
    }

    /// The same package in another version; qualifiers and subpath stay.
    ///
    /// # Errors
    /// [`PurlError`] where the version cannot be part of a package URL.
    pub fn with_version(&self, version: &str) -> Result<Self, PurlError> {
        self.rebuilt(Some(version), self.subpath())
    }

    fn rebuilt(&self, version: Option<&str>, subpath: Option<&str>) -> Result<Self, PurlError> {
        let qualifiers: Vec<(&str, &str)> = self
            .qualifiers()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        Self::build(&PurlParts {
            purl_type: self.purl_type(),
            namespace: self.namespace(),
            name: self.name(),
            version,
            qualifiers: &qualifiers,
            subpath,
        })
    }

    /// The same package in any version: without version, qualifiers and subpath.
    #[must_use]
    pub fn without_version(&self) -> Self {
        let canonical = self.0.canonical.as_str();
        let (canonical, parts) = match &self.0.parts {
            Parts::Plain { name_end } => (
                canonical.get(..*name_end),
                Parts::Plain {
                    name_end: *name_end,
                },
            ),
            // In canonical text these characters stand unencoded only before those parts.
            Parts::Decoded(decoded) => (
                canonical.split(['@', '?', '#']).next(),
                Parts::Decoded(Box::new(Decoded {
                    namespace: decoded.namespace.clone(),
                    name: decoded.name.clone(),
                    version: None,
                    qualifiers: Vec::new(),
                    subpath: None,
                })),
            ),
        };
        Self(Arc::new(Inner {
            canonical: canonical.unwrap_or_default().to_owned(),
            slash: self.0.slash,
            parts,
        }))
    }
}

fn read(text: &str, shown: &str) -> Result<PackageUrl<'static>, PurlError> {
    text.parse().map_err(|error: packageurl::Error| PurlError {
        text: shown.to_owned(),
        reason: error.to_string(),
    })
}

/// Letters, digits and the marks that are never escaped; not dots alone, which are no name.
fn is_plain(text: &str) -> bool {
    let mut is_name = false;
    for b in text.bytes() {
        match b {
            b'.' | b'-' | b'_' | b'~' => {}
            _ if b.is_ascii_alphanumeric() => is_name = true,
            _ => return false,
        }
    }
    is_name
}

fn has_broken_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|rest| {
        let digits = rest.bytes().take(2).filter(u8::is_ascii_hexdigit);
        digits.count() < 2
    })
}

fn canonical_name(ecosystem: Option<Ecosystem>, name: &str) -> String {
    match ecosystem {
        Some(Ecosystem::Pypi) => normalise_pypi(name),
        Some(Ecosystem::Golang) => name.to_lowercase(),
        _ => name.to_owned(),
    }
}

/// Lower case, runs of `-`, `_` and `.` as one `-`
/// (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
fn normalise_pypi(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' => {
                if !normal.ends_with('-') {
                    normal.push('-');
                }
            }
            c => normal.extend(c.to_lowercase()),
        }
    }
    normal
}

fn canonical_path(path: Option<&str>, canonical: impl Fn(&str) -> String) -> Option<String> {
    let segments: Vec<String> = path?
        .split('/')
        .filter(|segment| !matches!(*segment, "" | "." | ".."))
        .map(canonical)
        .collect();
    (!segments.is_empty()).then(|| segments.join("/"))
}

fn split_last(name: &str) -> (Option<&str>, &str) {
    match name.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, name),
    }
}

impl PartialEq for Purl {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for Purl {}

impl PartialOrd for Purl {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Purl {
    fn cmp(&self, other: &Self) -> Ordering {
        match Arc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.as_str().cmp(other.as_str()),
        }
    }
}

impl Hash for Purl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ecosystem: Ecosystem, name: &str, version: &str) -> String {
        let purl = Purl::of_package(ecosystem, name, Some(version), &[]).unwrap();
        assert_eq!(Purl::parse(purl.as_str()).unwrap(), purl);
        purl.to_string()
    }

    #[test]
    fn an_npm_scope_is_the_namespace_and_names_keep_their_case() {
        assert_eq!(
            of(Ecosystem::Npm, "@Scope/Name", "1.0.0"),
            "pkg:npm/%40Scope/Name@1.0.0"
        );
        let purl = Purl::parse("pkg:NPM/JSONStream@1").unwrap();
        assert_eq!(purl.as_str(), "pkg:npm/JSONStream@1");
        assert_ne!(purl, Purl::parse("pkg:npm/jsonstream@1").unwrap());
    }

    #[test]
    fn a_go_module_path_is_split_and_lower_cased() {
        assert_eq!(
            of(Ecosystem::Golang, "github.com/BurntSushi/TOML", "v1.0.0"),
            "pkg:golang/github.com/burntsushi/toml@v1.0.0"
        );
        assert_eq!(
            of(Ecosystem::Golang, "example.com", "v2.0.0+incompatible"),
            "pkg:golang/example.com@v2.0.0%2Bincompatible"
        );
    }

    #[test]
    fn spellings_of_one_python_project_share_a_purl() {
        for name in ["Zope.Interface", "zope_interface", "ZOPE-_.interface"] {
            assert_eq!(
                of(Ecosystem::Pypi, name, "5.0RC1"),
                "pkg:pypi/zope-interface@5.0rc1"
            );
        }
    }

    #[test]
    fn qualifiers_are_sorted_and_part_of_the_identity() {
        let purl = Purl::of_package(
            Ecosystem::Cargo,
            "a",
            Some("1.0.0+b"),
            &[
                ("vcs_url", "git+https://h.example/a@0f"),
                ("arch", "x"),
                ("k", ""),
            ],
        )
        .unwrap();
        assert_eq!(
            purl.as_str(),
            "pkg:cargo/a@1.0.0%2Bb?arch=x&vcs_url=git%2Bhttps:%2F%2Fh.example%2Fa%400f"
        );
        assert_eq!(purl.version(), Some("1.0.0+b"));
        assert_eq!(purl.without_version().as_str(), "pkg:cargo/a");
        assert_eq!(
            purl.without_version(),
            Purl::parse("pkg:cargo/a@2").unwrap().without_version()
        );
    }

    #[test]
    fn an_escape_that_is_none_is_refused() {
        for text in ["pkg:npm/%zz@1", "pkg:cargo/a@1%", "pkg:cargo/a@1?k=%4"] {
            let error = Purl::parse(text).unwrap_err();
            assert!(error.reason.contains("hexadecimal"), "{error}");
        }
        assert_eq!(Purl::parse("pkg:cargo/a%2Db@1").unwrap().name(), "a-b");
    }

    proptest::proptest! {
        #[test]
        fn the_short_way_ends_where_the_long_one_does(
            name in "[A-Za-z0-9._~-]{0,12}",
            version in proptest::option::of("[A-Za-z0-9._~+-]{0,8}"),
            place in 0_usize..3,
        ) {
            let ecosystem = [Ecosystem::Cargo, Ecosystem::Npm, Ecosystem::Pypi][place];
            let parts = PurlParts {
                purl_type: ecosystem.purl_type(),
                name: &name,
                version: version.as_deref(),
                ..PurlParts::default()
            };
            if let Some(purl) = Purl::plain(&parts) {
                let long = Purl::encoded(&parts).unwrap();
                proptest::prop_assert_eq!(purl.as_str(), long.as_str());
                proptest::prop_assert_eq!(purl.purl_type(), long.purl_type());
                proptest::prop_assert!(purl.name() == long.name() && purl.version() == long.version());
                let (bare, long) = (purl.without_version(), long.without_version());
                proptest::prop_assert_eq!(bare.as_str(), long.as_str());
                proptest::prop_assert!(bare.name() == long.name() && bare.version().is_none());
            }
        }
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused() {
        for text in ["", "pkg:", "pkg:cargo", "pkg:cargo/", "pkg:cargo/ns/name"] {
            assert!(Purl::parse(text).is_err(), "{text}");
        }
        assert!(Purl::of_package(Ecosystem::Npm, "", None, &[]).is_err());
        assert!(Purl::of_package(Ecosystem::Npm, "@scope/", None, &[]).is_err());
        let slash = Purl::of_package(Ecosystem::Cargo, "a/b@c?d#e", Some("1"), &[]).unwrap();
        assert_eq!(slash.as_str(), "pkg:cargo/a%2Fb%40c%3Fd%23e@1");
        assert_eq!(slash.name(), "a/b@c?d#e");
    }
}
