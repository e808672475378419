//! Maven: options in files and variables, the settings of its installation, and the two
//! lists of repositories.

use super::hiding::{EVIL, UNDECIDED, configured, gaps};
use super::*;

const POM: &str = "<project/>";

/// A pom with files of `.mvn` beside it.
fn read(files: &[(&str, &str)]) -> Clients {
    let all = [&[("pom.xml", POM)], files].concat();
    Project::new(&all).clients("pom", "pom.xml", None)
}

fn weaknesses(found: &Clients) -> Vec<String> {
    weak(&found.effective["pom.xml"])
}

#[test]
fn options_that_take_checks_away_are_seen_where_maven_reads_them() {
    for option in [
        "-Daether.connector.https.securityMode=insecure",
        "-Dmaven.wagon.http.ssl.insecure=true",
        "-Dmaven.wagon.http.ssl.insecure",
        "-Dmaven.wagon.http.ssl.allowall=true",
        "-D maven.wagon.http.ssl.insecure=true",
        "--lax-checksums",
        "--lax",
        "-c",
    ] {
        let text = format!("-T\n{option}\n");
        let found = read(&[(".mvn/maven.config", &text)]);
        assert_eq!(weaknesses(&found), [".mvn/maven.config:2"], "{option}");
        assert!(found.gaps.is_empty(), "{option}");
    }
    let text = "-Xmx1g\n-Daether.connector.https.securityMode=insecure -Dx=y\n";
    let found = read(&[(".mvn/jvm.config", text)]);
    assert_eq!(weaknesses(&found), [".mvn/jvm.config:2"]);
    for fine in [
        "-Daether.connector.https.securityMode=default",
        "-Dmaven.wagon.http.ssl.insecure=false",
        "-C",
        "--strict-checksums",
        "-cpu",
        "-l log.txt",
        "# -c",
    ] {
        let found = read(&[(".mvn/maven.config", fine), (".mvn/jvm.config", fine)]);
        assert!(weaknesses(&found).is_empty(), "{fine}");
    }
}

#[test]
fn variables_hold_options_of_maven() {
    let project = Project::new(&[("pom.xml", POM)])
        .home("evil.xml", &format!("<settings><mirrors>\n<mirror><mirrorOf>*</mirrorOf><url>{EVIL}</url></mirror></mirrors></settings>"));
    let settings = project.dir.path().join("home/evil.xml");
    let settings = settings.to_str().unwrap();
    let arguments = format!("-B -s {settings}");
    let found = project.on_machine("pom", "pom.xml", &[("MAVEN_ARGS", &arguments)]);
    let way = ways(&found, Ecosystem::Maven, "a:b", &Origin::Unrecorded);
    assert_eq!(way, [format!("{EVIL} environment:MAVEN_ARGS/settings:2")]);
    let off = [("MAVEN_OPTS", "-Dmaven.wagon.http.ssl.insecure=true")];
    let found = project.on_machine("pom", "pom.xml", &off);
    assert_eq!(weak(&found), ["environment:MAVEN_OPTS"]);
    assert!(weak(&project.on_machine("pom", "pom.xml", &[("MAVEN_OPTS", "-Xmx1g")])).is_empty());
}

#[test]
fn the_default_is_certain_where_the_installation_is_known() {
    let project = Project::new(&[("pom.xml", POM)])
        .home("maven/conf/settings.xml", "<settings>\n<mirrors><mirror><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror></mirrors></settings>")
        .home("other/conf/settings.xml", &format!("<settings>\n<mirrors><mirror><mirrorOf>central</mirrorOf><url>{EVIL}</url></mirror></mirrors></settings>"));
    let way = |variables: &[(&str, &str)]| {
        let home = project.dir.path().join("home");
        let all: Vec<(&str, String)> = variables
            .iter()
            .map(|(name, value)| (*name, value.replace('~', home.to_str().unwrap())))
            .collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, &**value)).collect();
        let found = project.on_machine("pom", "pom.xml", &all);
        ways(&found, Ecosystem::Maven, "a:b", &Origin::Unrecorded)
    };
    assert_eq!(way(&[]), ["default (false) -"]);
    assert_eq!(way(&[("MAVEN_HOME", "~/maven")]), ["default (true) -"]);
    assert_eq!(
        way(&[("MAVEN_HOME", "~/other")]),
        [format!("{EVIL} environment:MAVEN_HOME/conf/settings.xml:2")]
    );
}

fn list(list: &str, item: &str, id: &str, url: &str) -> String {
    format!("<{list}>\n<{item}><id>{id}</id><url>{url}</url></{item}>\n</{list}>\n")
}

#[test]
fn dependencies_and_plugins_each_have_a_default() {
    let own = "https://own.example/";
    let packages = |id: &str, url: &str| list("repositories", "repository", id, url);
    let plugins = |id: &str, url: &str| list("pluginRepositories", "pluginRepository", id, url);
    let ways_of = |lists: String| {
        let pom = format!("<project>\n{lists}</project>");
        let files = [
            ("pom.xml", pom.as_str()),
            (".mvn/maven.config", "-s s.xml"),
            ("s.xml", "<settings/>"),
        ];
        let found = Project::new(&files).clients("pom", "pom.xml", None);
        assert!(found.gaps.is_empty());
        let effective = &found.effective["pom.xml"];
        (
            ways(effective, Ecosystem::Maven, "a:b", &Origin::Unrecorded),
            configured(&found, "pom.xml"),
        )
    };
    // Only the default of dependencies is replaced: that of plugins is told with its line.
    let (way, all) = ways_of(packages("central", own));
    assert_eq!(way, [format!("{own} pom.xml:3")]);
    assert_eq!(
        all,
        [format!("{own} pom.xml:3"), "Default pom.xml:3".to_owned()]
    );
    // Only that of plugins is.
    let (way, _) = ways_of(plugins("central", own));
    assert_eq!(way, ["default (true) -"]);
    let (way, all) = ways_of(packages("central", own) + &plugins("central", own));
    assert_eq!(way, [format!("{own} pom.xml:3")]);
    assert_eq!(all.len(), 2);
    assert!(!all.iter().any(|way| way.starts_with("Default")));
    // A repository of plugins is none of dependencies.
    let (way, all) = ways_of(packages("central", own) + &plugins("evil", EVIL));
    assert_eq!(way, [format!("{own} pom.xml:3")]);
    assert!(all.contains(&format!("{EVIL} pom.xml:6")));
}

#[test]
fn a_property_in_the_address_of_a_mirror_is_not_known() {
    let mirror = "<settings>\n<mirrors><mirror><mirrorOf>*</mirrorOf><url>${env.REPO}</url></mirror></mirrors></settings>";
    let found = read(&[(".mvn/maven.config", "-s s.xml"), ("s.xml", mirror)]);
    let way = ways(
        &found.effective["pom.xml"],
        Ecosystem::Maven,
        "a:b",
        &Origin::Unrecorded,
    );
    assert_eq!(way, ["Unknown(\"a property decides\") s.xml:2"]);
}

#[test]
fn settings_that_variables_name_and_are_not_there_are_a_gap() {
    let project = Project::new(&[("pom.xml", POM)]);
    let machine = Machine {
        home: None,
        system: None,
        variables: [("MAVEN_ARGS".to_owned(), "-s /absent/s.xml".to_owned())].into(),
    };
    let found = project.clients("pom", "pom.xml", Some(&machine));
    assert_eq!(
        gaps(&found),
        [format!("{UNDECIDED} environment:MAVEN_ARGS")]
    );
    assert!(!format!("{:?}", found.gaps).contains("/absent"));
    assert!(
        found.effective["pom.xml"]
            .routes
            .iter()
            .all(|route| !route.is_certain)
    );
}

#[test]
fn verification_of_gradle_that_is_off_is_seen() {
    let read = |files: &[(&str, &str)]| {
        let found = Project::new(files).clients("gradle-lockfile", "a/gradle.lockfile", None);
        assert!(found.gaps.is_empty());
        weak(&found.effective["a/gradle.lockfile"])
    };
    for text in [
        "org.gradle.dependency.verification=off\n",
        "org.gradle.dependency.verification : LENIENT",
        "org.gradle.dependency.verification off",
        "org.gradle.dependency.\\\n  verification=off",
        "org.gradle.dependency.verific\\u0061tion=off",
    ] {
        assert_eq!(
            read(&[("a/gradle.properties", text)]),
            ["a/gradle.properties:1"]
        );
        assert_eq!(
            read(&[("gradle.properties", text)]),
            ["gradle.properties:1"]
        );
    }
    for text in [
        "org.gradle.dependency.verification=strict\n",
        "# org.gradle.dependency.verification=off\n",
        "org.gradle.caching=off\n",
        "org.gradle.dependency.verification=off\norg.gradle.dependency.verification=strict\n",
    ] {
        assert!(read(&[("gradle.properties", text)]).is_empty(), "{text}");
    }
    let metadata = |value: &str| {
        let text = format!(
            "<verification-metadata xmlns=\"https://schema.gradle.example\">\n<configuration>\n<verify-metadata>{value}</verify-metadata></configuration></verification-metadata>"
        );
        read(&[("gradle/verification-metadata.xml", &text)])
    };
    assert_eq!(metadata("false"), ["gradle/verification-metadata.xml:3"]);
    assert!(metadata("true").is_empty());
}
