use super::*;
use crate::inventory::formats::testing::{gaps, parse};
use crate::model::GitReference;

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/requirements/typical/requirements.txt");
const BASE: &str =
    include_str!("../../../../testdata/inventory/requirements/typical/requirements/base.txt");
const LIMITS: &str = include_str!("../../../../testdata/inventory/requirements/typical/limits.txt");

fn with(text: &str, neighbours: &[(&str, &str)]) -> Parsed {
    parse(&Requirements, "requirements.txt", text, neighbours).unwrap()
}

fn read(text: &str) -> Parsed {
    with(text, &[])
}

fn labels(parsed: &Parsed) -> Vec<String> {
    parsed
        .packages
        .iter()
        .map(|p| {
            format!(
                "{}=={}:{}",
                p.name,
                p.version.as_deref().unwrap_or("?"),
                p.line
            )
        })
        .collect()
}

#[test]
fn a_typical_file_is_read_with_what_it_includes() {
    let neighbours = [("requirements/base.txt", BASE), ("limits.txt", LIMITS)];
    let parsed = with(TYPICAL, &neighbours);
    assert_eq!(gaps(&parsed), [("inventory/unpinned-requirement", 10)]);
    assert_eq!(
        labels(&parsed),
        [
            "flask==3.0.3:1",
            "zope-interface==7.1.0:6",
            "requests==2.32.3:9",
            "widgets==?:10",
            "gadgets==2.0:11",
            "pinned-by-limits==4.2:12",
        ]
    );
    assert_eq!(
        parsed.packages[0].path.as_deref(),
        Some("requirements/base.txt")
    );
    assert_eq!(parsed.packages[1].checksums.len(), 2);
    assert_eq!(parsed.packages[4].checksums.len(), 1);
    assert!(
        matches!(&parsed.packages[2].origin, Origin::Registry { index: Some(url), default: false, .. } if url == "https://pypi.corp.example/simple/")
    );
    assert_eq!(
        parsed.packages[3].origin,
        Origin::Git {
            url: "https://git.corp.example/widgets".to_owned(),
            reference: GitReference::Revision("1.4".to_owned()),
            commit: None,
        }
    );
    let read: Vec<(&str, usize)> = parsed
        .also_read
        .iter()
        .map(|also| (also.path.as_str(), also.packages))
        .collect();
    assert_eq!(read, [("requirements/base.txt", 1), ("limits.txt", 0)]);
}

#[test]
fn only_an_exact_version_is_one() {
    let parsed = read(
        "a>=1\nb==1.*\nc\nd===1.0\ne ==1.0RC1, !=2\nf~=1.0\ng[x] == 2 ; python_version<'3'\nh (==3)\n",
    );
    let unpinned: Vec<u32> = gaps(&parsed).iter().map(|(_, line)| *line).collect();
    assert_eq!(unpinned, [1, 2, 3, 6]);
    assert_eq!(
        labels(&parsed)[3..],
        ["d==1.0:4", "e==1.0RC1:5", "f==?:6", "g==2:7", "h==3:8"]
    );
    assert!(
        parsed
            .gaps
            .iter()
            .all(|gap| gap.id == "inventory/unpinned-requirement")
    );
}

#[test]
fn several_indexes_leave_the_origin_open() {
    let origin = |head: &str| read(&format!("{head}\na==1\n")).packages[0].origin.clone();
    assert!(matches!(
        origin("-i https://i.example/"),
        Origin::Registry { .. }
    ));
    assert!(matches!(
        origin("--index-url=https://i.example/"),
        Origin::Registry { .. }
    ));
    for head in [
        "",
        "--extra-index-url https://j.example/",
        "-i https://i.example/\n--extra-index-url https://j.example/",
        "-i https://i.example/\n--find-links ./wheels",
    ] {
        assert_eq!(origin(head), Origin::Unrecorded, "{head}");
    }
}

#[test]
fn addresses_and_projects_give_their_names() {
    let commit = "4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b";
    let text = format!(
        "-e git+ssh://git@h.example/a/b.git@{commit}#egg=Some_Name[x]\n\
         https://h.example/Other_Thing-1.2-py3-none-any.whl\n\
         ./wheels/third-0.1.tar.gz\n\
         -e ./own\n\
         own2 @ file:../own2\n\
         git+https://h.example/nameless\n\
         -e ./strange\n"
    );
    let parsed = with(
        &text,
        &[(
            "own/pyproject.toml",
            "[project]\nname = 'Own.Lib'\nversion = '3'\n",
        )],
    );
    assert_eq!(
        labels(&parsed),
        [
            "some-name==?:1",
            "other-thing==1.2:2",
            "third==0.1:3",
            "own-lib==3:4",
            "own2==?:5"
        ]
    );
    assert_eq!(
        parsed.packages[0].origin,
        Origin::Git {
            url: "ssh://git@h.example/a/b.git".to_owned(),
            reference: GitReference::Revision(commit.to_owned()),
            commit: Some(commit.to_owned()),
        }
    );
    assert_eq!(parsed.packages[3].kind, ComponentKind::Own);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 7)
        ]
    );
}

#[test]
fn includes_stay_inside_and_end() {
    let parsed = with(
        "-r a.txt\n-r ../outside.txt\n-r /etc/hosts\n-r gone.txt\n-r https://h.example/r.txt\n",
        &[
            ("a.txt", "-ra.txt\n-r requirements.txt\nx==1\n"),
            ("requirements.txt", "-r a.txt\n"),
        ],
    );
    assert_eq!(labels(&parsed), ["x==1:3"]);
    let at: Vec<(&str, u32)> = gaps(&parsed);
    assert_eq!(
        at,
        [2, 3, 4, 5].map(|line| ("inventory/unreadable-lockfile", line))
    );
    let deep: Vec<(String, String)> = (0..20)
        .map(|n| (format!("f{n}.txt"), format!("-r f{}.txt\nx{n}==1\n", n + 1)))
        .collect();
    let deep: Vec<(&str, &str)> = deep.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let parsed = with("-r f0.txt\n", &deep);
    assert_eq!(parsed.packages.len(), 10);
    assert_eq!(gaps(&parsed), [("inventory/too-large", 1)]);
}

#[test]
fn continuations_and_comments_follow_pip() {
    let parsed = read(
        "# c \\\na==1 \\\n  --hash=sha256:zz \\\n# note\nb==2#frag\nc==3 # end\n\\\nd==4\ne==5 \\",
    );
    assert_eq!(labels(&parsed), ["a==1:2", "c==3:6", "d==4:7", "e==5:9"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 5)
        ]
    );
}

#[test]
fn an_empty_file_has_no_packages() {
    assert_eq!(read(""), Parsed::default());
    assert_eq!(
        read("# nothing\n\n--no-binary :all:\n--pre\n"),
        Parsed::default()
    );
}

#[test]
fn prose_is_a_gap_for_each_line_up_to_a_limit() {
    let parsed = read(&"This is no requirement file at all\n".repeat(1000));
    assert_eq!(parsed.packages, []);
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 1000);
    assert_eq!(parsed.gaps.len(), crate::inventory::formats::GAP_LIMIT);
    assert_eq!(gaps(&read("--frobnicate\n-r\n"))[0].1, 1);
}

#[test]
fn a_hostile_file_costs_no_more_than_its_size() {
    let long = read(&format!("{}\n", "a ".repeat(300_000)));
    assert_eq!(long.packages, []);
    let open = read(&"\\\n".repeat(300_000));
    assert_eq!(open, Parsed::default());
    let marker = format!("a==1 ; {}x\n", "(".repeat(100_000));
    assert_eq!(labels(&read(&marker)), ["a==1:1"]);
    let brackets = read(&format!("a[{}\n", "[".repeat(100_000)));
    assert_eq!(brackets.gaps.len(), 1);
}

#[test]
fn what_follows_an_address_is_no_part_of_it() {
    let text = "a @ https://h.example/a-1.0.tar.gz ; python_version < '4'\n\
                b @ git+https://h.example/b@1#egg=b c @ https://h.example/c-1.0.tar.gz\n\
                d==1.0 \\\ne @ https://h.example/e-1.0.tar.gz\n\
                https://h.example/f-1.0.tar.gz g==1.0\n./h i\n";
    let parsed = read(text);
    assert_eq!(labels(&parsed), ["a==1.0:1"]);
    let incomplete = "inventory/incomplete-entry";
    assert_eq!(
        gaps(&parsed),
        [
            (incomplete, 2),
            (incomplete, 3),
            (incomplete, 5),
            (incomplete, 6)
        ]
    );
}
