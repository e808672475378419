//! Whether a registry may take versions of a name from outside: the origin controls of the
//! package and of its group.
//!
//! Both have to allow it: a package's own setting is looked at first, then the group's
//! `EXTERNAL_UPSTREAM`, which a group may inherit from the one above
//! (<https://docs.aws.amazon.com/codeartifact/latest/ug/package-group-origin-controls.html>;
//! `GetAssociatedPackageGroup`, `ListAllowedRepositoriesForGroup`, `DescribePackage`).

use super::super::answers::{Failure, Outside};
use super::super::session::{Document, Signed, bad_answer, malformed};
use super::{Asking, not_there};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

const TYPE: &str = "EXTERNAL_UPSTREAM";
/// Most pages of repositories; a group has at most 1,000 of them.
const MAX_PAGES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Associated {
    package_group: Group,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    pattern: String,
    origin_configuration: GroupOrigin,
}

#[derive(Deserialize)]
struct GroupOrigin {
    restrictions: BTreeMap<String, GroupRestriction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupRestriction {
    effective_mode: String,
    #[serde(default)]
    inherited_from: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    pattern: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repositories {
    #[serde(default)]
    allowed_repositories: Vec<String>,
    #[serde(default)]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Described {
    package: Package,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(default)]
    origin_configuration: Option<PackageOrigin>,
}

#[derive(Deserialize)]
struct PackageOrigin {
    #[serde(default)]
    restrictions: Option<PackageRestrictions>,
}

#[derive(Deserialize)]
struct PackageRestrictions {
    upstream: String,
}

impl Asking<'_> {
    /// Whether versions of the name may come in from outside.
    pub(super) fn outside(&self) -> Result<Outside, Failure> {
        let document = self
            .get(&["v1", "package"], &[])
            .map_err(not_there("description of the package"))?;
        let described: Described = parse(&document, "description of a package")?;
        let restrictions = described.package.origin_configuration;
        let own = restrictions.and_then(|origin| origin.restrictions);
        match own.map(|own| own.upstream).as_deref() {
            Some("BLOCK") => return Ok(Outside::Blocked),
            Some("ALLOW") | None => {}
            Some(other) => return Err(unknown("upstream", other)),
        }
        self.of_the_group()
    }

    fn of_the_group(&self) -> Result<Outside, Failure> {
        // A group is of the domain, whatever the repository.
        let mut query = self.of_the_package(&[]);
        query.retain(|(name, _)| *name != "repository");
        let document = self
            .ask(Signed::Get, &["v1", "get-associated-package-group"], &query)
            .map_err(not_there("package group for the name"))?;
        let group: Associated = parse(&document, "package group")?;
        let group = group.package_group;
        let restriction = group.origin_configuration.restrictions.get(TYPE);
        let restriction = restriction
            .ok_or_else(|| bad_answer("its API does not say what a package group allows"))?;
        // Where the setting itself stands.
        let inherited = restriction.inherited_from.as_ref();
        let pattern = inherited
            .and_then(|from| from.pattern.clone())
            .unwrap_or(group.pattern);
        match restriction.effective_mode.as_str() {
            "BLOCK" => Ok(Outside::Blocked),
            "ALLOW" => Ok(Outside::Allowed {
                group: pattern,
                repositories: Vec::new(),
            }),
            "ALLOW_SPECIFIC_REPOSITORIES" => {
                let repositories = self.allowed(&pattern)?;
                Ok(match repositories.is_empty() {
                    true => Outside::Blocked,
                    false => Outside::Allowed {
                        group: pattern,
                        repositories,
                    },
                })
            }
            other => Err(unknown(TYPE, other)),
        }
    }

    /// The repositories that a group lets take packages from outside.
    fn allowed(&self, group: &str) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut query = vec![
                ("domain", self.api.place.domain.as_str()),
                ("domain-owner", &self.api.place.owner),
                ("package-group", group),
                ("originRestrictionType", TYPE),
            ];
            query.extend(token.as_deref().map(|token| ("next-token", token)));
            let document = self
                .ask(
                    Signed::Get,
                    &["v1", "package-group-allowed-repositories"],
                    &query,
                )
                .map_err(not_there("list of the repositories of a package group"))?;
            let page: Repositories = parse(&document, "list of repositories")?;
            found.extend(page.allowed_repositories);
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(next) => token = Some(next),
                None => {
                    found.sort();
                    return Ok(found);
                }
            }
        }
        Err(bad_answer(
            "its API lists repositories of a package group without end",
        ))
    }
}

fn parse<T: DeserializeOwned>(document: &Document, what: &str) -> Result<T, Failure> {
    serde_json::from_slice(&document.body).map_err(|error| {
        malformed(
            document,
            &format!("{what} of CodeArtifact"),
            &error.to_string(),
        )
    })
}

fn unknown(what: &str, value: &str) -> Failure {
    bad_answer(&format!(
        "its API says `{value}` of `{what}`, which is not known here"
    ))
}
