//! How bad a group of records is, and what class it has.

use super::record::{Rating, RecordMetadata};
use crate::model::{AdvisoryClass, Severity};
use cvss::Cvss;

/// A level and the vector that it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub severity: Severity,
    pub vector: Option<String>,
    pub score_tenths: Option<u8>,
}

/// The parts of a record's rating that are about one package: what it says of the package
/// and what it says in general.
pub(super) fn ratings_of<'a>(
    metadata: &'a RecordMetadata,
    ecosystem: &str,
    name: &str,
) -> impl Iterator<Item = &'a Rating> {
    let matching: Vec<_> = metadata
        .packages
        .iter()
        .filter(|p| p.ecosystem == ecosystem && p.name == name)
        .map(|p| &p.rating)
        .collect();
    std::iter::once(&metadata.rating).chain(matching)
}

/// The best vector of all ratings: the newest CVSS version, then the highest score, then
/// by text. Without one, the highest word; without one, unknown.
pub(super) fn judge<'a>(ratings: impl Iterator<Item = &'a Rating> + Clone) -> Judgement {
    let best = ratings
        .clone()
        .flat_map(|rating| &rating.vectors)
        .filter_map(|vector| {
            let (version, tenths) = score(vector)?;
            Some((version, tenths, vector))
        })
        .max();
    if let Some((_, tenths, vector)) = best {
        return Judgement {
            severity: Severity::from_cvss_score(f64::from(tenths) / 10.0),
            vector: Some(vector.clone()),
            score_tenths: Some(tenths),
        };
    }
    let word = ratings
        .filter_map(|rating| rating.word.as_deref())
        .filter_map(level_of_word)
        .max();
    Judgement {
        severity: word.unwrap_or(Severity::Unknown),
        vector: None,
        score_tenths: None,
    }
}

/// Rank of the CVSS version and the base score times ten, of a vector that can be read.
fn score(vector: &str) -> Option<(u8, u8)> {
    let parsed: Cvss = vector.parse().ok()?;
    let version = match parsed {
        Cvss::CvssV20(_) => 0,
        Cvss::CvssV30(_) => 1,
        Cvss::CvssV31(_) => 2,
        Cvss::CvssV40(_) => 3,
        _ => return None,
    };
    let tenths = (parsed.score() * 10.0).round().clamp(0.0, 100.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=100"
    )]
    Some((version, tenths as u8))
}

fn level_of_word(word: &str) -> Option<Severity> {
    Some(match word.to_ascii_uppercase().as_str() {
        "LOW" => Severity::Low,
        "MODERATE" | "MEDIUM" => Severity::Medium,
        "HIGH" => Severity::High,
        "CRITICAL" => Severity::Critical,
        _ => return None,
    })
}

/// The class of one record for one package.
pub(super) fn class_of(metadata: &RecordMetadata, ecosystem: &str, name: &str) -> AdvisoryClass {
    let is_malicious = |id: &str| id.starts_with("MAL-");
    if is_malicious(&metadata.id) || metadata.aliases.iter().any(|id| is_malicious(id)) {
        return AdvisoryClass::Malicious;
    }
    let informational =
        ratings_of(metadata, ecosystem, name).find_map(|rating| rating.informational.as_deref());
    match informational {
        None => AdvisoryClass::Vulnerability,
        Some("unmaintained") => AdvisoryClass::Unmaintained,
        Some("unsound") => AdvisoryClass::Unsound,
        Some(_) => AdvisoryClass::Notice,
    }
}

/// The class of a group: the worst of its members.
pub(super) fn worst_class(classes: impl Iterator<Item = AdvisoryClass>) -> AdvisoryClass {
    let harm = |class: &AdvisoryClass| match class {
        AdvisoryClass::Withdrawn => 0,
        AdvisoryClass::Notice => 1,
        AdvisoryClass::Unmaintained => 2,
        AdvisoryClass::Unsound => 3,
        AdvisoryClass::Vulnerability => 4,
        AdvisoryClass::Malicious => 5,
    };
    classes
        .max_by_key(harm)
        .unwrap_or(AdvisoryClass::Vulnerability)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(vectors: &[&str], word: Option<&str>) -> Rating {
        Rating {
            vectors: vectors.iter().map(|&v| v.to_owned()).collect(),
            word: word.map(str::to_owned),
            informational: None,
        }
    }

    fn judged(ratings: &[Rating]) -> (Severity, Option<u8>) {
        let judgement = judge(ratings.iter());
        (judgement.severity, judgement.score_tenths)
    }

    const V2: &str = "AV:N/AC:L/Au:N/C:C/I:C/A:C";
    const V30: &str = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N";
    const V31: &str = "CVSS:3.1/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    const V4: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N";

    #[test]
    fn the_newest_cvss_version_wins_over_a_higher_score() {
        assert_eq!(
            judged(&[rating(&[V2], None)]),
            (Severity::Critical, Some(100))
        );
        assert_eq!(
            judged(&[rating(&[V2], None), rating(&[V30], None)]),
            (Severity::Medium, Some(65))
        );
        assert_eq!(
            judged(&[rating(&[V30, V31], None)]),
            (Severity::Medium, Some(62))
        );
        assert_eq!(
            judged(&[rating(&[V31], None), rating(&[V4], None)]),
            (Severity::Medium, Some(69))
        );
    }

    #[test]
    fn a_word_counts_only_without_a_vector() {
        assert_eq!(
            judged(&[rating(&[], Some("MODERATE"))]),
            (Severity::Medium, None)
        );
        assert_eq!(
            judged(&[
                rating(&["nonsense"], Some("low")),
                rating(&[], Some("HIGH"))
            ]),
            (Severity::High, None)
        );
        assert_eq!(
            judged(&[rating(&["CVSS:9.9/X:Y"], None)]),
            (Severity::Unknown, None)
        );
        assert_eq!(
            judged(&[rating(&[V31], Some("CRITICAL"))]).0,
            Severity::Medium
        );
    }
}
