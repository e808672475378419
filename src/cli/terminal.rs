//! Writing to the terminal: results to stdout, everything else to stderr.

use super::exit::{CliError, Exit};
use crate::model::terminal_safe;
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::io::{ErrorKind, Write as _};

const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// Writes a result to stdout. Colour codes in it are dropped where stdout is no terminal
/// or `NO_COLOR` is set. A reader that has gone away (`| head`) is no error.
///
/// # Errors
/// Exit 2 where stdout cannot be written otherwise (a full disk).
pub fn result(text: &str) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    let is_plain = anstream::AutoStream::choice(&stdout) == anstream::ColorChoice::Never;
    // Only what has colours goes through the parser of escapes: a JSON report of
    // megabytes has none.
    let plain: Cow<'_, str> = match is_plain && memchr::memchr(0x1b, text.as_bytes()).is_some() {
        true => anstream::adapter::strip_str(text).to_string().into(),
        false => text.into(),
    };
    let written = stdout
        .write_all(plain.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::new(
            Exit::Usage,
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Columns of the terminal that stdout is; `None` where it is none.
#[must_use]
pub fn width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// An error message on stderr. Lines after the first are indented, so that a line break in
/// a file name cannot begin a line that looks like one of the program's own; other control
/// characters are shown.
pub fn error(message: &str) {
    labelled(RED, "error", message);
}

/// What to do about it.
pub fn hint(message: &str) {
    labelled(CYAN, " hint", message);
}

/// Something to know that changes nothing.
pub fn warning(message: &str) {
    labelled(YELLOW, "warning", message);
}

/// A line of progress or confirmation on stderr.
pub fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "{}", safe_lines(message));
}

fn labelled(style: Style, label: &str, message: &str) {
    // Nothing can be done about a stderr that cannot be written.
    let _ = writeln!(
        anstream::stderr(),
        "{style}{label}{style:#}: {}",
        safe_lines(message)
    );
}

/// Longest message, in characters: what is quoted in it may be as long as a file.
const MAX_MESSAGE: usize = 4000;

fn safe_lines(message: &str) -> String {
    let (message, cut) = match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => (message.get(..end).unwrap_or_default(), "…"),
        None => (message, ""),
    };
    let mut lines = message
        .lines()
        .map(|line| without_command(&terminal_safe(line)))
        .collect::<Vec<_>>()
        .join("\n       ");
    lines.push_str(cut);
    lines
}

/// A line that no build server takes for a command of its own: GitHub's runner looks for
/// `::` at the start of a line, spaces aside, and for `##[` anywhere.
fn without_command(line: &str) -> String {
    let line = line.replace("##[", "#\\u{23}[");
    match line.trim_start().starts_with("::") {
        true => line.replacen("::", "\\u{3a}:", 1),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_never_as_long_as_a_file() {
        let long = safe_lines(&"ä".repeat(100_000));
        assert_eq!(long.chars().count(), MAX_MESSAGE + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_message_cannot_begin_a_line_of_its_own() {
        assert_eq!(
            safe_lines("cannot read `x\nPASS: x may enter\r\u{1b}[2J`"),
            "cannot read `x\n       PASS: x may enter\\u{d}\\u{1b}[2J`"
        );
        assert_eq!(
            safe_lines("a\n ::error::b\n##[group]c ::d"),
            "a\n        \\u{3a}:error::b\n       #\\u{23}[group]c ::d"
        );
    }
}
