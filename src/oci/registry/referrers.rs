//! What is listed for an image: the referrers API, else the tag `sha256-HEX`.

use super::link::next_page;
use super::{Question, Registry};
use crate::model::{Digest, JsonLimits, parse_strict_json};
use crate::oci::attach::Referrer;
use crate::oci::error::OciError;
use crate::oci::manifest::{
    Descriptor, Document, MAX_MANIFEST_BYTES, MAX_REFERRERS, OCI_INDEX, WireDescriptor,
};
use crate::oci::store::Store as _;
use crate::support::http::{Exchange, HttpError, Method, Redirects};
use serde_json::{Value, json};

/// Most pages of a list.
const MAX_PAGES: usize = 64;
/// How often the tag is written where another client writes it, too.
const ATTEMPTS: u32 = 5;

/// The index behind the tag.
struct Tagged {
    /// As it is written, so that what is not known here stays.
    value: Value,
    manifests: Vec<Descriptor>,
    /// By which the registry tells this version from others, where it does.
    etag: Option<String>,
}

/// Every entry that the tag was seen to have, as it was written.
#[derive(Default)]
struct Known(Vec<(Digest, Value)>);

impl Known {
    fn add(&mut self, tagged: Option<&Tagged>) {
        let Some(tagged) = tagged else { return };
        let entries = tagged.value.get("manifests").and_then(Value::as_array);
        for (entry, value) in tagged.manifests.iter().zip(entries.into_iter().flatten()) {
            if !self.0.iter().any(|(digest, _)| *digest == entry.digest) {
                self.0.push((entry.digest.clone(), value.clone()));
            }
        }
    }

    /// Those that an index does not have.
    fn missing(&self, manifests: &[Descriptor]) -> impl Iterator<Item = &Value> {
        let missing = self.0.iter();
        missing
            .filter(|(digest, _)| !holds(manifests, digest))
            .map(|(_, value)| value)
    }
}

impl Registry {
    /// What is listed for an image.
    pub(super) fn list(&self, subject: &Digest) -> Result<Vec<Descriptor>, OciError> {
        if let Some(manifests) = self.by_api(subject)? {
            return Ok(manifests);
        }
        let tagged = self.by_tag(subject)?;
        Ok(tagged.map_or_else(Vec::new, |tagged| tagged.manifests))
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
                condition: None,
            };
            let answered = match self.ask(&question) {
                // A page for people at another host: this one has no such API, either.
                Err(OciError::Unanswered {
                    source: HttpError::RedirectElsewhere { .. },
                    ..
                }) if page == 0 => return Ok(None),
                answered => answered?,
            };
            // 404 is what the specification has for "no such API"; registries that are older
            // than it answer an address that they do not know with the others.
            if page == 0 && matches!(answered.status, 400 | 404 | 405 | 406 | 501) {
                return Ok(None);
            }
            if answered.status != 200 {
                return Err(self.unexpected(&question, &answered));
            }
            self.check_is_json(&answered)?;
            let listed = entries(&answered.body, &what).map_err(|error| self.answered(error))?;
            manifests.extend(listed);
            if manifests.len() > MAX_REFERRERS {
                return Err(too_many());
            }
            let not_own = |reason: String| OciError::NotARegistry {
                host: self.host.clone(),
                reason: self.secrets.hide(&reason),
            };
            // A header that is passed over would cut the list short.
            let links = answered.text_headers("link").ok_or("it is no text");
            let next = links
                .and_then(|links| next_page(&links))
                .map_err(|reason| not_own(format!("its `Link` header cannot be read: {reason}")))?;
            match next {
                None => return Ok(Some(manifests)),
                Some(next) => {
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
            condition: None,
        };
        let answered = self.ask(&question)?;
        match answered.status {
            200 => {}
            404 => return Ok(None),
            _ => return Err(self.unexpected(&question, &answered)),
        }
        self.check_is_json(&answered)?;
        let manifests = entries(&answered.body, &what).map_err(|error| self.answered(error))?;
        let limits = JsonLimits {
            depth: 32,
            values: 200_000,
        };
        let value = parse_strict_json(&answered.body, limits).map_err(|e| OciError::Malformed {
            what,
            reason: e.to_string(),
        })?;
        // A weak one never fits a condition for writing.
        let etag = answered.header("etag").filter(|tag| tag.starts_with('"'));
        Ok(Some(Tagged {
            value,
            manifests,
            etag: etag.map(str::to_owned),
        }))
    }

    /// Sees to it that a manifest that was written is listed, where the registry did not say
    /// that it does so by itself.
    pub(super) fn list_referrer(&self, referrer: &Referrer) -> Result<(), OciError> {
        let what = format!("{}@{}", self.name(), referrer.descriptor.digest);
        if let Some(listed) = self.by_api(&referrer.subject)? {
            if holds(&listed, &referrer.descriptor.digest) {
                return Ok(());
            }
            return Err(OciError::NotListed {
                what,
                reason: "its referrers API leaves it out".to_owned(),
            });
        }
        let mut known = Known::default();
        known.add(self.by_tag(&referrer.subject)?.as_ref());
        for _ in 0..ATTEMPTS {
            let before = self.by_tag(&referrer.subject)?;
            // It was there a moment ago: an index without its entries is not written over it.
            if before.is_none() && !known.0.is_empty() {
                continue;
            }
            known.add(before.as_ref());
            if !self.put_tag(referrer, before.as_ref(), &known)? {
                continue;
            }
            // Many registries know no conditions: what another client wrote meanwhile must be
            // there, or it is put together once more.
            let after = self.by_tag(&referrer.subject)?;
            known.add(after.as_ref());
            if after.is_some_and(|after| {
                holds(&after.manifests, &referrer.descriptor.digest)
                    && known.missing(&after.manifests).next().is_none()
            }) {
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

    /// Writes the index behind the tag with one more entry, and with those that it has lost;
    /// only over what was read, where the registry can tell. Whether it was written or needs
    /// not be.
    fn put_tag(
        &self,
        referrer: &Referrer,
        before: Option<&Tagged>,
        known: &Known,
    ) -> Result<bool, OciError> {
        let tag = tag_of(&referrer.subject);
        let what = format!("{}:{tag}", self.name());
        let listed = before.map_or(&[][..], |tagged| &tagged.manifests);
        let mut added: Vec<Value> = known.missing(listed).cloned().collect();
        let is_listed = holds(listed, &referrer.descriptor.digest);
        if is_listed && added.is_empty() {
            return Ok(true);
        }
        let mut value = before.map_or_else(
            || json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}),
            |tagged| tagged.value.clone(),
        );
        let malformed = |reason: String| OciError::Malformed {
            what: what.clone(),
            reason,
        };
        let own = known
            .0
            .iter()
            .any(|(digest, _)| *digest == referrer.descriptor.digest);
        if !is_listed && !own {
            let entry = serde_json::to_value(WireDescriptor::from(&referrer.descriptor));
            added.push(entry.map_err(|e| malformed(e.to_string()))?);
        }
        value
            .get_mut("manifests")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| malformed("it has no `manifests`".to_owned()))?
            .extend(added);
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
            condition: match before {
                None => Some(("if-none-match", "*")),
                Some(tagged) => tagged.etag.as_deref().map(|etag| ("if-match", etag)),
            },
        };
        let answered = self.ask(&question)?;
        match answered.status {
            201 => Ok(true),
            412 => Ok(false),
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
