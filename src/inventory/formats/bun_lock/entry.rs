//! One entry of `packages`: a list whose first item says what it is, followed by what
//! that kind has: the registry (empty: the default), an object, an integrity.

use crate::inventory::json::reason;
use crate::inventory::npm::{git_origin, is_web_address, named_by_tarball, split_at_version};
use crate::inventory::shape::{Shape, Shapes, wrong};
use crate::model::{Checksum, Digest, Origin, Scope};
use serde_json::{Map, Value};

/// The fields of an object that are read: of an entry, or of a workspace.
pub const INFO: &Shapes = &[
    ("bundled", Shape::Flag),
    ("name", Shape::Text),
    ("version", Shape::Text),
    ("dependencies", Shape::TEXT_BY_NAME),
    ("optionalDependencies", Shape::TEXT_BY_NAME),
    ("peerDependencies", Shape::TEXT_BY_NAME),
    ("devDependencies", Shape::TEXT_BY_NAME),
];

/// An entry.
#[derive(Debug)]
pub struct Entry {
    /// Of the package itself, whatever it is asked for by.
    pub name: String,
    /// Recorded for what a registry serves.
    pub version: Option<String>,
    /// Where it is.
    pub place: Place,
    /// Of the file that is fetched.
    pub checksums: Vec<Checksum>,
    /// What it depends on.
    pub needs: Needs,
    /// Comes inside the package file of the package above it.
    pub is_bundled: bool,
    /// What of it cannot be read.
    pub problems: Vec<String>,
}

/// Where a package is.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// The project itself.
    Project,
    /// A member of the workspace, by its directory.
    Workspace(String),
    /// A linked directory.
    Linked(String),
    /// Elsewhere.
    Fetched(Origin),
}

/// Names of dependencies and what they are for.
#[derive(Debug, Default)]
pub struct Needs(pub Vec<(String, Scope)>);

impl Needs {
    /// The dependencies that an object names; those for development for own packages
    /// only, since Bun installs none for others.
    pub fn of(fields: &Value, is_own: bool) -> Self {
        let mut needs = Vec::new();
        for (group, scope) in [
            ("dependencies", Scope::Runtime),
            ("optionalDependencies", Scope::Optional),
            ("peerDependencies", Scope::Peer),
            ("devDependencies", Scope::Dev),
        ] {
            if scope == Scope::Dev && !is_own {
                continue;
            }
            let members = fields.get(group).and_then(Value::as_object);
            needs.extend(
                members
                    .into_iter()
                    .flat_map(Map::keys)
                    .map(|name| (name.clone(), scope)),
            );
        }
        Self(needs)
    }
}

impl Entry {
    /// Reads an entry.
    ///
    /// # Errors
    /// What keeps it from being one, one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| reason(&error))?;
        let items = value.as_array().map_or(&[][..], Vec::as_slice);
        let Some((Value::String(resolution), rest)) = items.split_first() else {
            return Err("it is not a list that starts with a text".to_owned());
        };
        let (name, reference) = split_at_version(resolution);
        if name.is_empty() || reference.is_empty() {
            return Err(format!("`{resolution}` is no name and version"));
        }
        let registry = rest.first().and_then(Value::as_str);
        let info = rest.iter().find(|item| item.is_object());
        let mut entry = Self {
            name: name.to_owned(),
            version: None,
            place: place(reference, registry),
            checksums: Vec::new(),
            needs: info.map_or_else(Needs::default, |info| Needs::of(info, false)),
            is_bundled: info.and_then(|info| info.get("bundled")) == Some(&Value::Bool(true)),
            problems: Vec::new(),
        };
        match &entry.place {
            Place::Fetched(Origin::Registry { .. } | Origin::ImpliedDefault) => {
                entry.version = Some(reference.to_owned());
            }
            Place::Fetched(Origin::Url { url }) => {
                entry.version = named_by_tarball(url)
                    .filter(|(known, _)| known == name)
                    .map(|(_, version)| version);
            }
            _ => {}
        }
        entry.note_odd_items(rest);
        if matches!(entry.place, Place::Fetched(_)) {
            entry.integrity(rest);
        }
        Ok(entry)
    }

    /// Notes items that no kind of entry has, and fields of another type. What is fetched has
    /// an object always, what is made here may have one.
    fn note_odd_items(&mut self, rest: &[Value]) {
        let objects = rest.iter().filter(|item| item.is_object()).count();
        let texts = rest.iter().filter(|item| item.is_string()).count();
        let is_made_here = matches!(self.place, Place::Workspace(_) | Place::Project);
        let is_right = match objects {
            0 => is_made_here,
            more => more == 1,
        };
        if !is_right || objects + texts != rest.len() {
            let problem = "it holds something else than texts and an object".to_owned();
            self.problems.push(problem);
        }
        let found = rest.iter().flat_map(|item| wrong(item, INFO));
        self.problems.extend(found.map(|wrong| wrong.what));
    }

    /// The integrity follows the object; a repository has its commit before it.
    fn integrity(&mut self, rest: &[Value]) {
        let after = rest.iter().skip_while(|item| !item.is_object()).skip(1);
        for text in after.filter_map(Value::as_str) {
            if text.is_empty() || !text.contains('-') || !text.starts_with("sha") {
                continue;
            }
            match Digest::parse_sri(text) {
                Ok(digests) => self
                    .checksums
                    .extend(digests.into_iter().map(Checksum::File)),
                Err(error) => self.problems.push(format!("the integrity: {error}")),
            }
        }
    }
}

fn place(reference: &str, registry: Option<&str>) -> Place {
    let (protocol, path) = reference.split_once(':').unwrap_or(("", reference));
    match protocol {
        "workspace" => Place::Workspace(path.to_owned()),
        "root" => Place::Project,
        "link" => Place::Linked(path.to_owned()),
        "file" => Place::Fetched(Origin::Path {
            path: path.to_owned(),
        }),
        // The commit is abbreviated here.
        "github" => Place::Fetched(git_origin(
            &format!("https://github.com/{path}"),
            Some(reference),
        )),
        _ if reference.starts_with("git+") || protocol == "git" || protocol == "ssh" => {
            Place::Fetched(git_origin(reference, None))
        }
        _ if is_web_address(reference) => Place::Fetched(Origin::Url {
            url: reference.to_owned(),
        }),
        "" => match registry {
            Some("") => Place::Fetched(Origin::ImpliedDefault),
            Some(address) => Place::Fetched(registry_origin(address)),
            // A package file beside the project.
            None => Place::Fetched(Origin::Path {
                path: reference.to_owned(),
            }),
        },
        _ => Place::Fetched(Origin::Path {
            path: reference.to_owned(),
        }),
    }
}

/// The address is that of the package file, or of the registry alone.
fn registry_origin(address: &str) -> Origin {
    let is_file = address.ends_with(".tgz") || address.contains("/-/");
    let address = address.to_owned();
    Origin::Registry {
        index: (!is_file).then(|| address.clone()),
        file: is_file.then_some(address),
        default: false,
    }
}
