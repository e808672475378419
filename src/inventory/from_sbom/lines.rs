//! The line of each package URL in the text of an SBOM, whatever its format.

use super::super::lines::Lines;
use std::collections::HashMap;

/// Lines of package URLs. A document on one line has none.
pub(super) struct PurlLines(HashMap<String, u32>);

impl PurlLines {
    /// Looks through the text once; of a package URL that stands there several times the
    /// first place counts, which is the component's own in every format.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut found = HashMap::new();
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self(found);
        };
        let lines = Lines::new(text);
        if lines.at(text.trim_end().len()) <= 1 {
            return Self(found);
        }
        for start in memchr::memmem::find_iter(bytes, b"pkg:") {
            let Some(rest) = text.get(start..) else {
                continue;
            };
            let end = rest.find(['"', '<', '\n']).unwrap_or(rest.len());
            let purl = unescaped(rest.get(..end).unwrap_or_default());
            found.entry(purl).or_insert_with(|| lines.at(start));
        }
        Self(found)
    }

    /// 1-based; 0 where it is not known.
    pub(super) fn of_purl(&self, purl: &str) -> u32 {
        self.0.get(purl).copied().unwrap_or_default()
    }
}

/// The text without the escapes of JSON strings and XML.
fn unescaped(text: &str) -> String {
    if text.contains('\\')
        && let Ok(plain) = serde_json::from_str::<String>(&format!("\"{text}\""))
    {
        return plain;
    }
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_is_found_as_each_format_writes_it() {
        let text = "{\n \"purl\": \"pkg:deb/a@1?x=1\\u0026y=2\",\n <purl>pkg:deb/b@1?x=1&amp;y=2</purl>\n \"ref\": \"pkg:deb/a@1?x=1&y=2\" }\n";
        let lines = PurlLines::of(text.as_bytes());
        assert_eq!(lines.of_purl("pkg:deb/a@1?x=1&y=2"), 2);
        assert_eq!(lines.of_purl("pkg:deb/b@1?x=1&y=2"), 3);
        assert_eq!(lines.of_purl("pkg:deb/c@1"), 0);
        let minified = PurlLines::of(b"{\"purl\":\"pkg:npm/a@1\"}\n");
        assert_eq!(minified.of_purl("pkg:npm/a@1"), 0);
    }
}
