//! Sources and their mirrors, and the single files that are fetched from them.

use super::content::Content;
use crate::model::Ecosystem;
use crate::support::http::{Address, HttpError};
use std::fmt;
use std::path::{Path, PathBuf};

/// What a source holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// OSV dumps: `<mirror>/<Ecosystem>/all.zip`.
    Osv,
    /// The RustSec tree: a directory, or an archive of it.
    Rustsec,
    /// CISA's catalogue of exploited vulnerabilities.
    Kev,
    /// EPSS scores.
    Epss,
    /// OSV records of one's own: a directory, an archive or a file.
    Private,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Osv,
        Self::Rustsec,
        Self::Kev,
        Self::Epss,
        Self::Private,
    ];

    /// As settings and options write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Osv => "osv",
            Self::Rustsec => "rustsec",
            Self::Kev => "kev",
            Self::Epss => "epss",
            Self::Private => "private",
        }
    }
}

/// Where a source can be had.
#[derive(Debug, Clone)]
pub enum Mirror {
    /// From a server.
    Web(Address),
    /// On this machine; read where it is.
    Path(PathBuf),
}

impl Mirror {
    /// Reads an address (whatever has `://`) or a path below `directory`.
    ///
    /// # Errors
    /// [`HttpError::BadAddress`].
    pub fn parse(text: &str, directory: &Path) -> Result<Self, HttpError> {
        if text.contains("://") {
            return Address::parse(text).map(Self::Web);
        }
        Ok(Self::Path(directory.join(text)))
    }

    fn join(&self, names: &[&str]) -> Self {
        match self {
            Self::Web(address) => Self::Web(address.join(names)),
            Self::Path(path) => {
                let mut path = path.clone();
                path.extend(names);
                Self::Path(path)
            }
        }
    }
}

/// Without credentials.
impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

/// One source.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it holds.
    pub kind: Kind,
    /// Of a private source, to tell it from others.
    pub name: Option<String>,
    /// Where it can be had, the preferred one first.
    pub mirrors: Vec<Mirror>,
    /// Further hosts that a mirror may redirect to.
    pub redirect_hosts: Vec<String>,
}

/// One thing to have: a file of a server, or a file or directory of this machine.
#[derive(Debug, Clone)]
pub struct Item {
    /// As people and the index call it: `OSV npm`, `KEV`.
    pub name: String,
    /// Its directory in the cache: `osv/npm`.
    pub key: PathBuf,
    /// What it must be.
    pub content: Content,
    /// Where it can be had.
    pub mirrors: Vec<Mirror>,
    /// Further hosts that a mirror may redirect to.
    pub redirect_hosts: Vec<String>,
}

impl Source {
    /// One without mirrors.
    #[must_use]
    pub fn new(kind: Kind, name: Option<String>) -> Self {
        Self {
            kind,
            name,
            mirrors: Vec::new(),
            redirect_hosts: Vec::new(),
        }
    }

    /// Kind, or kind and name.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.name {
            Some(name) => format!("{} {name}", self.kind.name()),
            None => self.kind.name().to_owned(),
        }
    }

    /// What there is to have of it; of OSV one dump per ecosystem.
    #[must_use]
    pub fn items(&self, ecosystems: &[Ecosystem]) -> Vec<Item> {
        let item = |name: &str, key: &[&str], content, mirrors| Item {
            name: name.to_owned(),
            key: key.iter().collect(),
            content,
            mirrors,
            redirect_hosts: self.redirect_hosts.clone(),
        };
        let single = |name: &str, content| {
            let key = self.kind.name();
            let key = [key, self.name.as_deref().unwrap_or("default")];
            vec![item(name, &key, content, self.mirrors.clone())]
        };
        match self.kind {
            Kind::Osv => ecosystems
                .iter()
                .map(|ecosystem| {
                    let osv = ecosystem.osv_name();
                    let mirrors = self.mirrors.iter();
                    let mirrors = mirrors.map(|mirror| mirror.join(&[osv, "all.zip"]));
                    let name = format!("OSV {osv}");
                    item(&name, &["osv", osv], Content::Records, mirrors.collect())
                })
                .collect(),
            Kind::Rustsec => single("RustSec", Content::RustsecTree),
            Kind::Kev => single("KEV", Content::Catalogue),
            Kind::Epss => single("EPSS", Content::Scores),
            Kind::Private => single(&self.id(), Content::Records),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn osv_has_one_dump_per_ecosystem_on_every_mirror() {
        let mut source = Source::new(Kind::Osv, None);
        for mirror in ["https://m.example/osv", "dumps"] {
            let mirror = Mirror::parse(mirror, Path::new("/srv")).unwrap();
            source.mirrors.push(mirror);
        }
        let items = source.items(&[Ecosystem::Npm, Ecosystem::Github]);
        let shown: Vec<_> = items
            .iter()
            .flat_map(|item| item.mirrors.iter().map(ToString::to_string))
            .collect();
        assert_eq!(
            shown,
            [
                "https://m.example/osv/npm/all.zip",
                "/srv/dumps/npm/all.zip",
                "https://m.example/osv/GitHub%20Actions/all.zip",
                "/srv/dumps/GitHub Actions/all.zip",
            ]
        );
        assert_eq!(items[1].name, "OSV GitHub Actions");
        assert_eq!(items[1].key, Path::new("osv/GitHub Actions"));
    }
}
