use super::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    roles: BTreeMap<String, Role>,
    #[serde(default)]
    environments: BTreeMap<String, Environment>,
}

fn parse(text: &str) -> Result<Document, toml::de::Error> {
    toml::from_str(text)
}

fn check(text: &str) -> Result<(), EnvironmentError> {
    let document = parse(text).unwrap();
    check_environments(&document.roles, &document.environments)
}

const PASSING: &str = r#"
[roles.tester]
key = "t.pub"
[roles.promoter]
key = "p.pub"
[environments.staging]
promoter = "promoter"
[[environments.staging.require]]
predicate = "test-result"
role = "tester"
max-age = "30d"
[environments.prod]
requires-vsa-from = "staging"
[[environments.prod.require]]
predicate = "sbom"
role = "tester"
complete = true
"#;

#[test]
fn the_signer_of_a_required_vsa_is_the_other_environments_promoter() {
    check(PASSING).unwrap();
    let document = parse(PASSING).unwrap();
    let required = requirements(&document.environments, "prod", "ab").unwrap();
    assert_eq!(
        required[0],
        Required {
            condition: Condition::Vsa {
                from: "staging".to_owned(),
                policy: None,
            },
            role: "promoter".to_owned(),
            max_age: None,
        }
    );
    assert_eq!(required[1].role, "tester");
    let staging = requirements(&document.environments, "staging", "ab").unwrap();
    assert_eq!(
        staging[0].condition,
        Condition::TestResult {
            min_tests: 1,
            allow_warned: false
        }
    );
    assert_eq!(staging[0].max_age, Some(Age { seconds: 2_592_000 }));
}

#[test]
fn unknown_keys_and_keys_of_another_predicate_are_errors() {
    let require = |line: &str| {
        parse(&format!(
            "[[environments.prod.require]]\npredicate = \"sbom\"\nrole = \"r\"\n{line}\n"
        ))
        .map(drop)
        .map_err(|error| error.to_string())
    };
    require("complete = true").unwrap();
    for (line, expected) in [
        ("min-test = 1", "unknown field `min-test`"),
        ("min-tests = 1", "`min-tests` does not apply"),
        ("from = \"staging\"", "`from` does not apply"),
        ("max-age = \"30\"", "`30` is not an age"),
        ("max-age = \"0d\"", "`0d` is not an age"),
        ("max-age = \"-3d\"", "`-3d` is not an age"),
        ("max-age = \"dé\"", "is not an age"),
    ] {
        let error = require(line).unwrap_err();
        assert!(error.contains(expected), "{line}: {error}");
    }
    for text in [
        "[roles.r]\nkeys = \"x\"\n",
        "[environments.e]\nrequires = \"x\"\n",
        "[[environments.e.require]]\npredicate = \"sbom\"\n",
        "[[environments.e.require]]\npredicate = \"vsa\"\nfrom = \"s\"\nrole = \"r\"\n",
        "[[environments.e.require]]\npredicate = \"vsa\"\n",
        "[[environments.e.require]]\npredicate = \"provenance\"\nrole = \"r\"\n",
        "[[environments.e.require]]\npredicate = \"scan\"\nrole = \"r\"\npolicy-digest = \"AB\"\n",
        "[[environments.e.require]]\npredicate = \"sbom\"\nrole = \"r\"\npolicy-digest = \"this\"\n",
        "[[environments.e.require]]\npredicate = \"scan\"\nrole = \"r\"\nchecks = []\n",
        "[[environments.e.require]]\npredicate = \"scan\"\nrole = \"r\"\nchecks = [\"secret\"]\n",
        "[[environments.e.require]]\npredicate = \"sbom\"\nrole = \"r\"\nchecks = [\"sbom\"]\n",
    ] {
        parse(text).unwrap_err();
    }
}

#[test]
fn no_policy_can_make_an_empty_test_run_count() {
    let document = parse(
        "[[environments.e.require]]\npredicate = \"test-result\"\nrole = \"r\"\nmin-tests = 0\n",
    )
    .unwrap();
    assert_eq!(
        document.environments["e"].require[0].condition,
        Condition::TestResult {
            min_tests: 1,
            allow_warned: false
        }
    );
}

#[test]
fn a_scan_must_be_whole_unless_the_policy_says_what_is_enough() {
    let scan = |line: &str| {
        let text =
            format!("[[environments.e.require]]\npredicate = \"scan\"\nrole = \"r\"\n{line}\n");
        let document = parse(&text).unwrap();
        let required = requirements(&document.environments, "e", "ab").unwrap();
        match required.into_iter().next().map(|first| first.condition) {
            Some(Condition::Scan { policy, checks }) => (policy, checks.join(" ")),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        scan(""),
        (None, "advisories registry sbom secrets".to_owned())
    );
    assert_eq!(
        scan("checks = [\"secrets\", \"advisories\", \"secrets\"]").1,
        "advisories secrets"
    );
    let this = scan("policy-digest = \"this\"").0.unwrap();
    assert!(this.is("ab") && !this.is("cd"));
    // Before the file is known, nothing is it.
    assert!(!PolicyDigest::This.is("") && !PolicyDigest::This.is("this"));
}

#[test]
fn names_that_lead_nowhere_are_errors() {
    let edit = |from: &str, to: &str| check(&PASSING.replacen(from, to, 1)).unwrap_err();
    assert!(matches!(
        edit("role = \"tester\"", "role = \"testr\""),
        EnvironmentError::UnknownRole { role, .. } if role == "testr"
    ));
    assert!(matches!(
        edit("requires-vsa-from = \"staging\"", "requires-vsa-from = \"stage\""),
        EnvironmentError::UnknownEnvironment { name, .. } if name == "stage"
    ));
    assert!(matches!(
        edit("promoter = \"promoter\"\n", ""),
        EnvironmentError::NoPromoter { from, .. } if from == "staging"
    ));
    assert!(matches!(
        edit("[environments.prod]", "[environments.dev]\n[environments.prod]"),
        EnvironmentError::NothingRequired { environment } if environment == "dev"
    ));
    assert!(matches!(
        edit("[environments.prod]", "[environments.\"../x\"]"),
        EnvironmentError::BadName { .. }
    ));
    assert!(matches!(
        edit(
            "promoter = \"promoter\"\n",
            "promoter = \"promoter\"\nrequires-vsa-from = \"staging\"\n"
        ),
        EnvironmentError::Cycle { .. }
    ));
}

#[test]
fn a_role_has_exactly_one_readable_key() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/signing/public-keys");
    let resolve = |text: &str| resolve_roles(&parse(text).unwrap().roles, &base);
    let roles = resolve("[roles.a]\nkey = \"p384.pub\"\n[roles.b]\nkey = \"p384.pub\"\n").unwrap();
    let id = roles.key("a").unwrap().id();
    assert_eq!(roles.roles_of(id), ["a", "b"]);
    for (text, got) in [
        ("[roles.a]\n", "no key"),
        (
            "[roles.a]\nkey = \"p384.pub\"\nkey-pem = \"x\"\n",
            "two keys",
        ),
    ] {
        assert!(matches!(
            resolve(text),
            Err(EnvironmentError::KeyCount { got: g, .. }) if g == got
        ));
    }
    for text in [
        "[roles.a]\nkey = \"absent.pub\"\n",
        "[roles.a]\nkey = \"rsa-1024.pub\"\n",
        "[roles.a]\nkey-pem = \"x\"\n",
    ] {
        assert!(matches!(resolve(text), Err(EnvironmentError::Key { .. })));
    }
}

#[test]
fn roles_that_must_be_distinct_may_not_share_a_key() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/signing/public-keys");
    let resolve = |second: &str| {
        let text = format!(
            "[roles.tester]\nkey = \"p384.pub\"\n[roles.promoter]\nkey = \"{second}\"\ndistinct-from = [\"tester\"]\n"
        );
        resolve_roles(&parse(&text).unwrap().roles, &base)
    };
    resolve("rsa-2048.pub").unwrap();
    assert!(matches!(
        resolve("p384.pub"),
        Err(EnvironmentError::NotDistinct { .. })
    ));
}
