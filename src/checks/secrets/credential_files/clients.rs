//! Logins that FTP, SFTP, database and deployment clients and editors write in clear, or
//! under a scheme without a key, into their settings.

use super::{Format, claim_fields};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

/// File names of a client, and the fields that hold its credentials.
const CLIENTS: &[(&[&str], &[&str])] = &[
    // FileZilla
    (
        &["filezilla.xml", "recentservers.xml", "sitemanager.xml"],
        &["Pass"],
    ),
    // SFTP plugins of Atom, Sublime Text and Visual Studio Code
    (
        &[
            ".ftpconfig",
            ".remote-sync.json",
            "sftp-config.json",
            "sftp.json",
            "deployment-config.json",
            ".sftp.json",
        ],
        &["password", "pass", "passphrase"],
    ),
    // JetBrains' deployment servers: obfuscated with a fixed key
    (&["WebServers.xml", "webServers.xml"], &["password"]),
    // DBeaver
    (
        &[
            "dbeaver-data-sources.xml",
            ".dbeaver-data-sources.xml",
            "data-sources.xml",
        ],
        &["password"],
    ),
    // Robo 3T
    (
        &["robomongo.json", "robo3t.json"],
        &["userPassword", "sshPassphrase", "sshUserPassword"],
    ),
    // Maven
    (
        &["settings.xml", "settings-security.xml"],
        &["password", "passphrase"],
    ),
    // MySQL's client
    (&[".my.cnf", ".mylogin.cnf"], &["password"]),
    // Kubernetes' client
    (
        &["kubeconfig", "kubeconfig.yaml", "kubeconfig.yml"],
        &["client-key-data", "token", "password"],
    ),
    // s3cmd
    (&[".s3cfg"], &["secret_key"]),
];

pub(super) const FORMAT: Format = Format {
    matches: |file| CLIENTS.iter().any(|(names, _)| names.contains(&file.name)),
    look,
};

static CLIENT_LOGIN: Kind = Kind {
    id: "client-login",
    provider: "client settings",
    credential: "login",
    title: "Login stored by a client program",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing it at the server",
    },
};

fn look(scan: &mut Scan<'_>) {
    let name = scan.file.name;
    for (_, fields) in CLIENTS.iter().filter(|(names, _)| names.contains(&name)) {
        claim_fields(scan, fields, &CLIENT_LOGIN);
    }
}
