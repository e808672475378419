//! Rules about the configuration itself, whatever the lockfiles hold: what it names would
//! be asked for the next package that is added.

use super::address::{credential, plain_scheme, shown};
use super::clients::{Clients, CoolDown, Effective, Names, Route, Target, says};
use super::rules;
use super::settings::{RegistrySettings, Standing, standing_of_address, standing_of_default};
use crate::model::{
    ConfiguredAt, Detail, Finding, Location, Origin, RegistryDetail, Rule, Severity, Subject,
    terminal_safe,
};
use crate::support::hash::sha256;
use std::collections::BTreeMap;

/// Registries of one list that a message names.
const NAMED: usize = 4;

/// Lines of configuration that findings about packages name, with what one of these says;
/// where the lines and their order are the same, so is the registry that it is about.
type Told<'a> = BTreeMap<&'a [ConfiguredAt], &'a str>;

/// Whether a finding says already that the registry of these lines is not approved.
fn is_told(told: &Told<'_>, places: &[ConfiguredAt], address: &str) -> bool {
    let named = format!(" from {address}, ");
    told.iter().any(|(lines, message)| {
        message.contains(&named) && places.iter().any(|place| lines.contains(place))
    })
}

/// What one rule says of the configuration.
struct Said {
    rule: &'static Rule,
    severity: Severity,
    message: String,
    remedy: String,
    origin: Origin,
    /// The first is where the finding lies.
    places: Vec<ConfiguredAt>,
}

/// One configured address under judgement.
struct About<'a> {
    effective: &'a Effective,
    route: &'a Route,
    text: &'a str,
    /// The line with the address first.
    places: Vec<ConfiguredAt>,
    /// Where it stands, terminal-safe.
    path: String,
    standing: Standing,
}

impl About<'_> {
    fn said(
        &self,
        rule: &'static Rule,
        severity: Severity,
        message: String,
        remedy: String,
    ) -> Said {
        Said {
            rule,
            severity,
            message,
            remedy,
            origin: Origin::Registry {
                index: Some(super::address::fold(self.text).into_owned()),
                file: None,
                default: false,
            },
            places: self.places.clone(),
        }
    }
}

/// The lines of a route, the one with its address first: what is wrong with an address is
/// changed where it stands, not where another line calls it by name.
fn holder_first(route: &Route, address: &str) -> Vec<ConfiguredAt> {
    let written = says("", address);
    let mut places = route.places.clone();
    let holds = |place: &ConfiguredAt| place.says.ends_with(&written);
    if let Some(at) = places.iter().position(holds) {
        places
            .get_mut(..=at)
            .into_iter()
            .for_each(|these| these.rotate_right(1));
    }
    places
}

/// Adds up what is said; one setting counts once, however many lockfiles it is for.
struct Collected<'a> {
    settings: &'a RegistrySettings,
    findings: BTreeMap<(Location, &'static str, String), Finding>,
}

/// The findings about the configuration of every client. A line that `known` findings
/// about packages already name as not approved is not told again.
pub(super) fn check(
    clients: &Clients,
    settings: &RegistrySettings,
    known: &[Finding],
) -> Vec<Finding> {
    let told: Told<'_> = known
        .iter()
        .filter(|finding| finding.rule.id == rules::UNAPPROVED_ORIGIN.id)
        .filter_map(|finding| match &finding.detail {
            Detail::Registry(detail) => {
                Some((detail.configuration.as_slice(), finding.message.as_str()))
            }
            _ => None,
        })
        .collect();
    let mut all = Collected {
        settings,
        findings: BTreeMap::new(),
    };
    for (lockfile, effective) in &clients.effective {
        for route in effective.configured() {
            all.registry(effective, route, &told);
        }
        all.mixed(effective);
        all.weaknesses(effective);
        all.cool_down(lockfile, effective);
    }
    all.findings.into_values().collect()
}

impl Collected<'_> {
    fn add(&mut self, effective: &Effective, said: Said) {
        let Some(first) = said.places.first() else {
            return;
        };
        let location = first.location.clone();
        let key = (location.clone(), said.rule.id, said.message.clone());
        let ecosystem = effective.client.ecosystem();
        let approved = self.settings.approved_for(ecosystem);
        let text = [said.rule.id, location.path.as_str(), &said.message].join("\0");
        let mut also_at: Vec<Location> = said
            .places
            .iter()
            .map(|place| place.location.clone())
            .filter(|place| *place != location)
            .collect();
        also_at.sort();
        also_at.dedup();
        self.findings.entry(key).or_insert_with(|| Finding {
            rule: said.rule,
            severity: said.severity,
            message: said.message,
            remedy: said.remedy,
            subject: Subject::File {
                path: location.path.clone(),
            },
            location,
            also_at,
            excerpt: None,
            fingerprint: sha256(text.as_bytes()).hex(),
            detail: Detail::Registry(RegistryDetail {
                origin: said.origin,
                approved: approved.iter().map(ToString::to_string).collect(),
                configuration: said.places,
                approvals: Vec::new(),
            }),
        });
    }

    /// Rules about one address.
    fn registry(&mut self, effective: &Effective, route: &Route, told: &Told<'_>) {
        let text = match &route.target {
            Target::Address(text) => text,
            Target::Default if route.is_certain => return self.default(effective, route, told),
            _ => return,
        };
        let places = holder_first(route, text);
        let Some(first) = places.first() else {
            return;
        };
        let is_variable = first.location.path.starts_with("environment:");
        let about = About {
            effective,
            route,
            text,
            path: terminal_safe(&first.location.path).into_owned(),
            standing: standing_of_address(
                text,
                self.settings.approved_for(effective.client.ecosystem()),
            ),
            places,
        };
        if !is_told(told, &route.places, &format!("`{}`", shown(text))) {
            self.unapproved(&about);
        }
        self.internal_scope(&about);
        self.transport(&about);
        // What a variable fills in is no credential of the tree.
        if !is_variable {
            self.credentials(&about);
        }
    }

    /// A line that makes the client ask its default registry, which is not approved.
    fn default(&mut self, effective: &Effective, route: &Route, told: &Told<'_>) {
        const WORDS: &str = "the ecosystem's default registry";
        let client = effective.client;
        let ecosystem = client.ecosystem();
        let approved = self.settings.approved_for(ecosystem);
        let Some(first) = route.places.first() else {
            return;
        };
        let is_fine = approved.is_empty() || standing_of_default(approved) != Standing::Outside;
        if is_fine || is_told(told, &route.places, WORDS) {
            return;
        }
        let said = Said {
            rule: &rules::UNAPPROVED_ORIGIN,
            severity: Severity::High,
            message: format!(
                "`{}` makes {client} ask {WORDS}, which is not approved for {ecosystem} (`{}`)",
                terminal_safe(&first.location.path),
                first.says
            ),
            remedy: format!(
                "name an approved registry for {client} instead, or approve the default for `{ecosystem}` in the policy"
            ),
            origin: Origin::ImpliedDefault,
            places: route.places.clone(),
        };
        self.add(effective, said);
    }

    fn unapproved(&mut self, about: &About<'_>) {
        let client = about.effective.client;
        let ecosystem = client.ecosystem();
        if self.settings.approved_for(ecosystem).is_empty() || about.standing != Standing::Outside {
            return;
        }
        let message = format!(
            "`{}` names `{}` as a registry of {client}, which is not approved for {ecosystem}",
            about.path,
            shown(about.text)
        );
        let remedy = format!("remove it, or approve it for `{ecosystem}` in the policy");
        let said = about.said(&rules::UNAPPROVED_ORIGIN, Severity::High, message, remedy);
        self.add(about.effective, said);
    }

    fn internal_scope(&mut self, about: &About<'_>) {
        let Names::Scope(scope) = &about.route.names else {
            return;
        };
        let ecosystem = about.effective.client.ecosystem();
        let name = format!("{scope}/any");
        if about.standing == Standing::Internal || !self.settings.is_internal(ecosystem, &name) {
            return;
        }
        let message = format!(
            "`{}` binds the internal scope `{}` to `{}`, which is no approved internal registry",
            about.path,
            terminal_safe(scope),
            shown(about.text)
        );
        let remedy =
            "bind the scope to the internal registry, and approve that registry by its address";
        let said = about.said(
            &rules::INTERNAL_NAME_OUTSIDE,
            Severity::Critical,
            message,
            remedy.to_owned(),
        );
        self.add(about.effective, said);
    }

    fn transport(&mut self, about: &About<'_>) {
        if plain_scheme(about.text).is_none() {
            return;
        }
        let message = format!(
            "`{}` names a registry of {} without TLS: `{}`",
            about.path,
            about.effective.client,
            shown(about.text)
        );
        let remedy = "serve the registry over https and configure that address".to_owned();
        let said = about.said(&rules::PLAIN_HTTP, Severity::Medium, message, remedy);
        self.add(about.effective, said);
    }

    fn credentials(&mut self, about: &About<'_>) {
        if credential(about.text).is_none() {
            return;
        }
        let message = format!(
            "`{}` holds credentials in the address of a registry of {}: `{}`",
            about.path,
            about.effective.client,
            shown(about.text)
        );
        let remedy = "revoke the credential, and authenticate through the client's credential store; then remove it from the history";
        let said = about.said(
            &rules::URL_CREDENTIALS,
            Severity::High,
            message,
            remedy.to_owned(),
        );
        self.add(about.effective, said);
    }

    fn mixed(&mut self, effective: &Effective) {
        if effective.mixed.is_empty() {
            return;
        }
        let says = effective.mixed.iter().take(NAMED);
        let says: Vec<String> = says.map(|place| format!("`{}`", place.says)).collect();
        let client = effective.client;
        self.add(
            effective,
            Said {
                rule: &rules::SEVERAL_INDEXES,
                severity: Severity::Medium,
                message: format!(
                    "{client} asks several registries for one name, and nothing says which one a name belongs to: {}",
                    says.join(", ")
                ),
                remedy: format!(
                    "let {client} ask one registry that proxies the others, or bind names to registries"
                ),
                origin: Origin::Unrecorded,
                places: effective.mixed.clone(),
            },
        );
    }

    fn weaknesses(&mut self, effective: &Effective) {
        for weakness in &effective.weaknesses {
            let place = &weakness.place;
            let client = effective.client;
            self.add(
                effective,
                Said {
                    rule: &rules::WEAKENED_CLIENT,
                    severity: match weakness.is_severe {
                        true => Severity::High,
                        false => Severity::Low,
                    },
                    message: format!(
                        "`{}` turns a check of {client} off: {} (`{}`)",
                        terminal_safe(&place.location.path),
                        weakness.effect,
                        place.says
                    ),
                    remedy: "remove the setting; where a private authority signs the registry's certificate, let the client trust that authority".to_owned(),
                    origin: Origin::Unrecorded,
                    places: vec![place.clone()],
                },
            );
        }
    }

    fn cool_down(&mut self, lockfile: &str, effective: &Effective) {
        let client = effective.client;
        let (place, severity, message, advice) = match &effective.cool_down {
            CoolDown::NotOffered | CoolDown::On => return,
            CoolDown::Missing { advice } => (
                ConfiguredAt {
                    location: Location::file(lockfile),
                    says: "no minimum age".to_owned(),
                },
                Severity::Info,
                format!("{client} takes new releases at once: no minimum age is configured for it"),
                advice,
            ),
            CoolDown::Off(place, advice) => (
                place.clone(),
                Severity::Low,
                format!("{client} takes new releases at once: `{}`", place.says),
                advice,
            ),
        };
        self.add(
            effective,
            Said {
                rule: &rules::NO_COOL_DOWN,
                severity,
                message,
                remedy: format!("set {advice}"),
                origin: Origin::Unrecorded,
                places: vec![place],
            },
        );
    }
}
