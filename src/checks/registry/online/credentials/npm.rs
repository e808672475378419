//! `.npmrc` (npm's manual, page `npmrc`): `//host/path/:_authToken`,
//! `:_auth`, and `:username` with `:_password` in base64.

use super::{Credentials, Variables, basic, bearer, expand};
use crate::model::Ecosystem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

pub(super) fn add(found: &mut Credentials, text: &str, variables: &Variables) {
    let mut pairs: BTreeMap<&str, (Option<String>, Option<String>)> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(['#', ';']) || !line.starts_with("//") {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        let (Some(value), Some((place, what))) =
            (expand(value, variables), key.trim().rsplit_once(':'))
        else {
            continue;
        };
        match what {
            "_authToken" => found.below(Ecosystem::Npm, place, bearer(&value)),
            "_auth" => found.below(Ecosystem::Npm, place, format!("Basic {value}")),
            "username" => pairs.entry(place).or_default().0 = Some(value),
            "_password" => pairs.entry(place).or_default().1 = Some(value),
            _ => {}
        }
    }
    for (place, pair) in pairs {
        if let (Some(user), Some(password)) = pair
            && let Ok(password) = STANDARD.decode(password)
        {
            let password = String::from_utf8_lossy(&password);
            found.below(Ecosystem::Npm, place, basic(&user, &password));
        }
    }
}
