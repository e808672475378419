//! Whether two markers mean the same: tried in every environment that can tell them apart.

use super::{Budget, Comparison, Marker};
use pep440_rs::Version;
use std::collections::BTreeSet;

/// Environments that are tried at most.
const ENVIRONMENT_LIMIT: usize = 20_000;

/// Values of `os_name`, `sys_platform` and `platform_system` that go together. Tools replace one
/// of them by another, so that other combinations tell nothing.
const SYSTEMS: [[&str; 3]; 8] = [
    ["posix", "linux", "Linux"],
    ["posix", "darwin", "Darwin"],
    ["nt", "win32", "Windows"],
    ["posix", "cygwin", "CYGWIN_NT"],
    ["posix", "freebsd", "FreeBSD"],
    ["posix", "aix", "AIX"],
    ["posix", "emscripten", "Emscripten"],
    ["posix", "android", "Android"],
];

/// `platform_python_implementation` and `implementation_name`.
const IMPLEMENTATIONS: [[&str; 2]; 3] = [
    ["CPython", "cpython"],
    ["PyPy", "pypy"],
    ["GraalVM", "graalpy"],
];

/// One environment.
struct Environment<'m> {
    whole: Version,
    short: Version,
    system: [&'m str; 3],
    implementation: [&'m str; 2],
    machine: &'m str,
    extra: Option<&'m str>,
}

impl Environment<'_> {
    fn text(&self, variable: &str) -> Option<&str> {
        let [os, platform, system] = self.system;
        let [implementation, name] = self.implementation;
        Some(match variable {
            "os_name" | "os.name" => os,
            "sys_platform" | "sys.platform" => platform,
            "platform_system" => system,
            "platform_python_implementation"
            | "platform.python_implementation"
            | "python_implementation" => implementation,
            "implementation_name" => name,
            "platform_machine" | "platform.machine" => self.machine,
            _ => return None,
        })
    }

    /// Whether a marker holds; `None` where that cannot be told.
    fn holds(&self, marker: &Marker) -> Option<bool> {
        Some(match marker {
            Marker::Any(parts) => {
                let all: Option<Vec<bool>> = parts.iter().map(|part| self.holds(part)).collect();
                all?.contains(&true)
            }
            Marker::All(parts) => {
                let all: Option<Vec<bool>> = parts.iter().map(|part| self.holds(part)).collect();
                !all?.contains(&false)
            }
            Marker::Comparison(comparison) => match comparison {
                Comparison::Extra { name, wanted } => (self.extra == Some(name)) == *wanted,
                // Tools take releases only, each in its own way.
                Comparison::Python { range, .. } if !range.version().is_stable() => return None,
                Comparison::Python { full: true, range } => range.contains(&self.whole),
                Comparison::Python { full: false, range } => range.contains(&self.short),
                Comparison::Text {
                    variable,
                    value,
                    equal,
                } => (self.text(variable)? == value) == *equal,
                Comparison::Member { .. } | Comparison::Other => return None,
            },
        })
    }
}

/// What markers name.
#[derive(Default)]
struct Named<'m> {
    pythons: BTreeSet<[u64; 3]>,
    machines: BTreeSet<&'m str>,
    extras: BTreeSet<&'m str>,
}

impl<'m> Named<'m> {
    fn read(&mut self, marker: &'m Marker) {
        match marker {
            Marker::Any(parts) | Marker::All(parts) => {
                for part in parts {
                    self.read(part);
                }
            }
            Marker::Comparison(Comparison::Extra { name, .. }) => {
                self.extras.insert(name);
            }
            Marker::Comparison(Comparison::Text { value, .. }) => {
                self.machines.insert(value);
            }
            Marker::Comparison(Comparison::Python { range, .. }) => {
                // Ranges begin and end at versions that are named, or next to them.
                let mut numbers = range.version().release().iter().copied();
                let mut next = || numbers.next().unwrap_or(0);
                let [major, minor, micro] = [next(), next(), next()];
                self.pythons.extend([
                    [major, minor, micro],
                    [major, minor, micro.saturating_add(1)],
                    [major, minor.saturating_add(1), 0],
                    [major.saturating_add(1), 0, 0],
                ]);
            }
            Marker::Comparison(Comparison::Member { .. } | Comparison::Other) => {}
        }
    }
}

/// Comparisons of a marker.
fn size(marker: &Marker) -> usize {
    match marker {
        Marker::Any(parts) | Marker::All(parts) => {
            parts.iter().map(size).fold(1, usize::saturating_add)
        }
        Marker::Comparison(_) => 1,
    }
}

/// Whether it is certain that two markers differ in an environment where `within` holds. What
/// cannot be told is not certain; nor is what takes too long, which the budget remembers.
#[must_use]
pub fn differ(one: &Marker, other: &Marker, within: &Marker, budget: &Budget) -> bool {
    if one == other {
        return false;
    }
    let mut named = Named::default();
    for marker in [one, other, within] {
        named.read(marker);
    }
    named.pythons.insert([0, 0, 1]);
    // A name that none of the markers has.
    named.machines.insert("-");
    let extras: Vec<Option<&str>> = named
        .extras
        .iter()
        .map(|extra| Some(*extra))
        .chain([None])
        .collect();
    let count = [
        named.pythons.len(),
        SYSTEMS.len(),
        IMPLEMENTATIONS.len(),
        named.machines.len(),
        extras.len(),
    ];
    let count = count.into_iter().fold(1, usize::saturating_mul);
    let sizes = [one, other, within].map(size);
    let size = sizes.into_iter().fold(0, usize::saturating_add);
    if count > ENVIRONMENT_LIMIT {
        budget.exceed();
        return false;
    }
    if !budget.take(count.saturating_mul(size)) {
        return false;
    }
    for python in &named.pythons {
        for system in SYSTEMS {
            for implementation in IMPLEMENTATIONS {
                for machine in &named.machines {
                    for extra in &extras {
                        let environment = Environment {
                            whole: Version::new(python),
                            short: Version::new(python.iter().take(2)),
                            system,
                            implementation,
                            machine,
                            extra: *extra,
                        };
                        if environment.holds(within) != Some(true) {
                            continue;
                        }
                        match (environment.holds(one), environment.holds(other)) {
                            (Some(one), Some(other)) if one == other => {}
                            (Some(_), Some(_)) => return true,
                            _ => return false,
                        }
                    }
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(one: &str, other: &str) -> bool {
        let read = |text: &str| Marker::parse(text).unwrap();
        let within = Marker::of_python(">=3.9").unwrap();
        let (one, other) = (read(one), read(other));
        let apart = differ(&one, &other, &within, &Budget::default());
        assert_eq!(apart, differ(&other, &one, &within, &Budget::default()));
        apart
    }

    #[test]
    fn markers_that_mean_the_same_do_not_differ_however_they_are_written() {
        for (one, other) in [
            ("python_version > '3.9'", "python_full_version >= '3.10'"),
            ("python_version >= '3.8'", "python_version >= '3.6'"),
            (
                "python_version < '3.12' or python_version >= '3.13'",
                "python_full_version != '3.12.*'",
            ),
            ("platform_system == 'Windows'", "sys_platform == 'win32'"),
            (
                "python_version == '3.11' and (sys_platform=='linux' or os_name=='nt') and platform_machine != 'arm64'",
                "python_full_version == '3.11.*' and ((os_name == 'nt' and platform_machine != 'arm64') or (platform_machine != 'arm64' and sys_platform == 'linux'))",
            ),
            // What cannot be told.
            ("python_version in '3.10 3.11'", "python_version < '3.12'"),
            (
                "python_full_version <= '3.11.0a6'",
                "python_full_version <= '3.11'",
            ),
        ] {
            assert!(!apart(one, other), "{one} | {other}");
        }
    }

    #[test]
    fn markers_that_mean_something_else_differ() {
        for (one, other) in [
            ("python_version > '3.9'", "python_version > '3.10'"),
            (
                "python_full_version < '3.11.2'",
                "python_full_version < '3.11.3'",
            ),
            ("sys_platform == 'win32'", "sys_platform == 'linux'"),
            ("sys_platform == 'win32'", "sys_platform != 'win32'"),
            (
                "platform_machine == 'arm64'",
                "platform_machine == 'x86_64'",
            ),
            ("extra == 'a'", "extra == 'b'"),
            ("extra == 'a'", "python_version >= '3'"),
            (
                "extra == 'a' and os_name == 'nt'",
                "extra == 'a' or os_name == 'nt'",
            ),
        ] {
            assert!(apart(one, other), "{one} | {other}");
        }
    }

    #[test]
    fn what_takes_too_long_to_tell_is_not_certain() {
        let many: Vec<String> = (0..2_000).map(|n| format!("extra == 'x{n}'")).collect();
        assert!(!apart(&many.join(" or "), "extra == 'x1'"));
        assert!(apart(&many[..3].join(" or "), "extra == 'x1'"));
        let read = |text: &str| Marker::parse(text).unwrap();
        let (one, other) = (read("extra == 'a'"), read("extra == 'b'"));
        let always = Marker::All(Vec::new());
        let budget = Budget::default();
        let tried = (0..100_000).take_while(|_| differ(&one, &other, &always, &budget));
        let tried = tried.count();
        assert!(budget.is_exceeded());
        assert!((1_000..100_000).contains(&tried), "{tried}");
    }
}
