//! Updates of trusted roots by TUF, The Update Framework.
//!
//! Source: the TUF specification 1.0 (theupdateframework.io), section 5, as the Sigstore
//! project's own client `sigstore-tuf` does it: the chain of roots, versions that never go
//! back, times that run out, thresholds of signatures, and length and hash of everything.
//! Here are what it fetches with, and what stays from one update to the next.
//!
//! Enters: the root that everything begins with, a mirror, a directory. Leaves: a
//! `trusted_root.json` in that directory, or an [`UpdateError`] and what was there before.

mod error;
mod mirror;
mod store;

pub use error::UpdateError;

use super::json::parse_json;
use super::services::{
    MAX_SIGNING_CONFIG_BYTES, Service, ServiceConnection, SigningConfig, service_address,
};
use super::sigstore::{MAX_TRUSTED_ROOT_BYTES, TrustedRoot, Verifier};
use crate::model::Digest;
use jiff::Timestamp;
use mirror::Mirror;
use sigstore_tuf::{Error as TufError, Role as _, TrustedMetadataSet, Updater, UpdaterConfig};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use store::Store;

/// Larger first roots are refused; Sigstore's has 6 kB.
pub const MAX_TUF_ROOT_BYTES: u64 = 512_000;
/// Name of the trusted root, in the repository and in the directory.
pub const TRUSTED_ROOT: &str = "trusted_root.json";
/// Name of the signing configuration, in the repository and in the directory.
pub const SIGNING_CONFIG: &str = "signing_config.v0.2.json";
/// Most roots between the first and the current one.
const MAX_ROTATIONS: u32 = 256;

/// What to update from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The repository's address; metadata is below it, targets are below `targets`.
    pub mirror: String,
    /// The root that everything begins with, trusted as it is.
    pub root: Vec<u8>,
    /// How the mirror is reached; the time is for all of the update.
    pub connection: ServiceConnection,
}

/// A complete update.
#[derive(Debug, Clone)]
pub struct Updated {
    /// Where the trusted root is.
    pub path: PathBuf,
    /// Its SHA-256.
    pub digest: Digest,
    /// Whether it is another one than before.
    pub changed: bool,
    /// Where the signing configuration is; none where the repository has none.
    pub signing_config: Option<PathBuf>,
    /// The versions of root, timestamp, snapshot and targets.
    pub versions: [u64; 4],
    /// When the first of these four expires; for the timestamp's sake usually within days.
    pub expires: Timestamp,
}

/// Updates the trusted root in a directory.
///
/// 1. What earlier updates left is read and verified; nobody else updates meanwhile.
/// 2. The chain of roots is followed to its end. As far as it verifies, it is kept, also
///    where a later step fails.
/// 3. Timestamp, snapshot and targets: signed to the threshold, not expired, not older
///    than what was accepted before.
/// 4. The trusted root and, where there is one, the signing configuration: of the length
///    and with the hash that the targets name, and such that `verify` and `sign` take them.
/// 5. What was accepted is kept; then the files are written.
///
/// # Errors
/// Every variant of [`UpdateError`]. Files that were there stay as they are.
pub fn update(source: &Source, directory: &Path, now: Timestamp) -> Result<Updated, UpdateError> {
    let address = service_address(Service::Mirror, &source.mirror)
        .map_err(|e| UpdateError::Address(Box::new(e)))?;
    let mirror =
        Mirror::new(address, &source.connection).map_err(|e| UpdateError::Unusable(Box::new(e)))?;
    let first = first_root(&source.root)?;
    // 1. Earlier updates.
    let mut store = Store::open(directory)?;
    let memory = Arc::new(store.seed(&first)?);
    let mut config = UpdaterConfig::default();
    config.root_max_length = MAX_TUF_ROOT_BYTES;
    config.target_max_length = MAX_TRUSTED_ROOT_BYTES;
    config.max_root_rotations = MAX_ROTATIONS;
    let mut updater = Updater::new(mirror, &source.root)
        .map_err(UpdateError::of_mirror)?
        .with_config(config)
        .with_store(Arc::clone(&memory));
    // 2. to 4.
    let fetched = fetch(&mut updater, store.last_root(), now);
    let complete = fetched.is_ok();
    // 5. Keep.
    let kept = store.keep(&memory, &first, updater.trusted(), complete);
    let (root, signing) = fetched?;
    kept?;
    write(&store, updater.trusted(), &root, signing.as_deref())
}

fn first_root(bytes: &[u8]) -> Result<TrustedMetadataSet, UpdateError> {
    let bad = |reason| UpdateError::BadFirstRoot { reason };
    let limit = usize::try_from(MAX_TUF_ROOT_BYTES).unwrap_or(usize::MAX);
    parse_json(bytes, limit).map_err(|e| bad(e.to_string()))?;
    TrustedMetadataSet::from_root(bytes).map_err(|e| bad(error::reason_of(&e)))
}

/// The trusted root and the signing configuration.
fn fetch(
    updater: &mut Updater,
    last_root: u64,
    now: Timestamp,
) -> Result<(Vec<u8>, Option<Vec<u8>>), UpdateError> {
    at_once(updater.refresh(now))?;
    // Where the first root is older than the chain that is kept, the mirror told the rest.
    let version = updater.trusted().root().version;
    if version < last_root {
        return Err(UpdateError::Rollback {
            role: "root".to_owned(),
            got: version,
            trusted: last_root,
        });
    }
    let root = at_once(updater.get_target(TRUSTED_ROOT, now))?;
    let bad = |name, source| UpdateError::BadTarget {
        name,
        source: Box::new(source),
    };
    TrustedRoot::parse(&root, TRUSTED_ROOT)
        .and_then(Verifier::new)
        .map_err(|e| bad(TRUSTED_ROOT, e))?;
    let listed = at_once(updater.get_target_info(SIGNING_CONFIG, now))?;
    let signing = match listed {
        None => None,
        Some(listed) if listed.length > MAX_SIGNING_CONFIG_BYTES => {
            return Err(UpdateError::Mismatch {
                what: format!("`{SIGNING_CONFIG}` is larger than {MAX_SIGNING_CONFIG_BYTES} bytes"),
            });
        }
        Some(listed) => {
            let bytes = at_once(updater.download_target(&listed, SIGNING_CONFIG))?;
            SigningConfig::parse(&bytes).map_err(|e| bad(SIGNING_CONFIG, e.into()))?;
            Some(bytes)
        }
    };
    Ok((root, signing))
}

fn write(
    store: &Store,
    trusted: &TrustedMetadataSet,
    root: &[u8],
    signing: Option<&[u8]>,
) -> Result<Updated, UpdateError> {
    let incomplete = || UpdateError::Malformed {
        reason: "the update is not complete".to_owned(),
    };
    let timestamp = trusted.timestamp().ok_or_else(incomplete)?;
    let snapshot = trusted.snapshot().ok_or_else(incomplete)?;
    let targets = trusted.targets_role("targets").ok_or_else(incomplete)?;
    let expiries = [
        trusted.root().expires(),
        timestamp.expires(),
        snapshot.expires(),
        targets.expires(),
    ];
    let path = store.path(TRUSTED_ROOT);
    let digest = crate::support::hash::sha256(root);
    let before = crate::support::files::read_bounded(&path, MAX_TRUSTED_ROOT_BYTES);
    let changed = before.map_or(true, |before| before != root);
    // A configuration of services that the root before does not trust fails to sign; the
    // reverse would be no better, and is mended by the next update, too.
    store.write(TRUSTED_ROOT, root)?;
    let signing_config = match signing {
        Some(bytes) => {
            store.write(SIGNING_CONFIG, bytes)?;
            Some(store.path(SIGNING_CONFIG))
        }
        None => {
            store.remove(SIGNING_CONFIG)?;
            None
        }
    };
    Ok(Updated {
        path,
        digest,
        changed,
        signing_config,
        versions: [
            trusted.root().version,
            timestamp.version,
            snapshot.version,
            targets.version,
        ],
        expires: expiries.into_iter().min().unwrap_or(Timestamp::MIN),
    })
}

/// What a future that never waits gives: [`Mirror`] blocks.
fn at_once<T>(future: impl Future<Output = Result<T, TufError>>) -> Result<T, UpdateError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result.map_err(UpdateError::of_mirror),
        Poll::Pending => Err(UpdateError::Malformed {
            reason: "the client waits for something that nobody does".to_owned(),
        }),
    }
}
