//! What a format makes of a lockfile: packages, edges, gaps.

use super::error::FormatError;
use super::rules;
use super::shape::Wrong;
use crate::model::{
    Checksum, ComponentKind, Digest, Ecosystem, Gap, Location, Origin, Purl, Root, Rule, Scope,
};

/// Edges that one lockfile may hold. Where a name means several packages, few lines can ask
/// for very many.
pub const EDGE_LIMIT: usize = 5_000_000;

/// Gaps that are kept of one lockfile; the rest is counted. A file that is no lockfile at
/// all has one for every line.
pub const GAP_LIMIT: usize = 50;

/// One entry of a lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// As the ecosystem writes it.
    pub name: String,
    /// As the lockfile writes it.
    pub version: Option<String>,
    /// Where it is another than that of the format.
    pub ecosystem: Option<Ecosystem>,
    /// Where the entry gives it itself; else it is made of the other fields.
    pub purl: Option<Purl>,
    /// The part of the package that is used, as a path inside it.
    pub subpath: Option<String>,
    /// Own or dependency.
    pub kind: ComponentKind,
    /// What the entry says of the scope.
    pub scope: Scope,
    /// Where its bytes come from.
    pub origin: Origin,
    /// Where they may come from besides, by the same entry: a mirror, a second remote, a
    /// checkout in place of the archive. Each with its 1-based line.
    pub also_from: Vec<(u32, Origin)>,
    /// Its checksums.
    pub checksums: Vec<Checksum>,
    /// Licence as recorded.
    pub licence: Option<String>,
    /// Whether installing it runs its code.
    pub runs_install_code: Option<bool>,
    /// Why the registry withdrew the version, where the entry says that it did.
    pub withdrawn: Option<String>,
    /// What to take instead of the whole package, where the entry says that it was given up;
    /// empty where it names nothing.
    pub abandoned: Option<String>,
    /// Qualifiers of its purl beyond those of the origin, such as a gem's `platform`.
    pub qualifiers: Vec<(&'static str, String)>,
    /// The file of the entry, where it is not the lockfile itself.
    pub path: Option<String>,
    /// 1-based line of the entry; 0 in a file without lines.
    pub line: u32,
}

impl Package {
    /// Where the entry stands; the path is that of its lockfile.
    #[must_use]
    pub fn location(&self, lockfile: &str) -> Location {
        let path = self.path.as_deref().unwrap_or(lockfile);
        match self.line {
            0 => Location::file(path),
            line => Location::line(path, line),
        }
    }

    /// An entry of which only the name and the place are known.
    #[must_use]
    pub fn new(name: impl Into<String>, line: u32) -> Self {
        Self {
            name: name.into(),
            version: None,
            ecosystem: None,
            purl: None,
            subpath: None,
            kind: ComponentKind::Dependency,
            scope: Scope::Unknown,
            origin: Origin::Unrecorded,
            also_from: Vec::new(),
            checksums: Vec::new(),
            licence: None,
            runs_install_code: None,
            withdrawn: None,
            abandoned: None,
            qualifiers: Vec::new(),
            path: None,
            line,
        }
    }
}

/// A file that was read along with a lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoRead {
    /// Path relative to the root.
    pub path: String,
    /// What it is: `go-sum`, `requirements`.
    pub format: &'static str,
    /// Packages that it added to or spoke of.
    pub packages: usize,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// What a lockfile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its entries.
    pub packages: Vec<Package>,
    /// Dependent and dependency, as indices of `packages`.
    pub edges: Vec<(usize, usize)>,
    /// What the product depends on directly, as indices of `packages`.
    pub direct: Vec<usize>,
    /// Whether this lockfile holds the graph, where the format leaves that open.
    pub has_graph: Option<bool>,
    /// The product, where the lockfile or its manifest names exactly one.
    pub root: Option<Root>,
    /// Other files that were read for it.
    pub also_read: Vec<AlsoRead>,
    /// What could not be read; [`GAP_LIMIT`] at most.
    pub gaps: Vec<Gap>,
    /// How many more gaps there are.
    pub more_gaps: usize,
}

impl Parsed {
    /// Notes what could not be read at a line of a file.
    pub fn note(&mut self, rule: &Rule, path: &str, line: u32, message: &str) {
        let location = Location::line(path, line);
        self.add_gap(rules::gap(rule, Some(location), message, None));
    }

    /// Adds a gap, or counts it once there are [`GAP_LIMIT`].
    pub fn add_gap(&mut self, gap: Gap) {
        if self.gaps.len() >= GAP_LIMIT {
            self.more_gaps = self.more_gaps.saturating_add(1);
        } else {
            self.gaps.push(gap);
        }
    }

    /// Takes the edges in: sorted, each once, none from a package to itself.
    ///
    /// # Errors
    /// More than the limit.
    pub fn connect(&mut self, edges: Edges) -> Result<(), FormatError> {
        if edges.is_over {
            return Err(FormatError::TooManyEdges { limit: EDGE_LIMIT });
        }
        self.edges.extend(edges.pairs);
        self.edges.retain(|(from, to)| from != to);
        self.edges.sort_unstable();
        self.edges.dedup();
        Ok(())
    }

    /// Notes a dependency that the lockfile does not hold.
    pub fn note_missing(&mut self, path: &str, from: usize, name: &str, line: u32) {
        let dependent = self.packages.get(from).map_or("", |p| p.name.as_str());
        let message =
            format!("`{dependent}` depends on `{name}`, which this lockfile does not hold");
        self.note(&rules::UNRESOLVED_DEPENDENCY, path, line, &message);
    }

    /// Notes keys that stand several times in one object: readers differ in which of them
    /// they believe, so such a lockfile can show us another package than its own tool.
    pub fn note_repeated(&mut self, path: &str, repeated: &[(String, u32)]) {
        for (key, line) in repeated {
            let message = format!("the key `{key}` stands several times; the last one was read");
            self.note(&rules::UNREADABLE_LOCKFILE, path, *line, &message);
        }
    }

    /// Notes fields of an entry that are not as they should be.
    pub fn note_wrong(&mut self, path: &str, line: u32, name: &str, wrong: &[Wrong]) {
        for Wrong { line: own, what } in wrong {
            let message = format!("{what} in the entry of `{name}`");
            self.note(
                &rules::INCOMPLETE_ENTRY,
                path,
                own.unwrap_or(line),
                &message,
            );
        }
    }

    /// Notes fields of the whole file that are not as they should be.
    pub fn note_wrong_file(&mut self, path: &str, wrong: &[Wrong]) {
        for Wrong { line, what } in wrong {
            let line = line.unwrap_or(1);
            self.note(&rules::UNREADABLE_LOCKFILE, path, line, what);
        }
    }

    /// Notes members of the whole file that hold something like entries and that nothing
    /// of the format reads.
    pub fn note_strays(&mut self, path: &str, strays: &[(String, u32)]) {
        for (key, line) in strays {
            let message =
                format!("`{key}` is no part of such a lockfile; what it holds was not read");
            self.note(&rules::UNREADABLE_LOCKFILE, path, *line, &message);
        }
    }

    /// Notes the syntax error that ended the reading of a half-read lockfile.
    pub fn note_broken(&mut self, path: &str, line: u32, reason: &str) {
        let message = format!(
            "`{path}` breaks off at line {line} ({reason}); only the {} entries before it were read",
            self.packages.len()
        );
        self.note(&rules::UNREADABLE_LOCKFILE, path, line, &message);
    }
}

/// Edges under construction, [`EDGE_LIMIT`] at most.
#[derive(Debug, Default)]
pub struct Edges {
    pairs: Vec<(usize, usize)>,
    is_over: bool,
}

impl Edges {
    /// Adds an edge from one package to each of several.
    pub fn add(&mut self, from: usize, to: &[usize]) {
        if self.is_over || self.pairs.len().saturating_add(to.len()) > EDGE_LIMIT {
            self.is_over = true;
            return;
        }
        self.pairs.extend(to.iter().map(|to| (from, *to)));
    }
}
