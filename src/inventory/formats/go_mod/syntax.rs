//! The lines of `go.mod` (<https://go.dev/ref/mod#go-mod-file-grammar>).

use crate::inventory::error::FormatError;

/// One directive; those of a block stand alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `require`.
    pub verb: String,
    /// What follows, unquoted.
    pub words: Vec<String>,
    /// What stands behind `//`, trimmed.
    pub comment: String,
    /// 1-based.
    pub line: u32,
}

/// The statements of a file, and what ended the reading early.
pub fn statements(text: &str) -> (Vec<Statement>, Option<FormatError>) {
    let mut statements = Vec::new();
    let mut block: Option<String> = None;
    for (source, line) in text.lines().zip(1_u32..) {
        let syntax = |reason: &str| FormatError::Syntax {
            line,
            reason: reason.to_owned(),
        };
        // Go refuses such a file; what follows could be read as something that it is not.
        if source.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\r')) {
            return (statements, Some(syntax("it holds a control character")));
        }
        let (mut words, comment) = match words(source) {
            Ok(read) => read,
            Err(reason) => return (statements, Some(syntax(reason))),
        };
        match (&block, words.as_slice()) {
            (_, []) => {}
            (None, [verb, open]) if open == "(" => block = Some(verb.clone()),
            (None, [_, open, close]) if open == "(" && close == ")" => {}
            (Some(_), [close]) if close == ")" => block = None,
            (Some(verb), _) => statements.push(Statement {
                verb: verb.clone(),
                words,
                comment,
                line,
            }),
            (None, _) => {
                let verb = words.remove(0);
                statements.push(Statement {
                    verb,
                    words,
                    comment,
                    line,
                });
            }
        }
    }
    let open = block.map(|verb| FormatError::Syntax {
        line: u32::try_from(text.lines().count())
            .unwrap_or(u32::MAX)
            .max(1),
        reason: format!("the block `{verb} (` is not closed"),
    });
    (statements, open)
}

/// The words of a line, and its comment.
fn words(line: &str) -> Result<(Vec<String>, String), &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if let Some(comment) = rest.strip_prefix("//") {
            return Ok((words, comment.trim().to_owned()));
        }
        let (word, after) = if let Some(raw) = rest.strip_prefix('`') {
            let (word, after) = raw.split_once('`').ok_or("a string is not closed")?;
            (word.to_owned(), after)
        } else if let Some(quoted) = rest.strip_prefix('"') {
            quoted_string(quoted)?
        } else if let Some(after) = rest.strip_prefix(['(', ')']) {
            let bracket = if rest.starts_with('(') { "(" } else { ")" };
            (bracket.to_owned(), after)
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')'))
                .unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or(rest);
            let (word, after) = rest.split_at(word.find("//").unwrap_or(end));
            (word.to_owned(), after)
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok((words, String::new()))
}

fn quoted_string(text: &str) -> Result<(String, &str), &'static str> {
    let mut word = String::new();
    let mut characters = text.char_indices();
    while let Some((place, c)) = characters.next() {
        match c {
            '"' => {
                let (_, after) = text.split_at(place);
                return Ok((word, after.strip_prefix('"').unwrap_or(after)));
            }
            '\\' => match characters.next() {
                Some((_, c @ ('"' | '\\'))) => word.push(c),
                _ => return Err("an escape in a string is not known"),
            },
            c => word.push(c),
        }
    }
    Err("a string is not closed")
}
