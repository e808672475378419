//! Sigstore bundles: certificates, transparency logs and timestamps.
//!
//! Enters: a bundle, an artifact or its digest, a [`TrustedRoot`], and who must have
//! signed ([`SignerPolicy`] or a key). Leaves: [`Verified`], or the error of the step that
//! failed. No file but the artifact is read here, and nothing uses the network.
//!
//! The cryptography is that of the Sigstore project's `sigstore-verify`. It was seen to
//! accept a v0.3 bundle that is relabelled v0.1 with its proof removed, the same log entry
//! twice, and a proof under the tree head of another log; so the rules in [`evidence`]
//! are ours and come first.

mod claims;
mod error;
mod evidence;
mod identity;
mod library;
mod pattern;
mod root;
mod verify;

pub use claims::{CLAIMS, ClaimName, RequiredClaim};
pub use error::{ConditionError, VerifyError};
pub use evidence::{EvidencePolicy, LogPolicy, SctPolicy};
#[cfg(feature = "full")]
pub(super) use identity::CertificateOfOurs;
pub use identity::{IdentityKind, SignerIdentity, SignerPolicy};
pub use pattern::{AnchoredPattern, IdentityPattern};
pub use root::{
    Instance, MAX_TRUSTED_ROOT_BYTES, RootPart, TrustedRoot, read_pinned_root, read_trusted_root,
};
pub use verify::{Verified, VerifiedContent, VerifiedSigner, Verifier};
