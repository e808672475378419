//! Where the client's configuration takes one package from, and how that stands to what
//! the policy approves. Only the policy approves: the configuration comes from the tree, so
//! it can tell where a package comes from, not that it may.

use super::address::{Address, shown};
use super::case::Case;
use super::clients::{Client, Route, Sources, Target};
use super::settings::{Standing, standing, standing_of_address, standing_of_default};
use crate::model::{ConfiguredAt, Ecosystem, Origin};

/// What the routes of one package come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At least one registry that may be asked is not approved: in words.
    Outside(String),
    /// Every one is approved: the worst standing.
    Settled(Standing),
    /// Which one is asked cannot be told: why.
    Unsettled(String),
    /// Nothing is fetched: a directory.
    Local(String),
}

/// The way that the client of a lockfile takes to one package.
pub(super) struct Way<'a> {
    pub client: Client,
    pub end: End,
    routes: Vec<&'a Route>,
    /// The route that made it `Outside`, or the one with the worst standing.
    decides: usize,
}

impl Way<'_> {
    /// The lines of configuration, those of the route that decides first.
    pub(super) fn places(&self) -> Vec<ConfiguredAt> {
        let first = self.routes.get(self.decides).into_iter();
        let mut places: Vec<ConfiguredAt> = Vec::new();
        for place in first.chain(&self.routes).flat_map(|route| &route.places) {
            if !places.contains(place) {
                places.push(place.clone());
            }
        }
        places
    }

    /// Every registry that may be asked.
    pub(super) fn routes(&self) -> &[&Route] {
        &self.routes
    }

    /// Every one of them in words, without credentials.
    pub(super) fn targets(&self) -> Vec<String> {
        self.routes
            .iter()
            .map(|route| words(&route.target))
            .collect()
    }

    /// `takes` where there is one registry only.
    pub(super) fn verb(&self) -> &'static str {
        match self.routes.len() {
            1 => "takes",
            _ => "may take",
        }
    }

    /// The registry that decides, in words.
    pub(super) fn foreign(&self) -> String {
        match self.routes.get(self.decides) {
            Some(route) => words(&route.target),
            None => "an unknown registry".to_owned(),
        }
    }
}

/// A target in words, without credentials.
fn words(target: &Target) -> String {
    match target {
        Target::Address(text) => format!("`{}`", shown(text)),
        Target::Local(path) => format!("the path `{}`", shown(path)),
        Target::Default => "the ecosystem's default registry".to_owned(),
        Target::ByName => "the repository of its name".to_owned(),
        Target::Nothing => "nowhere".to_owned(),
        Target::Unknown(why) => format!("a registry that is not known: {why}"),
    }
}

/// Where the client takes a package from, where its configuration says more than the
/// lockfile.
pub(super) fn way<'a>(case: &Case<'a>) -> Option<Way<'a>> {
    let effective = case.client?;
    let component = case.component;
    let origin = &case.occurrence.origin;
    let is_default = standing(origin, case.approved) == Some(Standing::Default);
    let covers = |prefix: &str, found: &str| match (Address::parse(prefix), Address::parse(found)) {
        (Some(prefix), Some(found)) => prefix.covers(&found),
        _ => false,
    };
    let sources = effective.sources(
        component.ecosystem,
        &component.name,
        origin,
        is_default,
        &covers,
    );
    let Sources::From(routes) = sources else {
        return None;
    };
    // One registry that is the recorded one says nothing more.
    if let [only] = routes.as_slice()
        && let Target::Address(text) = &only.target
        && let Origin::Registry {
            index: Some(index), ..
        } = origin
        && Address::parse(text) == Address::parse(index)
    {
        return None;
    }
    let (end, decides) = end_of(case, &routes);
    Some(Way {
        client: effective.client,
        end,
        routes,
        decides,
    })
}

fn end_of(case: &Case<'_>, routes: &[&Route]) -> (End, usize) {
    let mut worst: Option<(Standing, usize)> = None;
    let mut unsettled: Option<String> = None;
    let mut local: Option<(String, usize)> = None;
    for (index, route) in routes.iter().enumerate() {
        let found = match &route.target {
            Target::Address(text) => Some(standing_of_address(text, case.approved)),
            Target::Default if route.is_certain => Some(standing_of_default(case.approved)),
            Target::Default => {
                let why = "its own default may be replaced by configuration outside the tree";
                unsettled.get_or_insert_with(|| why.to_owned());
                None
            }
            Target::ByName => match case.component.ecosystem {
                Ecosystem::Golang => {
                    let address = format!("https://{}", case.component.name);
                    Some(standing_of_address(&address, case.approved))
                }
                _ => None,
            },
            Target::Local(path) => {
                local.get_or_insert((path.clone(), index));
                None
            }
            Target::Nothing => None,
            Target::Unknown(why) => {
                unsettled.get_or_insert_with(|| why.clone());
                None
            }
        };
        let Some(found) = found else { continue };
        if found == Standing::Outside {
            return (End::Outside(words(&route.target)), index);
        }
        if !route.is_certain {
            let why = "the file that names its registry may not be in use";
            unsettled.get_or_insert_with(|| why.to_owned());
        }
        if worst.is_none_or(|(worst, _)| worst == Standing::Internal) {
            worst = Some((found, index));
        }
    }
    match (unsettled, worst, local) {
        (Some(why), ..) => (End::Unsettled(why), 0),
        (None, Some((standing, index)), _) => (End::Settled(standing), index),
        (None, None, Some((path, index))) => (End::Local(path), index),
        (None, None, None) => {
            let why = "nothing is configured that could be asked";
            (End::Unsettled(why.to_owned()), 0)
        }
    }
}
