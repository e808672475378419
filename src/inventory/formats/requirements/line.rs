//! One line of a requirement file, as pip's `req_file.py` reads it.

use crate::inventory::python::{normalise, requirement};
use crate::model::{GitReference, Origin};
use pep440_rs::{Operator, Version, VersionSpecifiers};
use std::str::FromStr as _;

/// A line with its continuations joined and its comment gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The text.
    pub text: String,
    /// 1-based line that it starts on.
    pub line: u32,
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logical {
    /// A package to install.
    Requirement(Requirement),
    /// `-r` or `-c`.
    Include {
        /// As written.
        file: String,
        /// `-c`.
        constraint: bool,
    },
    /// `--index-url`.
    Index(String),
    /// Another place that packages may come from.
    OtherIndex,
    /// Nothing for an inventory.
    Nothing,
}

/// A package to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// What it names.
    pub target: Target,
    /// `sha256:HEX`, of `--hash` and of the address.
    pub hashes: Vec<String>,
}

/// What a requirement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A package by name.
    Named {
        /// Normalised.
        name: String,
        /// Only where it is exact.
        version: Option<String>,
        /// Only where an address is given.
        origin: Option<Origin>,
    },
    /// A project in a directory.
    Directory {
        /// As written.
        path: String,
    },
}

/// Joins lines that end in a backslash, drops comments and empty lines.
pub fn logical(text: &str) -> Vec<Joined> {
    let mut joined = Vec::new();
    let mut open: Option<Joined> = None;
    for (source, line) in text.lines().zip(1_u32..) {
        let is_comment = source.trim_start().starts_with('#');
        let mut current = open.take().unwrap_or(Joined {
            text: String::new(),
            line,
        });
        if let (Some(part), false) = (source.strip_suffix('\\'), is_comment) {
            current.text.push_str(part);
            open = Some(current);
            continue;
        }
        if is_comment {
            current.text.push(' ');
        }
        current.text.push_str(source);
        joined.push(current);
    }
    joined.extend(open);
    for line in &mut joined {
        let plain = without_comment(&line.text).trim().to_owned();
        line.text = plain;
    }
    joined.retain(|line| !line.text.is_empty());
    joined
}

/// A comment starts at a `#` at the start or after white space.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (place, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            return line.get(..place).unwrap_or(line);
        }
        before = c;
    }
    line
}

/// What a joined line means.
///
/// # Errors
/// What is wrong with it, one line.
pub fn parse(line: &Joined) -> Result<Logical, String> {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let first_option = words
        .iter()
        .position(|word| word.starts_with('-'))
        .unwrap_or(words.len());
    let (requirement, options) = words.split_at(first_option);
    let mut hashes = Vec::new();
    let mut meaning = Logical::Nothing;
    let mut editable = None;
    let mut options = options.iter().copied();
    while let Some(option) = options.next() {
        let (name, attached) = split_option(option);
        let mut value = || {
            attached
                .or_else(|| options.next())
                .map(|value| value.trim_matches(['"', '\'']).to_owned())
                .ok_or_else(|| format!("the option `{name}` lacks its value"))
        };
        match name {
            "-r" | "--requirement" | "-c" | "--constraint" => {
                meaning = Logical::Include {
                    file: value()?,
                    constraint: name.ends_with('c') || name.ends_with("constraint"),
                };
            }
            "-e" | "--editable" => editable = Some(value()?),
            "-i" | "--index-url" | "--pypi-url" => meaning = Logical::Index(value()?),
            "--extra-index-url" | "-f" | "--find-links" => {
                value()?;
                meaning = Logical::OtherIndex;
            }
            "--no-index" => meaning = Logical::OtherIndex,
            "--hash" => hashes.push(value()?),
            "--trusted-host" | "--no-binary" | "--only-binary" | "--use-feature"
            | "--global-option" | "--install-option" | "--build-option" | "-C"
            | "--config-settings" | "--config-setting" | "--root-user-action" => {
                value()?;
            }
            "--pre" | "--prefer-binary" | "--require-hashes" | "-Z" | "--always-unzip" => {}
            _ => return Err(format!("the option `{name}` is not known")),
        }
    }
    let text = requirement.join(" ");
    match (text.as_str(), editable) {
        ("", None) => Ok(meaning),
        ("", Some(text)) | (_, Some(text)) => named(&text, hashes),
        (text, None) => named(text, hashes),
    }
}

/// `--name=value` and `-rvalue` carry their value with them.
fn split_option(option: &str) -> (&str, Option<&str>) {
    if option.starts_with("--") {
        return match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        };
    }
    match option.char_indices().nth(2) {
        Some((place, _)) => {
            let (name, value) = option.split_at(place);
            (name, Some(value.trim_start_matches('=')))
        }
        None => (option, None),
    }
}

fn named(text: &str, mut hashes: Vec<String>) -> Result<Logical, String> {
    let target = target(text, &mut hashes)?;
    Ok(Logical::Requirement(Requirement { target, hashes }))
}

fn target(text: &str, hashes: &mut Vec<String>) -> Result<Target, String> {
    if let Some(found) = by_name_and_address(text, hashes)? {
        return Ok(found);
    }
    let plain = text.split(';').next().unwrap_or(text).trim();
    if is_address(plain) || is_archive(plain) {
        one_word(plain)?;
        return by_address(plain, hashes);
    }
    if plain.starts_with(['.', '/', '~']) || plain.contains('/') {
        one_word(plain)?;
        return Ok(Target::Directory {
            path: plain.to_owned(),
        });
    }
    let read =
        requirement(plain).map_err(|reason| format!("`{text}` is no requirement: {reason}"))?;
    let version = if is_exact(&read.range) {
        exact_text(plain)
    } else {
        None
    };
    Ok(Target::Named {
        name: read.wanted.name,
        version,
        origin: None,
    })
}

/// An address ends at white space: what follows is another requirement, or nothing that
/// pip takes.
fn one_word(address: &str) -> Result<(), String> {
    match address.split_once(char::is_whitespace) {
        None => Ok(()),
        Some((address, rest)) => Err(format!(
            "something follows the address `{address}`: `{}`",
            rest.trim()
        )),
    }
}

fn is_exact(specifiers: &VersionSpecifiers) -> bool {
    specifiers
        .iter()
        .any(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual))
}

/// The version behind `==`, as written.
fn exact_text(requirement: &str) -> Option<String> {
    requirement
        .split(',')
        .filter_map(|part| part.split_once("=="))
        .map(|(_, version)| {
            version
                .trim_start_matches('=')
                .trim_matches([' ', ')', '('])
        })
        .find(|version| !version.ends_with('*') && !version.is_empty())
        .map(str::to_owned)
}

/// `name[extra] @ address ; marker`.
fn by_name_and_address(text: &str, hashes: &mut Vec<String>) -> Result<Option<Target>, String> {
    let Some((before, address)) = text.split_once('@') else {
        return Ok(None);
    };
    let name = before.split('[').next().unwrap_or(before).trim();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if !is_name {
        return Ok(None);
    }
    let address = address.split(" ;").next().unwrap_or(address).trim();
    if address.is_empty() {
        return Err(format!("`{text}` names no address"));
    }
    one_word(address)?;
    let name = normalise(name);
    hashes.extend(hash_of(address));
    Ok(Some(Target::Named {
        version: archive(address)
            .filter(|(of, _)| *of == name)
            .map(|(_, version)| version),
        name,
        origin: Some(origin(address)),
    }))
}

/// An address or a file without a name before it: the name is in `#egg=` or in the name of
/// the archive.
fn by_address(address: &str, hashes: &mut Vec<String>) -> Result<Target, String> {
    let fragment = address.split_once('#').map_or("", |(_, fragment)| fragment);
    let egg = fragment
        .split('&')
        .find_map(|part| part.strip_prefix("egg="))
        .map(|egg| normalise(egg.split('[').next().unwrap_or(egg)));
    let archive = archive(address);
    let name = egg
        .clone()
        .or_else(|| archive.as_ref().map(|(name, _)| name.clone()));
    let directory = address.strip_prefix("file:").filter(|_| archive.is_none());
    match (name, directory) {
        (None, Some(path)) => Ok(Target::Directory {
            path: path.trim_start_matches("//").to_owned(),
        }),
        (None, None) => Err(format!("`{address}` does not tell the name of its package")),
        (Some(name), _) => {
            hashes.extend(hash_of(address));
            Ok(Target::Named {
                version: archive
                    .filter(|(of, _)| *of == name)
                    .map(|(_, version)| version),
                name,
                origin: Some(origin(address)),
            })
        }
    }
}

fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with("file:")
}

fn is_archive(text: &str) -> bool {
    archive_stem(text).is_some()
}

fn archive_stem(file: &str) -> Option<&str> {
    [".whl", ".tar.gz", ".tgz", ".tar.bz2", ".zip"]
        .iter()
        .find_map(|end| file.strip_suffix(end))
}

/// Name and version in the file name of a wheel or a source distribution
/// (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
fn archive(address: &str) -> Option<(String, String)> {
    let plain = address.split(['#', '?']).next()?;
    let file = plain.rsplit('/').next()?;
    let stem = archive_stem(file)?;
    let (name, version) = if file.ends_with(".whl") {
        let mut parts = stem.split('-');
        (parts.next()?, parts.next()?)
    } else {
        stem.rsplit_once('-')?
    };
    Version::from_str(version).ok()?;
    Some((normalise(name), version.to_owned()))
}

fn hash_of(address: &str) -> Option<String> {
    let (_, fragment) = address.split_once('#')?;
    fragment.split('&').find_map(|part| {
        let (algorithm, value) = part.split_once('=')?;
        matches!(algorithm, "sha256" | "sha384" | "sha512" | "sha1" | "md5")
            .then(|| format!("{algorithm}:{value}"))
    })
}

fn origin(address: &str) -> Origin {
    let plain = address.split('#').next().unwrap_or(address);
    if let Some(git) = plain.strip_prefix("git+") {
        // The `@` of a user stands before the path, that of a revision in it.
        let path = git.find("://").map_or(0, |place| place + 3);
        let path = git
            .get(path..)
            .and_then(|rest| rest.find('/'))
            .map_or(git.len(), |place| path + place);
        let (host, path) = git.split_at(path);
        let (path, wanted) = match path.rsplit_once('@') {
            Some((path, wanted)) => (path, Some(wanted)),
            None => (path, None),
        };
        let is_commit =
            |text: &&str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        return Origin::Git {
            url: format!("{host}{path}"),
            reference: wanted.map_or(GitReference::Default, |wanted| {
                GitReference::Revision(wanted.to_owned())
            }),
            commit: wanted.filter(is_commit).map(str::to_owned),
        };
    }
    if let Some(path) = plain.strip_prefix("file:") {
        return Origin::Path {
            path: path.to_owned(),
        };
    }
    if plain.contains("://") {
        return Origin::Url {
            url: plain.to_owned(),
        };
    }
    Origin::Path {
        path: plain.to_owned(),
    }
}
