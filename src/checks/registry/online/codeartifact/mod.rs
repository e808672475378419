//! AWS CodeArtifact: its addresses, taken apart (domain, owner, region, format, repository), and
//! what its API says beyond the package protocol: where a version came from, its status, the
//! hashes of its files, and whether an internal name may come in from outside
//! (<https://docs.aws.amazon.com/codeartifact/latest/APIReference/>: `DescribePackageVersion`,
//! `ListPackageVersionAssets`, and [`groups`]). `publishedTime` is not read: it is when the
//! repository got the version.

mod assets;
mod groups;

use super::super::address::Address;
use super::super::settings::Approved;
use super::answers::{CameFrom, Failure, FailureKind, VersionFacts};
use super::session::{Document, Endpoint, NoDocument, Session, Signed, bad_answer, malformed};
use crate::model::{Ecosystem, Hint as _};
use crate::support::aws::CredentialsError;
use crate::support::{aws, clock, http};
use serde::Deserialize;
use std::collections::BTreeMap;

const MAX_DESCRIPTION: u64 = 1024 * 1024;

/// Formats that an endpoint's path begins with.
const FORMATS: [&str; 8] = [
    "cargo", "generic", "maven", "npm", "nuget", "pypi", "ruby", "swift",
];

/// A repository of CodeArtifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub domain: String,
    /// The account that owns the domain, 12 digits.
    pub owner: String,
    pub region: String,
    pub format: String,
    pub repository: String,
}

impl Place {
    /// Of an address of the form
    /// `DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com/FORMAT/REPOSITORY/…` or
    /// `DOMAIN-OWNER.codeartifact.REGION.on.aws/…`; a domain's name may have dashes.
    pub(super) fn of(address: &Address) -> Option<Self> {
        let labels: Vec<&str> = address.host().split('.').collect();
        let (name, region) = match labels.as_slice() {
            [name, "d", "codeartifact", region, "amazonaws", "com"]
            | [name, "codeartifact", region, "on", "aws"] => (*name, *region),
            _ => return None,
        };
        let (domain, owner) = name.rsplit_once('-')?;
        let is_owner = owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit());
        let [format, repository, ..] = address.segments() else {
            return None;
        };
        let is_place = is_owner && !domain.is_empty() && FORMATS.contains(&format.as_str());
        is_place.then(|| Self {
            domain: domain.to_owned(),
            owner: owner.to_owned(),
            region: region.to_owned(),
            format: format.clone(),
            repository: repository.clone(),
        })
    }

    /// How to get the credential that its package protocol wants; sealgate does not run it.
    pub(super) fn token_command(&self) -> String {
        format!(
            "aws codeartifact get-authorization-token --domain {} --domain-owner {} --region {} --query authorizationToken --output text",
            self.domain, self.owner, self.region
        )
    }
}

/// The API behind an approved registry, as the policy names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeArtifactApi {
    /// The approved registry.
    pub registry: Approved,
    /// The API's address.
    pub api: Approved,
    /// Domain, owner, region and repository in the place of those of the address.
    pub place: [Option<String>; 4],
}

/// One API, ready to be asked.
pub(super) struct Api {
    address: http::Address,
    place: Place,
}

impl Api {
    /// The API of a registry, if the policy names one. `Err` where it does not say which
    /// repository that is.
    pub(super) fn of(
        registry: &Approved,
        apis: &[CodeArtifactApi],
    ) -> Option<Result<Self, Failure>> {
        let own = registry.address()?;
        let named = apis
            .iter()
            .find(|api| api.registry.address() == Some(own))?;
        let address = named.api.address()?.to_string();
        let address = http::Address::parse(&address).ok()?;
        let structural = Place::of(own);
        let [domain, owner, region, repository] = &named.place;
        let part = |given: &Option<String>, of: fn(&Place) -> &String| {
            given
                .clone()
                .or_else(|| structural.as_ref().map(|place| of(place).clone()))
        };
        let place = (|| {
            Some(Place {
                domain: part(domain, |place| &place.domain)?,
                owner: part(owner, |place| &place.owner)?,
                region: part(region, |place| &place.region)?,
                format: String::new(),
                repository: part(repository, |place| &place.repository)?,
            })
        })();
        Some(match place {
            Some(place) => Ok(Self { address, place }),
            None => Err(Failure {
                kind: FailureKind::BadAnswer,
                reason:
                    "its address does not say which domain and repository of CodeArtifact it is"
                        .to_owned(),
                remedy:
                    "give `domain`, `owner`, `region` and `repository` in [[registry.codeartifact]]"
                        .to_owned(),
            }),
        })
    }

    /// Adds what the API says of the versions of a name. `internal`: the name is one of the
    /// project's own.
    ///
    /// # Errors
    /// Why it did not say: then the origin is not known, which is no answer.
    pub(super) fn describe(
        &self,
        (session, endpoint): (&Session<'_>, &Endpoint),
        keys: Option<&Result<aws::Keys, CredentialsError>>,
        (ecosystem, name, internal): (Ecosystem, &str, bool),
        versions: &mut BTreeMap<String, VersionFacts>,
    ) -> Result<(), Failure> {
        let asking = Asking {
            api: self,
            session,
            endpoint,
            keys: keys_of(keys)?,
            ecosystem,
            name,
        };
        let outside = match internal {
            true => Some(asking.outside()?),
            false => None,
        };
        for (version, facts) in versions {
            facts.outside.clone_from(&outside);
            let of = [("version", version.as_str())];
            match asking.get(&["v1", "package", "version"], &of) {
                Ok(document) => read(&document, facts)?,
                // The package protocol has it, the API does not: it knows nothing of its origin.
                Err(NoDocument::Absent) => {
                    facts.came_from = Some(CameFrom::Unknown);
                    continue;
                }
                Err(NoDocument::Failed(failure)) => return Err(failure),
            }
            facts.assets = asking.assets(version)?;
        }
        Ok(())
    }
}

/// One name, and how the API is asked about it.
struct Asking<'a> {
    api: &'a Api,
    session: &'a Session<'a>,
    endpoint: &'a Endpoint,
    keys: &'a aws::Keys,
    ecosystem: Ecosystem,
    name: &'a str,
}

impl Asking<'_> {
    fn get(&self, path: &[&str], more: &[(&str, &str)]) -> Result<Document, NoDocument> {
        self.ask(Signed::Get, path, &self.of_the_package(more))
    }

    /// What names the package in the repository.
    fn of_the_package<'q>(&'q self, more: &[(&'q str, &'q str)]) -> Vec<(&'q str, &'q str)> {
        let (namespace, package) = split(self.ecosystem, self.name);
        let mut query = vec![
            ("domain", self.api.place.domain.as_str()),
            ("domain-owner", &self.api.place.owner),
            ("format", format_of(self.ecosystem)),
            ("package", package),
            ("repository", &self.api.place.repository),
        ];
        query.extend(more);
        query.extend(namespace.map(|namespace| ("namespace", namespace)));
        query
    }

    fn ask(
        &self,
        method: Signed,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Document, NoDocument> {
        let address = self.api.address.join(path).with_query(query);
        let call = aws::Call {
            method: method.as_str(),
            address: &address,
            headers: &[],
            body: &[],
            service: "codeartifact",
            region: &self.api.place.region,
        };
        let headers = aws::signed_headers(&call, self.keys, clock::signing_time());
        let headers = headers.ok_or_else(|| Failure {
            kind: FailureKind::NotAuthorized,
            reason: "the request to its API could not be signed".to_owned(),
            remedy: "look at the AWS credentials".to_owned(),
        })?;
        self.session
            .signed(self.endpoint, method, &address, headers, MAX_DESCRIPTION)
    }
}

/// A part of the API's answer that is not there although it must be.
fn not_there(what: &str) -> impl Fn(NoDocument) -> Failure + '_ {
    move |error| match error {
        NoDocument::Absent => bad_answer(&format!("its API has no {what}")),
        NoDocument::Failed(failure) => failure,
    }
}

fn keys_of(keys: Option<&Result<aws::Keys, CredentialsError>>) -> Result<&aws::Keys, Failure> {
    let failure = |reason: String, remedy: Option<String>| Failure {
        kind: FailureKind::NotAuthorized,
        reason,
        remedy: remedy.unwrap_or_default(),
    };
    match keys {
        Some(Ok(keys)) => Ok(keys),
        Some(Err(error)) => Err(failure(
            format!("its API was not asked: {error}"),
            error.hint(),
        )),
        None => Err(failure("its API was not asked".to_owned(), None)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    package_version: Version,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    status: String,
    #[serde(default)]
    origin: Option<Origin>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Origin {
    #[serde(default)]
    origin_type: Option<String>,
    #[serde(default)]
    domain_entry_point: Option<EntryPoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryPoint {
    #[serde(default)]
    external_connection_name: Option<String>,
}

fn read(document: &Document, facts: &mut VersionFacts) -> Result<(), Failure> {
    let described: Described = serde_json::from_slice(&document.body)
        .map_err(|error| malformed(document, "description of CodeArtifact", &error.to_string()))?;
    let version = described.package_version;
    let origin = version.origin;
    let kind = origin
        .as_ref()
        .and_then(|origin| origin.origin_type.as_deref());
    facts.came_from = Some(match kind {
        Some("INTERNAL") => CameFrom::Internal,
        Some("EXTERNAL") => CameFrom::External {
            connection: origin
                .and_then(|origin| origin.domain_entry_point)
                .and_then(|point| point.external_connection_name),
        },
        _ => CameFrom::Unknown,
    });
    // Clients cannot install what is archived, disposed or deleted; unlisted is a yank.
    if version.status != "Published" && facts.yanked.is_none() {
        facts.yanked = Some(format!("its status in CodeArtifact is {}", version.status));
    }
    Ok(())
}

/// What the API calls the ecosystem.
fn format_of(ecosystem: Ecosystem) -> &'static str {
    match ecosystem {
        Ecosystem::Gem => "ruby",
        other => other.purl_type(),
    }
}

/// Namespace and name: npm's scope without `@`, Maven's group.
fn split(ecosystem: Ecosystem, name: &str) -> (Option<&str>, &str) {
    let parts = match ecosystem {
        Ecosystem::Npm => name.strip_prefix('@').and_then(|rest| rest.split_once('/')),
        Ecosystem::Maven => name.split_once(':'),
        _ => None,
    };
    match parts {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_namespaces_of_the_api() {
        assert_eq!(split(Ecosystem::Npm, "@acme/left"), (Some("acme"), "left"));
        assert_eq!(split(Ecosystem::Npm, "left"), (None, "left"));
        assert_eq!(
            split(Ecosystem::Maven, "com.acme:left"),
            (Some("com.acme"), "left")
        );
        assert_eq!(split(Ecosystem::Cargo, "left"), (None, "left"));
    }

    #[test]
    fn both_forms_of_an_address_are_taken_apart_and_others_are_not() {
        let place = |text: &str| Address::parse(text).and_then(|address| Place::of(&address));
        let expected = Place {
            domain: "my-team".to_owned(),
            owner: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
            format: "npm".to_owned(),
            repository: "shared".to_owned(),
        };
        for text in [
            "https://my-team-123456789012.d.codeartifact.eu-central-1.amazonaws.com/npm/shared/",
            "https://my-team-123456789012.codeartifact.eu-central-1.on.aws/npm/shared/left-pad",
        ] {
            assert_eq!(place(text), Some(expected.clone()), "{text}");
        }
        for text in [
            "https://my-team-123456789012.d.codeartifact.eu-central-1.amazonaws.com.evil.example/npm/shared/",
            "https://evil.example/my-team-123456789012.d.codeartifact.eu-central-1.amazonaws.com/npm/x/",
            "https://my-team-1234.d.codeartifact.eu-central-1.amazonaws.com/npm/shared/",
            "https://-123456789012.d.codeartifact.eu-central-1.amazonaws.com/npm/shared/",
            "https://my-team-123456789012.d.codeartifact.eu-central-1.amazonaws.com/other/shared/",
            "https://my-team-123456789012.d.codeartifact.eu-central-1.amazonaws.com/npm",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
