//! The rule about package files that belong to another package.

use super::address::{Address, shown};
use super::case::{Case, Hit, Sink};
use super::rules;
use crate::model::{Ecosystem, Origin, Severity};

/// Adds `registry/name-mismatch` where the file's address names another package.
pub(super) fn check(case: &Case<'_>, sink: &mut Sink<'_>) {
    if case.component.ecosystem != Ecosystem::Npm {
        return;
    }
    let Origin::Registry {
        file: Some(file), ..
    } = &case.occurrence.origin
    else {
        return;
    };
    let Some(address) = Address::parse(file) else {
        return;
    };
    let Some(tarball) = Tarball::of(&address) else {
        return;
    };
    if tarball.belongs_to(&case.component.name, case.component.version.as_deref()) {
        return;
    }
    let hit = Hit {
        rule: &rules::NAME_MISMATCH,
        severity: Severity::High,
        message: format!(
            "the entry of `{}` fetches the file of another package or version: `{}`",
            case.label(),
            shown(file)
        ),
        remedy: "do not install from this lockfile; write it anew with its tool, and find out who changed the entry".to_owned(),
    };
    sink.add(hit, case.occurrence);
}

/// What a tarball address of the layout `…/[@scope/]name/-/[@scope/]name-version.tgz` says.
struct Tarball<'a> {
    scope: Option<&'a str>,
    name: &'a str,
    /// The file name without `.tgz`; `None` where it ends otherwise.
    stem: Option<&'a str>,
}

impl<'a> Tarball<'a> {
    /// `None` where the address has another layout and so says nothing.
    fn of(address: &'a Address) -> Option<Self> {
        let segments = address.segments();
        let dash = segments.iter().rposition(|s| s == "-")?;
        let name = segments.get(dash.checked_sub(1)?)?;
        let scope = dash
            .checked_sub(2)
            .and_then(|at| segments.get(at))
            .filter(|s| s.starts_with('@'));
        let file = match segments.get(dash + 1..)? {
            [file] => file,
            [scope, file] if scope.starts_with('@') => file,
            _ => return None,
        };
        Some(Self {
            scope: scope.map(String::as_str),
            name,
            stem: file
                .strip_suffix(".tgz")
                .or_else(|| file.strip_suffix(".tar.gz")),
        })
    }

    /// Whether address and file name fit the package. A version may miss its build
    /// metadata (`1.0.0+abc`), which npm does not keep.
    fn belongs_to(&self, package: &str, version: Option<&str>) -> bool {
        let same_package = match (self.scope, package.split_once('/')) {
            (Some(scope), Some((want_scope, want))) => scope == want_scope && self.name == want,
            (None, None) => self.name == package,
            // `/left-pad/-/` for `@scope/left-pad`, or the other way round.
            _ => false,
        };
        let Some(stem) = self.stem else {
            return same_package;
        };
        let found = stem
            .strip_prefix(self.name)
            .and_then(|rest| rest.strip_prefix('-'))
            .map(|rest| rest.replace("%2B", "+").replace("%2b", "+"));
        let same_file = match (found, version) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(found), Some(want)) => {
                found == want || Some(found.as_str()) == want.split_once('+').map(|(v, _)| v)
            }
        };
        same_package && same_file
    }
}
