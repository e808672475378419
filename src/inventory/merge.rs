//! From the entries of all lockfiles to one component per package.

use super::formats::{PACKAGE_LIMIT, Package, Parsed, directory_of};
use super::rules;
use crate::model::{
    Availability, AvailabilitySource, Component, ComponentKind, Ecosystem, Gap, GitReference,
    Licence, LicenceSource, Location, Occurrence, Origin, Purl, fold_url_credentials,
};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

/// Entries of all lockfiles, until they become components.
#[derive(Default)]
pub struct Merge {
    entries: Vec<Entry>,
    /// Dependent and dependency, as indices of `entries`.
    edges: Vec<(usize, usize)>,
    direct: Vec<usize>,
    gaps: Vec<Gap>,
    full: bool,
}

struct Entry {
    purl: Purl,
    ecosystem: Ecosystem,
    lockfile: Rc<str>,
    package: Package,
}

/// What comes out.
pub struct Merged {
    /// Sorted by purl, no purl twice.
    pub components: Vec<Component>,
    /// By purl.
    pub edges: BTreeMap<Purl, BTreeSet<Purl>>,
    /// Reaches, together with the edges, every component.
    pub direct: BTreeSet<Purl>,
    /// What could not be taken in.
    pub gaps: Vec<Gap>,
}

impl Merge {
    /// Takes in what one lockfile says.
    pub fn add(&mut self, lockfile: &str, ecosystem: Ecosystem, parsed: Parsed) {
        let mut places: Vec<Option<usize>> = Vec::with_capacity(parsed.packages.len());
        let of_it: Rc<str> = Rc::from(lockfile);
        if self.entries.is_empty() {
            // Mostly there is one lockfile, and its entries fit exactly.
            let room = parsed.packages.len().min(PACKAGE_LIMIT);
            self.entries.reserve_exact(room);
        }
        for mut package in parsed.packages {
            fold_address(&mut package.name);
            if let Some(version) = &mut package.version {
                fold_address(version);
            }
            if self.entries.len() >= PACKAGE_LIMIT {
                self.note_full(lockfile);
                places.push(None);
                continue;
            }
            let ecosystem = package.ecosystem.unwrap_or(ecosystem);
            let given = package.purl.clone().map(Ok);
            match given.unwrap_or_else(|| purl_of(ecosystem, &package, &[])) {
                Ok(purl) => {
                    places.push(Some(self.entries.len()));
                    self.entries.push(Entry {
                        purl,
                        ecosystem,
                        lockfile: Rc::clone(&of_it),
                        package,
                    });
                }
                Err(error) => {
                    places.push(None);
                    let location = Some(package.location(lockfile));
                    let message = format!("this is no package: {error}");
                    let rule = &rules::INCOMPLETE_ENTRY;
                    self.gaps.push(rules::gap(rule, location, &message, None));
                }
            }
        }
        let place = |index: usize| places.get(index).copied().flatten();
        let edges = parsed.edges.iter();
        self.edges
            .extend(edges.filter_map(|(from, to)| Some((place(*from)?, place(*to)?))));
        self.direct
            .extend(parsed.direct.iter().filter_map(|index| place(*index)));
        self.gaps.extend(parsed.gaps);
    }

    fn note_full(&mut self, lockfile: &str) {
        if !std::mem::replace(&mut self.full, true) {
            let message = format!(
                "more than {PACKAGE_LIMIT} packages in all; the rest of `{lockfile}` and what follows was left out"
            );
            let location = Some(Location::file(lockfile));
            self.gaps
                .push(rules::gap(&rules::TOO_LARGE, location, &message, None));
        }
    }

    /// Makes the components.
    #[must_use]
    pub fn finish(mut self) -> Merged {
        self.part_different_packages();
        let (purls, ranks) = self.ranks();
        let mut components: Vec<Option<Component>> = purls.iter().map(|_| None).collect();
        for (entry, rank) in std::mem::take(&mut self.entries).into_iter().zip(&ranks) {
            let Some(place) = components.get_mut(*rank) else {
                continue;
            };
            let part = component(entry);
            match place {
                Some(known) => join(known, part),
                None => *place = Some(part),
            }
        }
        let mut components: Vec<Component> = components.into_iter().flatten().collect();
        for component in &mut components {
            component.occurrences.sort();
            component.occurrences.dedup();
        }
        let rank = |place: usize| ranks.get(place).copied();
        let edges = self.edges.iter();
        let mut edges: Vec<(usize, usize)> = edges
            .filter_map(|(from, to)| Some((rank(*from)?, rank(*to)?)))
            .filter(|(from, to)| from != to)
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let mut direct: Vec<usize> = self.direct.iter().filter_map(|p| rank(*p)).collect();
        reach_everything(&components, &edges, &mut direct);
        // From sorted lists, so that the maps need not compare their way through.
        let at = |rank: usize| purls.get(rank).cloned();
        Merged {
            direct: direct.into_iter().filter_map(at).collect(),
            edges: edges
                .chunk_by(|a, b| a.0 == b.0)
                .filter_map(|of_one| {
                    let from = at(of_one.first()?.0)?;
                    Some((from, of_one.iter().filter_map(|(_, to)| at(*to)).collect()))
                })
                .collect(),
            components,
            gaps: self.gaps,
        }
    }

    /// Every purl once, sorted, and for each entry the place of its purl.
    fn ranks(&self) -> (Vec<Purl>, Vec<usize>) {
        let mut order: Vec<(&Purl, usize)> = self
            .entries
            .iter()
            .enumerate()
            .map(|(place, entry)| (&entry.purl, place))
            .collect();
        order.sort_unstable();
        let mut purls: Vec<Purl> = Vec::with_capacity(order.len());
        let mut ranks = vec![0; order.len()];
        for (purl, place) in order {
            if purls.last() != Some(purl) {
                purls.push(purl.clone());
            }
            if let Some(rank) = ranks.get_mut(place) {
                *rank = purls.len() - 1;
            }
        }
        (purls, ranks)
    }

    /// Gives packages of one purl that are not the same a qualifier each: an own package
    /// beside a fetched one of its name and version, and Go modules that differ in case
    /// only, which a purl cannot show.
    fn part_different_packages(&mut self) {
        let (purls, ranks) = self.ranks();
        if purls.len() == ranks.len() {
            return;
        }
        let mut places: Vec<usize> = (0..ranks.len()).collect();
        let rank = |place: &usize| ranks.get(*place).copied();
        places.sort_by_key(rank);
        let mut renamed: Vec<(usize, Purl)> = Vec::new();
        let groups = places.chunk_by(|a, b| rank(a) == rank(b));
        for places in groups.filter(|places| places.len() > 1) {
            let members = || {
                places
                    .iter()
                    .filter_map(|p| Some((*p, self.entries.get(*p)?)))
            };
            let kinds: HashSet<ComponentKind> =
                members().map(|(_, entry)| entry.package.kind).collect();
            let names: HashSet<&str> = members()
                .map(|(_, entry)| entry.package.name.as_str())
                .collect();
            for (place, entry) in members() {
                let mut extra = Vec::new();
                if kinds.len() > 1 && entry.package.kind == ComponentKind::Own {
                    let directory = directory_of(&entry.lockfile);
                    extra.push(("download_url", format!("file:./{directory}")));
                }
                let name = &entry.package.name;
                if entry.ecosystem == Ecosystem::Golang
                    && names.len() > 1
                    && name.chars().any(char::is_uppercase)
                {
                    extra.push(("module", name.clone()));
                }
                if !extra.is_empty()
                    && entry.package.purl.is_none()
                    && let Ok(purl) = purl_of(entry.ecosystem, &entry.package, &extra)
                {
                    renamed.push((place, purl));
                }
            }
        }
        for (place, purl) in renamed {
            if let Some(entry) = self.entries.get_mut(place) {
                entry.purl = purl;
            }
        }
    }
}

/// Adds to `direct`, sorted afterwards, what lets it reach every component: own packages are
/// the product, and what no edge reaches is needed by the product itself, as far as anyone can
/// tell. `edges` are sorted places of components, like `direct`.
fn reach_everything(components: &[Component], edges: &[(usize, usize)], direct: &mut Vec<usize>) {
    let mut has_dependent = vec![false; components.len()];
    for (_, to) in edges {
        if let Some(has) = has_dependent.get_mut(*to) {
            *has = true;
        }
    }
    let own_or_orphan = components
        .iter()
        .zip(&has_dependent)
        .enumerate()
        .filter(|(_, (component, has))| component.kind == ComponentKind::Own || !**has)
        .map(|(place, _)| place);
    direct.extend(own_or_orphan);
    let mut reached = vec![false; components.len()];
    let mut waiting = direct.clone();
    // What is left hangs together in circles; the first of each circle becomes direct.
    for place in std::iter::once(None).chain((0..components.len()).map(Some)) {
        if let Some(place) = place
            && reached.get(place) == Some(&false)
        {
            direct.push(place);
            waiting.push(place);
        }
        while let Some(from) = waiting.pop() {
            if let Some(reached) = reached.get_mut(from)
                && !std::mem::replace(reached, true)
            {
                let first = edges.partition_point(|edge| edge.0 < from);
                let of_it = edges.get(first..).unwrap_or_default().iter();
                waiting.extend(of_it.take_while(|edge| edge.0 == from).map(|edge| edge.1));
            }
        }
    }
    direct.sort_unstable();
    direct.dedup();
}

fn purl_of(
    ecosystem: Ecosystem,
    package: &Package,
    extra: &[(&'static str, String)],
) -> Result<Purl, crate::model::PurlError> {
    let qualifiers = qualifiers(ecosystem, package);
    let all: Vec<(&str, &str)> = qualifiers
        .iter()
        .chain(&package.qualifiers)
        .chain(extra)
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let purl = Purl::of_package(ecosystem, &package.name, package.version.as_deref(), &all)?;
    match &package.subpath {
        Some(subpath) => purl.with_subpath(subpath),
        None => Ok(purl),
    }
}

/// What tells packages of one name and version apart
/// (<https://github.com/package-url/purl-spec>, known qualifiers). npm and the Python
/// tools do not mark their default registry, so a registry there is no part of the purl.
fn qualifiers(ecosystem: Ecosystem, package: &Package) -> Vec<(&'static str, String)> {
    match &package.origin {
        // Its name is that of the repository, its version the reference.
        Origin::Git { .. } if ecosystem == Ecosystem::Github => Vec::new(),
        // A Swift package is named by its repository.
        Origin::Git { .. } if ecosystem == Ecosystem::Swift && package.version.is_some() => {
            Vec::new()
        }
        Origin::Git {
            url,
            reference,
            commit,
        } => {
            let at = match (commit, reference) {
                (Some(commit), _) => format!("@{commit}"),
                (None, GitReference::Default) => String::new(),
                (
                    None,
                    GitReference::Branch(name)
                    | GitReference::Tag(name)
                    | GitReference::Revision(name),
                ) => format!("@{name}"),
            };
            vec![("vcs_url", format!("git+{}{at}", without_credentials(url)))]
        }
        Origin::Registry {
            index: Some(index),
            default: false,
            ..
        } if ecosystem == Ecosystem::Cargo => {
            vec![("repository_url", without_credentials(index))]
        }
        Origin::Url { url } => vec![("download_url", without_credentials(url))],
        Origin::Path { path } if package.kind == ComponentKind::Dependency => {
            vec![("download_url", format!("file:{path}"))]
        }
        _ => Vec::new(),
    }
}

/// Some entries give an address as the name or the version.
fn fold_address(text: &mut String) {
    if text.contains("://") {
        *text = fold_url_credentials(text).into_owned();
    }
}

fn without_credentials(url: &str) -> String {
    let folded = fold_url_credentials(url).replace("://***@", "://");
    folded.replace("://git@", "://")
}

fn component(entry: Entry) -> Component {
    let location = entry.package.location(&entry.lockfile);
    let package = entry.package;
    let name = match entry.ecosystem {
        // The name that comparisons use; files spell it as they like.
        Ecosystem::Pypi => entry.purl.name().to_owned(),
        _ => package.name,
    };
    let mut checksums = package.checksums;
    checksums.sort();
    checksums.dedup();
    let path = &location.path;
    let also = package
        .also_from
        .into_iter()
        .map(|(line, origin)| Occurrence {
            location: Location::line(path, line),
            // A checkout has no archive.
            checksums: match origin {
                Origin::Git { .. } => Vec::new(),
                _ => checksums.clone(),
            },
            origin,
            scope: package.scope,
        });
    let mut occurrences: Vec<Occurrence> = also.collect();
    occurrences.push(Occurrence {
        location,
        origin: package.origin,
        checksums,
        scope: package.scope,
    });
    Component {
        purl: entry.purl,
        ecosystem: entry.ecosystem,
        name,
        version: package.version,
        kind: package.kind,
        licence: licence(entry.ecosystem, package.licence.as_deref()),
        runs_install_code: package.runs_install_code,
        availability: availability(package.withdrawn, package.abandoned),
        cargo: None,
        occurrences,
    }
}

fn availability(withdrawn: Option<String>, abandoned: Option<String>) -> Availability {
    let source = AvailabilitySource::Lockfile;
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    match (withdrawn, abandoned) {
        (Some(reason), _) => Availability::Withdrawn {
            source,
            reason: said(reason),
        },
        (None, Some(instead)) => Availability::Abandoned {
            source,
            instead: said(instead),
        },
        (None, None) => Availability::Unknown,
    }
}

fn licence(ecosystem: Ecosystem, recorded: Option<&str>) -> Licence {
    let source = match ecosystem {
        // `Cargo.lock` has no place for one; the manifests of own packages do.
        Ecosystem::Cargo => LicenceSource::Manifest,
        _ => LicenceSource::Lockfile,
    };
    recorded.map_or_else(Licence::default, |text| Licence::of_text(text, source))
}

/// Joins two descriptions of one package so that their order does not matter.
fn join(known: &mut Component, other: Component) {
    known.occurrences.extend(other.occurrences);
    known.version = std::mem::take(&mut known.version).min(other.version);
    known.name = std::mem::take(&mut known.name).min(other.name);
    known.kind = known.kind.max(other.kind);
    known.runs_install_code = known.runs_install_code.max(other.runs_install_code);
    known.availability = std::mem::take(&mut known.availability).max(other.availability);
    known.licence = std::mem::take(&mut known.licence).min(other.licence);
}

#[cfg(test)]
mod tests;
