//! `.netrc`: `machine HOST login USER password WORD`, as pip, uv and go read it. `default`
//! entries are for any host and so for none here.

use super::{Credentials, Place, basic};
use crate::model::Ecosystem;

/// The clients that read the file.
const READERS: [Ecosystem; 2] = [Ecosystem::Pypi, Ecosystem::Golang];

pub(super) fn add(found: &mut Credentials, text: &str) {
    let mut machine: Option<String> = None;
    let (mut login, mut password) = (String::new(), None);
    let mut words = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace);
    loop {
        let word = words.next();
        if matches!(word, None | Some("machine" | "default" | "macdef")) {
            if let (Some(host), Some(password)) = (machine.take(), password.take()) {
                for reader in READERS {
                    let place = Place::Host(host.to_ascii_lowercase());
                    found.push(Some(reader), place, basic(&login, password));
                }
            }
            login.clear();
        }
        match word {
            None => return,
            Some("machine") => machine = words.next().map(str::to_owned),
            Some("login") => login = words.next().unwrap_or_default().to_owned(),
            Some("password") => password = words.next(),
            Some(_) => {}
        }
    }
}
