//! Variables whose names hold a host: `SEALGATE_REGISTRY_TOKEN_<HOST>` (a bearer token, or
//! `user:password`) for every protocol, and Bundler's `BUNDLE_<HOST>` (`user:password` or a
//! user alone), in which `__` is a dot and `___` a dash.

use super::{Credentials, Place, Variables, basic, bearer};
use crate::model::Ecosystem;

const OWN: &str = "SEALGATE_REGISTRY_TOKEN_";
const BUNDLER: &str = "BUNDLE_";

/// A host as a variable's name can write it.
pub(super) fn word_of(host: &str) -> String {
    host.chars()
        .map(|c| match c.is_ascii_alphanumeric() {
            true => c.to_ascii_uppercase(),
            false => '_',
        })
        .collect()
}

pub(super) fn add(found: &mut Credentials, variables: &Variables) {
    for (name, value) in variables {
        let value = value.expose();
        if let Some(host) = name.strip_prefix(OWN) {
            let header = match value.split_once(':') {
                Some((user, password)) => basic(user, password),
                None => bearer(value),
            };
            found.push(None, Place::HostWord(host.to_ascii_uppercase()), header);
        } else if let Some(host) = name.strip_prefix(BUNDLER)
            && host.contains("__")
        {
            let host = host.replace("___", "-").replace("__", ".");
            let (user, password) = value.split_once(':').unwrap_or((value, ""));
            let place = Place::Host(host.to_ascii_lowercase());
            found.push(Some(Ecosystem::Gem), place, basic(user, password));
        }
    }
}
