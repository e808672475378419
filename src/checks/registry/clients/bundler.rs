//! Bundler: the sources of the Gemfile, and mirrors and switches of `.bundle/config` in the
//! project and the home, and `BUNDLE_*`
//! (<https://bundler.io/man/bundle-config.1.html>). The lockfile records the remote; a
//! mirror is asked in its place. A Gemfile is a program: plain lines are recognised.

use super::files::{File, Files, join};
use super::model::{Client, Effective, Names, Recorded, Replacement, Route, Target};
use super::text::{environment, says, unquoted};
use crate::model::ConfiguredAt;

/// The configuration of Bundler for a project.
pub(super) fn read(files: &Files<'_>, directory: &str) -> Effective {
    let mut effective = Effective::new(Client::Bundler);
    for name in ["Gemfile", "gems.rb"] {
        if let Some(file) = files.tree(&join(directory, name)) {
            gemfile(&file, &mut effective);
        }
    }
    // The project's file wins over the environment, and that over the user's.
    if let Some(file) = files.tree(&join(directory, ".bundle/config")) {
        config(&file, &mut effective);
    }
    for (name, value) in files.variables("BUNDLE_") {
        let key = format!("BUNDLE_{name}");
        let place = environment(&key, value);
        set(&key, value, place, &mut effective);
    }
    if let Some(file) = files.home(".bundle/config") {
        config(&file, &mut effective);
    }
    effective
}

/// `source "…"` outside of a block is asked for every gem; with several, Bundler takes any.
fn gemfile(file: &File, effective: &mut Effective) {
    let mut open: Vec<ConfiguredAt> = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let text = line.trim();
        let Some(rest) = text.strip_prefix("source") else {
            continue;
        };
        let rest = rest.trim_start_matches(['(', ' ', '\t']);
        let target = if rest.starts_with(':') {
            // `:rubygems` and its like, of old.
            Target::Default
        } else if rest.starts_with(['"', '\'']) {
            let quote = rest.chars().next().unwrap_or('"');
            let inside = rest.get(1..).and_then(|rest| rest.split_once(quote));
            match inside {
                Some((url, _)) if url.contains("#{") => {
                    Target::Unknown("the Gemfile computes it".to_owned())
                }
                Some((url, _)) => Target::Address(url.to_owned()),
                None => continue,
            }
        } else {
            Target::Unknown("the Gemfile computes it".to_owned())
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
    if open.len() > 1 {
        effective.mixed = open;
    }
}

/// `.bundle/config` is a flat list of `KEY: "value"`.
fn config(file: &File, effective: &mut Effective) {
    for (index, line) in file.text.lines().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        let (key, value) = (key.trim(), unquoted(value.trim()));
        set(key, value, file.at(number, says(key, value)), effective);
    }
}

fn set(key: &str, value: &str, place: ConfiguredAt, effective: &mut Effective) {
    if let Some(of) = key.strip_prefix("BUNDLE_MIRROR__") {
        if of.ends_with("__FALLBACK_TIMEOUT") || of.ends_with("/FALLBACK_TIMEOUT") {
            return;
        }
        let of = match of {
            "ALL" => Recorded::Any,
            // Bundler writes the dot as two and the dash as three underscores.
            address => Recorded::Address(
                address
                    .replace("___", "-")
                    .replace("__", ".")
                    .to_lowercase(),
            ),
        };
        let by = Route::new(Names::All, Target::Address(value.to_owned()), place);
        effective.replaced.push(Replacement { of, by });
        return;
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
