//! The secrets check over whole trees, and rules of one's own.

use crate::cli::{run, sealgate, text, write};
use sealgate::checks::secrets::{GAPS, Options, RULES, check_tree};
use sealgate::model::{Confidence, Detail, Finding};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

fn confidence(finding: &Finding) -> Confidence {
    match &finding.detail {
        Detail::Secret(secret) => secret.confidence,
        _ => unreachable!("the secrets check makes secret findings"),
    }
}

/// Distinct lines with findings per file, as the benchmark counts.
fn lines_per_file(findings: &[Finding]) -> BTreeMap<String, usize> {
    let places: BTreeSet<(String, Option<u32>)> = findings
        .iter()
        .filter(|f| confidence(f) > Confidence::Low)
        .map(|f| (f.location.path.clone(), f.location.line))
        .collect();
    let mut lines = BTreeMap::new();
    for (path, _) in places {
        *lines.entry(path).or_default() += 1;
    }
    lines
}

#[test]
fn the_leaky_repository_gives_most_of_its_secrets_and_no_noise() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/secrets/leaky-repo.tar.gz");
    if !archive.exists() {
        println!("skipped: the labelled archive is not beside this checkout");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let unpacked = flate2::read::GzDecoder::new(File::open(archive).unwrap());
    tar::Archive::new(unpacked).unpack(dir.path()).unwrap();
    let mut table = String::new();
    File::open(dir.path().join("secrets.csv"))
        .unwrap()
        .read_to_string(&mut table)
        .unwrap();
    let expected: BTreeMap<&str, (usize, usize)> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut cells = line.split(',');
            let path = cells.next()?;
            Some((
                path,
                (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?),
            ))
        })
        .collect();
    assert_eq!(expected.len(), 44);

    let (outcome, scanned) =
        check_tree(&dir.path().join("leaky-repo"), &Options::default()).unwrap();
    assert!(outcome.gaps.is_empty(), "{:?}", outcome.gaps);
    assert!(scanned.files >= 44);
    let found = lines_per_file(&outcome.findings);
    let (mut hits, mut risks, mut excess) = (0, 0, 0);
    for (path, lines) in &found {
        let (risk, informative) = expected.get(path.as_str()).copied().unwrap_or((0, 0));
        hits += lines.min(&(risk + informative));
        risks += lines.min(&risk);
        excess += lines.saturating_sub(risk + informative);
    }
    for (path, (risk, _)) in &expected {
        let lines = found.get(*path).copied().unwrap_or(0);
        if lines < *risk {
            println!("{path}: {lines} of {risk} risk lines");
        }
    }
    println!("leaky-repo: {hits} of 175, {risks} of 96 risk lines, {excess} excess");
    assert!(hits >= 110, "{hits} of 175");
    assert!(risks >= 82, "{risks} of 96 risk lines");
    assert!(excess <= 2, "{excess} lines too many");
}

#[test]
fn this_repository_holds_no_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (outcome, scanned) = check_tree(root, &Options::default()).unwrap();
    assert!(scanned.files > 40, "{scanned:?}");
    assert!(outcome.gaps.is_empty(), "{:?}", outcome.gaps);
    let likely: Vec<String> = outcome
        .findings
        .iter()
        .filter(|f| confidence(f) > Confidence::Low)
        .map(|f| format!("{} {} {:?}", f.location, f.message, f.excerpt))
        .collect();
    assert!(likely.is_empty(), "{}", likely.join("\n"));
}

#[test]
fn every_rule_and_gap_has_its_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut listed = BTreeSet::new();
    for rule in RULES.iter().chain(GAPS) {
        let mut page = String::new();
        File::open(pages.join(format!("{}.md", rule.id)))
            .unwrap_or_else(|e| unreachable!("{}: {e}", rule.id))
            .read_to_string(&mut page)
            .unwrap();
        assert!(page.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        assert!(page.contains("## How to fix"), "{}", rule.id);
        listed.insert(format!("{}.md", rule.id));
    }
    for entry in std::fs::read_dir(pages.join("secrets")).unwrap() {
        let name = entry.unwrap().file_name();
        let page = format!("secrets/{}", name.to_string_lossy());
        assert!(listed.contains(&page), "{page} belongs to no rule");
    }
}

#[test]
fn every_finding_says_why_it_counts_and_why_it_is_no_surer() {
    let dir = tempfile::tempdir().unwrap();
    let password = ["Hun7er", "!sum9er"].concat();
    write(
        dir.path(),
        "app/run.py",
        format!("password = '{password}'\n"),
    );
    write(
        dir.path(),
        "app/tests/a.py",
        format!("password = '{password}'\n"),
    );
    let output = run(dir.path(), &["secrets", "app", "--all", "--explain"], 1);
    let human = text(&output.stdout);
    let chosen = "why: a value that people choose, under the name of a password";
    let example = "; in a test, an example or documentation, where values are made up";
    assert!(human.contains(&format!("  = {chosen}\n")), "{human}");
    assert!(human.contains(&format!("{chosen}{example}\n")), "{human}");
    let plain = run(dir.path(), &["secrets", "app", "--all"], 1);
    assert!(!text(&plain.stdout).contains("why:"));
    // It says more of what is shown: alone it would say nothing.
    run(dir.path(), &["secrets", "app", "--explain"], 2);
}

#[test]
fn what_was_dropped_is_listed_masked_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "app/run.env",
        "A=1\nPASSWORD='${DATABASE_PASSWORD_1}'\n",
    );
    let explain = ["secrets", "app", "--all", "--explain"];
    let human = run(dir.path(), &explain, 0);
    let line = "  secrets/password assigned-password: run.env:2:11: \
                ${DA… (22 characters): a reference to a value elsewhere\n";
    let human = text(&human.stdout);
    assert!(human.contains("dropped, no secrets (1)\n"), "{human}");
    assert!(human.contains(line), "{human}");
    let json = run(
        dir.path(),
        &[&explain[..], &["--format", "json"]].concat(),
        0,
    );
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let dropped = &json["secrets"]["dropped"];
    assert_eq!(dropped["more"], 0);
    assert_eq!(dropped["listed"][0]["location"]["line"], 2);
    assert_eq!(dropped["listed"][0]["kind"], "assigned-password");
    assert_eq!(dropped["listed"][0]["masked"], "${DA… (22 characters)");
    let plain = run(
        dir.path(),
        &["secrets", "app", "--all", "--format", "json"],
        0,
    );
    let plain: serde_json::Value = serde_json::from_slice(&plain.stdout).unwrap();
    assert!(plain["secrets"]["dropped"].is_null());
}

#[test]
fn a_file_of_many_megabytes_is_searched_whole_and_so_is_what_comes_in() {
    let dir = tempfile::tempdir().unwrap();
    let token = ["glpat", "-", "q8Zk2LmX91pTbb07cdKs"].concat();
    let line = "2026-01-01 12:00:00 INFO a request took 12 ms\n";
    let half = line.repeat(9 * 1024 * 1024 / line.len());
    let log = format!("{half}token={token}\n{half}token={token}\n");
    write(dir.path(), "app/a.log", log.clone());
    let lines = half.lines().count();
    let expected = [lines + 1, 2 * lines + 2];
    let lines_of = |output: &[u8]| -> Vec<u64> {
        let json: serde_json::Value = serde_json::from_slice(output).unwrap();
        assert_eq!(json["gaps"].as_array().unwrap().len(), 0);
        assert_eq!(json["secrets"]["bytes"], log.len() as u64);
        let findings = json["findings"].as_array().unwrap();
        let mut lines: Vec<u64> = findings
            .iter()
            .map(|finding| finding["location"]["line"].as_u64().unwrap())
            .collect();
        lines.sort_unstable();
        lines
    };
    let tree = run(dir.path(), &["secrets", "app", "--format", "json"], 1);
    assert_eq!(lines_of(&tree.stdout), expected.map(|line| line as u64));
    let stdin = sealgate(dir.path())
        .args(["secrets", "--stdin", "--format", "json"])
        .stdin(File::open(dir.path().join("app/a.log")).unwrap())
        .output()
        .unwrap();
    assert_eq!(lines_of(&stdin.stdout), expected.map(|line| line as u64));
}

/// A tree with one token that only a rule of one's own knows.
fn acme_tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let token = ["acme", "_", "q8Zk2LmX91pTbb07cdKs"].concat();
    write(dir.path(), "app/run.py", format!("t = '{token}'\n"));
    dir
}

#[test]
fn rules_of_ones_own_are_named_with_the_command() {
    let dir = acme_tree();
    let secrets = |rules: &[&str], code: i32| {
        let mut arguments = vec!["check", "app", "--only", "secrets"];
        arguments.extend(rules.iter().flat_map(|file| ["--rules", file]));
        run(dir.path(), &arguments, code)
    };
    secrets(&[], 0);
    write(
        dir.path(),
        "acme.toml",
        "provider = \"Acme\"\n[[token]]\nid = \"acme-token\"\ncredential = \"token\"\n\
         shapes = [\"acme_{alnum:20}\"]\n",
    );
    write(
        dir.path(),
        "gitleaks.toml",
        "[extend]\nuseDefault = true\n[[rules]]\nid = \"acme\"\nregex = '\\bacme_\\w{20}'\n",
    );
    let own = secrets(&["acme.toml"], 1);
    assert!(text(&own.stdout).contains("error[secrets/own-rule]: Acme token in `run.py`"));
    let imported = secrets(&["gitleaks.toml"], 1);
    assert!(text(&imported.stdout).contains("Secret by your rule `acme` in `run.py`"));
    let warning = "warning: `gitleaks.toml`: `extend` has no effect";
    assert!(text(&imported.stderr).contains(warning));
    let both = secrets(&["acme.toml", "gitleaks.toml"], 1);
    assert_eq!(text(&both.stdout).matches("error[").count(), 1);
}

#[test]
fn a_rule_file_that_cannot_be_used_ends_the_command() {
    let dir = acme_tree();
    write(
        dir.path(),
        "bad.toml",
        "[[rules]]\nid = \"a\"\nregex = '(a'\n",
    );
    write(dir.path(), "other.toml", "name = 1\n");
    let fails = |arguments: &[&str], message: &str| {
        let output = run(dir.path(), arguments, 2);
        assert!(text(&output.stderr).contains(message), "{output:?}");
    };
    let check = ["check", "app", "--only", "secrets", "--rules"];
    let with = |file: &'static str| [&check[..], &[file]].concat();
    fails(
        &with("bad.toml"),
        "`bad.toml`:2: the rule `a` is malformed: regex: ",
    );
    fails(&with("other.toml"), "`other.toml` is no rule file");
    fails(&with("absent.toml"), "cannot read `absent.toml`");
    fails(
        &["check", "app", "--only", "registry", "--rules", "bad.toml"],
        "the rules are about secrets",
    );
}
