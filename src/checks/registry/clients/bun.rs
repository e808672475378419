//! Bun: `bunfig.toml` of the project and of the home, and `.npmrc`
//! (<https://bun.sh/docs/runtime/bunfig>). Where both name a registry for the same names,
//! both count: which one wins changed between versions.

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Recorded, Replacement, Route};
use super::npm::{Npmrc, target, with_default};
use super::text::{Toml, environment, says};
use toml::de::{DeTable, DeValue};

const ADVICE: &str =
    "`[install] minimumReleaseAge = 604800` (seconds, Bun 1.3 or later) in `bunfig.toml`";

/// Variables that name the registry for all packages, the first that is set first.
const VARIABLES: [&str; 3] = [
    "BUN_CONFIG_REGISTRY",
    "NPM_CONFIG_REGISTRY",
    "npm_config_registry",
];

/// The configuration of Bun for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let npmrc = Npmrc::read(files, directory);
    let mut effective = Effective::new(Client::Bun);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    let mut found: Vec<_> = files
        .tree(&join(directory, "bunfig.toml"))
        .into_iter()
        .collect();
    found.extend(match files.variable("XDG_CONFIG_HOME") {
        Some(base) => files.at(
            &format!("{base}/.bunfig.toml"),
            "$XDG_CONFIG_HOME/.bunfig.toml",
        ),
        None => files.home(".bunfig.toml"),
    });
    // The first of these that is an address counts over every file.
    let variable = VARIABLES.iter().find_map(|name| {
        let value = files.variable(name)?;
        value.starts_with("http").then_some((*name, value))
    });
    if let Some((name, value)) = variable {
        let place = environment(name, value);
        effective
            .routes
            .push(Route::new(Names::All, target(value), place));
    }
    for file in &found {
        if let Some(document) = files.toml(file) {
            bunfig(file, &document, &mut effective);
        }
    }
    for route in npmrc.routes() {
        if variable.is_some() && route.names == Names::All {
            continue;
        }
        let rival = effective
            .routes
            .iter()
            .find(|known| known.names == route.names && known.target != route.target);
        if let (Some(rival), Some(place)) = (rival, route.places.first()) {
            let other = rival
                .places
                .first()
                .map_or("", |place| &place.location.path);
            let message = format!(
                "`{}` and `{other}` name different registries; which one counts depends on the version of Bun",
                place.location.path
            );
            files.undecided(place.location.clone(), &message);
        }
        effective.routes.push(route);
    }
    npmrc.weaken(&mut effective);
    // The lockfile leaves the address of the registry in use out.
    for route in effective.routes.clone() {
        effective.replaced.push(Replacement {
            of: Recorded::Default,
            by: route,
        });
    }
    with_default(files, &mut effective.routes);
    effective
}

fn bunfig(file: &File, document: &Toml<'_>, effective: &mut Effective) {
    let Some(install) = document.table(&["install"]) else {
        return;
    };
    add(file, document, install, "registry", Names::All, effective);
    if let Some(scopes) = document.table(&["install", "scopes"]) {
        for (name, _) in scopes {
            let scope = format!("@{}", name.get_ref().trim_start_matches('@'));
            add(
                file,
                document,
                scopes,
                name.get_ref(),
                Names::Scope(scope),
                effective,
            );
        }
    }
    if let Some(value) = install.get("minimumReleaseAge")
        && matches!(effective.cool_down, CoolDown::Missing { .. })
    {
        let is_zero = match value.get_ref() {
            DeValue::Integer(number) => number
                .as_str()
                .trim_start_matches(['+', '0', '_'])
                .is_empty(),
            DeValue::Float(number) => number.as_str().parse::<f64>() == Ok(0.0),
            _ => true,
        };
        effective.cool_down = match is_zero {
            true => {
                let place = file.at(document.line(value), says("minimumReleaseAge", "0"));
                CoolDown::Off(place, ADVICE)
            }
            false => CoolDown::On,
        };
    }
}

/// A registry is an address, or a table with one under `url`.
fn add(
    file: &File,
    document: &Toml<'_>,
    table: &DeTable<'_>,
    key: &str,
    names: Names,
    effective: &mut Effective,
) {
    let nested = table.get(key).and_then(|value| value.get_ref().as_table());
    let found = match nested {
        Some(nested) => document.text(nested, "url"),
        None => document.text(table, key),
    };
    let known = effective.routes.iter().any(|route| route.names == names);
    if let (Some((text, line)), false) = (found, known) {
        let place = file.at(line, says(key, text));
        let text = text.replace("$", "${");
        let target = match text.contains("${") {
            true => target(&text),
            false => target(text.as_str()),
        };
        effective.routes.push(Route::new(names, target, place));
    }
}
