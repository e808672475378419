//! Gradle: the `repositories { … }` blocks of settings and build scripts
//! (<https://docs.gradle.org/current/userguide/declaring_repositories.html>). Scripts are
//! programs: plain declarations are recognised by their text, and what is not plain is a
//! gap. Nothing is run.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::{ConfiguredAt, Location};

/// Where repositories are declared: settings for the whole build, else each project.
const SCRIPTS: [&str; 4] = [
    "settings.gradle",
    "settings.gradle.kts",
    "build.gradle",
    "build.gradle.kts",
];

/// Repositories that a word stands for, whose address no script says.
const WORDS: [&str; 3] = ["google", "gradlePluginPortal", "jcenter"];

#[derive(Default)]
struct Found {
    routes: Vec<Route>,
    /// A repository is limited to some names, or some names to it.
    is_mapped: bool,
}

/// The configuration of Gradle for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Gradle);
    let mut found = Found::default();
    let mut scripts = Vec::new();
    for name in &SCRIPTS {
        scripts.extend(files.tree(&join(directory, name)));
    }
    // The settings of a build lie at its root, which may be above the project.
    let above = directory.rsplit_once('/').map_or("", |(above, _)| above);
    if !directory.is_empty() {
        let settings = files.upwards(above, &["settings.gradle", "settings.gradle.kts"]);
        scripts.extend(settings.into_iter().take(1));
    }
    for script in &scripts {
        declared(files, script, &mut found, &mut effective);
    }
    let places = || -> Vec<ConfiguredAt> {
        let all = found.routes.iter();
        all.flat_map(|route| route.places.iter().cloned()).collect()
    };
    let mut targets: Vec<&Target> = found.routes.iter().map(|route| &route.target).collect();
    targets.sort();
    targets.dedup();
    if targets.len() > 1 && !found.is_mapped {
        effective.mixed = places();
    }
    if found.is_mapped {
        for route in &mut found.routes {
            route.is_certain = false;
        }
    }
    effective.routes = found.routes;
    effective
}

/// The text without comments; strings stay, lines stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote: Option<char> = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(_), '\\') => {
                out.push(c);
                out.extend(chars.next());
            }
            (Some(open), c) if c == open || c == '\n' => {
                quote = None;
                out.push(c);
            }
            (None, '"' | '\'') => {
                quote = Some(c);
                out.push(c);
            }
            (None, '/') if chars.peek() == Some(&'/') => {
                while chars.next_if(|c| *c != '\n').is_some() {}
            }
            (None, '/') if chars.peek() == Some(&'*') => {
                let mut before = ' ';
                chars.next();
                for c in chars.by_ref() {
                    if c == '\n' {
                        out.push('\n');
                    }
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            (_, c) => out.push(c),
        }
    }
    out
}

fn declared(files: &Files<'_>, file: &File, found: &mut Found, effective: &mut Effective) {
    let text = without_comments(&file.text);
    // The words that opened the blocks around a line, and whether they are repositories.
    let mut blocks: Vec<String> = Vec::new();
    let mut pending = String::new();
    for (index, line) in text.lines().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        for piece in pieces(line) {
            match piece {
                Piece::Open(before) => {
                    let word = if before.trim().is_empty() {
                        std::mem::take(&mut pending)
                    } else {
                        before.trim().to_owned()
                    };
                    statement(files, file, number, &word, &blocks, found, effective);
                    blocks.push(word);
                }
                Piece::Close(before) => {
                    statement(files, file, number, before, &blocks, found, effective);
                    blocks.pop();
                }
                Piece::Rest(rest) => {
                    statement(files, file, number, rest, &blocks, found, effective);
                    rest.trim().clone_into(&mut pending);
                }
            }
        }
    }
}

enum Piece<'l> {
    Open(&'l str),
    Close(&'l str),
    Rest(&'l str),
}

/// A line cut at its braces.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut quote: Option<char> = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => {
                out.push(Piece::Open(line.get(from..at).unwrap_or_default()));
                from = at + 1;
            }
            (None, '}') => {
                out.push(Piece::Close(line.get(from..at).unwrap_or_default()));
                from = at + 1;
            }
            _ => {}
        }
    }
    let rest = line.get(from..).unwrap_or_default();
    if !rest.trim().is_empty() {
        out.push(Piece::Rest(rest));
    }
    out
}

fn statement(
    files: &Files<'_>,
    file: &File,
    line: u32,
    text: &str,
    blocks: &[String],
    found: &mut Found,
    effective: &mut Effective,
) {
    let text = text.trim().trim_end_matches(';');
    let inside = |word: &str| blocks.iter().any(|block| begins(block, word));
    // Where releases are sent to is no source.
    if text.is_empty() || !inside("repositories") || inside("publishing") {
        return;
    }
    let place = |says: String| file.at(line, says);
    if begins(text, "mavenCentral") {
        let target = Target::Default;
        let route = Route::new(Names::All, target, place("mavenCentral()".to_owned()));
        found.routes.push(route);
        return;
    }
    if let Some(word) = WORDS.iter().find(|word| begins(text, word)) {
        let why = format!("no script says the address of `{word}()`");
        let route = Route::new(Names::All, Target::Unknown(why), place(format!("{word}()")));
        found.routes.push(route);
        return;
    }
    if begins(text, "mavenLocal") || begins(text, "flatDir") {
        let target = Target::Local("~/.m2/repository".to_owned());
        let route = Route::new(Names::All, target, place(text.to_owned()));
        found.routes.push(route);
        return;
    }
    for word in ["content", "exclusiveContent", "filter", "mavenContent"] {
        found.is_mapped |= begins(text, word);
    }
    if let Some(rest) = text
        .strip_prefix("allowInsecureProtocol")
        .or_else(|| text.strip_prefix("isAllowInsecureProtocol"))
        && rest.contains("true")
    {
        let place = place(says("allowInsecureProtocol", "true"));
        effective.weak(place, true, "packages may be fetched without TLS");
        return;
    }
    let is_maven = begins(text, "maven") || begins(text, "ivy");
    let names_url = begins(text, "url") || begins(text, "setUrl") || begins(text, "artifactUrls");
    let is_repository = names_url || (is_maven && text.contains(['"', '\'']));
    if !is_repository {
        return;
    }
    let target = match quoted(text) {
        Some(url) if url.contains('$') => {
            Target::Unknown("a variable of the script decides".to_owned())
        }
        Some(url) if url.contains("://") => Target::Address(url.to_owned()),
        Some(path) => Target::Local(path.to_owned()),
        None => Target::Unknown("the script computes it".to_owned()),
    };
    if let Target::Unknown(why) = &target {
        let message = format!(
            "the address of a repository in `{}` cannot be told: {why}",
            file.shown
        );
        files.undecided(Location::line(&file.shown, line), &message);
    }
    let route = Route::new(
        Names::All,
        target,
        place(says("url", quoted(text).unwrap_or(text))),
    );
    found.routes.push(route);
}

/// Whether a statement begins with a word as a whole.
fn begins(text: &str, word: &str) -> bool {
    text.strip_prefix(word)
        .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

/// The first text in quotes.
fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '\''])?;
    let quote = text.get(start..)?.chars().next()?;
    let rest = text.get(start + 1..)?;
    rest.split_once(quote).map(|(inside, _)| inside)
}
