//! AWS CodeArtifact's addresses, taken apart: domain, owner, region, format and repository
//! (<https://docs.aws.amazon.com/codeartifact/latest/ug/welcome.html>).

use super::super::address::Address;

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

#[cfg(test)]
mod tests {
    use super::*;

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
