//! Ways to hide a registry from a reader that is not the client, each with a twin that the
//! client reads as it looks.

use super::*;

pub(super) const EVIL: &str = "https://evil.example/";

pub(super) const UNDECIDED: &str = "registry/undecided-configuration";
const UNREADABLE: &str = "registry/unreadable-configuration";

pub(super) fn clients(format: &'static str, lock: &str, files: &[(&str, &str)]) -> Clients {
    Project::new(files).clients(format, lock, None)
}

/// Gaps as `id place`.
pub(super) fn gaps(clients: &Clients) -> Vec<String> {
    let all = clients.gaps.iter();
    all.map(|gap| format!("{} {}", gap.id, gap.location.as_ref().unwrap()))
        .collect()
}

/// Every way that is configured, as `target place`.
pub(super) fn configured(clients: &Clients, lock: &str) -> Vec<String> {
    let all = clients.effective[lock].configured();
    all.map(|route| {
        let target = match &route.target {
            Target::Address(text) | Target::Local(text) => text.clone(),
            other => format!("{other:?}"),
        };
        format!("{target} {}", route.places[0].location)
    })
    .collect()
}

fn requirements(text: &str) -> (Vec<String>, Vec<String>) {
    let found = clients("requirements", "r.txt", &[("r.txt", text), ("b.txt", "")]);
    (configured(&found, "r.txt"), gaps(&found))
}

#[test]
fn pip_options_behind_others_or_a_comment_or_cut_short_are_seen() {
    for text in [
        format!("# note \\\n--extra-index-url {EVIL}\n"),
        format!("\n--pre --extra-index-url {EVIL}\n"),
        format!("\n--pre --extra-index-url={EVIL}\n"),
        format!("\n--extra {EVIL}\n"),
        format!("\n--pre '--extra-index-url' \"{EVIL}\"\n"),
    ] {
        let seen = (vec![format!("{EVIL} r.txt:2")], Vec::new());
        assert_eq!(requirements(&text), seen, "{text}");
    }
    // The twins: comments and a package name no registry.
    for text in [
        format!("# \\\n# --extra-index-url {EVIL}\n"),
        format!("lib==1 \\\n  --hash=sha256:00 # --extra-index-url {EVIL}\n"),
        "--pre\n-r b.txt\n".to_owned(),
    ] {
        assert_eq!(requirements(&text), (vec![], vec![]), "{text}");
    }
}

#[test]
fn what_pip_makes_of_a_requirement_line_cannot_be_told() {
    let gap = |line: u32| vec![format!("{UNDECIDED} r.txt:{line}")];
    for text in [
        format!("lib==1 --index-url {EVIL}\n"),
        format!("-e . --index-url {EVIL}\n"),
        "--index-url 'x\n".to_owned(),
        "--n\n".to_owned(),
    ] {
        assert_eq!(requirements(&text), (vec![], gap(1)), "{text}");
    }
    let (seen, doubts) = requirements(&format!("-r b.txt --index-url {EVIL}\n"));
    assert_eq!((seen, doubts), (vec![format!("{EVIL} r.txt:1")], gap(1)));
}

#[test]
fn python_ends_lines_where_no_editor_does() {
    let hidden = |end: char| requirements(&format!("# x{end}--extra-index-url {EVIL}\n")).1;
    for end in [
        '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
    ] {
        assert_eq!(hidden(end), [format!("{UNREADABLE} r.txt:1")], "{end:?}");
    }
    assert!(hidden(' ').is_empty());
    let text = format!("# x\r\n--extra-index-url {EVIL}\r\n");
    assert_eq!(
        requirements(&text),
        (vec![format!("{EVIL} r.txt:2")], vec![])
    );
    for (conf, expected) in [
        ("[global]\n# x\rindex-url = https://evil.example/\n", 1),
        ("[global]\r\n# x\r\n", 0),
    ] {
        let files = [("requirements.txt", "lib==1\n"), ("pip.conf", conf)];
        let found = clients("requirements", "requirements.txt", &files);
        assert_eq!(found.gaps.len(), expected);
    }
}

#[test]
fn pip_conf_names_have_neither_case_nor_form() {
    let text = format!("[global]\nExtra_Index-URL = {EVIL}\n--find-links = {EVIL}w\n");
    let files = [("requirements.txt", "lib==1\n"), ("pip.conf", &text)];
    let found = clients("requirements", "requirements.txt", &files);
    assert_eq!(
        configured(&found, "requirements.txt"),
        [format!("{EVIL} pip.conf:2"), format!("{EVIL}w pip.conf:3")]
    );
}

#[test]
fn files_that_pip_includes_and_nobody_reads_are_gaps() {
    for include in [
        "absent.txt",
        "../up.txt",
        "/abs.txt",
        "https://x.example/r.txt",
        "file:b.txt",
        "${B}.txt",
    ] {
        for option in ["-r", "-c", "--requirement", "--const"] {
            let (_, doubts) = requirements(&format!("{option} {include}\n"));
            assert_eq!(doubts, [format!("{UNDECIDED} r.txt:1")], "{include}");
        }
    }
    assert_eq!(requirements("-r ./b.txt\n"), (vec![], vec![]));
    // A chain of files: the last ones are too deep.
    let chain = |length: usize| {
        let all: Vec<(String, String)> = (0..=length)
            .map(|n| {
                let next = match n == length {
                    true => format!("--index-url {EVIL}\n"),
                    false => format!("-r {}.txt\n", n + 1),
                };
                (format!("{n}.txt"), next)
            })
            .collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(p, t)| (&**p, &**t)).collect();
        let found = clients("requirements", "0.txt", &all);
        (configured(&found, "0.txt"), gaps(&found))
    };
    assert_eq!(chain(10), (vec![format!("{EVIL} 10.txt:1")], vec![]));
    assert_eq!(chain(11), (vec![], vec![format!("{UNDECIDED} 10.txt:1")]));
}

fn npm(text: &str) -> Clients {
    clients("package-lock", "package-lock.json", &[(".npmrc", text)])
}

#[test]
fn npm_takes_a_comment_off_a_value() {
    for off in [
        "strict-ssl=false ; corp",
        "strict-ssl=false#x",
        "strict-ssl = 'false'",
        "strict-ssl=0",
        "strict-ssl=null",
    ] {
        let found = npm(off);
        assert_eq!(weak(&found.effective["package-lock.json"]), [".npmrc:1"]);
        assert!(found.gaps.is_empty());
    }
    for on in ["strict-ssl=true ; not false", "; strict-ssl=false"] {
        let found = npm(on);
        assert!(weak(&found.effective["package-lock.json"]).is_empty());
        assert!(found.gaps.is_empty());
    }
}

#[test]
fn npm_keys_that_clients_read_in_different_ways_are_gaps() {
    let lines = [
        "\"registry\"=https://evil.example/",
        "${KEY}=https://evil.example/",
        "registry[]=https://evil.example/",
        "registry;x=https://evil.example/",
        "\\registry=https://evil.example/",
        "userconfig=evil",
        "globalconfig=evil",
    ];
    for line in lines {
        let found = npm(&format!("\n{line}\n"));
        assert_eq!(gaps(&found), [format!("{UNDECIDED} .npmrc:2")], "{line}");
    }
    let found = npm("[x]\nregistry=https://approved.example/\n");
    assert_eq!(gaps(&found), [format!("{UNDECIDED} .npmrc:2")]);
    let found = npm("; x\rregistry=https://evil.example/\n");
    assert_eq!(gaps(&found), [format!("{UNREADABLE} .npmrc:1")]);
    // The twins.
    for plain in [
        "registry=https://a.example/\r\n",
        " [x]\nregistry=https://a.example/\n",
        "public-hoist-pattern[]=*types*\n//a.example/:_authToken=${T}\n",
    ] {
        assert!(npm(plain).gaps.is_empty(), "{plain}");
    }
}

const POM: &str = "<project><repositories><repository><id>own</id><url>https://own.example/</url></repository></repositories></project>";

fn maven(config: &str, mirrors: &str) -> Clients {
    let settings = format!("<settings><mirrors>{mirrors}</mirrors></settings>");
    let files = [
        ("pom.xml", POM),
        (".mvn/maven.config", config),
        ("s.xml", &settings),
    ];
    clients("pom", "pom.xml", &files)
}

#[test]
fn a_maven_mirror_of_one_id_wins_over_patterns_before_it() {
    let mirror = |of: &str, url: &str| {
        format!("\n<mirror><mirrorOf>{of}</mirrorOf><url>https://{url}.example/</url></mirror>")
    };
    let ways = |mirrors: String| {
        let found = maven("-s\ns.xml\n", &mirrors);
        assert!(found.gaps.is_empty());
        let mut ways = configured(&found, "pom.xml");
        ways.retain(|way| !way.contains("all.example"));
        ways
    };
    let (all, own) = (mirror("*", "all"), mirror("own", "evil"));
    assert_eq!(ways(format!("{all}{own}")), [format!("{EVIL} s.xml:3")]);
    assert_eq!(ways(format!("{own}{all}")), [format!("{EVIL} s.xml:2")]);
    let other = mirror("other", "evil");
    assert!(ways(format!("{all}{other}")).is_empty());
}

#[test]
fn maven_settings_that_are_not_read_settle_nothing() {
    let default = |found: &Clients| {
        let routes = &found.effective["pom.xml"].routes;
        routes.iter().any(|route| route.is_certain)
    };
    for more in [
        "-gs g.xml",
        "-gsg.xml",
        "--global-settings=g.xml",
        "--global-settings\ng.xml",
        "--global-set=g.xml",
        "-ps g.xml",
        "--install-settings=g.xml",
    ] {
        let found = maven(&format!("-s s.xml\n{more}\n"), "");
        assert_eq!(
            gaps(&found),
            [format!("{UNDECIDED} .mvn/maven.config:2")],
            "{more}"
        );
        assert!(!default(&found), "{more}");
    }
    for plain in [
        "-s s.xml",
        "-ss.xml",
        "--settings\ns.xml",
        "--sett=s.xml",
        "-settings s.xml",
        "-T 4 --show-version -s s.xml --strict-checksums",
    ] {
        let found = maven(plain, "");
        assert!(found.gaps.is_empty(), "{plain}");
        assert!(default(&found), "{plain}");
    }
    let twice = maven("-s s.xml\n-s t.xml\n", "");
    assert!(gaps(&twice).contains(&format!("{UNDECIDED} .mvn/maven.config:2")));
}

#[test]
fn nuget_drops_what_stands_before_a_clear_in_every_section() {
    let read = |disabled: &str, mapping: &str| {
        let text = format!(
            "<configuration><packageSources><clear/>\n<add key=\"good\" value=\"https://good.example/\"/>\n<add key=\"evil\" value=\"{EVIL}\"/>\n</packageSources><disabledPackageSources>{disabled}</disabledPackageSources><packageSourceMapping>{mapping}</packageSourceMapping></configuration>"
        );
        let files = [("nuget.config", text.as_str())];
        let found = clients("nuget-lock", "packages.lock.json", &files);
        assert!(found.gaps.is_empty());
        let effective = &found.effective["packages.lock.json"];
        ways(
            effective,
            Ecosystem::Nuget,
            "Acme.Core",
            &Origin::Unrecorded,
        )
    };
    let good = "https://good.example/ nuget.config:2".to_owned();
    let evil = format!("{EVIL} nuget.config:3");
    let off = "<add key=\"evil\" value=\"true\"/>";
    let clear = "<clear/>";
    assert_eq!(
        read(&format!("{off}{clear}"), ""),
        [evil.clone(), good.clone()]
    );
    assert_eq!(
        read(&format!("{clear}{off}"), ""),
        std::slice::from_ref(&good)
    );
    let to = |key: &str| {
        format!("<packageSource key=\"{key}\"><package pattern=\"Acme.*\"/></packageSource>")
    };
    let (to_good, to_evil) = (to("good"), to("evil"));
    assert_eq!(read("", &format!("{to_good}{clear}{to_evil}")), [evil]);
    assert_eq!(read("", &format!("{to_evil}{clear}{to_good}")), [good]);
}

#[test]
fn cargo_registries_of_files_keep_their_very_names() {
    let config = |wanted: &str| {
        format!(
            "[registries.my-reg]\nindex = \"https://good.example/\"\n[registries.my_reg]\nindex = \"{EVIL}\"\n[source.crates-io]\nreplace-with = \"{wanted}\"\n"
        )
    };
    let asked = |wanted: &str, variables: &[(&str, &str)]| {
        let project = Project::new(&[(".cargo/config.toml", &config(wanted))]);
        let effective = project.on_machine("cargo-lock", "Cargo.lock", variables);
        let all = effective.configured().count();
        let way = ways(&effective, Ecosystem::Cargo, "x", &Origin::ImpliedDefault);
        (way, all)
    };
    let file = ".cargo/config.toml:6";
    assert_eq!(asked("my_reg", &[]), (vec![format!("{EVIL} {file}")], 3));
    assert_eq!(
        asked("my-reg", &[]),
        (vec![format!("https://good.example/ {file}")], 3)
    );
    let variable = [("CARGO_REGISTRIES_MY_REG_INDEX", "https://env.example/")];
    assert_eq!(
        asked("my-reg", &variable),
        (vec![format!("https://env.example/ {file}")], 4)
    );
}

#[test]
fn a_cargo_patch_from_a_registry_that_nothing_defines_is_a_gap() {
    let read = |more: &str| {
        let config = format!(
            "[patch.crates-io]\nx = {{ version = \"1\", registry = \"ours\" }}\ny = {{ path = \"y\" }}\n{more}"
        );
        let read = clients(
            "cargo-lock",
            "Cargo.lock",
            &[(".cargo/config.toml", &config)],
        );
        let weak = weak(&read.effective["Cargo.lock"]);
        assert_eq!(weak, [".cargo/config.toml:2", ".cargo/config.toml:3"]);
        gaps(&read)
    };
    assert_eq!(
        read(""),
        ["registry/undecided-configuration .cargo/config.toml:2"]
    );
    let defined = "[registries.ours]\nindex = \"https://good.example/\"\n";
    assert_eq!(read(defined), [""; 0]);
}

fn gradle(text: &str) -> (Vec<String>, Vec<String>) {
    let files = [("build.gradle", text)];
    let found = clients("gradle-lockfile", "gradle.lockfile", &files);
    (configured(&found, "gradle.lockfile"), gaps(&found))
}

#[test]
fn gradle_repositories_are_seen_behind_semicolons_and_longer_heads() {
    for text in [
        format!("repositories {{ mavenLocal(); maven {{ url '{EVIL}' }} }}"),
        format!("repositories {{ mavenLocal(); maven {{ name = 'a;b'; url = \"{EVIL}\" }} }}"),
        format!("project.repositories {{ mavenLocal()\nmaven {{ url '{EVIL}' }} }}"),
        format!("allprojects {{ it.repositories {{ mavenLocal();maven {{ url '{EVIL}' }} }} }}"),
        format!("repositories.mavenLocal(); repositories.maven {{ url '{EVIL}' }}"),
        format!(
            "dependencyResolutionManagement.repositories {{ mavenLocal(); maven {{ url '{EVIL}' }} }}"
        ),
        format!(
            "publishing {{ project.repositories {{ mavenLocal(); maven {{ url '{EVIL}' }} }} }}"
        ),
    ] {
        let (seen, doubts) = gradle(&text);
        assert_eq!(seen.len(), 2, "{text}: {seen:?}");
        assert!(seen[1].starts_with(EVIL), "{text}: {seen:?}");
        assert!(doubts.is_empty(), "{text}");
    }
    for text in [
        format!("publishing {{ repositories {{ maven {{ url '{EVIL}' }} }} }}"),
        format!("publishing.repositories {{ maven {{ url '{EVIL}' }} }}"),
        format!("myrepositories {{ maven {{ url '{EVIL}' }} }}"),
    ] {
        assert_eq!(gradle(&text), (vec![], vec![]), "{text}");
    }
}

#[test]
fn a_script_that_gradle_applies_is_a_gap() {
    for text in [
        "apply from: 'more.gradle'",
        "apply(from = \"more.gradle\")",
        "project.apply from: 'more.gradle'",
        "apply plugin: 'java'; apply from: 'more.gradle'",
        "apply {\nfrom 'more.gradle' }",
        "apply(\n  from = \"more.gradle\"\n)",
    ] {
        let (_, doubts) = gradle(text);
        assert_eq!(doubts.len(), 1, "{text}: {doubts:?}");
        assert!(doubts[0].starts_with(&format!("{UNDECIDED} build.gradle:")));
    }
    for text in [
        "apply plugin: 'java'",
        "description = 'apply from here'",
        "copy { from 'x'; into 'y' }",
        "// apply from: 'x'",
    ] {
        assert_eq!(gradle(text), (vec![], vec![]), "{text}");
    }
}

#[test]
fn another_encoding_of_a_requirement_file_is_a_gap() {
    // In UTF-7 the second line is `--extra-index-url …`.
    for first in [
        "# -*- coding: utf-7 -*-",
        "#vim: set fileencoding=UTF_16 :",
        "# coding:x coding=utf-7",
        "# coding=!",
        "# coding=latin-1",
        "# coding: iso-8859-15",
    ] {
        let text = format!("{first}\n+AC0ALQ-extra-index-url {EVIL}\n");
        assert_eq!(requirements(&text).1, [format!("{UNDECIDED} r.txt:1")]);
        let text = format!("# a\n{first}\nlib==1\n");
        assert_eq!(requirements(&text).1, [format!("{UNDECIDED} r.txt:2")]);
    }
    // In Latin-1 the second byte of `Å` ends a line, and an option follows it.
    let latin = format!("# coding: latin-1\n# Å--extra-index-url {EVIL}\n");
    assert_eq!(requirements(&latin).1, [format!("{UNDECIDED} r.txt:1")]);
    // The twins: what pip does not look at, and encodings that change no option.
    for text in [
        "# -*- coding: utf-8 -*-\nlib==1\n",
        "# coding=ASCII\nlib==1\n",
        "# a\n# b\n# coding: utf-7\nlib==1\n",
        "lib==1 # coding: utf-7\n",
        " # coding: utf-7\nlib==1\n",
        "# coding utf-7\nlib==1\n",
    ] {
        assert_eq!(requirements(text), (vec![], vec![]), "{text}");
    }
}

#[test]
fn yarn_1_reads_a_yarnrc_that_is_yaml() {
    let yarn = |text: &str| {
        let files = [("yarn.lock", "# yarn lockfile v1\n"), (".yarnrc", text)];
        let found = clients("yarn-lock", "yarn.lock", &files);
        (configured(&found, "yarn.lock"), gaps(&found))
    };
    for text in [
        format!("registry: {EVIL}\n"),
        format!("\"registry\": \"{EVIL}\"\n"),
        format!("registry \"{EVIL}\" # ours\n"),
        format!("\"@acme:registry\": {EVIL}\n"),
    ] {
        assert!(
            yarn(&text).0.contains(&format!("{EVIL} .yarnrc:1")),
            "{text}"
        );
        assert!(yarn(&text).1.is_empty(), "{text}");
    }
    let flow = format!("{{registry: \"{EVIL}\"}}\n");
    assert_eq!(yarn(&flow).1, [format!("{UNDECIDED} .yarnrc:1")]);
    // Yarn reads it as YAML, in which it is no setting.
    let bare = yarn(&format!("registry {EVIL}\n"));
    assert_eq!(bare.1, [format!("{UNDECIDED} .yarnrc:1")]);
    assert!(
        !yarn("# registry: x\n")
            .0
            .iter()
            .any(|way| way.contains(".yarnrc"))
    );
}

#[test]
fn what_a_yarnrc_sets_beside_one_key_and_value_a_line_is_seen_or_a_gap() {
    let good = "registry \"https://good.example/\"\n";
    let yarn = |more: &str| {
        let text = format!("{good}{more}\n");
        let files = [("yarn.lock", "# yarn lockfile v1\n"), (".yarnrc", &text)];
        let found = clients("yarn-lock", "yarn.lock", &files);
        let ways = configured(&found, "yarn.lock");
        let own = ways.into_iter().filter(|way| way.contains(" .yarnrc:"));
        (own.collect::<Vec<_>>(), gaps(&found))
    };
    // The last line of a key counts.
    let last = yarn(&format!("registry \"{EVIL}\""));
    assert_eq!(last, (vec![format!("{EVIL} .yarnrc:2")], vec![]));
    for hiding in [
        // Options, which go before every file.
        format!("--registry \"{EVIL}\""),
        format!("\"--registry\" \"{EVIL}\""),
        format!("--install.registry \"{EVIL}\""),
        "--use-yarnrc \"./other\"".to_owned(),
        "--cwd \"./other\"".to_owned(),
        // Several pairs, or several keys, on one line.
        format!("strict-ssl true registry \"{EVIL}\""),
        format!("lastUpdateCheck, registry \"{EVIL}\""),
        format!("lastUpdateCheck 1 \"registry\" \"{EVIL}\""),
        format!("x \"1\"registry \"{EVIL}\""),
        // A value that begins on the line below.
        format!("registry:\n  \"{EVIL}\""),
        format!("registry\n  \"{EVIL}\""),
        // One that is written otherwise than it is read.
        "registry \"https:\\u002f/evil.example/\"".to_owned(),
        format!("\"re\\u0067istry\" \"{EVIL}\""),
        "registry: *evil".to_owned(),
        "registry: |".to_owned(),
        "registry: 'https://it''s.example/'".to_owned(),
    ] {
        let gaps = yarn(&hiding).1;
        assert!(
            gaps.contains(&format!("{UNDECIDED} .yarnrc:2")),
            "{hiding}: {gaps:?}"
        );
    }
    let gaps = yarn(&format!("x 1\rregistry \"{EVIL}\"")).1;
    assert!(
        gaps.contains(&format!("{UNREADABLE} .yarnrc:2")),
        "{gaps:?}"
    );
    // The twins: what Yarn itself writes.
    for plain in [
        "# yarn lockfile v1",
        "lastUpdateCheck 1600000000000",
        "yarn-offline-mirror \"./mirror\"",
        "yarn-offline-mirror ./mirror",
        "strict-ssl true # always",
        "\"@acme:cafile\" \"./a b.pem\"",
        "email: me@acme.example",
    ] {
        let seen = (vec!["https://good.example/ .yarnrc:1".to_owned()], vec![]);
        assert_eq!(yarn(plain), seen, "{plain}");
    }
}

#[test]
fn a_mirror_for_plain_http_stands_in_for_such_repositories_only() {
    let ways = |of: &str, url: &str| {
        let pom = format!(
            "<project>\n<repositories>\n<repository>\n<id>own</id>\n<url>{url}</url>\n</repository>\n</repositories>\n</project>"
        );
        let settings = format!(
            "<settings><mirrors>\n<mirror><id>m</id><mirrorOf>{of}</mirrorOf><url>{EVIL}</url></mirror></mirrors></settings>"
        );
        let files = [
            ("pom.xml", pom.as_str()),
            (".mvn/maven.config", "-s .mvn/settings.xml\n"),
            (".mvn/settings.xml", &settings),
        ];
        let found = configured(&clients("pom", "pom.xml", &files), "pom.xml");
        found.iter().any(|way| way.starts_with(EVIL))
    };
    for (of, url, expected) in [
        ("external:http:*", "http://own.example/m2", true),
        ("external:http:*", "HTTP://own.example/m2", true),
        ("external:http:*,!own", "http://own.example/m2", false),
        ("external:http:*", "https://own.example/m2", false),
        ("external:http:*", "http://localhost:8081/m2", false),
        ("own", "http://localhost:8081/m2", true),
    ] {
        assert_eq!(ways(of, url), expected, "{of} {url}");
    }
}

#[test]
fn the_name_of_npms_user_file_may_be_in_lower_case() {
    let project = Project::new(&[("package-lock.json", "{}")])
        .home("own.npmrc", &format!("registry={EVIL}\n"))
        .home(".npmrc", "registry=https://other.example/\n");
    let own = project.dir.path().join("home/own.npmrc");
    for name in ["npm_config_userconfig", "NPM_CONFIG_USERCONFIG"] {
        let variables = [(name, own.to_str().unwrap())];
        let effective = project.on_machine("package-lock", "package-lock.json", &variables);
        let mut found: Vec<&Target> = effective.configured().map(|route| &route.target).collect();
        found.dedup();
        assert_eq!(found, [&Target::Address(EVIL.to_owned())], "{name}");
    }
}
