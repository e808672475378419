use super::*;
use crate::inventory::formats::Neighbour;
use crate::inventory::formats::testing::{Files, edges, gaps, parse};
use crate::support::hash::sha256;
use std::collections::BTreeMap;

const TYPICAL: &str = include_str!("../../../../testdata/inventory/pom/typical/pom.xml");

/// A local repository in memory, by path.
struct Memory(BTreeMap<String, String>);

impl Store for Memory {
    fn read(&self, path: &str) -> Result<Option<Neighbour>, String> {
        Ok(self.0.get(path).map(|text| Neighbour {
            path: path.to_owned(),
            digest: sha256(text.as_bytes()),
            text: text.clone(),
        }))
    }
}

/// Poms of `g:ARTIFACT:VERSION` with the given content.
fn repository(poms: &[(&str, &str, &str)]) -> Shelf {
    let files = poms.iter().map(|(artifact, version, inside)| {
        let path = format!("g/{artifact}/{version}/{artifact}-{version}.pom");
        (path, pom("g", artifact, version, inside))
    });
    Shelf::with_repository(Some(Box::new(Memory(files.collect()))))
}

fn pom(group: &str, artifact: &str, version: &str, inside: &str) -> String {
    format!(
        "<project>\n<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>\n{inside}</project>"
    )
}

/// `ARTIFACT`, `ARTIFACT:VERSION`, and more elements of a dependency on group `g`.
fn needs(list: &[(&str, &str)]) -> String {
    let entries: Vec<String> = list
        .iter()
        .map(|(name, more)| {
            let (artifact, version) = name.split_once(':').unwrap_or((name, ""));
            let version = match version {
                "" => String::new(),
                version => format!("<version>{version}</version>"),
            };
            format!("<dependency><groupId>g</groupId><artifactId>{artifact}</artifactId>{version}{more}</dependency>")
        })
        .collect();
    format!("<dependencies>\n{}\n</dependencies>", entries.join("\n"))
}

fn manages(list: &[(&str, &str)]) -> String {
    format!(
        "<dependencyManagement>{}</dependencyManagement>",
        needs(list)
    )
}

fn read_at(path: &str, tree: &[(&str, &str)], maven: &Shelf) -> Parsed {
    let files = Files::of(tree);
    let text = files.0.get(path).unwrap();
    let input = Input {
        path,
        text,
        neighbours: &files,
        maven,
    };
    Pom.parse(&input).unwrap()
}

fn read(inside: &str, maven: &Shelf) -> Parsed {
    let text = pom("com.acme", "shop", "1.0", inside);
    read_at("pom.xml", &[("pom.xml", &text)], maven)
}

/// `ARTIFACT:VERSION SCOPE` of everything that is not the product.
fn found(parsed: &Parsed) -> Vec<String> {
    let mut found: Vec<String> = parsed
        .packages
        .iter()
        .skip(1)
        .map(|package| {
            let name = package.name.rsplit(':').next().unwrap();
            let version = package.version.as_deref().unwrap_or("?");
            format!("{name}:{version} {}", package.scope.as_str())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_typical_pom_alone_gives_its_direct_dependencies_and_says_so() {
    let parsed = parse(&Pom, "pom.xml", TYPICAL, &[]).unwrap();
    assert_eq!(
        edges(&parsed),
        [
            "com.acme:shop@1.2.0 -> com.corp:checks@5.0",
            "com.acme:shop@1.2.0 -> com.corp:container-api@4.0.1",
            "com.acme:shop@1.2.0 -> com.corp:ledger@3.1.0",
            "com.acme:shop@1.2.0 -> com.corp:native-tools@1.0",
            "com.acme:shop@1.2.0 -> com.corp:rates@0.9.0",
        ]
    );
    let of = |name: &str| {
        let name = format!("com.corp:{name}");
        parsed.packages.iter().find(|p| p.name == name).unwrap()
    };
    assert_eq!(
        (of("ledger").scope, of("ledger").line),
        (Scope::Runtime, 33)
    );
    assert_eq!(of("checks").scope, Scope::Dev);
    assert_eq!(of("container-api").scope, Scope::Peer);
    assert_eq!(
        of("rates").qualifiers,
        [("classifier", "linux-x86_64".to_owned())]
    );
    assert_eq!(
        of("native-tools").origin,
        Origin::Path {
            path: "${project.basedir}/lib/native-tools.jar".to_owned()
        }
    );
    let own = &parsed.packages[0];
    assert_eq!(
        (own.kind, own.licence.as_deref()),
        (ComponentKind::Own, Some("Apache-2.0"))
    );
    assert_eq!(gaps(&parsed), [("inventory/incomplete-lockfile", 33)]);
    assert!(
        parsed.gaps[0].message.contains("4 dependencies"),
        "{}",
        parsed.gaps[0].message
    );
    assert_eq!(parsed.has_graph, Some(false));
}

#[test]
fn the_nearest_version_wins_and_its_dependencies_come_in() {
    let maven = repository(&[
        ("a", "1", &needs(&[("far:1", ""), ("near:2", "")])),
        ("near", "1", &needs(&[("only-with-1:1", "")])),
        ("near", "2", &needs(&[("only-with-2:1", "")])),
        ("far", "1", &needs(&[("near:3", "")])),
        ("near", "3", ""),
        ("only-with-1", "1", ""),
    ]);
    let parsed = read(&needs(&[("a:1", ""), ("near:1", "")]), &maven);
    assert_eq!(
        found(&parsed),
        [
            "a:1 runtime",
            "far:1 runtime",
            "near:1 runtime",
            "only-with-1:1 runtime"
        ]
    );
    assert!(edges(&parsed).contains(&"g:far@1 -> g:near@1".to_owned()));
    assert_eq!(parsed.has_graph, Some(true));
    assert_eq!(gaps(&parsed), []);
    // What comes in with `a` is placed where the pom names `a`.
    let far = parsed.packages.iter().find(|p| p.name == "g:far").unwrap();
    assert_eq!((far.path.as_deref(), far.line), (Some("pom.xml"), 4));
}

#[test]
fn scopes_are_derived_and_the_widest_way_counts() {
    let scope = |scope: &str| format!("<scope>{scope}</scope>");
    let maven = repository(&[
        ("t", "1", &needs(&[("both:1", ""), ("only-test:1", "")])),
        ("r", "1", &needs(&[("both:1", ""), ("below-runtime:1", "")])),
        ("p", "1", &needs(&[("below-provided:1", &scope("runtime"))])),
        (
            "both",
            "1",
            &needs(&[
                ("deep:1", ""),
                ("never:1", &scope("test")),
                ("neither:1", &scope("provided")),
            ]),
        ),
        ("only-test", "1", ""),
        (
            "below-runtime",
            "1",
            &needs(&[("maybe:1", "<optional>true</optional>")]),
        ),
        ("below-provided", "1", ""),
        ("deep", "1", ""),
    ]);
    let parsed = read(
        &needs(&[
            ("t:1", &scope("test")),
            ("r:1", &scope("runtime")),
            ("p:1", &scope("provided")),
        ]),
        &maven,
    );
    assert_eq!(
        found(&parsed),
        [
            "below-provided:1 peer",
            "below-runtime:1 runtime",
            "both:1 runtime",
            "deep:1 runtime",
            "only-test:1 dev",
            "p:1 peer",
            "r:1 runtime",
            "t:1 dev",
        ]
    );
}

#[test]
fn what_the_product_manages_overrides_and_boms_add_to_it() {
    let bom = manages(&[("deep:9", ""), ("direct:8", ""), ("managed:1", "")]);
    let import = "<type>pom</type><scope>import</scope>";
    let exclusion = "<exclusions><exclusion><groupId>g</groupId><artifactId>gone</artifactId></exclusion></exclusions>";
    let maven = repository(&[
        ("bom", "1", &bom),
        ("direct", "8", &needs(&[("deep:1", ""), ("managed:2", "")])),
        ("deep", "9", &needs(&[("gone:1", "")])),
        ("managed", "3", ""),
        ("gone", "1", ""),
    ]);
    let inside = format!(
        "{}{}",
        manages(&[("managed:3", ""), ("bom:1", import), ("deep:9", exclusion)]),
        needs(&[("direct", "")])
    );
    let parsed = read(&inside, &maven);
    assert_eq!(
        found(&parsed),
        ["deep:9 runtime", "direct:8 runtime", "managed:3 runtime"]
    );
    assert_eq!(gaps(&parsed), []);
}

#[test]
fn exclusions_hold_for_the_whole_way_below() {
    let all = "<exclusions><exclusion><groupId>*</groupId><artifactId>x</artifactId></exclusion></exclusions>";
    let maven = || {
        repository(&[
            ("a", "1", &needs(&[("b:1", "")])),
            ("b", "1", &needs(&[("x:1", ""), ("y:1", "")])),
            ("c", "1", &needs(&[("x:1", "")])),
            ("x", "1", ""),
            ("y", "1", ""),
        ])
    };
    let parsed = read(&needs(&[("a:1", all)]), &maven());
    assert_eq!(
        found(&parsed),
        ["a:1 runtime", "b:1 runtime", "y:1 runtime"]
    );
    // Another way may bring it in all the same.
    let parsed = read(&needs(&[("a:1", all), ("c:1", "")]), &maven());
    assert!(found(&parsed).contains(&"x:1 runtime".to_owned()));
    assert!(!edges(&parsed).contains(&"g:b@1 -> g:x@1".to_owned()));
}

#[test]
fn a_relocated_artifact_is_the_one_that_it_went_to() {
    let maven = repository(&[
        (
            "old",
            "1",
            "<distributionManagement><relocation><artifactId>new</artifactId></relocation></distributionManagement>",
        ),
        ("new", "1", &needs(&[("gone:1", "")])),
        ("gone", "1", ""),
    ]);
    let exclusion = "<exclusions><exclusion><groupId>g</groupId><artifactId>*</artifactId></exclusion></exclusions>";
    let inside = format!(
        "{}{}",
        manages(&[("new:5", exclusion)]),
        needs(&[("old:1", "")])
    );
    assert_eq!(found(&read(&inside, &maven)), ["new:1 runtime"]);
}

#[test]
fn a_parent_in_the_repository_is_inherited_from() {
    let parent = format!(
        "<packaging>pom</packaging><licenses><license><name>MIT</name></license><license><name>BSD</name></license></licenses><properties><v>1</v><w>1</w></properties>{}{}",
        manages(&[("managed:${v}", "")]),
        needs(&[("inherited:${w}", "")])
    );
    let maven = repository(&[
        ("parent", "7", &parent),
        ("managed", "2", ""),
        ("inherited", "1", ""),
    ]);
    let text = format!(
        "<project>\n<parent><groupId>g</groupId><artifactId>parent</artifactId><version>7</version></parent>\n<artifactId>child</artifactId><properties><v>2</v></properties>\n{}</project>",
        needs(&[("managed", "")])
    );
    let parsed = read_at(
        "app/pom.xml",
        &[
            ("app/pom.xml", &text),
            (
                "pom.xml",
                "<project><artifactId>other</artifactId></project>",
            ),
        ],
        &maven,
    );
    assert_eq!(found(&parsed), ["inherited:1 runtime", "managed:2 runtime"]);
    assert_eq!(gaps(&parsed), []);
    let own = &parsed.packages[0];
    assert_eq!(
        (own.name.as_str(), own.version.as_deref()),
        ("g:child", Some("7"))
    );
    assert_eq!(own.licence.as_deref(), Some("MIT OR BSD"));
    // What is inherited from outside the tree stands where the parent is named.
    assert_eq!(parsed.packages[2].line, 2);
}

const TOP: &str = "<project><groupId>com.acme</groupId><artifactId>top</artifactId><version>${revision}</version>\n<properties><revision>1</revision></properties>\n<modules><module>core</module><module>web/pom.xml</module></modules>\n<dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency></dependencies></project>";
const CHILD: &str = "<project><parent><groupId>com.acme</groupId><artifactId>top</artifactId><version>${revision}</version></parent>";

#[test]
fn modules_of_one_build_are_own_and_bring_their_dependencies_along() {
    let core = format!(
        "{CHILD}<artifactId>core</artifactId>{}</project>",
        needs(&[("b:1", ""), ("t:1", "<scope>test</scope>")])
    );
    let web = format!(
        "{CHILD}<artifactId>web</artifactId>\n<dependencies><dependency><groupId>${{project.groupId}}</groupId><artifactId>core</artifactId><version>${{project.version}}</version></dependency></dependencies></project>"
    );
    let tree = [
        ("pom.xml", TOP),
        ("core/pom.xml", core.as_str()),
        ("web/pom.xml", web.as_str()),
        (".mvn/maven.config", "-T 2\n-Drevision=2.5\n"),
    ];
    let maven = repository(&[("a", "1", ""), ("b", "1", "")]);
    let parsed = read_at("web/pom.xml", &tree, &maven);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        edges(&parsed),
        [
            "com.acme:core@2.5 -> g:a@1",
            "com.acme:core@2.5 -> g:b@1",
            "com.acme:web@2.5 -> com.acme:core@2.5",
            "com.acme:web@2.5 -> g:a@1",
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("com.acme:core").kind, ComponentKind::Own);
    assert_eq!(
        of("com.acme:core").origin,
        Origin::Path {
            path: "core".to_owned()
        }
    );
    // What the parent in the tree names stands there.
    assert_eq!(
        (of("g:a").path.as_deref(), of("g:a").line),
        (Some("pom.xml"), 4)
    );
}

#[test]
fn profiles_that_nobody_names_count_only_where_that_is_certain() {
    let profile = |id: &str, activation: &str, artifact: &str| {
        format!(
            "<profile><id>{id}</id><activation>{activation}</activation>{}</profile>\n",
            needs(&[(artifact, "")])
        )
    };
    let default = profile("d", "<activeByDefault>true</activeByDefault>", "default:1");
    let never = profile("n", "<property><name>fast</name></property>", "never:1");
    let maven = || repository(&[("default", "1", ""), ("always", "1", "")]);
    let parsed = read(&format!("<profiles>{default}{never}</profiles>"), &maven());
    assert_eq!(found(&parsed), ["default:1 runtime"]);
    let always = profile("a", "<property><name>!slow</name></property>", "always:1");
    let machine = profile("m", "<jdk>[17,)</jdk>", "machine:1");
    let parsed = read(
        &format!("<profiles>\n{default}{always}{machine}</profiles>"),
        &maven(),
    );
    assert_eq!(found(&parsed), ["always:1 runtime"]);
    assert_eq!(gaps(&parsed), [("inventory/incomplete-lockfile", 10)]);
    assert!(parsed.gaps[0].message.contains("`m`"));
    // A product for Java 17 is built with that or a newer one.
    let release = "<properties><maven.compiler.release>17</maven.compiler.release></properties>";
    let maven = repository(&[("machine", "1", "")]);
    let parsed = read(&format!("{release}<profiles>{machine}</profiles>"), &maven);
    assert_eq!(found(&parsed), ["machine:1 runtime"]);
    assert_eq!(gaps(&parsed), []);
}

#[test]
fn a_profile_of_a_dependency_that_may_widen_the_product_is_a_gap() {
    let profile = |artifact: &str| {
        format!(
            "<profiles><profile><id>m</id><activation><os><family>unix</family></os></activation>{}</profile></profiles>",
            needs(&[(artifact, "")])
        )
    };
    let with = |artifact: &str, more: &[(&str, &str)]| {
        let maven = repository(&[("a", "1", &profile(artifact)), ("b", "1", "")]);
        let mut list = vec![("a:1", "")];
        list.extend(more);
        gaps(&read(&needs(&list), &maven))
    };
    let gap = [("inventory/incomplete-lockfile", 4)];
    assert_eq!(with("b:1", &[]), gap);
    assert_eq!(with("b:1", &[("b:1", "<scope>test</scope>")]), gap);
    assert_eq!(with("b:1", &[("b:1", "")]), []);
}

#[test]
fn what_cannot_be_told_is_a_component_without_version_and_one_counted_gap() {
    let parsed = read(
        &needs(&[
            ("a", ""),
            ("b:${gone}", ""),
            ("c:[1,2)", ""),
            ("d:[1.5]", ""),
            ("e:LATEST", ""),
        ]),
        &repository(&[("d", "1.5", "")]),
    );
    assert_eq!(
        found(&parsed),
        [
            "a:? runtime",
            "b:? runtime",
            "c:? runtime",
            "d:1.5 runtime",
            "e:? runtime"
        ]
    );
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-lockfile", 4)
        ]
    );
    assert!(parsed.gaps[0].message.starts_with("4 dependencies"));
}

#[test]
fn a_missing_parent_or_bom_is_a_gap() {
    let import = "<type>pom</type><scope>import</scope>";
    let text = format!(
        "<project><parent><groupId>g</groupId><artifactId>gone</artifactId><version>3</version></parent><artifactId>child</artifactId>{}</project>",
        manages(&[("bom:1", import)])
    );
    let parsed = read_at("pom.xml", &[("pom.xml", &text)], &repository(&[]));
    assert_eq!(gaps(&parsed), [("inventory/incomplete-lockfile", 0)]);
    assert!(
        parsed.gaps[0].message.starts_with("2 poms"),
        "{}",
        parsed.gaps[0].message
    );
    assert_eq!(parsed.packages[0].version.as_deref(), Some("3"));
}

#[test]
fn an_empty_pom_is_the_product_alone() {
    let parsed = read("", &Shelf::default());
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (1, 0));
    assert_eq!(parsed.root.as_ref().unwrap().name, "com.acme:shop");
}

#[test]
fn what_is_no_pom_is_refused() {
    for text in [
        "",
        "<project>",
        "<settings/>",
        "<project><groupId>g</groupId></project>",
        "<!DOCTYPE project [<!ENTITY x 'y'>]><project><artifactId>&x;</artifactId></project>",
    ] {
        let error = parse(&Pom, "pom.xml", text, &[]).unwrap_err();
        assert!(matches!(error, FormatError::Syntax { .. }), "{text}");
    }
}

#[test]
fn circles_and_bombs_end() {
    let import = "<type>pom</type><scope>import</scope>";
    let maven = repository(&[
        ("a", "1", &needs(&[("b:1", "")])),
        ("b", "1", &needs(&[("a:1", "")])),
        ("bom", "1", &manages(&[("bom:1", import)])),
        (
            "moved",
            "1",
            "<distributionManagement><relocation><version>1</version></relocation></distributionManagement>",
        ),
    ]);
    let mut properties = "<properties><p0>x</p0>".to_owned();
    for n in 1..40 {
        let before = n - 1;
        properties.push_str(&format!("<p{n}>${{p{before}}}${{p{before}}}</p{n}>"));
    }
    properties.push_str("<loop>${loop}</loop></properties>");
    let inside = format!(
        "{properties}{}{}",
        manages(&[("bom:1", import)]),
        needs(&[
            ("a:1", ""),
            ("moved:1", ""),
            ("c:${p39}", ""),
            ("d:${loop}", "")
        ])
    );
    let parsed = read(&inside, &maven);
    assert_eq!(
        found(&parsed),
        [
            "a:1 runtime",
            "b:1 runtime",
            "c:? runtime",
            "d:? runtime",
            "moved:1 runtime"
        ]
    );
    let circle = "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version><relativePath>pom.xml</relativePath></parent><groupId>g</groupId><artifactId>p</artifactId><modules><module>.</module><module>../x</module></modules></project>";
    let parsed = read_at("pom.xml", &[("pom.xml", circle)], &Shelf::default());
    assert_eq!(gaps(&parsed), [("inventory/incomplete-lockfile", 0)]);
}

#[test]
fn a_pom_cannot_lead_out_of_the_repository() {
    let outside = Memory(BTreeMap::from([(
        "x/x-1.pom".to_owned(),
        pom("g", "x", "1", ""),
    )]));
    let maven = Shelf::with_repository(Some(Box::new(outside)));
    let text = "<dependencies><dependency><groupId>..</groupId><artifactId>x</artifactId><version>../x</version></dependency></dependencies>";
    let parsed = read(text, &maven);
    assert_eq!(gaps(&parsed), [("inventory/incomplete-lockfile", 3)]);
}

#[test]
fn an_element_that_stands_twice_is_a_gap() {
    let text = "<project>\n<groupId>g</groupId><artifactId>a</artifactId><version>1</version>\n\
                <dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId>\n\
                <artifactId>c</artifactId><version>1</version></dependency></dependencies>\n\
                </project>";
    let parsed = parse(&Pom, "pom.xml", text, &[]).unwrap();
    let found = gaps(&parsed);
    assert!(
        found.contains(&("inventory/incomplete-entry", 4)),
        "{found:?}"
    );
}
