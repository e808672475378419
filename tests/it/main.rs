//! One integration-test binary: behaviour through the built program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a test may stop at anything unexpected, and makes its own files"
)]

mod advisories;
mod advisories_check;
mod advisories_diff;
mod aws_credentials;
mod check;
mod cli;
mod conformance;
mod db_crash;
mod db_import_crash;
mod db_store;
mod db_update;
mod findings;
mod gate;
mod hostile;
mod http;
mod images;
mod inventory_fixtures;
mod inventory_store;
mod layering;
mod licences;
mod mutations;
mod purl;
mod registry_cargo;
mod registry_clients;
mod registry_javascript;
mod registry_online;
mod registry_recorded;
mod registry_request;
mod registry_stale;
mod report;
mod sbom;
mod sbom_diff;
mod sbom_generate;
mod sbom_given;
mod sbom_hostile;
mod sbom_merge;
mod sbom_mutations;
mod sbom_oracle;
mod sbom_roundtrip;
mod sbom_schema;
mod sbom_spdx;
mod secrets;
mod secrets_git;
mod signing;
mod signing_attacks;
mod signing_keyless;
mod signing_kms;
mod signing_pkcs11;
mod trusted_root_update;
mod versions;
mod vex;
