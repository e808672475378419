use super::*;

fn variables(list: &[(&str, &str)]) -> Variables {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), Redacted::new(*value)))
        .collect()
}

fn header(found: &Credentials, ecosystem: Ecosystem, approved: &str) -> Option<String> {
    let entry = Approved::parse(approved).unwrap();
    found
        .header_for(ecosystem, &entry)
        .map(|header| header.expose().to_owned())
}

/// Invented, and put together so that no scanner takes it for a real one.
fn word(tail: &str) -> String {
    ["wo", "rd-", tail].concat()
}

#[test]
fn an_npm_token_is_for_its_host_port_and_path_and_the_longest_path_wins() {
    let (one, two) = (word("one"), word("two"));
    let npmrc = format!(
        "registry=https://npm.example/\n; //npm.example/:_authToken=no\n\
         //npm.example/:_authToken={one}\n//npm.example/team/:_authToken=${{TEAM_TOKEN}}\n\
         //npm.example:8443/:_auth=eDp5\n//other.example/:_authToken=${{NOT_SET}}\n"
    );
    let files = ClientFiles {
        npmrc: Some(npmrc),
        ..ClientFiles::default()
    };
    let found = Credentials::of(&files, &variables(&[("TEAM_TOKEN", &two)]));
    let of = |approved: &str| header(&found, Ecosystem::Npm, approved);
    assert_eq!(of("https://npm.example/"), Some(format!("Bearer {one}")));
    assert_eq!(
        of("https://npm.example/team/x"),
        Some(format!("Bearer {two}"))
    );
    assert_eq!(
        of("https://npm.example/teamwork"),
        Some(format!("Bearer {one}"))
    );
    assert_eq!(
        of("https://npm.example:8443/"),
        Some("Basic eDp5".to_owned())
    );
    assert_eq!(of("https://npm.example:9000/"), None);
    assert_eq!(of("https://evil.example/"), None);
    assert_eq!(of("https://other.example/"), None);
    // In the clear it would be everyone's.
    assert_eq!(of("http://npm.example/"), None);
    assert_eq!(
        header(&found, Ecosystem::Pypi, "https://npm.example/"),
        None
    );
}

#[test]
fn a_cargo_token_goes_to_the_index_of_its_name() {
    let token = word("cargo");
    let files = ClientFiles {
        cargo_config: Some(
            "[registries.my-reg]\nindex = \"sparse+https://c.example/index/\"\n".to_owned(),
        ),
        cargo_credentials: Some(format!(
            "[registries.my-reg]\ntoken = \"{token}\"\n[registries.lost]\ntoken = \"x\"\n[registry]\ntoken = \"d\"\n"
        )),
        ..ClientFiles::default()
    };
    let of = |found: &Credentials, approved: &str| header(found, Ecosystem::Cargo, approved);
    let found = Credentials::of(&files, &variables(&[]));
    assert_eq!(of(&found, "https://c.example/index/"), Some(token));
    assert_eq!(of(&found, "https://c.example/other/"), None);
    assert_eq!(
        of(&found, "default=https://d.example/"),
        Some("d".to_owned())
    );
    let other = word("env");
    let found = Credentials::of(
        &files,
        &variables(&[("CARGO_REGISTRIES_MY_REG_TOKEN", &other)]),
    );
    assert_eq!(of(&found, "https://c.example/index/"), Some(other));
}

#[test]
fn python_credentials_come_from_addresses_names_and_netrc() {
    let files = ClientFiles {
        netrc: Some("machine n.example login me password w1\ndefault login x password y\n".to_owned()),
        pip: vec!["[global]\nindex-url = https://a:b%40c@p.example/simple\nextra-index-url =\n  https://d:e@q.example/simple\n".to_owned()],
        ..ClientFiles::default()
    };
    let vars = variables(&[
        ("UV_INDEX", "corp=https://u.example/simple"),
        ("UV_INDEX_CORP_USERNAME", "bob"),
        ("UV_INDEX_CORP_PASSWORD", "w2"),
        ("PIP_INDEX_URL", "https://x:y@r.example/simple/"),
    ]);
    let found = Credentials::of(&files, &vars);
    let of = |approved: &str| header(&found, Ecosystem::Pypi, approved);
    assert_eq!(of("https://n.example:8080/simple"), Some(basic("me", "w1")));
    assert_eq!(of("https://p.example/simple/"), Some(basic("a", "b@c")));
    assert_eq!(of("https://q.example/simple/"), Some(basic("d", "e")));
    assert_eq!(of("https://u.example/simple/"), Some(basic("bob", "w2")));
    assert_eq!(of("https://r.example/simple/"), Some(basic("x", "y")));
    assert_eq!(of("https://nobody.example/simple/"), None);
}

#[test]
fn nuget_maven_composer_bundler_and_own_variables_are_read() {
    let files = ClientFiles {
        nuget: vec![r#"<configuration><packageSources><add key="corp feed" value="https://g.example/v3/index.json"/></packageSources><packageSourceCredentials><corp_x0020_feed><add key="Username" value="u"/><add key="ClearTextPassword" value="p"/></corp_x0020_feed></packageSourceCredentials></configuration>"#.to_owned()],
        maven: Some("<settings><servers><server><id>m</id><username>u</username><password>${env.MVN}</password></server></servers><mirrors><mirror><id>m</id><url>https://m.example/repo</url></mirror></mirrors></settings>".to_owned()),
        composer: Some(r#"{"http-basic":{"c.example":{"username":"u","password":"p"}},"bearer":{"d.example":"t"}}"#.to_owned()),
        ..ClientFiles::default()
    };
    let vars = variables(&[
        ("MVN", "q"),
        ("BUNDLE_GEMS__ACME__EXAMPLE", "u:p"),
        ("SEALGATE_REGISTRY_TOKEN_ANY_EXAMPLE", "tok"),
    ]);
    let found = Credentials::of(&files, &vars);
    for (ecosystem, approved, expected) in [
        (
            Ecosystem::Nuget,
            "https://g.example/v3/index.json",
            basic("u", "p"),
        ),
        (Ecosystem::Maven, "https://m.example/repo", basic("u", "q")),
        (Ecosystem::Composer, "https://c.example/", basic("u", "p")),
        (Ecosystem::Composer, "https://d.example/", bearer("t")),
        (
            Ecosystem::Gem,
            "https://gems.acme.example/",
            basic("u", "p"),
        ),
        (Ecosystem::Golang, "https://any.example/", bearer("tok")),
    ] {
        assert_eq!(
            header(&found, ecosystem, approved),
            Some(expected),
            "{approved}"
        );
    }
}

#[test]
fn files_that_are_none_bring_nothing_and_show_nothing() {
    let secret = word("hidden");
    let junk = format!("\u{0}<<< [[[ ${{ {secret}");
    let files = ClientFiles {
        npmrc: Some(junk.clone()),
        cargo_config: Some(junk.clone()),
        cargo_credentials: Some(junk.clone()),
        netrc: Some("machine".to_owned()),
        pip: vec![junk.clone()],
        nuget: vec![junk.clone()],
        maven: Some(junk.clone()),
        composer: Some(junk),
    };
    let found = Credentials::of(&files, &variables(&[("COMPOSER_AUTH", "{")]));
    assert!(found.entries.is_empty());
    let full = Credentials::of(
        &ClientFiles {
            npmrc: Some(format!("//h.example/:_authToken={secret}")),
            ..ClientFiles::default()
        },
        &variables(&[]),
    );
    assert!(!format!("{full:?}").contains(&secret));
}
