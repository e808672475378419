//! Options of Maven's command line that come from files and variables: `.mvn/maven.config`,
//! `MAVEN_ARGS`, and the properties of `.mvn/jvm.config` and `MAVEN_OPTS`
//! (<https://maven.apache.org/configure.html>).

use super::super::files::{File, Files};
use super::super::model::Effective;
use super::super::text::says;
use crate::model::{ConfiguredAt, Location, terminal_safe};
use std::rc::Rc;

/// What the options come to.
pub(super) struct Options {
    /// The settings that are read in place of the user's.
    pub settings: Option<Rc<File>>,
    /// The user's settings do not count.
    pub is_named: bool,
    /// Others are named beside the user's, and not read.
    pub names_more: bool,
}

/// Words with their places, from one file or variable.
struct Words<'w> {
    words: Vec<(&'w str, u32)>,
    /// File or `environment:NAME`.
    shown: String,
    is_file: bool,
}

impl<'w> Words<'w> {
    fn of_file(file: &'w File) -> Self {
        let lines = file.text.lines().zip(1_u32..);
        Self {
            words: lines
                .filter(|(line, _)| !line.trim_start().starts_with('#'))
                .flat_map(|(line, number)| line.split_whitespace().map(move |word| (word, number)))
                .collect(),
            shown: file.shown.clone(),
            is_file: true,
        }
    }

    fn of_variable(name: &str, value: &'w str) -> Self {
        Self {
            words: value.split_whitespace().map(|word| (word, 0)).collect(),
            shown: format!("environment:{name}"),
            is_file: false,
        }
    }

    fn location(&self, line: u32) -> Location {
        match self.is_file {
            true => Location::line(&self.shown, line),
            false => Location::file(&self.shown),
        }
    }
}

/// The options of a project. Those of the environment win over those of the tree.
pub(super) fn read(files: &Files<'_>, directory: &str, effective: &mut Effective) -> Options {
    let nearest = |name: &str| files.upwards(directory, &[name]).into_iter().next();
    let config = nearest(".mvn/maven.config");
    let machine = nearest(".mvn/jvm.config");
    let variable = |name| Some(Words::of_variable(name, files.variable(name)?));
    let (arguments, properties) = (variable("MAVEN_ARGS"), variable("MAVEN_OPTS"));
    let mut options = Options {
        settings: None,
        is_named: false,
        names_more: false,
    };
    let of_config = config.as_deref().map(Words::of_file);
    for words in arguments.iter().chain(&of_config) {
        if let Some((path, line)) = settings(files, words, &mut options, effective)
            && !options.is_named
        {
            options.is_named = true;
            options.settings = named(files, words, path, line);
        }
    }
    let of_machine = machine.as_deref().map(Words::of_file);
    for words in properties.iter().chain(&of_machine) {
        for (word, line) in &words.words {
            if let Some(effect) = word.strip_prefix("-D").and_then(property) {
                weak(words, word, *line, effect, effective);
            }
        }
    }
    options
}

fn weak(words: &Words<'_>, word: &str, line: u32, effect: &str, effective: &mut Effective) {
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    let said = match value.is_empty() {
        true => terminal_safe(key).into_owned(),
        false => says(key, value),
    };
    let place = ConfiguredAt {
        location: words.location(line),
        says: said,
    };
    effective.weak(place, true, effect);
}

/// What a property, `NAME` or `NAME=VALUE`, takes away.
fn property(text: &str) -> Option<&'static str> {
    let (name, value) = text.split_once('=').unwrap_or((text, "true"));
    let is_on = value.eq_ignore_ascii_case("true");
    match name {
        "aether.connector.https.securityMode" if value.eq_ignore_ascii_case("insecure") => {
            Some("the repository's certificate is not checked")
        }
        "maven.wagon.http.ssl.insecure" | "maven.wagon.http.ssl.allowall" if is_on => {
            Some("the repository's certificate is not checked")
        }
        "maven.wagon.http.ssl.ignore.validity.dates" if is_on => {
            Some("a repository's certificate that has run out is taken")
        }
        _ => None,
    }
}

/// What an option, without its first dash, takes away.
fn weakens(short: &str) -> Option<&'static str> {
    const LAX: &str = "lax-checksums";
    let long = short.strip_prefix('-').unwrap_or(short);
    if short == "c" || (long.len() > 1 && LAX.starts_with(long)) {
        return Some("a file that differs from its checksum is taken");
    }
    property(short.strip_prefix('D')?)
}

/// What an option of Maven's command line says of settings.
enum Flag<'w> {
    /// Names the user's settings, perhaps in the next word.
    User(Option<&'w str>),
    /// Names others beside them.
    More,
    /// Takes a check away: what then holds.
    Weak(&'static str),
}

/// Reads one word: `-s FILE`, `-sFILE`, `--settings=FILE`, the same for the installation's
/// (`-gs`; Maven 4 has `-is` and `-ps` too), and the beginnings of the long names, which
/// Maven takes with one dash also.
fn flag(word: &str) -> Option<Flag<'_>> {
    let short = word.strip_prefix('-')?;
    if let Some(effect) = weakens(short) {
        return Some(Flag::Weak(effect));
    }
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

/// The settings that the options give with `-s`; notes whether they name more, which are
/// not read.
fn settings<'w>(
    files: &Files<'_>,
    words: &Words<'w>,
    options: &mut Options,
    effective: &mut Effective,
) -> Option<(&'w str, u32)> {
    let shown = &words.shown;
    let mut path: Option<(Option<&str>, u32)> = None;
    // `-D NAME=VALUE` in two words.
    let mut before = "";
    for (word, line) in &words.words {
        let (word, line) = (*word, *line);
        if before == "-D"
            && let Some(effect) = property(word)
        {
            weak(words, word, line, effect, effective);
        }
        before = word;
        match flag(word) {
            // The path may stand on the next line.
            Some(Flag::User(value)) => {
                if path.is_some() {
                    let message = format!("`{shown}` names settings twice");
                    files.undecided(words.location(line), &message);
                }
                path = Some((value, line));
            }
            Some(Flag::More) => {
                options.names_more = true;
                let message =
                    format!("`{shown}` names settings beside the user's, which are not read");
                files.undecided(words.location(line), &message);
            }
            Some(Flag::Weak(effect)) => weak(words, word, line, effect, effective),
            None => {
                if let Some((value @ None, _)) = &mut path {
                    *value = Some(word);
                }
            }
        }
    }
    path.map(|(path, line)| (path.unwrap_or_default(), line))
}

/// The settings of a path. That of a file is relative to the directory of `.mvn`.
fn named(files: &Files<'_>, words: &Words<'_>, path: &str, line: u32) -> Option<Rc<File>> {
    let base = words
        .shown
        .strip_suffix(".mvn/maven.config")
        .unwrap_or_default();
    let inside = path
        .trim_start_matches("${maven.multiModuleProjectDirectory}/")
        .trim_start_matches("./");
    let found = match words.is_file {
        true => files.tree(&format!("{base}{inside}")),
        false => files
            .tree(inside)
            .or_else(|| files.at(path, &format!("{}/settings", words.shown))),
    };
    if found.is_none() {
        let message = match words.is_file {
            true => format!(
                "the settings `{}` that `{}` names are not in the tree",
                terminal_safe(path),
                words.shown
            ),
            // No path of this machine leaves.
            false => format!("the settings that `{}` names are not there", words.shown),
        };
        files.undecided(words.location(line), &message);
    }
    found
}
