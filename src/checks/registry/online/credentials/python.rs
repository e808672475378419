//! Credentials of Python indexes: in the addresses of `PIP_INDEX_URL`,
//! `PIP_EXTRA_INDEX_URL`, `UV_INDEX`, `UV_DEFAULT_INDEX`, `UV_INDEX_URL`,
//! `UV_EXTRA_INDEX_URL` and of pip's configuration files; and `UV_INDEX_<NAME>_USERNAME` and
//! `_PASSWORD` for the names that `UV_INDEX` and `UV_DEFAULT_INDEX` give an address
//! (<https://docs.astral.sh/uv/concepts/indexes/>).

use super::{Credentials, Variables, basic, split_url};
use crate::model::Ecosystem;

const VARIABLES: [&str; 6] = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
];

pub(super) fn add(found: &mut Credentials, files: &[String], variables: &Variables) {
    for name in VARIABLES {
        let value = variables.get(name).map_or("", |value| value.expose());
        for word in value.split_whitespace() {
            let (name, address) = match word.split_once("=http") {
                Some((name, _)) => (Some(name), word.get(name.len() + 1..).unwrap_or_default()),
                None => (None, word),
            };
            add_address(found, address);
            if let Some(name) = name {
                add_named(found, name, address, variables);
            }
        }
    }
    for text in files {
        let mut inside = false;
        for line in text.lines() {
            let is_continued = line.starts_with([' ', '\t']);
            let value = match line.split_once('=') {
                Some((key, value)) if !is_continued => {
                    inside = matches!(key.trim(), "index-url" | "extra-index-url");
                    value
                }
                _ => line,
            };
            if inside {
                value
                    .split_whitespace()
                    .for_each(|word| add_address(found, word));
            }
        }
    }
}

fn add_address(found: &mut Credentials, address: &str) {
    if let Some((bare, user, password)) = split_url(address) {
        found.below(Ecosystem::Pypi, &bare, basic(&user, &password));
    }
}

fn add_named(found: &mut Credentials, name: &str, address: &str, variables: &Variables) {
    let word: String = name
        .chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    let part = |what: &str| {
        let value = variables.get(&format!("UV_INDEX_{word}_{what}"));
        value.map(|value| value.expose().to_owned())
    };
    let (user, password) = (part("USERNAME"), part("PASSWORD"));
    if user.is_some() || password.is_some() {
        let (user, password) = (user.unwrap_or_default(), password.unwrap_or_default());
        found.below(Ecosystem::Pypi, address, basic(&user, &password));
    }
}
