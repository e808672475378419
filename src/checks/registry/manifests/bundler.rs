//! The Gemfile against `DEPENDENCIES` in its lockfile. A Gemfile is a program: only its plain
//! lines are read, and nothing is said of one with conditions or with parts elsewhere.

use super::super::clients::{Source, join, place, says};
use super::{Locked, Missing, javascript};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Words after which a line does not always count, or counts for something else.
const PROGRAM: [&str; 21] = [
    "if",
    "unless",
    "elsif",
    "else",
    "case",
    "when",
    "while",
    "until",
    "for",
    "def",
    "class",
    "rescue",
    "return",
    "eval_gemfile",
    "install_if",
    "eval",
    "instance_eval",
    "=begin",
    "__END__",
    "lambda",
    "env",
];

/// A line `gem "name", "requirement", …`.
struct Gem<'g> {
    name: &'g str,
    /// Absent where it cannot be told.
    asked: Option<BTreeSet<String>>,
}

/// What the lockfile keeps of each gem that the Gemfile asks for, with its line; `None`
/// where it has no such section.
fn dependencies(lock: &str) -> Option<BTreeMap<&str, (BTreeSet<String>, u32)>> {
    let mut lines = lock.lines().zip(1_u32..);
    lines.find(|(line, _)| *line == "DEPENDENCIES")?;
    let mut all = BTreeMap::new();
    for (line, number) in lines.take_while(|(line, _)| line.starts_with("  ")) {
        let entry = line.trim().trim_end_matches('!');
        let (name, asked) = match entry.split_once(" (") {
            Some((name, asked)) => (name, asked.trim_end_matches(')')),
            None => (entry, ""),
        };
        all.insert(name, (requirements(asked.split(',')), number));
    }
    Some(all)
}

/// Requirements in one form: `=1`, without the one that everything meets.
fn requirements<'r>(texts: impl Iterator<Item = &'r str>) -> BTreeSet<String> {
    texts
        .map(|text| text.split_whitespace().collect::<String>())
        .filter(|text| !text.is_empty() && text != ">=0")
        .map(|text| {
            let mut text = match text.starts_with(|c: char| c.is_ascii_digit()) {
                true => format!("={text}"),
                false => text,
            };
            // `5.15` is `5.15.0`, but where the count of numbers says how far to go.
            while !text.starts_with("~>") && text.ends_with(".0") {
                text.truncate(text.len() - 2);
            }
            text
        })
        .collect()
}

/// The text of a string in quotes at the start, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inside, rest) = text.get(1..)?.split_once(quote)?;
    (!inside.contains(['#', '\\'])).then_some((inside, rest))
}

/// Reads a `gem` line; `None` where it is none with a plain name.
fn gem(line: &str) -> Option<Gem<'_>> {
    let rest = line.trim().strip_prefix("gem")?;
    let is_call = rest.starts_with(['(', ' ', '\t', '"', '\'']);
    let (name, rest) = quoted(rest.trim_start_matches(['(', ' ', '\t']).trim_start())?;
    if !is_call {
        return None;
    }
    let mut asked = Vec::new();
    let mut rest = rest.trim_start();
    let told = loop {
        let Some(after) = rest.strip_prefix(',') else {
            // The end of the line, but for a comment.
            let end = rest.trim_start_matches(')').trim_start();
            break end.is_empty() || end.starts_with('#');
        };
        let after = after.trim_start();
        match quoted(after) {
            // `"key" => value` is an option.
            Some((_, more)) if more.trim_start().starts_with("=>") => break true,
            Some((text, more)) => {
                asked.push(text);
                rest = more.trim_start();
            }
            // Options, which come last. With several lines, or anything else, it cannot be told.
            None => break is_option(after),
        }
    };
    Some(Gem {
        name,
        asked: told.then(|| requirements(asked.into_iter())),
    })
}

/// Whether a list goes on with `key: value` or `:key => value`.
fn is_option(text: &str) -> bool {
    let word = |text: &str| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        end.unwrap_or(text.len())
    };
    match text.strip_prefix(':') {
        Some(key) => key
            .get(word(key)..)
            .is_some_and(|rest| rest.trim_start().starts_with("=>")),
        None => {
            let end = word(text);
            end > 0 && text.get(end..).is_some_and(|rest| rest.starts_with(':'))
        }
    }
}

/// Whether every line of a Gemfile is understood, so that nothing else can ask for a gem.
fn is_plain(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        let word = line.split([' ', '(', '\t']).next().unwrap_or_default();
        match word {
            "" | "end" | "ruby" | "source" => true,
            "gem" => gem(line).is_some_and(|gem| gem.asked.is_some()),
            "group" | "platforms" | "platform" => line.ends_with(" do"),
            word => word.starts_with('#'),
        }
    })
}

/// `gem` lines of the Gemfile or `gems.rb` beside a lockfile.
pub(super) fn gemfile(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let name = match locked.path.ends_with("gems.locked") {
        true => "gems.rb",
        false => "Gemfile",
    };
    let Some(file) = source.tree(&join(locked.directory, name)) else {
        return out;
    };
    let is_program = file.text.lines().any(|line| {
        let words = line
            .split_whitespace()
            .take_while(|word| !word.starts_with('#'));
        let mut words = words.map(|word| word.split(['(', '.']).next().unwrap_or(word));
        words.any(|word| PROGRAM.contains(&word))
    });
    if is_program {
        return out;
    }
    // What a gemspec asks for while developing may take the place of what the Gemfile says.
    let has_gemspec = file
        .text
        .lines()
        .any(|line| line.trim().starts_with("gemspec"));
    let lock = javascript::lockfile(root, locked.path).unwrap_or_default();
    let kept = dependencies(&lock);
    let mut asked_for: BTreeMap<&str, Vec<(Gem<'_>, u32)>> = BTreeMap::new();
    for (line, number) in file.text.lines().zip(1_u32..) {
        if let Some(gem) = gem(line) {
            asked_for.entry(gem.name).or_default().push((gem, number));
        }
    }
    for (name, gems) in &asked_for {
        let is_held = match &kept {
            None => !locked.named(name).is_empty(),
            Some(kept) => kept.get(name).is_some_and(|(held, _)| {
                let mut asked = gems.iter().map(|(gem, _)| gem.asked.as_ref());
                has_gemspec || asked.any(|asked| asked.is_none_or(|asked| asked == held))
            }),
        };
        if let (false, Some((_, number))) = (is_held, gems.first()) {
            out.push(Missing {
                place: place(&file.shown, *number, says("gem", name)),
            });
        }
    }
    if is_plain(&file.text) {
        for (name, (_, number)) in kept.iter().flatten() {
            if !asked_for.contains_key(name) {
                out.push(Missing {
                    place: place(locked.path, *number, says("gem", name)),
                });
            }
        }
    }
    out
}
