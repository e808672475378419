//! Text from outside in the JSON report.

use crate::model::{Purl, fold_url_credentials};
use crate::report::text;
use serde::Serialize;

/// Text from outside: addresses in it are without credentials. The only way to make one
/// folds them, so that no field can be forgotten.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Shown(String);

pub(super) fn shown(text: &str) -> Shown {
    Shown(fold_url_credentials(text).into_owned())
}

pub(super) fn all_shown(list: &[String]) -> Vec<Shown> {
    list.iter().map(|text| shown(text)).collect()
}

/// A purl, with credentials folded in qualifiers.
pub(super) fn shown_purl(purl: &Purl) -> Shown {
    Shown(text::purl(purl))
}
