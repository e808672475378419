//! The package ecosystems, with the names that purl and OSV give them.

use std::fmt;

/// Where a package lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Rust crates.
    Cargo,
    /// JavaScript packages.
    Npm,
    /// Python distributions.
    Pypi,
    /// Go modules.
    Golang,
    /// JVM artifacts; names are `group:artifact`.
    Maven,
    /// .NET packages.
    Nuget,
    /// Ruby gems.
    Gem,
    /// PHP packages; names are `vendor/name`.
    Composer,
    /// Swift packages; names are `host/owner/name`.
    Swift,
    /// Erlang and Elixir packages.
    Hex,
    /// Dart packages.
    Pub,
    /// GitHub repositories and actions; names are `owner/name`.
    Github,
    /// Debian packages.
    Deb,
    /// Alpine packages.
    Apk,
    /// RPM packages.
    Rpm,
    /// R packages.
    Cran,
    /// Haskell packages.
    Hackage,
    /// Julia packages.
    Julia,
    /// Anything that no registry serves; OSV has no such ecosystem.
    Generic,
}

impl Ecosystem {
    /// Every ecosystem.
    pub const ALL: [Self; 19] = [
        Self::Cargo,
        Self::Npm,
        Self::Pypi,
        Self::Golang,
        Self::Maven,
        Self::Nuget,
        Self::Gem,
        Self::Composer,
        Self::Swift,
        Self::Hex,
        Self::Pub,
        Self::Github,
        Self::Deb,
        Self::Apk,
        Self::Rpm,
        Self::Cran,
        Self::Hackage,
        Self::Julia,
        Self::Generic,
    ];

    /// The purl type (<https://github.com/package-url/purl-spec>, `types/`).
    #[must_use]
    pub fn purl_type(self) -> &'static str {
        self.names().0
    }

    /// The OSV ecosystem name (<https://ossf.github.io/osv-schema/#defined-ecosystems>).
    #[must_use]
    pub fn osv_name(self) -> &'static str {
        self.names().1
    }

    /// purl type and OSV name.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Cargo => ("cargo", "crates.io"),
            Self::Npm => ("npm", "npm"),
            Self::Pypi => ("pypi", "PyPI"),
            Self::Golang => ("golang", "Go"),
            Self::Maven => ("maven", "Maven"),
            Self::Nuget => ("nuget", "NuGet"),
            Self::Gem => ("gem", "RubyGems"),
            Self::Composer => ("composer", "Packagist"),
            Self::Swift => ("swift", "SwiftURL"),
            Self::Hex => ("hex", "Hex"),
            Self::Pub => ("pub", "Pub"),
            Self::Github => ("github", "GitHub Actions"),
            Self::Deb => ("deb", "Debian"),
            Self::Apk => ("apk", "Alpine"),
            Self::Rpm => ("rpm", "Red Hat"),
            Self::Cran => ("cran", "CRAN"),
            Self::Hackage => ("hackage", "Hackage"),
            Self::Julia => ("julia", "Julia"),
            Self::Generic => ("generic", "generic"),
        }
    }

    /// The ecosystem of a purl type, if it is one of ours.
    #[must_use]
    pub fn from_purl_type(purl_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.purl_type() == purl_type)
    }

    /// The ecosystem of an OSV name; a suffix after `:` (a release) is ignored.
    #[must_use]
    pub fn from_osv_name(name: &str) -> Option<Self> {
        let base = name.split_once(':').map_or(name, |(base, _)| base);
        Self::ALL.into_iter().find(|e| e.osv_name() == base)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.purl_type())
    }
}
