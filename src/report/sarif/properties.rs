//! What SARIF has no place of its own for, in property bags.

use super::wire::{
    AdvisoryProperties, DocumentProperties, EpssProperties, KnownExploitedProperties,
    LapsedProperties, ReachProperties, SourceProperties, VexProperties, WaiverProperties,
};
use crate::model::{
    Detail, Finding, LapsedWaiver, Reach, Report, VexDocumentInfo, VexUse, WaiverUse,
};
use crate::report::facts::{age_days, web_address};
use crate::report::text::{clipped, line};

/// Entries of one list.
const LISTED: usize = 100;

pub(super) fn waiver(waiver: &WaiverUse) -> WaiverProperties {
    WaiverProperties {
        id: clipped(&waiver.id, 120),
        owner: clipped(&waiver.owner, 80),
        reason: line(&waiver.reason),
        expires: clipped(&waiver.expires, 20),
        ends_soon: waiver.ends_soon,
    }
}

pub(super) fn lapsed(waiver: &LapsedWaiver) -> LapsedProperties {
    LapsedProperties {
        id: clipped(&waiver.id, 120),
        owner: clipped(&waiver.owner, 80),
        expires: clipped(&waiver.expires, 20),
        why: waiver.why.as_str(),
    }
}

pub(super) fn vex(used: &VexUse) -> VexProperties {
    let statement = &used.statement;
    VexProperties {
        status: statement.status.as_str(),
        justification: statement.justification.map(|label| label.as_str()),
        text: statement.text.as_deref().map(line),
        time: statement.time.map(|time| time.to_string()),
        author: clipped(&statement.author, 80),
        document: clipped(&statement.document, 120),
        accepted: used.accepted,
        decides: used.decides,
    }
}

pub(super) fn advisory(finding: &Finding) -> Option<AdvisoryProperties> {
    let Detail::Advisory(detail) = &finding.detail else {
        return None;
    };
    Some(AdvisoryProperties {
        id: clipped(&detail.id, 120),
        aliases: listed(&detail.aliases),
        related: listed(&detail.related),
        withdrawn: listed(&detail.withdrawn),
        class: detail.class.as_str(),
        vector: detail.vector.as_deref().map(line),
        fixed: listed(&detail.fixed),
        url: detail.url.as_deref().and_then(web_address),
        indeterminate: detail.indeterminate,
        known_exploited: detail
            .known_exploited
            .as_ref()
            .map(|known| KnownExploitedProperties {
                date_added: clipped(&known.date_added, 20),
                due: known.due.as_deref().map(|due| clipped(due, 20)),
                ransomware: known.ransomware,
            }),
        epss: detail.exploit_score.as_ref().map(|score| EpssProperties {
            score_e5: score.score_e5,
            percentile_e5: score.percentile_e5,
            date: score.date.as_deref().map(|date| clipped(date, 20)),
        }),
    })
}

pub(super) fn reach(reach: &Reach) -> ReachProperties {
    ReachProperties {
        scope: reach.scope.as_str(),
        paths: reach.paths.iter().map(|path| listed(path)).collect(),
        more_paths: reach.more_paths,
    }
}

pub(super) fn sources(report: &Report) -> Vec<SourceProperties> {
    let sources = report
        .database
        .iter()
        .flat_map(|database| &database.sources);
    sources
        .take(LISTED)
        .map(|source| SourceProperties {
            name: clipped(&source.name, 80),
            records: source.records,
            bad_records: source.bad_records,
            newest: source.newest.as_deref().map(|newest| clipped(newest, 40)),
            age_days: age_days(source, &report.time),
            used_for: source.used_for.as_str(),
        })
        .collect()
}

pub(super) fn document(document: &VexDocumentInfo) -> DocumentProperties {
    DocumentProperties {
        file: clipped(&document.file, 120),
        digest: clipped(&document.digest, 100),
        author: clipped(&document.author, 80),
        accepted: document.accepted,
    }
}

fn listed(list: &[String]) -> Vec<String> {
    list.iter().take(LISTED).map(|text| line(text)).collect()
}
