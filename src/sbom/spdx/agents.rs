//! People, organisations and tools as SPDX 2 writes them: `Person: name (email)`.

use crate::sbom::document::extra::{At, telling_keys};
use crate::sbom::document::{Contact, DocComponent, Format, Organization};
use crate::sbom::loss::{LossReason, Losses};

/// Who is named by a creator, supplier or originator field.
pub enum Agent {
    Person(Contact),
    Organization(Organization),
    Tool(Box<DocComponent>),
}

/// `None` for anything else, `NOASSERTION` included.
pub fn parse(text: &str) -> Option<Agent> {
    let (kind, rest) = text.split_once(':')?;
    let rest = rest.trim();
    if rest.is_empty() {
        return None;
    }
    match kind.trim() {
        "Person" => {
            let (name, email) = name_and_email(rest);
            Some(Agent::Person(Contact {
                email,
                ..Contact::named(name)
            }))
        }
        "Organization" => {
            let (name, email) = name_and_email(rest);
            let contact = email.map(|email| Contact {
                email: Some(email),
                ..Contact::default()
            });
            Some(Agent::Organization(Organization {
                contacts: contact.into_iter().collect(),
                ..Organization::named(name)
            }))
        }
        "Tool" => Some(Agent::Tool(Box::new(tool(rest)))),
        _ => None,
    }
}

/// `name (email)`; brackets without an `@` belong to the name.
fn name_and_email(text: &str) -> (&str, Option<String>) {
    let split = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
        .map(|(name, email)| (name.trim(), email.trim()));
    match split {
        Some((name, email)) if email.contains('@') && !name.is_empty() => {
            (name, Some(email.to_owned()))
        }
        Some((name, "")) if !name.is_empty() => (name, None),
        _ => (text, None),
    }
}

/// `name-version`: what follows the last `-` is a version if it starts with a digit.
fn tool(text: &str) -> DocComponent {
    let (name, version) = match text.rsplit_once('-') {
        Some((name, version))
            if !name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            (name, Some(version.to_owned()))
        }
        _ => (text, None),
    };
    DocComponent {
        kind: "application".to_owned(),
        name: name.to_owned(),
        version,
        ..DocComponent::default()
    }
}

/// One line without the brackets of an address.
fn shown(name: &str, email: Option<&str>) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match email {
        Some(email) => format!("{} ({email})", name.trim()),
        None => name.trim().to_owned(),
    }
}

/// `Person: name (email)`, and what of them has no place.
pub fn person(
    contact: &Contact,
    format: Format,
    at: &At<'_>,
    losses: &mut Losses,
) -> Option<String> {
    let no_place = || LossReason::NoPlace(format);
    if contact.phone.is_some() {
        losses.add(&at.key("phone"), no_place());
    }
    for key in telling_keys(&contact.extra) {
        losses.add(&at.key(key), no_place());
    }
    let email = contact.email.as_deref();
    match contact.name.as_deref().or(email) {
        Some(name) if !name.trim().is_empty() => {
            let email = email.filter(|email| *email != name && email.contains('@'));
            Some(format!("Person: {}", shown(name, email)))
        }
        _ => {
            losses.add(at, LossReason::Invalid("is left out: it has no name"));
            None
        }
    }
}

/// `Organization: name (email)`, and what of it has no place.
pub fn organization(
    organization: &Organization,
    format: Format,
    at: &At<'_>,
    losses: &mut Losses,
) -> Option<String> {
    if let ([only], Some(name)) = (organization.contacts.as_slice(), &organization.name)
        && only.name.as_ref() == Some(name)
    {
        // A person who supplies, as the reader takes them in.
        return person(only, format, at, losses);
    }
    let no_place = || LossReason::NoPlace(format);
    if !organization.urls.is_empty() {
        losses.add(&at.key("url"), no_place());
    }
    for key in telling_keys(&organization.extra) {
        losses.add(&at.key(key), no_place());
    }
    let first = organization.contacts.first();
    let email = first
        .and_then(|contact| contact.email.as_deref())
        .filter(|email| email.contains('@'));
    let only_email = first.is_none_or(|contact| {
        *contact
            == Contact {
                email: email.map(str::to_owned),
                ..Contact::default()
            }
    });
    if organization.contacts.len() > 1 || !only_email {
        losses.add(&at.key("contact"), no_place());
    }
    match organization.name.as_deref() {
        Some(name) if !name.trim().is_empty() => {
            Some(format!("Organization: {}", shown(name, email)))
        }
        _ => {
            losses.add(at, LossReason::Invalid("is left out: it has no name"));
            None
        }
    }
}
