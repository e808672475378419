//! Lockfiles with every kind of damage. Whatever happens to one, the program does not fall
//! over, ends in time, and nothing that the lockfile held goes missing without a word.

use sealgate::inventory::{Options, left_out, read_tree};
use sealgate::model::{ComponentKind, Gap, Inventory};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Damages of each file; `SEALGATE_MUTATIONS` asks for more.
const ROUNDS: usize = 30;

/// No reading of a fixture of some kilobytes may take longer, even in a slow build.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Formats with comments, and one entry to a line: a changed byte can make an entry, or the
/// break before it, a part of the line above.
const BY_LINES: [&str; 5] = [
    "github-actions",
    "go-mod",
    "gradle-lockfile",
    "mix-lock",
    "requirements",
];

/// Numbers that look random and are the same in every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

/// One damage. Lines are counted from 0 here.
#[derive(Debug, Clone)]
enum Damage {
    /// Another byte at a place.
    Byte { at: usize, byte: u8 },
    /// Bytes taken away.
    Cut { at: usize, length: usize },
    /// The rest of the file taken away.
    End { at: usize },
    /// Lines taken away.
    Lines { from: usize, count: usize },
    /// Lines doubled.
    Twice { from: usize, count: usize },
    /// Another value behind the `:` or `=` of a line.
    Value { line: usize, value: &'static str },
}

impl Damage {
    fn draw(dice: &mut Dice, text: &[u8]) -> Self {
        let (at, from) = (dice.below(text.len()), dice.below(lines(text).len()));
        match dice.below(10) {
            0 | 1 => Self::Byte {
                at,
                byte: dice.of(b"\"'{}[]:,#=@/\\ \n-0azZ\x00\xff|&*"),
            },
            2 => Self::Byte {
                at,
                byte: text[at] ^ (1 << dice.below(7)),
            },
            3 => Self::Cut {
                at,
                length: 1 + dice.below(12),
            },
            4 => Self::End { at },
            5 | 6 => Self::Lines {
                from,
                count: 1 + dice.below(4),
            },
            7 => Self::Twice {
                from,
                count: 1 + dice.below(8),
            },
            _ => Self::Value {
                line: from,
                value: dice.of(&["null", "7", "[]", "{}", "\"\"", "true", ""]),
            },
        }
    }

    fn apply(&self, text: &[u8]) -> Vec<u8> {
        let lines = lines(text);
        let end = |from: &usize, count: &usize| (from + count).min(lines.len());
        match self {
            Self::Byte { at, byte } => {
                let mut bytes = text.to_vec();
                bytes[*at] = *byte;
                bytes
            }
            Self::Cut { at, length } => {
                [&text[..*at], &text[(at + length).min(text.len())..]].concat()
            }
            Self::End { at } => text[..*at].to_vec(),
            Self::Lines { from, count } => {
                [lines[..*from].concat(), lines[end(from, count)..].concat()].concat()
            }
            Self::Twice { from, count } => {
                [lines[..end(from, count)].concat(), lines[*from..].concat()].concat()
            }
            Self::Value { line, value } => {
                let old = lines[*line];
                let Some(place) = old.iter().position(|byte| matches!(byte, b':' | b'=')) else {
                    return text.to_vec();
                };
                let comma: &[u8] = if old.trim_ascii_end().ends_with(b",") {
                    b",\n"
                } else {
                    b"\n"
                };
                let new = [&old[..=place], b" ", value.as_bytes(), comma].concat();
                [lines[..*line].concat(), new, lines[line + 1..].concat()].concat()
            }
        }
    }

    /// The 1-based lines of the old text that it touches.
    fn touches(&self, text: &[u8]) -> (u32, u32) {
        let line_of = |at: usize| 1 + text[..at].iter().filter(|byte| **byte == b'\n').count();
        let (first, last) = match self {
            Self::Byte { at, .. } => (line_of(*at), line_of(*at)),
            Self::Cut { at, length } => (line_of(*at), line_of((at + length).min(text.len()))),
            Self::End { at } => (line_of(*at), usize::MAX),
            Self::Lines { from, count } => (from + 1, from + count),
            Self::Twice { from, .. } => (from + 1, from + 1),
            Self::Value { line, .. } => (line + 1, line + 1),
        };
        let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        (number(first), number(last))
    }
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

fn read(root: &Path) -> Inventory {
    let options = Options {
        fallback_name: "product".to_owned(),
        ..Options::default()
    };
    read_tree(root, &options).unwrap()
}

/// What a gap says, whatever lines and counts it names.
fn word(gap: &Gap) -> (&'static str, String) {
    let words = gap.message.chars().filter(|c| !c.is_ascii_digit());
    (gap.id, words.collect())
}

fn dependencies(inventory: &Inventory) -> BTreeSet<&str> {
    let components = inventory.components.iter();
    components
        .filter(|component| component.kind == ComponentKind::Dependency)
        .map(|component| component.purl.as_str())
        .collect()
}

/// Where a component stands in a file, and where the next one starts.
fn span(inventory: &Inventory, purl: &str, file: &str) -> Vec<(u32, u32)> {
    let places = |component: &sealgate::model::Component| -> Vec<u32> {
        let places = component.occurrences.iter().map(|o| &o.location);
        let here = places.filter(|place| place.path == file);
        here.filter_map(|place| place.line).collect()
    };
    let mut all: Vec<u32> = inventory.components.iter().flat_map(places).collect();
    all.sort_unstable();
    let component = inventory.components.iter();
    let component = component.filter(|component| component.purl.as_str() == purl);
    component
        .flat_map(places)
        .map(|line| {
            let next = all.iter().find(|other| **other > line);
            (line, next.map_or(u32::MAX, |next| next - 1))
        })
        .collect()
}

/// Whether what is lost is what such a damage takes from any reader: the entries that were
/// taken away, or one that became a part of the other beside it.
fn is_explained(
    damage: &Damage,
    text: &[u8],
    file: &str,
    format: &str,
    before: &Inventory,
    after: &Inventory,
) -> bool {
    let (old, new) = (dependencies(before), dependencies(after));
    let (first, last) = damage.touches(text);
    let gained = new.difference(&old).count();
    let lost = old.difference(&new);
    match damage {
        Damage::Lines { .. } | Damage::End { .. } => {
            // The line that names an entry is gone, or two entries became one.
            let left = lost.filter(|purl| {
                let spans = span(before, purl, file);
                let is_gone = |(line, _): &(u32, u32)| (first..=last).contains(line);
                spans.is_empty() || !spans.iter().all(is_gone)
            });
            let is_near = |purl: &&&str| {
                let spans = span(before, purl, file);
                let near = |(line, end): &(u32, u32)| *line <= last + 1 && *end + 1 >= first;
                spans.iter().any(near)
            };
            let left: Vec<&&str> = left.collect();
            left.len() <= gained || (left.len() == 1 && left.iter().all(is_near))
        }
        // Of lines that are joined, one is left, or none where the joint is in a comment.
        _ if BY_LINES.contains(&format) => lost.into_iter().all(|purl| {
            let spans = span(before, purl, file);
            let near = |(line, _): &(u32, u32)| (first..=last.saturating_add(1)).contains(line);
            gained > 0 || spans.iter().any(near)
        }),
        _ => lost.count() <= gained,
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The fixtures: a directory for each case of each format.
fn cases() -> Vec<(String, PathBuf)> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/inventory");
    let mut cases = Vec::new();
    for format in std::fs::read_dir(base).unwrap() {
        let format = format.unwrap();
        let name = format.file_name().into_string().unwrap();
        let inside = std::fs::read_dir(format.path()).unwrap();
        let inside = inside.map(|case| case.unwrap().path());
        cases.extend(
            inside
                .filter(|path| path.is_dir())
                .map(|path| (name.clone(), path)),
        );
    }
    cases.sort();
    assert!(cases.len() > 30);
    cases
}

#[test]
fn damage_to_a_lockfile_loses_nothing_in_silence() {
    let rounds = std::env::var("SEALGATE_MUTATIONS").map_or(ROUNDS, |text| text.parse().unwrap());
    let mut silent = Vec::new();
    let mut slowest = Duration::ZERO;
    for (format, case) in cases() {
        let dir = tempfile::tempdir().unwrap();
        copy(&case, dir.path());
        let before = read(dir.path());
        let known = before
            .gaps
            .iter()
            .chain(&left_out(&before))
            .map(word)
            .collect::<BTreeSet<_>>();
        for lock in &before.lockfiles {
            let file = dir.path().join(&lock.path);
            let text = std::fs::read(&file).unwrap();
            let mut dice = Dice(text.len() as u64);
            for _ in 0..rounds {
                let damage = Damage::draw(&mut dice, &text);
                std::fs::write(&file, damage.apply(&text)).unwrap();
                let start = Instant::now();
                let after = read(dir.path());
                slowest = slowest.max(start.elapsed());
                // A file that nothing includes any more is left out, which `check` asks about.
                let left = left_out(&after);
                let mut told = after.gaps.iter().chain(&left);
                let is_told = told.any(|gap| !known.contains(&word(gap)));
                let is_less = !dependencies(&before).is_subset(&dependencies(&after));
                let explained =
                    || is_explained(&damage, &text, &lock.path, &format, &before, &after);
                if is_less && !is_told && !explained() {
                    let (old, new) = (dependencies(&before), dependencies(&after));
                    let lost: Vec<_> = old.difference(&new).collect();
                    let gained: Vec<_> = new.difference(&old).collect();
                    let place = damage.touches(&text);
                    silent.push(format!(
                        "{}/{} lines {place:?} {damage:?}\n  lost {lost:?}\n  gained {gained:?}",
                        case.display(),
                        lock.path
                    ));
                }
            }
            std::fs::write(&file, &text).unwrap();
        }
    }
    println!("slowest reading: {slowest:?}");
    assert!(slowest < TIME_LIMIT, "{slowest:?}");
    assert!(
        silent.is_empty(),
        "{} silent losses:\n{}",
        silent.len(),
        silent.join("\n")
    );
}

/// Small files that once lost something in silence, each named after what is wrong with it.
#[test]
fn every_damaged_file_of_the_corpus_is_told() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/damage");
    let mut count = 0;
    for case in std::fs::read_dir(corpus).unwrap() {
        let case = case.unwrap().path();
        let inventory = read(&case);
        let told = inventory.gaps.iter().filter(|gap| {
            let place = gap.location.as_ref().and_then(|location| location.line);
            // Without a repository of Maven's there is always this one.
            gap.id != "inventory/incomplete-lockfile" && place.is_some()
        });
        assert!(told.count() > 0, "{}: {:?}", case.display(), inventory.gaps);
        count += 1;
    }
    assert!(count >= 16, "{count}");
}
