//! Writes the members of a document in the order in which the specification lists them.

use super::schema::{Field, Kind, ROOT, Schema};
use crate::sbom::document::{CycloneDxVersion, Extra};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value;

/// The document as pretty JSON, without a final line feed.
pub fn to_bytes(map: &Extra, version: CycloneDxVersion) -> Vec<u8> {
    let ordered = OrderedObject {
        map,
        id: Some(ROOT),
        version,
    };
    #[expect(
        clippy::expect_used,
        reason = "values of JSON with text keys always serialise"
    )]
    serde_json::to_vec_pretty(&ordered).expect("plain data serialises")
}

struct OrderedObject<'v> {
    map: &'v Extra,
    /// `None` where the specification leaves the content open.
    id: Option<usize>,
    version: CycloneDxVersion,
}

struct OrderedValue<'v> {
    value: &'v Value,
    id: Option<usize>,
    version: CycloneDxVersion,
}

impl Serialize for OrderedObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.id.and_then(|id| Schema::embedded().object(id));
        let members = self.map.iter().map(|(key, value)| {
            let placed: Option<(usize, &Field)> = object.and_then(|object| object.placed(key));
            (placed, key, value)
        });
        let mut members: Vec<_> = members.collect();
        // The sort is stable: what has no place keeps the order of the alphabet.
        members.sort_by_key(|(placed, ..)| placed.map_or(usize::MAX, |(place, _)| place));
        let mut map = serializer.serialize_map(Some(members.len()))?;
        for (placed, key, value) in members {
            let id = placed.and_then(|(_, field)| {
                let mut known = field.in_version(self.version);
                known.find_map(|alternative| match alternative.kind {
                    Kind::Object(id) if alternative.list == value.is_array() => Some(id),
                    _ => None,
                })
            });
            let value = OrderedValue {
                value,
                id,
                version: self.version,
            };
            map.serialize_entry(key, &value)?;
        }
        map.end()
    }
}

impl Serialize for OrderedValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (id, version) = (self.id, self.version);
        match self.value {
            Value::Object(map) => OrderedObject { map, id, version }.serialize(serializer),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for value in items {
                    list.serialize_element(&OrderedValue { value, id, version })?;
                }
                list.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}
