//! Repositories of Gradle that a script computes or hides, each with a twin that says what
//! it means.

use super::hiding::{EVIL, UNDECIDED, clients, configured, gaps};

/// Every way that is configured, and the gaps, of a build script.
fn gradle(text: &str) -> (Vec<String>, Vec<String>) {
    let files = [("build.gradle", text)];
    let found = clients("gradle-lockfile", "gradle.lockfile", &files);
    (configured(&found, "gradle.lockfile"), gaps(&found))
}

fn unknown(line: u32) -> (Vec<String>, Vec<String>) {
    (
        vec![format!(
            "Unknown(\"the script computes the address\") build.gradle:{line}"
        )],
        vec![format!("{UNDECIDED} build.gradle:{line}")],
    )
}

#[test]
fn an_address_that_is_not_one_plain_literal_is_a_gap() {
    for line in [
        r#"url = uri("https://mvn.acme.example/repo/".replace("mvn.acme", x))"#,
        r#"url = uri("https://mvn.acme.example/repo/" + s)"#,
        r#"url = uri(if (false) "https://mvn.acme.example/" else "https://evil.example/")"#,
        r#"url = uri(System.getenv("REPO") ?: "https://mvn.acme.example/")"#,
        r#"url findProperty("repoUrl") ?: "https://mvn.acme.example/""#,
        r#"url = uri("""https://evil.example/x""")"#,
        "url = '''https://evil.example/x'''",
        r#"url = uri("https:\u002F\u002Fevil.example/")"#,
        "url = $/https://evil.example/x/$",
        r"url = /https:\/\/evil.example\/x/",
        r#"url = "https://${host}/""#,
        "url = repo",
        "setUrl(repo)",
        r#"other.url = uri("https://mvn.acme.example/")"#,
        r#"if (x) url = uri("https://mvn.acme.example/")"#,
    ] {
        let seen = gradle(&format!("repositories {{ maven {{\n{line} }} }}"));
        assert_eq!(seen, unknown(2), "{line}");
    }
    for line in [
        "maven(repo)",
        r#"maven("https://mvn.acme.example/" + x)"#,
        "maven(url = repo)",
        "maven url: repo",
        r#"maven(findProperty("r") ?: "https://mvn.acme.example/") { name = "x" }"#,
        "maven { acme() }",
        "forRepositories(maven(\"https://mvn.acme.example/\"), maven(x))",
        "if (x) maven(\"https://mvn.acme.example/\")",
    ] {
        let seen = gradle(&format!("repositories {{\n{line} }}"));
        assert_eq!(seen, unknown(2), "{line}");
    }
    let two = format!("repositories {{ maven {{ url = uri(\"{EVIL}\")\n.resolve(x) }} }}");
    assert_eq!(gradle(&two).1, unknown(2).1);
    let two = "repositories { maven { url =\nrepo } }";
    assert_eq!(gradle(two), unknown(1));
}

/// The twins.
#[test]
fn an_address_as_it_looks_is_taken_at_its_word() {
    for lines in [
        "maven { url =\nuri(\"@\") }",
        "maven {\nurl = uri(\n\"@\"\n)\n}",
        "maven(\n\"@\"\n) { name = \"a\" }",
        "maven(\nurl = uri(\"@\")\n)",
    ] {
        let text = format!("repositories {{ {} }}", lines.replace('@', EVIL));
        let (seen, doubts) = gradle(&text);
        assert_eq!(seen.len(), 1, "{text}");
        assert!(seen[0].starts_with(EVIL) && doubts.is_empty(), "{text}");
    }
    for line in [
        "url '@'",
        "url \"@\"",
        "url = '@'",
        "url = uri(\"@\")",
        "url(\"@\")",
        "url(uri('@'))",
        "setUrl(\"@\")",
        "url = URI.create(\"@\")",
        "url = new URI('@')",
        "url = project.uri('@')",
        "this.url = uri('@')",
        "it.setUrl('@')",
        "name = \"a\"; url = uri(\"@\") // ours",
        "url = uri( \"@\" ) /* ours */",
    ] {
        let line = line.replace('@', EVIL);
        let seen = gradle(&format!("repositories {{ maven {{\n{line} }} }}"));
        let expected = (vec![format!("{EVIL} build.gradle:2")], vec![]);
        assert_eq!(seen, expected, "{line}");
    }
    for line in [
        "maven(\"@\")",
        "maven(url = \"@\")",
        "maven(uri(\"@\")) { name = \"a\" }",
        "maven(url = uri(\"@\"))",
        "maven url: '@'",
        "it.maven(\"@\")",
        "it.maven { url = uri(\"@\") }",
        "maven(\"@\") { credentials { username = findProperty(\"u\"); password = \"\" + x } }",
    ] {
        let line = line.replace('@', EVIL);
        let seen = gradle(&format!("repositories {{\n{line} }}"));
        let expected = (vec![format!("{EVIL} build.gradle:2")], vec![]);
        assert_eq!(seen, expected, "{line}");
    }
}

#[test]
fn what_a_script_hides_behind_literals_is_seen() {
    let evil = format!("repositories {{ maven {{ url '{EVIL}' }} }}");
    for before in [
        r#"def a = "\""; "#,
        r#"def a = /"/; "#,
        r"def a = /x\//; ",
        "def a = $/ /* /$; ",
        r#"def a = """/*"""; "#,
        r#"publishing { def a = "${"{"}" }; "#,
        "publishing { def a = '{' }; ",
    ] {
        let seen = gradle(&format!("{before}{evil}"));
        let expected = (vec![format!("{EVIL} build.gradle:1")], vec![]);
        assert_eq!(seen, expected, "{before}");
    }
}

#[test]
fn repositories_without_an_address_are_seen_as_arguments_too() {
    for line in [
        "mavenCentral()",
        "if (x) mavenCentral()",
        "exclusiveContent { forRepository(::mavenCentral) }",
    ] {
        let seen = gradle(&format!("repositories {{\n{line} }}"));
        assert_eq!(seen.0, ["Default build.gradle:2"], "{line}");
    }
    let two =
        "repositories { exclusiveContent { forRepositories(\nmaven(\"@\"),\nmaven(\"@\")\n) } }";
    let (seen, doubts) = gradle(&two.replace('@', EVIL));
    assert_eq!(
        seen,
        [
            format!("{EVIL} build.gradle:2"),
            format!("{EVIL} build.gradle:3")
        ]
    );
    assert!(doubts.is_empty());
}

#[test]
fn repositories_that_something_else_declares_are_a_gap() {
    for text in [
        "repositories { acmeMirror() }",
        "repositories { intellijPlatform { defaultRepositories() } }",
        "def r = repositories",
        "val r = project.repositories",
        "addAll(repositories)",
        r"// \u000a repositories { }",
    ] {
        assert_eq!(gradle(text).1, unknown(1).1, "{text}");
    }
    for text in [
        r#"repositories { if (x) { mavenLocal() } else { println("url") } }"#,
        "dependencyResolutionManagement { repositoriesMode.set(x) }",
        "def a = 'repositories'",
        "listOf(repositories, x.repositories).forEach { it.apply { mavenCentral() } }",
        "repositories { mavenCentral(); exclusiveContent { forRepository { mavenLocal() }\nfilter { includeGroup(\"a\") } } }",
    ] {
        assert!(gradle(text).1.is_empty(), "{text}");
    }
}
