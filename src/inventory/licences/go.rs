//! Go's module cache (<https://go.dev/ref/mod#module-cache>): `MODULE@VERSION/` is
//! unpacked from a zip whose `h1:` hash go keeps in
//! `cache/download/MODULE/@v/VERSION.ziphash` and in `go.sum`.

use super::store::Store;
use super::{Told, Untold};
use crate::model::{Checksum, Component, Licence, LicenceSource};

/// Files that hold a licence, the usual one first.
const FILES: &[&str] = &["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"];

/// Lines of a file that may hold an identifier.
const HEAD: usize = 20;

/// What the licence files of a module say. Their text is not classified: only a line with
/// an SPDX identifier counts.
pub fn tell(store: &Store, component: &Component) -> Result<Told, Untold> {
    let version = component.version.as_deref().ok_or(Untold::Absent)?;
    let (module, version) = (escaped(&component.name), escaped(version));
    let directory = format!("{module}@{version}");
    let hash = store.read(&format!("cache/download/{module}/@v/{version}.ziphash"));
    let files: Vec<String> = FILES
        .iter()
        .filter_map(|file| store.read(&format!("{directory}/{file}")))
        .collect();
    let Some(hash) = hash else {
        return Err(match files.is_empty() {
            true => Untold::Absent,
            false => Untold::Unproved,
        });
    };
    let mut locked = component
        .occurrences
        .iter()
        .flat_map(|o| &o.checksums)
        .filter_map(|checksum| match checksum {
            Checksum::Opaque {
                scheme: "go-h1",
                value,
            } => Some(value.as_str()),
            _ => None,
        });
    let first = locked.next();
    if first != Some(hash.trim()) || locked.any(|other| Some(other) != first) {
        return Err(Untold::Unproved);
    }
    let licence = files.iter().find_map(|file| identifier(file));
    let reason = match files.is_empty() {
        true => "the module has no licence file",
        false => "the module's licence is a text, which is not classified",
    };
    Ok(Told {
        licence: licence.unwrap_or_else(|| Licence::unknown(reason)),
        runs_install_code: None,
    })
}

/// An SPDX identifier near the start of a file (<https://spdx.dev/learn/handling-license-info/>).
fn identifier(file: &str) -> Option<Licence> {
    file.lines().take(HEAD).find_map(|line| {
        let (_, expression) = line.split_once("SPDX-License-Identifier:")?;
        let expression = expression
            .trim()
            .trim_end_matches("-->")
            .trim_end_matches("*/");
        let licence = Licence::of_text(expression, LicenceSource::GoModules);
        matches!(licence, Licence::Expression { .. }).then_some(licence)
    })
}

/// Upper-case letters as `!` and the lower-case one (`module.EscapePath`).
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_identifier_line_near_the_start_is_believed() {
        for (file, want) in [
            (
                "// SPDX-License-Identifier: BSD-3-Clause\n",
                Some("BSD-3-Clause"),
            ),
            (
                "<!-- SPDX-License-Identifier: MIT OR ISC -->",
                Some("MIT OR ISC"),
            ),
            ("MIT License\n\nPermission is hereby granted", None),
            ("SPDX-License-Identifier: something of our own", None),
        ] {
            let found = identifier(file);
            assert_eq!(found.as_ref().and_then(Licence::text), want, "{file}");
        }
        let late = format!("{}SPDX-License-Identifier: MIT", "\n".repeat(HEAD));
        assert_eq!(identifier(&late), None);
    }

    #[test]
    fn paths_are_escaped_as_go_does() {
        assert_eq!(
            escaped("h.example/BurntSushi/toml"),
            "h.example/!burnt!sushi/toml"
        );
    }
}
