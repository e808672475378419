//! The files of this user's package managers that hold credentials for registries.

use super::settings::Settings;
use crate::checks::registry::online::credentials::{ClientFiles, Credentials, Variables};
use crate::model::Redacted;
use crate::support::files::read_bounded;
use std::path::{Path, PathBuf};

/// Larger files are no such configuration.
const MAX_BYTES: u64 = 1024 * 1024;

/// What the user's clients would send. No file of the judged tree is read, and no credential
/// helper is run.
#[must_use]
pub fn load() -> Credentials {
    let variables = Settings::variables();
    Credentials::of(&files(&variables), &variables)
}

fn files(variables: &Variables) -> ClientFiles {
    let variable = |name: &str| variables.get(name).map(Redacted::expose);
    let path = |name: &str| variable(name).map(PathBuf::from);
    let Some(home) = path("HOME").or_else(|| path("USERPROFILE")) else {
        return ClientFiles::default();
    };
    let config = path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let cargo = path("CARGO_HOME").unwrap_or_else(|| home.join(".cargo"));
    let npmrc = path("NPM_CONFIG_USERCONFIG").or_else(|| path("npm_config_userconfig"));
    let first = |candidates: &[PathBuf]| candidates.iter().find_map(|path| text(path));
    let all = |candidates: &[PathBuf]| candidates.iter().filter_map(|path| text(path)).collect();
    let pip: Vec<PathBuf> = path("PIP_CONFIG_FILE")
        .into_iter()
        .chain([config.join("pip/pip.conf"), home.join(".pip/pip.conf")])
        .collect();
    let composer = path("COMPOSER_HOME").map(|directory| directory.join("auth.json"));
    let composer: Vec<PathBuf> = composer
        .into_iter()
        .chain([
            config.join("composer/auth.json"),
            home.join(".composer/auth.json"),
        ])
        .collect();
    ClientFiles {
        npmrc: text(&npmrc.unwrap_or_else(|| home.join(".npmrc"))),
        cargo_config: first(&[cargo.join("config.toml"), cargo.join("config")]),
        cargo_credentials: first(&[cargo.join("credentials.toml"), cargo.join("credentials")]),
        netrc: text(&path("NETRC").unwrap_or_else(|| home.join(".netrc"))),
        pip: all(&pip),
        nuget: all(&[
            home.join(".nuget/NuGet/NuGet.Config"),
            config.join("NuGet/NuGet.Config"),
        ]),
        maven: text(&home.join(".m2/settings.xml")),
        composer: first(&composer),
    }
}

/// A file that is there and can be read.
fn text(path: &Path) -> Option<String> {
    let bytes = read_bounded(path, MAX_BYTES).ok()?;
    String::from_utf8(bytes).ok()
}
