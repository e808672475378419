//! The syntax of Yarn 1: entries at the margin, their fields two spaces in, dependencies
//! four. Every line is read for itself, so that one that is damaged costs no other.

/// An entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// 1-based line of the patterns.
    pub line: u32,
    /// What was asked for: `NAME@RANGE`, at least one.
    pub patterns: Vec<String>,
    /// As recorded.
    pub version: Option<String>,
    /// Address, mostly with a SHA-1 behind a `#`.
    pub resolved: Option<String>,
    /// Subresource Integrity string.
    pub integrity: Option<String>,
    /// Name, range and line.
    pub dependencies: Vec<(String, String, u32)>,
    /// As `dependencies`.
    pub optional_dependencies: Vec<(String, String, u32)>,
}

/// A line that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// 1-based.
    pub line: u32,
    /// What is wrong, one line.
    pub reason: String,
}

/// The group that lines of the third level belong to.
#[derive(Clone, Copy)]
enum Group {
    Dependencies,
    Optional,
    /// One that is of no use here, such as `prebuiltVariants`.
    Other,
}

/// Reads the entries.
#[must_use]
pub fn parse(text: &str) -> (Vec<Entry>, Vec<Damage>) {
    let mut reader = Reader::default();
    for (number, line) in (1_u32..).zip(text.lines()) {
        if let Err(reason) = reader.line(number, line.trim_end()) {
            reader.damage.push(Damage {
                line: number,
                reason,
            });
        }
    }
    (reader.entries, reader.damage)
}

#[derive(Default)]
struct Reader {
    entries: Vec<Entry>,
    damage: Vec<Damage>,
    /// Whether the lines that follow belong to the last entry.
    is_inside: bool,
    group: Option<Group>,
}

impl Reader {
    fn line(&mut self, number: u32, line: &str) -> Result<(), String> {
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            return Ok(());
        }
        match line.len() - content.len() {
            0 => self.entry(number, content),
            2 => self.field(content),
            4 => self.dependency(number, content),
            _ => Err("the indentation is none of a yarn.lock".to_owned()),
        }
    }

    fn entry(&mut self, number: u32, content: &str) -> Result<(), String> {
        self.is_inside = false;
        self.group = None;
        let Some(patterns) = content.strip_suffix(':') else {
            return Err("an entry must end with a colon".to_owned());
        };
        let mut entry = Entry {
            line: number,
            ..Entry::default()
        };
        let mut rest = patterns;
        loop {
            let (pattern, after) = token(rest)?;
            entry.patterns.push(pattern);
            match after.trim_start().strip_prefix(',') {
                Some(more) => rest = more.trim_start(),
                None if after.is_empty() => break,
                None => return Err("between two patterns must be a comma".to_owned()),
            }
        }
        self.entries.push(entry);
        self.is_inside = true;
        Ok(())
    }

    fn field(&mut self, content: &str) -> Result<(), String> {
        self.group = None;
        if !self.is_inside {
            // The entry itself could not be read, which was told.
            return Ok(());
        }
        let (key, rest) = token(content)?;
        if rest == ":" {
            self.group = Some(match key.as_str() {
                "dependencies" => Group::Dependencies,
                "optionalDependencies" => Group::Optional,
                _ => Group::Other,
            });
            return Ok(());
        }
        let value = value(rest)?;
        let Some(entry) = self.entries.last_mut() else {
            return Ok(());
        };
        let slot = match key.as_str() {
            "version" => &mut entry.version,
            "resolved" => &mut entry.resolved,
            "integrity" => &mut entry.integrity,
            _ => return Ok(()),
        };
        if slot.replace(value).is_some() {
            return Err(format!("`{key}` stands several times in one entry"));
        }
        Ok(())
    }

    fn dependency(&mut self, number: u32, content: &str) -> Result<(), String> {
        if !self.is_inside {
            return Ok(());
        }
        let Some(group) = self.group else {
            return Err("the indentation is none of a yarn.lock".to_owned());
        };
        let (name, rest) = token(content)?;
        let range = value(rest)?;
        let Some(entry) = self.entries.last_mut() else {
            return Ok(());
        };
        match group {
            Group::Dependencies => entry.dependencies.push((name, range, number)),
            Group::Optional => entry.optional_dependencies.push((name, range, number)),
            Group::Other => {}
        }
        Ok(())
    }
}

/// The value after a key and a space; nothing may follow it.
fn value(rest: &str) -> Result<String, String> {
    let Some(rest) = rest.strip_prefix(' ') else {
        return Err("a key has no value".to_owned());
    };
    match token(rest.trim_start())? {
        (value, "") => Ok(value),
        _ => Err("a key has more than one value".to_owned()),
    }
}

/// The first token, unquoted, and what follows it. Quoted ones are JSON strings.
fn token(text: &str) -> Result<(String, &str), String> {
    if text.starts_with('"') {
        let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
        return match strings.next() {
            Some(Ok(token)) => Ok((token, text.get(strings.byte_offset()..).unwrap_or_default())),
            _ => Err("a quoted text is damaged".to_owned()),
        };
    }
    let end = text.find([' ', ',', ':', '"']).unwrap_or(text.len());
    let (token, rest) = text.split_at(end);
    if token.is_empty() {
        return Err("a name or value is missing".to_owned());
    }
    Ok((token.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_plain_tokens_are_read() {
        let text = "# yarn lockfile v1\r\n\r\n\"@s/a@^1\", b@>=1, \"c@1 || 2\":\r\n  version \"1.0.0\"\r\n  integrity sha1-x=\r\n  dependencies:\r\n    d \"^1.0 || \\\"2\"\r\n    \"@s/e\" \"*\"\r\n  prebuiltVariants:\r\n    x y\r\n";
        let (entries, damage) = parse(text);
        assert_eq!(damage, []);
        let [entry] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(entry.line, 3);
        assert_eq!(entry.patterns, ["@s/a@^1", "b@>=1", "c@1 || 2"]);
        assert_eq!(entry.version.as_deref(), Some("1.0.0"));
        assert_eq!(
            entry.dependencies,
            [
                ("d".to_owned(), "^1.0 || \"2".to_owned(), 7),
                ("@s/e".to_owned(), "*".to_owned(), 8),
            ]
        );
    }

    #[test]
    fn a_damaged_line_costs_no_other_entry() {
        let text = "a@1:\n  version \"1\n  resolved \"x\"\n\nb@1\n  version \"1\"\n\n<<<<<<< HEAD\nc@1:\n version \"1\"\n  version 2 3\n      x y\n    d 1\nd@1:\n  version \"4\"\n  version \"5\"\n  \"\n,:\n";
        let (entries, damage) = parse(text);
        let patterns: Vec<&str> = entries.iter().map(|e| e.patterns[0].as_str()).collect();
        assert_eq!(patterns, ["a@1", "c@1", "d@1"]);
        assert_eq!(entries[0].resolved.as_deref(), Some("x"));
        let lines: Vec<u32> = damage.iter().map(|damage| damage.line).collect();
        assert_eq!(lines, [2, 5, 8, 10, 11, 12, 13, 16, 17, 18]);
    }
}
