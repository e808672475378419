//! Maven: `<repositories>` and `<pluginRepositories>` of the pom, and the mirrors and
//! repositories of `settings.xml`: the one that `.mvn/maven.config` or `MAVEN_ARGS` names,
//! else the user's, and the installation's
//! (<https://maven.apache.org/settings.html>,
//! <https://maven.apache.org/guides/mini/guide-mirror-settings.html>).

mod options;

use super::files::{File, Files};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::ConfiguredAt;
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
    target: Target,
    place: ConfiguredAt,
}

/// The repositories of a pom or of settings: those of dependencies, and those of plugins.
#[derive(Default)]
struct Repositories {
    packages: Vec<Repository>,
    plugins: Vec<Repository>,
}

/// The configuration of Maven for a pom.
pub(super) fn read(files: &Files<'_>, path: &str, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Maven);
    let mut repositories = Repositories::default();
    let mut mirrors = Vec::new();
    if let Some(file) = files.tree(path)
        && let Ok(document) = Xml::parse(&file.text)
    {
        // One that cannot be read is a gap of the inventory.
        let root = document.root();
        collect(&file, &document, root, &mut repositories, &mut effective);
    }
    let options = options::read(files, directory, &mut effective);
    let user = match options.is_named {
        true => None,
        false => files.home(".m2/settings.xml"),
    };
    let (installed, is_known) = installation(files);
    for file in options.settings.iter().chain(&user).chain(&installed) {
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
    let is_settled = match options.is_named {
        true => options.settings.is_some(),
        false => is_known,
    };
    let settled = is_settled && !options.names_more;
    routes(&repositories, &mirrors, settled, &mut effective);
    effective
}

/// The settings of the installation of Maven, if they count, and whether it is known where
/// that is: what `MAVEN_HOME` names, else what `mvn` on the path belongs to.
fn installation(files: &Files<'_>) -> (Option<Rc<File>>, bool) {
    const SETTINGS: &str = "conf/settings.xml";
    for variable in ["MAVEN_HOME", "M2_HOME"] {
        if files.variable(variable).is_some() {
            return (files.in_variable(variable, SETTINGS), true);
        }
    }
    match files.program("mvn") {
        // `bin/mvn` of the installation.
        Some(program) => {
            let home = program.parent().and_then(|bin| bin.parent());
            let path = home.map(|home| home.join(SETTINGS));
            let path = path.as_deref().and_then(|path| path.to_str());
            let shown = format!("environment:PATH/mvn/{SETTINGS}");
            (path.and_then(|path| files.at(path, &shown)), path.is_some())
        }
        None => (None, false),
    }
}

fn collect<'a>(
    file: &File,
    document: &Xml<'a>,
    node: Node<'_, 'a>,
    repositories: &mut Repositories,
    effective: &mut Effective,
) {
    for (list, item, found) in [
        ("repositories", "repository", &mut repositories.packages),
        (
            "pluginRepositories",
            "pluginRepository",
            &mut repositories.plugins,
        ),
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
                found.push(Repository { id, url, place });
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
    repositories: &mut Repositories,
    effective: &mut Effective,
) {
    for list in xml::children(document.root(), "mirrors") {
        for entry in xml::children(list, "mirror") {
            let text = |key| xml::child_text(entry, key).map(|text| text.into_owned());
            if let (Some(of), Some(url)) = (text("mirrorOf"), text("url")) {
                let line = document.line(entry);
                let place = file.at(line, says("mirror", &url));
                let is_blocked = text("blocked").is_some_and(|text| text == "true");
                let target = match url.contains("${") {
                    // Maven refuses what such a mirror stands in for.
                    _ if is_blocked => Target::Nothing,
                    true => Target::Unknown("a property decides".to_owned()),
                    false => Target::Address(url),
                };
                mirrors.push(Mirror { of, target, place });
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

/// The mirror that stands in for a repository: the one for this very id wins over patterns,
/// whatever the order.
fn mirror_of<'m>(mirrors: &'m [Mirror], id: &str, url: Option<&str>) -> Option<&'m Mirror> {
    let exact = mirrors.iter().find(|mirror| mirror.of == id);
    exact.or_else(|| {
        mirrors
            .iter()
            .find(|mirror| mirrors_it(&mirror.of, id, url))
    })
}

/// What is asked in place of a repository.
fn asked(mirrors: &[Mirror], id: &str, url: Option<&str>, own: Route) -> Route {
    match mirror_of(mirrors, id, url) {
        Some(mirror) => {
            let mut places = vec![mirror.place.clone()];
            places.extend(own.places);
            Route {
                names: own.names,
                target: mirror.target.clone(),
                places,
                is_certain: true,
            }
        }
        None => own,
    }
}

/// The routes of one list: its repositories, and unless one has its id, the default.
fn of_list(
    repositories: &[Repository],
    names: &Names,
    mirrors: &[Mirror],
    settled: bool,
) -> Vec<Route> {
    let mut routes = Vec::new();
    for repository in repositories {
        let target = match &repository.url {
            Some(url) if url.contains("${") => Target::Unknown("a property decides".to_owned()),
            Some(url) => Target::Address(url.clone()),
            None => continue,
        };
        let mut own = Route::new(names.clone(), target, repository.place.clone());
        // A mirror of the user may stand before it.
        own.is_certain = settled;
        let url = repository.url.as_deref();
        routes.push(asked(mirrors, &repository.id, url, own));
    }
    if !replaces_the_default(repositories) {
        let mut own = Route::default(settled);
        own.names = names.clone();
        routes.push(asked(mirrors, DEFAULT, None, own));
    }
    routes
}

fn replaces_the_default(repositories: &[Repository]) -> bool {
    repositories
        .iter()
        .any(|repository| repository.id == DEFAULT)
}

/// The places of a list of which several are asked for one name.
fn mixed(routes: &[Route]) -> Vec<ConfiguredAt> {
    let mut distinct: Vec<&Target> = routes
        .iter()
        .map(|route| &route.target)
        .filter(|target| **target != Target::Nothing)
        .collect();
    distinct.sort();
    distinct.dedup();
    match distinct.len() {
        0 | 1 => Vec::new(),
        _ => routes
            .iter()
            .flat_map(|route| route.places.iter().cloned())
            .collect(),
    }
}

fn routes(
    repositories: &Repositories,
    mirrors: &[Mirror],
    settled: bool,
    effective: &mut Effective,
) {
    let mut all = of_list(&repositories.packages, &Names::All, mirrors, settled);
    // Plugins are in no lockfile: what is configured for them is judged as such.
    let names = Names::OnRequest;
    let mut plugins = of_list(&repositories.plugins, &names, mirrors, settled);
    effective.mixed = mixed(&all);
    effective.mixed.extend(mixed(&plugins));
    // Whoever replaces the default for dependencies has not for plugins.
    let replaced = repositories
        .packages
        .iter()
        .find(|repository| repository.id == DEFAULT);
    if let Some(repository) = replaced {
        for route in &mut plugins {
            if route.target == Target::Default && route.places.is_empty() {
                route.places.push(ConfiguredAt {
                    says: "no pluginRepository has the id central".to_owned(),
                    ..repository.place.clone()
                });
            }
        }
    }
    all.append(&mut plugins);
    effective.routes = all;
}
