//! The keys of `packages` and `snapshots`, and the references that lead to them. The
//! rules are those of pnpm's `@pnpm/dependency-path`, which differ between versions.

use crate::inventory::npm::split_at_version;

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// `/NAME/VERSION_PEERS`, or `HOST/NAME/VERSION_PEERS` of another registry.
    V5,
    /// `/NAME@VERSION(PEER)(PEER)`.
    V6,
    /// `NAME@VERSION(PEER)(PEER)`.
    V9,
}

/// What a key says of its package.
#[derive(Debug, PartialEq, Eq)]
pub struct Key<'k> {
    /// Of the package.
    pub name: &'k str,
    /// Version, or the address of what no registry serves.
    pub version: &'k str,
    /// Whether a registry serves it, as far as the key tells.
    pub is_registry: bool,
}

impl Syntax {
    /// The key without the peers and the patch that the package was resolved with: the
    /// same for all variants of one package.
    pub fn without_peers(self, key: &str) -> &str {
        match self {
            Self::V6 | Self::V9 => without_groups(key),
            Self::V5 => {
                let Some(rest) = key.strip_prefix('/') else {
                    return key;
                };
                let (name, version) = path_parts(rest);
                let version = version.split('_').next().unwrap_or_default();
                key.get(..1 + name.len() + 1 + version.len()).unwrap_or(key)
            }
        }
    }

    /// Takes a key apart.
    pub fn parse(self, key: &str) -> Key<'_> {
        let base = self.without_peers(key);
        if self == Self::V9 {
            let (name, version) = split_at_version(base);
            return Key {
                name,
                version,
                is_registry: !version.contains(['/', ':']),
            };
        }
        let rest = match base.strip_prefix('/') {
            Some(rest) => rest,
            // The host of a registry that is not the configured one.
            None => base.split_once('/').map_or(base, |(_, rest)| rest),
        };
        let (name, version) = match self {
            Self::V5 => {
                let (name, version) = path_parts(rest);
                (name, version.split('_').next().unwrap_or_default())
            }
            _ => split_at_version(rest),
        };
        Key {
            name,
            version,
            is_registry: !version.contains(['/', ':']) && !base.starts_with("file:"),
        }
    }

    /// The key that a reference of a dependency means.
    pub fn target(self, name: &str, reference: &str) -> String {
        match self {
            Self::V9 => {
                let at = reference.find('@').unwrap_or(usize::MAX);
                let colon = reference.find(':').unwrap_or(usize::MAX);
                let bracket = reference.find('(').unwrap_or(usize::MAX);
                // A key of its own starts with a name, which holds neither of these.
                if at == 0 || (at != usize::MAX && at < colon && at < bracket) {
                    reference.to_owned()
                } else {
                    format!("{name}@{reference}")
                }
            }
            Self::V6 => {
                let before = reference.split('(').next().unwrap_or_default();
                if before.contains('/') || reference.starts_with("file:") {
                    reference.to_owned()
                } else {
                    format!("/{name}@{reference}")
                }
            }
            Self::V5 => {
                if reference.contains('/') || reference.starts_with("file:") {
                    reference.to_owned()
                } else {
                    format!("/{name}/{reference}")
                }
            }
        }
    }
}

/// `NAME/REST` or `@SCOPE/NAME/REST`.
fn path_parts(path: &str) -> (&str, &str) {
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    let end = if path.starts_with('@') {
        slashes.nth(1)
    } else {
        slashes.next()
    };
    match end {
        Some(end) => (
            path.get(..end).unwrap_or(path),
            path.get(end + 1..).unwrap_or_default(),
        ),
        None => (path, ""),
    }
}

/// The text before the groups in parentheses at its end: `a@1(b@2(c@3))(d@4)` is `a@1`.
fn without_groups(text: &str) -> &str {
    let mut end = text.len();
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    end = at;
                }
            }
            _ if depth == 0 => break,
            _ => {}
        }
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(syntax: Syntax, key: &str) -> (&str, &str, bool) {
        let parsed = syntax.parse(key);
        (parsed.name, parsed.version, parsed.is_registry)
    }

    #[test]
    fn a_key_of_each_version_is_taken_apart() {
        assert_eq!(
            parts(Syntax::V5, "/a/1.0.0_b@2.0.0+c@3"),
            ("a", "1.0.0", true)
        );
        assert_eq!(
            parts(Syntax::V5, "/@s/a/1.0.0_deadbeef"),
            ("@s/a", "1.0.0", true)
        );
        assert_eq!(
            parts(Syntax::V5, "r.example/@s/a/1.0.0"),
            ("@s/a", "1.0.0", true)
        );
        assert_eq!(
            parts(Syntax::V6, "/@s/a@1.0.0(b@2.0.0)(c@3.0.0)"),
            ("@s/a", "1.0.0", true)
        );
        assert_eq!(parts(Syntax::V6, "r.example/a@1.0.0"), ("a", "1.0.0", true));
        assert_eq!(
            parts(Syntax::V9, "@s/a@1.0.0(@t/b@2.0.0(c@3))"),
            ("@s/a", "1.0.0", true)
        );
        let file = "a@file:dir(odd)/x(b@1.0.0)";
        assert_eq!(parts(Syntax::V9, file), ("a", "file:dir(odd)/x", false));
        let git = "a@git+https://h.example/r.git#0123";
        assert_eq!(
            parts(Syntax::V9, git),
            ("a", "git+https://h.example/r.git#0123", false)
        );
        assert!(!Syntax::V6.parse("file:dir(b@1.0.0)").is_registry);
        for syntax in [Syntax::V5, Syntax::V6, Syntax::V9] {
            for odd in [
                "", "/", "//", "@", "/@", "_", "((", "))", "(é)", "/é/_", "@é@(",
            ] {
                let _ = syntax.parse(odd);
                assert!(odd.starts_with(syntax.without_peers(odd)), "{odd}");
            }
        }
    }

    #[test]
    fn a_reference_means_the_key_that_pnpm_writes() {
        let v9 = |reference| Syntax::V9.target("n", reference);
        assert_eq!(v9("1.0.0(b@2.0.0)"), "n@1.0.0(b@2.0.0)");
        assert_eq!(v9("lodash@4.17.21"), "lodash@4.17.21");
        assert_eq!(v9("@s/a@4.17.21"), "@s/a@4.17.21");
        assert_eq!(v9("file:x"), "n@file:x");
        let git = "git+ssh://git@h.example/r.git#0123";
        assert_eq!(v9(git), format!("n@{git}"));
        let v6 = |reference| Syntax::V6.target("n", reference);
        assert_eq!(v6("1.0.0(@s/b@2.0.0)"), "/n@1.0.0(@s/b@2.0.0)");
        assert_eq!(v6("/lodash@4.17.21"), "/lodash@4.17.21");
        assert_eq!(v6("@h.example/t.tgz"), "@h.example/t.tgz");
        assert_eq!(v6("file:x"), "file:x");
        let v5 = |reference| Syntax::V5.target("n", reference);
        assert_eq!(v5("1.0.0_b@2.0.0"), "/n/1.0.0_b@2.0.0");
        assert_eq!(v5("/lodash/4.17.21"), "/lodash/4.17.21");
    }
}
