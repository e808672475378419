//! Which products and components a statement is about.

use crate::model::{ComponentKind, Ecosystem, Inventory, Purl};

/// The product that an inventory is about, under every name that a document may give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its purls, the one to write first.
    purls: Vec<Purl>,
    /// Its name.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
}

impl Product {
    /// The product of an inventory: its own component of that name and version, if exactly
    /// one is it (as in its SBOM), and `pkg:generic/NAME@VERSION`.
    #[must_use]
    pub fn of_inventory(inventory: &Inventory) -> Self {
        let root = &inventory.root;
        let mut own = inventory.components.iter().filter(|component| {
            component.kind == ComponentKind::Own
                && component.name == root.name
                && (component.version == root.version || component.version.is_none())
        });
        let own = own.next().filter(|_| own.next().is_none());
        let version = root.version.as_deref();
        let generic = Purl::of_package(Ecosystem::Generic, &root.name, version, &[]);
        let own = own.map(|component| component.purl.clone());
        Self {
            purls: own.into_iter().chain(generic.ok()).collect(),
            name: root.name.clone(),
            version: root.version.clone(),
        }
    }

    /// The purl to write; `None` where the name cannot be part of one.
    #[must_use]
    pub fn purl(&self) -> Option<&Purl> {
        self.purls.first()
    }
}

/// A product that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductPattern {
    /// The product.
    pub product: Named,
    /// The parts of it that are meant; `None` where the product as a whole is.
    pub subcomponents: Option<Vec<Purl>>,
}

/// How a document names a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By purl; without a version all versions are meant.
    Purl(Purl),
    /// By name and version only, as the subject of a CycloneDX document may be.
    Name {
        /// The name.
        name: String,
        /// The version; without one all versions are meant.
        version: Option<String>,
    },
}

impl ProductPattern {
    /// Whether a component in a product is meant: the product is this one and the component
    /// one of the parts that are named, if any are; or the product is the component itself
    /// and no other parts are named.
    #[must_use]
    pub fn covers(&self, component: &Purl, product: &Product) -> bool {
        let is_part = || {
            let parts = self.subcomponents.as_ref();
            parts.is_none_or(|parts| parts.iter().any(|part| is_meant(part, component)))
        };
        match &self.product {
            Named::Purl(named) => {
                let is_product = product.purls.iter().any(|purl| is_meant(named, purl));
                let is_component = is_meant(named, component);
                let parts_are_it = self.subcomponents.is_none() || is_part();
                (is_product && is_part()) || (is_component && parts_are_it)
            }
            Named::Name { name, version } => {
                *name == product.name
                    && (version.is_none() || *version == product.version)
                    && is_part()
            }
        }
    }
}

/// Whether a purl as a document writes it means another one. What it leaves out may be
/// anything: version, qualifiers, path.
fn is_meant(written: &Purl, actual: &Purl) -> bool {
    let has = |pair: &(String, String)| actual.qualifiers().contains(pair);
    written.without_version() == actual.without_version()
        && (written.version().is_none() || written.version() == actual.version())
        && written.qualifiers().iter().all(has)
        && (written.subpath().is_none() || written.subpath() == actual.subpath())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purl(text: &str) -> Purl {
        Purl::parse(text).unwrap()
    }

    fn product() -> Product {
        Product {
            purls: vec![purl("pkg:npm/shop@1.0.0"), purl("pkg:generic/shop@1.0.0")],
            name: "shop".to_owned(),
            version: Some("1.0.0".to_owned()),
        }
    }

    fn covers(named: &str, parts: Option<&[&str]>, component: &str) -> bool {
        let pattern = ProductPattern {
            product: Named::Purl(purl(named)),
            subcomponents: parts.map(|parts| parts.iter().map(|part| purl(part)).collect()),
        };
        pattern.covers(&purl(component), &product())
    }

    const TAR: &str = "pkg:npm/tar@4.4.1";

    #[test]
    fn the_product_and_the_component_itself_are_meant_in_their_version() {
        for (named, parts, meant) in [
            ("pkg:npm/shop@1.0.0", None, true),
            ("pkg:npm/shop", None, true),
            ("pkg:generic/shop@1.0.0", None, true),
            ("pkg:npm/shop@1.0.1", None, false),
            ("pkg:npm/other@1.0.0", None, false),
            (TAR, None, true),
            ("pkg:npm/tar", None, true),
            ("pkg:npm/tar@4.4.2", None, false),
            ("pkg:cargo/tar@4.4.1", None, false),
            ("pkg:npm/tar@4.4.1?arch=x", None, false),
            ("pkg:npm/shop@1.0.0", Some(&[TAR][..]), true),
            ("pkg:npm/shop@1.0.0", Some(&["pkg:npm/tar"][..]), true),
            (
                "pkg:npm/shop@1.0.0",
                Some(&["pkg:npm/tar@5.0.0"][..]),
                false,
            ),
            ("pkg:npm/shop@1.0.1", Some(&[TAR][..]), false),
            ("pkg:npm/other@1.0.0", Some(&[TAR][..]), false),
            // Something inside of the component, not the component.
            (TAR, Some(&["pkg:npm/minipass@3.0.0"][..]), false),
            ("pkg:npm/shop@1.0.0", Some(&[][..]), false),
        ] {
            assert_eq!(covers(named, parts, TAR), meant, "{named} {parts:?}");
        }
        let fork = "pkg:npm/tar@4.4.1?vcs_url=git%2Bhttps:%2F%2Fh.example%2Ftar";
        assert!(covers(TAR, None, fork), "what is left out may be anything");
        assert!(!covers(fork, None, TAR));
    }

    #[test]
    fn a_product_without_a_version_is_not_that_of_any_version() {
        let unversioned = Product {
            purls: vec![purl("pkg:generic/shop")],
            version: None,
            ..product()
        };
        let named = |name: &str, version: Option<&str>| ProductPattern {
            product: Named::Name {
                name: name.to_owned(),
                version: version.map(str::to_owned),
            },
            subcomponents: None,
        };
        assert!(named("shop", None).covers(&purl(TAR), &unversioned));
        assert!(!named("shop", Some("1.0.0")).covers(&purl(TAR), &unversioned));
        assert!(named("shop", Some("1.0.0")).covers(&purl(TAR), &product()));
        assert!(!named("shops", Some("1.0.0")).covers(&purl(TAR), &product()));
    }
}
