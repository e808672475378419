//! The rule about names that look like the project's own or internal ones (typosquats):
//! one letter added, left out, changed or two swapped, or other separators or none.

use super::case::{Case, Hit, Sink};
use super::rules;
use super::settings::{RegistrySettings, Standing, fold_name, standing};
use crate::model::{ComponentKind, Ecosystem, Inventory, Origin, Severity, terminal_safe};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter names are a letter away from too many others.
const SHORTEST: usize = 5;

/// Letters behind a beginning that make another name of it, not a plural.
const SHORTEST_REST: usize = 3;

/// Names that begin alike and are looked at; where there are more, the beginning is a word.
const GLUED_LIMIT: usize = 2;

/// What parts a name.
const SEPARATORS: [char; 3] = ['-', '_', '.'];

/// Own names of one ecosystem that are compared with.
const OWN_LIMIT: usize = 2_000;

/// Names and beginnings of names that others may imitate.
#[derive(Debug, Default)]
pub(super) struct Known {
    whole: BTreeMap<Ecosystem, BTreeSet<String>>,
    /// `@acme` and `acme` of the patterns `@acme/*` and `acme-*`, with the separator.
    beginnings: BTreeSet<(String, char)>,
    /// How many names that are not internal go on after a beginning without a separator.
    glued: BTreeMap<(Ecosystem, String), usize>,
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
        known.count_glued(inventory, settings);
        known
    }

    fn count_glued(&mut self, inventory: &Inventory, settings: &RegistrySettings) {
        let starts: BTreeSet<&String> = self.beginnings.iter().map(|(start, _)| start).collect();
        let mut glued: BTreeMap<(Ecosystem, String), BTreeSet<String>> = BTreeMap::new();
        for component in &inventory.components {
            let (ecosystem, name) = (component.ecosystem, &component.name);
            let folded = fold_name(ecosystem, name);
            let starts = starts.iter().filter(|start| is_glued(&folded, start));
            for start in starts.filter(|_| !settings.is_internal(ecosystem, name)) {
                let key = (ecosystem, (*start).clone());
                glued.entry(key).or_default().insert(folded.clone());
            }
        }
        let counted = glued.into_iter().map(|(key, names)| (key, names.len()));
        self.glued = counted.collect();
    }

    /// Whether a name looks as if it had a beginning that it does not have.
    fn is_imitated(&self, ecosystem: Ecosystem, name: &str, start: &str, separator: char) -> bool {
        if separator == '/' {
            let first = name.split_once('/').map(|(first, _)| first);
            return first
                .is_some_and(|first| looks_like(first, start) || is_short_slip(first, start));
        }
        let Some((first, _)) = name.split_once(SEPARATORS) else {
            return self.is_rare(ecosystem, start) && is_glued(name, start);
        };
        // The beginning itself, with another separator; internal names do not come here.
        first == start
            || looks_like(first, start)
            || is_short_slip(first, start)
            || (self.is_rare(ecosystem, start) && is_glued(first, start))
    }

    /// Whether few names begin so: a beginning of many (`data`, `node`) is a common word.
    fn is_rare(&self, ecosystem: Ecosystem, start: &str) -> bool {
        let count = self.glued.get(&(ecosystem, start.to_owned()));
        count.is_none_or(|count| *count <= GLUED_LIMIT)
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
                        self.is_imitated(ecosystem, &folded, start, *separator)
                    })
                    .map(|(start, _)| start.as_str())
            })
    }
}

/// Whether a name goes on after a beginning without a separator: `acmecore`.
fn is_glued(name: &str, start: &str) -> bool {
    let rest = name.strip_prefix(start).unwrap_or_default();
    let letters = rest.chars().take_while(|c| c.is_alphanumeric()).count();
    start.chars().count() >= SHORTEST - 1 && letters >= SHORTEST_REST
}

/// One slip from a beginning that is too short for [`looks_like`]: a letter more between its
/// first and its last one, or two of its letters swapped. A changed letter, one more at the end
/// or one less make too many other words.
fn is_short_slip(name: &str, start: &str) -> bool {
    let ends = |text: &str| (text.chars().next(), text.chars().next_back());
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let (length, own_length) = (name.chars().count(), start.chars().count());
    own_length + 1 == SHORTEST
        && strsim::osa_distance(name, start) == 1
        && match length.checked_sub(own_length) {
            Some(1) => ends(name) == ends(start) && !name.starts_with(start),
            Some(0) => sorted(name) == sorted(start),
            _ => false,
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

    #[test]
    fn of_a_short_beginning_few_slips_look_alike() {
        let known = |glued: usize| Known {
            glued: BTreeMap::from([((Ecosystem::Cargo, "acme".to_owned()), glued)]),
            beginnings: BTreeSet::from([("acme".to_owned(), '-'), ("core".to_owned(), '-')]),
            ..Known::default()
        };
        let imitated = |name: &str| {
            let known = known(1);
            known.imitated(Ecosystem::Cargo, name).map(str::to_owned)
        };
        for name in [
            "acmecore",
            "acme_core",
            "acme.core",
            "aceme-core",
            "amce-core",
            "accme_core",
            "acmecore-utils",
        ] {
            assert_eq!(imitated(name).as_deref(), Some("acme"), "{name}");
        }
        for name in [
            "acmee-core",
            "acne-core",
            "acm-core",
            "acme",
            "acmes",
            "acmex1",
            "pacme-core",
            "other",
            "other-acme",
            "score-board",
            "code-point",
            "cors-any",
            "cores-x",
            "more-x",
        ] {
            assert_eq!(imitated(name), None, "{name}");
        }
        // Where many names go on after it, it is a word.
        let common = known(3);
        assert_eq!(common.imitated(Ecosystem::Cargo, "acmecore"), None);
        assert!(common.imitated(Ecosystem::Cargo, "acme_core").is_some());
    }
}
