//! Container images, and what is attached to them: in a registry, and in an OCI layout.
//!
//! Enters: names of images ([`ImageReference`]), the answers of a registry, the files of a
//! layout. Leaves: manifests whose digest was checked ([`Fetched`]), Sigstore bundles that are
//! attached to them ([`attached_bundle`]), and new ones ([`Referrer`]). Nothing here trusts a
//! signature: what a registry lists is a claim, and `signing` verifies the bundle.
//!
//! An image is its manifest's digest. A tag is resolved once; after that only digests are
//! asked for, and every manifest and blob that is read must have the digest it was asked by.
//!
//! Sources: `spec.md` of github.com/opencontainers/distribution-spec, `manifest.md`,
//! `image-index.md` and `image-layout.md` of github.com/opencontainers/image-spec (1.1), and
//! `specs/BUNDLE_SPEC.md` of github.com/sigstore/cosign for how bundles are attached.
//!
//! Not the crate `oci-client` (0.18 was read): it makes an HTTP client of its own, so proxies,
//! private authorities and TLS would be configured twice; it follows redirects to any host,
//! sends credentials to whatever address a challenge names, over http too, and reads answers of
//! any length into memory. It does not write the referrers tag schema, and it would bring a
//! second date library, `oci-spec` and 20 more crates. The one HTTP client of `support` has the
//! limits already; the types here are those of the specification that are used.

mod attach;
mod credentials;
mod error;
mod layout;
mod manifest;
mod reference;
mod registry;
mod store;

pub use attach::{
    BUNDLE_CONTENT, BUNDLE_PREDICATE_TYPE, BUNDLE_TYPE, Candidate, IMAGE_CREATED, NewBundle,
    Referrer, attached_bundle, is_candidate,
};
pub use credentials::{ConfigFile, Credential, Credentials, HelperProgram, SystemHelpers};
pub use error::OciError;
pub use layout::Layout;
pub use manifest::{
    Descriptor, Document, Index, MAX_MANIFEST_BYTES, MAX_REFERRERS, Manifest, Platform,
};
pub use reference::{ImageReference, LAYOUT_PREFIX, Place, REGISTRY_PREFIX, Selector};
pub use registry::{Access, Registry, RegistryConnection};
pub use store::{Fetched, Store, for_platform, resolve};
