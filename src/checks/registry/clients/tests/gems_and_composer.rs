//! Bundler and Composer: what the lockfile and the machine add to the project's files, and
//! which of several settings counts.

use super::hiding::{EVIL, UNDECIDED, configured, gaps};
use super::*;

const LOCK: &str = "GEM\n  remote: https://gems.example/\n  specs:\n    left (1.2.3)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  left\n";

fn mixed(effective: &Effective) -> Vec<String> {
    let all = effective.mixed.iter();
    all.map(|place| place.location.to_string()).collect()
}

#[test]
fn two_remotes_of_one_block_are_several_indexes() {
    let read = |lock: &str| {
        let project = Project::new(&[
            ("Gemfile", "source 'https://gems.example/'\n"),
            ("Gemfile.lock", lock),
        ]);
        mixed(&project.read("gemfile-lock", "Gemfile.lock"))
    };
    let two = LOCK.replace("  specs", &format!("  remote: {EVIL}\n  specs"));
    assert_eq!(read(&two), ["Gemfile.lock:2", "Gemfile.lock:3"]);
    assert!(read(LOCK).is_empty());
    // One remote each in two blocks: the block says which gem is whose.
    let blocks = format!("{LOCK}\nGEM\n  remote: {EVIL}\n  specs:\n    right (1.0)\n");
    assert!(read(&blocks).is_empty());
}

#[test]
fn only_a_call_of_source_is_a_source() {
    let read = |text: &str| {
        let project = Project::new(&[("Gemfile", text)]);
        configured(
            &project.clients("gemfile-lock", "Gemfile.lock", None),
            "Gemfile.lock",
        )
    };
    for other in [
        "sources = %w[a]",
        "source_dir = \"x\"",
        "source = 'x'",
        "source.each { }",
    ] {
        assert!(read(other).is_empty(), "{other}");
    }
    for call in [
        "source 'https://evil.example/'",
        "source(\"https://evil.example/\")",
        "source\t'https://evil.example/' # ours",
        "source 'https://evil.example/', type: :x",
        "source 'https://evil.example/' do",
    ] {
        assert_eq!(read(call), [format!("{EVIL} Gemfile:1")], "{call}");
    }
    for computed in [
        "source 'https://evil.example/'.sub('a', 'b')",
        "source \"https:\\u002f/evil.example/\"",
        "source url",
    ] {
        let unknown = "Unknown(\"the Gemfile computes it\") Gemfile:1";
        assert_eq!(read(computed), [unknown], "{computed}");
    }
}

#[test]
fn the_nearest_setting_of_bundler_counts() {
    const MIRROR: &str = "BUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE";
    const OFF: &str = "BUNDLE_DISABLE_CHECKSUM_VALIDATION";
    let read = |project: &str, home: &str, variables: &[(&str, &str)]| {
        let project = Project::new(&[(".bundle/config", project), ("Gemfile.lock", LOCK)])
            .home(".bundle/config", home);
        let effective = project.on_machine("gemfile-lock", "Gemfile.lock", variables);
        let origin = recorded("https://gems.example/");
        (
            ways(&effective, Ecosystem::Gem, "left", &origin),
            weak(&effective),
        )
    };
    let home = format!("---\n{MIRROR}/: \"{EVIL}\"\n{OFF}: \"true\"\n");
    let own = format!("---\n{MIRROR}: \"https://good.example/\"\n{OFF}: \"false\"\n");
    assert_eq!(
        read(&own, &home, &[]),
        (
            vec!["https://good.example/ .bundle/config:2".to_owned()],
            vec![]
        )
    );
    assert_eq!(
        read("---\n", &home, &[]),
        (
            vec![format!("{EVIL} ~/.bundle/config:2")],
            vec!["~/.bundle/config:3".to_owned()]
        )
    );
    let on = [(OFF, "true")];
    assert!(read(&own, "---\n", &on).1.is_empty());
    assert_eq!(
        read("---\n", "---\n", &on).1,
        [format!("environment:{OFF}")]
    );
    let local = read("---\nBUNDLE_LOCAL__LEFT: \"/opt/left\"\n", "---\n", &[]);
    assert_eq!(local.1, [".bundle/config:2"]);
}

#[test]
fn variables_name_other_files_of_bundler() {
    let text = format!("---\nBUNDLE_MIRROR__ALL: \"{EVIL}\"\n");
    let project = Project::new(&[("Gemfile.lock", LOCK), (".bundle/config", "---\n")])
        .home("x/config", &text)
        .home(".bundle/config", "---\n");
    let directory = project.dir.path().join("home/x");
    let directory = directory.to_str().unwrap();
    let file = format!("{directory}/config");
    let read = |variables: &[(&str, &str)]| {
        let effective = project.on_machine("gemfile-lock", "Gemfile.lock", variables);
        let origin = recorded("https://gems.example/");
        ways(&effective, Ecosystem::Gem, "left", &origin)
    };
    for (variable, value, shown) in [
        ("BUNDLE_APP_CONFIG", directory, "/config"),
        ("BUNDLE_USER_HOME", directory, "/config"),
        ("BUNDLE_USER_CONFIG", &file, ""),
        ("BUNDLE_CONFIG", &file, ""),
    ] {
        let expected = format!("{EVIL} environment:{variable}{shown}:2");
        assert_eq!(read(&[(variable, value)]), [expected]);
    }
    assert!(read(&[]).is_empty());
}

fn composer(project: &str, home: (&str, &str), variables: &[(&str, &str)]) -> Clients {
    let files = [("composer.json", project)];
    let project = Project::new(&files).home(home.0, home.1);
    let directory = project.dir.path().join("home/x");
    let directory = directory.to_str().unwrap();
    let all = variables.iter();
    let all = all.map(|(name, value)| ((*name).to_owned(), value.replace("@x", directory)));
    let machine = Machine {
        home: Some(project.dir.path().join("home")),
        system: None,
        variables: all.collect(),
    };
    project.clients("composer-lock", "composer.lock", Some(&machine))
}

#[test]
fn the_nearest_setting_of_composer_counts() {
    const HOME: &str = ".config/composer/config.json";
    let off = r#"{"config": {"secure-http": false}}"#;
    let weak = |found: Clients| weak(&found.effective["composer.lock"]);
    assert_eq!(
        weak(composer("{}", (HOME, off), &[])),
        [format!("~/{HOME}:1")]
    );
    let on = r#"{"config": {"secure-http": true}}"#;
    assert!(weak(composer(on, (HOME, off), &[])).is_empty());
    assert_eq!(weak(composer(off, (HOME, on), &[])), ["composer.json:1"]);
    // Where the home of Composer lies.
    for (path, variable, shown) in [
        (
            "x/config.json",
            "COMPOSER_HOME",
            "COMPOSER_HOME/config.json",
        ),
        (
            "x/composer/config.json",
            "XDG_CONFIG_HOME",
            "XDG_CONFIG_HOME/composer/config.json",
        ),
    ] {
        let found = weak(composer("{}", (path, off), &[(variable, "@x")]));
        assert_eq!(found, [format!("environment:{shown}:1")]);
        assert!(weak(composer("{}", (path, off), &[])).is_empty());
    }
    let source = r#"{"config": {"preferred-install": "source"}}"#;
    let found = composer("{}", (HOME, source), &[]);
    assert_eq!(gaps(&found), [format!("{UNDECIDED} ~/{HOME}:1")]);
    let dist = r#"{"config": {"preferred-install": "dist"}}"#;
    assert!(composer(dist, (HOME, source), &[]).gaps.is_empty());
}

#[test]
fn transport_options_that_turn_certificates_off_are_seen() {
    let read = |json: &str, lock: &str| {
        let project = Project::new(&[("composer.json", json), ("composer.lock", lock)]);
        weak(&project.read("composer-lock", "composer.lock"))
    };
    let lock = |options: &str| {
        format!(
            "{{\"packages\": [{{\"name\": \"a/b\", \"version\": \"1.0\",\n\"transport-options\": {options}}}]}}"
        )
    };
    for options in [
        r#"{"ssl": {"verify_peer": false}}"#,
        r#"{"ssl": {"verify_peer_name": 0}}"#,
        r#"{"ssl": {"allow_self_signed": true}}"#,
    ] {
        assert_eq!(read("{}", &lock(options)), ["composer.lock:2"], "{options}");
        let json = format!(
            "{{\"repositories\": [{{\"type\": \"composer\",\n\"url\": \"https://a.example/\",\n\"options\": {options}}}]}}"
        );
        assert_eq!(read(&json, "{}"), ["composer.json:3"], "{options}");
    }
    for options in [
        r#"{"ssl": {"verify_peer": true}}"#,
        r#"{"ssl": {"cafile": "/etc/ssl/acme.pem"}}"#,
        r#"{"relative": true}"#,
        "[]",
    ] {
        assert!(read("{}", &lock(options)).is_empty(), "{options}");
    }
}
