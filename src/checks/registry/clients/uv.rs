//! uv: `uv.toml`, else `[tool.uv]` of `pyproject.toml`, of the project; `uv.toml` of the
//! user and the system; `UV_*` (<https://docs.astral.sh/uv/concepts/configuration-files/>).
//! The lockfile records the index of each package; what counts here is how uv chooses among
//! several when it locks, and which checks are off.

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Route, Target};
use super::text::{Toml, environment, says};
use toml::de::DeTable;

const ADVICE: &str = "`exclude-newer = \"7 days\"` under `[tool.uv]`";

/// The configuration of uv for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Uv);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    let mut strategy = None;
    for (name, names) in [
        ("UV_DEFAULT_INDEX", Names::All),
        ("UV_INDEX_URL", Names::All),
        ("UV_INDEX", Names::All),
        ("UV_EXTRA_INDEX_URL", Names::All),
    ] {
        let value = files.variable(name).unwrap_or_default();
        for part in value.split_whitespace() {
            // `name=url`
            let url = part
                .split_once("=http")
                .map_or(part.to_owned(), |(_, rest)| format!("http{rest}"));
            let target = Target::Address(url);
            let place = environment(name, value);
            effective
                .routes
                .push(Route::new(names.clone(), target, place));
        }
    }
    if let Some(value) = files.variable("UV_INDEX_STRATEGY") {
        strategy = Some((value.to_owned(), environment("UV_INDEX_STRATEGY", value)));
    }
    if let Some(value) = files.variable("UV_INSECURE_HOST") {
        let place = environment("UV_INSECURE_HOST", value);
        effective.weak(place, true, "the host's certificate is not checked");
    }
    if files.variable("UV_EXCLUDE_NEWER").is_some() {
        effective.cool_down = CoolDown::On;
    }
    let project = files.tree(&join(directory, "uv.toml"));
    let manifest = files.tree(&join(directory, "pyproject.toml"));
    let user = files.config("uv/uv.toml");
    let system = files.system_config("uv/uv.toml").into_iter().next();
    let system = system.or_else(|| files.system("/etc/uv/uv.toml"));
    let own = match &project {
        Some(file) => Some((file, &[][..])),
        None => manifest.as_ref().map(|file| (file, &["tool", "uv"][..])),
    };
    let more = user.iter().chain(&system).map(|file| (file, &[][..]));
    for (file, path) in own.into_iter().chain(more) {
        let Some(document) = files.toml(file) else {
            continue;
        };
        if let Some(table) = document.table(path) {
            settings(file, &document, table, &mut effective, &mut strategy);
        }
    }
    if let Some((text, place)) = strategy
        && text.starts_with("unsafe-")
    {
        effective.mixed = effective
            .routes
            .iter()
            .filter(|route| route.names == Names::All)
            .flat_map(|route| route.places.iter().cloned())
            .chain([place])
            .collect();
    }
    effective
}

fn settings(
    file: &File,
    document: &Toml<'_>,
    table: &DeTable<'_>,
    effective: &mut Effective,
    strategy: &mut Option<(String, crate::model::ConfiguredAt)>,
) {
    for index in document.tables(table, "index") {
        let Some((url, line)) = document.text(index, "url") else {
            continue;
        };
        let names = match document.flag(index, "explicit") {
            Some((true, _)) => Names::OnRequest,
            _ => Names::All,
        };
        let place = file.at(line, says("url", url));
        effective
            .routes
            .push(Route::new(names, address(url), place));
    }
    for key in ["index-url", "extra-index-url", "find-links"] {
        for (url, line) in document.texts(table, key) {
            let place = file.at(line, says(key, url));
            effective
                .routes
                .push(Route::new(Names::All, address(url), place));
        }
    }
    if strategy.is_none()
        && let Some((text, line)) = document.text(table, "index-strategy")
    {
        let place = file.at(line, says("index-strategy", text));
        *strategy = Some((text.to_owned(), place));
    }
    for (host, line) in document.texts(table, "allow-insecure-host") {
        let place = file.at(line, says("allow-insecure-host", host));
        effective.weak(place, true, "the host's certificate is not checked");
    }
    if table.contains_key("exclude-newer") {
        effective.cool_down = CoolDown::On;
    }
}

/// An address, or a path for a flat index.
fn address(text: &str) -> Target {
    match text.contains("://") {
        true => Target::Address(text.to_owned()),
        false => Target::Local(text.to_owned()),
    }
}
