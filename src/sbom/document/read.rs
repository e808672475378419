//! Bytes in, a document out, whatever their format.

use super::extra::type_name;
use super::{CycloneDxVersion, Document, Extra, Format, SpdxVersion};
use crate::sbom::error::SbomError;
use crate::sbom::json;
use crate::sbom::{cyclonedx, spdx};
use serde_json::Value;

/// A place of the input that was not taken over, or not as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// `components[3].hashes[0]`; empty for the document as a whole.
    pub path: String,
    /// What is wrong with it, one line.
    pub message: String,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "`{path}` {}", self.message),
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadDocument {
    /// The document.
    pub document: Document,
    /// What it was written in.
    pub format: Format,
    /// What could not be taken over, in the order of the input.
    pub notes: Vec<Note>,
}

/// Largest SBOM in bytes that is read.
pub const MAX_BYTES: usize = 200 * 1024 * 1024;
/// Most components, nested ones included.
pub const MAX_COMPONENTS: usize = 500_000;

/// Reads an SBOM: CycloneDX 1.2 to 1.7 JSON, CycloneDX 1.3 to 1.5 XML, SPDX 2.2 and 2.3
/// JSON. At most 200 MiB, nested at most 100 deep, at most 500,000 components.
///
/// # Errors
/// Every variant of [`SbomError`] that names the input: it is no such document, of a
/// version that is not read, or over a limit.
pub fn read(bytes: &[u8]) -> Result<ReadDocument, SbomError> {
    let (format, map, mut notes) = detect(bytes)?;
    let mut read = match format {
        Format::CycloneDxJson(_) | Format::CycloneDxXml(_) => cyclonedx::read_document(map, format),
        Format::SpdxJson(_) => spdx::read_document(map, format),
    };
    notes.append(&mut read.notes);
    read.notes = notes;
    if read.document.all_components().nth(MAX_COMPONENTS).is_some() {
        return Err(SbomError::TooLarge {
            what: "components",
            limit: MAX_COMPONENTS,
        });
    }
    Ok(read)
}

/// The format of a document, its members as JSON, and what was left out on the way to it.
///
/// # Errors
/// As [`read`].
pub(crate) fn detect(bytes: &[u8]) -> Result<(Format, Extra, Vec<Note>), SbomError> {
    if bytes.len() > MAX_BYTES {
        return Err(SbomError::TooLarge {
            what: "bytes",
            limit: MAX_BYTES,
        });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let map = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => match json::parse(bytes)? {
            Value::Object(map) => map,
            _ => return Err(SbomError::UnknownFormat),
        },
        Some(b'<') => {
            let (version, map, notes) = cyclonedx::parse_xml(bytes)?;
            return Ok((Format::CycloneDxXml(version), map, notes));
        }
        _ => return Err(SbomError::UnknownFormat),
    };
    let format = format_of(&map)?;
    Ok((format, map, Vec::new()))
}

fn format_of(map: &Extra) -> Result<Format, SbomError> {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    if text("bomFormat") == Some("CycloneDX") {
        let found = version_of(map, "CycloneDX JSON", "specVersion")?;
        return match CycloneDxVersion::parse(found) {
            Some(version) => Ok(Format::CycloneDxJson(version)),
            None => Err(SbomError::UnsupportedVersion {
                format: "CycloneDX JSON",
                found: found.to_owned(),
                known: "1.2, 1.3, 1.4, 1.5, 1.6, 1.7",
            }),
        };
    }
    let unsupported = |found: &str| SbomError::UnsupportedVersion {
        format: "SPDX JSON",
        found: found.to_owned(),
        known: "SPDX-2.2, SPDX-2.3",
    };
    if map.contains_key("@graph") {
        return Err(unsupported("3"));
    }
    if !map.contains_key("spdxVersion") {
        return Err(SbomError::UnknownFormat);
    }
    match version_of(map, "SPDX JSON", "spdxVersion")? {
        "SPDX-2.2" => Ok(Format::SpdxJson(SpdxVersion::V2_2)),
        "SPDX-2.3" => Ok(Format::SpdxJson(SpdxVersion::V2_3)),
        found => Err(unsupported(found)),
    }
}

/// The text that names the version.
fn version_of<'m>(map: &'m Extra, format: &'static str, key: &str) -> Result<&'m str, SbomError> {
    let malformed = |message: String| SbomError::Malformed { format, message };
    match map.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(malformed(format!(
            "`{key}` is {}, not a text",
            type_name(other)
        ))),
        None => Err(malformed(format!("it has no `{key}`"))),
    }
}
