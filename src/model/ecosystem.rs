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
}

impl Ecosystem {
    /// Every ecosystem.
    pub const ALL: [Self; 4] = [Self::Cargo, Self::Npm, Self::Pypi, Self::Golang];

    /// The purl type (<https://github.com/package-url/purl-spec>, `types/`).
    #[must_use]
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Golang => "golang",
        }
    }

    /// The OSV ecosystem name (<https://ossf.github.io/osv-schema/#defined-ecosystems>).
    #[must_use]
    pub fn osv_name(self) -> &'static str {
        match self {
            Self::Cargo => "crates.io",
            Self::Npm => "npm",
            Self::Pypi => "PyPI",
            Self::Golang => "Go",
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
