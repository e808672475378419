//! Resolutions of Yarn 2 and later: `NAME@PROTOCOL:REST#REST::PARAMETERS`
//! (<https://yarnpkg.com/advanced/lexicon#locator>, <https://yarnpkg.com/protocols>).

use crate::inventory::npm::{git_origin, is_web_address, named_by_tarball, split_at_version};
use crate::inventory::tree::normalise;
use crate::model::Origin;
use std::borrow::Cow;

/// What a resolution says of its package.
#[derive(Debug, PartialEq, Eq)]
pub struct Locator {
    /// Of the package itself, whatever it is asked for by.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a package comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    /// A directory of the workspace, relative to the lockfile; empty for the root.
    Workspace(String),
    /// A linked directory: made here, installed by a link. Whether the lockfile lists
    /// what it needs.
    Linked {
        /// As recorded, or relative to the lockfile where it lies below it.
        path: String,
        /// `portal:` lists it, `link:` does not.
        has_dependencies: bool,
    },
    /// Fetched.
    Fetched(Origin),
}

/// Patches of patches that are followed.
const PATCH_LIMIT: usize = 4;

/// Takes a resolution apart. `asked` is a range that led to it, for what a repository was
/// asked for.
#[must_use]
pub fn parse(resolution: &str, version: Option<&str>, asked: Option<&str>) -> Locator {
    let mut text = resolution.to_owned();
    for _ in 0..PATCH_LIMIT {
        // A patched package is the package that the patch is applied to.
        match patched(split_at_version(&text).1) {
            Some(base) => text = base,
            None => break,
        }
    }
    let (name, reference) = split_at_version(&text);
    let (reference, parameters) = reference.split_once("::").unwrap_or((reference, ""));
    let source = source(reference, parameters, asked);
    let mut name = name.to_owned();
    // Under the address of a tarball any name may stand.
    if let Source::Fetched(Origin::Url { url }) = &source
        && let Some((real, its_version)) = named_by_tarball(url)
        && version == Some(its_version.as_str())
    {
        name = real;
    }
    Locator { name, source }
}

/// The resolution that the reference of a patched package is made of.
#[must_use]
pub fn patched(reference: &str) -> Option<String> {
    let base = reference.strip_prefix("patch:")?;
    Some(decode(base.split('#').next()?))
}

fn source(reference: &str, parameters: &str, asked: Option<&str>) -> Source {
    let parameter = |key: &str| {
        let pairs = parameters
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(known, _)| *known == key)
            .map(|(_, value)| decode(value))
            .next()
    };
    let (protocol, rest) = reference.split_once(':').unwrap_or(("", reference));
    // A hash part of files names what was packed.
    let path = rest.split('#').next().unwrap_or_default();
    match protocol {
        "workspace" => Source::Workspace(match normalise(rest) {
            Some(path) => path,
            None if rest == "." => String::new(),
            None => rest.to_owned(),
        }),
        "link" | "portal" => Source::Linked {
            path: below(path, parameter("locator").as_deref()),
            has_dependencies: protocol == "portal",
        },
        "file" | "exec" => Source::Fetched(Origin::Path {
            path: below(path, parameter("locator").as_deref()),
        }),
        // No address, unless it is not where the registry's packages are.
        "npm" => Source::Fetched(match parameter("__archiveUrl") {
            Some(url) => Origin::Registry {
                index: None,
                file: Some(url),
                default: false,
            },
            None => Origin::Unrecorded,
        }),
        _ if has_commit(reference) => Source::Fetched(git_origin(reference, asked)),
        _ if is_web_address(reference) => Source::Fetched(Origin::Url {
            url: reference.to_owned(),
        }),
        // A protocol of a plugin.
        _ => Source::Fetched(Origin::Unrecorded),
    }
}

/// Yarn marks repositories, of whatever protocol, by the commit behind them.
fn has_commit(reference: &str) -> bool {
    reference
        .split_once('#')
        .is_some_and(|(_, fragment)| fragment.split('&').any(|part| part.starts_with("commit=")))
}

/// A path relative to the lockfile, of one that is relative to the workspace `locator`.
fn below(path: &str, locator: Option<&str>) -> String {
    let path = decode(path);
    let base = locator
        .and_then(|locator| locator.split_once("@workspace:"))
        .map_or(".", |(_, base)| base);
    normalise(&format!("{base}/{path}")).unwrap_or(path)
}

/// A text without percent escapes; damaged ones, and text that is no UTF-8 then, stay.
fn decode(text: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GitReference;

    const SHA: &str = "9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b";

    fn source_of(resolution: &str) -> Source {
        parse(resolution, Some("1.0.0"), None).source
    }

    #[test]
    fn each_protocol_has_its_origin() {
        assert_eq!(
            source_of("a@npm:1.0.0"),
            Source::Fetched(Origin::Unrecorded)
        );
        let archive = "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fr.example%2Fa.tgz";
        assert_eq!(
            source_of(archive),
            Source::Fetched(Origin::Registry {
                index: None,
                file: Some("https://r.example/a.tgz".to_owned()),
                default: false,
            })
        );
        assert_eq!(source_of("a@workspace:."), Source::Workspace(String::new()));
        assert_eq!(
            source_of("a@workspace:p/a"),
            Source::Workspace("p/a".to_owned())
        );
        assert_eq!(
            source_of("a@portal:../x::locator=w%40workspace%3Ap%2Fw"),
            Source::Linked {
                path: "p/x".to_owned(),
                has_dependencies: true,
            }
        );
        assert_eq!(
            source_of("a@file:./d#./d::hash=0a&locator=w%40workspace%3A."),
            Source::Fetched(Origin::Path {
                path: "d".to_owned()
            })
        );
        assert_eq!(
            source_of(&format!("a@git@h.example:o/r.git#commit={SHA}")),
            Source::Fetched(Origin::Git {
                url: "git@h.example:o/r.git".to_owned(),
                reference: GitReference::Default,
                commit: Some(SHA.to_owned()),
            })
        );
        assert_eq!(
            source_of("a@https://h.example/t.tgz"),
            Source::Fetched(Origin::Url {
                url: "https://h.example/t.tgz".to_owned()
            })
        );
        assert_eq!(source_of("a@odd:x"), Source::Fetched(Origin::Unrecorded));
    }

    #[test]
    fn a_patched_package_is_the_package_itself() {
        let patched = "alias@patch:@s/real@npm%3A1.0.0#~/p.patch::version=1.0.0&hash=0a";
        assert_eq!(parse(patched, None, None).name, "@s/real");
        let twice = "a@patch:a@patch%3Aa@npm%253A1.0.0%23x#y::version=1.0.0";
        assert_eq!(source_of(twice), Source::Fetched(Origin::Unrecorded));
        let tarball = "x@https://r.example/@s/a/-/a-1.0.0.tgz";
        assert_eq!(parse(tarball, Some("1.0.0"), None).name, "@s/a");
        assert_eq!(parse(tarball, Some("2.0.0"), None).name, "x");
    }

    #[test]
    fn damaged_escapes_stay_as_they_are() {
        assert_eq!(decode("a%2fb%zz%2"), "a/b%zz%2");
        assert_eq!(decode("%ff"), "%ff");
        assert_eq!(decode("%+1"), "%+1");
    }
}
