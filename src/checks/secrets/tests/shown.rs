//! What is shown of a finding: its place, its excerpt, its fingerprint, once.

use super::{check, kinds};
use crate::checks::secrets::testing::expand;

#[test]
fn only_the_most_telling_of_overlapping_claims_stays() {
    let one = |path: &str, template: &str, kind: &str| {
        let found = kinds(path, template);
        assert_eq!(found.len(), 1, "{template}: {found:?}");
        assert_eq!(found[0].0, kind, "{template}");
    };
    let token = "ghp_{alnum:30}{github-crc}";
    one(
        "a.env",
        &format!("GITHUB_TOKEN={token}\n"),
        "github-personal-access-token",
    );
    one(
        "a.sh",
        &format!("git clone https://x:{token}@github.com/a/b\n"),
        "github-personal-access-token",
    );
    one(
        "a.js",
        &format!("'Authorization': 'Bearer {token}'"),
        "github-personal-access-token",
    );
    one(
        "a.cs",
        "var c = \"Server=db1;Database=app;User Id=sa;Password={weak};\";",
        "connection-string-password",
    );
}

#[test]
fn a_finding_shows_its_place_and_hides_every_value_of_the_line() {
    let token = expand("dop_v1_{hex:64}");
    let password = expand("{weak}");
    let text = format!("a\n  été = \"{token}\", password = \"{password}\" \u{1b}[2J\n");
    let found = check("dir/\u{1b}a.py", &text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].location.line, Some(2));
    assert_eq!(found[0].location.column, Some(10));
    assert_eq!(
        found[0].message,
        "DigitalOcean personal access token in `dir/\\u{1b}a.py`"
    );
    for finding in &found {
        let excerpt = finding.excerpt.as_deref().unwrap();
        assert!(excerpt.contains("dop_… (71 characters)"), "{excerpt}");
        assert!(
            !excerpt.contains(token.trim_start_matches("dop_")),
            "{excerpt}"
        );
        assert!(!excerpt.contains(&password), "{excerpt}");
        assert!(!excerpt.contains('\u{1b}'), "{excerpt}");
        let shown = format!("{finding:?}");
        assert!(!shown.contains(&token), "{shown}");
        assert!(!shown.contains(&password), "{shown}");
    }
}

#[test]
fn an_excerpt_of_a_long_line_is_short() {
    let text = format!(
        "{}\"{}\"{}",
        "a,".repeat(5000),
        expand("dop_v1_{hex:64}"),
        ",b".repeat(5000)
    );
    let found = check("a.js", &text);
    let excerpt = found[0].excerpt.as_deref().unwrap();
    assert!(excerpt.chars().count() <= 200, "{excerpt}");
    assert_eq!(found[0].location.column, Some(10_002));
}

#[test]
fn a_fingerprint_survives_line_moves_and_tells_secrets_apart() {
    let first = expand("dop_v1_{hex:64}");
    let print = |path: &str, text: &str| check(path, text)[0].fingerprint.clone();
    let here = print("a.py", &format!("x = '{first}'"));
    assert_eq!(here.len(), 32);
    assert_eq!(here, print("a.py", &format!("\n\n# moved\ny = '{first}'")));
    assert_ne!(here, print("b.py", &format!("x = '{first}'")));
    let second = first.replace('a', "b");
    assert_ne!(here, print("a.py", &format!("x = '{second}'")));
}

#[test]
fn the_fingerprint_of_a_guessable_password_is_no_oracle() {
    let print = |password: &str| {
        check("a.env", &format!("DB_PASSWORD={password}\n"))[0]
            .fingerprint
            .clone()
    };
    // Two passwords with one mask have one fingerprint: it confirms no guess.
    let password = expand("{weak}");
    let other = password.replace("sum", "win");
    assert_eq!(print(&password), print(&other));
    // Equal ones in one file are still told apart.
    let twice = format!("DB_PASSWORD={password}\n\nDB_PASSWORD={password}\n");
    let found = check("a.env", &twice);
    assert_eq!(found.len(), 2);
    assert_ne!(found[0].fingerprint, found[1].fingerprint);
}
