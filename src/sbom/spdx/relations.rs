//! Relationships of SPDX 2.3
//! (<https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/>).

use super::ids::Ids;
use super::package::Context;
use super::{NO_ASSERTION, NONE};
use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{Document, Extra};
use crate::sbom::loss::{LossReason, Losses};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One relationship, in order of writing.
type Relation = (String, &'static str, String);

/// The relationships of a document: what it describes, what is inside what, what depends
/// on what. A component that is said to have no dependencies has one on `NONE`, and one
/// whose dependencies are not all known has one on `NOASSERTION`.
pub fn relationships(
    document: &Document,
    ids: &Ids<'_>,
    context: &Context<'_>,
    losses: &mut Losses,
) -> Vec<Value> {
    let mut relations: BTreeSet<Relation> = BTreeSet::new();
    let mut described: Vec<&str> = ids
        .listed
        .iter()
        .filter(|listed| listed.is_root)
        .map(|listed| listed.id.as_str())
        .collect();
    if described.is_empty() {
        // The document is about all of them.
        let top = ids.listed.iter().filter(|listed| listed.inside.is_none());
        described = top.map(|listed| listed.id.as_str()).collect();
    }
    let describes = described.into_iter().map(|id| {
        let document = "SPDXRef-DOCUMENT".to_owned();
        (document, "DESCRIBES", id.to_owned())
    });
    relations.extend(describes);
    if ids.listed.is_empty() {
        // A document has to say what it is about, even if it lists nothing.
        relations.insert((
            "SPDXRef-DOCUMENT".to_owned(),
            "DESCRIBES",
            NO_ASSERTION.to_owned(),
        ));
    }
    for listed in &ids.listed {
        if let Some(holder) = &listed.inside {
            relations.insert((holder.clone(), "CONTAINS", listed.id.clone()));
        }
    }
    let partly_known = partly_known(document, ids, context, losses);
    depends(
        document,
        ids,
        &partly_known,
        context,
        losses,
        &mut relations,
    );
    for id in &partly_known {
        relations.insert((id.clone(), "DEPENDS_ON", NO_ASSERTION.to_owned()));
    }
    let mut written: Vec<Value> = relations
        .into_iter()
        .map(|(from, kind, to)| {
            json!({
                "spdxElementId": from,
                "relationshipType": kind,
                "relatedSpdxElement": to,
            })
        })
        .collect();
    if context.keeps_extra
        && let Some(Value::Array(others)) = document.extra.get("relationships")
    {
        written.extend(others.iter().cloned());
    }
    written
}

fn depends(
    document: &Document,
    ids: &Ids<'_>,
    partly_known: &BTreeSet<String>,
    context: &Context<'_>,
    losses: &mut Losses,
    relations: &mut BTreeSet<Relation>,
) {
    let at = At::ROOT.key("dependencies");
    let nowhere = LossReason::Invalid("is left out: it refers to no component");
    for (index, dependency) in document.dependencies.iter().enumerate() {
        let at = at.index(index);
        let no_place = || LossReason::NoPlace(context.format);
        if !dependency.provides.is_empty() {
            losses.add(&at.key("provides"), no_place());
        }
        for key in telling_keys(&dependency.extra) {
            losses.add(&at.key(key), no_place());
        }
        let Some(from) = ids.of(&dependency.ref_id) else {
            losses.add(&at, nowhere.clone());
            continue;
        };
        let depends_on = at.key("dependsOn");
        for (index, reference) in dependency.depends_on.iter().enumerate() {
            match ids.of(reference) {
                Some(to) => {
                    relations.insert((from.to_owned(), "DEPENDS_ON", to.to_owned()));
                }
                None => losses.add(&depends_on.index(index), nowhere.clone()),
            }
        }
        if dependency.depends_on.is_empty() && !partly_known.contains(from) {
            relations.insert((from.to_owned(), "DEPENDS_ON", NONE.to_owned()));
        }
    }
}

/// Ids of components of which a composition says that their dependencies are not all
/// known.
fn partly_known(
    document: &Document,
    ids: &Ids<'_>,
    context: &Context<'_>,
    losses: &mut Losses,
) -> BTreeSet<String> {
    let mut partly_known = BTreeSet::new();
    let at = At::ROOT.key("compositions");
    for (index, composition) in document.compositions.iter().enumerate() {
        let at = at.index(index);
        let is_whole = composition.aggregate == "complete";
        let rest = |extra: &Extra| !extra.is_empty();
        if !composition.assemblies.is_empty() {
            losses.add(&at.key("assemblies"), LossReason::NoPlace(context.format));
        }
        if rest(&composition.extra) {
            losses.add(&at, LossReason::NoPlace(context.format));
        }
        if is_whole || composition.dependencies.is_empty() {
            if !composition.dependencies.is_empty() {
                losses.add(&at.key("dependencies"), LossReason::NoPlace(context.format));
            }
            continue;
        }
        if composition.aggregate != "unknown" {
            let into = "a dependency on `NOASSERTION`".to_owned();
            losses.add(&at.key("aggregate"), LossReason::Changed { into });
        }
        let known = composition.dependencies.iter();
        partly_known.extend(
            known
                .filter_map(|reference| ids.of(reference))
                .map(str::to_owned),
        );
    }
    partly_known
}
