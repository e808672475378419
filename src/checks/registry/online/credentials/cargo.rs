//! Cargo's tokens (<https://doc.rust-lang.org/cargo/reference/registry-authentication.html>):
//! `credentials.toml` and `CARGO_REGISTRIES_<NAME>_TOKEN`, for registries that the user's own
//! `config.toml` or `CARGO_REGISTRIES_<NAME>_INDEX` gives an address. The header is the token
//! as it is. `credential-provider` commands are not run.

use super::{Credentials, Place, Variables};
use crate::model::Ecosystem;
use std::collections::BTreeMap;

pub(super) fn add(
    found: &mut Credentials,
    config: Option<&str>,
    credentials: Option<&str>,
    variables: &Variables,
) {
    let read = |text: Option<&str>| text.and_then(|text| text.parse::<toml::Table>().ok());
    let (config, credentials) = (read(config), read(credentials));
    let mut indexes: BTreeMap<String, String> = values(config.as_ref(), "index");
    let mut tokens: BTreeMap<String, String> = values(credentials.as_ref(), "token");
    for (name, value) in variables {
        let Some(name) = name.strip_prefix("CARGO_REGISTRIES_") else {
            continue;
        };
        if let Some(name) = name.strip_suffix("_INDEX") {
            indexes.insert(word(name), value.expose().to_owned());
        } else if let Some(name) = name.strip_suffix("_TOKEN") {
            tokens.insert(word(name), value.expose().to_owned());
        }
    }
    for (name, token) in tokens {
        if let Some(index) = indexes.get(&name) {
            found.below(Ecosystem::Cargo, index, token);
        }
    }
    let default = variables
        .get("CARGO_REGISTRY_TOKEN")
        .map(|token| token.expose().to_owned())
        .or_else(|| {
            let registry = credentials.as_ref()?.get("registry")?;
            Some(registry.get("token")?.as_str()?.to_owned())
        });
    if let Some(token) = default {
        found.push(Some(Ecosystem::Cargo), Place::Default, token);
    }
}

/// A registry's name as its variables write it.
fn word(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// `[registries.NAME] KEY = "…"`.
fn values(table: Option<&toml::Table>, key: &str) -> BTreeMap<String, String> {
    let registries = table
        .and_then(|table| table.get("registries"))
        .and_then(toml::Value::as_table);
    registries
        .into_iter()
        .flatten()
        .filter_map(|(name, registry)| Some((word(name), registry.get(key)?.as_str()?.to_owned())))
        .collect()
}
