//! `config.preferred-install` and `config.source-fallback` of `composer.json`
//! (<https://getcomposer.org/doc/06-config.md#preferred-install>), as Composer 2's
//! `DownloadManager.php` reads it.

use crate::inventory::json_tree::Node;

/// Whether an archive or a checkout is tried first.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wanted {
    /// The archive: Composer's default.
    #[default]
    Dist,
    Source,
    /// The archive, but of a branch a checkout.
    Auto,
}

impl Wanted {
    fn of(text: &str) -> Self {
        match text {
            "source" => Self::Source,
            "dist" => Self::Dist,
            // Composer takes any other word so.
            _ => Self::Auto,
        }
    }

    fn is_source(self, version: &str) -> bool {
        let is_branch = version.starts_with("dev-") || version.ends_with("-dev");
        self == Self::Source || (self == Self::Auto && is_branch)
    }
}

/// What a project prefers.
#[derive(Default)]
pub(super) struct Preference {
    /// Patterns of names in the order in which they are tried.
    patterns: Vec<(String, Wanted)>,
    otherwise: Wanted,
    /// What cannot be had as an archive is checked out: so Composer does before 2.10 in any
    /// case, from 2.10 on where `source-fallback` says so, and from 2.11 on never.
    falls_back: bool,
}

impl Preference {
    pub(super) fn of(manifest: &Node<'_>) -> Self {
        let Some(config) = manifest.value("config") else {
            return Self::default();
        };
        let fallback = config.value("source-fallback").and_then(Node::flag);
        Self {
            falls_back: fallback == Some(true),
            ..Self::wanted(config)
        }
    }

    fn wanted(config: &Node<'_>) -> Self {
        let Some(wanted) = config.value("preferred-install") else {
            return Self::default();
        };
        if let Some(text) = wanted.text() {
            return Self {
                otherwise: Wanted::of(text),
                ..Self::default()
            };
        }
        let Some(members) = wanted.object() else {
            return Self::default();
        };
        let mut patterns = Vec::new();
        let mut otherwise = Wanted::Auto;
        for member in members {
            let wanted = match member.value.text() {
                Some("dist") => Wanted::Dist,
                Some("auto") => Wanted::Auto,
                // Composer takes anything else for a checkout here.
                _ => Wanted::Source,
            };
            match member.key.as_ref() {
                // It is tried last.
                "*" => otherwise = wanted,
                pattern => patterns.push((pattern.to_lowercase(), wanted)),
            }
        }
        Self {
            patterns,
            otherwise,
            falls_back: false,
        }
    }

    /// Whether the project lets Composer check out what it cannot download.
    pub(super) fn falls_back(&self) -> bool {
        self.falls_back
    }

    /// Whether a checkout is tried before the archive.
    pub(super) fn is_source(&self, name: &str, version: &str) -> bool {
        let name = name.to_lowercase();
        let found = self.patterns.iter().find(|(of, _)| fits(of, &name));
        found
            .map_or(self.otherwise, |(_, wanted)| *wanted)
            .is_source(version)
    }
}

/// Whether a pattern, in which `*` stands for any text, is about a name; both lower-case.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::json_tree;

    fn is_source(config: &str, name: &str, version: &str) -> bool {
        let text = format!(r#"{{"config": {{"preferred-install": {config}}}}}"#);
        let document = json_tree::parse(&text);
        Preference::of(&document.root).is_source(name, version)
    }

    #[test]
    fn what_is_preferred_is_as_composer_takes_it() {
        assert!(is_source(r#""source""#, "a/b", "1.0"));
        assert!(!is_source(r#""dist""#, "a/b", "dev-main"));
        assert!(is_source(r#""auto""#, "a/b", "dev-main"));
        assert!(!is_source(r#""auto""#, "a/b", "1.0"));
        let by_name = r#"{"*": "dist", "acme/*": "source", "ac*/li*b": "auto"}"#;
        assert!(is_source(by_name, "Acme/x", "1.0"));
        assert!(!is_source(by_name, "acm/x", "1.0"));
        assert!(!is_source(by_name, "other/x", "dev-main"));
        assert!(is_source(by_name, "ac/lib", "dev-main"));
        // Without `*` a branch is checked out.
        assert!(is_source(r#"{"acme/*": "dist"}"#, "other/x", "1.x-dev"));
        assert!(!is_source(r#"{"acme/*": "dist"}"#, "other/x", "1.0"));
        assert!(!Preference::default().is_source("a/b", "dev-main"));
    }
}
