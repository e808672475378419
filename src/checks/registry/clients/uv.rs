//! uv: `uv.toml`, else `[tool.uv]` of `pyproject.toml`, of the project or the nearest
//! directory above it; `uv.toml` of the user and the system; `UV_*` (<https://docs.astral.sh/uv/concepts/configuration-files/>).
//! The lockfile records the index of each package; what counts here is how uv chooses among
//! several when it locks, and which checks are off.

use super::files::{File, Files};
use super::model::{Client, CoolDown, Effective, Names, Route, Target};
use super::text::{Toml, environment, is_no_wait, is_no_wait_value, says, scalar, truth};
use std::rc::Rc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    variables(files, &mut effective);
    for (file, path) in configuration(files, directory) {
        let Some(document) = files.toml(&file) else {
            continue;
        };
        if let Some(table) = document.table(path) {
            settings(&file, &document, table, &mut effective, &mut strategy);
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

/// Variables beside those of the indexes.
fn variables(files: &Files<'_>, effective: &mut Effective) {
    let said = |name: &str| {
        let value = files.variable(name)?;
        Some((value, environment(name, value)))
    };
    if let Some((_, place)) = said("UV_INSECURE_HOST") {
        effective.weak(place, true, "the host's certificate is not checked");
    }
    if let Some((value, place)) = said("UV_NO_VERIFY_HASHES")
        && truth(value) != Some(false)
    {
        let effect = "hashes of requirement files are not compared";
        effective.weak(place, true, effect);
    }
    if let Some((value, place)) = said("UV_FIND_LINKS") {
        for link in value.split(',').map(str::trim).filter(|l| !l.is_empty()) {
            let route = Route::new(Names::All, address(link), place.clone());
            effective.routes.push(route);
        }
    }
    if let Some((value, place)) = said("UV_EXCLUDE_NEWER") {
        effective.cool_down = match is_no_wait(value) {
            true => CoolDown::Off(place, ADVICE),
            false => CoolDown::On,
        };
    }
}

/// The files that count, each with the table of its settings, the nearest first: of each
/// directory upwards `uv.toml`, else `pyproject.toml` where it has a `[tool.uv]`, up to the first
/// that there is; then the user's, then the system's. The lockfile lies in the root of a
/// workspace, where uv begins, whatever its members say.
fn configuration(files: &Files<'_>, directory: &str) -> Vec<(Rc<File>, &'static [&'static str])> {
    const WHOLE: &[&str] = &[];
    const TABLE: &[&str] = &["tool", "uv"];
    if files.variable("UV_NO_CONFIG").and_then(truth) == Some(true) {
        return Vec::new();
    }
    if files.variable("UV_CONFIG_FILE").is_some() {
        let named = files.named_by("UV_CONFIG_FILE");
        return named.into_iter().map(|file| (file, WHOLE)).collect();
    }
    let mut upwards = files
        .upwards(directory, &["uv.toml", "pyproject.toml"])
        .into_iter();
    let nearest = upwards.find_map(|file| {
        if !file.shown.ends_with("pyproject.toml") {
            return Some((file, WHOLE));
        }
        // One that cannot be read is a gap, and none of its settings counts.
        let has_table = files.toml(&file)?.table(TABLE).is_some();
        has_table.then_some((file, TABLE))
    });
    let system = files.system_config("uv/uv.toml").into_iter().next();
    let system = system.or_else(|| files.system("/etc/uv/uv.toml"));
    let more = files.config("uv/uv.toml").into_iter().chain(system);
    nearest
        .into_iter()
        .chain(more.map(|file| (file, WHOLE)))
        .collect()
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
    let off = |key: &str, value: &Spanned<DeValue<'_>>| {
        let place = file.at(document.line(value), says(key, &scalar(value.get_ref())));
        CoolDown::Off(place, ADVICE)
    };
    if let Some(value) = table.get("exclude-newer")
        && matches!(effective.cool_down, CoolDown::Missing { .. })
    {
        effective.cool_down = match is_no_wait_value(value.get_ref()) {
            true => off("exclude-newer", value),
            false => CoolDown::On,
        };
    }
    // For single packages.
    let each = table.get("exclude-newer-package");
    let each = each.and_then(|value| value.get_ref().as_table());
    for (name, value) in each.into_iter().flatten() {
        if effective.cool_down == CoolDown::On && is_no_wait_value(value.get_ref()) {
            let key = format!("exclude-newer-package.{}", name.get_ref());
            effective.cool_down = off(&key, value);
        }
    }
}

/// An address, or a path for a flat index.
fn address(text: &str) -> Target {
    match text.contains("://") {
        true => Target::Address(text.to_owned()),
        false => Target::Local(text.to_owned()),
    }
}
