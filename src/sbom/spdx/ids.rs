//! SPDX identifiers of components: letters, digits, `.` and `-`, the same for the same
//! document.

use crate::sbom::document::{DocComponent, Document};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::{BTreeMap, BTreeSet};

/// A component and its place among the others.
pub struct Listed<'d> {
    /// The component.
    pub component: &'d DocComponent,
    /// `SPDXRef-…`.
    pub id: String,
    /// The id of the component that it is inside of.
    pub inside: Option<String>,
    /// It is the product.
    pub is_root: bool,
    /// Where it is in the document, for losses.
    pub path: String,
}

/// Every component with its id, and the ids by reference.
pub struct Ids<'d> {
    /// The product first, nested ones after the one that holds them.
    pub listed: Vec<Listed<'d>>,
    by_ref: BTreeMap<&'d str, usize>,
    taken: BTreeSet<String>,
}

impl<'d> Ids<'d> {
    /// Names every component of a document.
    pub fn new(document: &'d Document) -> Self {
        let mut ids = Self {
            listed: Vec::new(),
            by_ref: BTreeMap::new(),
            taken: BTreeSet::new(),
        };
        if let Some(root) = &document.root {
            ids.add(root, None, true, "metadata.component".to_owned());
        }
        for (index, component) in document.components.iter().enumerate() {
            ids.add(component, None, false, format!("components[{index}]"));
        }
        ids
    }

    fn add(
        &mut self,
        component: &'d DocComponent,
        inside: Option<String>,
        is_root: bool,
        path: String,
    ) {
        let id = self.unique(component, &path);
        if let Some(reference) = &component.ref_id {
            self.by_ref.entry(reference).or_insert(self.listed.len());
        }
        self.listed.push(Listed {
            component,
            id: id.clone(),
            inside,
            is_root,
            path: path.clone(),
        });
        for (index, inner) in component.components.iter().enumerate() {
            let path = format!("{path}.components[{index}]");
            self.add(inner, Some(id.clone()), false, path);
        }
    }

    /// One that was read from SPDX keeps its id.
    fn unique(&mut self, component: &DocComponent, path: &str) -> String {
        if let Some(own) = component.ref_id.as_deref().filter(|own| is_id(own))
            && self.taken.insert(own.to_owned())
        {
            return own.to_owned();
        }
        let mut seed = component.ref_id.clone().unwrap_or_else(|| path.to_owned());
        loop {
            let hash = hex::encode(digest(&SHA256, seed.as_bytes()).as_ref());
            let short: String = hash.chars().take(12).collect();
            let id = format!("SPDXRef-{}-{short}", word(&component.label()));
            if self.taken.insert(id.clone()) {
                return id;
            }
            // A reference that stands twice: its place tells the two apart.
            seed.push_str(path);
        }
    }

    /// The id of a reference.
    pub fn of(&self, reference: &str) -> Option<&str> {
        let index = self.by_ref.get(reference)?;
        self.listed.get(*index).map(|listed| listed.id.as_str())
    }
}

/// `SPDXRef-` and allowed characters, not the document itself.
pub fn is_id(text: &str) -> bool {
    text != "SPDXRef-DOCUMENT"
        && text.strip_prefix("SPDXRef-").is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
        })
}

/// A text as part of an id: at most 80 characters, `-` for what is not allowed.
pub fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars().take(80) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '.' => word.push(c),
            _ if word.ends_with('-') => {}
            _ => word.push('-'),
        }
    }
    let word = word.trim_matches('-');
    match word {
        "" => "x".to_owned(),
        word => word.to_owned(),
    }
}
