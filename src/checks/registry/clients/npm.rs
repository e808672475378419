//! npm and pnpm: `.npmrc` of the project, the user and the system, `npm_config_*`, and
//! pnpm's `pnpm-workspace.yaml` (<https://docs.npmjs.com/cli/configuring-npm/npmrc>,
//! <https://pnpm.io/settings>). Earlier levels win: environment, project, user, system.

use super::files::{File, Files, join};
use super::model::{Client, CoolDown, Effective, Names, Recorded, Replacement, Route, Target};
use super::npm_lines;
use super::text::{environment, says};
use crate::model::{ConfiguredAt, Location, terminal_safe};
use crate::support::{json_tree, yaml};
use std::collections::BTreeMap;

const NPM_ADVICE: &str = "`min-release-age=7` (days, npm 11.10 or later) in `.npmrc`";
const PNPM_ADVICE: &str =
    "`minimumReleaseAge: 10080` (minutes, pnpm 10.16 or later) in `pnpm-workspace.yaml`";

/// Settings of all levels: the first that says a key counts.
#[derive(Default)]
pub(super) struct Npmrc {
    values: BTreeMap<String, (String, ConfiguredAt)>,
}

impl Npmrc {
    /// The levels of npm for a project.
    pub(super) fn read(files: &Files<'_>, directory: &str) -> Self {
        let mut all = Self::default();
        for prefix in ["npm_config_", "NPM_CONFIG_"] {
            for (name, value) in files.variables(prefix) {
                let key = name.to_lowercase().replace('_', "-");
                let variable = format!("{prefix}{name}");
                all.add(key, value.to_owned(), environment(&variable, value));
            }
        }
        if let Some(file) = files.tree(&join(directory, ".npmrc")) {
            all.file(files, &file);
        }
        // npm folds the case of these names.
        let named = |name: &str| {
            let names = [name.to_lowercase(), name.to_owned()];
            let set = names.iter().find(|name| files.variable(name).is_some());
            set.map(|name| files.named_by(name))
        };
        let user = match named("NPM_CONFIG_USERCONFIG") {
            Some(found) => found,
            None => files.home(".npmrc"),
        };
        let system = match named("NPM_CONFIG_GLOBALCONFIG") {
            Some(found) => found,
            None => ["/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc"]
                .iter()
                .find_map(|path| files.system(path)),
        };
        for file in user.iter().chain(&system) {
            all.file(files, file);
        }
        all
    }

    fn file(&mut self, files: &Files<'_>, file: &File) {
        let mut last: BTreeMap<String, (String, ConfiguredAt)> = BTreeMap::new();
        files.line_ends(file, &[]);
        for entry in npm_lines::entries(&file.text) {
            let names_file = matches!(entry.key.as_str(), "userconfig" | "globalconfig");
            let doubt = match entry.doubt {
                None if file.in_tree && names_file => {
                    Some("it names another file of settings, which is not read")
                }
                doubt => doubt,
            };
            if let Some(why) = doubt {
                let message = format!(
                    "it cannot be told what a line of `{}` sets: {why}",
                    terminal_safe(&file.shown)
                );
                files.undecided(Location::line(&file.shown, entry.line), &message);
            }
            let value = expanded(files, &entry.value);
            let place = file.at(entry.line, says(&entry.key, &entry.value));
            // In one file the last line counts.
            last.insert(entry.key, (value, place));
        }
        for (key, (value, place)) in last {
            self.add(key, value, place);
        }
    }

    fn add(&mut self, key: String, value: String, place: ConfiguredAt) {
        self.values.entry(key).or_insert((value, place));
    }

    pub(super) fn value(&self, key: &str) -> Option<&(String, ConfiguredAt)> {
        self.values.get(key)
    }

    /// Whether a key says `false`, or what npm takes for it.
    pub(super) fn is_off(&self, key: &str) -> Option<&ConfiguredAt> {
        let (value, place) = self.value(key)?;
        let is_off = matches!(value.as_str(), "false" | "null") || value.parse::<f64>() == Ok(0.0);
        is_off.then_some(place)
    }

    /// The registries for all names and for scopes.
    pub(super) fn routes(&self) -> Vec<Route> {
        self.values
            .iter()
            .filter_map(|(key, (value, place))| {
                let names = match key.strip_suffix(":registry") {
                    Some(scope) if scope.starts_with('@') => Names::Scope(scope.to_owned()),
                    _ if key == "registry" => Names::All,
                    _ => return None,
                };
                Some(Route::new(names, target(value), place.clone()))
            })
            .collect()
    }

    /// Settings that turn checks off.
    pub(super) fn weaken(&self, effective: &mut Effective) {
        if let Some(place) = self.is_off("strict-ssl") {
            effective.weak(
                place.clone(),
                true,
                "the registry's certificate is not checked",
            );
        }
        if let Some(place) = self.is_off("package-lock") {
            let effect = "the lockfile is neither read nor written";
            effective.weak(place.clone(), true, effect);
        }
        if let Some(place) = self.is_off("verify-store-integrity") {
            let effect = "packages in the store are not compared with their checksums";
            effective.weak(place.clone(), true, effect);
        }
    }
}

/// `${NAME}` by the environment where that counts; else it stays.
fn expanded(files: &Files<'_>, value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        out.push_str(before);
        match files.variable(name.trim_end_matches('?')) {
            Some(value) => out.push_str(value),
            None => {
                out.push_str("${");
                out.push_str(name);
                out.push('}');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What a configured address leads to. One with a variable in it cannot be told.
pub(super) fn target(value: &str) -> Target {
    match value.contains("${") {
        true => Target::Unknown("an environment variable decides".to_owned()),
        false => Target::Address(value.to_owned()),
    }
}

/// Adds the client's own default where no route is for all names.
pub(super) fn with_default(files: &Files<'_>, routes: &mut Vec<Route>) {
    if !routes.iter().any(|route| route.names == Names::All) {
        routes.push(Route::default(files.reads_machine()));
    }
}

/// The configuration of npm for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let npmrc = Npmrc::read(files, directory);
    let mut effective = Effective::new(Client::Npm);
    effective.routes = npmrc.routes();
    let mode = npmrc.value("replace-registry-host");
    let of = match mode.map(|(mode, _)| mode.as_str()) {
        Some("never") => None,
        Some("always") => Some(Recorded::Any),
        Some(host) if host != "npmjs" => Some(Recorded::Address(format!("https://{host}/"))),
        // Recorded files of the default registry are fetched from the configured one.
        _ => Some(Recorded::Default),
    };
    if let Some(of) = of {
        for route in effective.routes.clone() {
            let mut by = route;
            by.places.extend(mode.map(|(_, place)| place.clone()));
            effective.replaced.push(Replacement { of: of.clone(), by });
        }
    }
    with_default(files, &mut effective.routes);
    npmrc.weaken(&mut effective);
    effective.cool_down = cool_down(&npmrc, &["min-release-age", "before"], NPM_ADVICE);
    effective
}

fn cool_down(npmrc: &Npmrc, keys: &[&str], advice: &'static str) -> CoolDown {
    match keys.iter().find_map(|key| npmrc.value(key)) {
        Some((value, place)) if is_nothing(value) => CoolDown::Off(place.clone(), advice),
        Some(_) => CoolDown::On,
        None => CoolDown::Missing { advice },
    }
}

/// Whether a duration is none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || matches!(value, "null" | "false") || value.parse::<f64>() == Ok(0.0)
}

/// The configuration of pnpm for a workspace. `.npmrc` and `pnpm-workspace.yaml` may both
/// name registries, and which wins depends on pnpm's version: then both count.
pub(super) fn read_pnpm(files: &Files<'_>, directory: &str) -> Effective {
    let npmrc = Npmrc::read(files, directory);
    let mut effective = Effective::new(Client::Pnpm);
    effective.routes = npmrc.routes();
    npmrc.weaken(&mut effective);
    effective.cool_down = cool_down(&npmrc, &["minimum-release-age"], PNPM_ADVICE);
    if let Some(file) = files.tree(&join(directory, "pnpm-workspace.yaml")) {
        workspace(files, &file, &mut effective);
    }
    with_default(files, &mut effective.routes);
    if matches!(effective.cool_down, CoolDown::Missing { .. })
        && manager(files, directory).is_some_and(|(name, version)| {
            name == "pnpm" && major(&version).is_some_and(|major| major >= 11)
        })
    {
        // pnpm 11 waits a day of its own accord.
        effective.cool_down = CoolDown::On;
    }
    effective
}

fn workspace(files: &Files<'_>, file: &File, effective: &mut Effective) {
    let stream = yaml::parse(&file.text);
    if let Some(broken) = &stream.broken {
        files.broken(file, broken);
    }
    let Some(root) = stream.documents.first() else {
        return;
    };
    let mut found = Vec::new();
    if let Some(member) = root.member("registry")
        && let Some(text) = member.value.text()
    {
        let place = file.at(member.line, says("registry", text));
        found.push(Route::new(Names::All, target(text), place));
    }
    for member in root
        .value("registries")
        .map_or(&[][..], yaml::Node::members)
    {
        let Some(text) = member.value.text() else {
            continue;
        };
        let names = match member.key.as_ref() {
            "default" => Names::All,
            scope => Names::Scope(scope.to_owned()),
        };
        let place = file.at(member.line, says(&member.key, text));
        found.push(Route::new(names, target(text), place));
    }
    for route in found {
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
                "`{}` and `{other}` name different registries; which one counts depends on the version of pnpm",
                file.shown
            );
            files.undecided(place.location.clone(), &message);
        }
        effective.routes.push(route);
    }
    for (key, effect) in [
        ("strictSsl", "the registry's certificate is not checked"),
        (
            "verifyStoreIntegrity",
            "packages in the store are not compared with their checksums",
        ),
        ("lockfile", "the lockfile is neither read nor written"),
    ] {
        if let Some(member) = root.member(key)
            && member.value.flag() == Some(false)
        {
            effective.weak(file.at(member.line, says(key, "false")), true, effect);
        }
    }
    if let Some(member) = root.member("minimumReleaseAge") {
        let text = member.value.text().unwrap_or_default();
        effective.cool_down = match is_nothing(text) {
            true => CoolDown::Off(
                file.at(member.line, says("minimumReleaseAge", text)),
                PNPM_ADVICE,
            ),
            false => CoolDown::On,
        };
    }
}

/// `packageManager` of a project's manifest: name and version.
pub(super) fn manager(files: &Files<'_>, directory: &str) -> Option<(String, String)> {
    let file = files.tree(&join(directory, "package.json"))?;
    let document = json_tree::parse(&file.text);
    if let Some(broken) = &document.broken {
        files.note(
            Location::line(&file.shown, broken.line),
            &format!("`{}` cannot be read: {}", file.shown, broken.reason),
        );
    }
    let (name, version) = document.root.text_of("packageManager")?.split_once('@')?;
    Some((name.to_owned(), version.to_owned()))
}

/// The first number of a version.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}
