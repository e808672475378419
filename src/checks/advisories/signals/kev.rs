//! The catalogue of known exploited vulnerabilities
//! (<https://www.cisa.gov/known-exploited-vulnerabilities-catalog>, JSON): one object with
//! the list `vulnerabilities`. Each entry is read for itself, so a malformed one costs no
//! other.

use super::table::{CveKey, Day, KevEntry};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Largest catalogue, in bytes. Today's has 1.4 MB.
pub(in crate::checks::advisories) const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What was read of a catalogue.
#[derive(Debug, Default)]
pub(in crate::checks::advisories) struct Catalogue {
    pub released: Option<Timestamp>,
    pub entries: Vec<(CveKey, KevEntry)>,
    /// Entries that cannot be used: place in the list, from 1, and what is wrong.
    pub bad: Vec<(u64, String)>,
    /// Parts of entries that cannot be used: id and what is wrong.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default, rename = "dateReleased")]
    released: Value,
    #[serde(borrow)]
    vulnerabilities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct WireEntry {
    #[serde(rename = "cveID")]
    id: String,
    #[serde(default, rename = "dateAdded")]
    added: Value,
    #[serde(default, rename = "dueDate")]
    due: Value,
    #[serde(default, rename = "knownRansomwareCampaignUse")]
    ransomware: Value,
}

/// Whether bytes are meant to be a catalogue: an object with its list and version and
/// without the id that an advisory has.
pub(in crate::checks::advisories) fn is_catalogue(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Probe {
        catalog_version: Option<serde::de::IgnoredAny>,
        vulnerabilities: Option<serde::de::IgnoredAny>,
        id: Option<serde::de::IgnoredAny>,
    }
    // Advisories are a hundred times as many: they are told apart without being parsed.
    if memchr::memmem::find(bytes, b"\"catalogVersion\"").is_none() {
        return false;
    }
    serde_json::from_slice::<Probe>(bytes).is_ok_and(|probe| {
        probe.catalog_version.is_some() && probe.vulnerabilities.is_some() && probe.id.is_none()
    })
}

/// Reads a catalogue.
///
/// # Errors
/// What is wrong with it as a whole.
pub(in crate::checks::advisories) fn parse(bytes: &[u8]) -> Result<Catalogue, String> {
    let wire: Wire<'_> = serde_json::from_slice(bytes)
        .map_err(|error| format!("it is no catalogue of exploited vulnerabilities: {error}"))?;
    let mut catalogue = Catalogue {
        released: wire.released.as_str().and_then(|text| text.parse().ok()),
        ..Catalogue::default()
    };
    if catalogue.released.is_none() {
        catalogue
            .notes
            .push("KEV: its date of release cannot be read".to_owned());
    }
    for (number, raw) in (1..).zip(wire.vulnerabilities) {
        match parse_entry(raw, &mut catalogue.notes) {
            Ok(entry) => catalogue.entries.push(entry),
            Err(reason) => catalogue.bad.push((number, reason)),
        }
    }
    Ok(catalogue)
}

fn parse_entry(raw: &RawValue, notes: &mut Vec<String>) -> Result<(CveKey, KevEntry), String> {
    let wire: WireEntry = serde_json::from_str(raw.get())
        .map_err(|error| format!("its entry cannot be read: {error}"))?;
    let key = CveKey::parse(&wire.id)
        .ok_or_else(|| format!("its `cveID` is no CVE id: {}", super::epss::short(&wire.id)))?;
    // That it is exploited is what counts; a date that cannot be read changes nothing
    // about it.
    let mut day = |value: &Value, name: &str| match value {
        Value::Null => Day::default(),
        value => value.as_str().and_then(Day::parse).unwrap_or_else(|| {
            notes.push(format!("KEV {}: its `{name}` is no day", wire.id));
            Day::default()
        }),
    };
    Ok((
        key,
        KevEntry {
            added: day(&wire.added, "dateAdded"),
            due: day(&wire.due, "dueDate"),
            ransomware: wire
                .ransomware
                .as_str()
                .is_some_and(|word| word.eq_ignore_ascii_case("known")),
        },
    ))
}
