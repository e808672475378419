//! What is known of a component's licence.

use spdx::identifiers::{EXCEPTIONS, LICENSES};
use spdx::{Expression, ParseMode};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Bytes of a licence text that are kept; manifests sometimes hold a whole licence.
const TEXT_LIMIT: usize = 1000;

/// Names that `spdx` takes for one licence, although several are called so: `BSD` has two
/// and three clauses, `GPL` many versions. `GNU GPL v2` it even takes for version 3.
const VAGUE: &[&str] = &["agpl", "apache", "bsd", "gnu gpl v2", "gpl", "lgpl", "mpl"];

/// Ids of the licence list are the same in any case
/// (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>, D.2); deprecated
/// ones are still ids.
const STRICT: ParseMode = ParseMode {
    allow_deprecated: true,
    ..ParseMode::STRICT
};

/// Who told the licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LicenceSource {
    /// The entry of the lockfile.
    Lockfile,
    /// A manifest of the product.
    Manifest,
    /// `cargo metadata`.
    CargoMetadata,
    /// The package in Cargo's registry cache.
    CargoRegistry,
    /// The package in `node_modules`.
    NodeModules,
    /// The distribution in Python's `site-packages`.
    SitePackages,
    /// The module in Go's module cache.
    GoModules,
    /// The pom in the local Maven repository.
    MavenRepository,
    /// A document that was read, such as an SBOM.
    Document,
}

impl LicenceSource {
    /// The words used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lockfile => "lockfile",
            Self::Manifest => "manifest",
            Self::CargoMetadata => "cargo metadata",
            Self::CargoRegistry => "cargo registry cache",
            Self::NodeModules => "node_modules",
            Self::SitePackages => "site-packages",
            Self::GoModules => "go module cache",
            Self::MavenRepository => "local maven repository",
            Self::Document => "document",
        }
    }
}

/// What is known of a licence. The order is the order of worth: of two that speak of one
/// component the smaller counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Licence {
    /// A valid SPDX expression, with ids of the SPDX licence list in their own spelling.
    Expression {
        /// `MIT`, `MIT OR Apache-2.0`.
        expression: String,
        /// Who said so.
        source: LicenceSource,
    },
    /// A text that is no SPDX expression and cannot be made one without guessing.
    Text {
        /// As recorded, cut at 1,000 bytes.
        text: String,
        /// Who said so.
        source: LicenceSource,
    },
    /// Not known.
    Unknown {
        /// Why, without a full stop; mostly one of few fixed texts.
        reason: Cow<'static, str>,
    },
}

impl Default for Licence {
    /// Nobody was asked but the lockfile.
    fn default() -> Self {
        Self::unknown("not recorded in the lockfile")
    }
}

impl Licence {
    /// What a text says: an SPDX expression as it is, else one that means the same
    /// (`MIT/Apache-2.0` is `MIT OR Apache-2.0`, `mit` is `MIT`, `The MIT License` is
    /// `MIT`), else the text. An empty text, and `NOASSERTION`, say nothing.
    #[must_use]
    pub fn of_text(text: &str, source: LicenceSource) -> Self {
        let text = text.trim();
        if text.is_empty() || text == "NOASSERTION" {
            return Self::unknown(format!("the {} states none", source.as_str()));
        }
        if let Some(expression) = expression(text).or_else(|| full_name(text)) {
            return Self::Expression { expression, source };
        }
        let end = (0..=TEXT_LIMIT.min(text.len()))
            .rev()
            .find(|end| text.is_char_boundary(*end));
        let mut kept = text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned();
        if kept.len() < text.len() {
            kept.push('…');
        }
        Self::Text { text: kept, source }
    }

    /// Not known, and why.
    #[must_use]
    pub fn unknown(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Unknown {
            reason: reason.into(),
        }
    }

    /// The expression or the text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Expression { expression, .. } => Some(expression),
            Self::Text { text, .. } => Some(text),
            Self::Unknown { .. } => None,
        }
    }

    /// Who told it.
    #[must_use]
    pub fn source(&self) -> Option<LicenceSource> {
        match self {
            Self::Expression { source, .. } | Self::Text { source, .. } => Some(*source),
            Self::Unknown { .. } => None,
        }
    }

    /// Whether anything is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }
}

/// A valid SPDX expression of the same meaning.
fn expression(text: &str) -> Option<String> {
    if text.len() > TEXT_LIMIT {
        return None;
    }
    let text = with_known_ids(text);
    let lax = spdx::lexer::Lexer::new_mode(&text, ParseMode::LAX);
    for token in lax {
        let span = token.ok()?.span;
        let written = text.get(span)?;
        if VAGUE
            .iter()
            .any(|vague| written.eq_ignore_ascii_case(vague))
        {
            return None;
        }
    }
    let canonical = Expression::canonicalize(&text).ok()?.unwrap_or(text);
    Expression::parse_mode(&canonical, STRICT).ok()?;
    Some(canonical)
}

/// The id of a licence by its full name on the SPDX licence list.
fn full_name(text: &str) -> Option<String> {
    if text.len() > TEXT_LIMIT {
        return None;
    }
    let by_name = |name: &str| FULL_NAMES.get(&words(name)).copied().flatten();
    let id = by_name(text).or_else(|| by_name(without_short_form(text)?))?;
    Some(id.to_owned())
}

/// The text with every id in the spelling of the licence list.
fn with_known_ids(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '/' | '+');
    text.split_inclusive(is_end)
        .map(|piece| {
            let word = piece.trim_end_matches(is_end);
            let rest = piece.get(word.len()..).unwrap_or_default();
            let known = IDS.get(&word.to_ascii_lowercase()).copied();
            format!("{}{rest}", known.unwrap_or(word))
        })
        .collect()
}

/// Ids of licences and exceptions by their lower-case spelling.
static IDS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let licences = LICENSES.iter().map(|licence| licence.name);
    let exceptions = EXCEPTIONS.iter().map(|exception| exception.name);
    licences
        .chain(exceptions)
        .map(|name| (name.to_ascii_lowercase(), name))
        .collect()
});

/// Ids by the words of the licences' full names; none where several share them.
static FULL_NAMES: LazyLock<HashMap<String, Option<&'static str>>> = LazyLock::new(|| {
    let mut names: HashMap<String, Option<&'static str>> = HashMap::new();
    let in_force = LICENSES.iter().filter(|licence| {
        !spdx::license_id(licence.name).is_some_and(spdx::LicenseId::is_deprecated)
    });
    for licence in in_force {
        names
            .entry(words(licence.full_name))
            .and_modify(|known| *known = None)
            .or_insert(Some(licence.name));
    }
    names
});

/// The words that tell names of licences apart: `The Apache Software License, Version 2.0`
/// is `Apache License 2.0`.
fn words(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '.'))
        .map(|word| match word.strip_prefix('v') {
            Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => number,
            _ => word,
        })
        .filter(|word| !matches!(*word, "" | "the" | "v" | "version" | "software"));
    words.collect::<Vec<_>>().join(" ")
}

/// A name without a short form of it in brackets: `(ISCL)`, `(MPL 2.0)`. Other words in
/// brackets change what is meant.
fn without_short_form(name: &str) -> Option<&str> {
    let (long, short) = name.strip_suffix(')')?.rsplit_once(" (")?;
    let is_id = IDS.contains_key(&short.to_ascii_lowercase());
    let is_short = short.len() <= 8 && !short.contains(char::is_lowercase);
    (is_id || is_short).then_some(long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Licence {
        Licence::of_text(text, LicenceSource::Lockfile)
    }

    #[test]
    fn what_means_one_expression_becomes_it() {
        for (text, want) in [
            ("MIT", "MIT"),
            (" ISC\n", "ISC"),
            ("(MIT OR CC0-1.0)", "(MIT OR CC0-1.0)"),
            ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
            ("Apache-2.0 / MIT", "Apache-2.0 OR MIT"),
            ("mit or apache-2.0", "MIT OR Apache-2.0"),
            (
                "Apache-2.0 WITH LLVM-exception",
                "Apache-2.0 WITH LLVM-exception",
            ),
            (
                "(Apache-2.0 or mit) and bsd-3-clause",
                "(Apache-2.0 OR MIT) AND BSD-3-Clause",
            ),
            ("GPL-2.0+", "GPL-2.0-or-later"),
            ("GPLv3", "GPL-3.0-only"),
            ("Apache 2.0", "Apache-2.0"),
            ("LicenseRef-acme-eula", "LicenseRef-acme-eula"),
            ("MPL-2.0+", "MPL-2.0+"),
            ("The MIT License", "MIT"),
            ("MIT License", "MIT"),
            ("The Apache Software License, Version 2.0", "Apache-2.0"),
            ("Apache License, Version 2.0", "Apache-2.0"),
            ("Eclipse Public License - v 2.0", "EPL-2.0"),
            ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            ("ISC License (ISCL)", "ISC"),
            ("The Unlicense (Unlicense)", "Unlicense"),
            ("Artistic License 1.0 (Perl)", "Artistic-1.0-Perl"),
            ("GNU General Public License v2.0 only", "GPL-2.0-only"),
        ] {
            let expression = want.to_owned();
            let source = LicenceSource::Lockfile;
            assert_eq!(
                read(text),
                Licence::Expression { expression, source },
                "{text}"
            );
        }
    }

    #[test]
    fn what_would_need_a_guess_stays_a_text() {
        for text in [
            "BSD",
            "BSD License",
            "GPL",
            "LGPL",
            "AGPL OR MIT",
            "GNU GPL v2",
            "Apache",
            "Apache License",
            "Apache Software License",
            "GNU General Public License",
            "GNU General Public License v3 (GPLv3)",
            "GNU Lesser General Public License",
            "Python Software Foundation License",
            "MIT License (no resale)",
            "License",
            "The",
            "MPL",
            "MIT ISC",
            "MIT OR",
            "(MIT",
            "MITNFA2",
            "ZlibMIT",
            "SEE LICENSE IN licence.txt",
            "UNLICENSED",
            "Lizenz für alle",
        ] {
            let source = LicenceSource::Lockfile;
            let want = Licence::Text {
                text: text.to_owned(),
                source,
            };
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn nothing_said_is_marked_as_such() {
        assert!(!read("  ").is_known() && !read("NOASSERTION").is_known());
        assert_eq!(read("").text(), None);
        assert_eq!(Licence::default().source(), None);
    }

    #[test]
    fn a_whole_licence_is_cut_and_the_better_knowledge_is_smaller() {
        let long = read(&"é".repeat(10_000));
        assert!(long.text().unwrap().len() < 1_010);
        assert!(read("MIT") < long && long < Licence::default());
        let nested = format!("{}MIT{}", "(".repeat(400), ")".repeat(400));
        assert!(matches!(read(&nested), Licence::Expression { .. }));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_every_expression_is_strict(
            text in "(MIT|mit|gpl|BSD|Apache-2.0|é|LicenseRef-|DocumentRef-a:|AdditionRef-| |/|\\+|\\(|\\)|AND|or|WITH|:|-|0){0,12}",
        ) {
            if let Licence::Expression { expression, .. } = read(&text) {
                prop_assert!(Expression::parse_mode(&expression, STRICT).is_ok(), "{expression}");
                // It is its own canonical form.
                let again = read(&expression);
                prop_assert_eq!(again.text(), Some(expression.as_str()));
            }
        }
    }
}
