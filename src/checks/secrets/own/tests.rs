//! Rule files of one's own: what they find, what they may not do, how they fail.

use super::{MAX_RULES, OwnRules, OwnRulesError, RuleFault};
use crate::checks::secrets::engine::claims;
use crate::checks::secrets::file::FileContext;
use crate::checks::secrets::testing::expand;
use crate::checks::secrets::{Rules, check_bytes};
use crate::model::{Confidence, Detail, Finding, SecretDetail, Severity};

const ACME: &str = r#"
provider = "Acme"
revoke = "in the Acme console"

[[token]]
id = "acme-deploy-token"
credential = "deploy token"
shapes = ["acme_{alnum:40}"]
severity = "critical"

[[token]]
id = "acme-key"
credential = "key"
shapes = ["{hex:24}"]
context = ["acme"]
words = ["KEY"]
instead = "a role"
"#;

fn own(text: &str) -> (OwnRules, Vec<String>) {
    let mut rules = OwnRules::default();
    let notes = rules.add("own.toml", text).unwrap();
    (rules, notes)
}

fn fault(text: &str) -> OwnRulesError {
    OwnRules::default().add("own.toml", text).unwrap_err()
}

fn check(rules: &OwnRules, path: &str, template: &str) -> Vec<Finding> {
    let rules = Rules::load_with(rules).unwrap();
    check_bytes(path, expand(template).as_bytes(), &rules)
}

fn detail(finding: &Finding) -> &SecretDetail {
    match &finding.detail {
        Detail::Secret(secret) => secret,
        _ => unreachable!("the secrets check makes secret findings"),
    }
}

fn kinds(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|f| detail(f).kind.as_str()).collect()
}

#[test]
fn a_token_of_ones_own_is_found_like_a_built_in_one() {
    let (rules, notes) = own(ACME);
    assert!(notes.is_empty());
    let found = check(
        &rules,
        "a.py",
        "t = 'acme_{alnum:40}'\nACME_KEY = '{hex:24}'\n",
    );
    assert_eq!(kinds(&found), ["own-acme-deploy-token", "own-acme-key"]);
    assert_eq!(found[0].message, "Acme deploy token in `a.py`");
    assert_eq!(found[0].severity, Severity::Critical);
    assert_eq!(found[0].rule.id, "secrets/own-rule");
    assert!(found[1].remedy.contains("a role"));
    assert!(check(&rules, "a.py", "acme_build = '{hex:24}'\n").is_empty());
    assert!(check(&OwnRules::default(), "a.py", "t = 'acme_{alnum:40}'\n").is_empty());
    assert_eq!(
        Rules::load_with(&rules).unwrap().count(),
        Rules::load().unwrap().count() + 2
    );
}

#[test]
fn a_rule_of_ones_own_never_displaces_a_likely_built_in_finding() {
    for text in [
        "provider = \"X\"\n[[token]]\nid = \"x\"\ncredential = \"x\"\nshapes = [\"ghp_{alnum:36}\"]\nseverity = \"info\"\n",
        "[[rules]]\nid = \"x\"\nregex = '''ghp_[a-zA-Z0-9]+'''\n",
        "[[rules]]\nid = \"x\"\nregex = '''.*'''\n",
        "[allowlist]\nregexes = ['''.*''']\npaths = ['''.*''']\n[[rules]]\nid = \"x\"\nregex = '''ghp_.*'''\n",
    ] {
        let (rules, _) = own(text);
        let template = "T = 'ghp_{alnum:30}{github-crc}'\nDB_PASSWORD = '{weak}'\n";
        let found = check(&rules, "a.py", template);
        assert_eq!(
            kinds(&found),
            ["github-personal-access-token", "assigned-password"],
            "{text}"
        );
    }
}

#[test]
fn an_expression_takes_its_group_entropy_keywords_and_path() {
    let rule = |more: &str| {
        format!(
            "[[rules]]\nid = \"acme\"\ndescription = \"Acme token.\"\nregex = '''(?i)acme[\"' :=]+([a-z0-9]{{20}})\\b'''\n{more}"
        )
    };
    let text = "acme: {lower-alnum:20}\nacme: aaaaaaaaaaaaaaaaaaab\n";
    let found = |more: &str, path: &str| check(&own(&rule(more)).0, path, text).len();
    assert_eq!(found("", "a.txt"), 2);
    assert_eq!(found("entropy = 3", "a.txt"), 1);
    assert_eq!(found("entropy = 3.1\nkeywords = [\"ACME\"]", "a.txt"), 1);
    assert_eq!(found("keywords = [\"other\"]", "a.txt"), 0);
    assert_eq!(found("path = '''\\.cfg$'''", "a.txt"), 0);
    assert_eq!(found("path = '''\\.cfg$'''", "x/a.cfg"), 2);
    let (rules, _) = own(&rule("secretGroup = 1"));
    let found = check(&rules, "a.txt", text);
    assert_eq!(detail(&found[0]).value.expose().len(), 20);
    assert_eq!(detail(&found[0]).confidence, Confidence::Medium);
    assert_eq!(detail(&found[0]).credential, "Acme token.");
    assert!(
        found
            .iter()
            .all(|f| f.message.starts_with("Secret by your rule `acme`"))
    );
}

#[test]
fn allowlists_count_for_the_rules_of_their_file() {
    let base = "[[rules]]\nid = \"a\"\nregex = '''acme_([a-z0-9]{8})'''\n";
    let found = |more: &str, path: &str| {
        check(
            &own(&format!("{base}{more}")).0,
            path,
            "x acme_demo1234 # fine\n",
        )
        .len()
    };
    assert_eq!(found("", "a.txt"), 1);
    for allowed in [
        "[rules.allowlist]\nregexes = ['''^demo''']\n",
        "[[rules.allowlists]]\nregexes = ['''^acme_demo''']\nregexTarget = \"match\"\n",
        "[[rules.allowlists]]\nregexes = ['''# fine$''']\nregexTarget = \"line\"\n",
        "[[rules.allowlists]]\nstopwords = [\"DEMO\"]\n",
        "[[rules.allowlists]]\npaths = ['''\\.txt$''']\n",
        "[allowlist]\nstopwords = [\"demo\"]\n",
        "[[allowlists]]\ntargetRules = [\"a\"]\nstopwords = [\"demo\"]\n",
        "[[rules.allowlists]]\ncondition = \"AND\"\nstopwords = [\"demo\"]\npaths = ['''txt''']\n",
    ] {
        assert_eq!(found(allowed, "a.txt"), 0, "{allowed}");
    }
    for other in [
        "[[allowlists]]\ntargetRules = [\"b\"]\nstopwords = [\"demo\"]\n",
        "[[rules.allowlists]]\ncondition = \"AND\"\nstopwords = [\"demo\"]\npaths = ['''cfg''']\n",
        "[[rules.allowlists]]\nregexes = ['''^acme''']\n",
    ] {
        assert_eq!(found(other, "a.txt"), 1, "{other}");
    }
}

#[test]
fn what_has_no_effect_is_noted() {
    let (_, notes) = own(
        "title = \"t\"\n[extend]\nuseDefault = true\n[allowlist]\ncommits = [\"c\"]\n\
         [[rules]]\nid = \"p\"\npath = '''\\.pem$'''\n\
         [[rules]]\nid = \"a\"\nregex = '''a'''\ntags = [\"x\"]\nskipReport = true\n",
    );
    assert_eq!(
        notes,
        [
            "`own.toml`: `extend` has no effect",
            "`own.toml`: `skipReport` of rules has no effect",
            "`own.toml`: the rule `p` has no `regex` and was left out",
            "`own.toml`: `commits` of allowlists have no effect",
        ]
    );
}

#[test]
fn a_malformed_rule_names_its_file_and_line() {
    let shown = |text: &str| fault(text).to_string();
    assert!(shown("provider = \"A\"\n[[token]]\nid = 3\n").starts_with("`own.toml`:3: "));
    assert!(shown("a = 1\nb = = 2\n").starts_with("`own.toml`:2: "));
    let token = |more: &str| {
        format!("provider = \"A\"\n\n[[token]]\nid = \"a\"\ncredential = \"c\"\n{more}")
    };
    assert_eq!(
        shown(&token("shapes = [\"{hexx:3}\"]\n")),
        "`own.toml`:4: the rule `a` is malformed: shape `{hexx:3}`: no byte class is called `hexx`"
    );
    assert!(shown(&token("shape = [\"abc\"]\n")).starts_with("`own.toml`:6: unknown field"));
    let text =
        shown("[[rules]]\nid = \"ok\"\nregex = 'a'\n\n[[rules]]\nid = \"r\"\nregex = '(a'\n");
    assert!(
        text.starts_with("`own.toml`:6: the rule `r` is malformed: regex: "),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn each_fault_of_a_rule_is_told() {
    let token = |more: &str| {
        fault(&format!(
            "provider = \"A\"\n[[token]]\nid = \"a\"\ncredential = \"c\"\n{more}"
        ))
    };
    let rule = |more: &str| fault(&format!("[[rules]]\nid = \"a\"\n{more}"));
    let is = |error: OwnRulesError, expected: fn(&RuleFault) -> bool| match error {
        OwnRulesError::Rule { fault, .. } => assert!(expected(&fault), "{fault:?}"),
        other => unreachable!("{other:?}"),
    };
    is(token(""), |f| matches!(f, RuleFault::NoShape));
    is(token("shapes = [\"{hex:32}\"]"), |f| {
        matches!(f, RuleFault::Shape { .. })
    });
    is(token("shapes = [\"abc{hex:3}\"]\nwords = [\"key\"]"), |f| {
        matches!(f, RuleFault::WordsWithoutContext)
    });
    is(token("shapes = [\"{hex:3}\"]\ncontext = [\"ab\"]"), |f| {
        matches!(f, RuleFault::Keywords)
    });
    is(
        token("shapes = [\"abc{hex:3}\"]\nseverity = \"bad\""),
        |f| {
            matches!(
                f,
                RuleFault::Word {
                    field: "severity",
                    ..
                }
            )
        },
    );
    is(
        token("shapes = [\"abc{hex:3}\"]\nconfidence = \"bad\""),
        |f| matches!(f, RuleFault::Word { .. }),
    );
    is(
        token("shapes = [\"abc{hex:3}\"]\ntitle = \"a\\u001b[2J\""),
        |f| matches!(f, RuleFault::Text),
    );
    is(rule("regex = 'a'\nsecretGroup = 2"), |f| {
        matches!(
            f,
            RuleFault::NoGroup {
                group: 2,
                groups: 0
            }
        )
    });
    is(rule("regex = 'a'\nkeywords = [\"\"]"), |f| {
        matches!(f, RuleFault::Keywords)
    });
    is(rule("regex = '(((a{100}){100}){100})'"), |f| {
        matches!(f, RuleFault::Regex { .. })
    });
    is(rule("regex = 'a'\n[[rules.allowlists]]\n"), |f| {
        matches!(f, RuleFault::EmptyAllowlist)
    });
    let twice = "[[rules]]\nid = \"a\"\nregex = 'a'\n";
    is(fault(&twice.repeat(2)), |f| matches!(f, RuleFault::Twice));
    is(fault(&twice.replace("\"a\"", "\"a b\"")), |f| {
        matches!(f, RuleFault::Id)
    });
    assert!(matches!(fault("a = 1"), OwnRulesError::Form { .. }));
    let many: String = (0..=MAX_RULES)
        .map(|n| format!("[[rules]]\nid = \"a{n}\"\nregex = 'a'\n"))
        .collect();
    assert!(matches!(fault(&many), OwnRulesError::TooMany { .. }));
}

#[test]
fn a_hostile_expression_is_linear_in_the_file() {
    let (rules, _) = own("[[rules]]\nid = \"a\"\nregex = '''(a|aa|a?)+b([a-z]*)*c$'''\n");
    let loaded = Rules::load_with(&rules).unwrap();
    let work = |size: usize| {
        let text = "a".repeat(size);
        let file = FileContext::new("a.txt", text.as_bytes());
        claims(file, text.as_bytes(), &loaded).work.0
    };
    assert!(work(200_000) <= 3 * work(100_000));
}
