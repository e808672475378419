//! How a licence is written in a document.

use super::document::LicenceText;
use crate::model::{Licence, terminal_safe};

/// SPDX licence ids that packages commonly name
/// (<https://spdx.org/licenses/>). A licence that is one of these is written as an id; any
/// other as an expression of one, because schemas list the ids of their own day.
pub const COMMON_LICENCES: &[&str] = &[
    "0BSD",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MulanPSL-2.0",
    "OFL-1.1",
    "OpenSSL",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
];

/// How a licence is written; `None` for one that is not known.
#[must_use]
pub fn written(licence: &Licence) -> Option<LicenceText> {
    match licence {
        Licence::Expression { expression, .. } => {
            Some(match COMMON_LICENCES.contains(&expression.as_str()) {
                true => LicenceText::Id(expression.clone()),
                false => LicenceText::Expression(expression.clone()),
            })
        }
        Licence::Text { text, .. } => Some(LicenceText::Name(terminal_safe(text).into_owned())),
        Licence::Unknown { .. } => None,
    }
}

/// Whether a text is an id of the SPDX licence list, deprecated ones included.
#[must_use]
pub fn is_listed(text: &str) -> bool {
    spdx::license_id(text).is_some_and(|id| id.name == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LicenceSource;

    #[test]
    fn a_licence_is_written_as_what_it_is_known_to_be() {
        let of = |text: &str| written(&Licence::of_text(text, LicenceSource::Lockfile));
        let expression = |text: &str| Some(LicenceText::Expression(text.to_owned()));
        assert_eq!(of(" ISC "), Some(LicenceText::Id("ISC".to_owned())));
        assert_eq!(of("(MIT OR CC0-1.0)"), expression("(MIT OR CC0-1.0)"));
        assert_eq!(of("MIT/Apache-2.0"), expression("MIT OR Apache-2.0"));
        // The list has it, but a schema of an earlier day may not.
        assert_eq!(of("Fair"), expression("Fair"));
        assert_eq!(
            of("a\u{7}b"),
            Some(LicenceText::Name("a\\u{7}b".to_owned()))
        );
        assert_eq!(of("  "), None);
    }
}
