//! `gradle/verification-metadata.xml`
//! (<https://docs.gradle.org/current/userguide/dependency_verification.html>): checksums of
//! the files of each module. Of a module's files the one that is built against counts, not
//! its pom.

use crate::inventory::formats::Neighbour;
use crate::inventory::xml::{Xml, children};
use crate::model::{Checksum, Digest, DigestAlgorithm};
use std::collections::HashMap;

/// Endings of files that are built against, best first.
const ENDINGS: [&str; 5] = ["jar", "aar", "klib", "war", "zip"];

/// Problems that are kept.
const PROBLEM_LIMIT: usize = 50;

/// The checksums of one file.
#[derive(Debug)]
pub struct Verification {
    /// Path relative to the root.
    pub path: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Lines and what is wrong there.
    pub problems: Vec<(u32, String)>,
    /// By `GROUP:NAME:VERSION`.
    checksums: HashMap<String, Vec<Checksum>>,
}

impl Verification {
    /// Reads the file.
    ///
    /// # Errors
    /// Line and reason where it is no XML.
    pub fn parse(file: &Neighbour) -> Result<Self, (u32, String)> {
        let xml = Xml::parse(&file.text).map_err(|error| (error.line, error.reason))?;
        let mut read = Self {
            path: file.path.clone(),
            digest: file.digest.clone(),
            problems: Vec::new(),
            checksums: HashMap::new(),
        };
        let components = children(xml.root(), "components")
            .flat_map(|components| children(components, "component"));
        for component in components {
            let attribute = |name: &str| component.attribute(name).unwrap_or_default();
            let (name, version) = (attribute("name"), attribute("version"));
            let module = format!("{}:{name}:{version}", attribute("group"));
            let artifacts: HashMap<&str, roxmltree::Node<'_, '_>> = children(component, "artifact")
                .filter_map(|artifact| Some((artifact.attribute("name")?, artifact)))
                .collect();
            let main = ENDINGS
                .iter()
                .find_map(|ending| artifacts.get(format!("{name}-{version}.{ending}").as_str()));
            let Some(main) = main else {
                continue;
            };
            let mut checksums = Vec::new();
            for entry in main.children().filter(roxmltree::Node::is_element) {
                // `also-trust` inside names other files under the same name.
                let algorithm = DigestAlgorithm::from_name(entry.tag_name().name());
                let Some(algorithm) = algorithm else {
                    continue;
                };
                let value = entry
                    .attribute("value")
                    .ok_or("it has no `value`".to_owned());
                let read_value = value.and_then(|value| {
                    Digest::from_hex(algorithm, value).map_err(|error| error.to_string())
                });
                match read_value {
                    Ok(digest) => checksums.push(Checksum::File(digest)),
                    Err(reason) if read.problems.len() < PROBLEM_LIMIT => {
                        let message = format!("the checksum of `{module}`: {reason}");
                        read.problems.push((xml.line(entry), message));
                    }
                    Err(_) => {}
                }
            }
            read.checksums.insert(module, checksums);
        }
        Ok(read)
    }

    /// The checksums of a module, by `GROUP:NAME` and version.
    #[must_use]
    pub fn checksums(&self, name: &str, version: &str) -> Option<&[Checksum]> {
        let found = self.checksums.get(&format!("{name}:{version}"))?;
        Some(found)
    }
}
