//! Bundler: the sources of the Gemfile and the remotes of its lockfile, and mirrors and
//! switches of `.bundle/config` in the project and the home, and `BUNDLE_*`
//! (<https://bundler.io/man/bundle-config.1.html>). The lockfile records the remote; a
//! mirror is asked in its place. A Gemfile is a program: plain lines are recognised.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Recorded, Replacement, Route, Target};
use super::text::{environment, place, says, unquoted};
use crate::model::{ConfiguredAt, terminal_safe};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Settings by name, those that win put in first.
type Settings = BTreeMap<String, (String, ConfiguredAt)>;

const MIRROR: &str = "BUNDLE_MIRROR__";
const LOCAL: &str = "BUNDLE_LOCAL__";

/// The configuration of Bundler for a project.
pub(super) fn read(files: &Files<'_>, path: &str, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Bundler);
    let mut open = Vec::new();
    for name in ["Gemfile", "gems.rb"] {
        if let Some(file) = files.tree(&join(directory, name)) {
            gemfile(&file, &mut open, &mut effective);
        }
    }
    if open.len() < 2 {
        open.clear();
    }
    open.extend(remotes(path, &files.lockfile(path)));
    effective.mixed = open;
    // The project's file wins over the environment, and that over the user's.
    let mut settings = Settings::new();
    let of_the_project = match files.variable("BUNDLE_APP_CONFIG") {
        Some(_) => files.in_variable("BUNDLE_APP_CONFIG", "config"),
        None => files.tree(&join(directory, ".bundle/config")),
    };
    if let Some(file) = of_the_project {
        config(&file, &mut settings);
    }
    for (name, value) in files.variables("BUNDLE_") {
        let key = format!("BUNDLE_{name}");
        note(&key, value, environment(&key, value), &mut settings);
    }
    if let Some(file) = of_the_user(files) {
        config(&file, &mut settings);
    }
    for (key, (value, place)) in settings {
        set(&key, &value, place, &mut effective);
    }
    effective
}

fn of_the_user(files: &Files<'_>) -> Option<Rc<File>> {
    for variable in ["BUNDLE_CONFIG", "BUNDLE_USER_CONFIG"] {
        if files.variable(variable).is_some() {
            return files.named_by(variable);
        }
    }
    match files.variable("BUNDLE_USER_HOME") {
        Some(_) => files.in_variable("BUNDLE_USER_HOME", "config"),
        None => files.home(".bundle/config"),
    }
}

/// `source "…"` outside of a block is asked for every gem; with several, Bundler takes any.
fn gemfile(file: &File, open: &mut Vec<ConfiguredAt>, effective: &mut Effective) {
    for (line, number) in file.text.lines().zip(1_u32..) {
        let text = line.trim();
        let Some(rest) = called(text) else {
            continue;
        };
        let target = if rest.starts_with(':') {
            // `:rubygems` and its like, of old.
            Target::Default
        } else {
            match literal(rest) {
                Some(url) => Target::Address(url.to_owned()),
                None => Target::Unknown("the Gemfile computes it".to_owned()),
            }
        };
        let is_block = text.ends_with(" do") || text.ends_with('{') || text.contains(" do |");
        let place = file.at(number, says("source", rest.trim_end_matches([')', ' '])));
        let names = match is_block {
            true => Names::OnRequest,
            false => {
                open.push(place.clone());
                Names::All
            }
        };
        effective.routes.push(Route::new(names, target, place));
    }
}

/// The arguments of a line that calls `source`: not of `sources`, and of no assignment.
fn called(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("source")?;
    if rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '?' | '!' | '.')) {
        return None;
    }
    let rest = rest.trim_start();
    if rest.starts_with('=') {
        return None;
    }
    Some(rest.trim_start_matches(['(', ' ', '\t']))
}

/// The address, where the argument is one literal that says what it looks like.
fn literal(rest: &str) -> Option<&str> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (url, behind) = rest.strip_prefix(quote)?.split_once(quote)?;
    let behind = behind.trim_start_matches([')', ' ', '\t']);
    let is_whole =
        ["", ",", "#", ";", "{", "do", "if ", "unless "]
            .iter()
            .any(|next| match *next {
                "" => behind.is_empty(),
                next => behind.starts_with(next),
            });
    (is_whole && !url.contains(['\\', '#'])).then_some(url)
}

/// The remotes of a `GEM` block of the lockfile that has several: Bundler asks each of them
/// for every gem of the block.
fn remotes(path: &str, text: &str) -> Vec<ConfiguredAt> {
    let mut found = Vec::new();
    let mut block: Vec<ConfiguredAt> = Vec::new();
    let mut is_gem = false;
    for (line, number) in text.lines().zip(1_u32..) {
        let is_head = !line.starts_with(' ') && !line.trim().is_empty();
        if is_head {
            is_gem = line.trim_end() == "GEM";
            if block.len() > 1 {
                found.append(&mut block);
            }
            block.clear();
        }
        if is_gem && let Some(url) = line.strip_prefix("  remote:") {
            block.push(place(path, number, says("remote", url.trim())));
        }
    }
    if block.len() > 1 {
        found.append(&mut block);
    }
    found
}

/// `.bundle/config` is a flat list of `KEY: "value"`.
fn config(file: &File, settings: &mut Settings) {
    for (line, number) in file.text.lines().zip(1_u32..) {
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        let (key, value) = (key.trim(), unquoted(value.trim()));
        note(key, value, file.at(number, says(key, value)), settings);
    }
}

/// Puts a setting in, unless one that wins is there. The address of a mirror has neither
/// case nor a slash at its end.
fn note(key: &str, value: &str, place: ConfiguredAt, settings: &mut Settings) {
    let key = match key.strip_prefix(MIRROR) {
        Some(of) => format!("{MIRROR}{}", of.to_uppercase().trim_end_matches('/')),
        None => key.to_owned(),
    };
    settings
        .entry(key)
        .or_insert_with(|| (value.to_owned(), place));
}

/// Bundler writes the dot as two and the dash as three underscores.
fn spelled(of: &str) -> String {
    of.replace("___", "-").replace("__", ".").to_lowercase()
}

fn set(key: &str, value: &str, place: ConfiguredAt, effective: &mut Effective) {
    if let Some(of) = key.strip_prefix(MIRROR) {
        if of.ends_with("__FALLBACK_TIMEOUT") || of.ends_with("/FALLBACK_TIMEOUT") {
            return;
        }
        let of = match of {
            "ALL" => Recorded::Any,
            address => Recorded::Address(spelled(address)),
        };
        let by = Route::new(Names::All, Target::Address(value.to_owned()), place);
        effective.replaced.push(Replacement { of, by });
        return;
    }
    if let Some(of) = key.strip_prefix(LOCAL)
        && !value.is_empty()
    {
        let name = spelled(of);
        let effect = format!(
            "a directory stands in for the repository of `{}`",
            terminal_safe(&name)
        );
        return effective.weak(place, true, &effect);
    }
    let off = matches!(value, "true" | "1");
    match key {
        "BUNDLE_SSL_VERIFY_MODE" if value == "0" => {
            effective.weak(place, true, "the registry's certificate is not checked");
        }
        "BUNDLE_DISABLE_CHECKSUM_VALIDATION" if off => {
            let effect = "gems are not compared with their checksums";
            effective.weak(place, true, effect);
        }
        _ => {}
    }
}
