//! Maven: `<repositories>` of the pom, and the mirrors and repositories of `settings.xml`:
//! the one that `.mvn/maven.config` names, the user's, the installation's
//! (<https://maven.apache.org/settings.html>,
//! <https://maven.apache.org/guides/mini/guide-mirror-settings.html>).

use super::files::{File, Files};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::{ConfiguredAt, Location, terminal_safe};
use crate::support::xml::{self, Xml};
use roxmltree::Node;
use std::rc::Rc;

/// Maven's id of its default repository.
const DEFAULT: &str = "central";

struct Repository {
    id: String,
    url: Option<String>,
    place: ConfiguredAt,
}

struct Mirror {
    of: String,
    url: String,
    place: ConfiguredAt,
}

/// The configuration of Maven for a pom.
pub(super) fn read(files: &Files<'_>, path: &str, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Maven);
    let mut repositories = Vec::new();
    let mut mirrors = Vec::new();
    if let Some(file) = files.tree(path)
        && let Ok(document) = Xml::parse(&file.text)
    {
        // One that cannot be read is a gap of the inventory.
        let root = document.root();
        collect(&file, &document, root, &mut repositories, &mut effective);
    }
    let (named, names_more) = named_settings(files, directory);
    let user = match named.is_some() {
        true => None,
        false => files.home(".m2/settings.xml"),
    };
    for file in named.iter().chain(&user) {
        match Xml::parse(&file.text) {
            Ok(document) => settings(
                file,
                &document,
                &mut mirrors,
                &mut repositories,
                &mut effective,
            ),
            Err(error) => files.broken(file, &error),
        }
    }
    let settled = (files.reads_machine() || named.is_some()) && !names_more;
    routes(&repositories, &mirrors, settled, &mut effective);
    effective
}

/// What an option of Maven's command line says of settings.
enum Flag<'w> {
    /// Names the user's settings, perhaps in the next word.
    User(Option<&'w str>),
    /// Names others beside them.
    More,
}

/// Reads one word: `-s FILE`, `-sFILE`, `--settings=FILE`, the same for the installation's
/// (`-gs`; Maven 4 has `-is` and `-ps` too), and the beginnings of the long names, which
/// Maven takes with one dash also.
fn flag(word: &str) -> Option<Flag<'_>> {
    let short = word.strip_prefix('-')?;
    let body = short.strip_prefix('-').unwrap_or(short);
    let (name, value) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body, None),
    };
    let begins = |long: &str| name.len() > 1 && long.starts_with(name);
    let is_more = ["global-settings", "install-settings", "project-settings"]
        .iter()
        .any(|long| begins(long));
    if is_more
        || ["gs", "is", "ps"]
            .iter()
            .any(|more| short.starts_with(more))
    {
        return Some(Flag::More);
    }
    if name == "s" || begins("settings") {
        return Some(Flag::User(value));
    }
    // Other long options, with one dash.
    let is_other = [
        "show-version",
        "strict-artifact-descriptor-policy",
        "strict-checksums",
    ]
    .iter()
    .any(|long| begins(long));
    match short.strip_prefix('s') {
        Some(path) if !is_other => Some(Flag::User(Some(path))),
        _ => None,
    }
}

/// The settings that `.mvn/maven.config` gives with `-s`, and whether it names more, which
/// are not read.
fn named_settings(files: &Files<'_>, directory: &str) -> (Option<Rc<File>>, bool) {
    let config = files.upwards(directory, &[".mvn/maven.config"]);
    let Some(config) = config.into_iter().next() else {
        return (None, false);
    };
    let mut path = None;
    let mut names_more = false;
    for (line, number) in config.text.lines().zip(1_u32..) {
        for word in line.split_whitespace() {
            match flag(word) {
                // The path may stand on the next line.
                Some(Flag::User(value)) => {
                    if path.is_some() {
                        let message = format!("`{}` names settings twice", config.shown);
                        files.undecided(Location::line(&config.shown, number), &message);
                    }
                    path = Some((value, number));
                }
                Some(Flag::More) => {
                    names_more = true;
                    let message = format!(
                        "`{}` names settings beside the user's, which are not read",
                        config.shown
                    );
                    files.undecided(Location::line(&config.shown, number), &message);
                }
                None => {
                    if let Some((value @ None, _)) = &mut path {
                        *value = Some(word);
                    }
                }
            }
        }
    }
    let found = path.and_then(|(path, line)| named(files, &config, path, line));
    (found, names_more)
}

fn named(files: &Files<'_>, config: &File, path: Option<&str>, line: u32) -> Option<Rc<File>> {
    let path = path.unwrap_or_default();
    let base = config
        .shown
        .strip_suffix(".mvn/maven.config")
        .unwrap_or_default();
    let inside = path
        .trim_start_matches("${maven.multiModuleProjectDirectory}/")
        .trim_start_matches("./");
    let found = files.tree(&format!("{base}{inside}"));
    if found.is_none() {
        let message = format!(
            "the settings `{}` that `{}` names are not in the tree",
            terminal_safe(path),
            config.shown
        );
        files.undecided(Location::line(&config.shown, line), &message);
    }
    found
}

fn collect<'a>(
    file: &File,
    document: &Xml<'a>,
    node: Node<'_, 'a>,
    repositories: &mut Vec<Repository>,
    effective: &mut Effective,
) {
    for (list, item) in [
        ("repositories", "repository"),
        ("pluginRepositories", "pluginRepository"),
    ] {
        for list in xml::children(node, list) {
            for entry in xml::children(list, item) {
                let line = document.line(entry);
                let url = xml::child_text(entry, "url").map(|url| url.into_owned());
                let id = xml::child_text(entry, "id").map_or(String::new(), |id| id.into_owned());
                let place = file.at(line, says("url", url.as_deref().unwrap_or_default()));
                for policy in ["releases", "snapshots"] {
                    if let Some(policy) = xml::child(entry, policy)
                        && let Some(text) = xml::child_text(policy, "checksumPolicy")
                        && matches!(text.as_ref(), "ignore" | "warn")
                    {
                        let place = file.at(document.line(policy), says("checksumPolicy", &text));
                        let effect = "a file that differs from its checksum is taken";
                        effective.weak(place, text == "ignore", effect);
                    }
                }
                repositories.push(Repository { id, url, place });
            }
        }
    }
    for profiles in xml::children(node, "profiles") {
        for profile in xml::children(profiles, "profile") {
            collect(file, document, profile, repositories, effective);
        }
    }
}

fn settings<'a>(
    file: &File,
    document: &Xml<'a>,
    mirrors: &mut Vec<Mirror>,
    repositories: &mut Vec<Repository>,
    effective: &mut Effective,
) {
    for list in xml::children(document.root(), "mirrors") {
        for entry in xml::children(list, "mirror") {
            let text = |key| xml::child_text(entry, key).map(|text| text.into_owned());
            if let (Some(of), Some(url)) = (text("mirrorOf"), text("url")) {
                let line = document.line(entry);
                let place = file.at(line, says("mirror", &url));
                mirrors.push(Mirror { of, url, place });
            }
        }
    }
    collect(file, document, document.root(), repositories, effective);
}

/// Whether a mirror stands in for a repository: `*`, `external:*` (not on this machine),
/// `external:http:*` (the same without TLS), ids, and `!id`. The default repository has no
/// address here: it is outside and has TLS.
fn mirrors_it(of: &str, id: &str, url: Option<&str>) -> bool {
    let lower = url.unwrap_or("https://").to_ascii_lowercase();
    let (scheme, rest) = lower.split_once(':').unwrap_or_default();
    let host = rest.trim_start_matches('/').split(['/', ':']).next();
    let is_external = scheme != "file" && !matches!(host, Some("localhost" | "127.0.0.1"));
    // A property may stand for anything.
    let may_be_http = ["http", "dav", "dav+http"].contains(&scheme) || lower.starts_with("${");

    let parts: Vec<&str> = of.split(',').map(str::trim).collect();
    let excluded = format!("!{id}");
    !parts.contains(&excluded.as_str())
        && parts.iter().any(|part| match *part {
            "*" => true,
            "external:*" => is_external,
            "external:http:*" => is_external && may_be_http,
            part => part == id,
        })
}

fn routes(
    repositories: &[Repository],
    mirrors: &[Mirror],
    settled: bool,
    effective: &mut Effective,
) {
    let mut targets = Vec::new();
    let mut add = |id: &str, url: Option<&str>, own: Route| {
        // The one for this very id wins over patterns, whatever the order.
        let exact = mirrors.iter().find(|mirror| mirror.of == id);
        let mirror = exact.or_else(|| {
            mirrors
                .iter()
                .find(|mirror| mirrors_it(&mirror.of, id, url))
        });
        let route = match mirror {
            Some(mirror) => {
                let mut places = vec![mirror.place.clone()];
                places.extend(own.places);
                Route {
                    names: Names::All,
                    target: Target::Address(mirror.url.clone()),
                    places,
                    is_certain: true,
                }
            }
            None => own,
        };
        targets.push(route);
    };
    for repository in repositories {
        let target = match &repository.url {
            Some(url) if url.contains("${") => Target::Unknown("a property decides".to_owned()),
            Some(url) => Target::Address(url.clone()),
            None => continue,
        };
        let mut own = Route::new(Names::All, target, repository.place.clone());
        // A mirror of the user may stand before it.
        own.is_certain = settled;
        add(&repository.id, repository.url.as_deref(), own);
    }
    if !repositories
        .iter()
        .any(|repository| repository.id == DEFAULT)
    {
        add(DEFAULT, None, Route::default(settled));
    }
    let mut distinct: Vec<&Target> = targets.iter().map(|route| &route.target).collect();
    distinct.sort();
    distinct.dedup();
    if distinct.len() > 1 {
        let places = targets
            .iter()
            .flat_map(|route| route.places.iter().cloned());
        effective.mixed = places.collect();
    }
    effective.routes = targets;
}
