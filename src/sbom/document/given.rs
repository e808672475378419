//! What no lockfile knows and the caller gives: who answers for the document, who supplies
//! the product and what it depends on, and the product's own file. Nothing of it is
//! guessed: a supplier that nobody names is marked as not known.

use super::{Contact, DocComponent, Hash, Organization, Property};
use crate::model::Purl;
use crate::sbom::error::SbomError;
use std::str::FromStr;

/// The property that gives the reason why the supplier of a component is not known, for
/// CycloneDX, which has no word for it.
pub const SUPPLIER_NOT_KNOWN: &str = "sealgate:supplier";
/// The property that BSI TR-03183-2 (section 8.2) gives the name of a file in CycloneDX.
pub const FILE_NAME: &str = "bsi:component:filename";

/// A person or an organisation: `NAME`, `NAME <E-MAIL>` or `NAME <URL>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    name: String,
    email: Option<String>,
    url: Option<String>,
}

impl FromStr for Party {
    type Err = SbomError;

    fn from_str(text: &str) -> Result<Self, SbomError> {
        let bad = || SbomError::NotAParty {
            text: text.to_owned(),
        };
        let bracketed = text.trim().strip_suffix('>');
        let (name, address) = match bracketed.and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), Some(address.trim())),
            None => (text.trim(), None),
        };
        if name.is_empty() || name.contains(['<', '>']) || text.contains(char::is_control) {
            return Err(bad());
        }
        let mut party = Self {
            name: name.to_owned(),
            email: None,
            url: None,
        };
        match address {
            None => {}
            Some(address) if is_email(address) => party.email = Some(address.to_owned()),
            Some(address) if is_web(address) => party.url = Some(address.to_owned()),
            Some(_) => return Err(bad()),
        }
        Ok(party)
    }
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !text.contains([' ', '/'])
    })
}

fn is_web(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl Party {
    /// As the author of a document. CycloneDX has no field for the URL of one.
    pub fn contact(&self) -> Contact {
        Contact {
            email: self.email.clone(),
            ..Contact::named(&self.name)
        }
    }

    /// Whether it is known by a URL.
    #[must_use]
    pub fn has_url(&self) -> bool {
        self.url.is_some()
    }

    /// As a supplier.
    pub fn organization(&self) -> Organization {
        let contact = self.email.iter().map(|email| Contact {
            email: Some(email.clone()),
            ..Contact::default()
        });
        Organization {
            urls: self.url.iter().cloned().collect(),
            contacts: contact.collect(),
            ..Organization::named(&self.name)
        }
    }
}

/// Who supplies the components of a purl: `PURL=NAME`. Without a version it is for every
/// version, and `*` at the end stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierOf {
    pattern: Pattern,
    supplier: Party,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Purl(String),
    Prefix(String),
}

impl FromStr for SupplierOf {
    type Err = SbomError;

    fn from_str(text: &str) -> Result<Self, SbomError> {
        let bad = |reason| SbomError::NotASupplier {
            text: text.to_owned(),
            reason,
        };
        let (purl, supplier) = text.split_once('=').ok_or(bad("there is no `=`"))?;
        if purl.contains(['?', '#']) {
            return Err(bad("a purl without qualifiers is what is compared"));
        }
        let pattern = match purl.strip_suffix('*') {
            // An npm scope may be given as people write it.
            Some(prefix) => Pattern::Prefix(prefix.replace("/@", "/%40")),
            None => match Purl::parse(purl) {
                Ok(purl) => Pattern::Purl(purl.to_string()),
                Err(_) => return Err(bad("it does not begin with a purl")),
            },
        };
        let has_type = |prefix: &str| {
            let rest = prefix.strip_prefix("pkg:");
            rest.is_some_and(|rest| rest.contains('/'))
        };
        match &pattern {
            Pattern::Prefix(prefix) if !has_type(prefix) => {
                Err(bad("before `*` stands at least `pkg:TYPE/`"))
            }
            _ => Ok(Self {
                pattern,
                supplier: supplier.parse()?,
            }),
        }
    }
}

impl SupplierOf {
    /// Whether it is about a purl.
    #[must_use]
    pub fn is_about(&self, purl: &Purl) -> bool {
        let whole = purl.as_str();
        let end = whole.find(['?', '#']).unwrap_or(whole.len());
        let plain = whole.get(..end).unwrap_or_default();
        match &self.pattern {
            Pattern::Prefix(prefix) => plain.starts_with(prefix.as_str()),
            // Only a version stands after an `@`: elsewhere it is encoded.
            Pattern::Purl(wanted) => {
                let without_version = plain.split_once('@').map_or(plain, |(name, _)| name);
                plain == wanted || without_version == wanted
            }
        }
    }

    /// Longer is more precise.
    fn precision(&self) -> usize {
        match &self.pattern {
            Pattern::Purl(text) | Pattern::Prefix(text) => text.len(),
        }
    }
}

impl std::fmt::Display for SupplierOf {
    /// The purl that it is about.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.pattern {
            Pattern::Purl(purl) => f.write_str(purl),
            Pattern::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

/// Names who supplies a dependency: the most precise of what is given, else that it is not
/// known.
pub fn supply(component: &mut DocComponent, purl: &Purl, suppliers: &[SupplierOf]) {
    let about = suppliers.iter().filter(|one| one.is_about(purl));
    if let Some(one) = about.max_by_key(|one| one.precision()) {
        component.supplier = Some(one.supplier.organization());
        return;
    }
    component.not_known.insert("supplier".to_owned());
    let reason = Property::new(SUPPLIER_NOT_KNOWN, "not recorded in the lockfile");
    component.properties.push(reason);
    component.properties.sort();
}

/// The file that the product is delivered as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name, without directories.
    pub file_name: String,
    /// Digests of its bytes.
    pub hashes: Vec<Hash>,
}

impl Artifact {
    /// Adds it to the product.
    pub fn describe(&self, product: &mut DocComponent) {
        product.hashes.clone_from(&self.hashes);
        let name = crate::model::terminal_safe(&self.file_name);
        product.properties.push(Property::new(FILE_NAME, name));
        product.properties.sort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_a_name_and_at_most_one_address() {
        let party: Party = "Acme Inc. <oss@acme.example>".parse().unwrap();
        assert_eq!(party.contact().email.as_deref(), Some("oss@acme.example"));
        assert_eq!(party.organization().contacts.len(), 1);
        let party: Party = " Acme <https://acme.example/> ".parse().unwrap();
        assert!(party.has_url());
        assert_eq!(party.organization().urls, ["https://acme.example/"]);
        let party: Party = "Acme".parse().unwrap();
        assert_eq!(party.organization(), Organization::named("Acme"));
        for text in [
            "",
            " ",
            "<a@b.example>",
            "A <nowhere>",
            "A <ftp://x>",
            "a\u{1b}",
            "A <a@>",
            "A<b> <c@d>",
        ] {
            let party = text.parse::<Party>();
            assert!(matches!(party, Err(SbomError::NotAParty { .. })), "{text}");
        }
    }

    #[test]
    fn the_most_precise_supplier_is_taken_whatever_the_order() {
        let all: Vec<SupplierOf> = [
            "pkg:npm/*=all",
            "pkg:npm/@acme/*=Acme",
            "pkg:npm/left=Left",
            "pkg:npm/left@2.0.0=Second",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        for suppliers in [all.clone(), all.iter().rev().cloned().collect()] {
            for (purl, name) in [
                ("pkg:npm/%40acme/x@1.0.0", "Acme"),
                (
                    "pkg:npm/left@1.0.0?download_url=https:%2F%2Fx.example%2F",
                    "Left",
                ),
                ("pkg:npm/left@2.0.0", "Second"),
                ("pkg:npm/leftover@2.0.0", "all"),
            ] {
                let mut component = DocComponent::default();
                supply(&mut component, &Purl::parse(purl).unwrap(), &suppliers);
                let supplier = component.supplier.unwrap();
                assert_eq!(supplier.name.as_deref(), Some(name), "{purl}");
            }
        }
        let mut component = DocComponent::default();
        supply(
            &mut component,
            &Purl::parse("pkg:cargo/a@1.0.0").unwrap(),
            &all,
        );
        assert_eq!(component.supplier, None);
        assert!(component.not_known.contains("supplier"));
        assert!(component.property(SUPPLIER_NOT_KNOWN).is_some());
    }

    #[test]
    fn what_names_no_purl_or_no_supplier_is_refused() {
        for text in [
            "",
            "left=Acme",
            "pkg:npm/left",
            "pkg:npm/left@1?a=b=Acme",
            "*=Acme",
            "pkg:*=Acme",
            "pkg:npm=Acme",
        ] {
            let made = text.parse::<SupplierOf>();
            assert!(
                matches!(made, Err(SbomError::NotASupplier { .. })),
                "{text}"
            );
        }
        let made = "pkg:npm/left=".parse::<SupplierOf>();
        assert!(matches!(made, Err(SbomError::NotAParty { .. })));
    }
}
