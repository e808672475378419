//! Lines that can hold no secret, told without loading a rule: a check of a lockfile shows
//! such lines by the hundred, and loading the rules takes longer than the check.

use super::recognise::Recogniser;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Longest word with a digit in it that no rule claims alone.
const MAX_WORD: usize = 11;

/// The keywords of all recognisers, by their first byte.
static KEYWORDS: LazyLock<BTreeMap<u8, Vec<&[u8]>>> = LazyLock::new(|| {
    let mut by_first: BTreeMap<u8, Vec<&[u8]>> = BTreeMap::new();
    let all = Recogniser::ALL.iter().flat_map(|one| one.keywords());
    for keyword in all.map(|keyword| keyword.as_bytes()) {
        if let Some(first) = keyword.first() {
            by_first.entry(*first).or_default().push(keyword);
        }
    }
    by_first
});

/// Whether a line is made of words in lower case, none of them long with digits in it, and
/// of no name or mark that a recogniser looks at. `false` says nothing.
pub fn is_plain(line: &[u8]) -> bool {
    let is_known = |byte: &u8| {
        matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b" \t\r\"',{}[]:=-_.@/".contains(byte)
    };
    let is_between = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t' | b'\r' | b'"' | b'\'' | b',' | b'{' | b'}' | b'[' | b']'
        )
    };
    let is_short = |word: &[u8]| word.len() <= MAX_WORD || !word.iter().any(u8::is_ascii_digit);
    line.iter().all(is_known) && line.split(is_between).all(is_short) && !has_keyword(line)
}

/// Whether a keyword of any recogniser is in a line. Lines are short: to prepare a search for
/// each of the keywords took longer than to look at every place for those that begin with its
/// letter.
fn has_keyword(line: &[u8]) -> bool {
    (0..line.len()).any(|at| {
        let rest = line.get(at..).unwrap_or_default();
        let keywords = rest.first().and_then(|byte| KEYWORDS.get(byte));
        keywords.is_some_and(|keywords| keywords.iter().any(|word| rest.starts_with(word)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::secrets::engine::{Rules, claims};
    use crate::checks::secrets::file::FileContext;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static LOADED: LazyLock<Rules> = LazyLock::new(|| Rules::load().unwrap());

    #[test]
    fn lines_of_lockfiles_are_plain_and_what_could_be_a_secret_is_not() {
        for line in [
            "name = \"smallvec\"",
            "    \"lodash\": {",
            "version = \"1.6.0\"",
            "  minimist 1.2.5",
        ] {
            assert!(is_plain(line.as_bytes()), "{line}");
        }
        for line in [
            "db_password = \"swordfish\"",
            "x = \"0123456789ab\"",
            "x = \"Abc\"",
            "https://h.example",
            "x = 'a!b'",
        ] {
            assert!(!is_plain(line.as_bytes()), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_rule_claims_a_part_of_a_plain_line(
            line in "[a-z]{0,8}[ =:\"'{\\[]{0,3}[a-z0-9_.@/-]{0,24}[ =:\"',]{0,3}[a-z0-9_.@/-]{0,24}\"?",
            file in prop_oneof![Just("a.env"), Just("Cargo.lock"), Just("a.js"), Just(".netrc")],
        ) {
            if is_plain(line.as_bytes()) {
                let context = FileContext::new(file, line.as_bytes());
                let masks = claims(context, line.as_bytes(), &LOADED).masks;
                prop_assert!(masks.is_empty(), "{file}: {line}");
            }
        }
    }
}
