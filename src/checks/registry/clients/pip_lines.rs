//! Lines of a requirement file as pip's `req_file.py` reads them: joined at backslashes,
//! cut into the words of a shell, and read as options, which may be abbreviated
//! (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

/// Options that a value follows.
const VALUED: [&str; 18] = [
    "all-releases",
    "build-option",
    "config-settings",
    "constraint",
    "editable",
    "extra-index-url",
    "find-links",
    "global-option",
    "hash",
    "index-url",
    "install-option",
    "no-binary",
    "only-binary",
    "pypi-url",
    "requirement",
    "trusted-host",
    "uploaded-prior-to",
    "use-feature",
];

/// Options that stand alone.
const FLAGS: [&str; 5] = [
    "always-unzip",
    "no-index",
    "pre",
    "prefer-binary",
    "require-hashes",
];

/// What ends a line for Python's `splitlines` besides line feed and carriage return.
pub(super) const LINE_ENDS: [char; 8] = [
    '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
];

/// What one joined line says besides a package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// It asks for a package: then pip passes over all options but those of the package.
    pub is_requirement: bool,
    /// Long names and values, in order.
    pub options: Vec<(&'static str, String)>,
    /// What cannot be told, each a clause.
    pub doubts: Vec<String>,
}

/// Lines by the number of their first one, continuations joined and comments taken off.
/// A comment does not continue.
pub(super) fn logical(text: &str) -> Vec<(u32, String)> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (raw, number) in text.lines().zip(1_u32..) {
        let is_comment = raw.trim_start().starts_with('#');
        let continues = raw.ends_with('\\') && !is_comment;
        let part = match (continues, is_comment) {
            (true, _) => raw.trim_matches('\\').to_owned(),
            // So that it is one behind the line that it continues, too.
            (_, true) => format!(" {raw}"),
            _ => raw.to_owned(),
        };
        match out.last_mut() {
            Some((_, last)) if open => last.push_str(&part),
            _ => out.push((number, part)),
        }
        open = continues;
    }
    for (_, text) in &mut out {
        let mut before = ' ';
        let comment = text.char_indices().find(|(_, c)| {
            let starts = *c == '#' && before.is_whitespace();
            before = *c;
            starts
        });
        if let Some((cut, _)) = comment {
            text.truncate(cut);
        }
    }
    out
}

/// Encodings in which every ASCII character is the one byte that it is in UTF-8.
const LIKE_ASCII: [&str; 9] = [
    "ascii",
    "us-ascii",
    "utf-8",
    "utf8",
    "utf-8-sig",
    "latin-1",
    "latin1",
    "iso-8859-1",
    "iso-8859-15",
];

/// The encoding that a comment in the first two lines names (`# -*- coding: utf-7 -*-`), with
/// its line: pip decodes the file so. `None` where that changes no option.
pub(super) fn coding(text: &str) -> Option<(u32, &str)> {
    let named = |line: &'_ str| -> Option<usize> {
        // pip asks for a `#` at the start, and `coding` with `:` or `=` behind it.
        if !line.starts_with('#') {
            return None;
        }
        let mut from = 0;
        while let Some(at) = line.get(from..)?.find("coding") {
            from += at + "coding".len();
            if line.get(from..)?.starts_with([':', '=']) {
                return Some(from + 1);
            }
        }
        None
    };
    let mut lines = text.lines().take(2).zip(1_u32..);
    let (name, line) = lines.find_map(|(line, number)| {
        let rest = line.get(named(line)?..)?.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
        Some((rest.get(..end.unwrap_or(rest.len()))?, number))
    })?;
    let folded = name.to_ascii_lowercase().replace('_', "-");
    (!LIKE_ASCII.contains(&folded.as_str())).then_some((line, name))
}

/// The options of a joined line, every word that begins with a dash among them.
pub(super) fn options(text: &str) -> Line {
    let text = text.trim();
    let mut line = Line::default();
    let mut before = ' ';
    let start = text.char_indices().find(|(_, c)| {
        let starts = *c == '-' && before.is_whitespace();
        before = *c;
        starts
    });
    let start = start.map_or(text.len(), |(start, _)| start);
    line.is_requirement = start > 0;
    let Some(words) = shlex::split(text.get(start..).unwrap_or_default()) else {
        line.doubts.push("a quote is not closed".to_owned());
        return line;
    };
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let (names, attached) = meant(&word);
        if names.is_empty() {
            continue;
        }
        let is_plain = names.len() == 1;
        if !is_plain {
            line.doubts
                .push(format!("`{word}` is short for several options"));
        }
        let value = match attached {
            Some(value) => value.to_owned(),
            None if names.iter().all(|name| FLAGS.contains(name)) => String::new(),
            None => {
                let value = words.next_if(|next| !next.starts_with('-'));
                if value.is_none() && is_plain {
                    line.doubts.push(format!("`{word}` lacks its value"));
                }
                value.unwrap_or_default()
            }
        };
        for name in names {
            line.is_requirement |= name == "editable";
            // One that is perhaps meant must not settle that nothing is fetched.
            if is_plain || name != "no-index" {
                line.options.push((name, value.clone()));
            }
        }
    }
    line
}

/// The options that a word may mean, and the value in it: `--name=value`, `-ivalue`, and
/// the beginning of a name.
fn meant(word: &str) -> (Vec<&'static str>, Option<&str>) {
    let Some(body) = word.strip_prefix('-') else {
        return (Vec::new(), None);
    };
    let Some(long) = body.strip_prefix('-') else {
        let mut rest = body.chars();
        let name = match rest.next() {
            Some('i') => "index-url",
            Some('f') => "find-links",
            Some('r') => "requirement",
            Some('c') => "constraint",
            Some('e') => "editable",
            Some('C') => "config-settings",
            _ => return (Vec::new(), None),
        };
        let value = Some(rest.as_str()).filter(|value| !value.is_empty());
        return (
            vec![name],
            value.map(|value| value.strip_prefix('=').unwrap_or(value)),
        );
    };
    let (key, value) = match long.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (long, None),
    };
    let known = || VALUED.iter().chain(&FLAGS).copied();
    let names: Vec<&str> = match known().find(|name| *name == key) {
        Some(name) => vec![name],
        None if key.is_empty() => Vec::new(),
        None => known().filter(|name| name.starts_with(key)).collect(),
    };
    (names, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let found = options(text).options;
        found.iter().map(|(k, v)| format!("{k} {v}")).collect()
    }

    #[test]
    fn a_comment_does_not_continue_and_a_line_does() {
        let lines = logical("# a \\\n--pre\n-i \\\n  https://a.example/ # c\nx \\\n# y \\\nz\n");
        let plain: Vec<(u32, &str)> = lines.iter().map(|(n, t)| (*n, t.trim())).collect();
        assert_eq!(
            plain,
            [
                (1, ""),
                (2, "--pre"),
                (3, "-i   https://a.example/"),
                (5, "x"),
                (7, "z")
            ]
        );
    }

    #[test]
    fn every_option_of_a_line_counts_short_quoted_and_abbreviated() {
        for text in [
            "--pre --extra-index-url https://e.example/",
            "--pre --extra-index-url=https://e.example/",
            "--pre '--extra-index-url' \"https://e.example/\"",
            "--pre --ext https://e.example/",
        ] {
            assert_eq!(said(text)[1..], ["extra-index-url https://e.example/"]);
        }
        assert_eq!(
            said("-ihttps://e.example/")[0],
            "index-url https://e.example/"
        );
        assert_eq!(said("-f w -r x"), ["find-links w", "requirement x"]);
        assert!(said("lib==1").is_empty());
        assert!(options("lib==1 --hash=sha256:00").is_requirement);
        assert!(options("-e .").is_requirement);
        assert!(!options("--pre").is_requirement);
    }

    #[test]
    fn what_cannot_be_told_is_a_doubt() {
        for text in ["--no", "--in x", "--index-url", "-i 'x", "-i --pre"] {
            assert_eq!(options(text).doubts.len(), 1, "{text}");
        }
        // Not even perhaps.
        assert!(
            said("--no")
                .iter()
                .all(|option| !option.starts_with("no-index"))
        );
        assert!(options("--no-index --index-url x").doubts.is_empty());
    }
}
