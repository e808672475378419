//! Gradle: the `repositories { … }` blocks of settings and build scripts
//! (<https://docs.gradle.org/current/userguide/declaring_repositories.html>). Scripts are
//! programs: plain declarations are recognised by their text, and what is not plain is a
//! gap. Nothing is run.

mod address;
mod scan;
mod verification;

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Route, Target};
use super::text::says;
use crate::model::{ConfiguredAt, Location};
use address::{address, after_start};
use scan::scan;

/// Where repositories are declared: settings for the whole build, else each project.
const SCRIPTS: [&str; 4] = [
    "settings.gradle",
    "settings.gradle.kts",
    "build.gradle",
    "build.gradle.kts",
];

/// Repositories that a word stands for, whose address no script says.
const WORDS: [&str; 3] = ["google", "gradlePluginPortal", "jcenter"];

/// Lines of one statement that are put together.
const JOINED_LIMIT: usize = 8;

/// Blocks inside one another; each statement is compared with all around it.
const DEPTH_LIMIT: usize = 64;

/// Heads of blocks that are run with the repositories they are given.
const FOLLOWED: [&str; 4] = ["with(", "listOf(", "setOf(", "["];

/// Words right among the repositories that declare none, or only in what stands behind
/// them, which is read.
const KNOWN_BLOCKS: [&str; 32] = [
    "",
    "all",
    "catch",
    "check",
    "clear",
    "configureEach",
    "content",
    "do",
    "else",
    "exclusiveContent",
    "filter",
    "finally",
    "flatDir",
    "for",
    "forRepository",
    "google",
    "gradlePluginPortal",
    "if",
    "ivy",
    "jcenter",
    "maven",
    "mavenCentral",
    "mavenContent",
    "mavenLocal",
    "print",
    "println",
    "require",
    "run",
    "switch",
    "try",
    "when",
    "while",
];

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
        Reader {
            files,
            file: script,
            found: &mut found,
            effective: &mut effective,
            blocks: Vec::new(),
        }
        .read();
    }
    verification::read(files, directory, &mut effective);
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

/// A block of a script that is open.
struct Block {
    /// What opened it.
    word: String,
    line: u32,
    /// It declares one repository whose address has to follow, and so many were known
    /// before it.
    owes_an_address: Option<usize>,
}

/// Reads one script.
struct Reader<'a, 'f> {
    files: &'a Files<'f>,
    file: &'a File,
    found: &'a mut Found,
    effective: &'a mut Effective,
    blocks: Vec<Block>,
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        self.files.line_ends(self.file, &[]);
        let scanned = scan(&self.file.text, !self.file.shown.ends_with(".kts"));
        if let Some(line) = scanned.lost {
            let message = format!(
                "what `{}` says from here on cannot be told",
                self.file.shown
            );
            self.files
                .undecided(Location::line(&self.file.shown, line), &message);
        }
        let mut pending = String::new();
        let mut lines = scanned.text.lines().zip(1_u32..).peekable();
        while let Some((line, number)) = lines.next() {
            let mut line = std::borrow::Cow::Borrowed(line);
            for _ in 0..JOINED_LIMIT {
                match lines.next_if(|_| is_unfinished(&line)) {
                    Some((next, _)) => line = format!("{line} {next}").into(),
                    None => break,
                }
            }
            for piece in pieces(&line) {
                match piece {
                    Piece::Open(before) => {
                        let word = if before.trim().is_empty() {
                            std::mem::take(&mut pending)
                        } else {
                            before.trim().to_owned()
                        };
                        if !self.open(word, number) {
                            return;
                        }
                    }
                    Piece::Close(before) => {
                        self.statement(number, before);
                        self.close();
                        pending.clear();
                    }
                    Piece::End(before) => {
                        self.statement(number, before);
                        pending.clear();
                    }
                    Piece::Rest(rest) => {
                        self.statement(number, rest);
                        rest.trim().clone_into(&mut pending);
                    }
                }
            }
        }
    }

    /// Enters a block; `false` where there are too many.
    fn open(&mut self, word: String, line: u32) -> bool {
        let is_followed = FOLLOWED.iter().any(|head| word.starts_with(head));
        self.statement_of(line, &word, is_followed);
        let declares = declaration(&word, &self.blocks);
        let is_one = declares.is_some_and(|(text, _)| {
            let rest = ["maven", "ivy"].iter().find_map(|of| after_start(text, of));
            rest.is_some_and(|rest| matches!(rest.trim(), "" | "()"))
        });
        if let Some((text, true)) = declares
            && text.chars().all(is_of_a_name)
            && !KNOWN_BLOCKS.contains(&text)
        {
            self.undecided(line, "it calls what is declared elsewhere");
        }
        self.blocks.push(Block {
            word,
            line,
            owes_an_address: is_one.then_some(self.found.routes.len()),
        });
        if self.blocks.len() > DEPTH_LIMIT {
            let message = format!(
                "`{}` has more than {DEPTH_LIMIT} blocks inside one another",
                self.file.shown
            );
            self.files
                .note(Location::line(&self.file.shown, line), &message);
            return false;
        }
        true
    }

    fn close(&mut self) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        if block.owes_an_address == Some(self.found.routes.len()) {
            self.unknown_address(block.line);
        }
    }

    fn undecided(&self, line: u32, why: &str) {
        let message = format!(
            "the repositories that `{}` declares cannot be told: {why}",
            self.file.shown
        );
        self.files
            .undecided(Location::line(&self.file.shown, line), &message);
    }

    fn unknown_address(&mut self, line: u32) {
        let why = "the script computes the address";
        self.undecided(line, why);
        // Not what stands there: it may hold a password in any form.
        let said = says("url", "computed by the script");
        self.add(line, Target::Unknown(why.to_owned()), said);
    }

    fn add(&mut self, line: u32, target: Target, said: String) {
        let route = Route::new(Names::All, target, self.file.at(line, said));
        self.found.routes.push(route);
    }

    fn statement(&mut self, line: u32, text: &str) {
        self.statement_of(line, text, false);
    }

    /// A statement; the block of one that is followed is read as one of repositories.
    fn statement_of(&mut self, line: u32, text: &str, is_followed: bool) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if applies_a_script(text, &self.blocks) {
            let message = format!(
                "`{}` applies another script, which may add repositories",
                self.file.shown
            );
            self.files
                .undecided(Location::line(&self.file.shown, line), &message);
        }
        if let Some((text, is_direct)) = declaration(text, &self.blocks) {
            self.declared(line, text, is_direct);
        } else if !is_followed && hands_on(&outside_quotes(text)) {
            self.undecided(line, "they are handed on under another name");
        }
    }

    /// A statement about repositories; a direct one is right among them.
    fn declared(&mut self, line: u32, text: &str, is_direct: bool) {
        if text.starts_with(['.', '?', ':', '+']) {
            return self.undecided(line, "this line changes what stands above it");
        }
        // The repository or the list that a block is about.
        let text = ["it.", "this."]
            .iter()
            .find_map(|receiver| text.strip_prefix(receiver))
            .unwrap_or(text);
        let code = outside_quotes(text);
        match address(text, &code) {
            Some(Some(url)) => {
                let target = match url.contains("://") {
                    true => Target::Address(url.to_owned()),
                    false => Target::Local(url.to_owned()),
                };
                return self.add(line, target, says("url", url));
            }
            Some(None) => return self.unknown_address(line),
            None => {}
        }
        // Also as an argument, or behind a condition.
        let names = |word: &str| after_word(&code, word).is_some();
        if names("mavenCentral") {
            return self.add(line, Target::Default, "mavenCentral()".to_owned());
        }
        if let Some(word) = WORDS.iter().find(|word| names(word)) {
            let why = format!("no script says the address of `{word}()`");
            return self.add(line, Target::Unknown(why), format!("{word}()"));
        }
        if names("mavenLocal") || names("flatDir") {
            let target = Target::Local("~/.m2/repository".to_owned());
            return self.add(line, target, text.to_owned());
        }
        for word in ["content", "exclusiveContent", "filter", "mavenContent"] {
            self.found.is_mapped |= begins(text, word);
        }
        if let Some(rest) = text
            .strip_prefix("allowInsecureProtocol")
            .or_else(|| text.strip_prefix("isAllowInsecureProtocol"))
            && rest.contains("true")
        {
            let place = self.file.at(line, says("allowInsecureProtocol", "true"));
            let effect = "packages may be fetched without TLS";
            return self.effective.weak(place, true, effect);
        }
        if is_direct && calls_something_else(&code) {
            self.undecided(line, "it calls what is declared elsewhere");
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

/// Whether the last statement of a line is about an address and goes on in the next line.
fn is_unfinished(line: &str) -> bool {
    let Some(Piece::Rest(rest)) = pieces(line).pop() else {
        return false;
    };
    let rest = rest.trim();
    let is_about_one = ["url", "setUrl", "maven", "ivy"]
        .iter()
        .any(|word| begins(rest, word));
    if !is_about_one {
        return false;
    }
    let code = outside_quotes(rest);
    code.ends_with('=') || code.matches('(').count() > code.matches(')').count()
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

/// A call by a plain name right among the repositories, which may add some.
fn calls_something_else(code: &str) -> bool {
    let Some((name, _)) = code.split_once('(') else {
        return false;
    };
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(is_of_a_name);
    is_name && !KNOWN_BLOCKS.contains(&name)
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a statement gives the repositories to something else: a variable, a function.
/// As a receiver and as a block they are followed.
fn hands_on(code: &str) -> bool {
    ["repositories", "getRepositories"].iter().any(|word| {
        after_word(code, word).is_some_and(|rest| {
            let before = code.len().saturating_sub(rest.len() + word.len());
            // The receiver is passed over: `project.repositories`.
            let before = code.get(..before).unwrap_or_default();
            let before = before.trim_end_matches(|c| is_of_a_name(c) || c == '.');
            let before = before.trim_end();
            let rest = rest.strip_prefix("()").unwrap_or(rest).trim_start();
            before.ends_with(['=', '(', ',']) && (rest.is_empty() || rest.starts_with([')', ',']))
        })
    })
}

/// A statement with the insides of its literals left out.
fn outside_quotes(text: &str) -> String {
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
    outside
}

/// What a statement says of the repositories that packages come from: `repositories.maven …`,
/// or anything inside a block of them; and whether it stands right among them.
fn declaration<'t>(text: &'t str, blocks: &[Block]) -> Option<(&'t str, bool)> {
    const WORDS: [&str; 2] = ["repositories", "getRepositories"];
    let called = WORDS.iter().find_map(|word| after_word(text, word));
    let called = called.map(|rest| rest.strip_prefix("()").unwrap_or(rest));
    let direct = called.and_then(|rest| rest.strip_prefix('.'));
    let (head, text, is_direct): (&str, &'t str, bool) = match direct {
        Some(rest) => (text, rest, true),
        None => {
            let is_of_them = |block: &&Block| {
                let all = WORDS.iter();
                all.clone()
                    .any(|word| after_word(&block.word, word).is_some())
            };
            let block = blocks.iter().rfind(is_of_them)?;
            let is_direct = blocks.last().is_some_and(|last| is_of_them(&last));
            (block.word.as_str(), text, is_direct)
        }
    };
    // Where releases are sent to is no source.
    let sends = |text: &str| begins(text, "publishing") || text.starts_with("project.publishing.");
    let is_sent = sends(head)
        || (begins(head, "repositories") && blocks.iter().any(|block| sends(&block.word)));
    (!text.is_empty() && !is_sent).then_some((text, is_direct))
}

/// `apply from: '…'`, `apply(from = …)`, `apply { from … }`, or an `apply(` whose end is on
/// another line.
fn applies_a_script(text: &str, blocks: &[Block]) -> bool {
    let outside = outside_quotes(text);
    let in_block = blocks
        .iter()
        .any(|block| block.word == "apply" || block.word.ends_with(".apply"));
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
