//! The services that stand behind keyless signatures: certificates, logs, timestamps.
//!
//! Enters: addresses, or a [`SigningConfig`] that names them, and a signature. Leaves: what
//! stands beside the signature in a bundle. Every answer is bounded in time and size, read
//! strictly and compared with the question; what only the trusted root can tell is verified
//! with the whole bundle (`super::maker`).

pub(in crate::signing) mod ask;
mod config;
mod error;
pub(in crate::signing) mod fulcio;
pub(in crate::signing) mod rekor;
pub(in crate::signing) mod timestamp;

pub use ask::{Caller, ServiceConnection, service_address};
pub use config::{MAX_SIGNING_CONFIG_BYTES, Services, SigningConfig, read_signing_config};
pub use error::{Service, ServiceError};
pub use rekor::{LogService, RekorVersion};
