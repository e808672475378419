//! Poetry: the sources in `pyproject.toml`, and `poetry.toml`
//! (<https://python-poetry.org/docs/repositories/>). The lockfile records the source of a
//! package; what counts here is how the client chooses when it locks.

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Route, Target};
use super::text::{Toml, environment, is_no_wait, is_no_wait_value, says, scalar, truth};
use crate::model::ConfiguredAt;
use toml::de::DeTable;

const ADVICE: &str = "`[solver] min-release-age = 7` (days, Poetry 2.4 or later) in `poetry.toml`";

/// The configuration of Poetry for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Poetry);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    if let Some(file) = files.tree(&join(directory, "pyproject.toml"))
        && let Some(document) = files.toml(&file)
        && let Some(table) = document.table(&["tool", "poetry"])
    {
        sources(&file, &document, table, &mut effective);
    }
    variables(files, &mut effective);
    let mut found: Vec<_> = files
        .tree(&join(directory, "poetry.toml"))
        .into_iter()
        .collect();
    found.extend(match files.variable("POETRY_CONFIG_DIR") {
        Some(home) => files.at(
            &format!("{home}/config.toml"),
            "$POETRY_CONFIG_DIR/config.toml",
        ),
        None => files.platform_config("pypoetry/config.toml"),
    });
    for file in &found {
        let Some(document) = files.toml(file) else {
            continue;
        };
        let solver = document.table(&["solver"]);
        if let Some(value) = solver.and_then(|solver| solver.get("min-release-age"))
            && matches!(effective.cool_down, CoolDown::Missing { .. })
        {
            effective.cool_down = match is_no_wait_value(value.get_ref()) {
                true => {
                    let said = says("min-release-age", &scalar(value.get_ref()));
                    CoolDown::Off(file.at(document.line(value), said), ADVICE)
                }
                false => CoolDown::On,
            };
        }
        for (name, value) in document.table(&["certificates"]).into_iter().flatten() {
            let table = value.get_ref().as_table();
            if let Some((false, line)) = table.and_then(|table| document.flag(table, "cert")) {
                let key = format!("certificates.{}.cert", name.get_ref());
                let place = file.at(line, says(&key, "false"));
                effective.weak(place, true, "the registry's certificate is not checked");
            }
        }
    }
    effective
}

/// Variables win over files; in their names a dash is an underscore.
fn variables(files: &Files<'_>, effective: &mut Effective) {
    for (name, value) in files.variables("POETRY_CERTIFICATES_") {
        if name.ends_with("_CERT") && truth(value) == Some(false) {
            let place = environment(&format!("POETRY_CERTIFICATES_{name}"), value);
            effective.weak(place, true, "the registry's certificate is not checked");
        }
    }
    const AGE: &str = "POETRY_SOLVER_MIN_RELEASE_AGE";
    if let Some(value) = files.variable(AGE) {
        effective.cool_down = match is_no_wait(value) {
            true => CoolDown::Off(environment(AGE, value), ADVICE),
            false => CoolDown::On,
        };
    }
}

/// Sources that are not explicit are asked for every name: several primary ones together,
/// supplemental ones for what the others do not have. Without a primary one, the default
/// registry is.
fn sources(file: &File, document: &Toml<'_>, table: &DeTable<'_>, effective: &mut Effective) {
    let mut open: Vec<ConfiguredAt> = Vec::new();
    let mut has_primary = false;
    for source in document.tables(table, "source") {
        let (name, line) = document.text(source, "name").unwrap_or(("", 1));
        let priority = document
            .text(source, "priority")
            .map_or("primary", |(priority, _)| priority);
        let (target, place) = match document.text(source, "url") {
            Some((url, line)) => (
                Target::Address(url.to_owned()),
                file.at(line, says("url", url)),
            ),
            // The default registry by its name.
            None => (Target::Default, file.at(line, says("name", name))),
        };
        let names = match priority {
            "explicit" => Names::OnRequest,
            other => {
                has_primary |= !matches!(other, "supplemental" | "secondary");
                open.push(place.clone());
                Names::All
            }
        };
        effective.routes.push(Route::new(names, target, place));
    }
    if open.len() > 1 || (open.len() == 1 && !has_primary) {
        effective.mixed = open;
    }
}
