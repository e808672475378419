//! What is listed for an image: the referrers API, else the tag `sha256-HEX`.

use super::{Question, Registry};
use crate::model::{Digest, JsonLimits, parse_strict_json};
use crate::oci::attach::Referrer;
use crate::oci::error::OciError;
use crate::oci::manifest::{
    Descriptor, Document, MAX_MANIFEST_BYTES, MAX_REFERRERS, OCI_INDEX, WireDescriptor,
};
use crate::oci::store::Store as _;
use crate::support::http::{Exchange, Exchanged, Method, Redirects};
use serde_json::{Value, json};

/// Most pages of a list.
const MAX_PAGES: usize = 64;
/// How often the tag is written where another client writes it, too.
const ATTEMPTS: u32 = 3;

/// What is listed for an image.
pub(super) struct Listed {
    pub manifests: Vec<Descriptor>,
    /// The registry has the referrers API.
    by_api: bool,
}

/// The index behind the tag.
struct Tagged {
    /// As it is written, so that what is not known here stays.
    value: Value,
    manifests: Vec<Descriptor>,
}

impl Registry {
    /// What is listed for an image.
    pub(super) fn list(&self, subject: &Digest) -> Result<Listed, OciError> {
        if let Some(manifests) = self.by_api(subject)? {
            return Ok(Listed {
                manifests,
                by_api: true,
            });
        }
        let tagged = self.by_tag(subject)?;
        Ok(Listed {
            manifests: tagged.map_or_else(Vec::new, |tagged| tagged.manifests),
            by_api: false,
        })
    }

    /// `None` where the registry has no such API.
    fn by_api(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>, OciError> {
        let what = format!("the list of what is attached to {}@{subject}", self.name());
        let too_many = || OciError::TooMany {
            what: format!("{what} has more than {MAX_REFERRERS} entries"),
        };
        let mut address = self.address(&["referrers", &subject.to_string()]);
        let mut manifests: Vec<Descriptor> = Vec::new();
        for page in 0..MAX_PAGES {
            let question = Question {
                what: &what,
                action: "read",
                address,
                exchange: Exchange::asking(Method::Get, Redirects::SameHost),
                max_bytes: MAX_MANIFEST_BYTES,
            };
            let answered = self.ask(&question)?;
            // 404 is what the specification has for "no such API"; registries that are older
            // than it answer an address that they do not know with the others.
            if page == 0 && matches!(answered.status, 400 | 404 | 405 | 406 | 501) {
                return Ok(None);
            }
            if answered.status != 200 {
                return Err(self.unexpected(&question, &answered));
            }
            self.check_is_json(&answered)?;
            manifests.extend(entries(&answered.body, &what)?);
            if manifests.len() > MAX_REFERRERS {
                return Err(too_many());
            }
            match next_page(&answered) {
                None => return Ok(Some(manifests)),
                Some(next) => {
                    let not_own = |reason: String| OciError::NotARegistry {
                        host: self.host.clone(),
                        reason,
                    };
                    address = answered.address(next).map_err(|e| not_own(e.to_string()))?;
                    if !address.is_same_origin(&self.base) {
                        return Err(not_own(format!("its list goes on at {address}")));
                    }
                }
            }
        }
        Err(too_many())
    }

    fn by_tag(&self, subject: &Digest) -> Result<Option<Tagged>, OciError> {
        let tag = tag_of(subject);
        let what = format!("{}:{tag}", self.name());
        let question = Question {
            what: &what,
            action: "read",
            address: self.address(&["manifests", &tag]),
            exchange: Exchange::asking(Method::Get, Redirects::SameHost),
            max_bytes: MAX_MANIFEST_BYTES,
        };
        let answered = self.ask(&question)?;
        match answered.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.unexpected(&question, &answered)),
        }
        self.check_is_json(&answered)?;
        let manifests = entries(&answered.body, &what)?;
        let limits = JsonLimits {
            depth: 32,
            values: 200_000,
        };
        let value = parse_strict_json(&answered.body, limits).map_err(|e| OciError::Malformed {
            what,
            reason: e.to_string(),
        })?;
        Ok(Some(Tagged { value, manifests }))
    }

    /// Sees to it that a manifest that was written is listed, where the registry did not say
    /// that it does so by itself.
    pub(super) fn list_referrer(&self, referrer: &Referrer) -> Result<(), OciError> {
        let listed = self.list(&referrer.subject)?;
        if holds(&listed.manifests, &referrer.descriptor.digest) {
            return Ok(());
        }
        let what = format!("{}@{}", self.name(), referrer.descriptor.digest);
        if listed.by_api {
            return Err(OciError::NotListed {
                what,
                reason: "its referrers API leaves it out".to_owned(),
            });
        }
        for _ in 0..ATTEMPTS {
            let before = self.by_tag(&referrer.subject)?;
            self.put_tag(referrer, before.as_ref())?;
            // Registries have no way to write only over what was read: what another client
            // wrote meanwhile must be there, or it is put together once more.
            let after = self.by_tag(&referrer.subject)?;
            let after = after.map_or_else(Vec::new, |tagged| tagged.manifests);
            let all_kept = before
                .iter()
                .flat_map(|before| &before.manifests)
                .all(|entry| holds(&after, &entry.digest));
            if all_kept && holds(&after, &referrer.descriptor.digest) {
                return Ok(());
            }
        }
        Err(OciError::NotListed {
            what,
            reason: format!(
                "the tag `{}` is written by others at the same time",
                tag_of(&referrer.subject)
            ),
        })
    }

    /// Writes the index behind the tag with one more entry.
    fn put_tag(&self, referrer: &Referrer, before: Option<&Tagged>) -> Result<(), OciError> {
        let tag = tag_of(&referrer.subject);
        let what = format!("{}:{tag}", self.name());
        if before.is_some_and(|tagged| holds(&tagged.manifests, &referrer.descriptor.digest)) {
            return Ok(());
        }
        let mut value = before.map_or_else(
            || json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}),
            |tagged| tagged.value.clone(),
        );
        let malformed = |reason: String| OciError::Malformed {
            what: what.clone(),
            reason,
        };
        let entry = serde_json::to_value(WireDescriptor::from(&referrer.descriptor))
            .map_err(|e| malformed(e.to_string()))?;
        value
            .get_mut("manifests")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| malformed("it has no `manifests`".to_owned()))?
            .push(entry);
        let bytes = serde_json::to_vec(&value).map_err(|e| malformed(e.to_string()))?;
        // What could not be read afterwards is not written.
        if bytes.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(OciError::TooLarge {
                what,
                limit: MAX_MANIFEST_BYTES,
            });
        }
        entries(&bytes, &what)?;
        let question = Question {
            what: &what,
            action: "written",
            address: self.address(&["manifests", &tag]),
            exchange: Exchange {
                method: Method::Put,
                body: Some((OCI_INDEX, &bytes)),
                redirects: Redirects::Refused,
                repeatable: true,
            },
            max_bytes: 64 * 1024,
        };
        let answered = self.ask(&question)?;
        match answered.status {
            201 => Ok(()),
            _ => Err(self.unexpected(&question, &answered)),
        }
    }
}

/// The tag that stands for the referrers of an image.
fn tag_of(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

fn holds(manifests: &[Descriptor], digest: &Digest) -> bool {
    manifests.iter().any(|entry| entry.digest == *digest)
}

fn entries(bytes: &[u8], what: &str) -> Result<Vec<Descriptor>, OciError> {
    match Document::parse(bytes, OCI_INDEX, what)?.0 {
        Document::Index(index) => Ok(index.manifests),
        Document::Manifest(_) => Err(OciError::Malformed {
            what: what.to_owned(),
            reason: "it is no index".to_owned(),
        }),
    }
}

/// The address of the next page (RFC 8288), as written.
fn next_page(answered: &Exchanged) -> Option<&str> {
    answered
        .headers("link")
        .flat_map(|header| header.split(','))
        .find_map(|link| {
            let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let is_next = parameters.split(';').any(|parameter| {
                let parameter = parameter.trim().replace('"', "");
                parameter.eq_ignore_ascii_case("rel=next")
            });
            is_next.then_some(address)
        })
}
