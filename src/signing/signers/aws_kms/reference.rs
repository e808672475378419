//! Names of keys in AWS KMS, and of the servers that hold them.
//!
//! Sources: docs.aws.amazon.com/kms/latest/developerguide/concepts.html (key identifiers),
//! and cosign's `awskms://[HOST[:PORT]]/KEY`.

use super::error::KmsError;
use crate::model::terminal_safe;
use crate::support::aws::is_region;
use crate::support::http::Address;
use std::fmt;

/// How a key in AWS KMS begins where a file could stand, too.
pub const AWS_KMS_SCHEME: &str = "awskms://";

/// Longest name that is read; an ARN of an alias has at most some 350 characters.
const MAX_NAME: usize = 512;

/// A key in AWS KMS as a user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsReference {
    /// `HOST[:PORT]` of the server, where it is not AWS's own of the region.
    host: Option<String>,
    key: KmsKey,
}

/// A key or an alias in KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKey {
    /// Partition, region and account, of an ARN.
    place: Option<Place>,
    resource: Resource,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    partition: String,
    region: String,
    account: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Resource {
    /// A key id: a UUID, or `mrk-` and 32 hexadecimal digits.
    Key(String),
    /// What follows `alias/`.
    Alias(String),
}

impl KmsReference {
    /// Reads `awskms:///KEY` or `awskms://HOST[:PORT]/KEY`.
    ///
    /// # Errors
    /// [`KmsError::BadReference`].
    pub fn parse(text: &str) -> Result<Self, KmsError> {
        let bad = |reason: &'static str| KmsError::BadReference {
            text: terminal_safe(text).into_owned(),
            reason,
        };
        let rest = text
            .strip_prefix(AWS_KMS_SCHEME)
            .ok_or_else(|| bad("it does not begin with `awskms://`"))?;
        let (host, key) = rest
            .split_once('/')
            .ok_or_else(|| bad("there is no key behind the server"))?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if !host.chars().all(is_host) {
            return Err(bad("the server is not HOST or HOST:PORT"));
        }
        if !host.is_empty() && Address::parse(&format!("https://{host}/")).is_err() {
            return Err(bad("the server is not HOST or HOST:PORT"));
        }
        let key = KmsKey::parse(key).ok_or_else(|| {
            bad("the key is neither `alias/NAME` nor a key id nor an ARN of one of them")
        })?;
        Ok(Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            key,
        })
    }

    /// The address of the server that it names; always https.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        self.host.as_ref().map(|host| format!("https://{host}/"))
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &KmsKey {
        &self.key
    }
}

impl fmt::Display for KmsReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or_default();
        write!(f, "{AWS_KMS_SCHEME}{host}/{}", self.key)
    }
}

impl KmsKey {
    /// Reads `alias/NAME`, a key id, or an ARN. `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_NAME {
            return None;
        }
        if !text.starts_with("arn:") {
            let resource = match text.strip_prefix("alias/") {
                Some(name) => Resource::alias(name)?,
                None => Resource::key(text)?,
            };
            return Some(Self {
                place: None,
                resource,
            });
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "kms", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        let is_partition = *partition == "aws" || partition.starts_with("aws-");
        if !is_partition || !is_name(partition) || !is_region(region) || !is_account {
            return None;
        }
        let resource = match resource.split_once('/')? {
            ("key", id) => Resource::key(id)?,
            ("alias", name) => Resource::alias(name)?,
            _ => return None,
        };
        Some(Self {
            place: Some(Place {
                partition: (*partition).to_owned(),
                region: (*region).to_owned(),
                account: (*account).to_owned(),
            }),
            resource,
        })
    }

    /// The region of an ARN.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.place.as_ref().map(|place| place.region.as_str())
    }

    /// Whether an answer about this key may name `got`: the same key, or any key for an
    /// alias, in the same place as far as both name one.
    pub(super) fn may_be(&self, got: &Self) -> bool {
        let same_place = match (&self.place, &got.place) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let same_key = match (&self.resource, &got.resource) {
            (Resource::Key(own), Resource::Key(other)) => own == other,
            (Resource::Alias(_), Resource::Key(_)) => true,
            (_, Resource::Alias(_)) => false,
        };
        same_place && same_key
    }
}

impl fmt::Display for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            let Place {
                partition,
                region,
                account,
            } = place;
            write!(f, "arn:{partition}:kms:{region}:{account}:")?;
        }
        match (&self.resource, &self.place) {
            (Resource::Alias(name), _) => write!(f, "alias/{name}"),
            (Resource::Key(id), Some(_)) => write!(f, "key/{id}"),
            (Resource::Key(id), None) => f.write_str(id),
        }
    }
}

impl Resource {
    fn key(id: &str) -> Option<Self> {
        let is_hex = |text: &str, length: usize| {
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            text.len() == length && text.bytes().all(hex)
        };
        let is_multi_region = id.strip_prefix("mrk-").is_some_and(|id| is_hex(id, 32));
        let groups: Vec<&str> = id.split('-').collect();
        let lengths = [8, 4, 4, 4, 12];
        let is_uuid =
            groups.len() == lengths.len() && groups.iter().zip(lengths).all(|(g, n)| is_hex(g, n));
        (is_multi_region || is_uuid).then(|| Self::Key(id.to_owned()))
    }

    fn alias(name: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        let is_alias = !name.is_empty() && name.len() <= 250 && name.chars().all(allowed);
        is_alias.then(|| Self::Alias(name.to_owned()))
    }
}

/// Whether a text may be a region's name; it becomes part of a host's name.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= 40 && !text.starts_with('-') && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn every_form_of_a_key_is_read_and_shown_as_it_was_written() {
        for (text, region, endpoint) in [
            ("awskms:///alias/team/release-1_x".to_owned(), None, None),
            (format!("awskms:///{ID}"), None, None),
            (
                "awskms:///mrk-1234abcd12ab34cd56ef1234567890ab".to_owned(),
                None,
                None,
            ),
            (
                format!("awskms:///arn:aws:kms:eu-central-1:123456789012:key/{ID}"),
                Some("eu-central-1"),
                None,
            ),
            (
                "awskms:///arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/a".to_owned(),
                Some("us-gov-west-1"),
                None,
            ),
            (
                "awskms://kms.internal.example:8443/alias/a".to_owned(),
                None,
                Some("https://kms.internal.example:8443/"),
            ),
            (
                "awskms://[::1]:8443/alias/a".to_owned(),
                None,
                Some("https://[::1]:8443/"),
            ),
        ] {
            let reference = KmsReference::parse(&text).unwrap();
            assert_eq!(reference.to_string(), text);
            assert_eq!(reference.key().region(), region, "{text}");
            assert_eq!(reference.endpoint().as_deref(), endpoint, "{text}");
        }
    }

    #[test]
    fn what_names_no_key_is_refused() {
        let long = format!("awskms:///alias/{}", "a".repeat(600));
        for text in [
            "awskms://",
            "awskms://host",
            "awskms:///",
            "awskms:///release",
            "awskms:///alias/",
            "awskms:///alias/a b",
            "awskms:///alias/a\u{1b}[2J",
            "awskms:///alias/a?x=1",
            "awskms:///1234ABCD-12ab-34cd-56ef-1234567890ab",
            "awskms:///arn:aws:s3:eu-central-1:123456789012:key/x",
            "awskms:///arn:aws:kms:evil.example/:123456789012:alias/a",
            "awskms:///arn:aws:kms:eu-central-1:1234:alias/a",
            "awskms:///arn:aws:kms:eu-central-1:123456789012:store/a",
            "awskms://user@host/alias/a",
            "awskms://host:99999/alias/a",
            "awskms://ho st/alias/a",
            "gcpkms:///alias/a",
            long.as_str(),
        ] {
            let error = KmsReference::parse(text).unwrap_err();
            assert!(matches!(error, KmsError::BadReference { .. }), "{text}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
    }

    #[test]
    fn an_answer_is_about_the_key_that_was_asked_for() {
        let key = |text: &str| KmsKey::parse(text).unwrap();
        let arn = format!("arn:aws:kms:eu-central-1:123456789012:key/{ID}");
        let other = ID.replace('1', "2");
        let alias = "arn:aws:kms:eu-central-1:123456789012:alias/a";
        for (asked, got, expected) in [
            (ID, ID, true),
            (ID, arn.as_str(), true),
            (arn.as_str(), ID, true),
            (ID, other.as_str(), false),
            ("alias/a", arn.as_str(), true),
            ("alias/a", "alias/a", false),
            (alias, arn.as_str(), true),
            (alias, &arn.replace("123456789012", "210987654321"), false),
            (alias, &arn.replace("eu-central-1", "eu-west-1"), false),
        ] {
            assert_eq!(key(asked).may_be(&key(got)), expected, "{asked} {got}");
        }
    }
}
