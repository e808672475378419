//! Yarn: `.yarnrc.yml` from the project up and of the home, `YARN_*` (Yarn 2 and later,
//! <https://yarnpkg.com/configuration/yarnrc>); `.yarnrc` and `.npmrc` (Yarn 1).

use super::files::{File, Files};
use super::model::{Client, CoolDown, Effective, Names, Route};
use super::npm::{Npmrc, is_nothing, major, manager, target, with_default};
use super::text::{environment, says, unquoted};
use crate::model::{Location, terminal_safe};
use crate::support::yaml;
use std::rc::Rc;

const ADVICE: &str = "`npmMinimalAgeGate: 7d` (Yarn 4.10 or later) in `.yarnrc.yml`";

/// The configuration of the Yarn that wrote a lockfile.
pub(super) fn read(files: &Files<'_>, directory: &str, lockfile: &str) -> Effective {
    let text = files.lockfile_start(lockfile);
    match text.contains("__metadata:") {
        true => berry(files, directory),
        false => classic(files, directory),
    }
}

fn classic(files: &Files<'_>, directory: &str) -> Effective {
    let npmrc = Npmrc::read(files, directory);
    let mut effective = Effective::new(Client::YarnClassic);
    let mut found = files.upwards(directory, &[".yarnrc"]);
    found.extend(files.home(".yarnrc"));
    for file in &found {
        for (index, line) in file.text.lines().enumerate() {
            let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
            if line.trim_start().starts_with(['{', '?', '&', '!']) {
                let message = format!(
                    "it cannot be told what a line of `{}` sets: it is YAML that is not one key and its value",
                    terminal_safe(&file.shown)
                );
                files.undecided(Location::line(&file.shown, number), &message);
            }
            let Some((key, value)) = line.trim().split_once([' ', '\t']) else {
                continue;
            };
            // What is not Yarn's own form is read as YAML: `registry: ADDRESS`.
            let key = unquoted(key.strip_suffix(':').unwrap_or(key));
            let value = unquoted(value.trim());
            let place = || file.at(number, says(key, value));
            let names = match key.strip_suffix(":registry") {
                Some(scope) if scope.starts_with('@') => Some(Names::Scope(scope.to_owned())),
                _ if key == "registry" => Some(Names::All),
                _ => None,
            };
            if let Some(names) = names
                && !effective.routes.iter().any(|known| known.names == names)
            {
                effective
                    .routes
                    .push(Route::new(names, target(value), place()));
            }
            if (key, value) == ("strict-ssl", "false") {
                let effect = "the registry's certificate is not checked";
                effective.weak(place(), true, effect);
            }
        }
    }
    for route in npmrc.routes() {
        if !effective
            .routes
            .iter()
            .any(|known| known.names == route.names)
        {
            effective.routes.push(route);
        }
    }
    npmrc.weaken(&mut effective);
    with_default(files, &mut effective.routes);
    effective
}

fn berry(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Yarn);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    if let Some(value) = files.variable("YARN_NPM_REGISTRY_SERVER") {
        let place = environment("YARN_NPM_REGISTRY_SERVER", value);
        effective
            .routes
            .push(Route::new(Names::All, target(value), place));
    }
    let mut found: Vec<Rc<File>> = files.upwards(directory, &[".yarnrc.yml"]);
    found.extend(files.home(".yarnrc.yml"));
    for file in &found {
        settings(files, file, &mut effective);
    }
    with_default(files, &mut effective.routes);
    if matches!(effective.cool_down, CoolDown::Missing { .. })
        && manager(files, directory).is_some_and(|(name, version)| {
            let minor = version.split('.').nth(1).and_then(|m| m.parse().ok());
            let from_15 = major(&version) == Some(4) && minor.is_some_and(|m: u32| m >= 15);
            name == "yarn" && (from_15 || major(&version).is_some_and(|major| major > 4))
        })
    {
        // Yarn 4.15 waits a day of its own accord.
        effective.cool_down = CoolDown::On;
    }
    effective
}

/// Adds what a file says and no nearer one does.
fn settings(files: &Files<'_>, file: &File, effective: &mut Effective) {
    let stream = yaml::parse(&file.text);
    if let Some(broken) = &stream.broken {
        files.broken(file, broken);
    }
    let Some(root) = stream.documents.first() else {
        return;
    };
    let add = |effective: &mut Effective, names: Names, member: &yaml::Member<'_>| {
        let known = effective.routes.iter().any(|route| route.names == names);
        if let (Some(text), false) = (member.value.text(), known) {
            let place = file.at(member.line, says(&member.key, text));
            effective
                .routes
                .push(Route::new(names, target(text), place));
        }
    };
    if let Some(member) = root.member("npmRegistryServer") {
        add(effective, Names::All, member);
    }
    for scope in root.value("npmScopes").map_or(&[][..], yaml::Node::members) {
        if let Some(member) = scope.value.member("npmRegistryServer") {
            let name = format!("@{}", scope.key.trim_start_matches('@'));
            add(effective, Names::Scope(name), member);
        }
    }
    if let Some(member) = root.member("enableStrictSsl")
        && member.value.flag() == Some(false)
    {
        let place = file.at(member.line, says("enableStrictSsl", "false"));
        effective.weak(place, true, "the registry's certificate is not checked");
    }
    if let Some(member) = root.member("checksumBehavior")
        && let Some(text @ ("ignore" | "update" | "reset")) = member.value.text()
    {
        let place = file.at(member.line, says("checksumBehavior", text));
        effective.weak(
            place,
            true,
            "a file that differs from its checksum is taken",
        );
    }
    for item in root
        .value("unsafeHttpWhitelist")
        .map_or(&[][..], yaml::Node::items)
    {
        let host = item.text().unwrap_or_default();
        if !matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]") {
            let place = file.at(item.line, says("unsafeHttpWhitelist", host));
            effective.weak(place, true, "packages may be fetched without TLS");
        }
    }
    if let Some(member) = root.member("npmMinimalAgeGate")
        && matches!(effective.cool_down, CoolDown::Missing { .. })
    {
        let text = member.value.text().unwrap_or_default();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        effective.cool_down = match is_nothing(digits) {
            true => CoolDown::Off(
                file.at(member.line, says("npmMinimalAgeGate", text)),
                ADVICE,
            ),
            false => CoolDown::On,
        };
    }
}
