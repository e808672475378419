//! Blobs and manifests are written.

use super::{Question, Registry};
use crate::oci::attach::Referrer;
use crate::oci::error::OciError;
use crate::oci::manifest::{Descriptor, OCI_MANIFEST};
use crate::oci::store::Store as _;
use crate::support::http::{Exchange, Method, Redirects};

/// How often an upload is begun. The session that broke off cannot be used again.
const ATTEMPTS: u32 = 3;
/// Largest answer to something that was written.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

impl Registry {
    /// Writes a blob, unless it is there.
    pub(super) fn upload(&self, descriptor: &Descriptor, bytes: &[u8]) -> Result<(), OciError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        let look = Question {
            what: &what,
            action: "written",
            address: self.address(&["blobs", &descriptor.digest.to_string()]),
            exchange: Exchange::asking(Method::Head, Redirects::AnyHost),
            max_bytes: MAX_ANSWER_BYTES,
        };
        let looked = self.ask(&look)?;
        match looked.status {
            200 => return Ok(()),
            404 => {}
            _ => return Err(self.unexpected(&look, &looked)),
        }
        let mut attempt = 1;
        loop {
            match self.upload_once(descriptor, bytes, &what) {
                Err(OciError::Unanswered { source, .. })
                    if source.is_transient() && attempt < ATTEMPTS =>
                {
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    /// `POST`, then `PUT` to the address that it gives.
    fn upload_once(
        &self,
        descriptor: &Descriptor,
        bytes: &[u8],
        what: &str,
    ) -> Result<(), OciError> {
        let begin = Question {
            what,
            action: "written",
            address: self.address(&["blobs", "uploads", ""]),
            exchange: Exchange {
                method: Method::Post,
                body: None,
                redirects: Redirects::Refused,
                repeatable: true,
            },
            max_bytes: MAX_ANSWER_BYTES,
        };
        let begun = self.ask(&begin)?;
        if begun.status != 202 {
            return Err(self.unexpected(&begin, &begun));
        }
        let location = begun
            .header("location")
            .ok_or_else(|| OciError::NotARegistry {
                host: self.host.clone(),
                reason: "it names no address for the upload".to_owned(),
            })?;
        let session = begun
            .address(location)
            .map_err(|source| OciError::NotARegistry {
                host: self.host.clone(),
                reason: source.to_string(),
            })?;
        if !session.is_same_origin(&self.base) {
            return Err(OciError::UploadElsewhere {
                host: self.host.clone(),
                to: session.to_string(),
            });
        }
        let finish = Question {
            what,
            action: "written",
            address: session.with_further_query(&[("digest", &descriptor.digest.to_string())]),
            exchange: Exchange {
                method: Method::Put,
                body: Some(("application/octet-stream", bytes)),
                redirects: Redirects::Refused,
                repeatable: false,
            },
            max_bytes: MAX_ANSWER_BYTES,
        };
        let finished = self.ask(&finish)?;
        if finished.status != 201 {
            return Err(self.unexpected(&finish, &finished));
        }
        self.check_named_digest(&finished, &descriptor.digest, what)
    }

    /// Writes the manifest; whether the registry says that it lists it by its subject.
    pub(super) fn put_manifest(&self, referrer: &Referrer) -> Result<bool, OciError> {
        let digest = referrer.descriptor.digest.to_string();
        let what = format!("{}@{digest}", self.name());
        let question = Question {
            what: &what,
            action: "written",
            address: self.address(&["manifests", &digest]),
            exchange: Exchange {
                method: Method::Put,
                body: Some((OCI_MANIFEST, &referrer.manifest)),
                redirects: Redirects::Refused,
                repeatable: true,
            },
            max_bytes: MAX_ANSWER_BYTES,
        };
        let answered = self.ask(&question)?;
        if answered.status != 201 {
            return Err(self.unexpected(&question, &answered));
        }
        self.check_named_digest(&answered, &referrer.descriptor.digest, &what)?;
        let subject = answered.header("oci-subject");
        Ok(subject == Some(referrer.subject.to_string().as_str()))
    }
}
