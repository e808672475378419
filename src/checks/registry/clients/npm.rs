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
use std::rc::Rc;

const NPM_ADVICE: &str = "`min-release-age=7` (days, npm 11.10 or later) in `.npmrc`";
const PNPM_ADVICE: &str =
    "`minimumReleaseAge: 10080` (minutes, pnpm 10.16 or later) in `pnpm-workspace.yaml`";

/// Lists of packages that do not wait.
const EXCLUDED: [&str; 2] = ["min-release-age-exclude", "minimum-release-age-exclude"];

/// Settings of all levels: the first that says a key counts.
#[derive(Default)]
pub(super) struct Npmrc {
    values: BTreeMap<String, (String, ConfiguredAt)>,
}

impl Npmrc {
    /// The levels of npm for a project.
    pub(super) fn read(files: &Files<'_>, directory: &str) -> Self {
        let project = files.tree(&join(directory, ".npmrc"));
        Self::levels(files, &["npm_config_"], project.as_slice())
    }

    /// The environment by these prefixes, then these files of the project, the user's and
    /// the system's.
    pub(super) fn levels(files: &Files<'_>, prefixes: &[&str], project: &[Rc<File>]) -> Self {
        let mut all = Self::default();
        for prefix in prefixes {
            all.environment(files, prefix);
        }
        for file in project {
            all.file(files, file);
        }
        let user = match variable_of(files, "npm_config_userconfig") {
            Some((name, _)) => files.named_by(name),
            None => files.home(".npmrc"),
        };
        if let Some(file) = &user {
            all.file(files, file);
        }
        if let Some(file) = all.system(files) {
            all.file(files, &file);
        }
        all
    }

    /// npm and Yarn 1 fold the case of these names.
    pub(super) fn environment(&mut self, files: &Files<'_>, prefix: &str) {
        for (name, value) in files.variables("") {
            let is_one = name
                .get(..prefix.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(prefix));
            let Some(rest) = name.get(prefix.len()..).filter(|_| is_one) else {
                continue;
            };
            // An underscore at the beginning stays.
            let (first, rest) = rest.split_at_checked(1).unwrap_or((rest, ""));
            let key = format!("{first}{}", rest.replace('_', "-")).to_lowercase();
            if let Some((known, place)) = self.values.get(&key)
                && known != value
                && place.location.path.to_lowercase()
                    == format!("environment:{name}").to_lowercase()
            {
                let other = place.location.path.trim_start_matches("environment:");
                let message =
                    format!("`{name}` and `{other}` differ in case only and say different things");
                files.undecided(place.location.clone(), &message);
            }
            self.add(key, value.to_owned(), environment(name, value));
        }
    }

    /// The file of the system: another prefix moves it.
    fn system(&self, files: &Files<'_>) -> Option<Rc<File>> {
        if let Some((name, _)) = variable_of(files, "npm_config_globalconfig") {
            return files.named_by(name);
        }
        let prefix = self.value("prefix");
        // That of a project does not count.
        let prefix = prefix.filter(|(_, place)| !is_of_tree(place));
        let (prefix, shown) = match (prefix, files.variable("PREFIX")) {
            (Some((prefix, place)), _) => match place.location.path.strip_prefix("environment:") {
                Some(name) => (prefix.as_str(), format!("${name}")),
                None => (prefix.as_str(), "prefix".to_owned()),
            },
            (None, Some(prefix)) => (prefix, "$PREFIX".to_owned()),
            (None, None) => {
                let mut usual = ["/usr/local/etc/npmrc", "/usr/etc/npmrc", "/etc/npmrc"].iter();
                return usual.find_map(|path| files.system(path));
            }
        };
        match prefix.strip_prefix("~/") {
            Some(below) => files.home(&format!("{}/etc/npmrc", below.trim_end_matches('/'))),
            None => files.at(
                &format!("{}/etc/npmrc", prefix.trim_end_matches('/')),
                &format!("{shown}/etc/npmrc"),
            ),
        }
    }

    pub(super) fn file(&mut self, files: &Files<'_>, file: &File) {
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
            // Several lines of a list add up: the one that takes all counts.
            let key = entry.key.trim_end_matches("[]");
            if EXCLUDED.contains(&key) {
                if value.split(',').any(|one| is_all(one.trim())) {
                    last.insert(key.to_owned(), (value, place));
                }
                continue;
            }
            // In one file the last line counts.
            last.insert(entry.key, (value, place));
        }
        for (key, (value, place)) in last {
            self.add(key, value, place);
        }
    }

    pub(super) fn add(&mut self, key: String, value: String, place: ConfiguredAt) {
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

/// A variable whose name is this one in some case.
fn variable_of<'f>(files: &Files<'f>, name: &str) -> Option<(&'f str, &'f str)> {
    let mut all = files.variables("");
    all.find(|(found, _)| found.eq_ignore_ascii_case(name))
}

/// Whether a place is a file of the tree.
fn is_of_tree(place: &ConfiguredAt) -> bool {
    let path = &place.location.path;
    !path.starts_with("environment:")
        && !path.starts_with(['~', '$', '/'])
        && !path.starts_with("../")
}

/// Whether a pattern of names is for all of them, or for all with or without a scope.
pub(super) fn is_all(pattern: &str) -> bool {
    pattern.contains('*') && pattern.chars().all(|c| "*@/".contains(c))
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
    effective
        .replaced
        .extend(replaced(files, &npmrc, &effective.routes));
    with_default(files, &mut effective.routes);
    npmrc.weaken(&mut effective);
    effective.cool_down = cool_down(&npmrc, &["min-release-age", "before"], NPM_ADVICE);
    effective
}

/// Recorded files that npm fetches from elsewhere: it puts the host of `registry` into their
/// address, whatever their scope is bound to.
fn replaced(files: &Files<'_>, npmrc: &Npmrc, routes: &[Route]) -> Option<Replacement> {
    let mode = npmrc.value("replace-registry-host");
    let of = match mode.map(|(mode, _)| mode.as_str()) {
        Some("never") => return None,
        Some("always") => Recorded::Any,
        Some(url) if url.contains("://") => Recorded::Address(url.to_owned()),
        Some(host) if !matches!(host, "" | "npmjs") => {
            Recorded::Address(format!("https://{host}/"))
        }
        // Recorded files of the default registry are fetched from the configured one.
        _ => Recorded::Default,
    };
    let mut by = match routes.iter().find(|route| route.names == Names::All) {
        Some(all) => all.clone(),
        // The default by itself.
        None if of == Recorded::Default => return None,
        None => Route::default(files.reads_machine()),
    };
    by.places.extend(mode.map(|(_, place)| place.clone()));
    Some(Replacement { of, by })
}

fn cool_down(npmrc: &Npmrc, keys: &[&str], advice: &'static str) -> CoolDown {
    let excluded = EXCLUDED.iter().find_map(|key| npmrc.value(key));
    match keys.iter().find_map(|key| npmrc.value(key)) {
        Some((value, place)) if is_nothing(value) => CoolDown::Off(place.clone(), advice),
        Some(_) => match excluded.filter(|(value, _)| value.split(',').any(is_all)) {
            Some((_, place)) => CoolDown::Off(place.clone(), advice),
            None => CoolDown::On,
        },
        None => CoolDown::Missing { advice },
    }
}

/// Whether a duration is none.
pub(super) fn is_nothing(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || matches!(value, "null" | "false") || value.parse::<f64>() == Ok(0.0)
}

/// The configuration of pnpm for a workspace. `.npmrc` and `pnpm-workspace.yaml` may both
/// name registries, and which wins depends on pnpm's version: then both count. The
/// workspace's file may lie above the lockfile, and so does its `.npmrc` then.
pub(super) fn read_pnpm(files: &Files<'_>, directory: &str) -> Effective {
    let above = files.upwards(directory, &["pnpm-workspace.yaml"]);
    let workspace_file = above.first();
    let base = workspace_base(workspace_file, directory);
    let mut project: Vec<Rc<File>> = files.tree(&join(directory, ".npmrc")).into_iter().collect();
    if base != directory {
        project.extend(files.tree(&join(base, ".npmrc")));
    }
    let mut npmrc = Npmrc::levels(files, &["pnpm_config_", "npm_config_"], &project);
    let own = |name: &str| match files.variable("XDG_CONFIG_HOME") {
        Some(base) => files.at(
            &format!("{base}/pnpm/{name}"),
            &format!("$XDG_CONFIG_HOME/pnpm/{name}"),
        ),
        None => files.home(&format!(".config/pnpm/{name}")),
    };
    for file in ["rc", "auth.ini"].into_iter().filter_map(own) {
        npmrc.file(files, &file);
    }
    let mut effective = Effective::new(Client::Pnpm);
    effective.routes = npmrc.routes();
    npmrc.weaken(&mut effective);
    effective.cool_down = cool_down(&npmrc, &["minimum-release-age"], PNPM_ADVICE);
    if let Some(file) = workspace_file {
        workspace(files, file, &mut effective);
    }
    if let Some(file) = own("config.yaml") {
        // What the project says itself counts.
        let known = effective.cool_down.clone();
        workspace(files, &file, &mut effective);
        if !matches!(known, CoolDown::Missing { .. }) {
            effective.cool_down = known;
        }
    }
    with_default(files, &mut effective.routes);
    let is_eleven = [directory, base].iter().any(|directory| {
        manager(files, directory).is_some_and(|(name, version)| {
            name == "pnpm" && major(&version).is_some_and(|major| major >= 11)
        })
    });
    if matches!(effective.cool_down, CoolDown::Missing { .. }) && is_eleven {
        // pnpm 11 waits a day of its own accord.
        effective.cool_down = CoolDown::On;
    }
    effective
}

/// The directory of the workspace's file, if that is one of the tree.
fn workspace_base<'f>(file: Option<&'f Rc<File>>, directory: &'f str) -> &'f str {
    match file.filter(|file| file.in_tree) {
        Some(file) => file.shown.rsplit_once('/').map_or("", |(base, _)| base),
        None => directory,
    }
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
    let excluded = root.value("minimumReleaseAgeExclude");
    let mut excluded = excluded.map_or(&[][..], yaml::Node::items).iter();
    if let Some(item) = excluded.find(|item| item.text().is_some_and(is_all))
        && matches!(effective.cool_down, CoolDown::On)
    {
        let text = item.text().unwrap_or_default();
        let place = file.at(item.line, says("minimumReleaseAgeExclude", text));
        effective.cool_down = CoolDown::Off(place, PNPM_ADVICE);
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
