//! The ways of ordering versions, and the names that people use for them.

use crate::model::Ecosystem;

/// A way of ordering versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Semantic Versioning 2.0.0: Cargo, npm, Go, Hex, SwiftPM and GitHub Actions.
    Semver,
    /// PEP 440: Python.
    Pep440,
    /// `ComparableVersion`: Maven.
    Maven,
    /// `NuGet.Versioning`: .NET.
    Nuget,
    /// `Gem::Version`: Ruby.
    Gem,
    /// `composer/semver`: PHP.
    Composer,
    /// `pub_semver`, which orders build metadata: Dart.
    Pub,
    /// `VersionNumber`, which orders build metadata: Julia.
    Julia,
    /// Numbers separated by dots and dashes: R.
    Cran,
    /// Numbers separated by dots: Haskell.
    Hackage,
    /// `bitnami/go-version`: what follows the dash is a revision.
    Bitnami,
    /// `dpkg`: Debian, Ubuntu.
    Debian,
    /// `apk`: Alpine, Wolfi, Chainguard.
    Alpine,
    /// `rpmvercmp`: Red Hat, SUSE and their kin.
    Rpm,
    /// The order of this ecosystem is not known here: no two versions can be compared.
    Unordered,
}

/// Names beside those of [`Ecosystem`]: schemes by their specification, and the OSV
/// ecosystems that have no entry there
/// (<https://ossf.github.io/osv-schema/#defined-ecosystems>).
const OTHER_NAMES: [(&str, Scheme); 21] = [
    ("semver", Scheme::Semver),
    ("pep440", Scheme::Pep440),
    ("Bioconductor", Scheme::Cran),
    ("Bitnami", Scheme::Bitnami),
    ("GHC", Scheme::Hackage),
    ("VSCode", Scheme::Semver),
    ("Echo", Scheme::Debian),
    ("Ubuntu", Scheme::Debian),
    ("Alpaquita", Scheme::Alpine),
    ("BellSoft Hardened Containers", Scheme::Alpine),
    ("Chainguard", Scheme::Alpine),
    ("MinimOS", Scheme::Alpine),
    ("Wolfi", Scheme::Alpine),
    ("AlmaLinux", Scheme::Rpm),
    ("Azure Linux", Scheme::Rpm),
    ("Mageia", Scheme::Rpm),
    ("openEuler", Scheme::Rpm),
    ("openSUSE", Scheme::Rpm),
    ("Photon OS", Scheme::Rpm),
    ("Rocky Linux", Scheme::Rpm),
    ("SUSE", Scheme::Rpm),
];

impl Scheme {
    /// The scheme of an ecosystem.
    #[must_use]
    pub fn of(ecosystem: Ecosystem) -> Self {
        match ecosystem {
            // OSV gives records about actions ranges of type SEMVER.
            Ecosystem::Cargo
            | Ecosystem::Npm
            | Ecosystem::Golang
            | Ecosystem::Hex
            | Ecosystem::Swift
            | Ecosystem::Github => Self::Semver,
            Ecosystem::Pypi => Self::Pep440,
            Ecosystem::Maven => Self::Maven,
            Ecosystem::Nuget => Self::Nuget,
            Ecosystem::Gem => Self::Gem,
            Ecosystem::Composer => Self::Composer,
            Ecosystem::Pub => Self::Pub,
            Ecosystem::Julia => Self::Julia,
            Ecosystem::Cran => Self::Cran,
            Ecosystem::Hackage => Self::Hackage,
            Ecosystem::Deb => Self::Debian,
            Ecosystem::Apk => Self::Alpine,
            Ecosystem::Rpm => Self::Rpm,
            Ecosystem::Generic => Self::Unordered,
        }
    }

    /// The scheme behind a name that people use: a purl type, an OSV ecosystem name with
    /// or without a release (`Debian:12`), or `semver` and `pep440`; in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let base = name.split_once(':').map_or(name, |(base, _)| base);
        Self::known()
            .find(|(known, _)| known.eq_ignore_ascii_case(base))
            .map(|(_, scheme)| scheme)
    }

    /// Every name that [`Scheme::from_name`] takes, sorted.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<_> = Self::known().map(|(name, _)| name).collect();
        names.sort_by_key(|name| name.to_ascii_lowercase());
        names.dedup_by_key(|name| name.to_ascii_lowercase());
        names
    }

    fn known() -> impl Iterator<Item = (&'static str, Self)> {
        Ecosystem::ALL
            .into_iter()
            .flat_map(|e| [(e.purl_type(), Self::of(e)), (e.osv_name(), Self::of(e))])
            .chain(OTHER_NAMES)
            .filter(|(_, scheme)| *scheme != Self::Unordered)
    }
}
