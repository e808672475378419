//! Looks that several profiles share.

use super::{State, Subject};
use crate::sbom::facts::{Completeness, Facts, Family, Party, Stated};
use jiff::Timestamp;

fn state<T>(stated: &Stated<T>, missing: &'static str) -> State {
    match stated {
        Stated::Known(_) => State::Given,
        Stated::Unknown => State::Unknown,
        Stated::Missing => State::Missing(missing),
    }
}

fn given(is_given: bool, missing: &'static str) -> State {
    match is_given {
        true => State::Given,
        false => State::Missing(missing),
    }
}

pub(super) fn machine_readable(facts: &Facts) -> State {
    given(
        facts.format.family != Family::Inventory,
        "it is no SBOM document",
    )
}

pub(super) fn author(facts: &Facts) -> State {
    given(
        facts.authors.iter().any(|party| party.name.is_some()),
        "no person and no organisation is named as the author",
    )
}

pub(super) fn author_or_tool(facts: &Facts) -> State {
    match author(facts) {
        State::Given => State::Given,
        _ => given(
            !facts.tools.is_empty(),
            "no person, organisation or tool is named as the author",
        ),
    }
}

pub(super) fn author_contact(facts: &Facts) -> State {
    given(
        facts.authors.iter().any(has_contact),
        "no e-mail address and no URL of the author is given",
    )
}

/// An address that a program can use: something at a host, or a web address.
fn has_contact(party: &Party) -> bool {
    party.contacts.iter().any(|contact| {
        let is_mail = contact
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
        let is_url = url::Url::parse(contact)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        is_mail || is_url
    })
}

pub(super) fn timestamp(facts: &Facts) -> State {
    match &facts.timestamp {
        None => State::Missing("there is no timestamp"),
        Some(text) => given(
            text.parse::<Timestamp>().is_ok(),
            "the timestamp is no RFC 3339 time",
        ),
    }
}

pub(super) fn tool(facts: &Facts) -> State {
    given(!facts.tools.is_empty(), "no tool is named")
}

pub(super) fn generation_context(facts: &Facts) -> State {
    state(
        &facts.generation_context,
        "it does not say at which moment of the build it was made",
    )
}

pub(super) fn product(facts: &Facts) -> State {
    match facts.product() {
        None => State::Missing("the product that it is about is not named"),
        Some(product) => state(&product.name, "the product has no name"),
    }
}

/// What the product depends on directly is there.
pub(super) fn top_level_dependencies(facts: &Facts) -> State {
    let Some(product) = facts.product() else {
        return State::Missing("the product that it is about is not named");
    };
    if !facts.dangling.is_empty() {
        return State::Missing("relationships name components that are not in the document");
    }
    // To say that it holds them says as much.
    if !product.contains.is_empty() {
        return State::Given;
    }
    let others = facts.components.len() > 1;
    match &product.depends_on {
        Some(direct) if !direct.is_empty() => State::Given,
        Some(_) if others => State::Missing("the product depends on none of the components"),
        // A product without dependencies says so.
        Some(_) => State::Given,
        None => match product.completeness {
            Completeness::Unknown => State::Unknown,
            _ => State::Missing("what the product depends on is not written"),
        },
    }
}

/// It is said how complete the list of components is.
pub(super) fn coverage(facts: &Facts) -> State {
    match facts.completeness {
        Completeness::Complete | Completeness::Incomplete => State::Given,
        Completeness::Unknown => State::Unknown,
        Completeness::Unstated => {
            State::Missing("it does not say whether the list of components is complete")
        }
    }
}

pub(super) fn no_vulnerabilities(facts: &Facts) -> State {
    given(
        facts.vulnerabilities == 0,
        "vulnerabilities are inside the document",
    )
}

pub(super) fn document_uri(facts: &Facts) -> State {
    given(
        facts.uri.is_some(),
        "the document has no identifier of its own",
    )
}

pub(super) fn name(subject: Subject<'_>) -> State {
    state(&subject.component.name, "no name")
}

pub(super) fn version(subject: Subject<'_>) -> State {
    state(&subject.component.version, "no version")
}

pub(super) fn producer(subject: Subject<'_>) -> State {
    state(&subject.component.producer, "no supplier or manufacturer")
}

pub(super) fn producer_contact(subject: Subject<'_>) -> State {
    match &subject.component.producer {
        Stated::Known(party) => given(
            has_contact(party),
            "the creator has no e-mail address and no URL",
        ),
        Stated::Unknown => State::Unknown,
        Stated::Missing => State::Missing("no creator"),
    }
}

pub(super) fn identifier(subject: Subject<'_>) -> State {
    given(
        subject.component.purl.is_some() || !subject.component.identifiers.is_empty(),
        "no purl, CPE or other identifier",
    )
}

/// It is what something depends on, or says what it depends on.
pub(super) fn relationship(subject: Subject<'_>) -> State {
    match (subject.is_related, subject.component.completeness) {
        (true, _) => State::Given,
        (false, Completeness::Unknown | Completeness::Incomplete) => State::Unknown,
        (false, _) => State::Missing("it stands in no relationship"),
    }
}

pub(super) fn hash(subject: Subject<'_>) -> State {
    let component = subject.component;
    given(
        !component.hashes.is_empty() || !component.distribution_hashes.is_empty(),
        "no hash",
    )
}

pub(super) fn licence(subject: Subject<'_>) -> State {
    state(&subject.component.licence(), "no licence")
}
