//! The fields of an OSV record that are looked at, borrowed from its bytes. A field that
//! is not known costs a scan and no memory, and a value of another type than the schema's
//! is an outcome and no error: one odd field never drops a record.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireRecord<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub modified: Text<'a>,
    #[serde(borrow)]
    pub published: Text<'a>,
    #[serde(borrow)]
    pub withdrawn: Text<'a>,
    #[serde(borrow)]
    pub summary: Text<'a>,
    /// Read only where there is no summary: it is the longest part of most records.
    #[serde(borrow)]
    pub details: Option<&'a RawValue>,
    #[serde(borrow)]
    pub aliases: List<Text<'a>>,
    #[serde(borrow)]
    pub related: List<Text<'a>>,
    #[serde(borrow)]
    pub upstream: List<Text<'a>>,
    #[serde(borrow)]
    pub references: List<Object<WireReference<'a>>>,
    #[serde(borrow)]
    pub severity: List<Object<WireSeverity<'a>>>,
    #[serde(borrow)]
    pub database_specific: Object<WireOwn<'a>>,
    #[serde(borrow)]
    pub affected: List<Object<WireAffected<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireReference<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub url: Text<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireSeverity<'a> {
    #[serde(borrow)]
    pub score: Text<'a>,
}

/// What databases add on their own.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireOwn<'a> {
    #[serde(borrow)]
    pub severity: Text<'a>,
    #[serde(borrow)]
    pub informational: Text<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireAffected<'a> {
    #[serde(borrow)]
    pub package: Object<WirePackage<'a>>,
    #[serde(borrow)]
    pub ranges: List<Object<WireRange<'a>>>,
    #[serde(borrow)]
    pub versions: List<Text<'a>>,
    #[serde(borrow)]
    pub severity: List<Object<WireSeverity<'a>>>,
    #[serde(borrow)]
    pub database_specific: Object<WireOwn<'a>>,
    #[serde(borrow)]
    pub ecosystem_specific: Object<WireOwn<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WirePackage<'a> {
    #[serde(borrow)]
    pub ecosystem: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct WireRange<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub events: List<Event<'a>>,
}

/// A text; absent, `null` and any other value count as none.
#[derive(Default)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// An object; `None` for any other value.
pub(super) struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list, or not.
#[derive(Default)]
pub(super) enum List<T> {
    /// Absent or `null`.
    #[default]
    Absent,
    Items(Vec<T>),
    /// Any other value.
    Other,
}

impl<T> List<T> {
    pub(super) fn items(&self) -> &[T] {
        match self {
            Self::Items(items) => items,
            Self::Absent | Self::Other => &[],
        }
    }
}

/// One event of a range.
#[derive(Default)]
pub(super) struct Event<'a> {
    /// Texts of `introduced`, `fixed`, `last_affected` and `limit`.
    pub known: [Option<Cow<'a, str>>; 4],
    /// It has other keys, values of other types, or is no object.
    pub odd: bool,
}

pub(super) const EVENT_KEYS: [&str; 4] = ["introduced", "fixed", "last_affected", "limit"];

/// The methods of a visitor for values that are not wanted: each is `$other`.
macro_rules! other_scalars {
    ($other:expr) => {
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($other)
        }
    };
}

fn skip_list<'de, A: SeqAccess<'de>>(list: A) -> Result<(), A::Error> {
    IgnoredAny::deserialize(SeqAccessDeserializer::new(list)).map(|_| ())
}

fn skip_object<'de, A: MapAccess<'de>>(object: A) -> Result<(), A::Error> {
    IgnoredAny::deserialize(MapAccessDeserializer::new(object)).map(|_| ())
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for TextVisitor<'a> {
            type Value = Text<'a>;
            other_scalars!(Text(None));
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                skip_list(list).map(|()| Text(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                skip_object(object).map(|()| Text(None))
            }
        }
        deserializer.deserialize_any(TextVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;
            other_scalars!(Object(None));
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Object(None))
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Object(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                skip_list(list).map(|()| Object(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(object)).map(|value| Object(Some(value)))
            }
        }
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;
            other_scalars!(List::Other);
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(List::Absent)
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(List::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(List::Items(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                skip_object(object).map(|()| List::Other)
            }
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Event<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EventVisitor<'a>(PhantomData<&'a ()>);
        fn odd<'a>() -> Event<'a> {
            Event {
                odd: true,
                ..Event::default()
            }
        }
        impl<'de: 'a, 'a> Visitor<'de> for EventVisitor<'a> {
            type Value = Event<'a>;
            other_scalars!(odd());
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(odd())
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
                Ok(odd())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                skip_list(list).map(|()| odd())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut event = Event::default();
                let mut keys = 0_usize;
                while let Some(Text(key)) = object.next_key()? {
                    keys += 1;
                    let place = EVENT_KEYS.iter().position(|k| Some(*k) == key.as_deref());
                    let Text(value) = object.next_value()?;
                    let slot = place.and_then(|place| event.known.get_mut(place));
                    match (slot, value) {
                        (Some(slot), Some(value)) => *slot = Some(value),
                        _ => event.odd = true,
                    }
                }
                event.odd |= keys == 0;
                Ok(event)
            }
        }
        deserializer.deserialize_any(EventVisitor(PhantomData))
    }
}
