//! sealgate: only tested builds deploy.
//!
//! The rooms and the direction of their imports are described in
//! `docs/architecture.md` and held by `tests/it/layering.rs`.

pub mod attest;
#[cfg(feature = "full")]
pub mod checks;
pub mod cli;
#[cfg(feature = "full")]
pub mod gate;
#[cfg(feature = "full")]
pub mod inventory;
pub mod model;
#[cfg(feature = "full")]
pub mod oci;
#[cfg(feature = "full")]
pub mod policy;
#[cfg(feature = "full")]
pub mod report;
#[cfg(feature = "full")]
pub mod sbom;
pub mod signing;
#[cfg(feature = "full")]
pub mod store;
pub mod support;
#[cfg(feature = "full")]
pub mod versions;
#[cfg(feature = "full")]
pub mod vex;
