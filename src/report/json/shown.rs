//! Text from outside in the JSON report.

use crate::model::{Purl, fold_url_credentials};
use crate::report::text;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// Text from outside: addresses in it are without credentials. The only way to make one
/// folds them, so that no field can be forgotten. Where there was nothing to fold, as in
/// nearly every text, it is not copied.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Shown<'a>(Cow<'a, str>);

pub(super) fn shown(text: &str) -> Shown<'_> {
    Shown(fold_url_credentials(text))
}

/// The same for a text that was made for the report.
pub(super) fn shown_owned<'a>(text: String) -> Shown<'a> {
    Shown(match fold_url_credentials(&text) {
        Cow::Owned(folded) => folded.into(),
        Cow::Borrowed(_) => text.into(),
    })
}

/// A list of texts from outside, each made [`Shown`] when it is written.
#[derive(Default)]
pub(super) struct AllShown<'a>(&'a [String]);

pub(super) fn all_shown(list: &[String]) -> AllShown<'_> {
    AllShown(list)
}

impl Serialize for AllShown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|text| shown(text)))
    }
}

/// A purl, with credentials folded in qualifiers.
pub(super) fn shown_purl(purl: &Purl) -> Shown<'_> {
    Shown(text::purl(purl))
}

/// A list whose elements get their wire shape when they are written, one after the other: all
/// of them together would be as large as the report.
pub(super) struct Each<'a, T, W> {
    list: Vec<&'a T>,
    wire: fn(&'a T) -> W,
}

impl<'a, T, W> Each<'a, T, W> {
    pub(super) fn of(list: Vec<&'a T>, wire: fn(&'a T) -> W) -> Self {
        Self { list, wire }
    }
}

impl<T, W: Serialize> Serialize for Each<'_, T, W> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.list.iter().map(|one| (self.wire)(one)))
    }
}
