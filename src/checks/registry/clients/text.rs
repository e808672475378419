//! Texts of configuration with lines: TOML, INI, and what a setting says.

use crate::model::{ConfiguredAt, Location, terminal_safe};
use crate::support::lines::Lines;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Characters of a configured value that are shown.
const SHOWN: usize = 160;

/// `key = value`, without credentials and control characters, at most 160 characters of
/// the value.
pub(in crate::checks::registry) fn says(key: &str, value: &str) -> String {
    let folded = crate::checks::registry::address::fold(value);
    let shown = terminal_safe(&folded);
    let cut = match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", shown.get(..end).unwrap_or_default()),
        None => shown.into_owned(),
    };
    format!("{} = {cut}", terminal_safe(key))
}

/// A line of a file and what it says.
pub(in crate::checks::registry) fn place(path: &str, line: u32, says: String) -> ConfiguredAt {
    ConfiguredAt {
        location: Location::line(path, line),
        says,
    }
}

/// A variable as a place.
pub(in crate::checks::registry) fn environment(name: &str, value: &str) -> ConfiguredAt {
    ConfiguredAt {
        location: Location::file(format!("environment:{name}")),
        says: says(name, value),
    }
}

/// A TOML document with lines.
pub(in crate::checks::registry) struct Toml<'t> {
    pub root: DeTable<'t>,
    pub(in crate::checks::registry) lines: Lines<'t>,
}

impl<'t> Toml<'t> {
    /// The document of a text; `None` where it is none.
    pub(in crate::checks::registry) fn parse(text: &'t str) -> Option<Self> {
        Some(Self {
            root: DeTable::parse(text).ok()?.into_inner(),
            lines: Lines::new(text),
        })
    }

    pub(in crate::checks::registry) fn line(&self, value: &Spanned<DeValue<'_>>) -> u32 {
        self.lines.at(value.span().start)
    }

    /// The table under a path of keys.
    pub(in crate::checks::registry) fn table(&self, path: &[&str]) -> Option<&DeTable<'t>> {
        path.iter().try_fold(&self.root, |table, key| {
            table.get(*key)?.get_ref().as_table()
        })
    }

    /// A string of a table, with its line.
    pub(in crate::checks::registry) fn text<'s>(
        &self,
        table: &'s DeTable<'_>,
        key: &str,
    ) -> Option<(&'s str, u32)> {
        let value = table.get(key)?;
        Some((value.get_ref().as_str()?, self.line(value)))
    }

    /// A truth value of a table, with its line.
    pub(in crate::checks::registry) fn flag(
        &self,
        table: &DeTable<'_>,
        key: &str,
    ) -> Option<(bool, u32)> {
        let value = table.get(key)?;
        Some((value.get_ref().as_bool()?, self.line(value)))
    }

    /// The strings of an array or a lone string, with their lines.
    pub(in crate::checks::registry) fn texts<'s>(
        &self,
        table: &'s DeTable<'_>,
        key: &str,
    ) -> Vec<(&'s str, u32)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| Some((item.get_ref().as_str()?, self.line(item))))
                .collect(),
            other => other
                .as_str()
                .map(|text| (text, self.line(value)))
                .into_iter()
                .collect(),
        }
    }

    /// The tables of an array of tables.
    pub(in crate::checks::registry) fn tables<'s>(
        &self,
        table: &'s DeTable<'t>,
        key: &str,
    ) -> Vec<&'s DeTable<'t>> {
        let array = table.get(key).and_then(|value| value.get_ref().as_array());
        array
            .into_iter()
            .flat_map(|items| items.iter())
            .filter_map(|item| item.get_ref().as_table())
            .collect()
    }
}

/// A `key = value` line of an INI file.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::checks::registry) struct Entry {
    /// Lower case; empty before the first.
    pub section: String,
    pub key: String,
    /// Without quotes; the lines that continue it are joined by a line feed.
    pub value: String,
    /// 1-based.
    pub line: u32,
}

/// The entries of an INI file: `[section]`, `key = value` or `key: value`, comments with
/// `#` and `;`, and continuation lines where `continues` is set (pip's files).
pub(in crate::checks::registry) fn ini(
    text: &str,
    separators: &[char],
    continues: bool,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section = String::new();
    for (index, raw) in text.lines().enumerate() {
        let line = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let trimmed = raw.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if continues
            && raw.starts_with([' ', '\t'])
            && let Some(last) = entries.last_mut()
        {
            last.value.push('\n');
            last.value.push_str(trimmed);
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name.trim().to_lowercase();
            continue;
        }
        let (key, value) = trimmed.split_once(separators).unwrap_or((trimmed, "true"));
        entries.push(Entry {
            section: section.clone(),
            key: key.trim().to_owned(),
            value: unquoted(value.trim()).to_owned(),
            line,
        });
    }
    entries
}

/// The first line with a carriage return that no line feed follows, or with one of these.
pub(in crate::checks::registry) fn odd_line_end(text: &str, more: &[char]) -> Option<u32> {
    text.split('\n').zip(1_u32..).find_map(|(line, number)| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.contains(|c| c == '\r' || more.contains(&c))
            .then_some(number)
    })
}

/// A text without the quotes around it.
pub(in crate::checks::registry) fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
}

/// A truth value as Python's clients read it; `None` for what they refuse.
pub(in crate::checks::registry) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// Whether a setting of a minimum age says that nothing waits: a zero, `0 days`, `P0D`,
/// `false`. A date is none of these.
pub(in crate::checks::registry) fn is_no_wait(text: &str) -> bool {
    let text = text.trim();
    let mut digits = text.chars().filter(char::is_ascii_digit).peekable();
    let is_zero = digits.peek().is_some() && digits.all(|digit| digit == '0');
    is_zero || matches!(truth(text), Some(false))
}

/// The same of a TOML value.
pub(in crate::checks::registry) fn is_no_wait_value(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Boolean(on) => !on,
        DeValue::Integer(number) => is_no_wait(number.as_str()),
        DeValue::Float(number) => number.as_str().parse::<f64>() == Ok(0.0),
        DeValue::String(text) => is_no_wait(text),
        _ => false,
    }
}

/// A scalar TOML value as it is written.
pub(in crate::checks::registry) fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Boolean(on) => on.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::String(text) => text.to_string(),
        _ => "{…}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_of_nothing_is_none() {
        for text in [
            "0",
            "0 days",
            "P0D",
            "PT0S",
            "0 weeks 0 hours",
            "false",
            "off",
        ] {
            assert!(is_no_wait(text), "{text}");
        }
        for text in ["7 days", "P10D", "2006-12-02", "10", "1 week", "", "week"] {
            assert!(!is_no_wait(text), "{text}");
        }
    }

    #[test]
    fn an_ini_file_has_sections_comments_and_continued_values() {
        let text = "; x\n[Global]\nindex-url = https://a.example/\nextra-index-url =\n  https://b.example/\n  https://c.example/\n[install]\nno-index\n";
        let entries = ini(text, &['=', ':'], true);
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].section, "global");
        assert_eq!(entries[0].value, "https://a.example/");
        assert_eq!(entries[1].value, "\nhttps://b.example/\nhttps://c.example/");
        assert_eq!((entries[2].key.as_str(), entries[2].line), ("no-index", 8));
    }

    #[test]
    fn a_carriage_return_ends_a_line_only_before_a_line_feed() {
        assert_eq!(odd_line_end("a\r\nb\n\u{b}", &[]), None);
        assert_eq!(odd_line_end("a\r\nb\rc\n", &[]), Some(2));
        assert_eq!(odd_line_end("a\r\r\n", &[]), Some(1));
        assert_eq!(odd_line_end("a\n\u{b}", &['\u{b}']), Some(2));
    }

    #[test]
    fn what_a_setting_says_holds_no_credential() {
        let password = ["hun", "ter2"].concat();
        for value in [
            format!("https://u:{password}@a.example/ https://u:{password}@b.example/"),
            format!("name=https://u:{password}@a.example/"),
            format!("https://{password}@a.example/?token={password}"),
        ] {
            let shown = says("PIP_INDEX_URL", &value);
            assert!(!shown.contains(&password), "{shown}");
            assert!(shown.contains("a.example"), "{shown}");
        }
    }
}
