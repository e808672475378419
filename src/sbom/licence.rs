//! How sure we are of a licence text.

use super::document::LicenceText;
use crate::model::terminal_safe;

/// SPDX licence ids that packages commonly name
/// (<https://spdx.org/licenses/>). An expression of these is written as an expression;
/// any other text is written as a name, which claims nothing.
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

/// What a licence text is; `None` for an empty one.
#[must_use]
pub fn classify(text: &str) -> Option<LicenceText> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if COMMON_LICENCES.contains(&text) {
        return Some(LicenceText::Id(text.to_owned()));
    }
    if is_expression(text) {
        return Some(LicenceText::Expression(text.to_owned()));
    }
    Some(LicenceText::Name(terminal_safe(text).into_owned()))
}

/// Whether a text is an id of the SPDX licence list, deprecated ones included.
#[must_use]
pub fn is_listed(text: &str) -> bool {
    spdx::license_id(text).is_some_and(|id| id.name == text)
}

/// Ids of the list, joined by `AND` and `OR`, in brackets or not
/// (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>). `WITH` and `+`
/// are left to names.
fn is_expression(text: &str) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut depth = 0_usize;
    let mut wants_id = true;
    for word in spaced.split_whitespace() {
        match (word, wants_id) {
            ("(", true) => depth = depth.saturating_add(1),
            (")", false) if depth > 0 => depth = depth.saturating_sub(1),
            ("AND" | "OR", false) => wants_id = true,
            (id, true) if COMMON_LICENCES.contains(&id) => wants_id = false,
            _ => return false,
        }
    }
    depth == 0 && !wants_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_an_expression_is_called_one() {
        for (text, want) in [
            ("MIT", LicenceText::Id("MIT".to_owned())),
            (" ISC ", LicenceText::Id("ISC".to_owned())),
            (
                "(MIT OR CC0-1.0)",
                LicenceText::Expression("(MIT OR CC0-1.0)".to_owned()),
            ),
            (
                "MIT AND (ISC OR (Zlib))",
                LicenceText::Expression("MIT AND (ISC OR (Zlib))".to_owned()),
            ),
            (
                "MIT/Apache-2.0",
                LicenceText::Name("MIT/Apache-2.0".to_owned()),
            ),
            ("mit", LicenceText::Name("mit".to_owned())),
            ("MIT OR", LicenceText::Name("MIT OR".to_owned())),
            ("(MIT", LicenceText::Name("(MIT".to_owned())),
            ("MIT ISC", LicenceText::Name("MIT ISC".to_owned())),
            (
                "SEE LICENSE IN x",
                LicenceText::Name("SEE LICENSE IN x".to_owned()),
            ),
        ] {
            assert_eq!(classify(text), Some(want), "{text}");
        }
        assert_eq!(classify("  "), None);
    }
}
