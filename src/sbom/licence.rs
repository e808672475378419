//! How sure we are of a licence text.

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

/// What a licence text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Licence<'a> {
    /// One SPDX id.
    Id(&'a str),
    /// An SPDX expression of several.
    Expression(&'a str),
    /// Anything else.
    Name(&'a str),
}

/// What a licence text is; `None` for an empty one.
#[must_use]
pub fn classify(text: &str) -> Option<Licence<'_>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if COMMON_LICENCES.contains(&text) {
        return Some(Licence::Id(text));
    }
    if is_expression(text) {
        return Some(Licence::Expression(text));
    }
    Some(Licence::Name(text))
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
            ("MIT", Licence::Id("MIT")),
            (" ISC ", Licence::Id("ISC")),
            ("(MIT OR CC0-1.0)", Licence::Expression("(MIT OR CC0-1.0)")),
            (
                "MIT AND (ISC OR (Zlib))",
                Licence::Expression("MIT AND (ISC OR (Zlib))"),
            ),
            ("MIT/Apache-2.0", Licence::Name("MIT/Apache-2.0")),
            ("mit", Licence::Name("mit")),
            ("MIT OR", Licence::Name("MIT OR")),
            ("(MIT", Licence::Name("(MIT")),
            ("MIT ISC", Licence::Name("MIT ISC")),
            ("SEE LICENSE IN x", Licence::Name("SEE LICENSE IN x")),
        ] {
            assert_eq!(classify(text), Some(want), "{text}");
        }
        assert_eq!(classify("  "), None);
    }
}
