//! `RestoreSources` and `RestoreAdditionalProjectSources` of the project file and of
//! `Directory.Build.props` and `.targets`
//! (<https://learn.microsoft.com/nuget/reference/msbuild-targets#restore-properties>). The
//! first takes the place of what `nuget.config` says, the second is added to it. Nothing is
//! evaluated: a property or an item in one is a gap.

use super::super::files::{File, Files};
use super::super::model::{Names, Route, Target};
use super::super::text::says;
use crate::model::Location;
use crate::support::xml::{self, Xml};
use roxmltree::Node;
use std::rc::Rc;

/// Endings of project files.
const PROJECTS: [&str; 5] = [".csproj", ".fsproj", ".vbproj", ".proj", ".vcxproj"];

/// Read with every project at or below them; the nearest, and the next where it imports
/// something.
const SHARED: [&str; 3] = [
    "Directory.Build.props",
    "Directory.Build.targets",
    "Directory.Packages.props",
];

const REPLACES: &str = "RestoreSources";
const ADDS: &str = "RestoreAdditionalProjectSources";

/// What the project's own files say.
#[derive(Default)]
pub(super) struct OfProject {
    pub routes: Vec<Route>,
    /// They take the place of what is configured elsewhere.
    pub replaces: bool,
}

pub(super) fn read(files: &Files<'_>, directory: &str) -> OfProject {
    let mut found = files.beside(directory, &PROJECTS);
    for name in SHARED {
        for file in files.upwards(directory, &[name]) {
            let imports = file.text.contains("<Import");
            found.push(file);
            if !imports {
                break;
            }
        }
    }
    let mut out = OfProject::default();
    for file in &found {
        of_file(files, file, &mut out);
    }
    out
}

fn of_file(files: &Files<'_>, file: &Rc<File>, out: &mut OfProject) {
    // MSBuild does not tell case apart in names of properties.
    if !file.text.to_ascii_lowercase().contains("restore") {
        return;
    }
    let document = match Xml::parse(&file.text) {
        Ok(document) => document,
        Err(error) => return files.broken(file, &error),
    };
    for node in document.root().descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let key = match [REPLACES, ADDS]
            .into_iter()
            .find(|key| name.eq_ignore_ascii_case(key))
        {
            Some(key) => key,
            None => continue,
        };
        let line = document.line(node);
        let text = xml::text(node).unwrap_or_default();
        let itself = format!("$({key})").to_ascii_lowercase();
        let is_conditional = node
            .ancestors()
            .any(|node| node.attribute("Condition").is_some());
        for item in text.split(';').map(str::trim) {
            // What it is so far is read too.
            if item.is_empty() || item.to_ascii_lowercase() == itself {
                continue;
            }
            let target = if ["$(", "@(", "%("].iter().any(|part| item.contains(part)) {
                let message = format!("what `{key}` in `{}` means cannot be told", file.shown);
                files.undecided(Location::line(&file.shown, line), &message);
                Target::Unknown("a property of the project decides".to_owned())
            } else if item.contains("://") {
                Target::Address(item.to_owned())
            } else {
                Target::Local(item.to_owned())
            };
            let place = file.at(line, says(key, item));
            out.routes.push(Route::new(Names::All, target, place));
            out.replaces |= key == REPLACES && !is_conditional;
        }
    }
}
