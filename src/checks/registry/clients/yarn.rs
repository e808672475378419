//! Yarn: `.yarnrc.yml` from the project up and of the home, `YARN_*` (Yarn 2 and later,
//! <https://yarnpkg.com/configuration/yarnrc>); `.yarnrc` and `.npmrc` (Yarn 1).

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Route};
use super::npm::{Npmrc, is_all, is_nothing, major, manager, target, with_default};
use super::text::{environment, says};
use crate::model::{ConfiguredAt, Location, terminal_safe};
use crate::support::yaml;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const ADVICE: &str = "`npmMinimalAgeGate: 7d` (Yarn 4.10 or later) in `.yarnrc.yml`";

const STRICT: &str = "enableStrictSsl";
const CHECKSUMS: &str = "checksumBehavior";
const GATE: &str = "npmMinimalAgeGate";

/// The configuration of the Yarn that wrote a lockfile.
pub(super) fn read(files: &Files<'_>, directory: &str, lockfile: &str) -> Effective {
    let text = files.lockfile_start(lockfile);
    match text.contains("__metadata:") {
        true => berry(files, directory),
        false => classic(files, directory),
    }
}

/// Registries of `.npmrc` come first, and `strict-ssl` counts in `.yarnrc` only. Both are
/// looked for beside the lockfile, then in the home, then in the directories above.
fn classic(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::YarnClassic);
    let beside = |name: &str| files.tree(&join(directory, name));
    let is_above = |file: &Rc<File>, name: &str| file.shown != join(directory, name);
    let mut npmrc = Npmrc::levels(files, &["npm_config_"], beside(".npmrc").as_slice());
    for file in files.upwards(directory, &[".npmrc"]) {
        if is_above(&file, ".npmrc") {
            npmrc.file(files, &file);
        }
    }
    effective.routes = npmrc.routes();
    let mut own = Npmrc::default();
    own.environment(files, "yarn_");
    let mut found: Vec<Rc<File>> = beside(".yarnrc").into_iter().collect();
    found.extend(files.home(".yarnrc"));
    let above = files.upwards(directory, &[".yarnrc"]);
    found.extend(above.into_iter().filter(|file| is_above(file, ".yarnrc")));
    for file in &found {
        for (key, (number, value)) in yarnrc(files, file) {
            let place = file.at(number, says(&key, &value));
            own.add(key, value, place);
        }
    }
    for route in own.routes() {
        if !effective
            .routes
            .iter()
            .any(|known| known.names == route.names)
        {
            effective.routes.push(route);
        }
    }
    if let Some(place) = own.is_off("strict-ssl") {
        let effect = "the registry's certificate is not checked";
        effective.weak(place.clone(), true, effect);
    }
    with_default(files, &mut effective.routes);
    effective
}

/// The settings of a `.yarnrc`, each with its line: the last line of a key counts. What may
/// set something else, or more, is a gap.
fn yarnrc(files: &Files<'_>, file: &File) -> BTreeMap<String, (u32, String)> {
    files.line_ends(file, &[]);
    let mut settings = BTreeMap::new();
    for (line, number) in file.text.lines().zip(1_u32..) {
        let undecided = |why: &str| {
            let shown = terminal_safe(&file.shown);
            let message = format!("it cannot be told what a line of `{shown}` sets: {why}");
            files.undecided(Location::line(&file.shown, number), &message);
        };
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let Some(pair) = pair(line) else {
            undecided("it is not one key and its value");
            continue;
        };
        if pair.key.starts_with("--") {
            undecided("it is an option that Yarn adds to its command line");
            continue;
        }
        if pair.is_odd {
            undecided("neither Yarn nor YAML takes such a value without quotes and a colon");
        }
        settings.insert(pair.key.to_owned(), (number, pair.value.to_owned()));
    }
    settings
}

/// A line of a `.yarnrc` that is one key and its value.
struct Pair<'t> {
    key: &'t str,
    value: &'t str,
    /// An address without quotes behind a key without a colon.
    is_odd: bool,
}

/// `KEY VALUE`, Yarn's own form, or `KEY: VALUE`, which is YAML too; each part in quotes or
/// without, at the line's beginning.
fn pair(line: &str) -> Option<Pair<'_>> {
    let quoted = |text: &'_ str| text.starts_with(['"', '\'']);
    let (key, rest) = match quoted(line) {
        true => in_quotes(line)?,
        false => line.split_at_checked(line.find([' ', '\t', ':'])?)?,
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./@".contains(c);
    if key.is_empty() || !(quoted(line) || key.chars().all(is_plain)) {
        return None;
    }
    let after_colon = rest.strip_prefix(':');
    let rest = after_colon.unwrap_or(rest);
    let text = rest.trim_start_matches([' ', '\t']);
    if text.len() == rest.len() {
        return None;
    }
    let (value, rest) = match quoted(text) {
        true => in_quotes(text)?,
        false => text.split_at_checked(text.find([' ', '\t']).unwrap_or(text.len()))?,
    };
    let is_value = quoted(text)
        || (value.starts_with(|c: char| c.is_ascii_alphanumeric() || "/.~-".contains(c))
            && !value.contains([',', '"', '\'', '\\'])
            && !value.ends_with(':'));
    let comment = rest.trim_start();
    let is_end = comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len());
    (is_value && is_end).then_some(Pair {
        key,
        value,
        is_odd: after_colon.is_none()
            && (text.starts_with('\'') || (!quoted(text) && value.contains(':'))),
    })
}

/// What stands in the quotes at the beginning, and what follows; `None` where it is escaped.
fn in_quotes(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next()?;
    let (inside, rest) = text.get(1..)?.split_once(quote)?;
    let is_plain = !inside.contains('\\') && !rest.starts_with(quote);
    is_plain.then_some((inside, rest))
}

fn berry(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Yarn);
    effective.cool_down = CoolDown::Missing { advice: ADVICE };
    let mut said = Said::default();
    said.environment(files, &mut effective);
    let name = files.variable("YARN_RC_FILENAME").unwrap_or(".yarnrc.yml");
    let mut found: Vec<Rc<File>> = files.upwards(directory, &[name]);
    found.extend(files.home(name));
    for file in &found {
        said.settings(files, file, &mut effective);
    }
    if let Some(place) = said
        .excluded
        .filter(|_| effective.cool_down == CoolDown::On)
    {
        effective.cool_down = CoolDown::Off(place, ADVICE);
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

/// What nearer levels have said already.
#[derive(Default)]
struct Said {
    keys: BTreeSet<&'static str>,
    /// Where all packages, or all with or without a scope, are taken out of the cool-down.
    excluded: Option<ConfiguredAt>,
}

impl Said {
    /// Variables come before every file.
    fn environment(&mut self, files: &Files<'_>, effective: &mut Effective) {
        let variable = |name| Some((files.variable(name)?, name));
        if let Some((value, name)) = variable("YARN_NPM_REGISTRY_SERVER") {
            let place = environment(name, value);
            effective
                .routes
                .push(Route::new(Names::All, target(value), place));
        }
        for (name, key) in [
            ("YARN_ENABLE_STRICT_SSL", STRICT),
            ("YARN_CHECKSUM_BEHAVIOR", CHECKSUMS),
            ("YARN_NPM_MINIMAL_AGE_GATE", GATE),
        ] {
            if let Some((value, name)) = variable(name) {
                self.setting(key, value, environment(name, value), effective);
            }
        }
        if let Some((value, name)) = variable("YARN_UNSAFE_HTTP_WHITELIST") {
            for host in value.split(',') {
                plain_http(host.trim(), environment(name, value), effective);
            }
        }
        if let Some((value, name)) = variable("YARN_NPM_PREAPPROVED_PACKAGES")
            && value.split(',').any(|one| is_all(one.trim()))
        {
            self.excluded = Some(environment(name, value));
        }
    }

    /// Adds what a level says of a setting with one value and no nearer one does.
    fn setting(
        &mut self,
        key: &'static str,
        value: &str,
        place: ConfiguredAt,
        effective: &mut Effective,
    ) {
        if !self.keys.insert(key) {
            return;
        }
        match (key, value) {
            (STRICT, "false" | "False" | "FALSE" | "0") => {
                effective.weak(place, true, "the registry's certificate is not checked");
            }
            (CHECKSUMS, "ignore" | "update" | "reset") => {
                let effect = "a file that differs from its checksum is taken";
                effective.weak(place, true, effect);
            }
            (GATE, text) => {
                let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
                effective.cool_down = match is_nothing(digits) {
                    true => CoolDown::Off(place, ADVICE),
                    false => CoolDown::On,
                };
            }
            _ => {}
        }
    }

    /// Adds what a file says and no nearer one does.
    fn settings(&mut self, files: &Files<'_>, file: &File, effective: &mut Effective) {
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
        for key in [STRICT, CHECKSUMS, GATE] {
            if let Some(member) = root.member(key) {
                let text = member.value.text().unwrap_or_default();
                let place = file.at(member.line, says(key, text));
                self.setting(key, text, place, effective);
            }
        }
        let items = |key| root.value(key).map_or(&[][..], yaml::Node::items).iter();
        for item in items("unsafeHttpWhitelist") {
            let host = item.text().unwrap_or_default();
            let place = file.at(item.line, says("unsafeHttpWhitelist", host));
            plain_http(host, place, effective);
        }
        let mut approved = items("npmPreapprovedPackages");
        if let Some(item) = approved.find(|item| item.text().is_some_and(is_all)) {
            let text = item.text().unwrap_or_default();
            let place = file.at(item.line, says("npmPreapprovedPackages", text));
            self.excluded.get_or_insert(place);
        }
    }
}

fn plain_http(host: &str, place: ConfiguredAt, effective: &mut Effective) {
    if !matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]") {
        effective.weak(place, true, "packages may be fetched without TLS");
    }
}
