//! The source lines that a report shows beside findings.

use super::exit::{CliError, Exit};
use super::masked;
use crate::checks::secrets;
use crate::model::{Finding, Location, fold_url_credentials, terminal_safe};
use crate::support::files;
use crate::support::lines::Lines;
use std::collections::BTreeMap;
use std::path::Path;

/// Longest source line that a report shows, in characters.
const MAX_EXCERPT: usize = 200;
/// Longest part of a source line that is looked at, in bytes.
const MAX_EXCERPT_LINE: usize = 4096;
/// Larger files are not read again for a source line.
const MAX_EXCERPT_FILE: u64 = 100 * 1024 * 1024;

/// Adds the source line to findings whose check did not bring one. Checks of an
/// inventory hold no bytes; secrets bring lines that are already masked.
///
/// # Errors
/// Exit 2 where the rules for secrets cannot be loaded.
pub fn add(root: &Path, findings: &mut [Finding]) -> Result<(), CliError> {
    let mut by_path: BTreeMap<String, Vec<(usize, u32)>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let (
            None,
            Location {
                path,
                line: Some(line),
                ..
            },
        ) = (&finding.excerpt, &finding.location)
        {
            by_path
                .entry(path.clone())
                .or_default()
                .push((index, *line));
        }
    }
    if by_path.is_empty() {
        return Ok(());
    }
    // Loaded for the first line that needs them.
    let mut rules = None;
    for (path, wanted) in by_path {
        // Without the line the finding still names its place.
        let Ok(bytes) = files::read_bounded(&root.join(&path), MAX_EXCERPT_FILE) else {
            continue;
        };
        let lines = Lines::of_bytes(&bytes);
        for (index, line) in wanted {
            let Some(line) = line_at(&lines, line) else {
                continue;
            };
            let Some(finding) = findings.get_mut(index) else {
                continue;
            };
            let masked = masked::is_configuration(finding)
                .then(|| masked::without_named(&String::from_utf8_lossy(line)));
            let line = masked.as_ref().map_or(line, String::as_bytes);
            let is_plain = secrets::is_plain(line)
                || secrets::is_plain(&without_name(line, finding.subject.label()));
            finding.excerpt = match is_plain {
                true => plain_excerpt(&String::from_utf8_lossy(line)),
                false => {
                    let rules = match &rules {
                        Some(rules) => rules,
                        None => rules.insert(
                            secrets::Rules::load()
                                .map_err(|error| CliError::of(Exit::Usage, &error))?,
                        ),
                    };
                    safe_excerpt(&path, line, rules)
                }
            };
        }
    }
    Ok(())
}

/// A line without the name of `NAME@VERSION`, which the finding says anyway.
fn without_name(line: &[u8], label: &str) -> Vec<u8> {
    let name = label.rsplit_once('@').map_or(label, |(name, _)| name);
    match memchr::memmem::find(line, name.as_bytes()) {
        Some(at) if !name.is_empty() => {
            let (before, rest) = line.split_at(at);
            let rest = rest.get(name.len()..).unwrap_or_default();
            [before, b" ", rest].concat()
        }
        _ => line.to_owned(),
    }
}

/// A line without its end, at most [`MAX_EXCERPT_LINE`] bytes of it.
fn line_at<'a>(lines: &Lines<'a>, number: u32) -> Option<&'a [u8]> {
    let line = lines.line(number)?;
    line.get(..line.len().min(MAX_EXCERPT_LINE))
}

/// The line as a report may show it. A lockfile line may hold secrets that its finding
/// is not about: they are masked, and only then the line is cut, since half a credential
/// is not recognised. A line that hides characters behind escapes is not shown at all.
fn safe_excerpt(path: &str, line: &[u8], rules: &secrets::Rules) -> Option<String> {
    if memchr::memmem::find(line, b"\\u00").is_some() {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    let folded = fold_url_credentials(&text);
    plain_excerpt(&secrets::mask_secrets(path, folded.as_bytes(), rules))
}

/// A line without secrets as a report may show it.
fn plain_excerpt(line: &str) -> Option<String> {
    let line = line.trim_end();
    let end = line.char_indices().nth(MAX_EXCERPT);
    let short = end.and_then(|(end, _)| line.get(..end)).unwrap_or(line);
    let safe = terminal_safe(short);
    (!safe.trim().is_empty()).then(|| safe.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str) -> Option<String> {
        safe_excerpt(
            "package-lock.json",
            line.as_bytes(),
            &secrets::Rules::load().unwrap(),
        )
    }

    #[test]
    fn a_credential_that_the_cut_would_halve_is_not_shown() {
        let password = ["hun", "ter2"].concat();
        let line = format!(
            "{} https://user:{password}{}@h.example/x",
            " ".repeat(150),
            "y".repeat(300)
        );
        let shown = excerpt(&line).unwrap();
        assert!(shown.ends_with("https://***@h.example/x"), "{shown}");
        let endless = format!(
            "https://user:{password}{}",
            "y".repeat(2 * MAX_EXCERPT_LINE)
        );
        let cut = line_at(&Lines::new(&endless), 1).unwrap();
        assert_eq!(
            safe_excerpt("a", cut, &secrets::Rules::load().unwrap()).unwrap(),
            "https://***"
        );
    }

    #[test]
    fn a_secret_that_the_finding_is_not_about_is_masked() {
        let token = ["ghp_", &"a1B2c3D4e5F6".repeat(3)].concat();
        let shown = excerpt(&format!("\"resolved\": \"https://h.example/x?t={token}\",")).unwrap();
        assert!(!shown.contains(&token), "{shown}");
        assert!(shown.contains("h.example"), "{shown}");
    }

    #[test]
    fn a_line_that_hides_characters_behind_escapes_is_not_shown() {
        assert_eq!(
            excerpt("\"resolved\": \"https\\u003a//u:p\\u0040h.example/x\""),
            None
        );
        assert!(excerpt("\"name\": \"caf\\u{e9}\"").is_some());
    }
}
