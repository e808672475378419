//! What is known about attacks with a group of ids that are about the same thing.

use super::Signals;
use crate::checks::advisories::{Database, DatabaseError};
use crate::model::{ExploitScore, KnownExploited};
use std::cmp::Reverse;

/// The strongest word over all ids: the catalogue's entry that tells of ransomware, then the
/// earliest; the highest score.
pub(in crate::checks::advisories) fn strongest<'a>(
    database: &Database,
    ids: impl Iterator<Item = &'a String>,
) -> Result<(Option<KnownExploited>, Option<ExploitScore>), DatabaseError> {
    let all: Vec<Signals> = ids
        .map(|id| database.signals(id))
        .collect::<Result<_, _>>()?;
    let known = all.iter().filter_map(|signals| signals.kev.as_ref());
    let known = known.min_by_key(|kev| (!kev.ransomware, kev.date_added.clone()));
    let scores = all.iter().filter_map(|signals| signals.epss.as_ref());
    let score = scores.min_by_key(|epss| Reverse((epss.score_e5, epss.percentile_e5)));
    Ok((
        known.map(|kev| KnownExploited {
            date_added: kev.date_added.clone(),
            due: kev.due.clone(),
            ransomware: kev.ransomware,
        }),
        score.map(|epss| ExploitScore {
            score_e5: epss.score_e5,
            percentile_e5: epss.percentile_e5,
            date: epss.date.clone(),
        }),
    ))
}
