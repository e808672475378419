//! PDM: the sources in `pyproject.toml`, and `[pypi]` of `pdm.toml`, of the user's
//! configuration and of `PDM_PYPI_URL` (<https://pdm-project.org/latest/reference/configuration/>).
//! PDM asks its sources in order of preference by version, not by place, unless a source
//! includes or excludes names.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::{Toml, environment, says};
use crate::model::ConfiguredAt;
use toml::de::DeTable;

/// What stands in for the default registry.
type Index = Option<(String, ConfiguredAt)>;

/// The configuration of PDM for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Pdm);
    let mut index: Index = files.variable("PDM_PYPI_URL").map(|url| {
        let place = environment("PDM_PYPI_URL", url);
        (url.to_owned(), place)
    });
    let user = match files.variable("PDM_CONFIG_FILE") {
        Some(_) => files.named_by("PDM_CONFIG_FILE"),
        None => files.platform_config("pdm/config.toml"),
    };
    let own = files.tree(&join(directory, "pdm.toml"));
    for file in own.into_iter().chain(user) {
        if let Some(document) = files.toml(&file) {
            configuration(&file, &document, &mut index, &mut effective);
        }
    }
    let mut open = Vec::new();
    let mut replaces_default = false;
    let mut has_sources = !effective.routes.is_empty();
    let manifest = files.tree(&join(directory, "pyproject.toml"));
    if let Some(file) = manifest
        && let Some(document) = files.toml(&file)
        && let Some(table) = document.table(&["tool", "pdm"])
    {
        let all = document.tables(table, "source");
        has_sources |= !all.is_empty();
        for source in all {
            replaces_default |= add(&file, &document, source, &mut open, &mut effective);
        }
    }
    if let Some((url, place)) = index
        && !replaces_default
    {
        open.push(place.clone());
        // Beside others it may answer; alone it answers for every name.
        let names = match has_sources {
            true => Names::OnRequest,
            false => Names::All,
        };
        effective
            .routes
            .push(Route::new(names, target(&url), place));
        replaces_default = true;
    }
    // A source named `pypi` stands in for the default registry.
    if open.len() > 1 || (open.len() == 1 && !replaces_default) {
        effective.mixed = open;
    }
    effective
}

/// `[pypi]` of a configuration: of the default registry, and below names of others.
fn configuration(file: &File, document: &Toml<'_>, index: &mut Index, effective: &mut Effective) {
    let Some(pypi) = document.table(&["pypi"]) else {
        return;
    };
    if let Some((url, line)) = document.text(pypi, "url")
        && index.is_none()
    {
        *index = Some((url.to_owned(), file.at(line, says("pypi.url", url))));
    }
    certificates(file, document, pypi, effective);
    for (_, value) in pypi {
        let Some(source) = value.get_ref().as_table() else {
            continue;
        };
        if let Some((url, line)) = document.text(source, "url") {
            let place = file.at(line, says("url", url));
            let route = Route::new(Names::OnRequest, target(url), place);
            effective.routes.push(route);
        }
        certificates(file, document, source, effective);
    }
}

fn certificates(file: &File, document: &Toml<'_>, table: &DeTable<'_>, effective: &mut Effective) {
    if let Some((false, line)) = document.flag(table, "verify_ssl") {
        let place = file.at(line, says("verify_ssl", "false"));
        effective.weak(place, true, "the registry's certificate is not checked");
    }
}

/// A source of the manifest; says whether it stands in for the default registry.
fn add(
    file: &File,
    document: &Toml<'_>,
    source: &DeTable<'_>,
    open: &mut Vec<ConfiguredAt>,
    effective: &mut Effective,
) -> bool {
    certificates(file, document, source, effective);
    let Some((url, line)) = document.text(source, "url") else {
        return false;
    };
    let place = file.at(line, says("url", url));
    let is_bound = ["include_packages", "exclude_packages"]
        .iter()
        .any(|key| source.contains_key(*key));
    if !is_bound {
        open.push(place.clone());
    }
    effective
        .routes
        .push(Route::new(Names::OnRequest, target(url), place));
    let name = document.text(source, "name");
    name.is_some_and(|(name, _)| name == "pypi")
}

fn target(url: &str) -> Target {
    match url.contains("${") {
        true => Target::Unknown("an environment variable decides".to_owned()),
        false => Target::Address(url.to_owned()),
    }
}
