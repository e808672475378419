//! What a client's configuration means for one lockfile.

use crate::checks::registry::settings::name_fits;
use crate::model::{ConfiguredAt, Ecosystem, Origin};
use std::fmt;

/// A program that fetches packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Cargo.
    Cargo,
    /// npm.
    Npm,
    /// pnpm.
    Pnpm,
    /// Yarn 1.
    YarnClassic,
    /// Yarn from 2 on.
    Yarn,
    /// Bun.
    Bun,
    /// pip.
    Pip,
    /// uv.
    Uv,
    /// Poetry.
    Poetry,
    /// PDM.
    Pdm,
    /// Pipenv.
    Pipenv,
    /// NuGet.
    NuGet,
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
    /// Bundler.
    Bundler,
    /// Composer.
    Composer,
    /// Go.
    Go,
}

impl Client {
    /// What it fetches.
    #[must_use]
    pub fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Cargo => Ecosystem::Cargo,
            Self::Npm | Self::Pnpm | Self::YarnClassic | Self::Yarn | Self::Bun => Ecosystem::Npm,
            Self::Pip | Self::Uv | Self::Poetry | Self::Pdm | Self::Pipenv => Ecosystem::Pypi,
            Self::NuGet => Ecosystem::Nuget,
            Self::Maven | Self::Gradle => Ecosystem::Maven,
            Self::Bundler => Ecosystem::Gem,
            Self::Composer => Ecosystem::Composer,
            Self::Go => Ecosystem::Golang,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cargo => "cargo",
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::YarnClassic => "Yarn 1",
            Self::Yarn => "Yarn",
            Self::Bun => "Bun",
            Self::Pip => "pip",
            Self::Uv => "uv",
            Self::Poetry => "Poetry",
            Self::Pdm => "PDM",
            Self::Pipenv => "Pipenv",
            Self::NuGet => "NuGet",
            Self::Maven => "Maven",
            Self::Gradle => "Gradle",
            Self::Bundler => "Bundler",
            Self::Composer => "Composer",
            Self::Go => "go",
        })
    }
}

/// Where a route leads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An address, as configured; it may hold credentials.
    Address(String),
    /// A directory or file, as configured.
    Local(String),
    /// What the client takes where nothing is configured: the ecosystem's public registry.
    Default,
    /// The repository that the package's name says (Go's `direct`).
    ByName,
    /// Nothing is fetched (`--no-index`, `GOPROXY=off`).
    Nothing,
    /// Cannot be told without running the client: why.
    Unknown(String),
}

/// The packages that a route is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Names {
    /// Every one that no other route is for.
    All,
    /// Those of an npm scope, with its `@`.
    Scope(String),
    /// Those that a pattern matches; the longest pattern of all routes decides (NuGet's
    /// source mapping, Go's lists, a scope of Composer).
    Patterns(Vec<String>),
    /// Only those that ask for it by its own name, which the lockfile then records.
    OnRequest,
}

/// One way from a name to a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// For which packages.
    pub names: Names,
    /// Where to.
    pub target: Target,
    /// The lines that say so, the one that decides first; none for the client's own
    /// default.
    pub places: Vec<ConfiguredAt>,
    /// It certainly counts. A default that the configuration of the user, which was not
    /// read, may replace does not; nor does a file that only a variable makes count.
    pub is_certain: bool,
}

impl Route {
    /// The client's own default registry, certain where home and system were read too.
    pub(super) fn default(is_certain: bool) -> Self {
        Self {
            names: Names::All,
            target: Target::Default,
            places: Vec::new(),
            is_certain,
        }
    }

    /// A route that one line of configuration makes.
    pub(super) fn new(names: Names, target: Target, place: ConfiguredAt) -> Self {
        Self {
            names,
            target,
            places: vec![place],
            is_certain: true,
        }
    }
}

/// Which recorded origins a replacement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// The ecosystem's default registry.
    Default,
    /// Registries and repositories at or below an address.
    Address(String),
    /// Every registry.
    Any,
}

/// A recorded origin that the client does not ask, and what it asks instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What the lockfile records.
    pub of: Recorded,
    /// What is asked.
    pub by: Route,
}

/// A setting that turns a check of the client off.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weakness {
    /// Where.
    pub place: ConfiguredAt,
    /// What it does, a clause without full stop: `certificates are not checked`.
    pub effect: String,
    /// It takes away what pins the bytes or their way; others make it easier only.
    pub is_severe: bool,
}

/// Whether a client waits before it takes a new release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CoolDown {
    /// The client has no such setting, or it is not known.
    #[default]
    NotOffered,
    /// It has one, and nothing that was read sets it: the setting to add.
    Missing {
        /// `minimumReleaseAge: 10080` in `pnpm-workspace.yaml`.
        advice: &'static str,
    },
    /// It is set to nothing.
    Off(ConfiguredAt, &'static str),
    /// It is set.
    On,
}

/// The effective configuration of the client that reads one lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Which client.
    pub client: Client,
    /// Where names go; several for one name are asked together.
    pub routes: Vec<Route>,
    /// Recorded origins that are not asked.
    pub replaced: Vec<Replacement>,
    /// The routes count even where the lockfile records an index (pip's extra indexes).
    pub adds_to_recorded: bool,
    /// Several registries are asked for one name, and the client takes the answer that it
    /// likes best: the places.
    pub mixed: Vec<ConfiguredAt>,
    /// Settings that turn checks off.
    pub weaknesses: Vec<Weakness>,
    /// Whether new releases have to wait.
    pub cool_down: CoolDown,
}

/// Where one package comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Sources<'e> {
    /// From where the lockfile says, as far as the configuration goes.
    AsRecorded,
    /// From one of these.
    From(Vec<&'e Route>),
}

impl Effective {
    /// A client of which nothing is configured.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            routes: Vec::new(),
            replaced: Vec::new(),
            adds_to_recorded: false,
            mixed: Vec::new(),
            weaknesses: Vec::new(),
            cool_down: CoolDown::NotOffered,
        }
    }

    /// Adds a weakness.
    pub(super) fn weak(&mut self, place: ConfiguredAt, is_severe: bool, effect: &str) {
        self.weaknesses.push(Weakness {
            place,
            effect: effect.to_owned(),
            is_severe,
        });
    }

    /// Where a package comes from, by what its lockfile records. `is_default` says that
    /// the policy calls the recorded address the ecosystem's default.
    #[must_use]
    pub fn sources(
        &self,
        ecosystem: Ecosystem,
        name: &str,
        origin: &Origin,
        is_default: bool,
        covers: &dyn Fn(&str, &str) -> bool,
    ) -> Sources<'_> {
        let replaced: Vec<&Route> = self
            .replaced
            .iter()
            .filter(|entry| replaces(&entry.of, origin, is_default, covers))
            .map(|entry| &entry.by)
            .collect();
        let bound = bound_to(ecosystem, name, replaced.into_iter());
        if !bound.is_empty() {
            return Sources::From(bound);
        }
        let asks = match origin {
            Origin::Unrecorded => true,
            Origin::Registry { .. } | Origin::ImpliedDefault => self.adds_to_recorded,
            _ => false,
        };
        let routes = match asks {
            true => bound_to(ecosystem, name, self.routes.iter()),
            false => Vec::new(),
        };
        match routes.is_empty() {
            true => Sources::AsRecorded,
            false => Sources::From(routes),
        }
    }

    /// Every line of configuration that names a registry, once.
    pub fn configured(&self) -> impl Iterator<Item = &Route> {
        let replaced = self.replaced.iter().map(|entry| &entry.by);
        self.routes
            .iter()
            .chain(replaced)
            .filter(|route| !route.places.is_empty())
    }
}

fn replaces(
    of: &Recorded,
    origin: &Origin,
    is_default: bool,
    covers: &dyn Fn(&str, &str) -> bool,
) -> bool {
    let addresses: Vec<&str> = match origin {
        Origin::Registry { index, file, .. } => {
            index.iter().chain(file).map(String::as_str).collect()
        }
        Origin::Git { url, .. } => vec![url],
        Origin::ImpliedDefault => Vec::new(),
        _ => return false,
    };
    match of {
        Recorded::Default => {
            let by_lock = matches!(
                origin,
                Origin::ImpliedDefault | Origin::Registry { default: true, .. }
            );
            by_lock || (is_default && !matches!(origin, Origin::Git { .. }))
        }
        Recorded::Any => !matches!(origin, Origin::Git { .. }),
        Recorded::Address(address) => addresses.iter().any(|found| covers(address, found)),
    }
}

/// The routes that are for a name: those of its scope, else those with the longest pattern
/// that matches, else those for all.
fn bound_to<'e>(
    ecosystem: Ecosystem,
    name: &str,
    routes: impl Iterator<Item = &'e Route>,
) -> Vec<&'e Route> {
    let routes: Vec<&Route> = routes.collect();
    let scope = name.split_once('/').map(|(scope, _)| scope);
    let scoped: Vec<&Route> = routes
        .iter()
        .filter(|route| matches!(&route.names, Names::Scope(of) if Some(of.as_str()) == scope))
        .copied()
        .collect();
    if !scoped.is_empty() {
        return scoped;
    }
    let length = |route: &Route| match &route.names {
        Names::Patterns(patterns) => patterns
            .iter()
            .filter(|pattern| name_fits(ecosystem, pattern, name))
            .map(String::len)
            .max(),
        _ => None,
    };
    if let Some(best) = routes.iter().filter_map(|route| length(route)).max() {
        return routes
            .into_iter()
            .filter(|route| length(route) == Some(best))
            .collect();
    }
    routes
        .into_iter()
        .filter(|route| route.names == Names::All)
        .collect()
}
