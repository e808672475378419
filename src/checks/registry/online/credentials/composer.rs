//! `COMPOSER_AUTH` and `auth.json`
//! (<https://getcomposer.org/doc/articles/authentication-for-private-packages.md>).

use super::{Credentials, Place, basic, bearer};
use crate::model::Ecosystem;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Auth {
    #[serde(default)]
    http_basic: BTreeMap<String, Pair>,
    #[serde(default)]
    bearer: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Pair {
    username: String,
    password: String,
}

pub(super) fn add(found: &mut Credentials, text: &str) {
    let Ok(auth) = serde_json::from_str::<Auth>(text) else {
        return;
    };
    let basics = auth
        .http_basic
        .into_iter()
        .map(|(host, pair)| (host, basic(&pair.username, &pair.password)));
    let bearers = auth
        .bearer
        .into_iter()
        .map(|(host, token)| (host, bearer(&token)));
    for (host, header) in basics.chain(bearers).collect::<Vec<_>>() {
        match host.contains([':', '/']) {
            true => found.below(Ecosystem::Composer, &format!("//{host}"), header),
            false => {
                let place = Place::Host(host.to_ascii_lowercase());
                found.push(Some(Ecosystem::Composer), place, header);
            }
        }
    }
}
