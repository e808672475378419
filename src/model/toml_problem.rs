//! What is wrong with a TOML document that a person wrote.

/// The place and the kind of a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TomlProblem {
    /// A key that the document cannot have.
    UnknownKey {
        /// 1-based line.
        line: usize,
        /// The key.
        key: String,
        /// The known key that is most like it, if one is.
        nearest: Option<String>,
    },
    /// Not TOML, or a value of the wrong kind.
    Malformed {
        /// 1-based line.
        line: usize,
        /// The parser's word, one line.
        message: String,
    },
}

impl TomlProblem {
    /// Reads the parser's error about `text`.
    #[must_use]
    pub fn of(error: &toml::de::Error, text: &str) -> Self {
        let line = error.span().map_or(1, |span| {
            1 + text
                .bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
        });
        let message = error.message().lines().next().unwrap_or_default();
        // serde names the key and the keys that it knows, each in backticks.
        if let Some(rest) = message.strip_prefix("unknown field `") {
            let mut quoted = rest.split('`');
            let key = quoted.next().unwrap_or_default().to_owned();
            let known: Vec<&str> = quoted.skip(1).step_by(2).collect();
            return Self::UnknownKey {
                line,
                nearest: nearest(&key, known).map(str::to_owned),
                key,
            };
        }
        Self::Malformed {
            line,
            message: message.to_owned(),
        }
    }
}

/// The candidate most like a word, if one is like it at all: for "did you mean".
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let likeness = strsim::jaro_winkler(&word, &candidate.to_lowercase());
            (likeness, candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
