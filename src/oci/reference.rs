//! Names of images: `oci://HOST/REPOSITORY:TAG`, `oci://HOST/REPOSITORY@sha256:…`, and
//! `oci-layout:DIRECTORY` with the same endings.
//!
//! Source: the grammar of names, tags and digests in `spec.md` of
//! github.com/opencontainers/distribution-spec. A host is always named; none is the default.

use super::error::OciError;
use super::manifest::parse_digest;
use crate::model::{Digest, terminal_safe};
use std::fmt;
use std::path::{Path, PathBuf};

/// How an image in a registry is written.
pub const REGISTRY_PREFIX: &str = "oci://";
/// How an image in a layout is written.
pub const LAYOUT_PREFIX: &str = "oci-layout:";

const MAX_REPOSITORY_BYTES: usize = 255;
const MAX_TAG_BYTES: usize = 128;

/// Which manifest is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// What a tag stands for now.
    Tag(String),
    /// Exactly this one.
    Digest(Digest),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, ":{tag}"),
            Self::Digest(digest) => write!(f, "@{digest}"),
        }
    }
}

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a registry.
    Registry {
        /// Host and port.
        host: String,
        /// The repository's name.
        repository: String,
    },
    /// In a directory that is an OCI layout.
    Layout(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry { host, repository } => write!(f, "{host}/{repository}"),
            Self::Layout(directory) => write!(f, "{LAYOUT_PREFIX}{}", directory.display()),
        }
    }
}

/// The name of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// Where it is.
    pub place: Place,
    /// Which one; none where a layout is to hold only one.
    pub selector: Option<Selector>,
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        match &self.selector {
            Some(selector) => selector.fmt(f),
            None => Ok(()),
        }
    }
}

impl ImageReference {
    /// Reads an argument. `None` where it is no name of an image but of a file: it begins with
    /// neither prefix, and is not `HOST/REPOSITORY@sha256:…`, as cosign and docker write it.
    ///
    /// # Errors
    /// [`OciError::BadReference`].
    pub fn of_argument(text: &str) -> Option<Result<Self, OciError>> {
        if let Some(rest) = text.strip_prefix(REGISTRY_PREFIX) {
            return Some(registry(rest, text));
        }
        if let Some(rest) = text.strip_prefix(LAYOUT_PREFIX) {
            return Some(layout(rest, text));
        }
        let (name, digest) = text.rsplit_once('@')?;
        let is_image = parse_digest(digest).is_ok()
            && name
                .split_once('/')
                .is_some_and(|(host, _)| looks_like_host(host))
            && !Path::new(text).exists();
        is_image.then(|| registry(text, text))
    }

    /// What an argument that names no file may have been meant as.
    #[must_use]
    pub fn guess(text: &str) -> Option<String> {
        let (host, rest) = text.split_once('/')?;
        let has_version = rest.contains(':') || rest.contains('@');
        let reads = looks_like_host(host) && has_version && registry(text, text).is_ok();
        reads.then(|| format!("{REGISTRY_PREFIX}{text}"))
    }
}

/// A first part that docker, too, takes for a host.
fn looks_like_host(text: &str) -> bool {
    text == "localhost" || text.contains('.') || text.contains(':')
}

fn bad(text: &str, reason: impl Into<String>) -> OciError {
    OciError::BadReference {
        text: terminal_safe(text).chars().take(300).collect(),
        reason: reason.into(),
    }
}

fn registry(rest: &str, text: &str) -> Result<ImageReference, OciError> {
    if rest.contains("://") {
        return Err(bad(text, "it has two schemes"));
    }
    let (host, path) = rest
        .split_once('/')
        .ok_or_else(|| bad(text, "it names no repository"))?;
    check_host(host).map_err(|reason| bad(text, reason))?;
    let (name, digest) = match path.split_once('@') {
        Some((name, digest)) => (
            name,
            Some(parse_digest(digest).map_err(|reason| bad(text, reason))?),
        ),
        None => (path, None),
    };
    let (repository, tag) = match name.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (name, None),
    };
    check_repository(repository).map_err(|reason| bad(text, reason))?;
    if let Some(tag) = tag {
        check_tag(tag).map_err(|reason| bad(text, reason))?;
    }
    let selector = match (digest, tag) {
        // The digest says all; a tag beside it is for people.
        (Some(digest), _) => Selector::Digest(digest),
        (None, Some(tag)) => Selector::Tag(tag.to_owned()),
        (None, None) => {
            return Err(bad(text, "it has neither a digest nor a tag"));
        }
    };
    Ok(ImageReference {
        place: Place::Registry {
            host: host.to_ascii_lowercase(),
            repository: repository.to_owned(),
        },
        selector: Some(selector),
    })
}

fn layout(rest: &str, text: &str) -> Result<ImageReference, OciError> {
    let (directory, selector) = if let Some((directory, digest)) = rest.rsplit_once("@sha256:") {
        let digest =
            parse_digest(&format!("sha256:{digest}")).map_err(|reason| bad(text, reason))?;
        (directory, Some(Selector::Digest(digest)))
    } else {
        match rest.rsplit_once(':') {
            // A colon in the directory's own path ends no name.
            Some((directory, tag)) if !tag.contains('/') && !tag.contains('\\') => {
                check_tag(tag).map_err(|reason| bad(text, reason))?;
                (directory, Some(Selector::Tag(tag.to_owned())))
            }
            _ => (rest, None),
        }
    };
    if directory.is_empty() {
        return Err(bad(text, "it names no directory"));
    }
    Ok(ImageReference {
        place: Place::Layout(PathBuf::from(directory)),
        selector,
    })
}

fn check_host(host: &str) -> Result<(), String> {
    if host.contains('@') {
        return Err("credentials do not belong into it".to_owned());
    }
    let url = url::Url::parse(&format!("https://{host}/")).map_err(|e| e.to_string())?;
    let plain = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'));
    if !plain || url.host_str().is_none() || url.path() != "/" {
        return Err(format!("`{}` is no host", terminal_safe(host)));
    }
    Ok(())
}

fn check_repository(repository: &str) -> Result<(), String> {
    let is_part = |part: &str| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(part.bytes().next())
            && edge(part.bytes().last())
            && part.bytes().all(|b| {
                b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
            })
            && !part.contains("..")
    };
    if repository.is_empty() {
        return Err("it names no repository".to_owned());
    }
    if repository.len() > MAX_REPOSITORY_BYTES || !repository.split('/').all(is_part) {
        return Err(format!(
            "`{}` is no name of a repository: parts of lower-case letters, digits and single `.`, `_`, `-`",
            terminal_safe(repository)
        ));
    }
    Ok(())
}

fn check_tag(tag: &str) -> Result<(), String> {
    let first = tag
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    let rest = tag
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if !first || !rest || tag.len() > MAX_TAG_BYTES {
        return Err(format!("`{}` is no tag", terminal_safe(tag)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex() -> String {
        format!("sha256:{}", "ab".repeat(32))
    }

    fn read(text: &str) -> ImageReference {
        ImageReference::of_argument(text).unwrap().unwrap()
    }

    #[test]
    fn images_in_registries_are_read_with_digest_and_tag() {
        let image = read("oci://Registry.example:5000/team/app:1.0");
        assert_eq!(image.to_string(), "registry.example:5000/team/app:1.0");
        let digest = hex();
        for text in [
            format!("oci://localhost:5000/app@{digest}"),
            format!("oci://localhost:5000/app:1.0@{digest}"),
            format!("localhost:5000/app@{digest}"),
            format!("localhost:5000/app:1.0@{digest}"),
        ] {
            assert_eq!(
                read(&text).to_string(),
                format!("localhost:5000/app@{digest}")
            );
        }
        assert!(matches!(
            read(&format!("oci://[::1]:5000/app@{digest}")).place,
            Place::Registry { .. }
        ));
    }

    #[test]
    fn images_in_layouts_are_read_with_and_without_a_version() {
        let layout = |text: &str| {
            let image = read(text);
            let Place::Layout(path) = image.place else {
                panic!("{text}")
            };
            (
                path.display().to_string(),
                image.selector.map(|s| s.to_string()),
            )
        };
        assert_eq!(layout("oci-layout:dist/app"), ("dist/app".to_owned(), None));
        assert_eq!(
            layout("oci-layout:dist/app:1.0"),
            ("dist/app".to_owned(), Some(":1.0".to_owned()))
        );
        assert_eq!(
            layout(&format!("oci-layout:/a@b/c@{}", hex())),
            ("/a@b/c".to_owned(), Some(format!("@{}", hex())))
        );
        assert_eq!(layout("oci-layout:a:b/c"), ("a:b/c".to_owned(), None));
    }

    #[test]
    fn files_are_no_images() {
        for text in [
            "app.tar.gz",
            "dist/app:1.0",
            "registry.example/app:1.0",
            "registry.example/app",
            "./oci://x",
        ] {
            assert!(ImageReference::of_argument(text).is_none(), "{text}");
        }
        assert_eq!(
            ImageReference::guess("registry.example/app:1.0").as_deref(),
            Some("oci://registry.example/app:1.0")
        );
        assert_eq!(ImageReference::guess("dist/app:1.0"), None);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let upper = format!("oci://r.example/app@sha256:{}", "AB".repeat(32));
        for text in [
            "oci://",
            "oci://r.example",
            "oci://r.example/",
            "oci://r.example/app",
            "oci:///app:1",
            "oci://r.example/App:1",
            "oci://r.example/../app:1",
            "oci://r.example/a//b:1",
            "oci://r.example/app:",
            "oci://r.example/app:-x",
            "oci://r.example/app:a b",
            "oci://user:secret@r.example/app:1",
            "oci://r.example?x/app:1",
            "oci://r.example:99999/app:1",
            "oci://https://r.example/app:1",
            "oci://r.example/app@sha256:00",
            "oci://r.example/app@sha512:00",
            upper.as_str(),
            "oci-layout:",
            "oci-layout::1",
            "oci-layout:dir:",
            "oci-layout:dir@sha256:00",
        ] {
            let error = ImageReference::of_argument(text).unwrap().unwrap_err();
            assert!(
                matches!(error, OciError::BadReference { .. }),
                "{text}: {error}"
            );
        }
    }
}
