//! The rule about names that look like the project's own or internal ones (typosquats):
//! one letter added, left out, changed or two swapped, or other separators.

use super::case::{Case, Hit, Sink};
use super::rules;
use super::settings::{RegistrySettings, Standing, fold_name, standing};
use crate::model::{ComponentKind, Ecosystem, Inventory, Origin, Severity, terminal_safe};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter names are a letter away from too many others.
const SHORTEST: usize = 5;

/// Own names of one ecosystem that are compared with.
const OWN_LIMIT: usize = 2_000;

/// Names and beginnings of names that others may imitate.
#[derive(Debug, Default)]
pub(super) struct Known {
    whole: BTreeMap<Ecosystem, BTreeSet<String>>,
    /// `@acme` and `acme` of the patterns `@acme/*` and `acme-*`, with the separator.
    beginnings: BTreeSet<(String, char)>,
}

impl Known {
    /// The project's own components and the policy's internal names.
    pub(super) fn of(inventory: &Inventory, settings: &RegistrySettings) -> Self {
        let mut known = Self::default();
        for component in &inventory.components {
            let names = known.whole.entry(component.ecosystem).or_default();
            if component.kind == ComponentKind::Own && names.len() < OWN_LIMIT {
                names.insert(fold_name(component.ecosystem, &component.name));
            }
        }
        for pattern in &settings.internal {
            let text = pattern.as_str();
            if !text.contains('*') {
                for names in known.whole.values_mut() {
                    names.insert(text.to_lowercase());
                }
            } else if let Some(start) = text.strip_suffix('*')
                && let Some(separator) = start.chars().next_back()
                && matches!(separator, '/' | '-' | '.' | '_')
                && let Some(start) = start.strip_suffix(separator)
                && !start.contains('*')
                && !start.contains(separator)
            {
                known.beginnings.insert((start.to_lowercase(), separator));
            }
        }
        known
    }

    /// The name that another one imitates.
    fn imitated(&self, ecosystem: Ecosystem, name: &str) -> Option<&str> {
        let folded = fold_name(ecosystem, name);
        let whole = self.whole.get(&ecosystem).into_iter().flatten();
        whole
            .map(String::as_str)
            .find(|own| looks_like(&folded, own))
            .or_else(|| {
                self.beginnings
                    .iter()
                    .find(|(start, separator)| {
                        let first = folded.split_once(*separator).map(|(first, _)| first);
                        first.is_some_and(|first| looks_like(first, start))
                    })
                    .map(|(start, _)| start.as_str())
            })
    }
}

/// Whether two different names are one slip apart.
fn looks_like(name: &str, own: &str) -> bool {
    if name == own {
        return false;
    }
    let (length, own_length) = (name.chars().count(), own.chars().count());
    if own_length < SHORTEST || length < SHORTEST || length.abs_diff(own_length) > 3 {
        return false;
    }
    let bare = |text: &str| text.replace(['-', '_', '.'], "");
    if bare(name) == bare(own) {
        return true;
    }
    length.abs_diff(own_length) <= 1 && strsim::osa_distance(name, own) == 1
}

/// Adds `registry/look-alike-name`.
pub(super) fn check(case: &Case<'_>, known: &Known, sink: &mut Sink<'_>) {
    let component = case.component;
    let origin = &case.occurrence.origin;
    // What comes from inside is no imitation.
    let is_inside = matches!(origin, Origin::Path { .. })
        || standing(origin, case.approved) == Some(Standing::Internal)
        || case
            .settings
            .is_internal(component.ecosystem, &component.name);
    if is_inside {
        return;
    }
    let Some(own) = known.imitated(component.ecosystem, &component.name) else {
        return;
    };
    let hit = Hit {
        rule: &rules::LOOK_ALIKE_NAME,
        severity: Severity::Info,
        message: format!(
            "`{}` looks like `{}`, a name of your own",
            case.label(),
            terminal_safe(own)
        ),
        remedy:
            "make sure that this is the package that was meant; if it is, waive this finding for it"
                .to_owned(),
    };
    sink.add(hit, case.occurrence);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_a_look_alike_and_two_are_not() {
        for (name, own, want) in [
            ("acme-coer", "acme-core", true),
            ("acme-cor", "acme-core", true),
            ("acme-ccore", "acme-core", true),
            ("acme-bore", "acme-core", true),
            ("acme.core", "acme-core", true),
            ("acmecore", "acme-core", true),
            ("acme-core", "acme-core", false),
            ("acme-bone", "acme-core", false),
            ("abcd", "abce", false),
            ("@acne", "@acme", true),
        ] {
            assert_eq!(looks_like(name, own), want, "{name} {own}");
        }
    }
}
