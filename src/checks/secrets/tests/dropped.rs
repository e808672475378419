//! What is told of candidates that are dropped.

use super::{LOADED, check};
use crate::checks::secrets::Rules;
use crate::checks::secrets::decode::search;
use crate::checks::secrets::testing::expand;
use crate::model::DroppedCandidates;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn dropped(path: &str, text: &str) -> DroppedCandidates {
    let rules = Rules::load().unwrap().explaining(true);
    let found = search(path, text.as_bytes(), &rules);
    let plain = search(path, text.as_bytes(), &LOADED);
    assert_eq!(plain.dropped, DroppedCandidates::default());
    assert_eq!(
        found.findings, plain.findings,
        "explaining changes no finding"
    );
    found.dropped
}

/// Kind, line, column and reason of each.
fn told(path: &str, text: &str) -> Vec<(&'static str, u32, Option<u32>, &'static str)> {
    let dropped = dropped(path, text);
    assert_eq!(dropped.more, 0);
    let of = |drop: crate::model::DroppedCandidate| {
        (
            drop.kind,
            drop.location.line.unwrap(),
            drop.location.column,
            drop.why,
        )
    };
    dropped.listed.into_iter().map(of).collect()
}

#[test]
fn each_dropped_candidate_has_its_place_its_kind_and_its_reason() {
    let reference = "a reference to a value elsewhere";
    for (path, text, kind, why) in [
        (
            "a.env",
            "\n  PASSWORD=\"${DB_PASSWORD}\"\n",
            "assigned-password",
            reference,
        ),
        (
            "a.env",
            "\n  PASSWORD=abc\n",
            "assigned-password",
            "shorter than 6 bytes",
        ),
        (
            "a.env",
            "\n  PASSWORD=/run/secrets/db\n",
            "assigned-password",
            "a path or the name of a file",
        ),
        (
            "a.env",
            "\n  API_KEY=http://a.io/xyz\n",
            "assigned-secret",
            "an address",
        ),
        (
            "a.env",
            "\n  API_KEY=disabled\n",
            "assigned-secret",
            "a word that settings have where a secret could stand",
        ),
        (
            "a.js",
            "\n  u = 'https://user:${pw}@a.io/'\n",
            "url-password",
            reference,
        ),
        (
            "a.sh",
            "\n  curl -u deploy:$PW1 https://a.io/\n",
            "curl-credential",
            reference,
        ),
    ] {
        let all = told(path, text);
        assert_eq!(all.len(), 1, "{text}: {all:?}");
        let (found, line, column, reason) = all[0];
        assert_eq!((found, line, reason), (kind, 2, why), "{text}");
        assert!(column.is_some_and(|column| column > 4), "{text}");
        assert_eq!(check(path, text), [], "{text}");
    }
}

#[test]
fn a_claim_that_another_one_covers_is_told() {
    let token = expand("ghp_{alnum:30}{github-crc}");
    let all = told("a.env", &format!("GITHUB_TOKEN={token}\n"));
    let why = "a more telling claim covers it";
    assert_eq!(all, [("assigned-secret", 1, Some(14), why)]);
}

#[test]
fn what_is_dropped_in_an_encoded_text_stands_where_that_is_written() {
    let inner = STANDARD.encode("password: '${DB_PASSWORD_OF_PRODUCTION}'\n");
    let all = told("a.yml", &format!("a: b\nc: {inner}\n"));
    let inner: Vec<_> = all.iter().filter(|drop| drop.2.is_none()).collect();
    assert_eq!(inner.len(), 1, "{all:?}");
    assert_eq!((inner[0].0, inner[0].1), ("assigned-password", 2));
}

#[test]
fn they_are_masked_and_bounded_and_the_rest_is_counted() {
    let text = "PASSWORD='${DATABASE_PASSWORD_OF_PRODUCTION}'\n".repeat(450);
    let all = dropped("a.env", &text);
    assert_eq!((all.listed.len(), all.more), (100, 350));
    assert!(
        all.listed
            .iter()
            .all(|drop| drop.masked == "${DA… (34 characters)")
    );
    let mut many = DroppedCandidates::default();
    for _ in 0..30 {
        many.take(all.clone());
    }
    many.finish();
    assert_eq!((many.listed.len(), many.more), (500, 30 * 450 - 500));
}
