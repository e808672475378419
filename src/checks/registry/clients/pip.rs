//! pip: options in requirement files, `pip.conf` of system, user, virtual environment and
//! `PIP_CONFIG_FILE`, and `PIP_*` (<https://pip.pypa.io/en/stable/topics/configuration/>).
//!
//! pip asks all indexes together and takes the best version of any of them; at equal
//! versions nothing says which one wins. It reads no `pip.conf` of a project by itself: one
//! in the tree is taken for one that a build names, so it can add sources and settles
//! nothing.

use super::files::{File, Files};
use super::model::{Client, CoolDown, Effective, Names, Route, Target};
use super::pip_lines;
use super::text::{environment, ini, is_no_wait, says, truth};
use crate::model::{ConfiguredAt, Location, terminal_safe};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Files that include one another, one inside the other.
const INCLUDE_DEPTH: usize = 10;

/// Options that change where packages come from.
const ROUTING: [&str; 7] = [
    "extra-index-url",
    "find-links",
    "index-url",
    "no-index",
    "pypi-url",
    "trusted-host",
    "uploaded-prior-to",
];

/// Sections of a configuration that `pip install` reads, the one that wins first.
const SECTIONS: [&str; 2] = ["install", "global"];

/// Options that name a file with more of them.
const INCLUDING: [&str; 2] = ["requirement", "constraint"];

const ADVICE: &str = "`uploaded-prior-to = P7D` (pip 26.1 or later) in `pip.conf`";

/// One place that pip is told of.
#[derive(Clone)]
struct Told {
    value: String,
    place: ConfiguredAt,
    is_certain: bool,
}

#[derive(Default)]
struct Options {
    index: Option<Told>,
    /// With whether it is on.
    no_index: Option<(bool, Told)>,
    extra: Vec<Told>,
    links: Vec<Told>,
    trusted: Vec<Told>,
    waits: Option<Told>,
}

impl Options {
    /// Adds one option; of several values for the index the first one counts, so levels
    /// come in the order of their worth.
    fn add(&mut self, key: &str, told: &Told) {
        let each = |told: &Told| -> Vec<Told> {
            let values = told.value.split_whitespace();
            values
                .map(|value| Told {
                    value: value.to_owned(),
                    ..told.clone()
                })
                .collect()
        };
        match key {
            "index-url" | "pypi-url" => {
                self.index.get_or_insert_with(|| told.clone());
            }
            "no-index" => {
                // In a requirement file it has no value.
                let is_on = told.value.is_empty() || truth(&told.value) == Some(true);
                self.no_index.get_or_insert_with(|| (is_on, told.clone()));
            }
            "extra-index-url" => self.extra.extend(each(told)),
            "find-links" => self.links.extend(each(told)),
            "trusted-host" => self.trusted.extend(each(told)),
            "uploaded-prior-to" => {
                self.waits.get_or_insert_with(|| told.clone());
            }
            _ => {}
        }
    }
}

/// The files that one requirement file reads, itself among them, and their options.
type Closure = (BTreeSet<String>, Vec<(String, Told)>);

/// The configuration of pip for each requirement file of the tree, with the files that it
/// includes and those that include it.
pub(super) fn read_all(files: &Files<'_>, all: &[&str]) -> Vec<(String, Effective)> {
    let roots: Vec<Closure> = all
        .iter()
        .map(|root| {
            let (mut closure, mut found) = (BTreeSet::new(), Vec::new());
            requirements(files, root, 0, &mut closure, &mut found);
            (closure, found)
        })
        .collect();
    all.iter()
        .map(|path| {
            let mut options = Options::default();
            for (closure, found) in &roots {
                if !closure.contains(*path) {
                    continue;
                }
                // Of several lines of a file the last one counts.
                for (key, told) in found.iter().rev() {
                    options.add(key, told);
                }
            }
            levels(files, path, &mut options);
            ((*path).to_owned(), finish(files, options))
        })
        .collect()
}

fn requirements(
    files: &Files<'_>,
    path: &str,
    depth: usize,
    closure: &mut BTreeSet<String>,
    found: &mut Vec<(String, Told)>,
) {
    if depth > INCLUDE_DEPTH || !closure.insert(path.to_owned()) {
        return;
    }
    let Some(file) = files.tree(path) else { return };
    files.line_ends(&file, &pip_lines::LINE_ENDS);
    if let Some((line, coding)) = pip_lines::coding(&file.text) {
        let message = format!(
            "`{}` says that it is written in `{}`, in which pip may read other options than are seen here",
            terminal_safe(&file.shown),
            terminal_safe(coding)
        );
        files.undecided(Location::line(&file.shown, line), &message);
    }
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    for (line, text) in pip_lines::logical(&file.text) {
        let said = pip_lines::options(&text);
        let doubt = |why: &str| {
            let message = format!(
                "it cannot be told which options pip takes in `{}`: {}",
                terminal_safe(&file.shown),
                terminal_safe(why)
            );
            files.undecided(Location::line(&file.shown, line), &message);
        };
        for why in &said.doubts {
            doubt(why);
        }
        let counts = |key: &str| ROUTING.contains(&key) || INCLUDING.contains(&key);
        let options: Vec<&(&str, String)> =
            said.options.iter().filter(|(key, _)| counts(key)).collect();
        if said.is_requirement {
            if let Some((key, _)) = options.first() {
                doubt(&format!("`--{key}` stands beside a package"));
            }
            continue;
        }
        let includes = options.iter().any(|(key, _)| INCLUDING.contains(key));
        if includes && options.len() > 1 {
            doubt("a line that includes a file says more than that");
        }
        for (key, value) in options {
            if INCLUDING.contains(key) {
                match included(files, directory, value, depth) {
                    Ok(inside) => requirements(files, &inside, depth + 1, closure, found),
                    Err(why) => doubt(&format!("`{}` {why}", says(&format!("--{key}"), value))),
                }
                continue;
            }
            let place = file.at(line, says(&format!("--{key}"), value));
            let told = Told {
                value: value.clone(),
                place,
                is_certain: true,
            };
            found.push(((*key).to_owned(), told));
        }
    }
}

/// The path of an included file of the tree, or why its options are not known.
fn included(
    files: &Files<'_>,
    directory: &str,
    value: &str,
    depth: usize,
) -> Result<String, String> {
    let inside = resolved(directory, value).ok_or("lies outside of the tree")?;
    if depth >= INCLUDE_DEPTH {
        return Err(format!(
            "is more than {INCLUDE_DEPTH} files inside one another"
        ));
    }
    match files.tree(&inside) {
        Some(_) => Ok(inside),
        None => Err("is not in the tree, or cannot be read".to_owned()),
    }
}

/// A path beside a file, below the root.
fn resolved(directory: &str, path: &str) -> Option<String> {
    if path.contains("://") || path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Environment, then `[install]` of all files, then `[global]` of all files; of the files the
/// named one, the virtual environment's, the user's, the system's. Of one option the first of
/// these counts alone, also of those that hold a list.
fn levels(files: &Files<'_>, path: &str, options: &mut Options) {
    let variables = files.variables("PIP_").map(|(name, value)| {
        let told = Told {
            value: value.to_owned(),
            place: environment(&format!("PIP_{name}"), value),
            is_certain: true,
        };
        (name.to_lowercase().replace('_', "-"), told)
    });
    let mut all: Vec<Vec<(String, Told)>> = vec![variables.collect()];
    if files.variable("PIP_CONFIG_FILE") != Some("/dev/null") {
        let found = machine_files(files);
        for section in SECTIONS {
            all.extend(found.iter().map(|file| conf(files, file, true, section)));
        }
    }
    let mut settled: BTreeSet<String> = BTreeSet::new();
    for level in all {
        let open = level.iter().filter(|(key, _)| !settled.contains(key));
        for (key, told) in open {
            options.add(key, told);
            if INCLUDING.contains(&key.as_str()) {
                let message = format!(
                    "`{}` gives pip files beside `{}`, whose options are not read",
                    told.place.says,
                    terminal_safe(path)
                );
                files.undecided(told.place.location.clone(), &message);
            }
        }
        settled.extend(level.into_iter().map(|(key, _)| key));
    }
    if files.variable("PIP_CONFIG_FILE") == Some("/dev/null") {
        // pip's own way to read no file at all.
        return;
    }
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    for name in ["pip.conf", "pip.ini", ".pip/pip.conf"] {
        for file in files.upwards(directory, &[name]) {
            if !file.in_tree {
                continue;
            }
            for section in SECTIONS {
                for (key, told) in conf(files, &file, false, section) {
                    options.add(&key, &told);
                }
            }
        }
    }
}

/// The one that counts first.
fn machine_files(files: &Files<'_>) -> Vec<Rc<File>> {
    let named = files.variable("PIP_CONFIG_FILE");
    let named = named.and_then(|_| files.named_by("PIP_CONFIG_FILE"));
    let site = files
        .variable("VIRTUAL_ENV")
        .and_then(|home| files.at(&format!("{home}/pip.conf"), "$VIRTUAL_ENV/pip.conf"));
    let user = files
        .platform_config("pip/pip.conf")
        .or_else(|| files.config("pip/pip.conf"))
        .into_iter()
        .chain(files.home(".pip/pip.conf"));
    let system = files.system("/etc/pip.conf").into_iter();
    let system = system.chain(files.system_config("pip/pip.conf").into_iter().rev());
    let all = named.into_iter().chain(site).chain(user).chain(system);
    all.collect()
}

/// The options of one section of a file.
fn conf(files: &Files<'_>, file: &File, is_certain: bool, section: &str) -> Vec<(String, Told)> {
    files.line_ends(file, &[]);
    let mut out = Vec::new();
    let mut entries = ini(&file.text, &['=', ':'], true);
    entries.retain(|entry| entry.section == section);
    for entry in entries {
        // pip folds the case of names, and takes them with dashes too.
        let key = entry.key.to_lowercase().replace('_', "-");
        let key = key.trim_start_matches("--");
        let lines: Vec<&str> = entry.value.lines().map(str::trim).collect();
        let mut line = entry.line;
        for (offset, value) in lines.iter().enumerate() {
            if offset > 0 {
                line = line.saturating_add(1);
            }
            if value.is_empty() {
                continue;
            }
            let told = Told {
                value: (*value).to_owned(),
                place: file.at(line, says(&entry.key, value)),
                is_certain,
            };
            out.push((key.to_owned(), told));
        }
    }
    out
}

fn route(told: &Told) -> Route {
    let text = told.value.as_str();
    let target = match (text.contains("${"), text.contains("://")) {
        (true, _) => Target::Unknown("an environment variable decides".to_owned()),
        (false, true) => Target::Address(text.to_owned()),
        (false, false) => Target::Local(text.to_owned()),
    };
    Route {
        names: Names::All,
        target,
        places: vec![told.place.clone()],
        is_certain: told.is_certain,
    }
}

fn finish(files: &Files<'_>, options: Options) -> Effective {
    let mut effective = Effective::new(Client::Pip);
    effective.adds_to_recorded = true;
    let mut options = options;
    for list in [&mut options.extra, &mut options.links, &mut options.trusted] {
        let mut seen = BTreeSet::new();
        list.retain(|told| seen.insert((told.place.clone(), told.value.clone())));
    }
    let mut asked: Vec<Told> = Vec::new();
    match (&options.no_index, &options.index) {
        // Without an index there are no extra ones either.
        (Some((true, none)), _) if none.is_certain => {}
        (_, index) => {
            match index {
                Some(index) => {
                    effective.routes.push(route(index));
                    asked.push(index.clone());
                    if !index.is_certain {
                        effective.routes.push(Route::default(false));
                    }
                }
                None => effective.routes.push(Route::default(files.reads_machine())),
            }
            for extra in &options.extra {
                effective.routes.push(route(extra));
                asked.push(extra.clone());
            }
        }
    }
    for links in &options.links {
        effective.routes.push(route(links));
        if links.value.contains("://") {
            asked.push(links.clone());
        }
    }
    let all = effective.routes.iter();
    let distinct: BTreeSet<&Target> = all.map(|route| &route.target).collect();
    // A local directory beside an index is in the hands of whoever builds.
    let remote = distinct
        .iter()
        .filter(|target| !matches!(target, Target::Local(_)))
        .count();
    if remote > 1 {
        effective.mixed = asked.into_iter().map(|told| told.place).collect();
    }
    for host in options.trusted {
        let effect = "the host's certificate is not checked, and plain http is accepted";
        effective.weak(host.place, true, effect);
    }
    effective.cool_down = match options.waits {
        Some(told) if is_no_wait(&told.value) => CoolDown::Off(told.place, ADVICE),
        Some(_) => CoolDown::On,
        None => CoolDown::Missing { advice: ADVICE },
    };
    effective
}
