//! sealgate: only tested builds deploy.
//!
//! The rooms and the direction of their imports are described in
//! `docs/architecture.md` and held by `tests/it/layering.rs`.

pub mod attest;
pub mod checks;
pub mod cli;
pub mod gate;
pub mod inventory;
pub mod model;
pub mod oci;
pub mod policy;
pub mod report;
pub mod sbom;
pub mod signing;
pub mod store;
pub mod support;
pub mod versions;
pub mod vex;
