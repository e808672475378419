//! One integration-test binary: behaviour through the built program.

mod conformance;
mod layering;
mod purl;
mod sbom;
