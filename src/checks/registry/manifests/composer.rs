//! `composer.json` against `composer.lock`: the digest of the manifest that the lockfile
//! keeps, and names.
//!
//! Source: `getContentHash` in `src/Composer/Package/Locker.php`.

use super::super::clients::{Source, join, place, says};
use super::hashes::{Plain, ascii};
use super::{Locked, Missing, javascript};
use crate::support::hash::md5;
use crate::support::json_tree::{self, Node, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Members of the manifest that count, sorted, but `config`, of which only `platform` does.
const RELEVANT: [&str; 11] = [
    "conflict",
    "extra",
    "minimum-stability",
    "name",
    "prefer-stable",
    "provide",
    "replace",
    "repositories",
    "require",
    "require-dev",
    "version",
];

/// `require` and `require-dev` of `composer.json`. What another package provides or
/// replaces is in the lockfile under that one's name: such names are left out.
pub(super) fn lock(root: &Path, source: &Source<'_>, locked: &Locked<'_>) -> Vec<Missing> {
    let mut out = Vec::new();
    let Some(file) = source.tree(&join(locked.directory, "composer.json")) else {
        return out;
    };
    let document = json_tree::parse(&file.text);
    if document.broken.is_some() {
        return out;
    }
    let text = javascript::lockfile(root, locked.path).unwrap_or_default();
    let lock = json_tree::parse(&text);
    if let Some(member) = lock.root.member("content-hash")
        && let Some(kept) = member.value.text()
        && let Some(known) = content_hash(&document.root)
        && known != kept
    {
        out.push(Missing {
            place: place(locked.path, member.line, says("content-hash", kept)),
        });
    }
    for group in ["require", "require-dev"] {
        let members = document.root.value(group).map_or(&[][..], Node::members);
        for member in members {
            let name = member.key.as_ref();
            if !name.contains('/') || locked.has(&|name| name.to_lowercase(), name) {
                continue;
            }
            let quoted = format!("\"{name}\":");
            if memchr::memmem::find(text.as_bytes(), quoted.as_bytes()).is_some() {
                // Named as provided or replaced, or as what a package asks for.
                continue;
            }
            let asked = member.value.text().unwrap_or_default();
            out.push(Missing {
                place: place(&file.shown, member.line, says(name, asked)),
            });
        }
    }
    out
}

/// The digest of the parts of a manifest that count; `None` where PHP may write one of its
/// numbers in a way not known here.
fn content_hash(manifest: &Node<'_>) -> Option<String> {
    manifest.object()?;
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    let platform = manifest.value("config");
    let platform = platform.and_then(|config| config.value("platform"));
    if let Some(platform) = platform.filter(|platform| !platform.is_null()) {
        let mut json = String::from("{\"platform\":");
        value(platform, &mut json)?;
        json.push('}');
        parts.insert("config", json);
    }
    for key in RELEVANT {
        if let Some(found) = manifest.value(key) {
            let mut json = String::new();
            value(found, &mut json)?;
            parts.insert(key, json);
        }
    }
    let mut json = String::new();
    for (key, part) in &parts {
        json.push(if json.is_empty() { '{' } else { ',' });
        let _ = write!(json, "\"{key}\":{part}");
    }
    // PHP writes what has no members as a list.
    let json = match json.is_empty() {
        true => "[]".to_owned(),
        false => json + "}",
    };
    Some(md5(json.as_bytes()))
}

/// A value as `json_encode` writes what `json_decode` made arrays of.
fn value(node: &Node<'_>, out: &mut String) -> Option<()> {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(self::number(number)?),
        Value::Text(text) => string(text, out),
        Value::Array(items) => list(items.iter(), out)?,
        Value::Object(members) => {
            // A key that stands twice keeps its first place and has its last value.
            let mut places: BTreeMap<&str, usize> = BTreeMap::new();
            let mut kept: Vec<(&str, &Node<'_>)> = Vec::new();
            for member in members {
                let key = member.key.as_ref();
                let place = *places.entry(key).or_insert(kept.len());
                match kept.get_mut(place) {
                    Some(kept) => kept.1 = &member.value,
                    None => kept.push((key, &member.value)),
                }
            }
            let mut keys = kept.iter().enumerate();
            if keys.all(|(index, (key, _))| *key == index.to_string()) {
                return list(kept.iter().map(|(_, node)| *node), out);
            }
            for (index, (key, node)) in kept.iter().enumerate() {
                out.push(if index == 0 { '{' } else { ',' });
                string(key, out);
                out.push(':');
                value(node, out)?;
            }
            out.push('}');
        }
    }
    Some(())
}

fn list<'n>(items: impl Iterator<Item = &'n Node<'n>>, out: &mut String) -> Option<()> {
    out.push('[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        value(item, out)?;
    }
    out.push(']');
    Some(())
}

/// Whole numbers of 64 bits, and fractions that need no exponent.
fn number(text: &str) -> Option<&str> {
    let is_whole = text.parse::<i64>().is_ok();
    let size = text.parse::<f64>().ok()?.abs();
    let is_plain = text.contains('.') && (1e-4..1e15).contains(&size);
    (text != "-0" && (is_whole || is_plain)).then_some(text)
}

/// ASCII only, with slashes escaped.
fn string(text: &str, out: &mut String) {
    ascii(text, Plain::Php, out);
}
