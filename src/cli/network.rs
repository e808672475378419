//! Options of every command that uses the network.

use super::settings::Settings;
use crate::support::http::Network;
use std::path::PathBuf;

/// Whom to trust beside the system's certificates.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CertificateArgs {
    /// File with certificates (PEM) of a private authority, trusted besides the system's
    #[arg(long, value_name = "FILE", env = "SEALGATE_CA_FILE")]
    ca_file: Option<PathBuf>,
}

impl CertificateArgs {
    /// The network of the settings with what was typed, or else with `certificates`.
    #[must_use]
    pub fn network(&self, settings: &Settings, certificates: Vec<PathBuf>) -> Network {
        let mut network = settings.network.clone();
        network.further_certificates = match &self.ca_file {
            Some(file) => vec![file.clone()],
            None => certificates,
        };
        network
    }
}

/// What is typed about the network; proxies and the system's certificates come from the
/// environment.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct NetworkArgs {
    #[command(flatten)]
    certificates: CertificateArgs,
    /// Further host that a server may redirect to; credentials never follow there
    #[arg(long = "redirect-host", value_name = "HOST")]
    pub redirect_hosts: Vec<String>,
}

impl NetworkArgs {
    /// The network of the settings with what was typed, or else with `certificates`.
    #[must_use]
    pub fn network(&self, settings: &Settings, certificates: Vec<PathBuf>) -> Network {
        self.certificates.network(settings, certificates)
    }
}
