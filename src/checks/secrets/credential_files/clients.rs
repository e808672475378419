//! Logins that FTP, SFTP, database and deployment clients and editors write in clear, or
//! under a scheme without a key, into their settings.

use super::{Format, claim_logins};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

/// A client: the names of its files, the fields that hold credentials, and those that say
/// whose and where.
type Client = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

const CLIENTS: &[Client] = &[
    // FileZilla
    (
        &["filezilla.xml", "recentservers.xml", "sitemanager.xml"],
        &["Pass"],
        &["Host", "User"],
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
        &[
            "host",
            "hostname",
            "user",
            "username",
            "remote",
            "remotePath",
            "remote_path",
        ],
    ),
    // JetBrains' deployment servers: obfuscated with a fixed key
    (
        &["WebServers.xml", "webServers.xml"],
        &["password"],
        &["url"],
    ),
    // DBeaver
    (
        &[
            "dbeaver-data-sources.xml",
            ".dbeaver-data-sources.xml",
            "data-sources.xml",
        ],
        &["password"],
        &[],
    ),
    // Robo 3T
    (
        &["robomongo.json", "robo3t.json"],
        &["userPassword", "sshPassphrase", "sshUserPassword"],
        &["serverHost", "sshHost", "userName", "sshUserName"],
    ),
    // Maven
    (
        &["settings.xml", "settings-security.xml"],
        &["password", "passphrase"],
        &[],
    ),
    // MySQL's client
    (
        &[".my.cnf", ".mylogin.cnf"],
        &["password"],
        &["user", "host"],
    ),
    // WinSCP and WS_FTP: under schemes with a fixed key
    (
        &["WinSCP.ini", "winscp.ini"],
        &["Password"],
        &["HostName", "UserName"],
    ),
    (
        &["ws_ftp.ini", "WS_FTP.ini", "WS_FTP.INI"],
        &["PWD"],
        &["HOST", "UID"],
    ),
    // s3cmd
    (&[".s3cfg"], &["secret_key"], &[]),
    // GitHub's older command line
    (&["hub"], &["oauth_token"], &["user"]),
];

pub(super) const FORMAT: Format = Format {
    matches: |file| CLIENTS.iter().any(|(names, ..)| names.contains(&file.name)),
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
    for (_, fields, accounts) in CLIENTS.iter().filter(|(names, ..)| names.contains(&name)) {
        claim_logins(scan, fields, &CLIENT_LOGIN, accounts);
    }
}
