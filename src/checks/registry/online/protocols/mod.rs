//! The protocols of registries, one file each: a name in, facts about its versions out.

mod cargo;
mod composer;
mod gem;
mod golang;
mod maven;
mod npm;
mod nuget;
mod pypi;

use super::answers::{Failure, Reply};
use super::question::Question;
use super::session::{Endpoint, NoDocument, Prepared, Session};
use crate::model::Ecosystem;

/// Most bytes of a document about one name. npm's largest have some 30 MB.
pub(super) const MAX_DOCUMENT: u64 = 64 * 1024 * 1024;

/// How registries of one ecosystem are asked.
pub(super) trait Protocol: Sync {
    /// What is asked once for the whole registry.
    ///
    /// # Errors
    /// Why the registry cannot be asked at all.
    fn prepare(&self, _: &Session<'_>, endpoint: &Endpoint) -> Result<Prepared, Failure> {
        Ok(Prepared {
            base: endpoint.address.clone(),
            files: None,
            template: None,
        })
    }

    /// What the registry says of a name: of those versions that it has and that are asked
    /// for.
    ///
    /// # Errors
    /// [`NoDocument`].
    fn ask(
        &self,
        session: &Session<'_>,
        endpoint: &Endpoint,
        prepared: &Prepared,
        question: &Question,
    ) -> Result<Reply, NoDocument>;
}

/// The protocol of an ecosystem; `None` where there is none here.
pub(super) fn of(ecosystem: Ecosystem) -> Option<&'static dyn Protocol> {
    Some(match ecosystem {
        Ecosystem::Cargo => &cargo::Cargo,
        Ecosystem::Composer => &composer::Composer,
        Ecosystem::Gem => &gem::Gem,
        Ecosystem::Golang => &golang::Golang,
        Ecosystem::Maven => &maven::Maven,
        Ecosystem::Npm => &npm::Npm,
        Ecosystem::Nuget => &nuget::Nuget,
        Ecosystem::Pypi => &pypi::Pypi,
        _ => return None,
    })
}

/// A time as text, if it is one.
fn time(text: &str) -> Option<String> {
    let time: jiff::Timestamp = text.trim().parse().ok()?;
    Some(time.to_string())
}
