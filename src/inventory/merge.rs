//! From the entries of all lockfiles to one component per package.

use super::formats::{PACKAGE_LIMIT, Package, Parsed, directory_of};
use super::order::leading;
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
    /// One for each of `entries`. They are large, and mostly there is one lockfile, whose
    /// packages are taken over as a whole.
    packages: Vec<Package>,
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
    pub fn add(&mut self, lockfile: &str, ecosystem: Ecosystem, mut parsed: Parsed) {
        let mut places: Vec<Option<usize>> = Vec::with_capacity(parsed.packages.len());
        let of_it: Rc<str> = Rc::from(lockfile);
        // Mostly there is one lockfile, and its entries fit exactly.
        let room = PACKAGE_LIMIT.saturating_sub(self.entries.len());
        let room = room.min(parsed.packages.len());
        match self.entries.is_empty() {
            true => self.entries.reserve_exact(room),
            false => self.entries.reserve(room),
        }
        parsed.packages.retain_mut(|package| {
            let entry = self.entry(package, ecosystem, &of_it);
            places.push(entry.is_some().then_some(self.entries.len()));
            entry.map(|entry| self.entries.push(entry)).is_some()
        });
        match self.packages.is_empty() {
            true => self.packages = parsed.packages,
            false => self.packages.append(&mut parsed.packages),
        }
        let place = |index: usize| places.get(index).copied().flatten();
        let edges = parsed.edges.iter();
        self.edges
            .extend(edges.filter_map(|(from, to)| Some((place(*from)?, place(*to)?))));
        self.direct
            .extend(parsed.direct.iter().filter_map(|index| place(*index)));
        self.gaps.extend(parsed.gaps);
    }

    /// What goes with a package; `None` where it is left out, which is a gap.
    fn entry(
        &mut self,
        package: &mut Package,
        ecosystem: Ecosystem,
        lockfile: &Rc<str>,
    ) -> Option<Entry> {
        fold_address(&mut package.name);
        if let Some(version) = &mut package.version {
            fold_address(version);
        }
        if self.entries.len() >= PACKAGE_LIMIT {
            self.note_full(lockfile);
            return None;
        }
        let ecosystem = package.ecosystem.unwrap_or(ecosystem);
        let given = package.purl.clone().map(Ok);
        match given.unwrap_or_else(|| purl_of(ecosystem, package, &[])) {
            Ok(purl) => Some(Entry {
                purl,
                ecosystem,
                lockfile: Rc::clone(lockfile),
            }),
            Err(error) => {
                let location = Some(package.location(lockfile));
                let message = format!("this is no package: {error}");
                let rule = &rules::INCOMPLETE_ENTRY;
                self.gaps.push(rules::gap(rule, location, &message, None));
                None
            }
        }
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
        let order = self.part_different_packages();
        let (purls, ranks) = self.ranks(&order);
        let entries = std::mem::take(&mut self.entries);
        let packages = std::mem::take(&mut self.packages);
        let parts = entries.into_iter().zip(packages);
        let mut components: Vec<Component> = Vec::with_capacity(order.len());
        components.extend(parts.map(|(entry, package)| component(entry, package)));
        arrange(&mut components, order);
        components.dedup_by(|part, known| {
            let is_same = part.purl == known.purl;
            if is_same {
                join(known, part);
            }
            is_same
        });
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
        // As one number each, two of which are compared without a branch.
        edges.sort_unstable_by_key(|(from, to)| ((*from as u128) << 64) | *to as u128);
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

    /// The places of all entries in the order of their purls.
    fn order(&self) -> Vec<usize> {
        // Most purls begin with the same type.
        let first = self.entries.first().map_or("", |entry| entry.purl.as_str());
        let same = |entry: &Entry| {
            let bytes = first.bytes().zip(entry.purl.as_str().bytes());
            bytes.take_while(|(a, b)| a == b).count()
        };
        let shared = self.entries.iter().map(same).min().unwrap_or_default();
        let entries = self.entries.iter().enumerate();
        let mut order: Vec<(u64, &Purl, usize)> = entries
            .map(|(place, Entry { purl, .. })| {
                let rest = purl.as_str().as_bytes().get(shared..);
                (leading(rest.unwrap_or_default()), purl, place)
            })
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(.., place)| place).collect()
    }

    /// Every purl once, sorted, and for each entry the place of its purl.
    fn ranks(&self, order: &[usize]) -> (Vec<Purl>, Vec<usize>) {
        let mut purls: Vec<Purl> = Vec::with_capacity(order.len());
        let mut ranks = vec![0; order.len()];
        for place in order {
            let Some(entry) = self.entries.get(*place) else {
                continue;
            };
            if purls.last() != Some(&entry.purl) {
                purls.push(entry.purl.clone());
            }
            if let Some(rank) = ranks.get_mut(*place) {
                *rank = purls.len() - 1;
            }
        }
        (purls, ranks)
    }

    /// Gives packages of one purl that are not the same a qualifier each: an own package
    /// beside a fetched one of its name and version, and Go modules that differ in case
    /// only, which a purl cannot show. Gives the order of all entries by their purls.
    fn part_different_packages(&mut self) -> Vec<usize> {
        let order = self.order();
        let purl = |place: &usize| self.entries.get(*place).map(|entry| &entry.purl);
        let mut renamed: Vec<(usize, Purl)> = Vec::new();
        let groups = order.chunk_by(|a, b| purl(a) == purl(b));
        for places in groups.filter(|places| places.len() > 1) {
            let members = || {
                places
                    .iter()
                    .filter_map(|p| Some((*p, self.entries.get(*p)?, self.packages.get(*p)?)))
            };
            let kinds: HashSet<ComponentKind> =
                members().map(|(.., package)| package.kind).collect();
            let names: HashSet<&str> = members()
                .map(|(.., package)| package.name.as_str())
                .collect();
            for (place, entry, package) in members() {
                let mut extra = Vec::new();
                if kinds.len() > 1 && package.kind == ComponentKind::Own {
                    let directory = directory_of(&entry.lockfile);
                    extra.push(("download_url", format!("file:./{directory}")));
                }
                let name = &package.name;
                if entry.ecosystem == Ecosystem::Golang
                    && names.len() > 1
                    && name.chars().any(char::is_uppercase)
                {
                    extra.push(("module", name.clone()));
                }
                if !extra.is_empty()
                    && package.purl.is_none()
                    && let Ok(purl) = purl_of(entry.ecosystem, package, &extra)
                {
                    renamed.push((place, purl));
                }
            }
        }
        if renamed.is_empty() {
            return order;
        }
        for (place, purl) in renamed {
            if let Some(entry) = self.entries.get_mut(place) {
                entry.purl = purl;
            }
        }
        self.order()
    }
}

/// Puts components in an order, which names the present place of each. In place: a second
/// list of them would be as large as the first.
fn arrange(components: &mut [Component], mut order: Vec<usize>) {
    for first in 0..order.len() {
        // The places that lead from one to the next and back to the first.
        let mut place = first;
        while let Some(next) = order.get_mut(place) {
            let next = std::mem::replace(next, place);
            if next == first || next == place {
                break;
            }
            components.swap(place, next);
            place = next;
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
    let is_bare = qualifiers.is_empty() && package.qualifiers.is_empty() && extra.is_empty();
    if is_bare && package.subpath.is_none() {
        return Purl::of_package(ecosystem, &package.name, package.version.as_deref(), &[]);
    }
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
    // Few have a colon at all, and one byte is found sooner than three.
    if memchr::memchr(b':', text.as_bytes()).is_some() && text.contains("://") {
        *text = fold_url_credentials(text).into_owned();
    }
}

fn without_credentials(url: &str) -> String {
    let folded = fold_url_credentials(url).replace("://***@", "://");
    folded.replace("://git@", "://")
}

fn component(entry: Entry, package: Package) -> Component {
    let location = package.location(&entry.lockfile);
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
    let mut occurrences: Vec<Occurrence> = Vec::with_capacity(also.len().saturating_add(1));
    occurrences.extend(also);
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

/// Joins another description of one package so that their order does not matter.
fn join(known: &mut Component, other: &mut Component) {
    use std::mem::take;
    known.occurrences.append(&mut other.occurrences);
    known.version = take(&mut known.version).min(take(&mut other.version));
    known.name = take(&mut known.name).min(take(&mut other.name));
    known.kind = known.kind.max(other.kind);
    known.runs_install_code = known.runs_install_code.max(other.runs_install_code);
    known.availability = take(&mut known.availability).max(take(&mut other.availability));
    known.licence = take(&mut known.licence).min(take(&mut other.licence));
}

#[cfg(test)]
mod tests;
