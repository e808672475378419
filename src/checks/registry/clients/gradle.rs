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

/// Blocks inside one another; each statement is compared with all around it.
const DEPTH_LIMIT: usize = 64;

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
                    if blocks.len() > DEPTH_LIMIT {
                        let message = format!(
                            "`{}` has more than {DEPTH_LIMIT} blocks inside one another",
                            file.shown
                        );
                        files.note(Location::line(&file.shown, number), &message);
                        return;
                    }
                }
                Piece::Close(before) => {
                    statement(files, file, number, before, &blocks, found, effective);
                    blocks.pop();
                }
                Piece::End(before) => {
                    statement(files, file, number, before, &blocks, found, effective);
                    pending.clear();
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
    /// Up to a semicolon.
    End(&'l str),
    Rest(&'l str),
}

/// A line cut at its braces and semicolons.
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
            (None, ';') => {
                out.push(Piece::End(line.get(from..at).unwrap_or_default()));
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
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    if applies_a_script(text, blocks) {
        let message = format!(
            "`{}` applies another script, which may add repositories",
            file.shown
        );
        files.undecided(Location::line(&file.shown, line), &message);
    }
    let Some(text) = declaration(text, blocks) else {
        return;
    };
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

/// What a statement says of the repositories that packages come from:
/// `repositories.maven …`, or anything inside a block of them.
fn declaration<'t>(text: &'t str, blocks: &[String]) -> Option<&'t str> {
    let direct = after_word(text, "repositories").and_then(|rest| rest.strip_prefix('.'));
    let (head, text) = match direct {
        Some(rest) => (text, rest),
        None => (
            blocks
                .iter()
                .rfind(|block| after_word(block, "repositories").is_some())?
                .as_str(),
            text,
        ),
    };
    // Where releases are sent to is no source.
    let sends = |text: &str| begins(text, "publishing") || text.starts_with("project.publishing.");
    let is_sent =
        sends(head) || (begins(head, "repositories") && blocks.iter().any(|block| sends(block)));
    (!text.is_empty() && !is_sent).then_some(text)
}

/// `apply from: '…'`, `apply(from = …)`, `apply { from … }`, or an `apply(` whose end is on
/// another line.
fn applies_a_script(text: &str, blocks: &[String]) -> bool {
    let mut outside = String::new();
    let mut quote: Option<char> = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, c) => outside.push(c),
        }
    }
    let in_block = blocks
        .iter()
        .any(|block| block == "apply" || block.ends_with(".apply"));
    match after_word(&outside, "apply") {
        Some(rest) => {
            let rest = rest.trim();
            after_word(rest, "from").is_some() || matches!(rest, "(" | "([" | "[")
        }
        None => in_block && begins(&outside, "from"),
    }
}

/// What stands behind the first whole occurrence of a word.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    text.match_indices(word).find_map(|(at, _)| {
        let before = text.get(..at)?;
        let rest = text.get(at + word.len()..)?;
        (!before.ends_with(is_part) && !rest.starts_with(is_part)).then_some(rest)
    })
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
