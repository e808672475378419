//! The poms that are built together: a topmost one and its modules.

use super::effective::Effective;
use super::model::RawPom;
use super::shelf::{Shelf, pom_path};
use crate::inventory::formats::{Neighbours, directory_of, join};
use crate::inventory::tree::normalise;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Modules of one build.
const MEMBER_LIMIT: usize = 5_000;

/// Maven 3.9 itself runs on no older JDK.
const OLDEST_JDK: u32 = 8;

/// Properties that make the compiler refuse an older JDK.
const JDK_PROPERTIES: [&str; 4] = [
    "maven.compiler.release",
    "maven.compiler.source",
    "maven.compiler.target",
    "java.version",
];

/// Replacements in one version.
const STEP_LIMIT: usize = 32;

/// A build.
#[derive(Default)]
pub struct Reactor {
    /// Version and path by group and artifact.
    members: HashMap<(String, String), (String, String)>,
    /// What `.mvn/maven.config` sets.
    properties: HashMap<String, String>,
    /// The build needs this version of the JDK, or a newer one.
    pub oldest_jdk: u32,
    /// Effective poms by `GROUP:ARTIFACT:VERSION`, kept.
    pub effective: RefCell<HashMap<String, Rc<Effective>>>,
    /// Boms likewise.
    pub boms: RefCell<HashMap<String, Rc<Effective>>>,
}

impl Reactor {
    /// The path of the topmost pom above one: of each directory above, and of its parent,
    /// the one that names it as a module.
    pub fn top_of(path: &str, shelf: &Shelf, tree: &dyn Neighbours) -> String {
        let mut current = path.to_owned();
        let mut seen = BTreeSet::new();
        while seen.insert(current.clone()) {
            let pom = shelf.file(&current, tree).ok().flatten();
            let parent = pom.as_deref().and_then(|pom| pom.parent.as_ref());
            let parent = parent.and_then(|parent| parent.relative_path.as_deref());
            let parent = parent.and_then(|to| normalise(&pom_path(directory_of(&current), to)));
            let mut above = Vec::new();
            let mut directory = directory_of(&current);
            while !directory.is_empty() {
                directory = directory_of(directory);
                above.push(join(directory, "pom.xml"));
            }
            let names_it = |candidate: &String| {
                let pom = shelf.file(candidate, tree).ok().flatten();
                pom.is_some_and(|pom| modules(candidate, &pom).any(|module| module == current))
            };
            match above.into_iter().chain(parent).find(names_it) {
                Some(next) => current = next,
                None => break,
            }
        }
        current
    }

    /// Reads the build below a topmost pom.
    pub fn read(top: &str, shelf: &Shelf, tree: &dyn Neighbours) -> Self {
        let mut reactor = Self {
            properties: maven_config(top, tree),
            oldest_jdk: OLDEST_JDK,
            ..Self::default()
        };
        let mut poms = Vec::new();
        let mut seen = BTreeSet::from([top.to_owned()]);
        let mut waiting = vec![top.to_owned()];
        while let Some(path) = waiting.pop() {
            let Ok(Some(pom)) = shelf.file(&path, tree) else {
                continue;
            };
            for module in modules(&path, &pom) {
                if seen.len() < MEMBER_LIMIT && seen.insert(module.clone()) {
                    waiting.push(module);
                }
            }
            poms.push((path, pom));
        }
        // The version of all modules is often a property of a parent.
        let mut shared: HashMap<&str, &str> = HashMap::new();
        for (_, pom) in poms.iter().rev() {
            let active = pom.active(OLDEST_JDK).into_iter();
            let properties = active.flat_map(|body| &body.properties);
            shared.extend(properties.map(|(name, value)| (name.as_str(), value.as_str())));
        }
        let members = poms.iter().filter_map(|(path, pom)| {
            let parent = pom.parent.as_ref();
            let group = pom.group.as_ref().or(parent.map(|parent| &parent.group))?;
            let version = pom
                .version
                .as_ref()
                .or(parent.map(|parent| &parent.version))?;
            let key = (group.clone(), pom.artifact.clone());
            let version = reactor.plain(version, &shared);
            Some((key, (version, path.clone())))
        });
        let members: HashMap<_, _> = members.collect();
        reactor.members = members;
        let asked = poms.iter().flat_map(|(_, pom)| &pom.body.properties);
        let asked = asked
            .filter(|(name, _)| JDK_PROPERTIES.contains(&name.as_str()))
            .filter_map(|(_, value)| value.strip_prefix("1.").unwrap_or(value).parse().ok());
        reactor.oldest_jdk = asked.fold(OLDEST_JDK, u32::max);
        reactor
    }

    /// The path of a member.
    pub fn member(&self, group: &str, artifact: &str, version: &str) -> Option<&str> {
        let key = (group.to_owned(), artifact.to_owned());
        let (known, path) = self.members.get(&key)?;
        (known == version || known.contains("${")).then_some(path)
    }

    /// A property that the command line of every build sets.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    fn plain(&self, version: &str, shared: &HashMap<&str, &str>) -> String {
        let mut version = version.to_owned();
        for _ in 0..STEP_LIMIT {
            let Some((before, after)) = version.split_once("${") else {
                break;
            };
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let value = self.property(name).or_else(|| shared.get(name).copied());
            let Some(value) = value else {
                break;
            };
            version = format!("{before}{value}{after}");
        }
        version
    }
}

/// The paths of the modules that a pom names.
fn modules<'p>(path: &'p str, pom: &'p RawPom) -> impl Iterator<Item = String> + 'p {
    let directory = directory_of(path);
    pom.all_modules()
        .filter_map(move |module| normalise(&pom_path(directory, module)))
}

/// The properties of `.mvn/maven.config`
/// (<https://maven.apache.org/configure.html#mvn-maven-config-file>).
fn maven_config(top: &str, tree: &dyn Neighbours) -> HashMap<String, String> {
    let path = join(directory_of(top), ".mvn/maven.config");
    let Ok(Some(file)) = tree.read(&path) else {
        return HashMap::new();
    };
    file.text
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("-D")?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
