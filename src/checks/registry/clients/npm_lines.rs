//! Lines of `.npmrc` as npm's reader takes them (<https://github.com/npm/ini>): sections
//! only at the start of a line, comments also behind a value, texts in quotes as JSON.

/// Settings that are read here. A list of any other name changes no way and no check.
const SETTINGS: [&str; 10] = [
    "before",
    "globalconfig",
    "min-release-age",
    "minimum-release-age",
    "package-lock",
    "registry",
    "replace-registry-host",
    "strict-ssl",
    "userconfig",
    "verify-store-integrity",
];

/// A `key = value` line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub key: String,
    /// Without quotes and comment; `true` where no `=` stands.
    pub value: String,
    /// 1-based.
    pub line: u32,
    /// Why it cannot be told what the line means, a clause; clients differ there.
    pub doubt: Option<&'static str>,
}

/// The entries of a file. A lone carriage return ends a line too.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut in_section = false;
    let lines = text.split('\n').zip(1_u32..);
    let lines = lines.flat_map(|(line, number)| line.split('\r').map(move |part| (part, number)));
    for (text, line) in lines {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let section = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if section.is_some_and(|(_, rest)| rest.trim().is_empty()) {
            in_section = true;
            continue;
        }
        let (raw, value) = match text.split_once('=') {
            Some((raw, value)) => (raw, plain(value)),
            None => (text, "true".to_owned()),
        };
        if raw.is_empty() {
            continue;
        }
        let key = plain(raw);
        let doubt = match in_section {
            true => Some("it stands below a `[section]`"),
            false => doubt(raw.trim(), &key),
        };
        entries.push(Entry {
            key,
            value,
            line,
            doubt,
        });
    }
    entries
}

fn doubt(raw: &str, key: &str) -> Option<&'static str> {
    // `//host/:_authToken` and its like are credentials of a host.
    if raw.starts_with("//") {
        return None;
    }
    if raw.contains(['"', '\'', '$', '\\', ';', '#']) {
        return Some("its key holds a quote, a variable, a backslash or a comment");
    }
    let of = key.strip_suffix("[]")?.trim();
    let is_read = SETTINGS.contains(&of) || of.ends_with(":registry");
    is_read.then_some("it makes a list of a single value")
}

/// A text without its quotes, or without its comment and with `\\`, `\;`, `\#` replaced.
fn plain(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| {
        let rest = text.strip_prefix(quote)?;
        rest.strip_suffix(quote)
    };
    let quoted = match (inner('"'), inner('\'')) {
        (Some(inside), _) => Some((text, inside)),
        (None, Some(inside)) => Some((inside, inside)),
        (None, None) => None,
    };
    if let Some((json, inside)) = quoted {
        return match serde_json::from_str::<serde_json::Value>(json) {
            Ok(serde_json::Value::String(text)) => text,
            _ => inside.to_owned(),
        };
    }
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ';' | '#' => break,
            '\\' => match chars.next() {
                Some(c @ ('\\' | ';' | '#')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_at_a_comment_unless_it_is_quoted_or_escaped() {
        let text =
            "a=x ; c\nb=x#c\nc=\"x;y\"\nd='x;y'\ne=x\\;y\nf\n=g\n # h=1\ni = \"https:\\/\\/x\"\n";
        let found = entries(text);
        let said: Vec<String> = found
            .iter()
            .map(|entry| format!("{}:{} {}", entry.line, entry.key, entry.value))
            .collect();
        assert_eq!(
            said,
            [
                "1:a x",
                "2:b x",
                "3:c x;y",
                "4:d x;y",
                "5:e x;y",
                "6:f true",
                "9:i https://x"
            ]
        );
        assert!(found.iter().all(|entry| entry.doubt.is_none()));
    }

    #[test]
    fn keys_that_clients_read_in_different_ways_are_doubts() {
        for odd in [
            "[x]\nregistry=https://a.example/",
            "\"registry\"=https://a.example/",
            "${K}=https://a.example/",
            "registry ; c = https://a.example/",
            "registry[]=https://a.example/",
            "@a:registry[]=https://a.example/",
        ] {
            let found = entries(odd);
            assert!(found.iter().all(|entry| entry.doubt.is_some()), "{odd}");
            assert_eq!(found.len(), 1, "{odd}");
        }
        for plain in [
            // No section: it does not begin the line.
            " [x]\nregistry=https://a.example/",
            "@a:registry=https://a.example/${X}",
            "//${HOST}/:_authToken=${TOKEN}",
            "public-hoist-pattern[]=*types*",
        ] {
            let found = entries(plain);
            assert!(found.iter().all(|entry| entry.doubt.is_none()), "{plain}");
            assert!(!found.is_empty());
        }
        assert_eq!(entries("a=1\rb=2\r\nc=3").len(), 3);
    }
}
