//! What must hold for every text: a total order, one canonical text, no panic.

use super::super::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

fn semver_text() -> impl Strategy<Value = String> {
    let identifier = prop_oneof!["[0-9]{1,3}", "[a-z]{1,3}", "[0-9]{0,2}-[a-z]{0,2}"];
    (
        prop::collection::vec(0_u32..4, 1..5),
        prop::collection::vec(identifier, 0..3),
        any::<bool>(),
    )
        .prop_map(|(core, pre, prefixed)| {
            let core: Vec<_> = core.iter().map(ToString::to_string).collect();
            let mut text = if prefixed { "v" } else { "" }.to_owned();
            text.push_str(&core.join("."));
            if !pre.is_empty() {
                text.push('-');
                text.push_str(&pre.join("."));
            }
            text
        })
}

fn python_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "([01]!)?[0-3](\\.[0-3]){0,3}((a|b|rc)[0-2])?(\\.post[0-2])?(\\.dev[0-2])?(\\+[a-c1-3]{1,2})?",
        1 => "[0-2](\\.[0-2]){0,2}-[a-z]{1,4}[0-9]{0,2}",
        1 => "[a-z.-]{1,5}",
    ]
}

fn holds_as_an_order(scheme: Scheme, a: &str, b: &str, c: &str) -> Result<(), TestCaseError> {
    let cmp = |x: &str, y: &str| compare_in(scheme, x, y);
    if Version::parse(scheme, a).is_ok() {
        prop_assert_eq!(cmp(a, a), Ok(Ordering::Equal));
    }
    if let Ok(ab) = cmp(a, b) {
        prop_assert_eq!(cmp(b, a), Ok(ab.reverse()));
        let same_text = Version::parse(scheme, a).unwrap().canonical()
            == Version::parse(scheme, b).unwrap().canonical();
        prop_assert_eq!(ab.is_eq(), same_text);
        if let (Ok(bc), Ok(ac)) = (cmp(b, c), cmp(a, c))
            && ab.is_le()
            && bc.is_le()
        {
            prop_assert!(ac.is_le(), "{} <= {} <= {}", a, b, c);
            prop_assert_eq!(ac.is_eq(), ab.is_eq() && bc.is_eq());
        }
    }
    Ok(())
}

/// Texts of the shape that a scheme reads, with what its tools trip over.
fn text_of(scheme: Scheme) -> BoxedStrategy<String> {
    let pattern = match scheme {
        Scheme::Semver | Scheme::Bitnami => return semver_text().boxed(),
        Scheme::Pep440 => return python_text().boxed(),
        Scheme::Pub => "[01]\\.[01]\\.[01](-(a|1|01|a\\.1))?(\\+([ab0-2](\\.[ab0-2])?))?",
        Scheme::Julia => {
            "v?[01](\\.[01](\\.[01])?)?(-|-?(a|rc1|a\\.1))?(\\+|\\+([ab0-2](\\.[ab0-2])?))?"
        }
        Scheme::Maven => {
            "[01]([.-]?(0|1|01|a|b|m|ga|final|release|RC|cr|snapshot|sp|alpha|jre|x)){0,4}[.-]?"
        }
        Scheme::Nuget => "[01](\\.[01]){0,3}(-[aAb01-]{1,2}(\\.[aA01]{1,2})?)?(\\+[ab])?",
        Scheme::Gem => "[01](\\.(0|1|a|b|a1|1a|B)){0,4}(-[ab1](\\.[01])?)?",
        Scheme::Composer => {
            "v?(([012](\\.[01]){0,3}|20[12]0[.-]?0[12])([._-]?(a|alpha|beta|b|RC|rc|p|pl|patch|stable)[.-]?[01]?)?([.-]?dev)?|[01]\\.x-dev)(\\+b)?"
        }
        Scheme::Cran | Scheme::Hackage => "[01]{1,2}([.-][01]{1,2}){0,4}",
        Scheme::Debian => "([01]:)?[0-2a~.+]{1,6}(-[0-2a~.+]{1,3})?",
        Scheme::Alpine => {
            "[01]{1,2}(\\.[01]{1,3}){0,2}[ab]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[01]?){0,2}(~a[0-9])?(-r[01]{1,2})?"
        }
        Scheme::Rpm => "([01]:)?[0-2a~^._]{1,6}(-[0-2a~^.]{0,3})?",
        Scheme::Unordered => ".*",
    };
    // One in five is damaged, so that texts without a place are met too.
    let damaged = (pattern, any::<prop::sample::Index>(), "[.~_#^@é]").prop_map(
        |(text, at, sign): (String, prop::sample::Index, String)| {
            let at = at.index(text.len() + 1);
            let (start, end) = text.split_at(at);
            format!("{start}{sign}{end}")
        },
    );
    prop_oneof![4 => pattern, 1 => damaged].boxed()
}

const SCHEMES: [Scheme; 14] = [
    Scheme::Semver,
    Scheme::Pep440,
    Scheme::Maven,
    Scheme::Nuget,
    Scheme::Gem,
    Scheme::Composer,
    Scheme::Pub,
    Scheme::Julia,
    Scheme::Cran,
    Scheme::Hackage,
    Scheme::Bitnami,
    Scheme::Debian,
    Scheme::Alpine,
    Scheme::Rpm,
];

/// Of each scheme.
const CASES: u32 = 1000;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Three texts at random, and a text with its neighbour that lacks one sign.
#[test]
fn every_scheme_is_an_order() {
    for scheme in SCHEMES {
        let texts = (text_of(scheme), text_of(scheme), text_of(scheme));
        let with_a_place = Cell::new(0);
        let run = TestRunner::new(config(CASES)).run(
            &(texts, any::<prop::sample::Index>()),
            |((a, b, c), at)| {
                holds_as_an_order(scheme, &a, &b, &c)?;
                if Version::parse(scheme, &a).is_ok() {
                    with_a_place.set(with_a_place.get() + 1);
                }
                let at = at.index(a.len() + 1);
                let mut shorter = a.clone();
                shorter.retain({
                    let mut i = 0;
                    move |c| {
                        i += c.len_utf8();
                        i != at
                    }
                });
                holds_as_an_order(scheme, &a, &shorter, &b)
            },
        );
        assert!(run.is_ok(), "{scheme:?}: {}", run.unwrap_err());
        assert!(with_a_place.get() > CASES / 2, "{scheme:?}");
    }
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn strict_versions_are_ordered_as_the_crate_semver_does(a in semver_text(), b in semver_text()) {
        if let (Ok(x), Ok(y)) = (::semver::Version::parse(&a), ::semver::Version::parse(&b)) {
            prop_assert_eq!(compare_in(Scheme::Semver, &a, &b), Ok(x.cmp_precedence(&y)));
        }
    }

    #[test]
    fn no_text_makes_a_scheme_panic(a in any::<String>(), b in "[0-9a-z.~^_#@:+v-]{0,40}") {
        for scheme in SCHEMES {
            for (x, y) in [(&a, &b), (&b, &a), (&a, &a), (&b, &b)] {
                let order = compare_as_written(scheme, x, y);
                prop_assert_eq!(order.clone().map(Ordering::reverse), compare_as_written(scheme, y, x).or(order.map(Ordering::reverse)));
            }
            if let Ok(version) = Version::parse(scheme, &b) {
                prop_assert_eq!(version.compare(&version), Ok(Ordering::Equal));
                let is_compatible = version.is_compatible_with(&version, Ecosystem::Generic);
                // Python's texts from before PEP 440 are compatible with nothing.
                prop_assert!(is_compatible || scheme == Scheme::Pep440);
            }
        }
    }
}

/// The time is not measured, since it depends on the machine: a step that grew with the
/// square of the length would make this test last minutes.
#[test]
fn the_longest_texts_are_read_and_compared_without_delay() {
    let bodies = [
        "1", "0", "a", "1.", "0.", "-", ".-", "a1", "1a", "~", "^", "_p1", "-0", ".0.a", "é", "20",
        "1-ga-",
    ];
    for scheme in SCHEMES {
        for body in bodies {
            let long = format!("1.{}", body.repeat(510 / body.len()));
            let longer = format!("2{long}");
            for _ in 0..20 {
                let _ = compare_as_written(scheme, &long, &longer);
                let _ = compare_as_written(scheme, &long, &long.replace('1', "2"));
            }
        }
        assert!(Version::parse(scheme, &"1".repeat(MAX_VERSION_BYTES + 1)).is_err());
    }
}
